/** How long Linux takes to notice a dead peer. Each rule is the kernel's own (net/ipv4/tcp_timer.c, 6.18). */

const dayMs = 86_400_000;

/** TCP_RTO_MIN: the pause that the kernel's model of retransmission starts from. */
export const rtoMinMs = 200;

/** The pause before a SYN is sent again (TCP_TIMEOUT_INIT, RFC 6298). */
const synPauseMs = 1_000;

/** Frames on the wire for a probe and its answer: 66 bytes each way over Ethernet and IPv4 (measured). */
export const bytesPerProbe = 132;

/** TCP_KEEPIDLE, TCP_KEEPINTVL and TCP_KEEPCNT of a socket, or the system's values for those that set none. */
export interface Keepalive {
  readonly idleMs: number;
  readonly intervalMs: number;
  readonly probes: number;
}

/** What bounds retransmission. */
export interface Retransmission {
  /** net.ipv4.tcp_retries2 */
  readonly retries2: number;
  /** net.ipv4.tcp_rto_max_ms; 120,000 where the kernel has no such value. */
  readonly rtoMaxMs: number;
}

/** What a socket may be given (man 7 tcp; `do_tcp_setsockopt`): else EINVAL. /proc/sys takes more. */
export const limits = {
  idleS: { least: 1, most: 32_767 },
  intervalS: { least: 1, most: 32_767 },
  probes: { least: 1, most: 127 },
} as const;

/**
 * Nothing in flight: a peer that fell silent is given up so long after its last segment, data or acknowledgement. The
 * first probe goes out after `idleMs`, one more each `intervalMs`; after `probes` without an answer the kernel sends a
 * reset and the next read fails with ETIMEDOUT.
 */
export function idleDetectionMs({ idleMs, intervalMs, probes }: Keepalive): number {
  return idleMs + intervalMs * probes;
}

/**
 * The same with TCP_USER_TIMEOUT, which replaces the count: the first tick after the first probe at which at least
 * `userTimeoutMs` have passed (`tcp_keepalive_timer`). The probe itself must have gone out, so never before one interval.
 */
export function userTimeoutDetectionMs({ idleMs, intervalMs }: Keepalive, userTimeoutMs: number): number {
  const ticks = Math.max(1, Math.ceil((userTimeoutMs - idleMs) / intervalMs));
  return idleMs + ticks * intervalMs;
}

/** The kernel's model of doubling pauses (`tcp_model_timeout`), its two parts and their sum. */
export interface RetransmissionModel {
  /** Pauses that double: `rtoMinMs` x (2^doublings - 1). */
  readonly doublings: number;
  /** Further pauses of `rtoMaxMs` each. */
  readonly capped: number;
  readonly ms: number;
}

/** How long data may be in flight without an answer, in ms (`tcp_model_timeout` in net/ipv4/tcp_timer.c): tcp_retries2 in time. */
export function retransmissionModel({ retries2, rtoMaxMs }: Retransmission): RetransmissionModel {
  return modelOf(retries2, rtoMaxMs, rtoMinMs);
}

function modelOf(retries: number, rtoMaxMs: number, baseMs: number): RetransmissionModel {
  const linearFrom = Math.max(0, Math.floor(Math.log2(rtoMaxMs / baseMs)));
  const doublings = Math.min(retries, linearFrom) + 1;
  const capped = Math.max(0, retries - linearFrom);
  return { doublings, capped, ms: (2 ** doublings - 1) * baseMs + capped * rtoMaxMs };
}

/** Where a connection with data in flight stands. */
export interface Flight {
  /** The pause that runs now, doublings included. */
  readonly rtoMs: number;
  /** Until it ends. */
  readonly leftMs: number;
  /** Pauses that have ended without an answer. */
  readonly retransmissions: number;
  /** The first pause, where `rtoMs` cannot tell it because it has grown as far as it may. Default: the shortest. */
  readonly firstMs?: number;
}

/** What a socket without a program is given where tcp_orphan_retries is 0 (`tcp_orphan_retries`). */
const orphanRetriesUsual = 8;

/**
 * Data in flight: the time until the kernel gives up if nothing is heard any more. It gives up at the first
 * retransmission pause that ends later than the model's sum, or than TCP_USER_TIMEOUT, after the first retransmission.
 * Keepalive plays no part. `flight` is where it stands now; absent: the data is sent now, over a path with the
 * shortest pause. `orphanRetries`: its program has closed it, and this is net.ipv4.tcp_orphan_retries, which then counts in
 * place of tcp_retries2; 0 means 8 until the pauses have grown as far as they may, and none from then on.
 */
