/**
 * The parts of ssh2 that have no public door. Everything that touches one is in this file, the version is pinned exactly,
 * and `checkInternals` says clearly when they are gone.
 */
import { createRequire } from 'node:module';
import type { Client, ClientChannel } from 'ssh2';
import type { Offer } from '../../core/login/negotiation.js';

const require = createRequire(import.meta.url);

/** Of ssh2's own: encrypts, and waits while keys are exchanged. */
const { sendPacket } = require('ssh2/lib/protocol/utils.js') as {
  sendPacket: (protocol: Protocol, packet: Buffer) => void;
};

const { COMPAT } = require('ssh2/lib/protocol/constants.js') as {
  COMPAT: { IMPLY_RSA_SHA2_SIGALGS: number };
};
const impliesRsaSha2 = COMPAT.IMPLY_RSA_SHA2_SIGALGS;

interface Internals {
  /** Replies to global requests, in order. Called with true for REQUEST_FAILURE, an Error when the connection is gone. */
  _callbacks: ((failed: boolean | Error | undefined, data?: Buffer) => void)[];
  /** `${address}:${port}` of each remote forward -> its port. */
  _forwarding: Record<string, number>;
  _protocol: Protocol;
  _chanMgr: ChannelManager;
}

interface Protocol {
  ping(): void;
  /** Our offer while keys are exchanged. */
  _kexinit: Buffer | undefined;
  _offer: { lists: OfferLists };
  /** What ssh2 makes of the server's version. */
  _compatFlags: number;
  _handlers: Record<string, Handler> & {
    USERAUTH_FAILURE(protocol: unknown, methods: string[], partial: boolean): void;
    EXT_INFO(protocol: unknown, extensions: readonly Extension[]): void;
    SERVICE_ACCEPT(protocol: unknown, name: string): void;
  };
  /** Takes bytes of the chunk from `start` on; returns how far it came. Replaced by itself after the version. */
  _parse(chunk: Buffer, start: number, end: number): number;
  _packetRW: { write: PacketWriter };
}

interface PacketWriter {
  /** Where the payload of a packet begins. */
  readonly allocStart: number;
  alloc(payloadSize: number): Buffer;
  finalize(packet: Buffer): Buffer;
}

interface ChannelManager {
  get(number: unknown): unknown;
  /** Reserves a number; -1: none is left. Called back when the channel is there, refused, or lost with the connection. */
  add(opened: (error: OpenError | undefined, channel: ClientChannel) => void): number;
  _count: number;
}

type OpenError = Error & { readonly reason?: number | string };

type Handler = (protocol: unknown, ...message: never[]) => void;
/** RFC 8308, section 2.3. `algs`: of `server-sig-algs`. */
interface Extension {
  readonly name: string;
  readonly algs?: string[];
}

interface OfferLists {
  kex: { array: string[] };
  serverHostKey: { array: string[] };
  cs: Record<'cipher' | 'mac' | 'compress', { array: string[] }>;
  sc: Record<'cipher' | 'mac' | 'compress', { array: string[] }>;
}

interface ChannelInternals {
  outgoing: { packetSize: number };
  incoming: { state: 'open' | 'eof' | 'closing' | 'closed'; window: number };
}

/** The messages that are listened to here. */
const handled = [
  'EXT_INFO',
  'SERVICE_ACCEPT',
  'USERAUTH_FAILURE',
  'USERAUTH_INFO_REQUEST',
  'USERAUTH_PK_OK',
  'GLOBAL_REQUEST',
  'CHANNEL_OPEN',
  'CHANNEL_REQUEST',
  'CHANNEL_DATA',
  'CHANNEL_EXTENDED_DATA',
] as const;

function inside(client: Client): Internals {
  return client as unknown as Internals;
}

/** What is wrong with this ssh2, or null. To be called after `connect`. */
export function checkInternals(client: Client): string | null {
  const { _callbacks, _forwarding, _protocol, _chanMgr } = inside(client);
  const fine =
    Array.isArray(_callbacks) &&
    typeof _forwarding === 'object' &&
    typeof _protocol?.ping === 'function' &&
    '_kexinit' in _protocol &&
    Array.isArray(_protocol._offer?.lists?.sc?.mac?.array) &&
    typeof _protocol._parse === 'function' &&
    typeof _chanMgr?.get === 'function' &&
    typeof _chanMgr.add === 'function' &&
    typeof sendPacket === 'function' &&
    typeof _chanMgr._count === 'number' &&
    handled.every((name) => typeof _protocol._handlers?.[name] === 'function');
  if (fine) return null;
  const found = (require('ssh2/package.json') as { version: string }).version;
  return `the package ssh2 ${found} is not the one holdfast is built on: install holdfast again with its own dependencies`;
}

