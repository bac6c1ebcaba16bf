import { usageFailure } from '../core/failure.js';
import {
  bytesPerProbe,
  idleDetectionMs,
  inFlightDetectionMs,
  type Keepalive,
  limits,
  outageBounds,
  probesPerDay,
  type Retransmission,
  userTimeoutDetectionMs,
} from '../core/keepalive/detection.js';
import { type IdleTimeoutCheck, idleTimeoutChecks } from '../core/keepalive/idletimeouts.js';
import { type SnippetLanguage, snippetLanguages, snippetText } from '../core/keepalive/snippets.js';

export { retransmissionModel } from '../core/keepalive/detection.js';
export { snippetLanguages } from '../core/keepalive/snippets.js';
export { topicOf, topics } from '../core/keepalive/topics.js';

/** What one socket is given. */
export interface SocketTimes {
  readonly idleS: number;
  readonly intervalS: number;
  readonly probes: number;
  /** TCP_USER_TIMEOUT; absent or 0: none. */
  readonly userTimeoutMs?: number;
}

/** What values of one socket come to. */
export interface Consequences extends Keepalive {
  readonly userTimeoutMs: number;
  /** A silent peer is given up so long after its last segment, with nothing in flight. */
  readonly idleDetectionMs: number;
  /** The same where it is without the user timeout. */
  readonly countDetectionMs: number;
  /** With data in flight: after it was sent, over a path with the shortest pause. */
  readonly inFlightDetectionMs: number;
  readonly retransmission: Retransmission;
  /** An outage below `safeMs` never ends an idle connection; one of `deadlyMs`, or longer, always does. */
  readonly outage: { readonly safeMs: number; readonly deadlyMs: number };
  readonly probesPerDay: number;
  readonly bytesPerDay: number;
  readonly bytesPerProbe: number;
  readonly idleTimeouts: readonly IdleTimeoutCheck[];
}

/**
 * What these values come to on Linux. Throws a FailureError of kind `usage` that names the range for values that no socket
 * takes. `retransmission`: what bounds retransmission; as shipped where absent.
 */
export function consequencesOf(
  times: SocketTimes,
  retransmission: Retransmission = { retries2: 15, rtoMaxMs: 120_000 },
): Consequences {
  checkTimes(times);
  const { userTimeoutMs = 0 } = times;
  const keepalive = {
    idleMs: times.idleS * 1_000,
    intervalMs: times.intervalS * 1_000,
    probes: times.probes,
  };
  const countMs = idleDetectionMs(keepalive);
  const idleMs = userTimeoutMs > 0 ? userTimeoutDetectionMs(keepalive, userTimeoutMs) : countMs;
  const day = probesPerDay(keepalive);
  return {
    ...keepalive,
    userTimeoutMs,
    idleDetectionMs: idleMs,
    countDetectionMs: countMs,
    inFlightDetectionMs: inFlightDetectionMs(retransmission, { userTimeoutMs }),
    retransmission,
    outage: outageBounds(keepalive, idleMs),
    probesPerDay: day.probes,
    bytesPerDay: day.bytes,
    bytesPerProbe,
    idleTimeouts: idleTimeoutChecks(keepalive.idleMs, 'probe'),
  };
}

/**
 * Code that gives a socket these values, in a language; or the settings of a program that does. Throws a FailureError of kind
 * `usage` for values that no socket takes, and for a language that is none of `snippetLanguages`.
 */
export function tcpSnippet(language: SnippetLanguage, times: SocketTimes): string {
  if (!snippetLanguages.includes(language)) {
    const known = snippetLanguages.join(', ');
    throw usageFailure(`language ${JSON.stringify(language)}: want one of ${known}`);
  }
  checkTimes(times);
  return snippetText(language, { userTimeoutMs: 0, ...times });
}

/** What each value is called in a message. */
export interface ValueNames {
  readonly idle: string;
  readonly interval: string;
  readonly probes: string;
}

/** Throws what is wrong with values, in the range of setsockopt, which /proc/sys does not check. */
export function checkTimes(
  times: SocketTimes,
  names: ValueNames = { idle: 'idle', interval: 'interval', probes: 'probes' },
): void {
  const check = (
    name: string,
    value: number,
    { least, most }: { least: number; most: number },
    unit: string,
  ) => {
    if (Number.isInteger(value) && value >= least && value <= most) return;
    throw usageFailure(
      `${name}: ${value} is out of range; want a whole number from ${least} to ${most}${unit}`,
    );
  };
  check(names.idle, times.idleS, limits.idleS, ' s');
  check(names.interval, times.intervalS, limits.intervalS, ' s');
  check(names.probes, times.probes, limits.probes, '');
  check('user timeout', times.userTimeoutMs ?? 0, { least: 0, most: 2_147_483_647 }, ' ms');
}
