import { createConnection } from 'node:net';
import type { AnyAuthMethod } from 'ssh2';
import ssh2 from 'ssh2';
import type { Attempt } from '../../core/login/loginattempt.js';
import { WireReader } from '../../core/net/wireformat.js';
import { printableName } from '../../core/text/printable.js';
import { codeOf, messageOf } from '../../core/text/reason.js';

/** A key that an ssh-agent holds. */
export interface AgentKey {
  readonly type: string;
  /** The public half, as it goes over the wire. */
  readonly blob: Buffer;
  readonly comment: string;
}

/** What an agent has for us. A dead or missing agent is `unreachable`, a value and no exception. */
export type AgentKeys =
  | {
      readonly type: 'listed';
      /** In the agent's order. */
      readonly keys: readonly AgentKey[];
      /** Those that holdfast cannot sign with, each with its reason. */
      readonly skipped: readonly (AgentKey & { readonly reason: string })[];
    }
  | { readonly type: 'unreachable'; readonly reason: string };

/** As MAX_AGENT_REPLY_LEN in OpenSSH's authfd.c. */
const longestReply = 256 * 1024;

const requestIdentities = 11;
const identitiesAnswer = 12;

/**
 * Asks the agent at a socket path for its keys (draft-miller-ssh-agent, section 3.5). ssh2's own client leaves out
 * what it cannot use without a word, so this speaks the protocol itself. Gives up when `signal` is aborted.
 */
export async function listAgent(socket: string, signal: AbortSignal): Promise<AgentKeys> {
  let reply: Uint8Array;
  try {
    reply = await request(socket, Buffer.from([0, 0, 0, 1, requestIdentities]), signal);
  } catch (error) {
    const late =
      signal.aborted && signal.reason instanceof DOMException && signal.reason.name === 'TimeoutError';
    if (late) return { type: 'unreachable', reason: 'it did not answer in time' };
    return { type: 'unreachable', reason: reasonOf(error) };
  }
  const reader = new WireReader(reply);
  const kind = reader.take(1)?.[0];
  if (kind !== identitiesAnswer)
    return { type: 'unreachable', reason: `it refused to list its keys (${kind})` };
  const count = reader.uint32() ?? 0;
  const keys: AgentKey[] = [];
  const skipped: (AgentKey & { reason: string })[] = [];
  for (let index = 0; index < count; index += 1) {
    const blob = reader.string();
    const comment = reader.text();
    if (!blob || comment === null) return { type: 'unreachable', reason: 'its list of keys is cut short' };
    const type = new WireReader(blob).text() ?? '';
    const key = { type, blob: Buffer.from(blob), comment };
    const reason = unusable(key);
    if (reason) skipped.push({ ...key, reason });
    else keys.push(key);
  }
  return { type: 'listed', keys, skipped };
}

function unusable({ type, blob }: AgentKey): string | null {
  // Checked before ssh2 sees it: it would take a certificate's nonce for a public key.
  if (type.includes('-cert-')) return 'certificates are not supported';
  if (type.startsWith('sk-')) return 'security keys are not supported';
  return ssh2.utils.parseKey(blob) instanceof Error
    ? `keys of type "${printableName(type)}" are not supported`
    : null;
}

function request(socket: string, message: Uint8Array, signal: AbortSignal): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    signal.throwIfAborted();
    const connection = createConnection(socket);
    const chunks: Buffer[] = [];
    const end = (outcome: () => void) => {
      signal.removeEventListener('abort', abort);
      connection.destroy();
      outcome();
    };
    const abort = () => end(() => reject(signal.reason));
    signal.addEventListener('abort', abort, { once: true });
    connection.on('error', (error) => end(() => reject(error)));
    connection.on('close', () => end(() => reject(new Error('it closed the connection without an answer'))));
    connection.on('data', (chunk) => {
      chunks.push(chunk);
      const reader = new WireReader(Buffer.concat(chunks));
      const length = reader.uint32();
      if (length === null) return;
      if (length > longestReply) end(() => reject(new Error('its answer is not one of an agent')));
      const reply = reader.take(length);
      if (reply) end(() => resolve(reply));
    });
    connection.write(message);
  });
}

