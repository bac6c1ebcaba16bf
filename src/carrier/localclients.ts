/** Local listeners and the clients that wait at them for a channel, by number. */

import { type Failure, failure } from '../core/failure.js';
import type { Endpoint, Forward, Request } from '../core/request/request.js';
import type { Event } from '../core/tunnel/event.js';
import type { ClientId, ForwardIndex } from '../core/tunnel/ids.js';
import type { Notice } from '../core/tunnel/notice.js';
import { descriptorLimit, fewDescriptors, keptDescriptors } from '../io/descriptors.js';
import { hasLeft, holderOf } from '../io/kernel.js';
import { type Listener, LocalClient, listen, type Obstacle, PathTaken } from '../io/listen.js';
import { readSocksRequest, type SocksRequest } from '../io/socks.js';
import { openStdio } from '../io/stdio.js';

/** A SOCKS client may name any number of hosts. */
const foundMax = 1_000;

/** Is a target a name, which the server has to look up, and no address? */
function named(host: string): boolean {
  return host !== 'localhost' && !host.includes(':') && !/^[\d.]+$/.test(host);
}

/** A client of a local forward that has no confirmed channel yet. */
export interface WaitingClient {
  readonly local: LocalClient;
  readonly target: Endpoint;
  readonly socks: SocksRequest | null;
  /** Its channel is requested: from here on a FIN is the end of what it sends, whatever became of it. */
  channelRequested: boolean;
  /** Why its channel was refused, in SSH's numbers. */
  reason: number | null;
}

export interface ClientParts {
  readonly request: Request;
  readonly report: (event: Event) => void;
  readonly notify: (notice: Notice) => void;
  /** Runs `end` if it takes too long; returns how to call that off. */
  readonly bound: (end: () => void) => () => void;
}

/** Listens for local forwards, and keeps each client until its channel is confirmed or the client is turned away. */
export class LocalClients {
  readonly #parts: ClientParts;
  readonly #waiting = new Map<ClientId, WaitingClient>();
  readonly #listeners = new Map<ForwardIndex, Listener>();
  /** Host names of targets for which the server has opened a channel: at most `foundMax`. */
  readonly #found = new Set<string>();
  #last: ClientId = 0;
  #closed = false;

  constructor(parts: ClientParts) {
    this.#parts = parts;
  }

  get(client: ClientId): WaitingClient | undefined {
    return this.#waiting.get(client);
  }

  async listen(index: ForwardIndex): Promise<void> {
    const { request, report } = this.#parts;
    const forward = request.forwards[index];
    if (!forward) return;
    const { listen: at } = forward;
    if (at.type === 'stdio') {
      report({ type: 'listened', forward: index, port: null });
      await this.#accept(index, forward, new LocalClient(openStdio(), null));
      return;
    }
    try {
      const { socketMask: mask, socketReplace: replace } = request;
      const where = at.type === 'tcp' ? { ...at, family: request.address.family } : { ...at, mask, replace };
      const listener = await listen(where, (local) => void this.#accept(index, forward, local));
      if (this.#closed) {
        listener.close();
        return;
      }
      this.#listeners.set(index, listener);
      report({ type: 'listened', forward: index, port: listener.port });
    } catch (error) {
      report({ type: 'listenFailed', forward: index, failure: await listenFailure(forward, error) });
    }
  }

  async #accept(index: ForwardIndex, forward: Forward, local: LocalClient): Promise<void> {
    if (fewDescriptors() && local.peer !== null) {
      local.reset();
      this.#parts.notify({ type: 'note', text: fewLeft() });
      return;
    }
    let socks: SocksRequest | null = null;
    let target: Endpoint;
    if (forward.target.type === 'socks') {
      const forget = this.#parts.bound(() => local.reset());
      const socksRequest = await readSocksRequest(local.socket);
      forget();
      if (!socksRequest.ok) {
        local.dismiss(socksRequest.farewell);
        return;
      }
      socks = socksRequest;
      target = { type: 'tcp', host: socksRequest.host, port: socksRequest.port };
      local.unread(socksRequest.rest);
    } else {
      target = forward.target;
    }
    if (this.#closed || local.socket.destroyed) {
      local.reset();
      return;
    }
    const client = ++this.#last;
    this.#waiting.set(client, { local, target, socks, channelRequested: false, reason: null });
    local.wait(
      () => {
        if (!this.#waiting.get(client)?.channelRequested) void this.stillThere(client);
      },
      () => this.#leave(client),
    );
    const needsRemoteLookup = target.type === 'tcp' && named(target.host) && !this.#found.has(target.host);
    this.#parts.report({ type: 'arrived', client, forward: index, needsRemoteLookup });
  }

  /**
   * A client that sent FIN has left, or has only said all it wants to say; the FIN of one that is not read any more is not
   * even seen. Nothing must be opened for one that left: its request may be made again elsewhere.
   */
  async stillThere(client: ClientId): Promise<boolean> {
    const local = this.#waiting.get(client)?.local;
    if (!local) return false;
    // What was typed or piped in before is still to be sent.
    if (local.peer === null || (!local.finished && !local.full)) return true;
    const answer = await hasLeft(local.peer);
    // Of a client on another machine only its FIN is known.
    if (answer === 'finished sending' || (answer === 'unknown' && !local.finished)) return true;
    if (this.#waiting.get(client)?.local === local) {
      local.reset();
      this.#leave(client);
    }
    return false;
  }

  #leave(client: ClientId): void {
    const waiting = this.#waiting.get(client);
    if (!waiting) return;
    this.#waiting.delete(client);
    this.#parts.report({ type: 'left', client });
    // Stdin and stdout have no other client.
    if (waiting.local.peer === null)
      this.#parts.report({ type: 'stopRequested', now: true, outcome: { ok: true } });
  }

