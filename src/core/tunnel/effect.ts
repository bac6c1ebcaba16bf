import type { Outcome } from '../failure.js';
import type { ClientId, ForwardIndex, LinkId } from './ids.js';
import type { Notice } from './notice.js';

/** What is to be done. Names are imperative; each names a link, a client or a forward. */
export type Effect =
  | { readonly type: 'listen'; readonly forward: ForwardIndex }
  | { readonly type: 'closeListeners' }
  /** `beside`: a successor of a link that may live. It must not prompt. */
  | { readonly type: 'dial'; readonly link: LinkId; readonly beside: boolean }
  /** One more TCP attempt beside those of this link that have not answered; the first to answer goes on. */
  | { readonly type: 'dialAgain'; readonly link: LinkId }
  /** `disconnect`: DISCONNECT and FIN, which the kernel goes on sending. `reset`: the server does not listen, or there is no time. */
  | { readonly type: 'close'; readonly link: LinkId; readonly how: 'disconnect' | 'reset' }
  /** Report `emptied` when the link carries no pipe any more, at once if it carries none now. */
  | { readonly type: 'drain'; readonly link: LinkId }
  | { readonly type: 'probe'; readonly link: LinkId }
  /** The probe goes unanswered: asks once more, by a request that every server has to answer (RFC 4254 5.1). */
  | { readonly type: 'probeByChannel'; readonly link: LinkId }
  | { readonly type: 'openChannel'; readonly client: ClientId; readonly link: LinkId }
  /** The channel is confirmed: from now on bytes flow. */
  | { readonly type: 'pipe'; readonly client: ClientId; readonly link: LinkId }
  /** A confirmation that comes too late, or for a client that moved: close it at once. */
  | { readonly type: 'closeChannel'; readonly client: ClientId; readonly link: LinkId }
  | { readonly type: 'resetClient'; readonly client: ClientId }
  | {
      readonly type: 'requestForward';
      readonly forward: ForwardIndex;
      readonly link: LinkId;
      readonly port: number | null;
    }
  | { readonly type: 'cancelForward'; readonly forward: ForwardIndex; readonly link: LinkId }
  | { readonly type: 'notify'; readonly notice: Notice }
  /** Nothing is left to do. */
  | { readonly type: 'finish'; readonly outcome: Outcome };
