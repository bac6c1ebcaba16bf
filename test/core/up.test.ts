/** What is there, what is missing, and how often that is said. */
import { describe, expect, it } from 'vitest';
import { failure } from '../../src/core/failure.js';
import type { Notice } from '../../src/core/tunnel/notice.js';
import type { Policy } from '../../src/core/tunnel/policy.js';
import { phaseOf } from '../../src/core/tunnel/state.js';
import { Life, local, remote } from '../support/world.js';

const other = { ...remote, listen: { type: 'tcp', host: 'localhost', port: 8081 }, text: '-R 8081' } as const;

/** Link 1 is open, local forwards listen, and the server has not said anything about the others. */
function begun(forwards: ConstructorParameters<typeof Life>[0], policy: Partial<Policy> = {}): Life {
  const life = new Life(forwards, policy);
  life.report({ type: 'started' });
  forwards?.forEach(({ side }, forward) => {
    if (side === 'local') life.report({ type: 'listened', forward, port: 5432 });
  });
  return login(life, 1);
}

function login(life: Life, link: number): Life {
  for (const type of ['tcpConnected', 'hostKeyAccepted'] as const) life.report({ type, link });
  life.report({ type: 'opened', link, byPerson: false });
  return life;
}

const refuse = (life: Life, forward: number, link = 1) =>
  life.report({ type: 'remoteRefused', forward, link, reason: 'taken' });
const grant = (life: Life, forward: number, link = 1) =>
  life.report({ type: 'remoteBound', forward, link, port: null });
const notices = (life: Life): Notice[] =>
  life.all.splice(0).flatMap((effect) => (effect.type === 'notify' ? [effect.notice] : []));
const of = <T extends Notice['type']>(all: readonly Notice[], type: T) =>
  all.filter((notice): notice is Extract<Notice, { type: T }> => notice.type === type);

/** The server refuses this forward for so long, and answers every heartbeat. Returns when it was asked. */
function refusedFor(life: Life, forward: number, ms: number): number[] {
  const asked: number[] = [];
  const end = life.now + ms;
  for (let turns = 0; life.due() <= end && life.state.lifecycle.type === 'running'; turns++) {
    if (turns > 5_000) throw new Error('time does not pass');
    for (const done of life.until(life.due()).map((text) => text.replace(/^\d+ /, ''))) {
      if (done === 'probe 1') life.report({ type: 'keepaliveReply', link: 1, rttMs: 1 });
      if (done !== `requestForward ${forward} on 1`) continue;
      asked.push(life.now);
      refuse(life, forward);
    }
  }
  life.now = Math.max(life.now, end);
  return asked;
}

describe('up', () => {
  it('is not told as long as a forward is refused, and says what is there', () => {
    const life = begun([local, remote]);
    life.told();
    refuse(life, 1);
    expect(phaseOf(life.state)).toBe('connecting');
    const [incomplete, ...more] = of(notices(life), 'incomplete');
    expect(more).toEqual([]);
    expect(incomplete).toEqual({
      type: 'incomplete',
      link: 1,
      downMs: null,
      statuses: [
        { type: 'bound', port: 5432 },
        { type: 'refused', reason: 'taken' },
      ],
    });
    life.until(life.due());
    grant(life, 1);
    expect(phaseOf(life.state)).toBe('up');
    expect(life.told().filter((type) => type === 'up')).toHaveLength(1);
  });

  it('waits for each of several', () => {
    const life = begun([remote, other]);
    grant(life, 0);
    refuse(life, 1);
    expect(life.told()).not.toContain('up');
    life.until(life.due());
    grant(life, 1);
    expect(life.told()).toContain('up');
  });

  it('with ExitOnForwardFailure no is told without one, but not without all', () => {
    const loose = { exitOnForwardFailure: false };
    const one = begun([local, remote], loose);
    refuse(one, 1);
    expect(one.told()).toContain('up');
    const none = begun([remote], loose);
    refuse(none, 0);
    expect(none.told()).not.toContain('up');
    expect(phaseOf(none.state)).toBe('connecting');
    none.until(none.due());
    grant(none, 0);
    expect(none.told()).toContain('up');
  });

  it('means the same after a reconnect, and nothing ends the tunnel then', () => {
    const life = new Life([local, remote], { endOnRefusedRemote: true }).up();
    life.now = 5_000;
    life.report({ type: 'ended', link: 1, failure: failure('lost', 'lost') });
    life.until(life.due());
    login(life, 2);
    life.told();
    refuse(life, 1, 2);
    expect(life.told()).toEqual(['forward', 'incomplete']);
    life.now += 80_000;
    life.report({ type: 'keepaliveReply', link: 2, rttMs: 1 });
    expect(life.state.lifecycle.type).toBe('running');
    grant(life, 1, 2);
    const [up] = of(notices(life), 'up');
    expect(up?.downMs).toBe(life.now - 5_000);
  });

  it('clients are served by the forwards that are there meanwhile', () => {
    const life = begun([local, remote]);
    refuse(life, 1);
    expect(life.report({ type: 'arrived', client: 1, forward: 0, needsRemoteLookup: false })).toContain(
      'openChannel 1 on 1',
    );
  });
});

