import { describe, expect, it } from 'vitest';
import { failure } from '../../src/core/failure.js';
import type { Effect } from '../../src/core/tunnel/effect.js';
import { statusAt } from '../../src/core/tunnel/forwardrules.js';
import { policyDefaults } from '../../src/core/tunnel/policy.js';
import { phaseOf } from '../../src/core/tunnel/state.js';
import { Life, local, lost, remote, remoteAny, stdio } from '../support/world.js';

const opened = (client: number, link: number) => ({ type: 'channelOpened', client, link }) as const;
const arrived = (client: number, needsRemoteLookup = false) =>
  ({ type: 'arrived', client, forward: 0, needsRemoteLookup }) as const;
const ended = (link: number, kind: Parameters<typeof failure>[0] = 'lost') =>
  ({ type: 'ended', link, failure: failure(kind, kind) }) as const;
const stop = (now = false) => ({ type: 'stopRequested', now, outcome: { ok: true } }) as const;

/** Up, with link 1 suspect at about 16.1 s and link 2 being dialled. */
function suspect(...rest: ConstructorParameters<typeof Life>): Life {
  const life = new Life(...rest).up();
  life.until(life.due()); // the beat
  life.until(life.due()); // the answer is overdue
  expect(phaseOf(life.state)).toBe('suspect');
  return life;
}

describe('from the start to up', () => {
  it('binds every local listener before it dials', () => {
    const life = new Life([local, remote, local]);
    expect(life.report({ type: 'started' })).toEqual(['listen 0', 'listen 2']);
    expect(life.report({ type: 'listened', forward: 0, port: 5432 })).toEqual([]);
    expect(life.report({ type: 'listened', forward: 2, port: 5433 })).toEqual(['dial 1']);
  });

  it('dials at once when nothing is to be bound', () => {
    expect(new Life([remote]).report({ type: 'started' })).toEqual(['dial 1']);
  });

  it('is up when each forward has its first answer', () => {
    const life = new Life([local, remote]);
    life.report({ type: 'started' });
    life.report({ type: 'listened', forward: 0, port: 5432 });
    life.report({ type: 'tcpConnected', link: 1 });
    life.report({ type: 'hostKeyAccepted', link: 1 });
    expect(life.report({ type: 'opened', link: 1, byPerson: false })).toEqual(['requestForward 1 on 1']);
    expect(phaseOf(life.state)).toBe('connecting');
    life.report({ type: 'remoteBound', forward: 1, link: 1, port: 8080 });
    expect(phaseOf(life.state)).toBe('up');
    expect(life.told().filter((type) => type === 'up')).toHaveLength(1);
    expect(life.state.everUp).toBe(true);
  });

  it.each(['tcp', 'handshake', 'login'] as const)('gives the phase %s its own time', (phase) => {
    const life = new Life([remote]);
    life.report({ type: 'started' });
    life.now = 9_000;
    if (phase !== 'tcp') life.report({ type: 'tcpConnected', link: 1 });
    if (phase === 'login') life.report({ type: 'hostKeyAccepted', link: 1 });
    const limit = phase === 'tcp' ? 10_000 : 19_000;
    expect(life.until(limit - 1)).toEqual([]);
    expect(life.until(limit)).toEqual([`${limit} close 1 reset`]);
    expect(life.state.retry.failure?.kind).toBe('timeout');
  });

  it('gives a look-up and a queue of handshakes more than ConnectTimeout, as ssh does', () => {
    const life = new Life([remote]);
    life.report({ type: 'started' });
    life.report({ type: 'lookingUp', link: 1 });
    expect(life.due()).toBe(60_000);
    life.now = 12_000;
    life.report({ type: 'found', link: 1 });
    expect(life.due()).toBe(22_000);
    life.report({ type: 'queued', link: 1 });
    expect(life.due()).toBe(72_000);
    life.report({ type: 'tcpConnected', link: 1 });
    expect(life.due()).toBe(22_000);
  });

  it('stands still while a person is asked', () => {
    const life = new Life([remote]);
    life.report({ type: 'started' });
    life.report({ type: 'tcpConnected', link: 1 });
    life.report({ type: 'promptOpened', link: 1, text: 'password?' });
    expect(life.until(600_000)).toEqual([]);
    life.report({ type: 'answered', given: true });
    expect(life.due()).toBe(610_000);
  });
});

