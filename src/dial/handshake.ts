/** With one server, over a wire that is there: its turn, its host key, its login. */
import { type Failure, FailureError } from '../core/failure.js';
import type { Ask } from '../core/prompt.js';
import type { Hop } from '../core/request/request.js';
import { printable } from '../core/text/printable.js';
import { decideAnswer, decideTrust, type TrustDecision } from '../core/trust/hosttrust.js';
import { connect } from '../io/ssh/connection.js';
import type { SshConnection } from '../io/ssh/session.js';
import type { Transport } from '../io/ssh/transport.js';
import { fingerprint, readTrust, type Trust } from '../io/trust.js';
import { startLogin } from './authenticate.js';
import type { KeyMemory } from './keymemory.js';

export interface HandshakeParts {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Keys that were decrypted in this process. */
  readonly memory: KeyMemory;
  /** Host keys accepted in this process, each as `strictness name key`: they stay so where no file remembers them. */
  readonly confirmed: Set<string>;
  /** Servers, as `placeOf` names them, that leave `keepalive@openssh.com` without an answer. */
  readonly ignoreKeepalive: Set<string>;
  readonly ask: Ask | null;
  /** ms of the monotonic clock */
  readonly now: () => number;
}

export interface HandshakeNews {
  /** Other handshakes go first. Then it is this one's turn. */
  readonly onQueued: () => void;
  readonly onTcpConnected: () => void;
  readonly onHostKeyAccepted: () => void;
  readonly onDetail: (text: string) => void;
  readonly onNote: (text: string) => void;
  /** The banner of the server (RFC 4252, section 5.4); printable. */
  readonly onBanner?: (server: string, text: string) => void;
}

/** What a hop and the server of a request have in common. */
export type Server = Pick<Hop, 'host' | 'address' | 'trust' | 'login' | 'algorithms'>;

/** A server's address as messages name it: `db.example.org port 22`. */
export function placeOf({ address }: Pick<Server, 'address'>): string {
  return `${address.hostName} port ${address.port}`;
}

/**
 * Owns the wire from now on. Rejects with a FailureError that names the server. `signal` ends it at any time, its wire too.
 * `byPerson`: an answer was used that is not kept.
 */
export async function shakeHands(
  server: Server,
  wire: Transport,
  { signal, ...parts }: HandshakeParts & HandshakeNews & { readonly signal: AbortSignal },
): Promise<{ readonly connection: SshConnection; readonly byPerson: boolean }> {
  const place = placeOf(server);
  const { algorithms } = server;
  let leaveSlot = () => {};
  const leave = () => leaveSlot();
  signal.addEventListener('abort', leave);
  try {
    parts.onQueued();
    leaveSlot = await takeHandshakeSlot(place);
    signal.throwIfAborted();
    parts.onTcpConnected();
    const trust = await readTrust(server.trust);
    trust.notes.forEach(parts.onNote);
    const login = startLogin({
      ...parts,
      login: server.login,
      host: server.address.hostName,
      onNote: parts.onNote,
      signal,
    });
    const connection = await connect(
      {
        socket: wire,
        user: server.login.user,
        algorithms: {
          ...algorithms,
          hostKeys: algorithms.knownKeysFirst
            ? trust.orderAlgorithms(algorithms.hostKeys)
            : algorithms.hostKeys,
        },
        keyAlgorithms: server.login.keyAlgorithms,
        verify: (key) => {
          parts.onDetail(`${place}: its host key is ${fingerprint(key)}`);
          return verify(key, trust, server, { ...parts, signal });
        },
        nextAttempt: (methodsLeft, partial) => login.next(methodsLeft, partial),
        whyDenied: () => login.summary(),
        onHostKeyAccepted: parts.onHostKeyAccepted,
        onDetail: (text) => parts.onDetail(`${place}: ${text}`),
        onBanner: (text) => {
          const said = printable(text).trim();
          if (server.login.showsBanner && said !== '') parts.onBanner?.(server.host, said);
        },
        keepalive: {
          ignored: () => parts.ignoreKeepalive.has(place),
          onIgnored: () => {
            parts.ignoreKeepalive.add(place);
            parts.onNote(
              `${place} does not answer keepalive@openssh.com: its heartbeat is a channel that it has to refuse instead`,
            );
          },
        },
        now: parts.now,
      },
      signal,
    );
    parts.onDetail(`${place}: logged in as ${server.login.user} ${login.proof()}`);
    return { connection, byPerson: login.byPerson() };
  } catch (thrown) {
    wire.destroy();
    if (!(thrown instanceof FailureError)) throw thrown;
    const { kind, message, cause } = thrown;
    throw new FailureError({ kind, message: `${place}: ${message}`, cause });
  } finally {
    signal.removeEventListener('abort', leave);
    leaveSlot();
  }
}

type Verifying = Pick<HandshakeParts, 'ask' | 'confirmed'> &
  Pick<HandshakeNews, 'onNote'> & { readonly signal: AbortSignal };

/** Accepts the server's key, or says why not. */
async function verify(
  key: Buffer,
  trust: Trust,
  server: Server,
  { ask, confirmed, onNote, signal }: Verifying,
): Promise<Failure | null> {
  const refused = trust.refusal(key);
  if (refused !== null) return refused;
  const canAsk = ask !== null && !server.login.batchMode;
  const judgement = trust.judge(key);
  // What was taken without a question must not pass where one is due.
  const face = `${server.trust.strict} ${server.trust.name} ${key.toString('base64')}`;
  if (judgement.type === 'unknown' && confirmed.has(face)) return null;
  let decision: TrustDecision = decideTrust(judgement, server.trust, canAsk);
  while (decision.type === 'ask') {
    const answer = ask === null ? null : await ask(decision.question, signal);
    decision = decideAnswer(decision.question, answer);
  }
  if (decision.type === 'refuse') return decision.failure;
  if (decision.type === 'acceptAndRemember') {
    confirmed.add(face);
    const note = await trust.remember(key);
    onNote(note ?? `the host key of ${server.trust.name} was added to ${server.trust.userFiles[0]}`);
  }
  return null;
}

/** Handshakes at once with one host from this process: more are a burst that servers punish (MaxStartups). */
const handshakesMax = 3;

const hosts = new Map<string, { taken: number; readonly waiting: (() => void)[] }>();

/** Waits for a place. Resolves with how to give it back, which may be called more than once. */
async function takeHandshakeSlot(host: string): Promise<() => void> {
  const slots = hosts.get(host) ?? { taken: 0, waiting: [] };
  hosts.set(host, slots);
  if (slots.taken >= handshakesMax) await new Promise<void>((go) => slots.waiting.push(go));
  else slots.taken += 1;
  let left = false;
  return () => {
    if (left) return;
    left = true;
    const next = slots.waiting.shift();
    if (next) next();
    else slots.taken -= 1;
    if (slots.taken === 0) hosts.delete(host);
  };
}
