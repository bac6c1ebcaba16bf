/** Bytes that can be told from any other bytes, the services that take them, and clients that know how they were served. */
import { createHash } from 'node:crypto';
import {
  connect,
  createServer,
  type ListenOptions,
  type NetConnectOpts,
  type Server,
  Socket,
} from 'node:net';
import { until } from './until.js';

const block = Buffer.from(Array.from({ length: 65_536 }, (_, at) => (at * 167 + (at >> 8) * 13) & 0xff));

/** `bytes` bytes of the stream `seed`: no two blocks of it are alike, so none can be lost, doubled or moved unseen. */
export function* blocks(seed: number, bytes: number): Generator<Buffer> {
  for (let at = 0; at < bytes; at += block.length) {
    const part = Buffer.from(block.subarray(0, Math.min(block.length, bytes - at)));
    if (part.length >= 8) {
      part.writeUInt32BE(seed, 0);
      part.writeUInt32BE(at / block.length, 4);
    }
    yield part;
  }
}

/** What the whole of `blocks` hashes to. */
export function digest(seed: number, bytes: number): string {
  const hash = createHash('sha1');
  for (const part of blocks(seed, bytes)) hash.update(part);
  return hash.digest('hex');
}

/** Writes `blocks` as fast as the socket takes them, then FIN if asked for. */
export function pour(socket: Socket, seed: number, bytes: number, end = true): void {
  const source = blocks(seed, bytes);
  const more = () => {
    while (!socket.destroyed) {
      const { value, done } = source.next();
      if (done) {
        if (end) socket.end();
        return;
      }
      if (!socket.write(value)) {
        socket.once('drain', more);
        return;
      }
    }
  };
  more();
}

/** A client, and all that happened to it. */
export class Caller {
  readonly socket: Socket;
  readonly #hash = createHash('sha1');
  /** What a proxy says before the service speaks: it does not count as received. */
  #preface = Buffer.alloc(0);
  #prefaceBytes = 0;
  /** The first bytes, for small talk. */
  text = '';
  received = 0;
  /** It got FIN. */
  ended = false;
  closed = false;
  /** The system's code of an error, such as ECONNRESET. */
  error: string | null = null;
  connectedAt: number | null = null;

  /** @param to a port of this machine, a path, or a socket that is connected already */
  constructor(to: number | string | NetConnectOpts | Socket) {
    if (to instanceof Socket) this.socket = to;
    else {
      const where =
        typeof to === 'number' ? { port: to, host: '127.0.0.1' } : typeof to === 'string' ? { path: to } : to;
      this.socket = connect({ ...where, allowHalfOpen: true });
    }
    this.socket.on('connect', () => {
      this.connectedAt = performance.now();
    });
    this.socket.on('data', (received: Buffer) => {
      const preface = received.subarray(0, this.#prefaceBytes - this.#preface.length);
      this.#preface = Buffer.concat([this.#preface, preface]);
      const chunk = received.subarray(preface.length);
      this.#hash.update(chunk);
      if (this.text.length < 1024) this.text += chunk.toString('latin1', 0, 1024);
      this.received += chunk.length;
    });
    this.socket.on('end', () => {
      if (this.socket.writableEnded) this.ended = true;
      else {
        // libuv takes a reset right behind data for an end. The socket knows better: then not even nothing can be written.
        this.socket.write('', (error) => {
          this.ended = !error;
        });
      }
    });
    this.socket.on('error', (error: NodeJS.ErrnoException) => {
      this.error = error.code ?? error.message;
    });
    this.socket.on('close', () => {
      this.closed = true;
    });
  }

  /** Speaks SOCKS 5 and gives the proxy's answer: 0 is yes, the others stand in RFC 1928 section 6. */
  async socks(host: string, port: number): Promise<number> {
    const name = Buffer.from(host);
    const target = [Buffer.from([5, 1, 0, 3, name.length]), name, Buffer.from([port >> 8, port & 0xff])];
    this.#prefaceBytes = 12;
    this.socket.write(Buffer.concat([Buffer.from([5, 1, 0]), ...target]));
    await until('the answer of the SOCKS proxy', () => this.#preface.length === 12 || this.closed);
    return this.#preface[3] ?? -1;
  }

  /** Of all it received. To be asked once. */
  digest(): string {
    return this.#hash.digest('hex');
  }
}

/** A service on loopback or at a path, with the sockets it serves. */
export class Service {
  readonly server: Server;
  readonly sockets = new Set<Socket>();
  port = 0;
  /** Clients so far. */
  taken = 0;
  /** Bytes that were read from all clients. */
  received = 0;

  constructor(serve: (socket: Socket) => void) {
    this.server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
      this.taken += 1;
      this.sockets.add(socket);
      socket.on('error', () => {});
      socket.on('close', () => this.sockets.delete(socket));
      serve(socket);
    });
  }

  async listen(where: ListenOptions = { port: 0, host: '127.0.0.1' }): Promise<this> {
    await new Promise<void>((resolve, reject) => {
      this.server.once('error', reject).listen(where, resolve);
    });
    const address = this.server.address();
    if (address !== null && typeof address === 'object') this.port = address.port;
    return this;
  }

  close(): void {
    this.server.close();
    for (const socket of this.sockets) socket.destroy();
  }
}

/** Sends back what comes, FIN included. */
export const echo = () => new Service((socket) => void socket.pipe(socket));
