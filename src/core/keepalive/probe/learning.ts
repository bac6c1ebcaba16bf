/** What a tunnel learns of its path from the silences that its links survived, or did not; and the heartbeat that fits. */
import { usableShare } from '../idletimeouts.js';
import { intervalRange } from './outcome.js';
import { nothingKnown, type PathKnowledge } from './pathmemory.js';

/** A link was idle for so long, and answered the probe that followed. */
export function survived(known: PathKnowledge, idleMs: number): PathKnowledge {
  const { safeMs, deadMs, doubtfulMs, mode } = known;
  if (safeMs !== null && idleMs <= safeMs && (doubtfulMs === null || idleMs < doubtfulMs)) return known;
  const outlived = deadMs !== null && idleMs >= deadMs;
  return {
    safeMs: Math.max(safeMs ?? 0, Math.floor(idleMs)),
    deadMs: outlived ? null : deadMs,
    doubtfulMs: doubtfulMs !== null && idleMs >= doubtfulMs ? null : doubtfulMs,
    mode: outlived ? null : mode,
  };
}

/**
 * A link was idle for so long, and never answered the probe that followed, while a new one worked at once. A server that was restarted
 * looks the same, so that once is a doubt, and only twice is a death.
 */
export function died(known: PathKnowledge, idleMs: number): PathKnowledge {
  // A heartbeat cannot come much sooner, so nothing is to be learned from it.
  if (idleMs < leastIdleMs) return known;
  const { safeMs, deadMs, doubtfulMs } = known;
  if (doubtfulMs === null) return { ...known, doubtfulMs: Math.ceil(idleMs) };
  const after = Math.min(deadMs ?? Number.POSITIVE_INFINITY, Math.ceil(Math.max(idleMs, doubtfulMs)));
  return {
    ...known,
    deadMs: after,
    doubtfulMs: null,
    // What survived long ago does not any more: the path is another one.
    safeMs: safeMs === null || safeMs >= after ? Math.floor(after / 2) : safeMs,
  };
}

const leastIdleMs = intervalRange.leastS * 1_000;

/** ServerAliveInterval and ServerAliveCountMax. */
export interface Beat {
  readonly intervalMs: number;
  readonly countMax: number;
}

/** Where nothing is known: below every known time-out, also where one beat is lost, but for the strictest NATs. */
const usualMs = 15_000;

/** A silent server is to be given up after about this, where the interval lets it. */
const noticedMs = 60_000;

/**
 * 0.8 of what is safe, from 5 s to 5 min. What a beat survived is no reason for a shorter one: where nothing died, the usual
 * interval is kept at least. The fewer beats, the fewer may be missed, but two always.
 */
export function beatOf(known: PathKnowledge, mostMissed: number): Beat {
  const { safeMs, deadMs } = known;
  const safe = safeMs ?? (deadMs === null ? null : deadMs / 2);
  const fits = safe === null ? usualMs : Math.floor((safe * usableShare) / 1_000) * 1_000;
  const leastMs = deadMs === null ? Math.max(usualMs, fits) : fits;
  const intervalMs = Math.min(intervalRange.mostS * 1_000, Math.max(intervalRange.leastS * 1_000, leastMs));
  const countMax = Math.max(2, Math.min(mostMissed, Math.round(noticedMs / intervalMs)));
  return { intervalMs, countMax };
}

export interface Learning {
  readonly known: PathKnowledge;
  /** The last link was lost when it owed an answer after so long a silence: it counts when the next one is soon there. */
  readonly lostMs: number | null;
}

export function beginLearning(known: PathKnowledge = nothingKnown): Learning {
  return { known, lostMs: null };
}

/** Of the news of a tunnel, what there is to learn from. `idleMs`: how long the link was idle when it was probed. */
export type Lesson =
  | { readonly type: 'heartbeat'; readonly idleMs: number }
  /** A link that another one had taken over from ended without its answer. */
  | { readonly type: 'drained'; readonly idleMs: number }
  | { readonly type: 'down'; readonly idleMs: number }
  | { readonly type: 'up'; readonly downMs: number };

/** A path that is back this soon was not away. */
const soonMs = 10_000;

export function learn(before: Learning, lesson: Lesson): Learning {
  const { known, lostMs } = before;
  switch (lesson.type) {
    case 'heartbeat':
      return { ...before, known: survived(known, lesson.idleMs) };
    case 'drained':
      return { ...before, known: died(known, lesson.idleMs) };
    case 'down':
      return { known, lostMs: lesson.idleMs };
    case 'up':
      return {
        known: lostMs !== null && lesson.downMs <= soonMs ? died(known, lostMs) : known,
        lostMs: null,
      };
  }
}
