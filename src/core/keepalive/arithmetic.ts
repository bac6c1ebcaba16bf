import { boxesOnTheWay } from './boxes.js';

const dayMs = 86_400_000;

/** Frames on the wire for one heartbeat: a request of 52 bytes, a reply of 28, an acknowledgement (measured, OpenSSH 9.2). */
export const bytesPerBeat = 278;

/** Part of a time-out that an interval may use: the rest is for the round trip and for a late process (measured). */
export const usable = 0.8;

/** Is a box outlived? `sturdy`: also when one beat is lost. `survives`: as long as none is. `tooSlow`: it is not. */
export type Verdict = 'sturdy' | 'survives' | 'tooSlow';

/** An idle time-out and what the heartbeat makes of it. */
export interface Meeting {
  /** Vendor and product. */
  readonly box: string;
  readonly idleMs: number;
  readonly verdict: Verdict;
  readonly confidence: 'verified' | 'secondary' | 'unconfirmed';
  readonly source: string;
}

/** What ServerAliveInterval and ServerAliveCountMax come to. */
export interface Arithmetic {
  readonly intervalMs: number;
  readonly countMax: number;
  /** A silent server is given up at the latest so long after its last word; null: never. */
  readonly noticedAfterMs: number | null;
  readonly beatsPerDay: number;
  readonly bytesPerDay: number;
  /** Every known box on the way, the shortest time first. */
  readonly meetings: readonly Meeting[];
}

/**
 * The arithmetic of heartbeats. OpenSSH gives a silent peer up after N x (M + 1) at the latest (`server_alive_check` in
 * clientloop.c ends when its counter exceeds M), though ssh_config(5) says N x M. N = 0: no heartbeat, and no end.
 *
 * A box with the time T is outlived by beats up to 0.8 T apart, and by those less than T / 2 apart even where one is lost.
 */
export function arithmetic(intervalMs: number, countMax: number): Arithmetic {
  const beats = intervalMs > 0 ? dayMs / intervalMs : 0;
  return {
    intervalMs,
    countMax,
    noticedAfterMs: intervalMs > 0 ? intervalMs * (Math.max(0, countMax) + 1) : null,
    beatsPerDay: Math.round(beats),
    bytesPerDay: Math.round(beats * bytesPerBeat),
    meetings: boxesOnTheWay.map(({ vendor, product, idleMs, confidence, source }) => ({
      box: `${vendor} ${product}`,
      idleMs,
      verdict: verdict(intervalMs, idleMs),
      confidence,
      source,
    })),
  };
}

/** Is a box with that time-out outlived? */
export function verdict(intervalMs: number, idleMs: number): Verdict {
  if (intervalMs <= 0 || intervalMs > idleMs * usable) return 'tooSlow';
  return intervalMs * 2 < idleMs ? 'sturdy' : 'survives';
}