export function inFlightDetectionMs(
  retransmission: Retransmission,
  { userTimeoutMs = 0, flight, orphanRetries }: FlightOptions = {},
): number {
  const { rtoMaxMs } = retransmission;
  const limitOf = (pauseMs: number): number => {
    if (userTimeoutMs > 0) return userTimeoutMs;
    if (orphanRetries === undefined) return retransmissionModel(retransmission).ms;
    const isUsual = orphanRetries === 0 && pauseMs < rtoMaxMs;
    return modelOf(isUsual ? orphanRetriesUsual : orphanRetries, rtoMaxMs, rtoMinMs).ms;
  };
  let { rtoMs, leftMs, retransmissions } = flight ?? {
    rtoMs: rtoMinMs,
    leftMs: rtoMinMs,
    retransmissions: 0,
  };
  rtoMs = Math.max(1, rtoMs);
  // What passed since the first retransmission, for a flight that is under way: its pauses doubled up to the longest.
  const halvedMs = rtoMs / 2 ** retransmissions;
  const firstMs = rtoMs < rtoMaxMs ? halvedMs : Math.max(flight?.firstMs ?? rtoMinMs, halvedMs);
  let sinceFirstMs = retransmissions > 0 ? rtoMs - leftMs : 0;
  for (let past = 1; past < retransmissions; past += 1)
    sinceFirstMs += Math.min(firstMs * 2 ** past, rtoMaxMs);
  let waitedMs = 0;
  for (let round = 0; round < 1_000; round += 1) {
    waitedMs += leftMs;
    if (retransmissions > 0) sinceFirstMs += leftMs;
    // A pause is longer than the model's by the round trip, and its timer rings up to an eighth late, so the end comes at the
    // tick that the model means; /proc shows it rounded down.
    if (retransmissions > 0 && sinceFirstMs >= limitOf(rtoMs) * 0.95) return waitedMs;
    retransmissions += 1;
    rtoMs = Math.min(rtoMs * 2, rtoMaxMs);
    // With a user timeout the kernel shortens the last pause (`tcp_clamp_rto_to_user_timeout`).
    leftMs = userTimeoutMs > 0 ? Math.max(1, Math.min(rtoMs, userTimeoutMs - sinceFirstMs)) : rtoMs;
  }
  return waitedMs;
}

/** What else bounds a flight. */
interface FlightOptions {
  readonly userTimeoutMs?: number;
  readonly flight?: Flight;
  readonly orphanRetries?: number;
}

/** Where a connection with a closed window stands. */
export interface ClosedWindow {
  /** The pause before any doubling. */
  readonly rtoMs: number;
  /** Doublings so far: those go on while the peer answers. */
  readonly backoff: number;
  readonly leftMs: number;
  readonly unanswered: number;
}

/**
 * A closed window whose probes are not answered any more: the connection ends when the timer rings with `retries2` of them
 * unanswered, each pause twice the one before (`tcp_probe_timer`). No sum of pauses bounds it, as it does for data in flight.
 */
export function closedWindowDetectionMs(
  { retries2, rtoMaxMs }: Retransmission,
  { rtoMs, backoff, leftMs, unanswered }: ClosedWindow,
): number {
  let waitedMs = leftMs;
  for (let more = 1; unanswered + more <= retries2; more += 1)
    waitedMs += Math.min(Math.max(rtoMinMs, rtoMs) * 2 ** Math.min(backoff + more, retries2), rtoMaxMs);
  return waitedMs;
}

/** net.ipv4.tcp_syn_retries, tcp_syn_linear_timeouts (0 before Linux 6.5) and tcp_rto_max_ms. */
export interface Connecting {
  readonly synRetries: number;
  readonly synLinear: number;
  readonly rtoMaxMs: number;
}

/**
 * A connection attempt that is not answered. The first pauses are 1 s each, `synLinear` + 1 of them, then they double. It
 * ends with the first pause that ends 1 s x (2^(synRetries + 1) - 1) or more after the first attempt, or after
 * `synRetries` + `synLinear` repetitions, whichever is sooner (`tcp_write_timeout`; the documentation knows the second alone).
 * `now`: where it stands; absent: it begins.
 */
export function connectDetectionMs(
  { synRetries, synLinear, rtoMaxMs }: Connecting,
  now: { readonly retransmissions: number; readonly leftMs: number } = {
    retransmissions: 0,
    leftMs: synPauseMs,
  },
): number {
  const pauseMs = (retry: number) => Math.min(synPauseMs * 2 ** Math.max(0, retry - synLinear), rtoMaxMs);
  const limitMs = modelOf(synRetries, rtoMaxMs, synPauseMs).ms;
  let retry = now.retransmissions;
  let endMs = 0;
  for (let past = 0; past <= retry; past += 1) endMs += pauseMs(past);
  const beginMs = endMs - now.leftMs;
  while (retry < synRetries + synLinear && (retry === 0 || endMs < limitMs)) {
    retry += 1;
    endMs += pauseMs(retry);
  }
  return endMs - beginMs;
}

/** While the peer answers, a probe goes out each `idleMs` in which nothing was received: the idle time is the period too. */
export function probesPerDay({ idleMs }: Keepalive): { readonly probes: number; readonly bytes: number } {
  const probes = idleMs > 0 ? dayMs / idleMs : 0;
  return { probes: Math.round(probes), bytes: Math.round(probes * bytesPerProbe) };
}

/**
 * How long an outage may last before keepalive ends a connection that would have come back. An idle connection ends when
 * all its probes are lost, and the last of them leaves one interval before the end. So it surely outlives an outage below
 * `safeMs`, between its first probe and its last, and surely none from `deadlyMs` on. `detectionMs`: as computed above.
 */
export function outageBounds(
  { idleMs, intervalMs }: Keepalive,
  detectionMs: number,
): { readonly safeMs: number; readonly deadlyMs: number } {
  const lastProbeMs = detectionMs - intervalMs;
  return { safeMs: lastProbeMs - idleMs, deadlyMs: lastProbeMs };
}
