/** Several servers in a row: which of them a failure or a suspicion names. */
import { expect, it } from 'vitest';
import type { Notice } from '../../src/core/tunnel/notice.js';
import { Life } from '../support/world.js';

const suspected = (life: Life) =>
  life.all.flatMap((effect) =>
    effect.type === 'notify' && effect.notice.type === 'suspect' ? [effect.notice] : [],
  );

it.each([
  [null, undefined],
  ['inner', 'inner'],
])('a suspicion names the server that owes an answer: %j', (mute, server) => {
  const life = new Life().up();
  life.vitals.set(1, { heardAt: 0, flushed: 0, queued: 0, mute });
  life.until(16_500);
  const [notice] = suspected(life) as Extract<Notice, { type: 'suspect' }>[];
  expect(notice?.server).toBe(server);
});

it.each([
  [null, 'nothing heard from the server for 60 s'],
  ['inner', 'nothing heard from inner for 60 s'],
])('so does the end by silence: %j', (mute, message) => {
  const life = new Life().up();
  life.vitals.set(1, { heardAt: 0, flushed: 0, queued: 0, mute });
  life.until(60_200);
  const downs = life.all.flatMap((effect) =>
    effect.type === 'notify' && effect.notice.type === 'down' ? [effect.notice.failure] : [],
  );
  expect(downs).toMatchObject([{ kind: 'silent', message: expect.stringContaining(message) }]);
});

it('each server in the row has its own time for each phase, and a time-out names it', () => {
  const life = new Life().up();
  life.report({ type: 'ended', link: 1, failure: { kind: 'lost', message: 'lost' } });
  life.until(life.now + 600);
  const phase = (type: 'tcpConnected' | 'hostKeyAccepted') => {
    life.now += 9_000;
    expect(life.report({ type, link: 2 })).toEqual([]);
  };
  life.report({ type: 'hopStarted', link: 2, server: 'gate' });
  phase('tcpConnected');
  phase('hostKeyAccepted');
  life.now += 9_000;
  life.report({ type: 'hopStarted', link: 2, server: 'inner' });
  phase('tcpConnected');
  const at = life.now + 10_000;
  expect(life.until(at - 1)).toEqual([]);
  expect(life.until(at)).toContain(`${at} close 2 reset`);
  expect(life.state.retry.failure).toMatchObject({
    kind: 'timeout',
    message: 'inner: no SSH key exchange within 10 s (ConnectTimeout)',
  });
});

it('is no news of a link that is gone', () => {
  const life = new Life().up();
  expect(life.report({ type: 'hopStarted', link: 1, server: 'gate' })).toEqual([]);
  expect(life.report({ type: 'hopStarted', link: 9, server: 'gate' })).toEqual([]);
});