  /** Its channel is confirmed: it waits no longer. */
  take(client: ClientId): WaitingClient | undefined {
    const target = this.#waiting.get(client)?.target;
    if (target?.type === 'tcp' && this.#found.size < foundMax) this.#found.add(target.host);
    return this.#remove(client);
  }

  #remove(client: ClientId): WaitingClient | undefined {
    const waiting = this.#waiting.get(client);
    this.#waiting.delete(client);
    return waiting;
  }

  reset(client: ClientId): void {
    const waiting = this.#remove(client);
    if (!waiting) return;
    const { local, socks, reason } = waiting;
    local.take();
    // A SOCKS client understands a refusal; everybody else only a reset.
    if (socks) local.dismiss(socks.refused(reason ?? 'ETIMEDOUT'));
    else local.reset();
  }

  closeListeners(): void {
    this.#closed = true;
    const listeners = [...this.#listeners.values()];
    this.#listeners.clear();
    for (const listener of listeners) listener.close();
  }

  abandon(): void {
    this.closeListeners();
    for (const client of [...this.#waiting.keys()]) this.reset(client);
  }
}

/** Why a client, or a client of the server, is turned away. */
export function fewLeft(): string {
  return `clients are turned away: this process may open ${descriptorLimit()} files (ulimit -n), and the last ${keptDescriptors()} are kept for the connection to the server`;
}

const pathTaken: Readonly<Record<Obstacle, string>> = {
  file: 'is there and is no socket, so it is left alone: choose another path',
  listener:
    'is a socket on which another program listens: choose another path, or StreamLocalBindUnlink yes takes it over',
  unknown:
    'is a socket that we may not connect to, so it is not known whether another program listens: choose another path, or remove it if nobody uses it',
  foreign:
    'is a socket of another user, which is not ours to remove: choose another path, or have its owner remove it',
};

async function listenFailure(forward: Forward, error: unknown): Promise<Failure> {
  const { code, message } = error as NodeJS.ErrnoException;
  const { listen: at, text } = forward;
  if (code === 'EADDRINUSE' && at.type === 'tcp') {
    const holder = await holderOf(at.port);
    const by = holder === null ? 'by another program' : `by process ${holder}`;
    return failure('forward', `${text}: port ${at.port} is in use ${by}: choose another port`, error);
  }
  if (error instanceof PathTaken && at.type === 'unix') {
    return failure('forward', `${text}: ${at.path} ${pathTaken[error.by]}`, error);
  }
  if (code === 'EACCES' && at.type === 'tcp') {
    const need = `port ${at.port} needs privileges: choose one above 1023`;
    return failure('forward', `${text}: ${need}`, error);
  }
  // libuv says so for a folder that is missing, too.
  if (code === 'EACCES' && at.type === 'unix') {
    const need = `${at.path} cannot be made: its folder must be there, and ours to write to`;
    return failure('forward', `${text}: ${need}`, error);
  }
  return failure('forward', `${text}: cannot listen: ${message}`, error);
}
