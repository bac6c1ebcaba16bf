/**
 * A TCP proxy inside the test with the faults of a bad wire, for all of its connections or for one.
 * It cannot imitate what only a kernel does (a lost ACK, a NAT entry): that is the lab's part.
 */
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

/** Which way bytes travel, seen from the one who dialled. */
export type Way = 'toServer' | 'toClient';
const bothWays: readonly Way[] = ['toServer', 'toClient'];

/**
 * What the wire does with the bytes of one way, a FIN and a RST included:
 * - `pass`: hands them on, `delayMs` after they came, at most `bytesPerSecond`.
 * - `hold`: keeps them until it passes again, as a network that comes back.
 * - `drop`: throws them away; when it passes again the stream has a hole.
 * - `stall`: reads nothing, so that the sender's buffers fill, as with a reader that hangs.
 */
export type Fault =
  | { kind: 'pass'; delayMs?: number; bytesPerSecond?: number }
  | { kind: 'hold' }
  | { kind: 'drop' }
  | { kind: 'stall' };

/** What meets a new connection: it is carried, refused by the kernel, or taken and left without a word. */
export type Door = 'open' | 'refuse' | 'mute';

/** More than this on the way and the sender is not read from, as a real wire holds only so much. */
const capacity = 1_048_576;
const ignore = () => {};

/** One way of one connection. */
class Lane {
  readonly #from: Socket;
  readonly #to: Socket;
  #fault: Fault;
  #queue: { bytes: Buffer; at: number }[] = [];
  #queued = 0;
  #ending: 'fin' | 'rst' | undefined;
  #carrying = false;
  #wake = ignore;
  /** Bytes handed on. */
  carried = 0;

  constructor(from: Socket, to: Socket, fault: Fault) {
    this.#from = from;
    this.#to = to;
    this.#fault = fault;
    from.on('data', (bytes: Buffer) => {
      if (this.#fault.kind === 'drop') return;
      this.#queue.push({ bytes, at: performance.now() });
      this.#queued += bytes.length;
      this.#read();
      this.#carry();
    });
    from.on('end', () => this.#end('fin'));
    from.on('error', () => this.#end('rst'));
    to.on('drain', () => this.#wake());
    to.on('close', () => this.#wake());
    this.set(fault);
  }

  set(fault: Fault): void {
    this.#fault = fault;
    if (fault.kind === 'drop') {
      this.#queue = [];
      this.#queued = 0;
    }
    this.#read();
    this.#wake();
    this.#carry();
  }

  #end(ending: 'fin' | 'rst'): void {
    this.#ending = ending;
    this.#carry();
  }

  #read(): void {
    const full = this.#fault.kind === 'pass' && this.#queued > capacity;
    if (this.#fault.kind === 'stall' || full) this.#from.pause();
    else this.#from.resume();
  }

  #carry(): void {
    if (this.#carrying) return;
    this.#carrying = true;
    void this.#run().finally(() => {
      this.#carrying = false;
    });
  }

  async #run(): Promise<void> {
    while (this.#fault.kind === 'pass' && !this.#to.destroyed) {
      const { delayMs = 0, bytesPerSecond = Number.POSITIVE_INFINITY } = this.#fault;
      const [head] = this.#queue;
      if (head === undefined) {
        if (this.#ending === 'fin' && !this.#to.writableEnded) this.#to.end();
        if (this.#ending === 'rst') this.#to.resetAndDestroy();
        return;
      }
      const early = head.at + delayMs - performance.now();
      if (early > 0) {
        await this.#pause(early);
        continue;
      }
      // A slow wire carries a fiftieth of a second's worth at a time.
      const part = head.bytes.subarray(0, Math.max(1, Math.floor(bytesPerSecond / 50)));
      head.bytes = head.bytes.subarray(part.length);
      if (head.bytes.length === 0) this.#queue.shift();
      this.#queued -= part.length;
      this.carried += part.length;
      this.#read();
      if (!this.#to.write(part)) await this.#pause();
      if (bytesPerSecond !== Number.POSITIVE_INFINITY)
        await this.#pause((part.length * 1000) / bytesPerSecond);
    }
  }

  /** Until the time is over, or the fault changed, or the reader drained or left. */
  #pause(ms?: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = ms === undefined ? undefined : setTimeout(resolve, ms);
      this.#wake = () => {
        clearTimeout(timer);
        this.#wake = ignore;
        resolve();
      };
    });
  }
}

