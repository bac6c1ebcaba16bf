/** What a measurement says of a path. */
import { usableShare } from '../idletimeouts.js';
import type { Middlebox } from '../middleboxes/middlebox.js';
import { middleboxesOnPath } from '../middleboxes.js';
import { type Direction, type ProbeFinding, type Probing, verdictsOf } from './probing.js';
import { type Bracket, bracketOf } from './search.js';

/**
 * What an old connection meets after the time-out. `drop`: its packets vanish. `reset`: it is reset. `loose`: it dies when one
 * side speaks first, and goes on when the other does, as with Linux's nf_conntrack_tcp_loose. `close`: it is ended with FIN,
 * as by a proxy.
 */
export type Mode = 'drop' | 'reset' | 'loose' | 'close';

/** Between which idle times a connection is forgotten, in ms. */
export interface Bounds {
  /** The longest idle time that was survived, in ms; null: none was. */
  readonly safeMs: number | null;
  /** The shortest that two connections did not survive, in ms; null: all were survived. */
  readonly deadMs: number | null;
}

/** What a measurement found out. Lengths in ms but for `intervalS`. */
export interface PathOutcome extends Bounds {
  /** Null: nothing died, or the cause is unknown. */
  readonly mode: Mode | null;
  readonly logins: number;
  /** ServerAliveInterval to use, in s: 0.8 of what is safe, 5 s to 5 min; null: it is not known. */
  readonly intervalS: number | null;
  /** Each direction that was tried, by the side that speaks first. */
  readonly directions: Readonly<Partial<Record<Direction, Bounds>>>;
  /** The server itself speaks after so long, which keeps the path open: longer times cannot be measured. */
  readonly boundMs: number | null;
  /** Everything was measured that the query names. */
  readonly complete: boolean;
}

/** From 5 s, where heartbeats begin to be a load, to 5 min, so that a dead server is noticed some day. In s. */
export const intervalRange = { leastS: 5, mostS: 300 } as const;

/** ServerAliveInterval in s that keeps a path open which is known to survive so long; null: none in the range does. */
export function intervalFor(safeMs: number): number | null {
  const seconds = Math.floor((safeMs * usableShare) / 1_000);
  if (safeMs <= intervalRange.leastS * 1_000) return null;
  return Math.min(intervalRange.mostS, Math.max(intervalRange.leastS, seconds));
}

export function outcomeOf(state: Probing): PathOutcome {
  const { goal, findings, boundMs, logins, end, refusal } = state;
  const tried = goal.directions.filter((direction) => findings[direction].length > 0);
  const brackets = new Map(tried.map((direction) => [direction, bracketOf(verdictsOf(state, direction))]));
  const complete = end?.type === 'found' && refusal === null;
  const bounds = new Map([...brackets].map(([direction, bracket]) => [direction, boundsOf(bracket)]));
  const all = [...bounds.values()];
  const safes = all.map(({ safeMs }) => safeMs ?? 0);
  const safeMs = Math.min(...safes) || null;
  const deads = all.flatMap(({ deadMs }) => deadMs ?? []);
  const deadMs = deads.length === 0 ? null : Math.min(...deads);
  return {
    safeMs: safeMs === Number.POSITIVE_INFINITY ? null : safeMs,
    deadMs,
    mode: deadMs === null ? null : modeOf(brackets, findings),
    logins,
    intervalS: safeMs === null || !Number.isFinite(safeMs) ? null : intervalFor(safeMs),
    directions: Object.fromEntries(bounds),
    boundMs,
    complete,
  };
}

/** Where nothing more came of it one death has to do. */
function boundsOf({ safeMs, doubtfulMs, deadMs }: Bracket): Bounds {
  return { safeMs, deadMs: deadMs ?? doubtfulMs };
}

function modeOf(
  brackets: ReadonlyMap<Direction, Bracket>,
  findings: Readonly<Record<Direction, readonly ProbeFinding[]>>,
): Mode | null {
  const [client, server] = [brackets.get('client'), brackets.get('server')];
  const outlives = (one: Bracket | undefined, other: Bracket | undefined) =>
    one?.safeMs != null && other?.deadMs != null && one.safeMs >= other.deadMs;
  if (outlives(client, server) || outlives(server, client)) return 'loose';
  const how = (direction: Direction) => {
    const safeMs = brackets.get(direction)?.safeMs ?? 0;
    const last = findings[direction].findLast((one) => one.type === 'dead' && one.idleMs > safeMs);
    return last?.type === 'dead' ? last.how : null;
  };
  const hows = [how('client'), how('server')];
  if (hows.includes('closed')) return 'close';
  if (hows.includes('reset')) return 'reset';
  // Where the server's word is lost, whether a reset answered it is unknown.
  return how('client') === 'silence' ? 'drop' : null;
}

/** Products whose time, as shipped, lies where a path's does; those with a better source first. */
export function matchingMiddleboxes({
  safeMs,
  deadMs,
}: Bounds): readonly (Middlebox & { readonly idleMs: number })[] {
  if (deadMs === null) return [];
  const rank = { verified: 0, secondary: 1, unconfirmed: 2 } as const;
  return middleboxesOnPath
    .filter(({ idleMs }) => idleMs > (safeMs ?? 0) - slackMs && idleMs < deadMs + slackMs)
    .sort((a, b) => rank[a.confidence] - rank[b.confidence]);
}

/** A connection is never quite as idle as one believes. */
const slackMs = 500;
