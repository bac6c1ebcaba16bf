import type { Request } from '../request/request.js';

/** The numbers that are ours, and not the request's. Lengths in ms. */
export const policyDefaults = {
  heldMax: 1_000,
  /** A client that may have frozen a link stays on it this long before it moves. */
  stayMs: 12_000,
  /** It has waited this long for its channel: a second one is requested on a link of its own. */
  trialMs: 2_000,
  /** A client's arrival on a link quiet for longer sends a probe. */
  quietMs: 1_000,
  /** An answer is overdue after the larger of this and four round trips. */
  replyTimeoutMs: 1_000,
  /** A link that has never answered a probe is probed by a channel, too, after this. Less than `replyTimeoutMs`. */
  byChannelMs: 500,
  /** A timer later than this means that we could not listen meanwhile. */
  lateMs: 100,
  /** A timer later than this is taken for a sleep of the machine. */
  asleepMs: 5_000,
  /** At most one successor's login in this time. */
  successorEveryMs: 10_000,
  /** While a client waits: a TCP attempt this often; a whole attempt (it reached SSH) this often. */
  dialEveryMs: 1_000,
  loginEveryMs: 5_000,
  /** What ConnectTimeout does not cover, as in ssh: a name's look-up, and waiting for other handshakes. */
  lookupTimeoutMs: 60_000,
  /** The first reconnect comes after a random time up to this. */
  firstRetryMs: 500,
  minRetryMs: 1_000,
  maxRetryMs: 60_000,
  /** A link that was in use this long makes good for all failed attempts before. */
  stableMs: 60_000,
  /** A server that limits us is left alone for at least this long. */
  penaltyMs: 15_000,
  /** A refused login that does not end the tunnel is tried again after these, then always after the last. */
  deniedMs: [60_000, 300_000, 900_000] as readonly number[],
  /** A refused remote forward is requested again after this at least, and after the second at most. */
  forwardRetryMs: 1_000,
  maxForwardRetryMs: 30_000,
  /** A server that does not answer the request for a forward counts as refusing it. */
  forwardReplyTimeoutMs: 10_000,
  /** `endOnRefusedRemote`: how long. A port that the server chose once is requested so long before any other will do. */
  forwardGraceMs: 60_000,
  /** A local listener that could not bind is tried again after this (only without ExitOnForwardFailure). */
  listenAgainMs: 5_000,
  /** So many links that were replaced may stay open for the clients they carry. */
  drainingMax: 4,
  /** What goes on and on is said again after the first, then later and later, and after the second at the latest. */
  minReminderMs: 60_000,
  maxReminderMs: 900_000,
  /** So many clients of a forward that were turned away are named each; those after them are counted. */
  namedMax: 3,
  /** How long a stop waits for pipes to end. */
  drainMs: 10_000,
};

/** What the machine takes from the request as it is. `intervalMs` 0: no periodic probe, and no death by silence. */
type RequestPolicy = Pick<
  Request,
  | 'connectTimeoutMs'
  | 'exitOnForwardFailure'
  | 'endOnRefusedRemote'
  | 'unattended'
  | 'holdMs'
  | 'maxAttempts'
  | 'giveUpAfterMs'
> &
  Pick<Request['keepalive'], 'intervalMs' | 'countMax'>;

/** The numbers the machine decides by. Lengths in ms. */
export type Policy = RequestPolicy & Readonly<typeof policyDefaults>;

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
