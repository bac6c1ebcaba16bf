/** Links by number: dialled, connected, with the channels and pipes they carry. */
import { type Failure, failure, type Outcome } from '../core/failure.js';
import type { Ask } from '../core/prompt.js';
import type { Endpoint, Request } from '../core/request/request.js';
import type { Event } from '../core/tunnel/event.js';
import type { Notice } from '../core/tunnel/notice.js';
import type { SocketStats } from '../core/tunnel/stepcontext.js';
import { type Dialling, type DialParts, dial } from '../dial/dial.js';
import { cutOff, type Local, type Pipe, pipe } from '../io/pipe.js';
import { type Channel, ChannelRefused, type Connection, type Incoming } from '../io/ssh/connection.js';
import type { Clients, WaitingClient } from './localclients.js';

export interface CarriedLink {
  /** While it is being dialled. */
  dialling: Dialling | null;
  connection: Connection | null;
  readonly pipes: Set<Pipe>;
  /** What is opened and not there yet: channels asked for, targets dialled for clients of the server's side. */
  opening: number;
  /** Aborted when the link is gone. */
  readonly ending: AbortController;
  /** Confirmed, by client: waiting for the word to pipe or to close. */
  readonly channels: Map<number, Channel>;
  /** What the server listens on, or has listened on: who came before it stopped may be on the way. By forward. */
  readonly bound: Map<number, Endpoint>;
  draining: boolean;
}

export interface LinkParts {
  readonly dial: Omit<DialParts, 'ask' | 'request'>;
  /** Asks on behalf of a link; null when nobody can be asked. */
  readonly askFor: (link: number) => Ask | null;
  readonly clients: Clients;
  readonly report: (event: Event) => void;
  readonly notify: (notice: Notice) => void;
  readonly receive: (link: number, incoming: Incoming) => void;
}

export class Links {
  readonly #parts: LinkParts;
  readonly #links = new Map<number, CarriedLink>();
  /** Sockets of this side, joined to a channel. One that reads slowly may outlive its channel and its link. */
  readonly #joined = new Set<Local>();

  constructor(parts: LinkParts) {
    this.#parts = parts;
  }

  get(number: number): CarriedLink | undefined {
    return this.#links.get(number);
  }

  /** @param request by which it is dialled; a promise while it is being read, which never rejects */
  dial(number: number, request: Request | Promise<Request>): void {
    const link: CarriedLink = {
      dialling: null,
      connection: null,
      pipes: new Set(),
      opening: 0,
      ending: new AbortController(),
      channels: new Map(),
      bound: new Map(),
      draining: false,
    };
    this.#links.set(number, link);
    const ask = this.#parts.askFor(number);
    if (!(request instanceof Promise)) return this.#dialBy(request, number, link, ask);
    this.#parts.report({ type: 'rereading', link: number });
    void request.then((read) => {
      if (this.#links.get(number) !== link) return;
      this.#parts.report({ type: 'found', link: number });
      this.#dialBy(read, number, link, ask);
    });
  }

  #dialBy(request: Request, number: number, link: CarriedLink, ask: Ask | null): void {
    const { report, notify } = this.#parts;
    link.dialling = dial(
      { ...this.#parts.dial, request, ask },
      {
        onLookup: () => report({ type: 'lookingUp', link: number }),
        onFound: () => report({ type: 'found', link: number }),
        onServer: (server) => report({ type: 'hopStarted', link: number, server }),
        onQueued: () => report({ type: 'queued', link: number }),
        onReached: () => report({ type: 'tcpConnected', link: number }),
        onGreeted: () => report({ type: 'hostKeyAccepted', link: number }),
        onOpened: (connection, byPerson) => {
          link.dialling = null;
          link.connection = connection;
          connection.onEnded = (why) => this.#ended(number, why);
          connection.onIncoming = (incoming) => this.#parts.receive(number, incoming);
          report({ type: 'opened', link: number, byPerson });
        },
        onFailed: (why) => this.#ended(number, why),
        onDetail: (text) => notify({ type: 'detail', link: number, text }),
        onNote: (text) => notify({ type: 'note', text }),
        onBanner: (server, text) => notify({ type: 'banner', server, text }),
      },
    );
  }

  dialAgain(number: number): void {
    this.#links.get(number)?.dialling?.again();
  }

  /** Pipes are reset before anybody hears of the end: a truncated stream must not look complete. */
  #remove(number: number): CarriedLink | undefined {
    const link = this.#links.get(number);
    this.#links.delete(number);
    link?.ending.abort();
    for (const carried of link?.pipes ?? []) carried.lost();
    return link;
  }

