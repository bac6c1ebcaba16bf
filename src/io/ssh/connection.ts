/** From a connected socket to an authenticated connection: key exchange, host key, login, and why they failed. */
import { setMaxListeners } from 'node:events';
import { type Algorithms, Client, type NextAuthHandler } from 'ssh2';
import { type Failure, FailureError, failure } from '../../core/failure.js';
import type { Attempt } from '../../core/login/loginattempt.js';
import { mismatch, type Offer, readOffer } from '../../core/login/negotiation.js';
import type { AlgorithmRequest } from '../../core/request/request.js';
import { messageOf } from '../../core/text/reason.js';
import { offerOf } from './agent.js';
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
import { openSession, type SshConnection } from './session.js';
import type { Transport } from './transport.js';
import { type SshError, verdict } from './verdict.js';

export interface Handshake {
  /** Connected. Owned by the connection from now on. */
  readonly socket: Transport;
  readonly user: string;
  /** Of the host keys in the order in which to offer them. */
  readonly algorithms: Omit<AlgorithmRequest, 'knownKeysFirst'>;
  /** PubkeyAcceptedAlgorithms; null: those that the server takes. */
  readonly keyAlgorithms: readonly string[] | null;
  /** Accepts the server's key, or says why not. Called once: a rekey must bring the same key. */
  readonly verify: (key: Buffer) => Promise<Failure | null>;
  /** The next thing to try; null when there is nothing left. */
  readonly nextAttempt: (methodsLeft: readonly string[] | null, partial: boolean) => Promise<Attempt | null>;
  /** Why no login worked, in one sentence. */
  readonly whyDenied: () => string;
  /** The host key was accepted; the login begins. */
  readonly onHostKeyAccepted: () => void;
  readonly onDetail: (text: string) => void;
  readonly keepalive: KeepaliveSupport;
  /** A banner (RFC 4252, section 5.4), as the server sent it. At most `bannersMax` are passed on. */
  readonly onBanner?: (text: string) => void;
  readonly now: () => number;
}

/** sshd sends one, PAM a few. */
const bannersMax = 16;

export type SshAuth = Exclude<Parameters<NextAuthHandler>[0], string | false>;

/** Key exchange, host key, login. Rejects with a FailureError. `signal` ends it at any time. */
export function connect(handshake: Handshake, signal: AbortSignal): Promise<SshConnection> {
  return new Login(handshake, signal).run();
}

/** How far the connection has come; `over`: it has ended, or this side has ended it. */
type Stage = 'handshake' | 'login' | 'open' | 'over';

class Login {
  readonly #handshake: Handshake;
  readonly #signal: AbortSignal;
  readonly #client = new Client();
  #stage: Stage = 'handshake';
  /** What ssh2 or the socket reported first. */
  #firstError: SshError | null;
  /** Why this side ended it. */
  #refused: Failure | null = null;
  /** The host key that was accepted. */
  #hostKey: Buffer | null = null;
  /** No method of login is left to try. */
  #exhausted = false;
  #heardAt: number;
  #banners = 0;
  #connection: SshConnection | null = null;
  #reject: (error: FailureError) => void = () => {};
  #lastDenial: () => Denial | null = () => null;
  #textBefore: () => string = () => '';
  readonly #serverOffer: () => Offer | null;

  constructor(handshake: Handshake, signal: AbortSignal) {
    this.#handshake = handshake;
    this.#signal = signal;
    // The socket may have failed before anything listened.
    this.#firstError = handshake.socket.errored;
    this.#heardAt = handshake.now();
    // These listeners come before ssh2's own, so an ending is known before any channel shows it.
    this.#serverOffer = this.#watchSocket();
    setMaxListeners(0, signal); // one for all servers on the way, however many
    signal.addEventListener('abort', () => {
      this.#stage = 'over';
      handshake.socket.resetAndDestroy();
    });
    this.#watchClient();
  }

