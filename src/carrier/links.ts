/** Links by number: dialled, connected, with the channels and pipes they carry. */

import { type Failure, failure, type Outcome } from '../core/failure.js';
import type { Ask } from '../core/prompt.js';
import type { Endpoint, Request } from '../core/request/request.js';
import { messageOf } from '../core/text/reason.js';
import type { Event } from '../core/tunnel/event.js';
import type { ClientId, ForwardIndex, LinkId } from '../core/tunnel/ids.js';
import type { Notice } from '../core/tunnel/notice.js';
import type { SocketStats } from '../core/tunnel/stepcontext.js';
import type { Approach } from '../dial/approach.js';
import { type DialParts, dial } from '../dial/dial.js';
import { type Channel, cutOff, type LocalStream } from '../io/base/channel.js';
import { Pipe, type ReadBefore } from '../io/pipe.js';
import { ChannelRefused, type Incoming, type SshConnection } from '../io/ssh/session.js';
import type { LocalClients, WaitingClient } from './localclients.js';

/** A link from its dialling to its end. */
export interface CarriedLink {
  /** How to dial again or give up; null once the link is open. */
  dialling: Approach | null;
  connection: SshConnection | null;
  readonly pipes: Set<Pipe>;
  /** What is opened and not there yet: channels requested, targets dialled for clients of the server's side. */
  opening: number;
  /** Aborted when the link is gone. */
  readonly ending: AbortController;
  /** Confirmed, by client: waiting for the word to pipe or to close. */
  readonly channels: Map<ClientId, Channel>;
  /** Endpoints the server listens on, or did: a client from before it stopped may be on its way. By forward. */
  readonly bound: Map<ForwardIndex, Endpoint>;
  draining: boolean;
}

export interface LinkParts {
  readonly dial: Omit<DialParts, 'ask' | 'request'>;
  /** Prompts a person on behalf of a link; null where no person can be prompted. */
  readonly askFor: (link: LinkId) => Ask | null;
  readonly clients: LocalClients;
  readonly report: (event: Event) => void;
  readonly notify: (notice: Notice) => void;
  readonly receive: (link: LinkId, incoming: Incoming) => void;
}

/** Dials, carries clients, and reports what becomes of it; each link by the number that the machine gave it. */
export class Links {
  readonly #parts: LinkParts;
  readonly #links = new Map<LinkId, CarriedLink>();
  /** Sockets of this side, joined to a channel. One that reads slowly may outlive its channel and its link. */
  readonly #joined = new Set<LocalStream>();

  constructor(parts: LinkParts) {
    this.#parts = parts;
  }

  get(link: LinkId): CarriedLink | undefined {
    return this.#links.get(link);
  }

  /** @param request by which it is dialled; a promise while it is being read, which never rejects */
  dial(link: LinkId, request: Request | Promise<Request>): void {
    const carried: CarriedLink = {
      dialling: null,
      connection: null,
      pipes: new Set(),
      opening: 0,
      ending: new AbortController(),
      channels: new Map(),
      bound: new Map(),
      draining: false,
    };
    this.#links.set(link, carried);
    const ask = this.#parts.askFor(link);
    if (!(request instanceof Promise)) return this.#dialBy(request, link, carried, ask);
    this.#parts.report({ type: 'rereading', link });
    void request.then((read) => {
      if (this.#links.get(link) !== carried) return;
      this.#parts.report({ type: 'found', link });
      this.#dialBy(read, link, carried, ask);
    });
  }

  #dialBy(request: Request, link: LinkId, carried: CarriedLink, ask: Ask | null): void {
    const { report, notify } = this.#parts;
    carried.dialling = dial(
      { ...this.#parts.dial, request, ask },
      {
        onLookup: () => report({ type: 'lookingUp', link }),
        onFound: () => report({ type: 'found', link }),
        onServer: (server) => report({ type: 'hopStarted', link, server }),
        onQueued: () => report({ type: 'queued', link }),
        onTcpConnected: () => report({ type: 'tcpConnected', link }),
        onHostKeyAccepted: () => report({ type: 'hostKeyAccepted', link }),
        onOpened: (connection, byPerson) => {
          carried.dialling = null;
          carried.connection = connection;
          connection.onEnded = (why) => this.#ended(link, why);
          connection.onIncoming = (incoming) => this.#parts.receive(link, incoming);
          report({ type: 'opened', link, byPerson });
        },
        onFailed: (why) => this.#ended(link, why),
        onDetail: (text) => notify({ type: 'detail', link, text }),
        onNote: (text) => notify({ type: 'note', text }),
        onBanner: (server, text) => notify({ type: 'banner', server, text }),
      },
    );
  }

  dialAgain(link: LinkId): void {
    this.#links.get(link)?.dialling?.again();
  }

  /** Pipes are reset before the end is reported: a truncated stream must not look complete. */
  #remove(link: LinkId): CarriedLink | undefined {
    const carried = this.#links.get(link);
    this.#links.delete(link);
    carried?.ending.abort();
    for (const joined of carried?.pipes ?? []) joined.lost();
    return carried;
  }