  #ended(number: number, why: Failure): void {
    this.#remove(number);
    this.#parts.report({ type: 'ended', link: number, failure: why });
  }

  close(number: number, how: 'goodbye' | 'reset'): void {
    const link = this.#remove(number);
    link?.dialling?.abandon();
    if (how === 'goodbye') link?.connection?.disconnect();
    else link?.connection?.reset();
  }

  probe(number: number): void {
    const answered = (rttMs: number) => this.#parts.report({ type: 'keepaliveReply', link: number, rttMs });
    this.#links.get(number)?.connection?.probe(answered);
  }

  probeByChannel(number: number): void {
    this.#links.get(number)?.connection?.probeByChannel();
  }

  drain(number: number): void {
    const link = this.#links.get(number);
    if (link) link.draining = true;
    this.#emptied(number);
  }

  #emptied(number: number): void {
    const link = this.#links.get(number);
    if (!link?.draining || link.pipes.size > 0 || link.opening > 0 || link.channels.size > 0) return;
    this.#parts.report({ type: 'emptied', link: number });
  }

  /**
   * A client of the link is on its way, and no pipe carries it yet: a draining link is not closed under it.
   * @returns how to say that this is over
   */
  hold(number: number): () => void {
    const link = this.#links.get(number);
    if (!link) return () => {};
    link.opening += 1;
    return () => {
      link.opening -= 1;
      this.#emptied(number);
    };
  }

  async openChannel(client: number, number: number): Promise<void> {
    const over = this.hold(number);
    try {
      await this.#open(client, number);
    } finally {
      over();
    }
  }

  async #open(client: number, number: number): Promise<void> {
    const { clients, report } = this.#parts;
    const link = this.#links.get(number);
    if (!(await clients.stillThere(client)) || !link?.connection) return;
    const waiting = clients.get(client);
    if (!waiting || this.#links.get(number) !== link) return;
    const { remoteAddress = '127.0.0.1', remotePort = 0 } = waiting.client.socket;
    waiting.channelRequested = true;
    try {
      const channel = await link.connection.open(waiting.target, { host: remoteAddress, port: remotePort });
      if (this.#links.get(number) !== link) return;
      link.channels.set(client, channel);
      report({ type: 'channelOpened', client, link: number });
    } catch (error) {
      if (error instanceof ChannelRefused) waiting.reason = error.reason;
      const reason = `${where(waiting.target)}: ${error instanceof Error ? error.message : String(error)}`;
      report({ type: 'channelRefused', client, link: number, reason });
    }
  }

  /** The client's channel is confirmed: its bytes flow from now on. */
  pipe(client: number, number: number): void {
    const link = this.#links.get(number);
    const waiting = this.#parts.clients.take(client);
    const channel = link?.channels.get(client);
    link?.channels.delete(client);
    if (!channel) return;
    if (!waiting || waiting.client.socket.destroyed) {
      channel.close();
      return;
    }
    const before = waiting.client.take();
    if (link && waiting.client.peer === null) this.#endsWith(link, waiting, channel);
    if (waiting.socks) waiting.client.socket.write(waiting.socks.granted());
    this.join(number, waiting.client.socket, channel, before);
  }

  /** Standard input and output are what the tunnel is there for: when they are over, so is it. */
  #endsWith(link: CarriedLink, { client, target }: WaitingClient, channel: Channel): void {
    const { signal } = link.ending;
    client.socket.once('close', () => {
      const whole = channel.complete() && client.socket.writableFinished;
      const cut = channel.confirmed() && !channel.complete();
      const why = signal.aborted
        ? `the connection that carried stdin and stdout to ${where(target)} was lost`
        : `${where(target)}: the server cut the connection off before its end`;
      // Whoever reads it may also have left: that is an end like any other.
      const outcome: Outcome =
        whole || !(signal.aborted || cut) ? { ok: true } : { ok: false, failure: failure('lost', why) };
      const end = () => this.#parts.report({ type: 'stopRequested', now: true, outcome });
      if (signal.aborted || channel.confirmed()) return end();
      // What was sent last may be on its way still.
      channel.once('close', end);
      signal.addEventListener('abort', end, { once: true });
    });
  }

  join(
    number: number,
    local: Local,
    channel: Channel,
    before: Parameters<typeof pipe>[3] = { ahead: [], ended: false },
  ): void {
    const link = this.#links.get(number);
    if (!link?.connection) {
      cutOff(local);
      return;
    }
    this.#joined.add(local);
    local.once('close', () => this.#joined.delete(local));
    const made = pipe(local, channel, link.connection.gate, before, () => {
      link.pipes.delete(made);
      this.#emptied(number);
    });
    link.pipes.add(made);
  }

  closeChannel(client: number, number: number): void {
    const link = this.#links.get(number);
    const channel = link?.channels.get(client);
    link?.channels.delete(client);
    channel?.resume();
    channel?.close();
    this.#emptied(number);
  }

  socketStats(): ReadonlyMap<number, SocketStats> {
    const found = new Map<number, SocketStats>();
    for (const [number, { connection, pipes }] of this.#links) {
      if (connection) found.set(number, { ...connection.socketStats(), pipes: pipes.size });
    }
    return found;
  }

  pipes(number: number): number {
    return this.#links.get(number)?.pipes.size ?? 0;
  }

  abandon(): void {
    for (const number of [...this.#links.keys()]) this.close(number, 'goodbye');
    for (const local of this.#joined) cutOff(local);
  }
}

function where(target: Endpoint): string {
  return target.type === 'unix' ? target.path : `${target.host}:${target.port}`;
}
