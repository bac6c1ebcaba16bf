/** From a wire to an authenticated one: key exchange, host key, login, and why they failed. */
import { setMaxListeners } from 'node:events';
import { type Algorithms, Client, type NextAuthHandler } from 'ssh2';
import { type Failure, FailureError, failure } from '../../core/failure.js';
import type { Attempt } from '../../core/login/loginattempt.js';
import { mismatch } from '../../core/login/negotiation.js';
import type { AlgorithmRequest } from '../../core/request/request.js';
import { boundServer, ProtocolError } from './bounds.js';
import type { KeepaliveSupport } from './heartbeat.js';
import {
  ableAlgorithms,
  checkInternals,
  type Denial,
  forgiveAddresses,
  ignoreHostKeys,
  limitSignatures,
  offerOfClient,
  watchDenials,
} from './internals.js';
import { offerOf } from './offer.js';
import { watchServerOffer } from './serveroffer.js';
import { openSession, type SshConnection } from './session.js';
import type { Transport } from './transport.js';
import { type SshError, verdict } from './verdict.js';

export { type Channel, ChannelRefused, type Incoming, type SshConnection as Connection } from './session.js';

export interface Handshake {
  /** Connected. Owned by the connection from now on. */
  readonly socket: Transport;
  readonly user: string;
  /** Of the host keys in the order in which to offer them. */
  readonly algorithms: Omit<AlgorithmRequest, 'knownKeysFirst'>;
  /** PubkeyAcceptedAlgorithms; null: those that the server takes. */
  readonly keyAlgorithms: readonly string[] | null;
  /** Accepts the server's key, or says why not. Asked once: a rekey must bring the same key. */
  readonly verify: (key: Buffer) => Promise<Failure | null>;
  /** The next thing to try; null when there is nothing left. */
  readonly nextAttempt: (methodsLeft: readonly string[] | null, partial: boolean) => Promise<Attempt | null>;
  /** Why no login worked. */
  readonly whyDenied: () => string;
  /** The host key was accepted; the login begins. */
  readonly onGreeted: () => void;
  readonly onDetail: (text: string) => void;
  readonly keepalive: KeepaliveSupport;
  /** What the server says to whoever logs in, as it sent it. At most `bannersMax` are heard. */
  readonly onBanner?: (text: string) => void;
  readonly now: () => number;
}

/** sshd sends one, PAM a few. */
const bannersMax = 16;

export type SshAuth = Exclude<Parameters<NextAuthHandler>[0], string | false>;

