/** One queue, one timer, no decisions: events go in, effects come out. Knows neither sockets nor ssh. */

import { asFailure, failure, type Outcome } from './core/failure.js';
import type { Forward } from './core/request/request.js';
import type { Effect } from './core/tunnel/effect.js';
import type { Event } from './core/tunnel/event.js';
import type { LinkId } from './core/tunnel/ids.js';
import type { Notice } from './core/tunnel/notice.js';
import type { Policy } from './core/tunnel/policy.js';
import { type State, start } from './core/tunnel/state.js';
import { deadline, step } from './core/tunnel/step.js';
import type { SocketStats } from './core/tunnel/stepcontext.js';

/** Time and chance, handed in. */
export interface Clock {
  /** ms of a monotonic clock. */
  now(): number;
  /** 0 <= random < 1 */
  random(): number;
  /** Rings once, at or after the given time of `now`; returns how to cancel. Infinity never rings. */
  wake(at: number, ring: () => void): () => void;
}

/** Carries out effects and reports what comes of them. Never throws and never decides. */
export interface Carrier {
  carry(effect: Exclude<Effect, { type: 'notify' | 'finish' }>): void;
  /** What each authenticated link's socket knows now. */
  socketStats(): ReadonlyMap<LinkId, SocketStats>;
  /** Ends everything that is left, at once. */
  abandon(): void;
}

export interface Supervisor {
  state(): State;
  report(event: Event): void;
}

export interface Supervised {
  readonly forwards: readonly Forward[];
  readonly policy: Policy;
  readonly clock: Clock;
  readonly carrier: (report: (event: Event) => void) => Carrier;
  readonly onNotice: (notice: Notice) => void;
  /** First up for good. Called once at most. */
  readonly onReady: () => void;
  /** Called once; nothing follows. */
  readonly onDone: (outcome: Outcome) => void;
}

/** Begins with the state of `start`; the first event is for the caller to report. A bug of a step ends the tunnel with kind `bug`. */
export function supervise({
  forwards,
  policy,
  clock,
  onNotice,
  onReady,
  onDone,
  ...parts
}: Supervised): Supervisor {
  let state = start(forwards, clock.now());
  let ringsAt = Number.POSITIVE_INFINITY;
  let cancel = () => {};
  let busy = false;
  let done = false;
  const queue: Event[] = [];
  const carrier = parts.carrier(report);

  function report(event: Event): void {
    if (done) return;
    queue.push(event);
    if (busy) return;
    busy = true;
    try {
      for (let next = queue.shift(); next; next = queue.shift()) applyEvent(next);
    } catch (thrown) {
      end({ ok: false, failure: failure('bug', asFailure(thrown).message, thrown) });
    } finally {
      busy = false;
    }
    arm();
  }

  function applyEvent(event: Event): void {
    const now = clock.now();
    const lateMs = Math.max(0, now - ringsAt);
    // What is late is late once: the next event of this queue is on time.
    if (lateMs > 0) ringsAt = Number.POSITIVE_INFINITY;
    const moment = { now, random: clock.random(), lateMs, socketStats: carrier.socketStats() };
    const before = state;
    const after = step(state, event, moment, policy);
    state = after.state;
    for (const effect of after.effects) {
      if (effect.type === 'notify') onNotice(effect.notice);
      else if (effect.type === 'finish') end(effect.outcome);
      else carrier.carry(effect);
    }
    if (state.everUp && !before.everUp) onReady();
  }

  function arm(): void {
    cancel();
    if (done) return;
    ringsAt = deadline(state, policy);
    cancel = clock.wake(ringsAt, () => report({ type: 'ticked' }));
  }

  function end(outcome: Outcome): void {
    if (done) return;
    done = true;
    queue.length = 0;
    cancel();
    try {
      carrier.abandon();
    } finally {
      onDone(outcome);
    }
  }

  return { state: () => state, report };
}