function reasonOf(error: unknown): string {
  const code = codeOf(error);
  if (code === 'ENOENT') return 'its socket does not exist';
  if (code === 'ECONNREFUSED') return 'no agent listens at its socket';
  if (code === 'EACCES') return 'we have no permission to use its socket';
  return code || messageOf(error);
}

/**
 * An agent for ssh2 that offers exactly one key and signs through the agent at `socket`. The agent may ask its user
 * before it signs (`ssh-add -c`), so a signature has no deadline of its own.
 */
export function oneKeyAgent(socket: string, blob: Buffer): ssh2.BaseAgent {
  const agent = ssh2.createAgent(socket);
  return new SingleKey(blob, (key, data, options, done) => agent.sign(key, data, options, done));
}

/**
 * An agent for ssh2 that offers one key whose private half is not there yet. `unlock` is called when the server has
 * said that it takes the key, as ssh does, so that no passphrase is typed in vain. It gives a private key that
 * `ssh2.utils.parseKey` accepts, or null.
 */
export function lockedKeyAgent(blob: Buffer, unlock: () => Promise<string | null>): ssh2.BaseAgent {
  return new SingleKey(blob, (_key, data, options, done) => {
    unlock().then(
      (text) => {
        if (text === null) return done(new Error('the key stayed locked'));
        const key = ssh2.utils.parseKey(text);
        const one = Array.isArray(key) ? key[0] : key;
        if (!one || one instanceof Error) return done(one ?? new Error('no key'));
        // ssh2 gives back an Error here, and its types say so nowhere.
        const signature: Buffer | Error = one.sign(data, options.hash);
        return signature instanceof Error ? done(signature) : done(null, signature);
      },
      (error) => done(error instanceof Error ? error : new Error(String(error))),
    );
  });
}

type Sign = (key: Buffer, data: Buffer, options: ssh2.SigningRequestOptions, done: ssh2.SignCallback) => void;

class SingleKey extends ssh2.BaseAgent {
  readonly #blob: Buffer;
  readonly #sign: Sign;

  constructor(blob: Buffer, sign: Sign) {
    super();
    this.#blob = blob;
    this.#sign = sign;
  }

  override getIdentities(done: ssh2.IdentityCallback): void {
    done(null, [this.#blob]);
  }

  override sign(
    _key: unknown,
    data: Buffer,
    options: ssh2.SigningRequestOptions | ssh2.SignCallback,
    done?: ssh2.SignCallback,
  ): void {
    if (typeof options === 'function') this.#sign(this.#blob, data, {}, options);
    else this.#sign(this.#blob, data, options, done ?? (() => {}));
  }
}

/** An attempt in ssh2's words. One key at a time, so that the server's tries go where the login wants them. */
export function offerOf(user: string, attempt: Attempt): AnyAuthMethod {
  switch (attempt.type) {
    case 'none':
      return { type: 'none', username: user };
    case 'password':
      return { type: 'password', username: user, password: attempt.password };
    case 'publickey':
      return { type: 'publickey', username: user, key: attempt.keyText };
    case 'publickey-agent':
      return { type: 'agent', username: user, agent: oneKeyAgent(attempt.socket, Buffer.from(attempt.blob)) };
    case 'publickey-locked':
      return {
        type: 'agent',
        username: user,
        agent: lockedKeyAgent(Buffer.from(attempt.blob), attempt.unlock),
      };
    case 'keyboard-interactive':
      return {
        type: 'keyboard-interactive',
        username: user,
        prompt: (name, instructions, _language, prompts, finish) => {
          const questions = prompts.map(({ prompt, echo }) => ({ text: prompt, echo: echo ?? false }));
          attempt.answer(name, instructions, questions).then(
            (answers) => finish(answers ?? []),
            () => finish([]),
          );
        },
      };
  }
}
