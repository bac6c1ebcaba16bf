/**
 * Finds an idle time-out between two bounds, several idle times in each round. Survival falls with the idle time, so what was
 * survived is a bound from below for good: nothing fakes an answer. A death may have another cause, so that it takes two.
 */

/** How close the bounds are to come: a part of the shorter one (0.1), or a length. */
export type SearchResolution = { readonly part: number } | { readonly lengthMs: number };

export interface Range {
  readonly leastMs: number;
  readonly mostMs: number;
  readonly resolution: SearchResolution;
}

/** What became of one connection that was left idle: at least so long if it lives, at most so long if it does not. */
export interface SearchVerdict {
  readonly idleMs: number;
  readonly alive: boolean;
}

export interface Bracket {
  /** The longest idle time that was survived; null: none. */
  readonly safeMs: number | null;
  /** The shortest above it that was not; null: all were. */
  readonly doubtfulMs: number | null;
  /** Up to here two connections died, above what was survived. */
  readonly deadMs: number | null;
}

/** Bounds closer than this count as equal: round trips and late timers blur them. */
const leastResolutionMs = 1_000;

export function resolutionMs(resolution: SearchResolution, safeMs: number): number {
  const requestedMs = 'part' in resolution ? resolution.part * safeMs : resolution.lengthMs;
  return Math.max(leastResolutionMs, requestedMs);
}

export function bracketOf(verdicts: readonly SearchVerdict[]): Bracket {
  const lived = verdicts.filter(({ alive }) => alive).map(({ idleMs }) => idleMs);
  const safeMs = lived.length === 0 ? null : Math.max(...lived);
  const [doubtfulMs = null, deadMs = null] = verdicts
    .filter(({ alive, idleMs }) => !alive && (safeMs === null || idleMs > safeMs))
    .map(({ idleMs }) => idleMs)
    .sort((a, b) => a - b);
  return { safeMs, doubtfulMs, deadMs };
}

/**
 * The idle times to try next, at most `width` of them, in ascending order; empty: it is found, or there is no limit in the
 * range. The shortest one without a sure result is among them again.
 */
export function nextRound(
  range: Range,
  verdicts: readonly SearchVerdict[],
  width: number,
): readonly number[] {
  const { leastMs, mostMs, resolution } = range;
  const { safeMs, doubtfulMs, deadMs } = bracketOf(verdicts);
  const fromMs = safeMs ?? leastMs;
  const wantedMs = resolutionMs(resolution, fromMs);
  if (
    doubtfulMs === null ? safeMs !== null && safeMs >= mostMs : deadMs !== null && deadMs - fromMs <= wantedMs
  )
    return [];
  const toMs = doubtfulMs ?? mostMs;
  if (toMs <= fromMs) return [toMs];
  // Two deaths end up within the resolution, with some room for timers that ring late.
  const stepMs = wantedMs * 0.4;
  // What was survived need not be tried again, nor what is dead for sure.
  const first = safeMs === null && !verdicts.some(({ idleMs }) => idleMs < leastMs + stepMs) ? 0 : 1;
  const last = doubtfulMs !== null && deadMs === doubtfulMs ? 1 : 0;
  const points = Math.min(width + first + last, Math.ceil((toMs - fromMs) / stepMs) + 1);
  return spread(fromMs, toMs, Math.max(points, 2 + last)).slice(first, last === 0 ? undefined : -1);
}

/** Ascending, both ends among them; evenly in a narrow range, by a factor in a wide one. */
function spread(fromMs: number, toMs: number, points: number): readonly number[] {
  const ratio = toMs / fromMs;
  return Array.from({ length: points }, (_, index) => {
    const part = index / (points - 1);
    return Math.round(ratio > 2.5 ? fromMs * ratio ** part : fromMs + (toMs - fromMs) * part);
  });
}

export interface Cost {
  /** Connections. */
  readonly trials: number;
  readonly ms: number;
}

/** The most that a search can take from here on when no verdict is lost. `graceMs`: how long an answer is waited for. */
export function worstCost(
  range: Range,
  width: number,
  graceMs: number,
  verdicts: readonly SearchVerdict[] = [],
): Cost {
  const points = nextRound(range, verdicts, width);
  const last = points.at(-1);
  if (last === undefined) return { trials: 0, ms: 0 };
  const { doubtfulMs } = bracketOf(verdicts);
  // What died once dies again: that it had another cause is no part of the plan.
  const mayLive = points.filter((idleMs) => doubtfulMs === null || idleMs < doubtfulMs);
  const outcomes = [...mayLive, Number.POSITIVE_INFINITY].map((_, lived): Cost => {
    const found = points
      .slice(0, lived + deathsWanted(verdicts))
      .map((idleMs, at) => ({ idleMs, alive: at < lived }));
    const after = worstCost(range, width, graceMs, [...verdicts, ...found]);
    const ms = (found.at(-1)?.idleMs ?? 0) + graceMs + after.ms;
    return { trials: points.length + after.trials, ms };
  });
  return {
    trials: Math.max(...outcomes.map(({ trials }) => trials)),
    ms: Math.max(...outcomes.map(({ ms }) => ms)),
  };
}

/** After so many deaths a round is over: in the first, wide one it would take long to wait for a second. */
function deathsWanted(before: readonly SearchVerdict[]): number {
  return bracketOf(before).doubtfulMs === null ? 1 : 2;
}
