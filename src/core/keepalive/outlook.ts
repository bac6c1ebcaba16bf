import {
  type Connecting,
  closedWindowDetectionMs,
  connectDetectionMs,
  inFlightDetectionMs,
  type Keepalive,
  type Retransmission,
  rtoMinMs,
} from './detection.js';
import type { SocketRow } from './sockets.js';
import type { TcpInfo } from './tcpinfo.js';

/** What is in force in the network namespace of a socket. */
export interface KernelTimes extends Keepalive, Retransmission, Connecting {
  /** net.ipv4.tcp_orphan_retries: in place of tcp_retries2 for what its program has closed. */
  readonly orphanRetries: number;
}

/** As Linux ships it. */
export const shippedTimes: KernelTimes = {
  idleMs: 7_200_000,
  intervalMs: 75_000,
  probes: 9,
  retries2: 15,
  rtoMaxMs: 120_000,
  synRetries: 6,
  synLinear: 4,
  orphanRetries: 0,
};

/**
 * Would this end notice that its peer is gone?
 *
 * - `notices`: yes, within `withinMs` of now if nothing is heard any more.
 * - `never`: no. It is idle and has no timer: only data that the program sends would bring it to light.
 * - `dying`: it is asking already, without an answer, and ends in `withinMs` if none comes. Suspicion, not proof: one answer
 *   makes it well again (RFC 9293, MUST-29).
 * - `stuck`: its peer takes no more data (zero window). A kernel that goes on answering window probes keeps it so for ever.
 * - `leaving`: one side or both have closed; the rest is the kernel's, or the program's own close that has not come.
 * - `connecting`: no connection yet.
 * - `passive`: a listener, or the rest of a connection that is over.
 */
export type OutlookKind = 'notices' | 'never' | 'dying' | 'stuck' | 'leaving' | 'connecting' | 'passive';

/** What a connection would make of a peer that is gone. */
export interface Outlook {
  readonly kind: OutlookKind;
  /** Until the kernel gives up if nothing is heard from now on; null: never, or unknown. */
  readonly withinMs: number | null;
  /**
   * What `withinMs` rests on: `timer` the kernel's own timers alone; `system` also the interval and count of
   * net.ipv4.tcp_keepalive_*, which a program may have replaced on its socket, invisibly to other programs;
   * `observed`: it has replaced them, as its probes show: the longest interval that fits, and the system's count; null when
   * more than that count are unanswered.
   */
  readonly basis: 'timer' | 'system' | 'observed' | null;
  /** One sentence. */
  readonly sentence: string;
}

/** R1 of RFC 9293 3.8.3: from this many retransmissions on, something is wrong with the path and not with one packet. */
const suspicious = 3;

/** What is said while TCP_INFO is missing assumes that the armed timer is all that there is. */
export function outlook(row: SocketRow, times: KernelTimes, info: TcpInfo | null = null): Outlook {
  switch (row.state) {
    case 'listen':
      return { kind: 'passive', withinMs: null, basis: null, sentence: 'a listener' };
    case 'time-wait':
      return {
        kind: 'passive',
        withinMs: row.timerLeftMs,
        basis: 'timer',
        sentence: 'closed, waits out 60 s',
      };
    case 'close':
    case 'syn-recv':
      return { kind: 'passive', withinMs: null, basis: null, sentence: 'no connection yet, or no more' };
    case 'syn-sent':
      return connecting(row, times);
    case 'established':
      return live(row, times, info);
    default:
      return leaving(row, times, info);
  }
}

function leaving(row: SocketRow, times: KernelTimes, info: TcpInfo | null): Outlook {
  const { state, timer, timerLeftMs } = row;
  if (state === 'close-wait') {
    const sentence = 'the peer has closed, its own program has not';
    if (timer === 'none')
      return { kind: 'leaving', withinMs: null, basis: null, sentence: `${sentence}: for ever` };
    const { withinMs, basis } = live(row, times, info);
    return { kind: 'leaving', withinMs, basis, sentence };
  }
  const sentence =
    state === 'fin-wait-2' ? 'it has closed, the peer has not' : 'closed, the peer has not confirmed it';
  if (row.inode !== 0) {
    const { withinMs, basis } = timer === 'none' ? { withinMs: null, basis: null } : live(row, times, info);
    return { kind: 'leaving', withinMs, basis, sentence };
  }
  // Of a socket without a process the kernel lets go by itself, by other times than its program's would have been.
  switch (timer) {
    case 'timewait':
    case 'keepalive': // net.ipv4.tcp_fin_timeout, the part beyond a minute
      return { kind: 'leaving', withinMs: timerLeftMs, basis: 'timer', sentence };
    case 'retransmit': {
      const flight = flightOf(row, info);
      const withinMs = inFlightDetectionMs(times, { flight, orphanRetries: times.orphanRetries });
      return { kind: 'leaving', withinMs, basis: 'timer', sentence };
    }
    default:
      return { kind: 'leaving', withinMs: null, basis: null, sentence };
  }
}