/** One connection through the wire. */
export class Carried {
  readonly #lanes: Readonly<Record<Way, Lane>>;
  readonly #sockets: readonly [Socket, Socket];

  constructor(client: Socket, server: Socket, faults: Readonly<Record<Way, Fault>>) {
    this.#sockets = [client, server];
    this.#lanes = {
      toServer: new Lane(client, server, faults.toServer),
      toClient: new Lane(server, client, faults.toClient),
    };
  }

  set(fault: Fault, ...ways: readonly Way[]): void {
    for (const way of ways.length === 0 ? bothWays : ways) this.#lanes[way].set(fault);
  }

  /** Bytes handed on so far. */
  carried(way: Way): number {
    return this.#lanes[way].carried;
  }

  /** RST to both ends. */
  reset(): void {
    for (const socket of this.#sockets) socket.resetAndDestroy();
  }

  /** FIN to both ends, what is on the way included. */
  close(): void {
    for (const socket of this.#sockets) socket.destroySoon();
  }
}

/** The wire: a listener on loopback that carries to `port` of `host`. Made by {@link openWire}. */
export class Wire {
  readonly #target: { host: string; port: number };
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly #faults: Record<Way, Fault> = { toServer: { kind: 'pass' }, toClient: { kind: 'pass' } };
  #door: Door = 'open';
  #port = 0;
  /** The connections that live, the oldest first. */
  readonly connections: Carried[] = [];
  /** How many were taken since the start, muted ones included. */
  taken = 0;

  constructor(target: { host: string; port: number }) {
    this.#target = target;
    this.#server = createServer({ allowHalfOpen: true }, (socket) => this.#take(socket));
  }

  /** The port to dial. */
  get port(): number {
    return this.#port;
  }

  /** For connections that live and for those to come; both ways unless told which. */
  set(fault: Fault, ...ways: readonly Way[]): void {
    for (const way of ways.length === 0 ? bothWays : ways) this.#faults[way] = fault;
    for (const one of this.connections) one.set(fault, ...ways);
  }

  /** Resolves when the next connection meets it. Living ones go on. */
  async setDoor(door: Door): Promise<void> {
    if (door === 'refuse' && this.#server.listening) this.#server.close();
    if (door !== 'refuse' && !this.#server.listening) await this.listen();
    this.#door = door;
  }

  /** RST to both ends of all. */
  reset(): void {
    for (const one of [...this.connections]) one.reset();
  }

  /** Ends everything. */
  close(): void {
    if (this.#server.listening) this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
  }

  /** Listens on the port it had, or on a free one the first time. */
  listen(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(this.#port, '127.0.0.1', () => {
        this.#server.off('error', reject);
        this.#port = (this.#server.address() as AddressInfo).port;
        resolve();
      });
    });
  }

  #take(client: Socket): void {
    this.taken += 1;
    this.#keep(client);
    if (this.#door === 'mute') {
      client.resume();
      return;
    }
    const server = connect({ ...this.#target, allowHalfOpen: true });
    this.#keep(server);
    client.setNoDelay();
    server.setNoDelay();
    const carried = new Carried(client, server, this.#faults);
    this.connections.push(carried);
    const forget = () => {
      if (!client.destroyed || !server.destroyed) return;
      const at = this.connections.indexOf(carried);
      if (at !== -1) this.connections.splice(at, 1);
    };
    client.on('close', forget);
    server.on('close', forget);
  }

  #keep(socket: Socket): void {
    this.#sockets.add(socket);
    socket.on('error', ignore);
    socket.on('close', () => this.#sockets.delete(socket));
  }
}

/** A wire to a server on loopback. Call `close()` when done. */
export async function openWire(port: number, host = '127.0.0.1'): Promise<Wire> {
  const wire = new Wire({ host, port });
  await wire.listen();
  return wire;
}
