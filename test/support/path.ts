/** A path with a time-out, as the measurement of idle times meets it: no clock, no network. */
import { failure } from '../../src/core/failure.js';
import type { Mode } from '../../src/core/keepalive/probe/outcome.js';
import {
  beginProbing,
  type Direction,
  type ProbeEffect,
  type ProbeEvent,
  type ProbeFinding,
  type ProbeGoal,
  type Probing,
  stepProbing,
  type Trial,
} from '../../src/core/keepalive/probe/probing.js';

export interface Path {
  /** Null: it lets everything be idle. */
  readonly timeoutMs: number | null;
  readonly mode: Mode;
  /** The server speaks by itself after so long. */
  readonly speaksMs?: number;
  /** The server refuses to speak when it is told to. */
  readonly refuses?: boolean;
  /** How much longer than asked a connection is idle, from 0 to 1: the bounds of a verdict are that far apart. */
  readonly late?: () => number;
  /** Of the trials by number: verdicts that are lost, deaths that have another cause, the path's end. */
  readonly lost?: ReadonlySet<number>;
  readonly killed?: ReadonlySet<number>;
  readonly cutAt?: number;
  readonly stopAt?: number;
  readonly deniedAt?: number;
}

export interface Measured {
  readonly state: Probing;
  /** Logins as the server counts them. */
  readonly logins: number;
  readonly rounds: number;
  /** Each trial, in order. */
  readonly trials: readonly Trial[];
}

const slackMs = 200;

export function measure(asked: ProbeGoal, path: Path): Measured {
  let { state, effects: next } = beginProbing(asked) as { state: Probing; effects: readonly ProbeEffect[] };
  let logins = 0;
  let rounds = 0;
  const trials: Trial[] = [];
  const queue: { at: number; event: ProbeEvent }[] = [];
  let now = 0;
  const take = (effects: readonly ProbeEffect[]): void => {
    if (effects.some((effect) => effect.type === 'try')) rounds += 1;
    for (const effect of effects) {
      if (effect.type === 'openControl') {
        logins += 1;
        queue.push({ at: now, event: { type: 'controlOpened' } });
      } else if (effect.type === 'try') {
        logins += 1;
        trials.push(effect);
        const { at, finding } = fate(path, effect);
        const { trial } = effect;
        if (path.deniedAt === trial)
          queue.push({ at: now, event: { type: 'failed', failure: failure('denied', 'no') } });
        if (path.stopAt === trial) queue.push({ at: now, event: { type: 'stopAsked' } });
        if (path.cutAt === trial) queue.push({ at: now, event: { type: 'controlLost', why: 'cut' } });
        queue.push({ at: now + at, event: { type: 'found', trial, finding } });
      }
    }
  };
  take(next);
  for (let events = 0; queue.length > 0 && events < 2_000; events += 1) {
    queue.sort((a, b) => a.at - b.at);
    const first = queue.shift();
    if (!first) break;
    now = first.at;
    ({ state, effects: next } = stepProbing(state, first.event));
    take(next);
  }
  return { state, logins, rounds, trials };
}

/** When something is heard of it, and what. */
function fate(
  path: Path,
  { trial, direction, idleMs }: Trial & { trial: number },
): { at: number; finding: ProbeFinding } {
  const { timeoutMs, mode, speaksMs = Number.POSITIVE_INFINITY } = path;
  const isIdleMs = idleMs + slackMs * (path.late?.() ?? 0);
  if (direction === 'server' && path.refuses)
    return { at: 0, finding: { type: 'refused', why: 'prohibited' } };
  if (path.lost?.has(trial)) return { at: isIdleMs, finding: { type: 'void', why: 'lost' } };
  if (speaksMs < isIdleMs && speaksMs < (timeoutMs ?? Number.POSITIVE_INFINITY))
    return { at: speaksMs, finding: { type: 'spoke', afterMs: speaksMs } };
  const dies = timeoutMs !== null && isIdleMs >= timeoutMs && !(mode === 'loose' && direction === 'client');
  if (!dies && !path.killed?.has(trial))
    return { at: isIdleMs, finding: { type: 'alive', idleMs: Math.floor(idleMs) } };
  const how = dies ? seen(mode, direction) : 'silence';
  // What is closed is seen when it happens; all else when somebody speaks, and silence after a while.
  if (how === 'closed') return { at: timeoutMs ?? 0, finding: { type: 'dead', idleMs: timeoutMs ?? 0, how } };
  return {
    at: isIdleMs + (how === 'silence' ? 5_000 : 0),
    finding: { type: 'dead', idleMs: idleMs + slackMs, how },
  };
}

function seen(mode: Mode, direction: Direction): 'silence' | 'reset' | 'closed' {
  if (mode === 'close') return 'closed';
  // A reset that answers the server is the server's.
  return mode === 'reset' && direction === 'client' ? 'reset' : 'silence';
}
