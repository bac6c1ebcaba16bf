/** The goal of a measurement: checked, completed with defaults. */
import { usageFailure } from '../../core/failure.js';
import { type Direction, type ProbeGoal, planOf } from '../../core/keepalive/probe/probing.js';
import type { SearchResolution } from '../../core/keepalive/probe/search.js';
import { parseTime } from '../../core/times.js';

/** Which idle times are tried. */
export interface RangeOptions {
  /** The shortest idle time to try, in ms, from 1,000. @default 30,000 */
  readonly minMs?: number;
  /** The longest, in ms, up to a day. @default 900,000 */
  readonly maxMs?: number;
  /** How close the bounds are to come: a part of the time, `10%`, or a time as ssh writes it, `5s`. @default '10%' */
  readonly resolution?: string;
  /**
   * The side that speaks first after the silence. Some middleboxes take an old connection up again when this side speaks, and some when the
   * server does: what is safe is the shorter of both. @default 'both'
   */
  readonly direction?: 'client' | 'server' | 'both';
}

/** What a measurement costs. */
export interface ProbePlan {
  readonly minMs: number;
  readonly maxMs: number;
  /** The most logins it may take, and the most where both directions agree, as they mostly do. */
  readonly mostLogins: number;
  readonly likelyLogins: number;
  /** The longest it takes where no verdict is lost, in ms. */
  readonly mostMs: number;
}

/** As many connections at once as stay below MaxStartups 10. */
const width = 6;
/** Four retransmissions of a lost packet come within this (RFC 6298, from 0.2 s). */
const graceMs = 5_000;

const defaults = { minMs: 30_000, maxMs: 900_000, resolution: '10%', direction: 'both' } as const;
const bounds = { leastMs: 1_000, mostMs: 86_400_000 } as const;
const directions: Readonly<Record<string, readonly Direction[]>> = {
  both: ['server', 'client'],
  client: ['client'],
  server: ['server'],
};

/** Throws a FailureError of kind `usage`. */
export function probeGoalOf(options: RangeOptions): ProbeGoal {
  const { minMs = defaults.minMs, maxMs = defaults.maxMs } = options;
  const { resolution = defaults.resolution, direction = defaults.direction } = options;
  for (const [name, ms] of [
    ['--min', minMs],
    ['--max', maxMs],
  ] as const) {
    if (!(ms >= bounds.leastMs && ms <= bounds.mostMs))
      throw usageFailure(`${name} ${ms / 1_000} s: want a time from 1 s to 24 h`);
  }
  if (minMs > maxMs) {
    throw usageFailure(
      `--min ${minMs / 1_000} s is above --max ${maxMs / 1_000} s: want the shorter time first`,
    );
  }
  const chosen = Object.hasOwn(directions, direction) ? directions[direction] : undefined;
  if (chosen === undefined)
    throw usageFailure(`--direction ${JSON.stringify(direction)}: want client, server or both`);
  const range = { leastMs: minMs, mostMs: maxMs, resolution: resolutionOf(resolution) };
  return { range, directions: chosen, width, graceMs };
}

function resolutionOf(text: string): SearchResolution {
  const [, percent] = /^(\d{1,2}(?:\.\d)?)%$/.exec(text) ?? [];
  if (percent !== undefined && Number(percent) >= 1) return { part: Number(percent) / 100 };
  const lengthMs = percent === undefined ? parseTime(text) : null;
  if (lengthMs !== null && lengthMs >= bounds.leastMs) return { lengthMs };
  throw usageFailure(
    `--resolution ${JSON.stringify(text)}: want a part as 10%, from 1%, or a time as 5s, from 1s`,
  );
}

/** What a measurement would cost; nothing is connected. Throws a FailureError of kind `usage`. */
export function planProbe(options: RangeOptions = {}): ProbePlan {
  const goal = probeGoalOf(options);
  return { minMs: goal.range.leastMs, maxMs: goal.range.mostMs, ...planOf(goal) };
}