  #ended(link: LinkId, why: Failure): void {
    this.#remove(link);
    this.#parts.report({ type: 'ended', link, failure: why });
  }

  close(link: LinkId, how: 'disconnect' | 'reset'): void {
    const carried = this.#remove(link);
    carried?.dialling?.abandon();
    if (how === 'disconnect') carried?.connection?.disconnect();
    else carried?.connection?.reset();
  }

  probe(link: LinkId): void {
    const answered = (rttMs: number) => this.#parts.report({ type: 'keepaliveReply', link, rttMs });
    this.#links.get(link)?.connection?.probe(answered);
  }

  probeByChannel(link: LinkId): void {
    this.#links.get(link)?.connection?.probeByChannel();
  }

  drain(link: LinkId): void {
    const carried = this.#links.get(link);
    if (carried) carried.draining = true;
    this.#emptied(link);
  }

  #emptied(link: LinkId): void {
    const carried = this.#links.get(link);
    if (!carried?.draining || carried.pipes.size > 0 || carried.opening > 0 || carried.channels.size > 0)
      return;
    this.#parts.report({ type: 'emptied', link });
  }

  /**
   * A client of the link is on its way, and no pipe carries it yet: a draining link is not closed under it.
   * @returns how to say that this is over
   */
  hold(link: LinkId): () => void {
    const carried = this.#links.get(link);
    if (!carried) return () => {};
    carried.opening += 1;
    return () => {
      carried.opening -= 1;
      this.#emptied(link);
    };
  }

  async openChannel(client: ClientId, link: LinkId): Promise<void> {
    const over = this.hold(link);
    try {
      await this.#open(client, link);
    } finally {
      over();
    }
  }

  async #open(client: ClientId, link: LinkId): Promise<void> {
    const { clients, report } = this.#parts;
    const carried = this.#links.get(link);
    if (!(await clients.stillThere(client)) || !carried?.connection) return;
    const waiting = clients.get(client);
    if (!waiting || this.#links.get(link) !== carried) return;
    const { remoteAddress = '127.0.0.1', remotePort = 0 } = waiting.local.socket;
    waiting.channelRequested = true;
    try {
      const channel = await carried.connection.open(waiting.target, {
        host: remoteAddress,
        port: remotePort,
      });
      if (this.#links.get(link) !== carried) return;
      carried.channels.set(client, channel);
      report({ type: 'channelOpened', client, link });
    } catch (error) {
      if (error instanceof ChannelRefused) waiting.reason = error.reason;
      const reason = `${endpointText(waiting.target)}: ${messageOf(error)}`;
      report({ type: 'channelRefused', client, link, reason });
    }
  }

  /** The client's channel is confirmed: its bytes flow from now on. */
  pipe(client: ClientId, link: LinkId): void {
    const carried = this.#links.get(link);
    const waiting = this.#parts.clients.take(client);
    const channel = carried?.channels.get(client);
    carried?.channels.delete(client);
    if (!channel) return;
    if (!waiting || waiting.local.socket.destroyed) {
      channel.close();
      return;
    }
    const before = waiting.local.take();
    if (carried && waiting.local.peer === null) this.#endsWith(carried, waiting, channel);
    if (waiting.socks) waiting.local.socket.write(waiting.socks.granted());
    this.join(link, waiting.local.socket, channel, before);
  }

  /** Standard input and output are what the tunnel is there for: when they are over, so is it. */
  #endsWith(carried: CarriedLink, { local: client, target }: WaitingClient, channel: Channel): void {
    const { signal } = carried.ending;
    client.socket.once('close', () => {
      const whole = channel.complete() && client.socket.writableFinished;
      const cut = channel.confirmed() && !channel.complete();
      const why = signal.aborted
        ? `the connection that carried stdin and stdout to ${endpointText(target)} was lost`
        : `${endpointText(target)}: the server cut the connection off before its end`;
      // The reader may also have left: that is an end like any other.
      const outcome: Outcome =
        whole || !(signal.aborted || cut) ? { ok: true } : { ok: false, failure: failure('lost', why) };
      const end = () => this.#parts.report({ type: 'stopRequested', now: true, outcome });
      if (signal.aborted || channel.confirmed()) return end();
      // What was sent last may be on its way still.
      channel.once('close', end);
      signal.addEventListener('abort', end, { once: true });
    });
  }

  /** The bytes of a local socket and of a channel go to each other from now on. */
  join(
    link: LinkId,
    local: LocalStream,
    channel: Channel,
    before: ReadBefore = { ahead: [], ended: false },
  ): void {
    const carried = this.#links.get(link);
    if (!carried?.connection) {
      cutOff(local);
      return;
    }
    this.#joined.add(local);
    local.once('close', () => this.#joined.delete(local));
    const pipe = new Pipe(local, channel, carried.connection.gate, () => {
      carried.pipes.delete(pipe);
      this.#emptied(link);
    });
    carried.pipes.add(pipe);
    pipe.start(before);
  }

  closeChannel(client: ClientId, link: LinkId): void {
    const carried = this.#links.get(link);
    const channel = carried?.channels.get(client);
    carried?.channels.delete(client);
    channel?.resume();
    channel?.close();
    this.#emptied(link);
  }

  socketStats(): ReadonlyMap<LinkId, SocketStats> {
    const found = new Map<LinkId, SocketStats>();
    for (const [link, { connection, pipes }] of this.#links) {
      if (connection) found.set(link, { ...connection.socketStats(), pipes: pipes.size });
    }
    return found;
  }

  pipes(link: LinkId): number {
    return this.#links.get(link)?.pipes.size ?? 0;
  }

  abandon(): void {
    for (const link of [...this.#links.keys()]) this.close(link, 'disconnect');
    for (const local of this.#joined) cutOff(local);
  }
}

function endpointText(target: Endpoint): string {
  return target.type === 'unix' ? target.path : `${target.host}:${target.port}`;
}
