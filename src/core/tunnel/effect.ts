import type { Outcome } from '../failure.js';
import type { LinkId, OfClient, OfForward, OfLink } from './ids.js';
import type { Notice } from './notice.js';

/** What is to be done. Names are imperative; each names a link, a client or a forward. */
export type Effect =
  | OfForward<'listen'>
  | { readonly type: 'closeListeners' }
  /** `beside`: a successor of a link that may live. It must not prompt. */
  | (OfLink<'dial'> & { readonly beside: boolean })
  /** One more TCP attempt beside those of this link that have not answered; the first to answer goes on. */
  | OfLink<'dialAgain'>
  /** `disconnect`: DISCONNECT and FIN, which the kernel goes on sending. `reset`: the server does not listen, or there is no time. */
  | (OfLink<'close'> & { readonly how: 'disconnect' | 'reset' })
  /** Report `emptied` when the link carries no pipe any more, at once if it carries none now. */
  | OfLink<'drain'>
  | OfLink<'probe'>
  /** The probe goes unanswered: asks once more, by a request that every server has to answer (RFC 4254 5.1). */
  | OfLink<'probeByChannel'>
  | (OfClient<'openChannel'> & { readonly link: LinkId })
  /** The channel is confirmed: from now on bytes flow. */
  | (OfClient<'pipe'> & { readonly link: LinkId })
  /** A confirmation that comes too late, or for a client that moved: close it at once. */
  | (OfClient<'closeChannel'> & { readonly link: LinkId })
  | OfClient<'resetClient'>
  | (OfForward<'requestForward'> & { readonly link: LinkId; readonly port: number | null })
  | (OfForward<'cancelForward'> & { readonly link: LinkId })
  | { readonly type: 'notify'; readonly notice: Notice }
  /** The tunnel is over: its listeners, links and timer end. */
  | { readonly type: 'finish'; readonly outcome: Outcome };