describe('what ends a tunnel', () => {
  it.each(['usage', 'config', 'incompatible', 'untrusted', 'denied', 'bug'] as const)(
    'at the first start: %s',
    (kind) => {
      const life = new Life();
      life.report({ type: 'started' });
      life.report({ type: 'listened', forward: 0, port: 1 });
      expect(life.report(ended(1, kind))).toEqual(['closeListeners', `finish ${kind}`]);
    },
  );

  it.each(['penalty', 'unreachable', 'timeout', 'lost', 'silent'] as const)('never: %s', (kind) => {
    const life = new Life();
    life.report({ type: 'started' });
    life.report({ type: 'listened', forward: 0, port: 1 });
    expect(life.report(ended(1, kind))).toEqual([]);
    expect(life.due()).toBeLessThan(Number.POSITIVE_INFINITY);
  });

  it('a refused login after the first up is tried again after 1, 5, 15, 15 minutes', () => {
    const life = new Life().up();
    life.report(ended(1));
    let link = 2;
    life.until(life.due());
    for (const minutes of [1, 5, 15, 15]) {
      const from = life.now;
      life.report(ended(link, 'denied'));
      expect(phaseOf(life.state)).toBe('needs you');
      expect(life.due() - from).toBe(minutes * 60_000);
      life.report(arrived(link));
      expect(life.due() - from).toBeLessThanOrEqual(minutes * 60_000);
      life.until(from + minutes * 60_000 - 1);
      expect(life.state.next).toBeNull();
      life.until(from + minutes * 60_000);
      link += 1;
    }
  });

  it('a changed host key at a reconnect, but not while the old link may live', () => {
    const life = suspect();
    expect(life.report(ended(2, 'untrusted'))).toEqual([]);
    expect(phaseOf(life.state)).toBe('suspect');
    life.until(life.now + 50_000);
    expect(life.state.current).toBeNull();
    while (life.state.next === null) life.until(life.due());
    expect(life.report(ended(life.state.lastLink, 'untrusted'))).toContain('finish untrusted');
  });

  it('--max-attempts counts failed attempts since a link was open', () => {
    const life = new Life([local], { maxAttempts: 2 }).up();
    life.report(ended(1));
    life.until(life.due());
    expect(life.report(ended(2, 'unreachable'))).toEqual([]);
    life.until(life.due());
    expect(life.report(ended(3, 'unreachable'))).toContain('finish unreachable');
  });

  it('--max-attempts does not count the attempts that a waiting client brings forward', () => {
    const life = new Life([local], { maxAttempts: 3 }).up();
    life.roll = 0.9;
    life.report(ended(1));
    life.until(life.due());
    life.report(arrived(1));
    let failed = 0;
    while (life.state.lifecycle.type === 'running' && failed < 100) {
      life.report(ended(life.state.lastLink, 'unreachable'));
      failed += 1;
      if (life.state.lifecycle.type === 'running') while (life.state.next === null) life.until(life.due());
    }
    expect(failed).toBeGreaterThan(6);
    expect(life.state.retry.attempt).toBe(3);
  });

  it('says when the next attempt comes, a waiting client included', () => {
    const life = new Life().up();
    life.roll = 0.9;
    life.report(ended(1));
    life.until(life.due());
    life.report(arrived(1));
    life.all.length = 0;
    life.report(ended(2, 'unreachable'));
    const waiting = life.all.flatMap((effect) =>
      effect.type === 'notify' && effect.notice.type === 'waiting' ? [effect.notice] : [],
    );
    expect(waiting).toMatchObject([{ delayMs: 1_000, attempt: 1 }]);
  });

  it('--give-up-after counts from the loss', () => {
    const life = new Life([local], { giveUpAfterMs: 20_000 }).up();
    life.until(50_000);
    life.hear(1);
    life.report(ended(1));
    expect(life.until(70_000).at(-1)).toBe('70000 finish timeout');
  });

  it('a local port in use, with ExitOnForwardFailure', () => {
    const life = new Life();
    life.report({ type: 'started' });
    const why = failure('forward', 'in use');
    expect(life.report({ type: 'listenFailed', forward: 0, failure: why })).toContain('finish forward');
  });

  it('without ExitOnForwardFailure the port is tried again and the rest goes on', () => {
    const life = new Life([local, local], { exitOnForwardFailure: false });
    life.report({ type: 'started' });
    life.report({ type: 'listened', forward: 1, port: 1 });
    const why = failure('forward', 'in use');
    expect(life.report({ type: 'listenFailed', forward: 0, failure: why })).toEqual(['dial 1']);
    expect(life.until(5_000)).toEqual(['5000 listen 0']);
  });
});

