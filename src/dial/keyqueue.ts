import { sameBytes } from '../core/net/wireformat.js';
import type { IdentityFile, LoginRequest } from '../core/request/request.js';
import { printableLine } from '../core/text/printable.js';
import { rsaBitsOf, typeNameOf, typeOfAlgorithm } from '../core/trust/hostkey.js';
import { within } from '../io/clock.js';
import { type Identity, type OpenKey, readIdentity } from '../io/identity/keyfile.js';
import { type AgentKey, listAgent } from '../io/ssh/agent.js';

export type Locked = Extract<Identity, { type: 'encrypted' }>;

/** A key to offer to the server: of an agent, of an open file, or of a file that needs its passphrase. */
export type KeyCandidate =
  | { readonly type: 'agent'; readonly name: string; readonly socket: string; readonly blob: Buffer }
  | { readonly type: 'open'; readonly name: string; readonly key: OpenKey }
  | { readonly type: 'locked'; readonly name: string; readonly path: string; readonly identity: Locked };

export interface KeyQueue {
  readonly keys: readonly KeyCandidate[];
  /** What cannot be offered, and why; a sentence each, for the failure's message. */
  readonly unused: readonly string[];
}

export interface File extends IdentityFile {
  readonly name: string;
  readonly identity: Identity;
}

export interface Agent {
  readonly socket: string;
  readonly keys: readonly AgentKey[];
}

/** A local agent answers in a millisecond; one forwarded over a dead connection never does. */
const agentMs = 5_000;

/** Reads the key files and asks the agent, both as they are now. */
export async function prepareKeys(
  request: LoginRequest,
  env: Readonly<Record<string, string | undefined>>,
  onNote: (text: string) => void,
  signal: AbortSignal,
): Promise<KeyQueue> {
  const unused: string[] = [];
  const files = await Promise.all(
    request.identityFiles.map(async (file) => {
      const name = tildePath(file.path, env);
      return { ...file, name, identity: await readIdentity(file.path) };
    }),
  );
  for (const { named, name, identity } of files) {
    if (identity.type !== 'missing' || !named) continue;
    onNote(`IdentityFile ${name}: no such file`);
    unused.push(`the key file ${name} does not exist`);
  }
  const agent = await findAgent(request, env, onNote, unused, signal);
  const queue = orderKeys(files, agent, request.identitiesOnly);
  for (const text of queue.problems) onNote(text);
  const keys = queue.keys.filter((key) => {
    const blob = publicHalfOf(key);
    const unfit = blob && unfitKey(blob, request);
    if (unfit) unused.push(`${key.name} ${unfit}`);
    return !unfit;
  });
  return { keys, unused: [...unused, ...queue.problems, ...queue.unused] };
}

/** The public half of a key, as it goes over the wire; null: it is locked, too, as in old formats of key files. */
export function publicHalfOf(key: KeyCandidate): Buffer | null {
  if (key.type === 'agent') return key.blob;
  return key.type === 'open' ? key.key.blob : key.identity.blob;
}

/** Why a key may not be offered, as what follows its name: PubkeyAcceptedAlgorithms, RequiredRSASize. Null: it may. */
export function unfitKey(
  blob: Uint8Array,
  { keyAlgorithms, leastRsaBits }: Pick<LoginRequest, 'keyAlgorithms' | 'leastRsaBits'>,
): string | null {
  const bits = rsaBitsOf(blob);
  if (bits !== null && bits < leastRsaBits) {
    return `has ${bits} bits, and RequiredRSASize wants ${leastRsaBits} or more`;
  }
  const type = typeNameOf(blob);
  if (keyAlgorithms === null || keyAlgorithms.some((each) => typeOfAlgorithm(each) === type)) return null;
  return `is ruled out by PubkeyAcceptedAlgorithms (${type})`;
}

async function findAgent(
  request: LoginRequest,
  env: Readonly<Record<string, string | undefined>>,
  onNote: (text: string) => void,
  unused: string[],
  signal: AbortSignal,
): Promise<Agent | null> {
  if (request.agent === null) return null;
  const socket = 'socket' in request.agent ? request.agent.socket : env[request.agent.variable];
  if (!socket) return null;
  const agent = await listAgent(socket, AbortSignal.any([signal, within(agentMs)]));
  if (agent.type === 'unreachable') {
    const text = `the ssh agent at ${tildePath(socket, env)} cannot be used: ${agent.reason}`;
    onNote(text);
    unused.push(text);
    return null;
  }
  for (const { comment, type, reason } of agent.skipped) {
    unused.push(`${agentName(comment)} (${printableLine(type)}) cannot be used: ${reason}`);
  }
  return { socket, keys: agent.keys };
}

/**
 * The order of OpenSSH's pubkey_prepare (sshconnect2.c): the agent's keys that are an IdentityFile's, then the agent's
 * others (not with IdentitiesOnly), then the rest of the files. The same key is offered once: servers count.
 */
function orderKeys(
  files: readonly File[],
  agent: Agent | null,
  identitiesOnly: boolean,
): KeyQueue & { /** Files that are there and cannot be used. */ readonly problems: readonly string[] } {
  const left = [...files];
  const matching: KeyCandidate[] = [];
  const others: KeyCandidate[] = [];
  for (const { blob, comment } of agent?.keys ?? []) {
    if (!agent) break;
    const index = left.findIndex(({ identity }) => sameKey(publicHalf(identity), blob));
    const [file] = index < 0 ? [] : left.splice(index, 1);
    if (file)
      matching.push({ type: 'agent', name: `the key ${file.name} (agent)`, socket: agent.socket, blob });
    else if (!identitiesOnly)
      others.push({ type: 'agent', name: agentName(comment), socket: agent.socket, blob });
  }
  const keys = [...matching, ...others];
  const offered = keys.flatMap((key) => (key.type === 'agent' ? [key.blob] : []));
  const problems: string[] = [];
  const unused: string[] = [];
  for (const { name, path, identity } of left) {
    const blob = publicHalf(identity);
    if (blob && offered.some((other) => sameKey(other, blob))) continue;
    if (identity.type === 'unreadable')
      problems.push(`the key file ${name} cannot be used: ${identity.reason}`);
    if (identity.type === 'public')
      unused.push(`only the public half of ${name} is here, and no agent has the other`);
    if (identity.type !== 'open' && identity.type !== 'encrypted') continue;
    if (blob) offered.push(blob);
    if (identity.type === 'open') keys.push({ type: 'open', name: `the key ${name}`, key: identity.key });
    else keys.push({ type: 'locked', name: `the key ${name}`, path, identity });
  }
  return { keys, unused, problems };
}

function publicHalf(identity: Identity): Buffer | null {
  if (identity.type === 'missing') return null;
  return identity.type === 'open' ? identity.key.blob : identity.blob;
}

function sameKey(one: Buffer | null, other: Buffer): boolean {
  return one !== null && sameBytes(one, other);
}

function agentName(comment: string): string {
  return `the agent's key "${printableLine(comment)}"`;
}

/** A path below $HOME with `~`. */
function tildePath(path: string, env: Readonly<Record<string, string | undefined>>): string {
  const home = env.HOME;
  return home && home !== '/' && path.startsWith(`${home}/`) ? `~${path.slice(home.length)}` : path;
}
