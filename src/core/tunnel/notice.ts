import type { Failure, Outcome } from '../failure.js';
import type { Forward, Request } from '../request/request.js';
import { withReason } from '../text/reason.js';
import type { ClientId, ForwardIndex, LinkId } from './ids.js';

/** What people see of a tunnel. Derived from the state, never stored. */
export type Phase = 'connecting' | 'up' | 'suspect' | 'waiting' | 'needs you' | 'stopping' | 'stopped';

/** One forward's own truth. `port` is the port in force (picked by the system where 0 was requested). */
export type ForwardStatus =
  | { readonly type: 'pending' }
  | { readonly type: 'bound'; readonly port: number | null }
  | { readonly type: 'refused'; readonly reason: string };

/**
 * News of a tunnel: the same values for the library's `onNotice`, the lines people read and the lines of `--json`.
 * Lengths are ms. `detail` notices are for `-v`: they describe, nothing has to be done about them.
 */
export type Notice =
  /** The first: the request as it was parsed. */
  | { readonly type: 'understood'; readonly request: Request }
  /** Something about the request or its surroundings that the user should know. */
  | { readonly type: 'note'; readonly text: string }
  /**
   * A forward was bound, refused, or lost. `index` is its place in the request. `refusedMs`: no news, a reminder that it has
   * been refused for so long and is still requested.
   */
  | {
      readonly type: 'forward';
      readonly index: ForwardIndex;
      readonly forward: Forward;
      readonly status: ForwardStatus;
      readonly refusedMs?: number;
    }
  | { readonly type: 'connecting'; readonly link: LinkId; readonly attempt: number }
  /**
   * Each forward has its answer on this link, and one that must be there is refused: it is not up. Those that are bound work.
   * `downMs` as with `up`.
   */
  | {
      readonly type: 'incomplete';
      readonly link: LinkId;
      readonly downMs: number | null;
      readonly statuses: readonly ForwardStatus[];
    }
  /** First up, or up again after a loss: each forward that must be there is. `downMs` is null the first time. */
  | {
      readonly type: 'up';
      readonly link: LinkId;
      readonly downMs: number | null;
      readonly statuses: readonly ForwardStatus[];
    }
  /** The current link's answer is overdue; it may still come. `server`: with jumps, the first that does not answer. */
  | {
      readonly type: 'suspect';
      readonly link: LinkId;
      readonly quietMs: number;
      readonly server?: string;
    }
  /** The suspect link answered after all. */
  | { readonly type: 'recovered'; readonly link: LinkId; readonly quietMs: number }
  /** A new link took over; connections that are open stay on the old one. */
  | { readonly type: 'replaced'; readonly link: LinkId; readonly old: LinkId; readonly quietMs: number }
  /** A drained link is gone. `idleMs`: a probe sent after so long a silence was not answered. */
  | {
      readonly type: 'drained';
      readonly link: LinkId;
      readonly failure: Failure | null;
      readonly idleMs?: number;
    }
  /** The current link is gone and none has taken over. `idleMs`: as with `drained`. */
  | { readonly type: 'down'; readonly link: LinkId; readonly failure: Failure; readonly idleMs?: number }
  /** An attempt to connect failed; the next one starts in `delayMs`. */
  | {
      readonly type: 'waiting';
      readonly attempt: number;
      readonly delayMs: number;
      readonly failure: Failure;
    }
  /** What the server says at a login (SSH_MSG_USERAUTH_BANNER). Printable, of several lines. The same text comes once. */
  | { readonly type: 'banner'; readonly server: string; readonly text: string }
  /** A person has to do something before the tunnel can go on. */
  | { readonly type: 'needs-you'; readonly text: string }
  /** A client could not be served: its hold time was over, too many were held, or the target refused. */
  | {
      readonly type: 'client-refused';
      /** null: it came to a port of the server, where we do not count; or there are several. */
      readonly client: ClientId | null;
      readonly index: ForwardIndex;
      /** The last one's, where there are several. */
      readonly reason: string;
      /** So many more were turned away since the last notice about this forward, which was so long ago. */
      readonly more?: number;
      readonly inMs?: number;
    }
  | { readonly type: 'stopping' }
  | { readonly type: 'stopped'; readonly outcome: Outcome }
  /** Link and heartbeat detail. */
  | { readonly type: 'detail'; readonly link: LinkId | null; readonly text: string }
  /** `idleMs`: how long nothing was heard or sent before the probe. */
  | { readonly type: 'heartbeat'; readonly link: LinkId; readonly rttMs: number; readonly idleMs: number };

/** The notice with words where a reason came empty. A failure has them already. */
export function wholeNotice(notice: Notice): Notice {
  switch (notice.type) {
    case 'note':
    case 'detail':
      return { ...notice, text: withReason(notice.text) };
    case 'client-refused':
      return { ...notice, reason: withReason(notice.reason) };
    case 'forward':
      return notice.status.type === 'refused'
        ? { ...notice, status: { ...notice.status, reason: withReason(notice.status.reason) } }
        : notice;
    default:
      return notice;
  }
}
