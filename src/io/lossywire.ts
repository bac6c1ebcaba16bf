/** A TCP proxy on loopback with the faults of a bad wire, for `holdfast demo`. */
import net from 'node:net';
import { listenOnLoopback } from './base/loopback.js';

export interface LossyWire {
  /** The port to dial instead of the server's. */
  readonly port: number;
  /** How many connections it carries, silent ones included. */
  connections(): number;
  /** The connections of now are silent for good; new ones get through. */
  forget(): void;
  /** Nothing gets through, and nothing is lost. New connections are taken, and as silent. */
  silence(): void;
  /** Resets every connection; the next ones are refused. */
  cut(): void;
  /** What was held back or refused gets through again. Rejects when another program took the port meanwhile. */
  restore(): Promise<void>;
  close(): void;
}

/** Carries connections to `target`, a port on loopback. Rejects with the system's error when it cannot listen. */
export async function openWire(target: number): Promise<LossyWire> {
  const carried = new Set<Carried>();
  let silent = false;
  const server = net.createServer({ allowHalfOpen: true, noDelay: true }, (client) => {
    const one = new Carried(client, target, () => carried.delete(one));
    carried.add(one);
    if (silent) one.hold();
  });
  const port = await listenOnLoopback(server);
  return {
    port,
    connections: () => carried.size,
    forget() {
      for (const one of carried) one.forget();
    },
    silence() {
      silent = true;
      for (const one of carried) one.hold();
    },
    cut() {
      server.close();
      for (const one of [...carried]) one.reset();
    },
    async restore() {
      silent = false;
      for (const one of carried) one.pass();
      if (!server.listening) await listenOnLoopback(server, port);
    },
    close() {
      server.close();
      for (const one of [...carried]) one.reset();
    },
  };
}

/**
 * One connection. To hold it is to stop reading both ends: the kernels keep what was sent, and neither end learns of the
 * other's FIN or RST, as on a wire that carries nothing.
 */
class Carried {
  readonly #ends: readonly [net.Socket, net.Socket];
  #at: 'passing' | 'held' | 'forgotten' = 'passing';

  constructor(client: net.Socket, target: number, onGone: () => void) {
    const server = net.connect({ host: '127.0.0.1', port: target, allowHalfOpen: true, noDelay: true });
    this.#ends = [client, server];
    this.#join(client, server, onGone);
    this.#join(server, client, onGone);
  }

  hold(): void {
    if (this.#at === 'passing') this.#stop('held');
  }

  forget(): void {
    this.#stop('forgotten');
  }

  pass(): void {
    if (this.#at !== 'held') return;
    this.#at = 'passing';
    for (const end of this.#ends) end.resume();
  }

  reset(): void {
    for (const end of this.#ends) end.resetAndDestroy();
  }

  #stop(at: 'held' | 'forgotten'): void {
    this.#at = at;
    for (const end of this.#ends) end.pause();
  }

  #join(from: net.Socket, to: net.Socket, onGone: () => void): void {
    from.on('error', () => {}); // shows as 'close'
    from.on('data', (chunk: Buffer) => {
      if (!to.write(chunk)) from.pause();
    });
    to.on('drain', () => {
      if (this.#at === 'passing') from.resume();
    });
    from.on('end', () => to.end());
    from.on('close', (broken) => {
      if (broken) to.resetAndDestroy();
      else to.destroySoon();
      onGone();
    });
  }
}