describe('liveness', () => {
  it('beats after an interval without a byte, and only then', () => {
    const life = new Life().up();
    life.now = 10_000;
    life.hear(1);
    expect(life.until(24_999)).toEqual([]);
    expect(life.until(25_000)).toEqual(['25000 probe 1']);
    life.report({ type: 'keepaliveReply', link: 1, rttMs: 20 });
    expect(life.until(39_999)).toEqual([]);
    expect(life.until(40_000)).toEqual(['40000 probe 1']);
  });

  it('becomes suspect when the answer is overdue and dials beside it', () => {
    const life = new Life().up();
    expect(life.until(15_100)).toEqual(['15100 probe 1']);
    expect(life.until(16_099)).toEqual([]);
    expect(life.until(16_100)).toEqual(['16100 dial 2']);
    expect(life.told()).toEqual(['suspect', 'connecting']);
  });

  it('waits four round trips on a slow path', () => {
    const life = new Life().up();
    life.report({ type: 'keepaliveReply', link: 1, rttMs: 700 });
    life.until(life.due());
    expect(life.due() - life.now).toBeCloseTo(2_800, 0);
  });

  it('is not suspicious while the send queue shrinks', () => {
    const life = new Life().up();
    life.until(15_100);
    life.vitals.set(1, { heardAt: 100, flushed: 1_000, queued: 5_000 });
    expect(life.until(17_099)).toEqual([]); // it shrank at 16,100
    expect(life.until(17_100)).toEqual(['17100 dial 2']);
  });

  it('takes any byte that came after the probe for its answer', () => {
    const life = new Life().up();
    life.until(15_100);
    life.now = 15_900;
    life.hear(1);
    expect(life.until(30_899)).toEqual([]);
    expect(life.until(30_900)).toEqual(['30900 probe 1']);
  });

  it('asking again and again does not extend the time of a dead link', () => {
    const life = new Life([local], { intervalMs: 5_000 }).up();
    const done: string[] = [];
    for (let at = 1_000; at <= 21_000; at += 900) {
      done.push(...life.until(at));
      life.report({ type: 'retryRequested' });
      life.report({ type: 'networkChanged', gone: ['10.0.0.9'], came: [] });
    }
    expect(done).toContain('20100 close 1 disconnect');
  });

  it('does not take an outage for a long path', () => {
    const life = suspect();
    life.now += 6_000;
    life.report({ type: 'keepaliveReply', link: 1, rttMs: 7_000 });
    life.until(life.due());
    expect(life.due() - life.now).toBe(1_000);
  });

  it('is not fooled by its own probe leaving the queue', () => {
    const life = new Life().up();
    life.until(15_100);
    life.vitals.set(1, { heardAt: 100, flushed: 52, queued: 0 });
    expect(life.until(16_100)).toEqual(['16100 dial 2']);
  });

  it('the suspect speaks first: up again, the successor is closed', () => {
    const life = suspect();
    life.now += 500;
    life.hear(1);
    expect(life.report({ type: 'keepaliveReply', link: 1, rttMs: 1_500 })).toEqual(['close 2 reset']);
    expect(phaseOf(life.state)).toBe('up');
    expect([...life.state.links.keys()]).toEqual([1]);
    // old news of the closed successor changes nothing
    expect(life.report({ type: 'opened', link: 2, byPerson: false })).toEqual([]);
    expect(life.state.current).toBe(1);
  });

  it('the suspect speaks without an answer: noticed when the successor opens, which is dropped', () => {
    const life = suspect();
    life.now += 200;
    life.hear(1);
    expect(life.report({ type: 'opened', link: 2, byPerson: false })).toEqual(['close 2 reset']);
    expect(life.state.current).toBe(1);
  });

  it('the successor opens: it is current, the old link drains', () => {
    const life = suspect([remote]);
    expect(life.open(2)).toEqual(['cancelForward 0 on 1', 'drain 1', 'requestForward 0 on 2']);
    expect(life.state.current).toBe(2);
    expect(phaseOf(life.state)).toBe('up');
    expect(life.told()).toContain('replaced');
  });

  it('a draining link lives until it is empty', () => {
    const life = suspect();
    life.open(2);
    expect(life.report({ type: 'emptied', link: 1 })).toEqual(['close 1 disconnect']);
    expect([...life.state.links.keys()]).toEqual([2]);
  });

  it('a draining link lives until it is silent for N x (M + 1)', () => {
    const life = suspect();
    life.open(2);
    const closings = life.until(70_000).filter((text) => text.includes('close 1'));
    expect(closings).toEqual(['60100 close 1 disconnect']); // heard at 100
  });

  it('a link is given up after N x (M + 1) of silence, and not before', () => {
    const life = new Life().up();
    life.until(16_100);
    life.report(ended(2, 'unreachable'));
    const done = life.until(60_099).filter((text) => text.includes('close 1'));
    expect(done).toEqual([]);
    expect(life.until(60_100)).toContain('60100 close 1 disconnect');
    expect(life.told()).toContain('down');
  });

  it('with N = 0 nothing is sent and nothing dies by silence', () => {
    const life = new Life([local], { intervalMs: 0 }).up();
    expect(life.until(100_000_000)).toEqual([]);
    expect(life.report(arrived(1))).toEqual(['probe 1', 'openChannel 1 on 1']);
    expect(life.until(life.now + 1_000)).toEqual([`${life.now} dial 2`]);
  });

  it('a late timer is never counted against the server', () => {
    const life = new Life().up();
    life.until(15_100);
    life.now = 25_000; // we could not run for 9 s
    expect(life.report({ type: 'ticked' }, 8_900)).toEqual(['probe 1']); // long enough for a sleep: asks afresh
    life.now = 25_900;
    expect(life.report({ type: 'ticked' }, 0)).toEqual([]);
    const short = new Life().up();
    short.until(15_100);
    short.now = 19_000;
    expect(short.report({ type: 'ticked' }, 2_900)).toEqual([]);
    expect(short.state.links.get(1)).toMatchObject({ suspect: null });
  });

  it('a late timer does not end a dial either', () => {
    const life = new Life([remote]);
    life.report({ type: 'started' });
    life.now = 13_000;
    expect(life.report({ type: 'ticked' }, 3_000)).toEqual([]);
    expect(life.state.next).toBe(1);
  });

  it('waking asks, and counts from then', () => {
    const life = new Life().up();
    life.now = 14_000;
    expect(life.report({ type: 'woke', sleptMs: 3_600_000 })).toEqual(['probe 1']);
    expect(life.until(15_000)).toEqual(['15000 dial 2']);
  });

  it('an address that went away asks at once; one that came cuts the wait', () => {
    const life = new Life().up();
    expect(life.report({ type: 'networkChanged', gone: ['10.0.0.2'], came: [] })).toEqual(['probe 1']);
    life.report(ended(1));
    life.until(life.due());
    life.report(ended(2, 'unreachable'));
    life.until(life.due());
    life.report(ended(3, 'unreachable'));
    life.report({ type: 'networkChanged', gone: [], came: ['10.0.0.3'] });
    expect(life.due() - life.now).toBeLessThanOrEqual(1_000);
  });
});

