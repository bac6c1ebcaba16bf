/**
 * One authenticated connection: the way to the server, trust, login; through other servers, each of these for each of them.
 * Everything that can change is read anew here: addresses, known hosts, agent, key files. Has no timer: the machine decides
 * when a phase has taken too long, or when to try TCP once more.
 */
import { asFailure, type Failure, FailureError, failure } from '../core/failure.js';
import type { Address, Request } from '../core/request/request.js';
import { nativeCrypto } from '../io/ssh/internals.js';
import { ChannelRefused, type SshConnection } from '../io/ssh/session.js';
import { channelTransport, type Transport } from '../io/ssh/transport.js';
import { type Approach, type ApproachNews, approachByCommand, approachByTcp } from './approach.js';
import { chained, type Ring } from './chain.js';
import { type HandshakeNews, type HandshakeParts, placeOf, type Server, shakeHands } from './handshake.js';

export interface DialParts extends HandshakeParts {
  readonly request: Request;
}

/** What comes of it. `onOpened` or `onFailed` is called once, last, and not after `abandon`. */
export interface DialNews extends HandshakeNews, Pick<ApproachNews, 'onLookup' | 'onFound'> {
  /** With other servers on the way: from here on it is about this one. The handshake's news come for each of them. */
  readonly onServer: (name: string) => void;
  /** `byPerson`: an answer was used that is not kept. */
  readonly onOpened: (connection: SshConnection, byPerson: boolean) => void;
  readonly onFailed: (failure: Failure) => void;
}

/** Begins at once. */
export function dial(parts: DialParts, news: DialNews): Approach {
  const { request } = parts;
  const { route } = request;
  const hops = route.type === 'jump' ? route.hops : [];
  const [first] = hops;
  const ending = new AbortController();
  let approach: Approach = { again() {}, abandon() {} };
  let wire: Transport | null = null;

  function fail(why: Failure): void {
    if (ending.signal.aborted) return;
    ending.abort();
    news.onFailed(why);
  }

  function begin(): void {
    if (first) news.onServer(first.host);
    const arriving: ApproachNews = { ...news, onThere: (there) => void goOn(there), onFailed: fail };
    if (route.type !== 'direct' && route.command !== null) {
      approachByCommand(route.command, parts.env, arriving);
    } else {
      const { address, tcpKeepAlive } = first ?? { ...request, tcpKeepAlive: request.keepalive.tcp };
      approach = approachByTcp(address, { keepAlive: tcpKeepAlive, requested: request.socket }, arriving);
    }
  }

  async function goOn(there: Transport): Promise<void> {
    wire = there;
    try {
      const rings: Ring[] = [];
      let byPerson = false;
      let next = there;
      const enter = async (server: Server): Promise<SshConnection> => {
        const opened = await shakeHands(server, next, { ...parts, ...news, signal: ending.signal });
        byPerson ||= opened.byPerson;
        return opened.connection;
      };
      for (const [index, hop] of hops.entries()) {
        const connection = await enter(hop);
        rings.push({ name: hop.host, connection });
        connection.onEnded = (why) => fail({ ...why, message: `${hop.host}: ${why.message}` });
        const to = hops[index + 1] ?? request;
        news.onServer(to.host);
        next = await pass(connection, hop, to);
      }
      const connection = await enter(request);
      if (ending.signal.aborted) return connection.reset();
      news.onDetail(
        nativeCrypto()
          ? 'ciphers run in native code'
          : 'ciphers run in JavaScript, which is slower: the native part of ssh2 is not built',
      );
      const last = { name: request.host, connection };
      news.onOpened(rings.length === 0 ? connection : chained(rings, last, parts.now), byPerson);
    } catch (thrown) {
      there.destroy();
      fail(asFailure(thrown));
    }
  }

  /** From a hop to the port of the next server. */
  async function pass(
    connection: SshConnection,
    hop: Server,
    to: Pick<Server, 'address'>,
  ): Promise<Transport> {
    const place = placeOf(to);
    try {
      const channel = await connection.open(endpoint(to.address), { host: '127.0.0.1', port: 65_535 });
      if (ending.signal.aborted) channel.destroy();
      news.onDetail(`connection to ${place} through ${hop.host}`);
      return channelTransport(channel);
    } catch (error) {
      if (!(error instanceof ChannelRefused)) throw error;
      // It will not think otherwise at the next try; another reason may pass.
      const kind = error.reason === prohibited ? 'denied' : 'unreachable';
      throw new FailureError(
        failure(kind, `${hop.host} does not connect us to ${place}: ${error.message}`, error),
      );
    }
  }

  begin();

  return {
    again: () => approach.again(),
    abandon(): void {
      ending.abort();
      approach.abandon();
      wire?.on('error', () => {});
      wire?.destroy();
    },
  };
}

/** RFC 4254 section 5.1: SSH_OPEN_ADMINISTRATIVELY_PROHIBITED, as with AllowTcpForwarding no. */
const prohibited = 1;

function endpoint({ hostName, port }: Address) {
  return { type: 'tcp', host: hostName, port } as const;
}