  run(): Promise<SshConnection> {
    return new Promise((resolve, reject) => {
      this.#reject = reject;
      this.#client.on('ready', () => {
        if (this.#stage !== 'over') resolve(this.#open());
      });
      this.#begin();
    });
  }

  #watchSocket(): () => Offer | null {
    const { socket, now } = this.#handshake;
    socket.on('data', () => {
      this.#heardAt = now();
    });
    const serverOffer = watchServerOffer(socket);
    socket.pause();
    socket.on('end', () => setImmediate(this.#end));
    socket.on('close', this.#end);
    socket.on('error', (error) => {
      this.#firstError ??= error;
      this.#end();
    });
    return serverOffer;
  }

  #watchClient(): void {
    const client = this.#client;
    const { user, onBanner, onDetail } = this.#handshake;
    // Never removed: ssh2 may emit errors after its end.
    client.on('error', (error: SshError) => this.#hearError(error));
    // Without an answer the server would wait until the login's time is over.
    client.on('change password', () => {
      const why = `the server wants ${user} to choose a new password: log in with ssh once to do so`;
      this.#refuse(failure('denied', why));
    });
    client.on('banner', (text: string) => {
      this.#banners += 1;
      if (this.#stage !== 'over' && this.#banners <= bannersMax) onBanner?.(text);
    });
    // Those of a rekey are no news.
    client.once('handshake', (negotiated) => onDetail(negotiatedText(negotiated)));
    client.on('close', this.#end);
    client.on('end', () => setImmediate(this.#end));
  }

  #begin(): void {
    const { socket, user, keyAlgorithms } = this.#handshake;
    const client = this.#client;
    try {
      client.connect({
        sock: socket,
        username: user,
        readyTimeout: 0,
        keepaliveInterval: 0,
        strictVendor: false,
        algorithms: {
          // zlib's error after a loss is thrown from a write and would end the process
          compress: ['none'],
          ...offered(this.#handshake.algorithms),
        },
        hostVerifier: (key: Buffer, answer: (accepted: boolean) => void) => this.#verify(key, answer),
        authHandler: ((_methods: unknown, _partial: unknown, next: (auth: SshAuth | false) => void) =>
          this.#offer(next)) as never,
      });
    } catch (error) {
      return this.#refuse(failure('bug', `ssh2 refuses its settings: ${messageOf(error)}`, error));
    }
    const missing = checkInternals(client);
    if (missing !== null) return this.#refuse(failure('bug', missing));
    this.#lastDenial = watchDenials(client);
    if (keyAlgorithms) limitSignatures(client, keyAlgorithms);
    forgiveAddresses(client);
    ignoreHostKeys(client);
    this.#textBefore = boundServer(client, socket);
    // Closed before ssh2 listened: no event will come.
    if (socket.destroyed || this.#signal.aborted) this.#end();
  }

  /** ssh2 waits for `answer` where this returns undefined. */
  #verify(key: Buffer, answer: (accepted: boolean) => void): boolean | undefined {
    // A rekey: an answer that comes later than now breaks ssh2's key exchange.
    if (this.#hostKey) {
      const same = this.#hostKey.equals(key);
      if (!same) this.#refused ??= failure('untrusted', 'the server changed its host key in mid-connection');
      return same;
    }
    this.#handshake.verify(key).then(
      (why) => {
        this.#refused = why;
        if (why === null) {
          this.#hostKey = Buffer.from(key);
          if (this.#stage === 'handshake') this.#stage = 'login';
          this.#handshake.onHostKeyAccepted();
        }
        answer(why === null);
      },
      (error: unknown) => {
        this.#refused = failure('bug', `checking the host key failed: ${String(error)}`, error);
        answer(false);
      },
    );
    return undefined;
  }

  /** Tries the next method of login. */
  #offer(next: (auth: SshAuth | false) => void): void {
    // Not the methods that ssh2 hands over, which are out of date after a key of an agent.
    const denial = this.#lastDenial();
    this.#handshake.nextAttempt(denial?.methods ?? null, denial?.partial ?? false).then(
      (attempt) => {
        if (this.#stage === 'over') return;
        this.#exhausted = attempt === null;
        next(attempt === null ? false : offerOf(this.#handshake.user, attempt));
      },
      (error: unknown) => {
        this.#refused = failure('bug', `choosing a login failed: ${String(error)}`, error);
        this.#handshake.socket.destroy();
      },
    );
  }

  #open(): SshConnection {
    const { socket, now, keepalive } = this.#handshake;
    this.#stage = 'open';
    this.#connection = openSession({
      client: this.#client,
      socket,
      keepalive,
      heardAt: () => this.#heardAt,
      now,
      onClosing: () => {
        this.#stage = 'over';
      },
    });
    return this.#connection;
  }

  #hearError(error: SshError): void {
    if (this.#stage === 'over') return;
    // A key that cannot sign, an agent that went away: the login goes on with the next method.
    const oneMethod =
      error.level === 'agent' || (error.level === 'client-authentication' && !this.#exhausted);
    if (this.#stage === 'login' && oneMethod) {
      this.#handshake.onDetail(error.message);
      return;
    }
    this.#firstError ??= error;
    // What the server said before it hung up may still be on its way.
    if (error instanceof ProtocolError) this.#end();
    else setImmediate(this.#end);
  }

  #refuse(why: Failure): void {
    this.#refused ??= why;
    this.#end();
  }

  /** Whatever ends the connection comes here; only the first call counts. */
  readonly #end = (): void => {
    const stage = this.#stage;
    if (stage === 'over') return;
    this.#stage = 'over';
    this.#handshake.socket.destroy();
    const why = this.#refused ?? this.#reasonOf(stage);
    if (this.#connection) this.#connection.onEnded(why);
    else this.#reject(new FailureError(why));
  };

  #reasonOf(phase: Exclude<Stage, 'over'>): Failure {
    if (this.#exhausted) return failure('denied', this.#handshake.whyDenied(), this.#firstError ?? undefined);
    const theirs = phase === 'handshake' ? this.#serverOffer() : null;
    const unmatched = theirs && mismatch(offerOfClient(this.#client), theirs, ableAlgorithms());
    return verdict({ error: this.#firstError, text: this.#textBefore(), phase, mismatch: unmatched });
  }
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

/** RFC 4253, section 6.1: no packet need be longer. */
const longestPacket = 35_000;
/** A line before the version. OpenSSH ends at 8 kB. */
const longestLine = 8_192;

/** Listens until the server's first SSH_MSG_KEXINIT is there, and no longer. Null before it, and where none comes. */
function watchServerOffer(socket: Transport): () => Offer | null {
  let offer: Offer | null = null;
  let unread: Buffer = Buffer.alloc(0);
  let versioned = false;
  const hear = (chunk: Buffer) => {
    unread = unread.length === 0 ? chunk : Buffer.concat([unread, chunk]);
    if (readOn() === 'more') return;
    unread = Buffer.alloc(0);
    socket.off('data', hear);
  };
  const readOn = (): 'more' | 'over' => {
    while (!versioned) {
      const end = unread.indexOf('\n');
      if (end < 0) return unread.length > longestLine ? 'over' : 'more';
      versioned = unread.toString('latin1', 0, 4) === 'SSH-';
      unread = unread.subarray(end + 1);
    }
    // uint32 length, byte padding, payload, padding (RFC 4253, section 6).
    while (unread.length >= 4) {
      const length = unread.readUInt32BE(0);
      if (length > longestPacket) return 'over';
      if (unread.length < 4 + length) return 'more';
      offer = readOffer(unread.subarray(5, 4 + length - (unread[4] ?? 0)));
      // SSH_MSG_IGNORE and its like may come first.
      if (offer !== null || (unread[5] ?? 0) > lastOfTransport) return 'over';
      unread = unread.subarray(4 + length);
    }
    return 'more';
  };
  socket.on('data', hear);
  return () => offer;
}

/** SSH_MSG_DISCONNECT to SSH_MSG_DEBUG. */
const lastOfTransport = 4;