describe('a server that ignores keepalive@openssh.com', () => {
  /** Answers a probe by channel after 20 ms, and from the first of them on each probe: the connection remembers. */
  function tenMinutes(life: Life, ignores = true): string[] {
    const done: string[] = [];
    let knows = false;
    let answerAt = Number.POSITIVE_INFINITY;
    for (let turns = 0; life.now < 600_000 && turns < 2_000; turns++) {
      const at = Math.min(answerAt, life.due(), 600_000);
      const rang = at === answerAt ? [] : life.until(at);
      life.now = at;
      if (at === answerAt) {
        answerAt = Number.POSITIVE_INFINITY;
        life.report({ type: 'keepaliveReply', link: 1, rttMs: 20 });
      }
      for (const text of rang) {
        done.push(text.replace(/^\d+ /, ''));
        knows ||= text.includes('probeByChannel 1') && ignores;
        if (knows && text.includes('probe')) answerAt = life.now + 20;
      }
    }
    return done;
  }

  const asks = { byChannelMs: policyDefaults.byChannelMs };

  it('gets one login in ten minutes, and nobody is reset', () => {
    const life = new Life([local], asks).up();
    const done = tenMinutes(life);
    expect(new Set(done)).toEqual(new Set(['probe 1', 'probeByChannel 1']));
    expect(done.filter((text) => text === 'probeByChannel 1')).toHaveLength(1);
    expect(done.length).toBeGreaterThan(35);
    expect([...life.state.links.keys()]).toEqual([1]);
    expect(life.told().filter((type) => type !== 'heartbeat')).toEqual([]);
  });

  it('is replaced as any other when it answers neither', () => {
    const life = new Life([local], asks).up();
    const done = tenMinutes(life, false);
    expect(done.slice(0, 3)).toEqual(['probe 1', 'probeByChannel 1', 'dial 2']);
    expect(done).toContain('close 1 disconnect');
  });

  it('is asked by a channel before a client brings a second login, with N = 0 too', () => {
    const life = new Life([local], { ...asks, intervalMs: 0 }).up();
    life.now = 5_000;
    expect(life.report(arrived(1))).toEqual(['probe 1', 'openChannel 1 on 1']);
    expect(life.until(5_900)).toEqual(['5500 probeByChannel 1']);
    life.report({ type: 'keepaliveReply', link: 1, rttMs: 20 });
    expect(life.until(100_000)).toEqual([]);
    life.report(arrived(2));
    expect(life.until(100_900)).toEqual([]); // its probe is answered as it is
  });

  it('once a link has answered a probe, it is not asked otherwise', () => {
    const life = new Life([local], asks).up();
    life.until(life.due());
    life.report({ type: 'keepaliveReply', link: 1, rttMs: 20 });
    life.until(life.due());
    expect(life.until(life.now + 1_000).map((text) => text.replace(/^\d+ /, ''))).toEqual(['dial 2']);
  });
});

describe('successors are rationed', () => {
  it('one login in 10 s, however often the link is suspect', () => {
    const life = suspect();
    life.report({ type: 'tcpConnected', link: 2 });
    const reachedAt = life.now;
    life.report(ended(2, 'lost'));
    const dials = life.until(reachedAt + 20_000).filter((text) => text.includes('dial'));
    expect(dials[0]).toBe(`${reachedAt + 10_000} dial 3`);
  });

  it('none if the login would need a person', () => {
    const life = new Life();
    life.report({ type: 'started' });
    life.report({ type: 'listened', forward: 0, port: 1 });
    life.open(1, true);
    expect(life.until(59_000).filter((text) => text.includes('dial'))).toEqual([]);
    expect(phaseOf(life.state)).toBe('suspect');
  });

  it('none on a link that answers', () => {
    const life = new Life().up();
    for (let at = 0; at < 100; at++) {
      life.until(life.due());
      life.report({ type: 'keepaliveReply', link: 1, rttMs: 5 });
    }
    expect(life.state.lastLink).toBe(1);
  });
});

describe('links that drain', () => {
  /** Six stalls, each with clients on the link that falls silent; after each the older links answer again. */
  function stalls(clients: readonly number[]): { life: Life; effects: Effect[]; closed: string[] } {
    const life = new Life().up();
    const closed: string[] = [];
    clients.forEach((pipes, index) => {
      const link = index + 1;
      const hearAll = () => {
        for (const [number, state] of life.state.links) {
          if (state.type === 'dialing') continue;
          const carried = number === link ? pipes : (life.vitals.get(number)?.pipes ?? 0);
          life.vitals.set(number, { heardAt: life.now, flushed: 0, queued: 0, pipes: carried });
        }
      };
      life.now += 20_000;
      hearAll();
      life.report({ type: 'retryRequested' });
      life.until(life.now + 1_000);
      closed.push(...life.open(link + 1));
      hearAll();
      for (const number of life.state.links.keys()) {
        life.report({ type: 'keepaliveReply', link: number, rttMs: 3_000 });
      }
    });
    return { life, effects: life.all, closed: closed.filter((text) => text.startsWith('close ')) };
  }

  it('are four at most, and the emptiest ends first, which is said', () => {
    const { life, effects, closed } = stalls([3, 1, 2, 5, 4, 1]);
    expect(closed).toEqual(['close 2 disconnect', 'close 6 disconnect']);
    expect([...life.state.links.keys()]).toEqual([1, 3, 4, 5, 7]);
    expect(life.state.current).toBe(7);
    const ends = effects.flatMap((effect) =>
      effect.type === 'notify' && effect.notice.type === 'drained' ? [effect.notice] : [],
    );
    const why = 'no more than 4 older links stay open, and it had the fewest clients (1)';
    expect(ends).toEqual([
      { type: 'drained', link: 2, failure: { kind: 'lost', message: why } },
      { type: 'drained', link: 6, failure: { kind: 'lost', message: why } },
    ]);
  });

  it('of equals the oldest ends first', () => {
    expect(stalls([1, 1, 1, 1, 1, 1]).closed).toEqual(['close 1 disconnect', 'close 2 disconnect']);
  });

  it('are named with -v when one more is added', () => {
    const { effects } = stalls([2, 1, 1]);
    const named = effects.flatMap((effect) =>
      effect.type === 'notify' && effect.notice.type === 'detail' ? [effect.notice.text] : [],
    );
    expect(named).toEqual([
      'still open: link 1 for 2 clients',
      'still open: link 1 for 2 clients, link 2 for 1 client',
      'still open: link 1 for 2 clients, link 2 for 1 client, link 3 for 1 client',
    ]);
  });

  it('are not ended for their number while it stops', () => {
    const { life } = stalls([1, 1, 1, 1]);
    const done = life.report(stop());
    expect(done.filter((text) => text.startsWith('close '))).toEqual([]);
  });
});

