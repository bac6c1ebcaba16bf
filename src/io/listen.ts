/** Local listeners, and the clients that come to them. */

import { chmodSync } from 'node:fs';
import net from 'node:net';
import { codeOf } from '../core/text/reason.js';
import { cutOff, type LocalStream } from './base/channel.js';
import { makeRoom, type Obstacle, socketFile } from './listen/socketfile.js';

export type { Obstacle };

/** A waiting client is read ahead no further than this. */
const aheadMax = 64 * 1024;

/** A burst of more clients than this waits a second for its second SYN; Node's 511 is less than we hold. */
const backlog = 2048;

export type ListenAt =
  /** host '' is every address; 'localhost' both loopback addresses, as in ssh. */
  | { readonly type: 'tcp'; readonly host: string; readonly port: number; readonly family: 0 | 4 | 6 }
  /**
   * `mask`: the permissions that its file does not have, as StreamLocalBindMask. Default 0o177. `replace`: StreamLocalBindUnlink,
   * a socket on which a program listens is taken away from it. Default false.
   */
  | { readonly type: 'unix'; readonly path: string; readonly mask?: number; readonly replace?: boolean };

export interface Listener {
  /** The port in force; null for a unix socket. */
  readonly port: number | null;
  close(): void;
}

/** The path of a unix socket is taken. */
export class PathTaken extends Error {
  readonly code = 'EADDRINUSE';
  readonly by: Obstacle;

  constructor(path: string, by: Obstacle) {
    super(`${path} is taken`);
    this.by = by;
  }
}

/** Between making room and binding, another program may bind. */
const pathTriesMax = 3;

/** The system picks a port for one address, and another program may have it at the other. */
const portTriesMax = 10;

/**
 * Binds a listener. Rejects with the system's error (EADDRINUSE, EACCES, EADDRNOTAVAIL), or a PathTaken. A unix socket on which
 * no program listens any more, as after a kill -9, is replaced.
 * 'localhost' means 127.0.0.1 and ::1 on the same port; a family that the machine does not have is left out.
 */
export async function listen(at: ListenAt, onClient: (client: LocalClient) => void): Promise<Listener> {
  if (at.type === 'unix') {
    const server = await bindPath(at, onClient);
    const file = socketFile(at.path);
    return { port: null, close: () => file.keepOthers(() => void server.close()) };
  }
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await listenAll(addresses(at.host, at.family), at.port, onClient);
    } catch (error) {
      const code = codeOf(error);
      if (code !== 'EADDRINUSE' || at.port !== 0 || attempt === portTriesMax) throw error;
    }
  }
}

async function bindPath(
  { path, mask = 0o177, replace = false }: Extract<ListenAt, { type: 'unix' }>,
  onClient: (client: LocalClient) => void,
): Promise<net.Server> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await bind({ path, mask }, onClient);
    } catch (error) {
      if (codeOf(error) !== 'EADDRINUSE') throw error;
      const obstacle = await makeRoom(path, replace);
      if (obstacle !== null) throw new PathTaken(path, obstacle);
      if (attempt === pathTriesMax) throw new PathTaken(path, 'listener');
    }
  }
}

async function listenAll(
  hosts: readonly string[],
  wantedPort: number,
  onClient: (client: LocalClient) => void,
): Promise<Listener> {
  const servers: net.Server[] = [];
  const close = () => {
    for (const server of servers) server.close();
  };
  let port = wantedPort;
  for (const host of hosts) {
    try {
      const server = await bind({ host, port }, onClient);
      servers.push(server);
      const bound = server.address();
      if (typeof bound === 'object' && bound) port = bound.port;
    } catch (error) {
      const last = host === hosts.at(-1);
      if (missingFamily(error) && (servers.length > 0 || !last)) continue;
      close();
      throw error;
    }
  }
  return { port, close };
}

