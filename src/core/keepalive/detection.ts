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
}

/**
 * Data in flight: the time until the kernel gives up if nothing is heard any more. It gives up at the first
 * retransmission pause that ends later than the model's sum, or than TCP_USER_TIMEOUT, after the first retransmission.
 * Keepalive plays no part. `flight` is where it stands now; absent: the data is sent now, over a path with the
 * shortest pause.
 */
export function inFlightDetectionMs(
  retransmission: Retransmission,
  { userTimeoutMs = 0, flight }: { readonly userTimeoutMs?: number; readonly flight?: Flight } = {},
): number {
  const { rtoMaxMs } = retransmission;
  const limitMs = userTimeoutMs > 0 ? userTimeoutMs : retransmissionModel(retransmission).ms;
  // A pause is longer than the model's by the round trip, and its timer rings up to an eighth late, so the end comes at the
  // tick that the model means; /proc shows it rounded down.
  const enoughMs = limitMs * 0.97;
  let { rtoMs, leftMs, retransmissions } = flight ?? {
    rtoMs: rtoMinMs,
    leftMs: rtoMinMs,
    retransmissions: 0,
  };
  rtoMs = Math.max(1, rtoMs);
  // What passed since the first retransmission, for a flight that is under way: its pauses halve backwards.
  let sinceFirstMs = retransmissions > 0 ? rtoMs - leftMs : 0;
  for (let pause = rtoMs / 2, back = 1; back < retransmissions; back += 1, pause /= 2) sinceFirstMs += pause;
  let waitedMs = 0;
  for (let round = 0; round < 1_000; round += 1) {
    waitedMs += leftMs;
    if (retransmissions > 0) sinceFirstMs += leftMs;
    if (retransmissions > 0 && sinceFirstMs >= enoughMs) return waitedMs;
    retransmissions += 1;
    rtoMs = Math.min(rtoMs * 2, rtoMaxMs);
    // With a user timeout the kernel shortens the last pause (`tcp_clamp_rto_to_user_timeout`).
    leftMs = userTimeoutMs > 0 ? Math.max(1, Math.min(rtoMs, limitMs - sinceFirstMs)) : rtoMs;
  }
  return waitedMs;
}

/** net.ipv4.tcp_syn_retries, tcp_syn_linear_timeouts (0 before Linux 6.5) and tcp_rto_max_ms. */
export interface Connecting {
  readonly synRetries: number;
  readonly synLinear: number;
  readonly rtoMaxMs: number;
}

/**
 * A connection attempt that nobody answers. The first pauses are 1 s each, `synLinear` + 1 of them, then they double. It
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