describe('reconnecting', () => {
  it('first after up to half a second, then longer, decorrelated', () => {
    const life = new Life().up();
    life.now = 200_000;
    life.roll = 0.999;
    life.report(ended(1));
    expect(life.due() - life.now).toBeCloseTo(499.5, 1);
    const waits: number[] = [];
    for (let link = 2; link < 8; link++) {
      life.until(life.due());
      life.report(ended(link, 'unreachable'));
      waits.push(Math.round((life.due() - life.now) / 1_000));
    }
    expect(waits).toEqual([3, 9, 27, 60, 60, 60]);
  });

  it('a link that is lost soon after it opened is not forgiven', () => {
    const life = new Life().up();
    life.roll = 0.999;
    life.report(ended(1));
    life.until(life.due());
    life.open(2);
    life.report(ended(2));
    expect(life.due() - life.now).toBeGreaterThan(1_000);
    life.until(life.due());
    life.open(3);
    life.now += 60_000;
    life.hear(3);
    life.report(ended(3));
    expect(life.due() - life.now).toBeLessThan(500);
  });

  it('a server that limits us is left alone for 15 s, whoever waits', () => {
    const life = new Life().up();
    life.report(ended(1));
    life.until(life.due());
    life.report(ended(2, 'penalty'));
    life.report(arrived(1));
    life.report({ type: 'networkChanged', gone: [], came: ['10.0.0.3'] });
    expect(life.until(life.now + 14_999).filter((text) => text.includes('dial'))).toEqual([]);
    life.report({ type: 'retryRequested' });
    expect(life.state.next).toBe(3);
  });

  it('a waiting client starts a TCP attempt each second, and one login for all of them', () => {
    const life = new Life().up();
    life.report(ended(1));
    life.until(life.due());
    life.report(arrived(1));
    const from = life.now;
    const done = life.until(from + 5_400);
    expect(done).toEqual([1, 2, 3, 4, 5].map((s) => `${from + s * 1_000} dialAgain 2`));
    life.report({ type: 'tcpConnected', link: 2 });
    expect(life.until(life.now + 9_000)).toEqual([]);
  });

  it('a waiting client does not make a failing login fast', () => {
    const life = new Life().up();
    life.roll = 0.999;
    life.report(ended(1));
    for (const link of [2, 3, 4]) {
      life.until(life.due());
      life.report({ type: 'tcpConnected', link });
      life.report(ended(link, 'lost'));
    }
    life.report(arrived(1));
    expect(life.due() - life.state.retry.triedAt).toBe(5_000);
  });

  it('nudged: now, in every state', () => {
    const life = new Life().up();
    expect(life.report({ type: 'retryRequested' })).toEqual(['probe 1']);
    life.report(ended(1));
    expect(life.report({ type: 'retryRequested' })).toEqual(['dial 2']);
    life.now += 10;
    expect(life.report({ type: 'retryRequested' })).toEqual(['dialAgain 2']);
    const stuck = suspect();
    stuck.report({ type: 'tcpConnected', link: 2 });
    stuck.report(ended(2));
    expect(stuck.report({ type: 'retryRequested' })).toEqual(['dial 3']); // its probe is out already
    stuck.report(stop());
    expect(stuck.report({ type: 'retryRequested' })).toEqual([]);
  });
});

describe('questions', () => {
  it('a question outlives its link, and its answer dials at once', () => {
    const life = new Life().up();
    life.report(ended(1));
    life.until(life.due());
    life.report({ type: 'promptOpened', link: 2, text: 'code?' });
    life.report(ended(2));
    expect(phaseOf(life.state)).toBe('needs you');
    expect(life.until(3_600_000)).toEqual([]);
    expect(life.report({ type: 'answered', given: true })).toEqual(['dial 3']);
  });

  it('declined: as a refused login', () => {
    const life = new Life().up();
    life.report(ended(1));
    life.until(life.due());
    life.report({ type: 'promptOpened', link: 2, text: 'code?' });
    life.report(ended(2));
    const from = life.now;
    life.report({ type: 'answered', given: false });
    expect(life.due() - from).toBe(60_000);
  });
});

