import type { Failure, Outcome } from '../failure.js';
import type { ForwardIndex, LinkId, OfClient, OfForward, OfLink } from './ids.js';

/**
 * What happened. Names are past. An event with a `link` that the state no longer holds is old news and is dropped.
 */
export type Event =
  | { readonly type: 'started' }
  /** The timer that the supervisor sets to `deadline` rang. */
  | { readonly type: 'ticked' }
  /** A local forward listens, on this port (null for a unix socket), or cannot. */
  | (OfForward<'listened'> & { readonly port: number | null })
  | (OfForward<'listenFailed'> & { readonly failure: Failure })
  /** The configuration is read again before the link is dialled. Then: `found`, or a look-up. */
  | OfLink<'rereading'>
  /** The server's name is being looked up; it was found, and TCP begins. Neither comes for an address. */
  | OfLink<'lookingUp'>
  | OfLink<'found'>
  /** With other servers on the way: from here on it is this one that is dialled, through those before it. */
  | (OfLink<'hopStarted'> & { readonly server: string })
  /** TCP is there, but other handshakes with this host go first. Then: the SSH handshake; the login. */
  | OfLink<'queued'>
  | OfLink<'tcpConnected'>
  | OfLink<'hostKeyAccepted'>
  /** A prompt opens on behalf of a link; a person answered, or declined to. The prompt may outlive its link. */
  | (OfLink<'promptOpened'> & { readonly text: string })
  | { readonly type: 'answered'; readonly given: boolean }
  /** Logged in. `byPerson`: the login needed an answer that is not kept, so the next one will need a person too. */
  | (OfLink<'opened'> & { readonly byPerson: boolean })
  /** The server answered a probe, by any reply to it. */
  | (OfLink<'keepaliveReply'> & { readonly rttMs: number })
  /** The link is gone: refused, reset, closed, failed. The one road of every ending. */
  | (OfLink<'ended'> & { readonly failure: Failure })
  /** A draining link has no pipe any more. */
  | OfLink<'emptied'>
  /**
   * A client of a local forward, by the number it goes by from now on; a client that waits has gone away. `needsRemoteLookup`: the
   * server will look up a name for it that it has never been seen to find.
   */
  | (OfClient<'arrived'> & { readonly forward: ForwardIndex; readonly needsRemoteLookup: boolean })
  | OfClient<'left'>
  | (OfClient<'channelOpened'> & { readonly link: LinkId })
  | (OfClient<'channelRefused'> & { readonly link: LinkId; readonly reason: string })
  /** The server listens for a remote forward, on this port (null for a unix socket), or refuses to. */
  | (OfForward<'remoteBound'> & { readonly link: LinkId; readonly port: number | null })
  | (OfForward<'remoteRefused'> & { readonly link: LinkId; readonly reason: string })
  /** A client that came to the server's side of a remote forward was joined to its target, or could not be. */
  | OfForward<'remoteClientServed'>
  | (OfForward<'remoteClientRefused'> & { readonly reason: string })
  /** The machine woke from a sleep of this length. */
  | { readonly type: 'woke'; readonly sleptMs: number }
  /** Addresses of local interfaces, without loopback and link-local ones. */
  | { readonly type: 'networkChanged'; readonly gone: readonly string[]; readonly came: readonly string[] }
  /** The user requests it (SIGUSR1, `reconnect()`): probe, reconnect or retry, whichever fits. */
  | { readonly type: 'retryRequested' }
  | { readonly type: 'stopRequested'; readonly now: boolean; readonly outcome: Outcome };