/**
 * Sends `keepalive@openssh.com`, as OpenSSH's ServerAliveInterval does, and calls back when its answer comes. Answers keep
 * the order of requests (RFC 4254 section 4), so any answer to this one will do.
 * @returns how to stop waiting for the answer: else the answer to the next request would be taken for it
 */
export function ping(client: Client, onAnswer: () => void): () => void {
  const { _callbacks, _protocol } = inside(client);
  const answer = (failed: boolean | Error | undefined) => {
    if (!(failed instanceof Error)) onAnswer();
  };
  _callbacks.push(answer);
  _protocol.ping();
  return () => {
    const at = _callbacks.indexOf(answer);
    if (at >= 0) _callbacks.splice(at, 1);
  };
}

/** A type of channel that no server knows (RFC 4250 4.6.1: names of one's own have an @). */
const unknownType = Buffer.from('keepalive@holdfast');

/** SSH_MSG_CHANNEL_OPEN (RFC 4254 5.1). */
const channelOpen = 90;

/**
 * Asks the server to open a channel of a type that it cannot know, and calls back when it refuses. It has to (RFC 4254
 * 5.1), also where it leaves `keepalive@openssh.com` without an answer.
 */
export function openUnknown(client: Client, onAnswer: () => void): void {
  const { _chanMgr, _protocol } = inside(client);
  const opened = Object.assign(
    (error: OpenError | undefined, channel: ClientChannel) => {
      if (!error) channel.close();
      if (!error || typeof error.reason === 'number') onAnswer();
      // else the connection is gone
    },
    { type: unknownType.toString() },
  );
  const number = _chanMgr.add(opened);
  if (number < 0) return;
  const { write } = _protocol._packetRW;
  const packet = write.alloc(1 + 4 + unknownType.length + 3 * 4);
  let at = write.allocStart;
  at = packet.writeUInt8(channelOpen, at);
  at = packet.writeUInt32BE(unknownType.length, at);
  at += unknownType.copy(packet, at);
  at = packet.writeUInt32BE(number, at);
  at = packet.writeUInt32BE(0, at); // the window
  packet.writeUInt32BE(32_768, at); // the largest packet
  sendPacket(_protocol, write.finalize(packet));
}

/**
 * Keys are being exchanged anew. What is sent meanwhile waits in a list of ssh2's, not in the socket's queue; `handshake`
 * marks the end.
 */
export function exchangingKeys(client: Client): boolean {
  return inside(client)._protocol._kexinit !== undefined;
}

/** What we offer in the key exchange. To be called after `connect`. */
export function offerOfClient(client: Client): Offer {
  const { kex, serverHostKey, cs, sc } = inside(client)._protocol._offer.lists;
  return {
    kex: kex.array,
    hostKey: serverHostKey.array,
    ciphers: [cs.cipher.array, sc.cipher.array],
    macs: [cs.mac.array, sc.mac.array],
    compressions: [cs.compress.array, sc.compress.array],
  };
}

/** Every algorithm that ssh2 can, here: some hang on what Node was built with. */
export function ableAlgorithms(): Readonly<
  Record<'kex' | 'hostKey' | 'ciphers' | 'macs', readonly string[]>
> {
  const constants = require('ssh2/lib/protocol/constants.js') as Record<string, string[]>;
  const { SUPPORTED_KEX, SUPPORTED_SERVER_HOST_KEY, SUPPORTED_CIPHER, SUPPORTED_MAC } = constants;
  return {
    kex: SUPPORTED_KEX ?? [],
    hostKey: SUPPORTED_SERVER_HOST_KEY ?? [],
    ciphers: SUPPORTED_CIPHER ?? [],
    macs: SUPPORTED_MAC ?? [],
  };
}

/**
 * ssh2 refuses a forwarded connection unless the server names exactly the address that was requested. Some name another
 * spelling of it; the port decides then.
 */
export function forgiveAddresses(client: Client): void {
  const known: Record<string, number> = {};
  inside(client)._forwarding = new Proxy(known, {
    get(target, name) {
      if (typeof name !== 'string' || name in target) return target[String(name)];
      const port = name.slice(name.lastIndexOf(':'));
      const same = Object.keys(target).find((key) => key.endsWith(port));
      return same === undefined ? undefined : target[same];
    },
  });
}

/**
 * Signs with these algorithms alone (RFC 8332): of those that the server says it takes, the others are left out. To a server
 * that says nothing of it ssh2 would sign with SHA-1. To be called after `connect`.
 */
