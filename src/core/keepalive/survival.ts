import { boxesOnTheWay } from './middleboxes.js';

/** Part of a time-out that an interval may use: the rest is for the round trip and for a late timer (measured). */
const usable = 0.8;

/** What TCP keepalive's idle time makes of one box on the way. */
export interface KeepaliveCheck {
  readonly box: string;
  readonly idleMs: number;
  /**
   * `sturdy`: outlived, also when one probe is lost. `survives`: as long as none is. `tooSlow`: forgotten first.
   * `deaf`: the box is a proxy that answers probes itself and counts only payload.
   */
  readonly verdict: 'sturdy' | 'survives' | 'tooSlow' | 'deaf';
  readonly confidence: 'verified' | 'secondary' | 'unconfirmed';
  readonly source: string;
}

/** Every known box on the way of a TCP connection, the shortest time first. */
export function keepaliveChecks(idleMs: number): readonly KeepaliveCheck[] {
  return boxesOnTheWay.map((box) => ({
    box: `${box.vendor} ${box.product}`,
    idleMs: box.idleMs,
    verdict:
      box.refreshedBy === 'payload' || box.refreshedBy === 'channel data'
        ? 'deaf'
        : verdict(idleMs, box.idleMs),
    confidence: box.confidence,
    source: box.source,
  }));
}

function verdict(probeMs: number, boxMs: number): 'sturdy' | 'survives' | 'tooSlow' {
  if (probeMs <= 0 || probeMs > boxMs * usable) return 'tooSlow';
  return probeMs * 2 < boxMs ? 'sturdy' : 'survives';
}
