/** The table of idle time-outs. */
import { expect, it } from 'vitest';
import { middleboxes, middleboxesOnPath } from '../../../src/core/keepalive/middleboxes.js';

it('has 60 rows, none twice, each with its source', () => {
  expect(middleboxes).toHaveLength(60);
  expect(new Set(middleboxes.map(({ vendor, product }) => `${vendor} ${product}`)).size).toBe(60);
  expect(middleboxes.filter(({ source }) => source.trim() === '')).toEqual([]);
});

it('counts in ms: whole seconds, from 5 s to 5 days', () => {
  const times = middleboxes.flatMap(({ idleMs }) => (idleMs === null ? [] : [idleMs]));
  expect(times.filter((idleMs) => idleMs % 1_000 !== 0)).toEqual([]);
  expect([Math.min(...times), Math.max(...times)]).toEqual([5_000, 432_000_000]);
});

it.each([
  ['AWS', 'NAT Gateway', 350_000, 'packet'],
  ['Azure', 'NAT Gateway', 240_000, 'packet'],
  ['Google Cloud', 'VPC firewall connection tracking', 600_000, 'packet'],
  ['HAProxy', 'Debian/Ubuntu packaged haproxy.cfg', 50_000, 'payload'],
  ['Linux', 'nf_conntrack tcp established', 432_000_000, 'packet'],
  ['OpenSSH', 'sshd: ChannelTimeout, UnusedConnectionTimeout', null, 'channel data'],
])('%s, %s: %s ms', (vendor, product, idleMs, refreshedBy) => {
  const row = middleboxes.find((middlebox) => middlebox.vendor === vendor && middlebox.product === product);
  expect(row).toMatchObject({ idleMs, refreshedBy });
});

it('of them, ssh meets those that carry any TCP, the shortest first', () => {
  expect(middleboxesOnPath[0]?.idleMs).toBe(30_000);
  const products = middleboxesOnPath.map(({ product }) => product);
  for (const other of ['KeepAliveTimeout', 'Application Load Balancer', 'ASA half-closed'])
    expect(products).not.toContain(other);
  expect([...middleboxesOnPath].sort((a, b) => a.idleMs - b.idleMs)).toEqual([...middleboxesOnPath]);
});