export function limitSignatures(client: Client, accepted: readonly string[]): void {
  const protocol = inside(client)._protocol;
  const { _handlers } = protocol;
  const { EXT_INFO, SERVICE_ACCEPT } = _handlers;
  let informed = accepted.includes('ssh-rsa');
  _handlers.EXT_INFO = (_, extensions) => {
    informed = true;
    const limited = extensions.map((each) =>
      each.name === 'server-sig-algs'
        ? { ...each, algs: each.algs?.filter((name) => accepted.includes(name)) ?? [] }
        : each,
    );
    EXT_INFO(protocol, limited);
  };
  _handlers.SERVICE_ACCEPT = (_, name) => {
    // For some versions ssh2 puts algorithms of its own before the list.
    protocol._compatFlags &= ~impliesRsaSha2;
    if (!informed) EXT_INFO(protocol, [{ name: 'server-sig-algs', algs: [...accepted] }]);
    SERVICE_ACCEPT(protocol, name);
  };
}

/** What the server said when it refused an attempt to log in (RFC 4252, section 5.1). */
export interface Denial {
  /** The methods that can continue. */
  readonly methods: readonly string[];
  /** The attempt succeeded, and the server requires further methods. True at the first reading only. */
  readonly partial: boolean;
}

/**
 * Listens to every refusal; the function it returns gives the last one, null before the first. ssh2 hands its `authHandler`
 * what the server said before, when the refused attempt was a key of an agent: a key accepted as the first of two steps
 * would look refused, and the second step would never come. To be called after `connect`.
 */
export function watchDenials(client: Client): () => Denial | null {
  const { _handlers } = inside(client)._protocol;
  const original = _handlers.USERAUTH_FAILURE;
  let last: Denial | null = null;
  _handlers.USERAUTH_FAILURE = (protocol, methods, partial) => {
    last = { methods: [...methods], partial };
    original(protocol, methods, partial);
  };
  return () => {
    const denial = last;
    if (last) last = { ...last, partial: false };
    return denial;
  };
}

/**
 * Reads what comes before the server's version, in place of ssh2, which knows no end of it and puts its chunks together
 * wrongly. `take` gets what is new; ssh2 goes on from the version's line.
 */
export function watchVersion(
  client: Client,
  take: (chunk: Buffer) => { readonly taken: number; readonly version: Buffer | null },
): void {
  const { _protocol } = inside(client);
  const readHeader = _protocol._parse;
  _protocol._parse = (chunk, start, end) => {
    const { taken, version } = take(chunk.subarray(start, end));
    if (version) readHeader.call(_protocol, version, 0, version.length);
    return start + taken;
  };
}

/** Calls before ssh2 handles a message of this name; what is thrown ends the connection. */
export function watchMessages(
  client: Client,
  name: (typeof handled)[number],
  before: (...message: readonly unknown[]) => void,
): void {
  const handlers: Record<string, Handler> = inside(client)._protocol._handlers;
  const original = handlers[name];
  handlers[name] = (protocol, ...message) => {
    before(...message);
    original?.(protocol, ...message);
  };
}

/** The server offers its other keys (UpdateHostKeys): ssh2 would ask it to prove each, and the answers are not used. */
export function ignoreHostKeys(client: Client): void {
  const handlers: Record<string, Handler> = inside(client)._protocol._handlers;
  const original = handlers.GLOBAL_REQUEST;
  handlers.GLOBAL_REQUEST = (protocol, ...message) => {
    const [name, wantsReply] = message as readonly unknown[];
    if (name !== 'hostkeys-00@openssh.com' || wantsReply) original?.(protocol, ...message);
  };
}

/** An open channel by its number on this side. */
export function channelAt(client: Client, number: unknown): ChannelInternals | null {
  const channel = inside(client)._chanMgr.get(number);
  return typeof channel === 'object' ? (channel as ChannelInternals | null) : null;
}

/** Those that are being opened included. */
export function channelCount(client: Client): number {
  return inside(client)._chanMgr._count;
}

/** ssh2 would write packets of no bytes for ever to a server that says it takes no larger ones. */
export function neverNothing(channel: ClientChannel): void {
  (channel as unknown as ChannelInternals).outgoing.packetSize ||= 1;
}

/** The server said that nothing more will come on this channel. */
export function complete(channel: ClientChannel): boolean {
  return (channel as unknown as ChannelInternals).incoming.state !== 'open';
}

/** The server has closed this channel, which it does when it is done with all that it was sent; or the connection ended. */
export function closed(channel: ClientChannel): boolean {
  return (channel as unknown as ChannelInternals).incoming.state === 'closed';
}

/** ssh2 works without its optional native part, with slower ciphers. */
export function nativeCrypto(): boolean {
  try {
    require('ssh2/lib/protocol/crypto/build/Release/sshcrypto.node');
    return true;
  } catch {
    return false;
  }
}
