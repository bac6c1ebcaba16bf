/** Remote forwards: where the server listens on request, and the clients that come from there. */

import { isPermitted } from '../core/request/remoteopen.js';
import type { Endpoint, Request } from '../core/request/request.js';
import { codeOf, messageOf } from '../core/text/reason.js';
import type { ForwardIndex, LinkId } from '../core/tunnel/ids.js';
import { fewDescriptors } from '../io/descriptors.js';
import { dialTarget, whyNot } from '../io/socket.js';
import { readSocksRequest } from '../io/socks.js';
import type { Incoming } from '../io/ssh/session.js';
import type { Links } from './links.js';
import { type ClientParts, fewLeft } from './localclients.js';

/** RFC 4254, section 5.1: SSH_OPEN_ADMINISTRATIVELY_PROHIBITED. */
const prohibited = 1;

export interface RemoteParts extends ClientParts {
  /** The request by the configuration as it was last read. */
  readonly inForce: () => Request;
}

/** Requests and cancels remote forwards, and joins the clients that come from there to their targets. */
export class RemoteForwards {
  readonly #parts: RemoteParts;
  readonly #links: () => Links;
  /** Connections to targets that have no descriptor yet. */
  #starting = 0;

  constructor(parts: RemoteParts, links: () => Links) {
    this.#parts = parts;
    this.#links = links;
  }

  /** @param port to request instead of the forward's own 0, because the server chose it before */
  async requestForward(index: ForwardIndex, link: LinkId, port: number | null): Promise<void> {
    const { request, report } = this.#parts;
    const forward = request.forwards[index];
    const carried = this.#links().get(link);
    if (!forward || !carried?.connection) return;
    const { listen } = forward;
    if (listen.type === 'stdio') return;
    const at: Endpoint = listen.type === 'tcp' && port !== null ? { ...listen, port } : listen;
    try {
      const got = await carried.connection.bind(at);
      if (this.#links().get(link) !== carried) return;
      carried.bound.set(index, at.type === 'tcp' && got !== null ? { ...at, port: got } : at);
      report({ type: 'remoteBound', forward: index, link, port: got });
    } catch (error) {
      const reason = messageOf(error);
      report({ type: 'remoteRefused', forward: index, link, reason });
    }
  }

  /** Cancels at the server only: clients from before it may still be on their way. */
  cancel(index: ForwardIndex, link: LinkId): void {
    const carried = this.#links().get(link);
    const at = carried?.bound.get(index);
    if (at) carried?.connection?.unbind(at);
  }

  async receive(link: LinkId, incoming: Incoming): Promise<void> {
    const links = this.#links();
    const signal = links.get(link)?.ending.signal;
    const index = this.#forwardAt(link, incoming.at);
    const target = this.#parts.request.forwards[index ?? -1]?.target;
    if (index === undefined || !target || !signal) return incoming.reject();
    const over = links.hold(link);
    try {
      if (target.type === 'socks') await this.#receiveSocks(index, link, incoming, signal);
      else await this.#receiveFor(index, target, link, incoming, signal);
    } catch (error) {
      // ssh2 throws at an answer to a server that has just ended the connection.
      const why = messageOf(error);
      this.#parts.notify({
        type: 'detail',
        link,
        text: `a client of the server was dropped: ${why}`,
      });
    } finally {
      over();
    }
  }

  async #receiveFor(
    index: ForwardIndex,
    target: Endpoint,
    link: LinkId,
    incoming: Incoming,
    signal: AbortSignal,
  ): Promise<void> {
    let socket: Awaited<ReturnType<typeof dialTarget>>;
    try {
      socket = await this.#dial(target, signal);
    } catch (error) {
      if (signal.aborted) return;
      this.#reportRefused(index, target, error);
      incoming.reject();
      return;
    }
    this.#parts.report({ type: 'remoteClientServed', forward: index });
    try {
      if (this.#links().get(link)) this.#links().join(link, socket, incoming.accept());
      else socket.destroy();
    } catch (error) {
      socket.destroy();
      throw error;
    }
  }

  /** Fails where it would take one of the last descriptors: those are the server's. */
  async #dial(...to: Parameters<typeof dialTarget>): ReturnType<typeof dialTarget> {
    if (fewDescriptors(this.#starting)) {
      this.#parts.notify({ type: 'note', text: fewLeft() });
      throw Object.assign(new Error('no file descriptor is left for it'), { code: 'EMFILE' });
    }
    // Its socket is made later in this turn.
    this.#starting += 1;
    setImmediate(() => {
      this.#starting -= 1;
    });
    return await dialTarget(...to);
  }

  #reportRefused(index: ForwardIndex, target: Parameters<typeof dialTarget>[0], error: unknown): void {
    const where = 'path' in target ? target.path : `${target.host}:${target.port}`;
    const why = error instanceof Error ? whyNot(error) : String(error);
    this.#parts.report({ type: 'remoteClientRefused', forward: index, reason: `${where}: ${why}` });
  }

  async #receiveSocks(
    index: ForwardIndex,
    link: LinkId,
    incoming: Incoming,
    signal: AbortSignal,
  ): Promise<void> {
    const channel = incoming.accept();
    const forget = this.#parts.bound(() => channel.close());
    const socksRequest = await readSocksRequest(channel);
    forget();
    const dismiss = (farewell: Buffer) => {
      channel.resume();
      channel.end(farewell, () => channel.close());
    };
    if (!socksRequest.ok) return dismiss(socksRequest.farewell);
    if (!isPermitted(this.#parts.inForce().permittedTargets, socksRequest)) {
      this.#reportRefused(index, socksRequest, new Error('PermitRemoteOpen does not allow it'));
      return dismiss(socksRequest.refused(prohibited));
    }
    try {
      const socket = await this.#dial(socksRequest, signal);
      this.#parts.report({ type: 'remoteClientServed', forward: index });
      channel.write(socksRequest.granted());
      socket.write(socksRequest.rest);
      this.#links().join(link, socket, channel);
    } catch (error) {
      if (!signal.aborted) this.#reportRefused(index, socksRequest, error);
      dismiss(socksRequest.refused(codeOf(error) || 'EHOSTUNREACH'));
    }
  }

  /** The port decides; where several forwards share one, the address. */
  #forwardAt(link: LinkId, at: Endpoint): ForwardIndex | undefined {
    const bound = [...(this.#links().get(link)?.bound ?? [])];
    const same = bound.filter(([, own]) => {
      if (at.type === 'unix') return own.type === 'unix' && own.path === at.path;
      return own.type === 'tcp' && own.port === at.port;
    });
    const exact = same.find(([, own]) => own.type === 'tcp' && at.type === 'tcp' && own.host === at.host);
    return (exact ?? same[0])?.[0];
  }
}
