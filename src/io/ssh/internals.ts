/**
 * The parts of ssh2 that have no public door. Everything that touches one is in this file, the version is pinned exactly,
 * and `checkInternals` says clearly when they are gone.
 */
import { createRequire } from 'node:module';
import type { Client, ClientChannel } from 'ssh2';

const require = createRequire(import.meta.url);

interface Internals {
  /** Replies to global requests, in order. Called with true for REQUEST_FAILURE, an Error when the connection is gone. */
  _callbacks: ((failed: boolean | Error | undefined, data?: Buffer) => void)[];
  /** `${address}:${port}` of each remote forward -> its port. */
  _forwarding: Record<string, number>;
  _protocol: {
    ping(): void;
    /** Our offer while keys are exchanged. */
    _kexinit: Buffer | undefined;
    _handlers: { USERAUTH_FAILURE(protocol: unknown, methods: string[], partial: boolean): void };
  };
}

interface ChannelInternals {
  outgoing: { packetSize: number };
  incoming: { state: 'open' | 'eof' | 'closing' | 'closed' };
}

function inside(client: Client): Internals {
  return client as unknown as Internals;
}

/** What is wrong with this ssh2, or null. To be asked after `connect`. */
export function checkInternals(client: Client): string | null {
  const { _callbacks, _forwarding, _protocol } = inside(client);
  const fine =
    Array.isArray(_callbacks) &&
    typeof _forwarding === 'object' &&
    typeof _protocol?.ping === 'function' &&
    '_kexinit' in _protocol &&
    typeof _protocol._handlers?.USERAUTH_FAILURE === 'function';
  if (fine) return null;
  const found = (require('ssh2/package.json') as { version: string }).version;
  return `the package ssh2 ${found} is not the one holdfast is built on: install holdfast again with its own dependencies`;
}

/**
 * Sends `keepalive@openssh.com`, as OpenSSH's ServerAliveInterval does, and calls back when its answer comes. Answers keep
 * the order of requests (RFC 4254 section 4), so any answer to this one will do.
 */
export function ping(client: Client, onAnswer: () => void): void {
  const { _callbacks, _protocol } = inside(client);
  _callbacks.push((failed) => {
    if (!(failed instanceof Error)) onAnswer();
  });
  _protocol.ping();
}

/**
 * Keys are being exchanged anew. What is sent meanwhile waits in a list of ssh2's, not in the socket's queue; `handshake`
 * tells the end.
 */
export function exchangingKeys(client: Client): boolean {
  return inside(client)._protocol._kexinit !== undefined;
}

/**
 * ssh2 refuses a forwarded connection unless the server names exactly the address that was asked for. Some name another
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

/** What the server said when it refused an attempt to log in (RFC 4252, section 5.1). */
export interface Denial {
  /** The methods that can continue. */
  readonly methods: readonly string[];
  /** The attempt was right, and the server wants more. Told once. */
  readonly partial: boolean;
}

/**
 * Listens to every refusal; the function it gives tells the last one, null before the first. ssh2 hands its `authHandler`
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
    const told = last;
    if (last) last = { ...last, partial: false };
    return told;
  };
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