describe('clients', () => {
  it('get a channel at once on a link that was just heard', () => {
    const life = new Life().up();
    life.now += 900;
    expect(life.report(arrived(1))).toEqual(['openChannel 1 on 1']);
    expect(life.report(opened(1, 1))).toEqual(['pipe 1 on 1']);
    expect(life.state.held.size).toBe(0);
  });

  it('bring a probe on a link that was quiet', () => {
    const life = new Life().up();
    life.now += 1_001;
    expect(life.report(arrived(1))).toEqual(['probe 1', 'openChannel 1 on 1']);
    expect(life.report(arrived(2))).toEqual(['openChannel 2 on 1']); // one probe is enough
  });

  it('that came right after a byte ask a second later, and once', () => {
    const life = new Life().up();
    life.now += 500;
    expect(life.report(arrived(1))).toEqual(['openChannel 1 on 1']);
    expect(life.until(1_599)).toEqual([]);
    expect(life.until(1_600)).toEqual(['1600 probe 1']);
    life.report({ type: 'keepaliveReply', link: 1, rttMs: 5 });
    expect(life.until(16_599)).toEqual([]); // the target is slow, the link is well
  });

  it('that came right after the last byte are served by a successor', () => {
    const life = new Life().up();
    life.now += 500;
    life.report(arrived(1));
    expect(life.until(2_600)).toEqual(['1600 probe 1', '2600 dial 2']);
    expect(life.open(2)).toEqual(['drain 1', 'openChannel 1 on 2']);
  });

  it('move to the successor', () => {
    const life = new Life().up();
    life.now = 10_000;
    life.report(arrived(1));
    expect(life.until(11_000)).toEqual(['11000 dial 2']);
    expect(life.report(arrived(2))).toEqual([]); // held: the link is suspect
    expect(life.open(2)).toEqual(['drain 1', 'openChannel 2 on 2', 'openChannel 1 on 2']);
    expect(life.report(opened(1, 2))).toEqual(['pipe 1 on 2']);
    // the old link's confirmation comes late
    expect(life.report(opened(1, 1))).toEqual(['closeChannel 1 on 1']);
  });

  it('are served by the suspect when it answers after all', () => {
    const life = new Life().up();
    life.now = 10_000;
    life.report(arrived(1));
    life.until(11_000);
    life.report(arrived(2));
    expect(life.report({ type: 'keepaliveReply', link: 1, rttMs: 900 })).toEqual([
      'close 2 reset',
      'openChannel 2 on 1',
    ]);
    expect(life.report(opened(1, 1))).toEqual(['pipe 1 on 1']);
  });

  it('a client that froze two links stays on the second', () => {
    const life = new Life().up();
    life.now = 10_000;
    life.report(arrived(1, true));
    life.until(11_000);
    life.open(2);
    life.now = 12_500;
    life.report(arrived(2));
    const done = life.until(21_500);
    expect(done.filter((text) => text.includes('dial'))).toEqual(['21000 dial 3']); // ten seconds after the last
    expect(life.open(3)).toEqual(['drain 2', 'openChannel 2 on 3']);
    expect(life.report(opened(1, 2))).toEqual(['pipe 1 on 2']);
  });

  /** The server speaks, then looks up client 1's name for ever; client 2 is served by link 2. */
  function leftBehind(): Life {
    const life = new Life().up();
    life.now = 10_000;
    life.report(arrived(1, true));
    life.now = 10_005;
    life.report({ type: 'keepaliveReply', link: 1, rttMs: 5 });
    life.report(arrived(2));
    expect(life.until(12_005)).toEqual(['11005 probe 1', '12005 dial 2']);
    life.now = 12_100;
    expect(life.open(2)).toEqual(['drain 1', 'openChannel 2 on 2', 'dial 3']);
    life.report(opened(2, 2));
    return life;
  }

  it('one that the server heard and did not answer moves on, where its target freezes nobody', () => {
    const life = new Life().up();
    life.now = 10_000;
    life.report(arrived(1));
    life.now = 10_005;
    life.report({ type: 'keepaliveReply', link: 1, rttMs: 5 });
    life.report(arrived(2));
    life.until(12_005);
    expect(life.open(2)).toEqual(['drain 1', 'openChannel 1 on 2', 'openChannel 2 on 2']);
    // And again, as often as it takes.
    expect(life.until(23_000).filter((text) => text.includes('dial'))).toEqual(['22005 dial 3']);
    expect(life.open(3)).toEqual(['drain 2', 'openChannel 1 on 3', 'openChannel 2 on 3']);
  });

  it('one whose name may have frozen the link gets a link of its own, which takes nobody else', () => {
    const life = leftBehind();
    expect(life.open(3)).toEqual(['openChannel 1 on 3', 'drain 3']);
    expect(life.state.current).toBe(2);
    expect(life.report(arrived(3))).toEqual(['openChannel 3 on 2']);
    expect(life.report(opened(1, 3))).toEqual(['pipe 1 on 3']);
    expect(life.report(opened(1, 1))).toEqual(['closeChannel 1 on 1']);
    expect(life.report({ type: 'emptied', link: 3 })).toEqual(['close 3 disconnect']);
  });

  it('one that waits on a link of its own is served by the first that answers', () => {
    const life = leftBehind();
    life.open(3);
    expect(life.report(opened(1, 1))).toEqual(['pipe 1 on 1']);
    expect(life.report(opened(1, 3))).toEqual(['closeChannel 1 on 3']);
  });

  it('a link of its own that cannot be had costs nothing: later it moves to the current one', () => {
    const life = leftBehind();
    expect(life.report(ended(3, 'unreachable'))).toEqual([]);
    expect(phaseOf(life.state)).toBe('up');
    expect(life.until(21_999).filter((text) => /Channel|dial/.test(text))).toEqual([]);
    expect(life.until(22_000)).toContain('22000 openChannel 1 on 2');
  });

  it('a link of its own has the time of any other, and is called off by a stop', () => {
    const life = leftBehind();
    life.report({ type: 'tcpConnected', link: 3 });
    expect(life.report(arrived(3))).toEqual(['openChannel 3 on 2']);
    const stopped = leftBehind();
    expect(stopped.report(stop())).toContain('close 3 reset');
    expect(life.until(22_100)).toContain('22100 close 3 reset');
  });

  it('no link of its own where the login would need a person', () => {
    const life = new Life();
    life.report({ type: 'started' });
    life.report({ type: 'listened', forward: 0, port: 1 });
    life.open(1);
    life.report(arrived(1, true));
    life.now = 5;
    life.report({ type: 'keepaliveReply', link: 1, rttMs: 5 });
    life.report(arrived(2));
    life.until(2_005);
    life.open(2, true);
    expect(life.until(11_000).filter((text) => text.includes('dial'))).toEqual([]);
  });

  it('one whose name is needsRemoteLookup stays while others move, and moves at once when it is alone', () => {
    const life = new Life().up();
    life.now = 10_000;
    life.report(arrived(1, true));
    life.report(arrived(2));
    life.until(11_000);
    expect(life.open(2)).toEqual(['drain 1', 'openChannel 2 on 2']);
    const alone = new Life().up();
    alone.now = 10_000;
    alone.report(arrived(1, true));
    alone.until(11_000);
    expect(alone.open(2)).toEqual(['drain 1', 'openChannel 1 on 2']);
  });

  it('are reset when their hold time is over, counted from the arrival', () => {
    const life = new Life().up();
    life.report(ended(1));
    life.now = 1_000;
    life.report(arrived(1));
    for (let link = 2; life.state.held.size > 0 && link < 60; link++) {
      const done = life.until(Math.min(life.due(), 31_000));
      if (done.some((text) => text.includes('resetClient'))) expect(done).toContain('31000 resetClient 1');
      if (life.state.next !== null) life.report(ended(life.state.next, 'unreachable'));
    }
    expect(life.state.held.size).toBe(0);
    expect(life.told()).toContain('client-refused');
  });

  it('may wait for a slow target as long as the link answers', () => {
    const life = new Life().up();
    life.report(arrived(1));
    for (let beats = 0; beats < 20; beats++) {
      life.until(life.due());
      life.report({ type: 'keepaliveReply', link: 1, rttMs: 5 });
    }
    expect(life.now).toBeGreaterThan(200_000);
    expect(life.report(opened(1, 1))).toEqual(['pipe 1 on 1']);
  });

  it('with hold 0 are reset at once when no link answers', () => {
    const life = new Life([local], { holdMs: 0 }).up();
    expect(life.report(arrived(1))).toEqual(['openChannel 1 on 1']);
    life.report(ended(1));
    expect(life.report(arrived(2))).toEqual(['resetClient 2']);
  });

  it('that leave open nothing', () => {
    const life = new Life().up();
    life.report(ended(1));
    life.report(arrived(1));
    life.report({ type: 'left', client: 1 });
    life.until(life.due());
    expect(life.open(2)).toEqual([]);
  });

  it('that leave while their channel is asked for: its confirmation is closed', () => {
    const life = new Life().up();
    life.report(arrived(1));
    life.report({ type: 'left', client: 1 });
    expect(life.report(opened(1, 1))).toEqual(['closeChannel 1 on 1']);
  });

  it('the target refuses: that client is reset, the link is fine', () => {
    const life = new Life().up();
    life.report(arrived(1));
    expect(life.report({ type: 'channelRefused', client: 1, link: 1, reason: 'refused' })).toEqual([
      'resetClient 1',
    ]);
    expect(phaseOf(life.state)).toBe('up');
  });

  it('those that wait for a slow target on a link that answers take no place from others', () => {
    const life = new Life().up();
    for (let client = 1; client <= 1_200; client++) life.report(arrived(client));
    expect(life.told()).not.toContain('client-refused');
  });

  it('1,000 at most are held', () => {
    const life = new Life().up();
    life.report(ended(1));
    for (let client = 1; client <= 1_000; client++)
      expect(life.report(arrived(client))).not.toContain('resetClient');
    expect(life.report(arrived(1_001))).toEqual(['resetClient 1001']);
  });
});

