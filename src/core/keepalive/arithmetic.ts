import { type Retransmission, retransmissionModel } from './detection.js';
import { type IdleTimeoutCheck, idleTimeoutChecks } from './idletimeouts.js';
import { shippedTimes } from './outlook.js';

const dayMs = 86_400_000;

/** Frames on the wire for one heartbeat: a request of 52 bytes, a reply of 28, an acknowledgement (measured, OpenSSH 9.2). */
const bytesPerBeat = 278;

/** What ServerAliveInterval and ServerAliveCountMax come to. */
export interface Arithmetic {
  readonly intervalMs: number;
  readonly countMax: number;
  /** N x (M + 1), when ssh gives up a silent server; null: never. */
  readonly heartbeatMs: number | null;
  /** A silent server is given up at the latest so long after its last word; null: never. */
  readonly noticedAfterMs: number | null;
  /** What gives the server up: ssh by its heartbeat, or the kernel before that; null: neither. */
  readonly noticedBy: 'heartbeat' | 'kernel' | null;
  readonly beatsPerDay: number;
  readonly bytesPerDay: number;
  /** Every known middlebox on the way, the shortest time first. */
  readonly idleTimeouts: readonly IdleTimeoutCheck[];
}

/**
 * When a peer that falls silent is given up at the latest. A heartbeat that is not answered is data in flight, which the
 * kernel gives up `flightMs` after it was sent (tcp_retries2, or TCP_USER_TIMEOUT), whatever the count says.
 */
export function endOfSilence(
  intervalMs: number,
  countMax: number,
  flightMs: number,
): { readonly by: 'heartbeat' | 'kernel'; readonly ms: number } {
  const heartbeatMs = intervalMs * (Math.max(0, countMax) + 1);
  const kernelMs = intervalMs + flightMs;
  return kernelMs < heartbeatMs ? { by: 'kernel', ms: kernelMs } : { by: 'heartbeat', ms: heartbeatMs };
}

/** The largest ServerAliveCountMax, or ClientAliveCountMax, whose time the kernel lets come; 0: none does. */
export function largestCount(intervalMs: number, flightMs: number): number {
  return Math.max(0, Math.floor((intervalMs + flightMs) / intervalMs) - 1);
}

/** R2 of RFC 9293 3.8.3 should be 100 s at least (SHLD-11): below, the kernel should change, and not the heartbeat. */
export const leastRetransmissionMs = 100_000;

/**
 * The arithmetic of heartbeats. OpenSSH gives a silent peer up after N x (M + 1) at the latest (`server_alive_check` in
 * clientloop.c ends when its counter exceeds M), though ssh_config(5) says N x M. N = 0: no heartbeat, and no end.
 * @param retransmission of the kernel in force; default: as Linux is shipped
 */
export function arithmetic(
  intervalMs: number,
  countMax: number,
  retransmission: Retransmission = shippedTimes,
): Arithmetic {
  const beats = intervalMs > 0 ? dayMs / intervalMs : 0;
  const end =
    intervalMs > 0 ? endOfSilence(intervalMs, countMax, retransmissionModel(retransmission).ms) : null;
  return {
    intervalMs,
    countMax,
    heartbeatMs: intervalMs > 0 ? intervalMs * (Math.max(0, countMax) + 1) : null,
    noticedAfterMs: end?.ms ?? null,
    noticedBy: end?.by ?? null,
    beatsPerDay: Math.round(beats),
    bytesPerDay: Math.round(beats * bytesPerBeat),
    idleTimeouts: idleTimeoutChecks(intervalMs, 'heartbeat'),
  };
}