function addresses(host: string, family: 0 | 4 | 6): string[] {
  const pair =
    host === 'localhost' ? ['127.0.0.1', '::1'] : host === '' || host === '*' ? ['0.0.0.0', '::'] : [host];
  if (pair.length === 1 || family === 0) return pair;
  return pair.filter((address) => address.includes(':') === (family === 6));
}

function missingFamily(error: unknown): boolean {
  const code = codeOf(error);
  return code === 'EADDRNOTAVAIL' || code === 'EAFNOSUPPORT' || code === 'EINVAL';
}

function bind(
  where: { readonly path: string; readonly mask: number } | { readonly host: string; readonly port: number },
  onClient: (client: LocalClient) => void,
): Promise<net.Server> {
  return new Promise((resolve, reject) => {
    const server = net.createServer(
      { allowHalfOpen: true, pauseOnConnect: true, noDelay: true },
      (socket) => {
        onClient(new LocalClient(socket, socket));
      },
    );
    server.once('error', reject);
    server.listen(
      'host' in where ? { ...where, backlog, ipv6Only: where.host === '::' } : { path: where.path, backlog },
      () => {
        server.off('error', reject);
        server.on('error', () => {}); // a failed accept (EMFILE) is one client's misfortune, not the listener's
        resolve(server);
      },
    );
    // Before the first client can be taken, and never on another program's file.
    if ('path' in where && server.listening) chmodSync(where.path, 0o777 & ~where.mask);
  });
}

/**
 * A client whose channel is not there yet. It is read a little ahead, because only a reader notices that the other side
 * left.
 */
export class LocalClient {
  readonly socket: LocalStream;
  /** The socket, where it is one: the program at its other end may leave. */
  readonly peer: net.Socket | null;
  #ahead: Buffer[] = [];
  #aheadBytes = 0;
  #ended = false;
  #waiting = false;
  readonly #onData = (chunk: Buffer) => {
    this.#ahead.push(chunk);
    this.#aheadBytes += chunk.length;
    if (this.#aheadBytes >= aheadMax) this.socket.pause();
  };
  readonly #onEnd = () => {
    this.#ended = true;
    this.#onFinished();
  };
  #onFinished = () => {};

  constructor(socket: LocalStream, peer: net.Socket | null) {
    this.socket = socket;
    this.peer = peer;
    socket.on('error', () => {}); // a reset shows as 'close'
  }

  /** Puts back what another reader took of the client's data. */
  unread(chunk: Buffer): void {
    if (chunk.length === 0) return;
    this.#ahead.push(chunk);
    this.#aheadBytes += chunk.length;
  }

  /** It has sent FIN. */
  get finished(): boolean {
    return this.#ended;
  }

  /** It has sent so much that it is not read any more, so that its leaving goes unseen. */
  get full(): boolean {
    return this.#aheadBytes >= aheadMax;
  }

  /**
   * Watches while the client waits.
   * @param onFinished it sent FIN: it left, or it has said all it wants to say and waits for the answer
   * @param onClosed it is gone
   */
  wait(onFinished: () => void, onClosed: () => void): void {
    this.#waiting = true;
    this.#onFinished = onFinished;
    this.socket.on('data', this.#onData).on('end', this.#onEnd).once('close', onClosed);
    this.socket.resume();
  }

  /** The waiting is over: what was read ahead, and whether the client has finished sending. The socket is paused. */
  take(): { readonly ahead: readonly Buffer[]; readonly ended: boolean } {
    if (this.#waiting) this.socket.off('data', this.#onData).off('end', this.#onEnd);
    this.#onFinished = () => {};
    this.socket.pause();
    const taken = { ahead: this.#ahead, ended: this.#ended };
    this.#ahead = [];
    return taken;
  }

  /** Ends it with the last word of its protocol; whatever it still says is thrown away. */
  dismiss(farewell: Buffer): void {
    this.socket.resume();
    this.socket.end(farewell, () => this.socket.destroy());
  }

  reset(): void {
    cutOff(this.socket);
  }
}