describe('remote forwards', () => {
  it('a refused one is asked for again on the same connection and delays nobody', () => {
    const life = new Life([local, remote]);
    life.report({ type: 'started' });
    life.report({ type: 'listened', forward: 0, port: 1 });
    for (const type of ['tcpConnected', 'hostKeyAccepted'] as const) life.report({ type, link: 1 });
    life.report({ type: 'opened', link: 1, byPerson: false });
    expect(life.report(arrived(1))).toEqual(['openChannel 1 on 1']);
    life.report({ type: 'remoteRefused', forward: 1, link: 1, reason: 'in use' });
    expect(phaseOf(life.state)).toBe('connecting'); // up is told when every forward is there
    expect(life.told()).not.toContain('up');
    life.report({ type: 'left', client: 1 });
    expect(life.until(1_500)).toEqual(['1500 requestForward 1 on 1']);
    life.report({ type: 'remoteBound', forward: 1, link: 1, port: 8080 });
    expect(life.told()).toEqual(['forward', 'up']);
    expect(life.state.everUp).toBe(true);
    expect(life.state.lastLink).toBe(1);
  });

  it('refused for 60 s at the first start ends it, where that was asked for', () => {
    const life = new Life([remote], { endOnRefusedRemote: true });
    life.report({ type: 'started' });
    for (const type of ['tcpConnected', 'hostKeyAccepted'] as const) life.report({ type, link: 1 });
    life.report({ type: 'opened', link: 1, byPerson: false });
    life.report({ type: 'remoteRefused', forward: 0, link: 1, reason: 'in use' });
    let done: string[] = [];
    while (life.now < 61_000 && life.state.lifecycle.type === 'running') {
      done = life.until(life.due()).map((text) => text.replace(/^\d+ /, ''));
      if (done.includes('requestForward 0 on 1'))
        life.report({ type: 'remoteRefused', forward: 0, link: 1, reason: 'in use' });
      if (done.includes('probe 1')) life.report({ type: 'keepaliveReply', link: 1, rttMs: 1 });
    }
    expect(life.state.lifecycle).toMatchObject({
      type: 'stopping',
      outcome: { failure: { kind: 'forward' } },
    });
    expect(life.now).toBe(60_000);
  });

  it('refused after the first up never ends it', () => {
    const life = new Life([remote]).up();
    life.report(ended(1));
    life.until(life.due());
    for (const type of ['tcpConnected', 'hostKeyAccepted'] as const) life.report({ type, link: 2 });
    life.report({ type: 'opened', link: 2, byPerson: false });
    for (let at = 0; at < 200; at++) {
      if (life.state.status[0]?.type === 'requested') {
        life.report({ type: 'remoteRefused', forward: 0, link: 2, reason: 'in use' });
      }
      life.until(life.due());
      life.report({ type: 'keepaliveReply', link: 2, rttMs: 1 });
    }
    expect(life.state.lifecycle.type).toBe('running');
    // Said at first, after 1, 2, 4, 8 and 16 minutes, then each quarter of an hour.
    const said = life.told().filter((type) => type === 'forward').length;
    expect(said).toBe(
      Math.floor(Math.log2(Math.min(life.now, 960_000) / 60_000)) +
        2 +
        Math.max(0, Math.floor((life.now - 960_000) / 900_000)),
    );
  });

  it('a port that the server chose is asked for again', () => {
    const life = new Life([remoteAny]).up();
    life.report(ended(1));
    life.until(life.due());
    for (const type of ['tcpConnected', 'hostKeyAccepted'] as const) life.report({ type, link: 2 });
    expect(life.report({ type: 'opened', link: 2, byPerson: false })).toEqual([
      'requestForward 0 on 2 port 40000',
    ]);
  });

  it('a server that does not answer the request refuses it, and the tunnel is up', () => {
    const life = new Life([local, remote], { exitOnForwardFailure: false });
    life.report({ type: 'started' });
    life.report({ type: 'listened', forward: 0, port: 1 });
    for (const type of ['tcpConnected', 'hostKeyAccepted'] as const) life.report({ type, link: 1 });
    life.report({ type: 'opened', link: 1, byPerson: false });
    life.until(10_000);
    expect(phaseOf(life.state)).toBe('up');
    expect(statusAt(life.state, 1)).toEqual({
      type: 'refused',
      reason: 'the server did not answer within 10 s',
    });
  });

  it('an answer that comes when another link is asked gives the port back', () => {
    const life = new Life([remote]).up();
    life.report(ended(1));
    life.until(life.due());
    for (const type of ['tcpConnected', 'hostKeyAccepted'] as const) life.report({ type, link: 2 });
    life.report({ type: 'opened', link: 2, byPerson: false });
    life.until(15_000);
    life.until(life.due()); // link 2 is suspect, without an answer for its forward
    life.until(life.due());
    life.report({ type: 'tcpConnected', link: life.state.lastLink });
    life.report({ type: 'hostKeyAccepted', link: life.state.lastLink });
    life.report({ type: 'opened', link: life.state.lastLink, byPerson: false });
    expect(life.state.current).toBe(3);
    const late = { type: 'remoteBound', forward: 0, link: 2, port: null } as const;
    expect(life.report(late)).toEqual(['cancelForward 0 on 2']);
  });

  it('a refusal before an outage does not count for the time of the outage', () => {
    const life = new Life([remote]);
    life.report({ type: 'started' });
    for (const type of ['tcpConnected', 'hostKeyAccepted'] as const) life.report({ type, link: 1 });
    life.report({ type: 'opened', link: 1, byPerson: false });
    life.report({ type: 'remoteRefused', forward: 0, link: 1, reason: 'in use' });
    life.report(ended(1));
    for (let dials = 0; life.now < 90_000 && dials < 100; dials++) {
      life.until(life.due());
      if (life.state.next !== null) life.report(ended(life.state.next, 'unreachable'));
    }
    expect(life.state.lifecycle.type).toBe('running');
  });

  it('are given back before leaving', () => {
    const life = new Life([remote]).up();
    expect(life.report(stop())).toEqual(['closeListeners', 'cancelForward 0 on 1', 'drain 1']);
  });
});