function connecting(row: SocketRow, times: KernelTimes): Outlook {
  const { retransmissions, timerLeftMs: leftMs } = row;
  return {
    kind: 'connecting',
    withinMs: connectDetectionMs(times, { retransmissions, leftMs }),
    basis: 'timer',
    sentence: `connecting, attempt ${retransmissions + 1}`,
  };
}

function live(row: SocketRow, times: KernelTimes, info: TcpInfo | null): Outlook {
  switch (row.timer) {
    case 'keepalive':
      return guarded(row, times, info);
    case 'retransmit':
      return sending(row, times, info);
    case 'window':
      return stuck(row, times, info);
    default:
      return { kind: 'never', withinMs: null, basis: null, sentence: 'will never notice a dead peer' };
  }
}

function guarded(row: SocketRow, times: KernelTimes, info: TcpInfo | null): Outlook {
  const { idleMs, intervalMs, probes } = times;
  const { timerLeftMs: leftMs, unanswered } = row;
  if (unanswered > probes && probes > 0) {
    const sentence = `${unanswered} probes unanswered`;
    // More than the system's count: it has one of its own, or a user timeout, which other programs cannot read.
    return { kind: 'dying', withinMs: null, basis: 'observed', sentence };
  }
  if (unanswered > 0) {
    const seenMs = observedIntervalMs(row, times, info);
    return {
      kind: 'dying',
      withinMs: leftMs + Math.max(0, probes - unanswered) * (seenMs ?? intervalMs),
      basis: seenMs === null ? 'system' : 'observed',
      sentence: `${unanswered} ${unanswered === 1 ? 'probe' : 'probes'} unanswered`,
    };
  }
  // The timer is not moved when something is received: it rings, sees that, and waits for the rest of the idle time.
  const quietMs = info === null ? null : Math.min(info.sinceReceivedMs, info.sinceAcknowledgedMs);
  const restMs = quietMs === null || leftMs + quietMs > idleMs ? leftMs : idleMs - quietMs;
  return {
    kind: 'notices',
    withinMs: Math.max(leftMs, restMs) + probes * intervalMs,
    basis: 'system',
    sentence: 'keepalive',
  };
}

/** Whole seconds are what sockets are given; the clocks of both readings differ by less. */
const roughlyMs = 2_000;

/**
 * The longest interval that a socket with values of its own can have: since the last word the idle time, at least 1 s, and an
 * interval for each unanswered probe have passed or will have when the timer rings. null: the system's values fit, or
 * nothing is known of the last word.
 */
function observedIntervalMs(row: SocketRow, times: KernelTimes, info: TcpInfo | null): number | null {
  if (info === null) return null;
  const wholeMs = Math.min(info.sinceReceivedMs, info.sinceAcknowledgedMs) + row.timerLeftMs;
  const systemMs = times.idleMs + row.unanswered * times.intervalMs;
  if (Math.abs(wholeMs - systemMs) <= roughlyMs) return null;
  return Math.max(0, wholeMs - 1_000) / row.unanswered;
}

function flightOf(row: SocketRow, info: TcpInfo | null) {
  const rtoMs = row.rtoMs ?? info?.rtoMs ?? 0;
  return {
    rtoMs: Math.max(rtoMs, row.timerLeftMs, 1),
    leftMs: row.timerLeftMs,
    retransmissions: row.retransmissions,
    firstMs: rtoMinMs + (info?.rttMs ?? 0),
  };
}

function sending(row: SocketRow, times: KernelTimes, info: TcpInfo | null): Outlook {
  const withinMs = inFlightDetectionMs(times, { flight: flightOf(row, info) });
  const probeAt = row.retransmissions;
  if (probeAt < suspicious) return { kind: 'notices', withinMs, basis: 'timer', sentence: 'data in flight' };
  return { kind: 'dying', withinMs, basis: 'timer', sentence: `sent ${probeAt + 1} times, no answer` };
}

function stuck(row: SocketRow, times: KernelTimes, info: TcpInfo | null): Outlook {
  // A probe of the closed window that is on its way counts as unanswered for a round trip.
  if (row.unanswered < suspicious) {
    return {
      kind: 'stuck',
      withinMs: null,
      basis: null,
      sentence: `peer takes no data: ${row.sendQueue} bytes wait`,
    };
  }
  const rtoMs = Math.max(rtoMinMs, row.rtoMs ?? info?.rtoMs ?? rtoMinMs);
  // Without ss: as many doublings as the pause that runs shows.
  const backoff = info?.backoff ?? Math.max(row.unanswered, Math.ceil(Math.log2(row.timerLeftMs / rtoMs)));
  const { timerLeftMs: leftMs, unanswered } = row;
  const withinMs = closedWindowDetectionMs(times, { rtoMs, backoff, leftMs, unanswered });
  return {
    kind: 'dying',
    withinMs,
    basis: 'timer',
    sentence: `window closed, ${row.unanswered} probes unanswered`,
  };
}
