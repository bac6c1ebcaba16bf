/** `run --interval auto`: finds by itself how often a NAT wants to hear something, keeps it, and begins with it. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { PathRecord } from '../../src/core/keepalive/probe/pathmemory.js';
import type { Notice } from '../../src/open.js';
import { thorough } from '../support/amount.js';
import { Watched } from '../support/client.js';
import { scratch } from '../support/guard.js';
import { bin, plainEnv } from '../support/holdfast.js';
import { needs } from '../support/machine.js';
import { type Netlab, net, openNetlab } from '../support/netlab.js';
import { until } from '../support/until.js';

needs('netns', 'sshd', 'ssh', 'ssh-keygen', 'conntrack').describe('run --interval auto', () => {
  const { dir, remove } = scratch('auto');
  let lab: Netlab;
  beforeAll(async () => {
    lab = await openNetlab();
    await lab.forgetAfter(8, 'rst');
  });
  afterAll(async () => {
    await lab.close();
    remove();
  });

  const start = () => {
    const forward = ['-v', '-L', `0:127.0.0.1:${net.echoPort}`];
    const words = ['run', '--json', '--interval', 'auto', ...forward, ...lab.sshd.sshArgs()];
    const env = plainEnv({ XDG_STATE_HOME: dir });
    const command = new Watched(lab.client.spawn(process.execPath, [bin, ...words], { env, stdio: 'pipe' }));
    const notices = () =>
      command.stdout
        .split('\n')
        .slice(0, -1)
        .map((line) => JSON.parse(line) as Notice);
    const notes = () => notices().flatMap((notice) => (notice.type === 'note' ? [notice.text] : []));
    const beats = () => notices().flatMap((notice) => (notice.type === 'heartbeat' ? [notice.idleMs] : []));
    return { command, notices, notes, beats };
  };

  it.skipIf(!thorough)(
    'two silences that a NAT of 8 s does not forgive, then none; and the next run begins with that',
    async () => {
      const first = start();
      const detail = { withinMs: 90_000, detail: () => first.command.stdout + first.command.stderr };
      // 15 s, and what a busy machine comes late.
      const learned = /is lost after 1[5-9]/;
      await until('a shorter interval', () => first.notes().some((text) => learned.test(text)), detail);
      expect(first.notes()[0]).toContain('ServerAliveInterval 15 x');
      const downs = () => first.notices().filter(({ type }) => type === 'down').length;
      expect(downs()).toBe(2);
      // Each is a silence that the NAT would not have forgiven 2 s later.
      const survived = () => first.beats().filter((idleMs) => idleMs > 5_500);
      await until('three heartbeats that were answered', () => survived().length >= 3, detail);
      expect(Math.max(...survived())).toBeLessThan(8_000);
      expect(downs()).toBe(2);
      first.command.child.kill('SIGTERM');
      expect(await first.command.end()).toBe(0);

      const { paths } = JSON.parse(readFileSync(path.join(dir, 'holdfast', 'paths.json'), 'utf8')) as {
        paths: PathRecord[];
      };
      expect(paths).toMatchObject([{ host: '10.77.2.2:2222', network: '10.77.1.0/24' }]);
      expect(paths[0]?.deadMs).toBeGreaterThan(14_000);

      const second = start();
      await until('the first note', () => second.notes()[0], { detail: () => second.command.stderr });
      expect(second.notes()[0]).toMatch(/ServerAliveInterval [567] x/);
      const understood = second.notices().find((notice) => notice.type === 'understood');
      expect(understood?.request.keepalive.intervalMs).toBeLessThan(8_000);
      second.command.child.kill('SIGTERM');
      expect(await second.command.end()).toBe(0);
    },
    150_000,
  );
});