describe('stopping', () => {
  it('drains, then disconnects', () => {
    const life = new Life().up();
    life.report(arrived(1));
    expect(life.report(stop())).toEqual(['closeListeners', 'resetClient 1', 'drain 1']);
    expect(phaseOf(life.state)).toBe('stopping');
    expect(life.report({ type: 'emptied', link: 1 })).toEqual(['close 1 disconnect', 'finish']);
    expect(phaseOf(life.state)).toBe('stopped');
  });

  it('does not wait for a link that was replaced and has not spoken since', () => {
    const life = suspect();
    life.open(2);
    expect(life.report(stop())).toEqual(['closeListeners', 'close 1 disconnect', 'drain 2']);
  });

  it('waits no longer than the drain time', () => {
    const life = new Life().up();
    life.report(stop());
    expect(life.until(20_000)).toEqual(['10100 close 1 disconnect', '10100 finish']);
  });

  it('asked twice: now', () => {
    const life = new Life().up();
    life.report(stop());
    expect(life.report(stop(true))).toEqual(['close 1 disconnect', 'finish']);
  });

  it('is final', () => {
    const life = new Life().up();
    life.report(stop(true));
    for (const event of [
      arrived(9),
      ended(1),
      { type: 'retryRequested' } as const,
      { type: 'ticked' } as const,
    ]) {
      expect(life.report(event)).toEqual([]);
    }
    expect(life.due()).toBe(Number.POSITIVE_INFINITY);
  });

  it('a loss while stopping finishes', () => {
    const life = new Life().up();
    life.report(stop());
    expect(life.report({ type: 'ended', link: 1, failure: lost })).toEqual(['finish']);
  });
});

describe('standard input and output', () => {
  it('wait as long as the tunnel tries, and not for the hold time alone', () => {
    const life = new Life([stdio], { holdMs: 1_000, giveUpAfterMs: 30_000 });
    life.report({ type: 'started' });
    life.report({ type: 'listened', forward: 0, port: null });
    life.report(arrived(1));
    life.report({ type: 'hostKeyAccepted', link: 1 });
    // A person takes a minute to answer.
    life.report({ type: 'promptOpened', link: 1, text: 'Password: ' });
    expect(life.until(60_000).filter((done) => done.includes('resetClient'))).toEqual([]);
    life.report({ type: 'answered', given: true });
    expect(life.report({ type: 'opened', link: 1, byPerson: true })).toEqual(['openChannel 1 on 1']);
  });

  it('are reset with the tunnel when it gives up', () => {
    const life = new Life([stdio], { giveUpAfterMs: 5_000 });
    life.report({ type: 'started' });
    life.report({ type: 'listened', forward: 0, port: null });
    life.report(arrived(1));
    expect(life.until(5_000)).toContain('5000 resetClient 1');
    expect(life.state.lifecycle).toMatchObject({ outcome: { ok: false, failure: { kind: 'timeout' } } });
  });

  it('end the tunnel when the target refuses', () => {
    const life = new Life([stdio]).up();
    life.report(arrived(1));
    life.report({ type: 'channelRefused', client: 1, link: 1, reason: 'db:5432: refused' });
    expect(life.state.lifecycle).toMatchObject({
      type: 'stopping',
      outcome: { ok: false, failure: { kind: 'forward', message: '-W db:5432: db:5432: refused' } },
    });
    expect(life.told()).not.toContain('client-refused');
  });
});
