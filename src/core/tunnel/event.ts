import type { Failure, Outcome } from '../failure.js';
import type { ClientId, ForwardIndex, LinkId } from './ids.js';

/**
 * What happened. Names are past. An event with a `link` that the state no longer holds is old news and is dropped.
 */
export type Event =
  | { readonly type: 'started' }
  /** The one timer rang. */
  | { readonly type: 'ticked' }
  /** A local forward listens, on this port (null for a unix socket), or cannot. */
  | { readonly type: 'listened'; readonly forward: ForwardIndex; readonly port: number | null }
  | { readonly type: 'listenFailed'; readonly forward: ForwardIndex; readonly failure: Failure }
  /** The configuration is read again before the link is dialled. Then: `found`, or a look-up. */
  | { readonly type: 'rereading'; readonly link: LinkId }
  /** The server's name is being looked up; it was found, and TCP begins. Neither comes for an address. */
  | { readonly type: 'lookingUp'; readonly link: LinkId }
  | { readonly type: 'found'; readonly link: LinkId }
  /** With other servers on the way: from here on it is this one that is dialled, through those before it. */
  | { readonly type: 'hopStarted'; readonly link: LinkId; readonly server: string }
  /** TCP is there, but other handshakes with this host go first. Then: the SSH handshake; the login. */
  | { readonly type: 'queued'; readonly link: LinkId }
  | { readonly type: 'tcpConnected'; readonly link: LinkId }
  | { readonly type: 'hostKeyAccepted'; readonly link: LinkId }
  /** A prompt opens on behalf of a link; a person answered, or declined to. The prompt may outlive its link. */
  | { readonly type: 'promptOpened'; readonly link: LinkId; readonly text: string }
  | { readonly type: 'answered'; readonly given: boolean }
  /** Logged in. `byPerson`: the login needed an answer that is not kept, so the next one will need a person too. */
  | { readonly type: 'opened'; readonly link: LinkId; readonly byPerson: boolean }
  /** A probe was answered. */
  | { readonly type: 'keepaliveReply'; readonly link: LinkId; readonly rttMs: number }
  /** The link is gone: refused, reset, closed, failed. The one road of every ending. */
  | { readonly type: 'ended'; readonly link: LinkId; readonly failure: Failure }
  /** A draining link has no pipe any more. */
  | { readonly type: 'emptied'; readonly link: LinkId }
  /**
   * A client of a local forward, by the number it goes by from now on; a client that waits has gone away. `needsRemoteLookup`: the
   * server will look up a name for it that it has never been seen to find.
   */
  | {
      readonly type: 'arrived';
      readonly client: ClientId;
      readonly forward: ForwardIndex;
      readonly needsRemoteLookup: boolean;
    }
  | { readonly type: 'left'; readonly client: ClientId }
  | { readonly type: 'channelOpened'; readonly client: ClientId; readonly link: LinkId }
  | {
      readonly type: 'channelRefused';
      readonly client: ClientId;
      readonly link: LinkId;
      readonly reason: string;
    }
  /** The server listens for a remote forward, on this port (null for a unix socket), or refuses to. */
  | {
      readonly type: 'remoteBound';
      readonly forward: ForwardIndex;
      readonly link: LinkId;
      readonly port: number | null;
    }
  | {
      readonly type: 'remoteRefused';
      readonly forward: ForwardIndex;
      readonly link: LinkId;
      readonly reason: string;
    }
  /** A client that came to the server's side of a remote forward was joined to its target, or could not be. */
  | { readonly type: 'remoteClientServed'; readonly forward: ForwardIndex }
  | { readonly type: 'remoteClientRefused'; readonly forward: ForwardIndex; readonly reason: string }
  /** The machine slept. */
  | { readonly type: 'woke'; readonly sleptMs: number }
  /** Local addresses changed. */
  | { readonly type: 'networkChanged'; readonly gone: readonly string[]; readonly came: readonly string[] }
  /** A person wants news now: probe, reconnect or retry, whichever fits. */
  | { readonly type: 'retryRequested' }
  | { readonly type: 'stopRequested'; readonly now: boolean; readonly outcome: Outcome };