/** Key exchange, host key, login. Rejects with a FailureError. `signal` ends it at any time. */
export function connect(handshake: Handshake, signal: AbortSignal): Promise<SshConnection> {
  const { socket, now } = handshake;
  const client = new Client();
  let phase: 'handshake' | 'login' | 'open' = 'handshake';
  let textBefore = () => '';
  // It may have ended before we listened.
  let firstError: SshError | null = socket.errored;
  let refused: Failure | null = null;
  let pinned: Buffer | null = null;
  let exhausted = false;
  let over = false;
  let lastDenial: () => Denial | null = () => null;
  let heardAt = now();
  let settle: { resolve(connection: SshConnection): void; reject(error: FailureError): void } | null = null;
  let connection: SshConnection | null = null;

  // These listeners come before ssh2's own, so an ending is known before any channel shows it.
  socket.on('data', () => {
    heardAt = now();
  });
  const serverOffer = watchServerOffer(socket);
  socket.pause();
  socket.on('end', () => setImmediate(end));
  socket.on('close', end);
  socket.on('error', (error) => {
    firstError ??= error;
    end();
  });
  setMaxListeners(0, signal); // one for all servers on the way, however many
  signal.addEventListener('abort', () => {
    over = true;
    socket.resetAndDestroy();
  });

  function end(): void {
    if (over) return;
    over = true;
    socket.destroy();
    const why =
      refused ??
      (exhausted
        ? failure('denied', handshake.whyDenied(), firstError ?? undefined)
        : verdict({ error: firstError, text: textBefore(), phase, mismatch: unmatched() }));
    if (settle && !connection) settle.reject(new FailureError(why));
    connection?.onEnded(why);
  }

  function unmatched(): string | null {
    const theirs = phase === 'handshake' ? serverOffer() : null;
    return theirs && mismatch(offerOfClient(client), theirs, ableAlgorithms());
  }

  // Never removed: ssh2 may emit errors after its end.
  client.on('error', (error: SshError) => {
    if (over) return;
    // A key that cannot sign, an agent that went away: the login goes on with the next method.
    if (
      phase === 'login' &&
      (error.level === 'agent' || (error.level === 'client-authentication' && !exhausted))
    ) {
      handshake.onDetail(error.message);
      return;
    }
    firstError ??= error;
    // What the server said before it hung up may still be on its way.
    if (error instanceof ProtocolError) end();
    else setImmediate(end);
  });
  // Without an answer the server would wait until the login's time is over.
  client.on('change password', () => {
    const who = handshake.user;
    refused ??= failure(
      'denied',
      `the server wants ${who} to choose a new password: log in with ssh once to do so`,
    );
    end();
  });
  let banners = 0;
  client.on('banner', (text: string) => {
    banners += 1;
    if (!over && banners <= bannersMax) handshake.onBanner?.(text);
  });
  // Those of a rekey are no news.
  client.once('handshake', (negotiated) => handshake.onDetail(negotiatedText(negotiated)));
  client.on('close', end);
  client.on('end', () => setImmediate(end));

  client.on('ready', () => {
    if (over) return;
    phase = 'open';
    connection = openSession(client, socket, { heardAt: () => heardAt, now }, handshake.keepalive);
    const { disconnect: goodbye, reset } = connection;
    connection.disconnect = () => {
      over = true;
      goodbye();
    };
    connection.reset = () => {
      over = true;
      reset();
    };
    settle?.resolve(connection);
  });

  return new Promise((resolve, reject) => {
    settle = { resolve, reject };
    try {
      client.connect({
        sock: socket,
        username: handshake.user,
        readyTimeout: 0,
        keepaliveInterval: 0,
        strictVendor: false,
        algorithms: {
          // zlib's error after a loss is thrown from a write and would end the process
          compress: ['none'],
          ...offered(handshake.algorithms),
        },
        hostVerifier: (key: Buffer, answer: (accepted: boolean) => void): boolean | undefined => {
          // A rekey: an answer that comes later than now breaks ssh2's key exchange.
          if (pinned) {
            const same = pinned.equals(key);
            if (!same) refused ??= failure('untrusted', 'the server changed its host key in mid-connection');
            return same;
          }
          handshake.verify(key).then(
            (why) => {
              refused = why;
              if (why === null) {
                pinned = Buffer.from(key);
                phase = 'login';
                handshake.onGreeted();
              }
              answer(why === null);
            },
            (error: unknown) => {
              refused = failure('bug', `checking the host key failed: ${String(error)}`, error);
              answer(false);
            },
          );
          return undefined;
        },
        authHandler: ((_methods: unknown, _partial: unknown, next: (auth: SshAuth | false) => void) => {
          // Not what ssh2 hands us here, which is old news after a key of an agent.
          const denial = lastDenial();
          handshake.nextAttempt(denial?.methods ?? null, denial?.partial ?? false).then(
            (attempt) => {
              if (over) return;
              exhausted = attempt === null;
              next(attempt === null ? false : offerOf(handshake.user, attempt));
            },
            (error: unknown) => {
              refused = failure('bug', `choosing a login failed: ${String(error)}`, error);
              socket.destroy();
            },
          );
        }) as never,
      });
    } catch (error) {
      refused = failure(
        'bug',
        `ssh2 refuses its settings: ${error instanceof Error ? error.message : error}`,
        error,
      );
      end();
      return;
    }
    const missing = checkInternals(client);
    if (missing !== null) {
      refused = failure('bug', missing);
      end();
      return;
    }
    lastDenial = watchDenials(client);
    if (handshake.keyAlgorithms) limitSignatures(client, handshake.keyAlgorithms);
    forgiveAddresses(client);
    ignoreHostKeys(client);
    textBefore = boundServer(client, socket);
    // Already closed while we waited for our turn: no event will come.
    if (socket.destroyed || signal.aborted) end();
  });
}

interface Direction {
  readonly cipher: string;
  readonly mac: string;
}

/** The types of ssh2 are those of its documentation; this is what it hands over. */
function negotiatedText(negotiated: unknown): string {
  const { kex, serverHostKey, cs, sc } = negotiated as {
    readonly kex: string;
    readonly serverHostKey: string;
    readonly cs: Direction;
    readonly sc: Direction;
  };
  const both = (out: string, back: string) => (out === back ? out : `${out} out and ${back} back`);
  const mac = both(cs.mac || 'in the cipher', sc.mac || 'in the cipher');
  return `key exchange ${kex}, host key ${serverHostKey}, cipher ${both(cs.cipher, sc.cipher)}, MAC ${mac}`;
}

/** In ssh2's words. What this Node was built without is left out; with nothing left ssh2 says so. */
function offered({ kex, ciphers, macs, hostKeys }: Handshake['algorithms']): Algorithms {
  const able = ableAlgorithms();
  const lists = {
    kex: kex?.filter((name) => able.kex.includes(name)),
    cipher: ciphers?.filter((name) => able.ciphers.includes(name)),
    hmac: macs?.filter((name) => able.macs.includes(name)),
    serverHostKey: hostKeys.filter((name) => able.hostKey.includes(name)),
  };
  return Object.fromEntries(Object.entries(lists).filter(([, list]) => list !== undefined));
}
