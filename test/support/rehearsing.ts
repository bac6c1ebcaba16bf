/**
 * `holdfast demo` in virtual time: the machine, a wire that fails by a plan of the demo, a server that answers within
 * milliseconds, and a client that comes ten times a second.
 */
import { failure } from '../../src/core/failure.js';
import type { Effect } from '../../src/core/tunnel/effect.js';
import type { Event } from '../../src/core/tunnel/event.js';
import { randomFrom, scheduleOf, type WireFault } from '../../src/demo/schedule.js';
import { Life, local, type Machine } from './world.js';

export interface Rehearsed {
  /** How long each client waited for its channel. */
  readonly waits: readonly number[];
  /** Clients that never got one. */
  readonly unserved: number;
  /** How long nothing got through, neither old nor new. */
  readonly faultMs: number;
  readonly logins: number;
}

type WireState = 'passing' | 'silent' | 'cut';

export interface Rehearsal {
  /** Of the plan, and of when clients come and how long the server takes. */
  readonly seed: number;
  /** The server will look up a name for this client that it has never been seen to find. */
  readonly needsRemoteLookup: (client: number) => boolean;
}

export function rehearse(machine: Machine, { seed, needsRemoteLookup }: Rehearsal): Rehearsed {
  const life = new Life([local], {}, machine);
  const plan = scheduleOf(seed);
  const random = randomFrom(-seed);
  const coming: { at: number; go: () => void }[] = [];
  const forgotten = new Set<number>();
  /** What the wire holds back until it is restored. */
  let held: (() => void)[] = [];
  let wire: WireState = 'passing';
  const arrivedAt = new Map<number, number>();
  const waits: number[] = [];
  /** Channels asked for and not there yet, by link. */
  const opening = new Map<number, number>();
  let logins = 0;

  const later = (ms: number, go: () => void) => void coming.push({ at: life.now + ms, go });
  const report = (event: Event) => {
    life.roll = random();
    life.report(event);
    for (const effect of life.all.splice(0)) carry(effect);
  };
  /** Bytes from the server on this link, after a moment, if the wire lets them through; `event`: what they mean. */
  const answer = (link: number, ms: number, event: Event | null) => {
    const arrive = () => {
      if (forgotten.has(link) || !life.state.links.has(link)) return;
      if (wire === 'silent') return void held.push(arrive);
      if (event?.type === 'opened') logins += 1;
      if (life.vitals.has(link) || event?.type === 'opened') life.hear(link);
      if (event?.type === 'channelOpened') opening.set(link, (opening.get(link) ?? 0) - 1);
      if (event !== null) report(event);
    };
    later(ms, arrive);
  };
  /** How long the server takes for a page or a channel: mostly no time, now and then as on a busy machine. */
  const busyMs = () => 1 + (random() < 0.7 ? 5 : 150) * random();

  function carry(effect: Effect): void {
    switch (effect.type) {
      case 'listen':
        return later(0, () => report({ type: 'listened', forward: effect.forward, port: 1 }));
      case 'dial': {
        const { link } = effect;
        if (wire === 'cut') {
          const why = failure('unreachable', 'refused');
          return later(1, () => report({ type: 'ended', link, failure: why }));
        }
        // The wire takes connections while it is silent, and carries nothing of them.
        later(1, () => report({ type: 'tcpConnected', link }));
        answer(link, 5 + 20 * random(), { type: 'hostKeyAccepted', link });
        return answer(link, 30 + 50 * random(), { type: 'opened', link, byPerson: false });
      }
      case 'probe':
        return answer(effect.link, 1 + 5 * random(), { type: 'keepaliveReply', link: effect.link, rttMs: 3 });
      case 'openChannel':
        opening.set(effect.link, (opening.get(effect.link) ?? 0) + 1);
        return answer(effect.link, busyMs(), { ...effect, type: 'channelOpened' });
      case 'drain':
        return later(1, () => {
          // Nothing is on it but channels that are being opened.
          if ((opening.get(effect.link) ?? 0) === 0) report({ type: 'emptied', link: effect.link });
        });
      case 'pipe':
        waits.push(life.now - (arrivedAt.get(effect.client) ?? life.now));
        arrivedAt.delete(effect.client);
        // The page.
        return answer(effect.link, busyMs(), null);
      default:
        return;
    }
  }

  const faults: Record<WireFault, () => void> = {
    forget: () => {
      for (const link of life.state.links.keys()) forgotten.add(link);
    },
    silence: () => {
      wire = 'silent';
    },
    restore: () => {
      wire = 'passing';
      const kept = held;
      held = [];
      for (const arrive of kept) arrive();
    },
    cut: () => {
      wire = 'cut';
      held = [];
      for (const link of [...life.state.links.keys()])
        report({ type: 'ended', link, failure: failure('lost', 'reset') });
    },
  };

  report({ type: 'started' });
  runTo(1_000);
  const upAt = life.now;
  for (const { atMs, fault } of plan.faults) later(atMs, faults[fault]);
  const offsetMs = 100 * random();
  for (let client = 1; client * 100 < plan.endMs; client++) {
    later(client * 100 + offsetMs, () => {
      arrivedAt.set(client, life.now);
      report({ type: 'arrived', client, forward: 0, needsRemoteLookup: needsRemoteLookup(client) });
    });
  }
  runTo(upAt + plan.endMs + 40_000);

  function runTo(end: number): void {
    for (let turns = 0; turns < 100_000; turns++) {
      coming.sort((a, b) => a.at - b.at);
      const first = coming[0];
      const at = Math.min(life.due(), first?.at ?? Number.POSITIVE_INFINITY);
      if (at > end) {
        life.now = end;
        return;
      }
      life.now = Math.max(life.now, at);
      if (first && first.at <= at) {
        coming.shift();
        first.go();
      } else report({ type: 'ticked' });
    }
    throw new Error('time does not pass');
  }

  const lengths = plan.faults.map(({ fault, atMs }, index) =>
    fault === 'restore' ? atMs - (plan.faults[index - 1]?.atMs ?? atMs) : 0,
  );
  return { waits, unserved: arrivedAt.size, faultMs: Math.max(...lengths), logins };
}
