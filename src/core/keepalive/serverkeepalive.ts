import { isSince } from '../sshconfig/keywords/releases.js';
import { arithmetic } from './arithmetic.js';

/** What ClientAliveInterval and ClientAliveCountMax come to. */
export interface ClientAlive {
  readonly intervalMs: number;
  readonly countMax: number;
  /** Intervals from one question to the next: 2 for sshd 9.2 to 9.4, else 1. */
  readonly stride: 1 | 2;
  /** Interval x (count + 1), each stride of it; null: never. */
  readonly heartbeatMs: number | null;
  /** A silent client is given up at the latest so long after its last word; null: never. */
  readonly noticedAfterMs: number | null;
}

/**
 * When sshd gives up a client (`client_alive_check` in serverloop.c): when its counter exceeds the maximum, and never with a
 * maximum of 0. sshd 9.2 to 9.4 ask only at every other interval, so there it takes twice as long (measured with 9.2).
 */
export function clientAlive(intervalMs: number, countMax: number, stride: 1 | 2): ClientAlive {
  const { heartbeatMs, noticedAfterMs } = arithmetic(intervalMs * stride, countMax);
  const never = countMax === 0;
  return {
    intervalMs,
    countMax,
    stride,
    heartbeatMs: never ? null : heartbeatMs,
    noticedAfterMs: never ? null : noticedAfterMs,
  };
}

/** @param release as `9.2`; null: it is not known, and taken for one that asks at each interval */
export function strideOf(release: string | null): 1 | 2 {
  return release !== null && isSince(release, '9.2') && !isSince(release, '9.5') ? 2 : 1;
}