describe('a remote forward that stays refused', () => {
  it('is asked for until it is granted, by default', () => {
    const life = begun([remote]);
    refuse(life, 0);
    refusedFor(life, 0, 3_600_000);
    expect(life.state.lifecycle.type).toBe('running');
    life.until(life.due());
    while (life.state.status[0]?.type !== 'requested') {
      life.report({ type: 'keepaliveReply', link: 1, rttMs: 1 });
      life.until(life.due());
    }
    grant(life, 0);
    expect(life.state.everUp).toBe(true);
  });

  it('is asked for at short intervals at first, then 30 s apart at most', () => {
    const life = begun([remote]);
    refuse(life, 0);
    const asked = [0, ...refusedFor(life, 0, 600_000)];
    const pauses = asked.slice(1).map((at, index) => at - (asked[index] ?? 0));
    const early = pauses.filter((_, index) => (asked[index + 1] ?? 0) <= 5_000);
    expect(Math.max(...early)).toBeLessThanOrEqual(2_000);
    expect(Math.max(...pauses)).toBeLessThanOrEqual(30_000);
    expect(pauses.at(-1)).toBeGreaterThan(15_000);
    // An hour of it would be 2,400 at the first pace.
    expect(asked.length).toBeLessThan(50);
  });

  it('a person who wants news asks at once', () => {
    const life = begun([remote]);
    refuse(life, 0);
    refusedFor(life, 0, 300_000);
    expect(life.report({ type: 'retryRequested' })).toContain('requestForward 0 on 1');
  });

  it('a word is said after 1, 2, 4, 8, 16 minutes, then each quarter of an hour, with the newest reason', () => {
    const life = begun([remote]);
    refuse(life, 0);
    life.told();
    refusedFor(life, 0, 3_600_000);
    const said = of(notices(life), 'forward');
    expect(said.map(({ refusedMs }) => Math.round((refusedMs ?? 0) / 60_000))).toEqual([
      1, 2, 4, 8, 16, 31, 46,
    ]);
    expect(said.at(-1)?.status).toEqual({ type: 'refused', reason: 'taken' });
  });

  it('is refused for everybody who looks, also while it is asked for again', () => {
    const life = begun([remote, other], { exitOnForwardFailure: false });
    refuse(life, 0);
    while (life.state.status[0]?.type !== 'requested') life.until(life.due());
    grant(life, 1);
    const [up] = of(notices(life), 'up');
    expect(up?.statuses[0]).toEqual({ type: 'refused', reason: 'taken' });
  });
});

describe('a login that is refused at the first start', () => {
  const denied = (life: Life, link: number) =>
    life.report({ type: 'ended', link, failure: failure('denied', 'no') });

  it('is tried again slowly where nobody is there to see it, and is said', () => {
    const life = new Life([remote], { unattended: true });
    life.report({ type: 'started' });
    for (const [index, minutes] of [1, 5, 15, 15].entries()) {
      const from = life.now;
      expect(denied(life, index + 1)).toEqual([]);
      expect(phaseOf(life.state)).toBe('needs you');
      const said = notices(life);
      expect(of(said, 'needs-you')).toHaveLength(1);
      expect(of(said, 'waiting')).toMatchObject([{ delayMs: minutes * 60_000 }]);
      expect(life.until(from + minutes * 60_000 - 1)).toEqual([]);
      expect(life.until(from + minutes * 60_000)).toContain(`${from + minutes * 60_000} dial ${index + 2}`);
    }
  });

  it('ends it where a person has just answered its question', () => {
    const life = new Life([remote], { unattended: true });
    life.report({ type: 'started' });
    life.report({ type: 'promptOpened', link: 1, text: 'password?' });
    life.report({ type: 'answered', given: true });
    expect(denied(life, 1)).toContain('finish denied');
  });

  it('ends it after --max-attempts all the same', () => {
    const life = new Life([remote], { unattended: true, maxAttempts: 1 });
    life.report({ type: 'started' });
    expect(denied(life, 1)).toContain('finish denied');
  });

  it('is no first login any more once one has worked, up or not', () => {
    const life = begun([remote]);
    refuse(life, 0);
    life.report({ type: 'ended', link: 1, failure: failure('lost', 'lost') });
    life.until(life.due());
    expect(denied(life, 2)).toEqual([]);
    expect(life.state.lifecycle.type).toBe('running');
  });
});

