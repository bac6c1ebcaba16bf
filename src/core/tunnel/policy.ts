import type { Request } from '../request/request.js';

/** The numbers the machine decides by. Lengths in ms. The first group comes from the request, the rest are ours. */
export interface Policy {
  /** ServerAliveInterval; 0 = no periodic probe and no death by silence. */
  readonly intervalMs: number;
  /** ServerAliveCountMax. */
  readonly countMax: number;
  readonly connectTimeoutMs: number;
  /** Every forward must be there for `up`, and a local one that cannot be bound at the first start ends the tunnel. */
  readonly exitOnForwardFailure: boolean;
  /** A remote forward that the server refuses for `forwardGraceMs` at the first start ends the tunnel. */
  readonly endOnRefusedRemote: boolean;
  /** A login that is refused at the first start is tried again, as it is later. */
  readonly unattended: boolean;
  readonly holdMs: number;
  readonly maxAttempts: number | null;
  readonly giveUpAfterMs: number | null;

  readonly heldMax: number;
  /** A client that may have frozen a link stays on it this long before it moves. */
  readonly stayMs: number;
  /** It has waited this long for its channel: a second one is requested on a link of its own. */
  readonly trialMs: number;
  /** A client's arrival on a link quiet for longer sends a probe. */
  readonly quietMs: number;
  /** An answer is overdue after the larger of this and four round trips. */
  readonly replyTimeoutMs: number;
  /** A link that has never answered a probe is probed by a channel, too, after this. Less than `replyTimeoutMs`. */
  readonly byChannelMs: number;
  /** A timer later than this means that we could not listen meanwhile. */
  readonly lateMs: number;
  /** A timer later than this is taken for a sleep of the machine. */
  readonly asleepMs: number;
  /** At most one successor's login in this time. */
  readonly successorEveryMs: number;
  /** While a client waits: a TCP attempt this often; a whole attempt (it reached SSH) this often. */
  readonly dialEveryMs: number;
  readonly loginEveryMs: number;
  /** What ConnectTimeout does not cover, as in ssh: a name's look-up, and waiting for other handshakes. */
  readonly lookupTimeoutMs: number;
  /** The first reconnect comes after a random time up to this. */
  readonly firstRetryMs: number;
  readonly minRetryMs: number;
  readonly maxRetryMs: number;
  /** A link that was in use this long makes good for all failed attempts before. */
  readonly stableMs: number;
  /** A server that limits us is left alone for at least this long. */
  readonly penaltyMs: number;
  /** A refused login that does not end the tunnel is tried again after these, then always after the last. */
  readonly deniedMs: readonly number[];
  /** A refused remote forward is requested again after this at least, and after the second at most. */
  readonly forwardRetryMs: number;
  readonly maxForwardRetryMs: number;
  /** A server that does not answer the request for a forward counts as refusing it. */
  readonly forwardReplyTimeoutMs: number;
  /** `endOnRefusedRemote`: how long. A port that the server chose once is requested so long before any other will do. */
  readonly forwardGraceMs: number;
  /** A local listener that could not bind is tried again after this (only without ExitOnForwardFailure). */
  readonly listenAgainMs: number;
  /** So many links that were replaced may stay open for the clients they carry. */
  readonly drainingMax: number;
  /** What goes on and on is said again after the first, then later and later, and after the second at the latest. */
  readonly minReminderMs: number;
  readonly maxReminderMs: number;
  /** So many clients of a forward that were turned away are named each; those after them are counted. */
  readonly namedMax: number;
  /** How long a stop waits for pipes to end. */
  readonly drainMs: number;
}

export function policyOf(request: Request): Policy {
  return {
    intervalMs: request.keepalive.intervalMs,
    countMax: request.keepalive.countMax,
    connectTimeoutMs: request.connectTimeoutMs,
    exitOnForwardFailure: request.exitOnForwardFailure,
    endOnRefusedRemote: request.endOnRefusedRemote,
    unattended: request.unattended,
    holdMs: request.holdMs,
    maxAttempts: request.maxAttempts,
    giveUpAfterMs: request.giveUpAfterMs,
    ...policyDefaults,
  };
}

export const policyDefaults = {
  heldMax: 1_000,
  stayMs: 12_000,
  trialMs: 2_000,
  quietMs: 1_000,
  replyTimeoutMs: 1_000,
  byChannelMs: 500,
  lateMs: 100,
  asleepMs: 5_000,
  successorEveryMs: 10_000,
  dialEveryMs: 1_000,
  loginEveryMs: 5_000,
  lookupTimeoutMs: 60_000,
  firstRetryMs: 500,
  minRetryMs: 1_000,
  maxRetryMs: 60_000,
  stableMs: 60_000,
  penaltyMs: 15_000,
  deniedMs: [60_000, 300_000, 900_000],
  forwardRetryMs: 1_000,
  maxForwardRetryMs: 30_000,
  forwardReplyTimeoutMs: 10_000,
  forwardGraceMs: 60_000,
  listenAgainMs: 5_000,
  drainingMax: 4,
  minReminderMs: 60_000,
  maxReminderMs: 900_000,
  namedMax: 3,
  drainMs: 10_000,
} as const;
