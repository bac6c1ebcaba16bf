/**
 * A world for the machine with a clock of its own: no socket, no timer, no chance. `Life` runs the machine by hand for
 * tables; `World` answers its effects the way servers, clients and people do, kindly or not.
 */
import { type Failure, failure } from '../../src/core/failure.js';
import type { Forward } from '../../src/core/request/request.js';
import type { Effect } from '../../src/core/tunnel/effect.js';
import type { Event } from '../../src/core/tunnel/event.js';
import { type Policy, policyDefaults } from '../../src/core/tunnel/policy.js';
import { type State, start } from '../../src/core/tunnel/state.js';
import { deadline, step } from '../../src/core/tunnel/step.js';
import type { SocketStats } from '../../src/core/tunnel/stepcontext.js';

/** The machine under test; mutants are passed in its place. */
export interface Machine {
  readonly start: typeof start;
  readonly step: typeof step;
  readonly deadline: typeof deadline;
}

export const machine: Machine = { start, step, deadline };

export const policy: Policy = {
  ...policyDefaults,
  // The tables' servers answer keepalives. Tests of those that do not, and the random lives, take the habit's value.
  byChannelMs: Number.POSITIVE_INFINITY,
  intervalMs: 15_000,
  countMax: 3,
  connectTimeoutMs: 10_000,
  exitOnForwardFailure: true,
  endOnRefusedRemote: false,
  unattended: false,
  holdMs: 30_000,
  maxAttempts: null,
  giveUpAfterMs: null,
};

export const local: Forward = {
  side: 'local',
  listen: { type: 'tcp', host: 'localhost', port: 5432 },
  target: { type: 'tcp', host: 'db', port: 5432 },
  text: '-L 5432:db:5432',
};

export const stdio: Forward = {
  side: 'local',
  listen: { type: 'stdio' },
  target: { type: 'tcp', host: 'db', port: 5432 },
  text: '-W db:5432',
};

export const remote: Forward = {
  side: 'remote',
  listen: { type: 'tcp', host: 'localhost', port: 8080 },
  target: { type: 'tcp', host: 'localhost', port: 80 },
  text: '-R 8080:localhost:80',
};

export const remoteAny: Forward = {
  ...remote,
  listen: { type: 'tcp', host: 'localhost', port: 0 },
  text: '-R 0:localhost:80',
};

export const lost: Failure = failure('lost', 'the connection ended');

/** An effect in a few words: `dial 1`, `openChannel 3 on 1`, `tell suspect`. */
export function brief(effect: Effect): string {
  if (effect.type === 'notify') return `tell ${effect.notice.type}`;
  if (effect.type === 'finish') return effect.outcome.ok ? 'finish' : `finish ${effect.outcome.failure.kind}`;
  if (effect.type === 'closeListeners') return effect.type;
  const on = 'link' in effect ? ` on ${effect.link}` : '';
  if (effect.type === 'close') return `close ${effect.link} ${effect.how}`;
  if ('client' in effect) return `${effect.type} ${effect.client}${on}`;
  if (effect.type === 'requestForward')
    return `requestForward ${effect.forward}${on}${effect.port === null ? '' : ` port ${effect.port}`}`;
  if ('forward' in effect) return `${effect.type} ${effect.forward}${on}`;
  return `${effect.type} ${effect.link}`;
}

/** One life of the machine, run by hand. Times are ms since the start. */
export class Life {
  now = 0;
  state: State;
  /** The roll of every step. */
  roll = 0.5;
  readonly vitals = new Map<number, SocketStats>();
  readonly all: Effect[] = [];
  readonly machine: Machine;
  readonly policy: Policy;

  constructor(
    forwards: readonly Forward[] = [local],
    policyOf: Partial<Policy> = {},
    under: Machine = machine,
  ) {
    this.machine = under;
    this.policy = { ...policy, ...policyOf };
    this.state = under.start(forwards, 0);
  }

  /** Reports an event and returns what the machine does, notices left out unless asked for. */
  report(event: Event, lateMs = 0): string[] {
    const { now, roll, vitals } = this;
    const { state, effects } = this.machine.step(
      this.state,
      event,
      { now, random: roll, lateMs, socketStats: vitals },
      this.policy,
    );
    this.state = state;
    this.all.push(...effects);
    return effects.map(brief).filter((text) => !text.startsWith('tell '));
  }

  /** What was told since the last call. */
  told(): string[] {
    return this.all.splice(0).flatMap((effect) => (effect.type === 'notify' ? [effect.notice.type] : []));
  }

  due(): number {
    return this.machine.deadline(this.state, this.policy);
  }

  /** Lets time pass, ringing the timer whenever it is due; returns what the machine did with the time it did it. */
  until(at: number): string[] {
    const done: string[] = [];
    for (let rings = 0; this.due() <= at; rings++) {
      if (rings > 10_000) throw new Error('the timer rings without end');
      this.now = Math.max(this.now, this.due());
      for (const text of this.report({ type: 'ticked' })) done.push(`${Math.round(this.now)} ${text}`);
    }
    this.now = at;
    return done;
  }

  /** Silence until now is broken: a byte came on this link. */
  hear(link: number): void {
    this.vitals.set(link, { heardAt: this.now, flushed: 0, queued: 0 });
  }

  /** From the start to up on link 1, 100 ms later. */
  up(): this {
    this.report({ type: 'started' });
    this.state.forwards.forEach((forward, index) => {
      if (forward.side === 'local') this.report({ type: 'listened', forward: index, port: 5432 });
    });
    this.now += 100;
    this.open(1);
    this.all.length = 0;
    return this;
  }

  /** The link that is being dialled opens. */
  open(link: number, byPerson = false): string[] {
    const done = [
      ...this.report({ type: 'tcpConnected', link }),
      ...this.report({ type: 'hostKeyAccepted', link }),
      ...this.report({ type: 'opened', link, byPerson }),
    ];
    this.state.forwards.forEach((forward, index) => {
      if (forward.side !== 'remote' || this.state.status[index]?.type !== 'requested') return;
      const port =
        forward.listen.type === 'tcp' && forward.listen.port === 0
          ? (this.state.ports[index] ?? 40_000)
          : null;
      done.push(...this.report({ type: 'remoteBound', forward: index, link, port }));
    });
    return done;
  }
}