describe('clients that are turned away', () => {
  let client = 0;
  const away = (life: Life) => {
    client += 1;
    life.report({ type: 'arrived', client, forward: 0, needsRemoteLookup: false });
    life.report({ type: 'channelRefused', client, link: 1, reason: 'web:80: refused' });
  };
  /** A health check each second. The server answers every heartbeat. */
  const seconds = (life: Life, count: number, each: (life: Life) => void) => {
    for (let second = 0; second < count; second++) {
      life.until(life.now + 1_000);
      life.hear(1);
      each(life);
    }
  };

  it('the first are named, the others counted, in fewer and fewer lines', () => {
    const life = new Life().up();
    seconds(life, 86_400, away);
    const said = of(notices(life), 'client-refused');
    expect(said.slice(0, 3).every(({ more, client }) => more === undefined && client !== null)).toBe(true);
    expect(said[3]).toEqual({
      type: 'client-refused',
      client: null,
      index: 0,
      reason: 'web:80: refused',
      more: 59,
      inMs: 60_000,
    });
    expect(said.length).toBeLessThan(110);
    expect(said.slice(3).every(({ inMs }) => (inMs ?? 0) <= 900_000)).toBe(true);
    // Nobody is lost but those of the last minutes, which will be said.
    const counted = said.reduce((sum, { more }) => sum + (more ?? 1), 0);
    expect(86_400 - counted).toBe(life.state.turnedAway[0]?.more);
  });

  it('each stands in the details', () => {
    const life = new Life().up();
    seconds(life, 10, away);
    const all = notices(life);
    expect(of(all, 'client-refused')).toHaveLength(3);
    expect(of(all, 'detail').map(({ text }) => text)).toEqual(
      Array(7).fill('a client of -L 5432:db:5432 was turned away: web:80: refused'),
    );
  });

  it('a rare one is named, however many there were', () => {
    const life = new Life().up();
    for (let hour = 0; hour < 5; hour++) {
      seconds(life, 3_600, (one) => {
        if (one.now % 3_600_000 < 1_000) away(one);
      });
    }
    expect(of(notices(life), 'client-refused').filter(({ more }) => more === undefined)).toHaveLength(5);
  });

  const serve = (life: Life) => {
    client += 1;
    life.report({ type: 'arrived', client, forward: 0, needsRemoteLookup: false });
    life.report({ type: 'channelOpened', client, link: 1 });
  };

  it('begin anew when it has worked for a while', () => {
    const life = new Life().up();
    seconds(life, 30, away);
    seconds(life, 120, serve);
    life.told();
    seconds(life, 3, away);
    expect(of(notices(life), 'client-refused').filter(({ more }) => more === undefined)).toHaveLength(3);
  });

  it('do not begin anew with each one that is served in between', () => {
    const life = new Life().up();
    seconds(life, 3_600, (one) => (one.now % 2_000 < 1_000 ? away(one) : serve(one)));
    const said = of(notices(life), 'client-refused');
    expect(said.filter(({ more }) => more === undefined)).toHaveLength(3);
    // While some are served the count comes each minute.
    expect(Math.max(...said.map(({ inMs }) => inMs ?? 0))).toBeLessThanOrEqual(60_000);
    expect(said.length).toBeLessThan(70);
  });

  it('those of the server are counted, too, each forward for itself', () => {
    const life = new Life([local, remote]).up();
    for (let turn = 0; turn < 10; turn++) {
      life.report({ type: 'remoteClientRefused', forward: 1, reason: 'localhost:80: refused' });
      away(life);
    }
    const said = of(notices(life), 'client-refused');
    expect(said.filter(({ index }) => index === 1)).toHaveLength(3);
    expect(said.filter(({ index }) => index === 0)).toHaveLength(3);
    seconds(life, 61, () => {});
    expect(of(notices(life), 'client-refused').map(({ index, more }) => [index, more])).toEqual([
      [0, 7],
      [1, 7],
    ]);
  });
});
