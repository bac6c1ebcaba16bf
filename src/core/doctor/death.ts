import { endOfSilence } from '../keepalive/arithmetic.js';
import {
  idleDetectionMs,
  inFlightDetectionMs,
  type Keepalive,
  type Retransmission,
  retransmissionModel,
} from '../keepalive/detection.js';
import { shippedTimes } from '../keepalive/outlook.js';
import type { HeartbeatFacts } from './facts.js';
import type { RelayWay } from './relaycommand.js';

/**
 * What notices first that the server fell silent. `retransmission`: tcp_retries2, for what is in flight; `user timeout`:
 * TCP_USER_TIMEOUT of a relay in its place; `not known`: this system does not say what it does there.
 */
export type Noticer =
  | 'heartbeat'
  | 'TCP keepalive'
  | 'retransmission'
  | 'user timeout'
  | 'nobody'
  | 'not known';

/** What notices, and when. */
export interface Noticed {
  readonly by: Noticer;
  /** At the latest, after the last word of the server; null: never. */
  readonly ms: number | null;
}

/** What an ssh connection makes of a server that dies now without a word. */
export interface Death {
  /** Nothing is on its way to the server. */
  readonly idle: Noticed;
  /** Data is. */
  readonly inFlight: Noticed;
}

/**
 * A heartbeat of N seconds and M answers ends after N x (M + 1); it is in flight itself, so that tcp_retries2 may end it
 * sooner. Without one there is TCP keepalive while nothing is in flight, and tcp_retries2 while something is.
 */
export function deathOf(
  { sum, tcpKeepAlive }: HeartbeatFacts,
  relay: RelayWay | null,
  keepalive: Keepalive,
  retransmission: Retransmission | null,
): Death {
  const { userTimeoutMs = 0 } = relay ?? {};
  const limited = userTimeoutMs > 0;
  const sentMs = limited
    ? inFlightDetectionMs(retransmission ?? shippedTimes, { userTimeoutMs })
    : retransmission === null
      ? null
      : retransmissionModel(retransmission).ms;
  const sentBy = limited ? 'user timeout' : 'retransmission';
  const { heartbeatMs: beatMs, intervalMs, countMax } = sum;
  // The relay's socket is the one that meets the server: with keepalive, whatever TCPKeepAlive says.
  const idleMs = relay?.idleMs ?? idleDetectionMs(keepalive);
  const hasKeepalive = relay !== null || tcpKeepAlive.value;
  if (beatMs === null) {
    return {
      idle: hasKeepalive ? { by: 'TCP keepalive', ms: idleMs } : { by: 'nobody', ms: null },
      inFlight: { by: sentMs === null ? 'not known' : sentBy, ms: sentMs },
    };
  }
  // Where a system does not say, as the table of Linux has it, for `config why` too.
  const sent = sentMs ?? retransmissionModel(shippedTimes).ms;
  const { by, ms } = endOfSilence(intervalMs, countMax, sent);
  const quiet: Noticed = { by: by === 'kernel' ? sentBy : by, ms };
  // A heartbeat in flight stops TCP keepalive; only what ends before the first beat is sooner.
  const isSooner = hasKeepalive && idleMs < intervalMs;
  return {
    idle: isSooner ? { by: 'TCP keepalive', ms: idleMs } : quiet,
    inFlight: sent < beatMs ? { by: sentBy, ms: sent } : { by: 'heartbeat', ms: beatMs },
  };
}
