import { middleboxesOnPath } from './middleboxes.js';

/** Part of a time-out that an interval may use: the rest is for the round trip and for a late process (measured). */
export const usableShare = 0.8;

/**
 * `survivesLoss`: the connection outlives the middlebox, also when one packet is lost. `survives`: as long as none is.
 * `tooSlow`: the middlebox forgets it first. `payloadOnly`: what is sent is no payload, and the middlebox counts nothing else.
 */
export type IdleTimeoutVerdict = 'survivesLoss' | 'survives' | 'tooSlow' | 'payloadOnly';

/** An idle time-out, and what packets in an interval make of it. */
export interface IdleTimeoutCheck {
  /** Vendor and product. */
  readonly middlebox: string;
  readonly idleMs: number;
  readonly verdict: IdleTimeoutVerdict;
  readonly confidence: 'verified' | 'secondary' | 'unconfirmed';
  readonly source: string;
}

/**
 * Every known middlebox on the path of a TCP connection, the shortest time first. `sent`: a heartbeat of ssh is payload, a
 * probe of TCP keepalive is answered by a proxy itself.
 */
export function idleTimeoutChecks(
  intervalMs: number,
  sent: 'heartbeat' | 'probe',
): readonly IdleTimeoutCheck[] {
  return middleboxesOnPath.map(({ vendor, product, idleMs, refreshedBy, confidence, source }) => ({
    middlebox: `${vendor} ${product}`,
    idleMs,
    verdict:
      sent === 'probe' && (refreshedBy === 'payload' || refreshedBy === 'channel data')
        ? 'payloadOnly'
        : idleTimeoutVerdict(intervalMs, idleMs),
    confidence,
    source,
  }));
}

/** A time T is outlived by packets up to 0.8 T apart, and by those less than T / 2 apart even where one is lost. */
export function idleTimeoutVerdict(
  intervalMs: number,
  idleMs: number,
): Exclude<IdleTimeoutVerdict, 'payloadOnly'> {
  if (intervalMs <= 0 || intervalMs > idleMs * usableShare) return 'tooSlow';
  return intervalMs * 2 < idleMs ? 'survivesLoss' : 'survives';
}
