import type { Outcome } from '../failure.js';
import type { Notice } from './notice.js';

/** What is to be done. Names are imperative; each names a link, a client or a forward. */
export type Effect =
  | { readonly type: 'listen'; readonly forward: number }
  | { readonly type: 'closeListeners' }
  /** `beside`: a successor of a link that may live. It must ask nobody. */
  | { readonly type: 'dial'; readonly link: number; readonly beside: boolean }
  /** One more TCP attempt beside those of this link that have not answered; the first to answer goes on. */
  | { readonly type: 'dialAgain'; readonly link: number }
  /** `goodbye`: DISCONNECT and FIN, so that the kernel goes on telling the server. `reset`: nobody listens, or no time. */
  | { readonly type: 'close'; readonly link: number; readonly how: 'goodbye' | 'reset' }
  /** Report `emptied` when the link carries no pipe any more, at once if it carries none now. */
  | { readonly type: 'drain'; readonly link: number }
  | { readonly type: 'probe'; readonly link: number }
  /** The probe goes unanswered: asks once more, by a request that every server has to answer (RFC 4254 5.1). */
  | { readonly type: 'probeByChannel'; readonly link: number }
  | { readonly type: 'openChannel'; readonly client: number; readonly link: number }
  /** The channel is confirmed: from now on bytes flow. */
  | { readonly type: 'pipe'; readonly client: number; readonly link: number }
  /** A confirmation that comes too late, or for a client that moved: close it at once. */
  | { readonly type: 'closeChannel'; readonly client: number; readonly link: number }
  | { readonly type: 'resetClient'; readonly client: number }
  | {
      readonly type: 'requestForward';
      readonly forward: number;
      readonly link: number;
      readonly port: number | null;
    }
  | { readonly type: 'cancelForward'; readonly forward: number; readonly link: number }
  | { readonly type: 'notify'; readonly notice: Notice }
  /** Nothing is left to do. */
  | { readonly type: 'finish'; readonly outcome: Outcome };
