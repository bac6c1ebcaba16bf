/** The way to the first server: TCP attempts in a race, whose sockets get their options, or a ProxyCommand. */

import { type Failure, failure } from '../core/failure.js';
import { lackTexts, type RequestedSocketOptions, valuesText } from '../core/keepalive/socketoptions.js';
import type { Address } from '../core/request/request.js';
import { messageOf } from '../core/text/reason.js';
import { within } from '../io/clock.js';
import { readSockets } from '../io/kernel/connections.js';
import { readSysctl } from '../io/kernel/sysctls.js';
import { signalGroup } from '../io/machine.js';
import { runProxy } from '../io/proxy.js';
import { giveOptions } from '../io/socket/setoptions.js';
import { dialTcp, looksUp, type Socket, whyNot } from '../io/socket.js';
import { StreamTransport, type Transport } from '../io/ssh/transport.js';

/** So many TCP attempts of one link may be open; a further one replaces the second: the first has its whole time. */
const tcpMax = 3;

/** A ProxyCommand has this long to end after its signal. */
const obeyMs = 3_000;

export interface ApproachNews extends OptionNews {
  /** A name is looked up; it was found. Neither comes for an address. */
  readonly onLookup: () => void;
  readonly onFound: () => void;
  /** Called once, last; then the wire is the receiver's. Not after `abandon`. */
  readonly onThere: (wire: Transport) => void;
  readonly onFailed: (failure: Failure) => void;
}

export interface Approach {
  /** One more TCP attempt beside the open ones, if none has answered yet. */
  again(): void;
  abandon(): void;
}

/** What its socket gets: TCPKeepAlive, and the keepalive options beyond it, which switch keepalive on. */
export interface SocketWish {
  readonly keepAlive: boolean;
  readonly requested: RequestedSocketOptions;
}

export function approachByTcp(address: Address, wish: SocketWish, news: ApproachNews): Approach {
  const keepAlive = wish.keepAlive || wish.requested.keepalive !== null;
  const attempts = new Set<Socket>();
  let over = false;

  function again(): void {
    if (over) return;
    // A name server that needs seconds would never be heard out, and look-ups whose callers are gone would pile up.
    if ([...attempts].some(looksUp)) return;
    const [, second] = attempts;
    if (attempts.size >= tcpMax && second) drop(second);
    const socket = dialTcp({ ...address, host: address.hostName, keepAlive });
    // Further attempts run beside the first one's time, they do not renew it.
    const first = attempts.size === 0;
    attempts.add(socket);
    if (first && looksUp(socket)) {
      news.onLookup();
      socket.once('lookup', () => {
        if (!over && attempts.has(socket)) news.onFound();
      });
    }
    // With several addresses: each of them, and what became of it.
    const at = (address: string, port: number) => `${address} port ${port}`;
    socket.on('connectionAttempt', (to, port) => news.onDetail(`trying ${at(to, port)}`));
    socket.on('connectionAttemptFailed', (to, port, _family, error) =>
      news.onDetail(`${at(to, port)}: ${whyNot(error)}`),
    );
    socket.on('connectionAttemptTimeout', (to, port) =>
      news.onDetail(`${at(to, port)}: no answer yet; the next address is tried`),
    );
    socket.once('error', (error) => {
      attempts.delete(socket);
      // While another attempt is open this one's failure is no news.
      if (over || attempts.size > 0) return;
      over = true;
      const from = address.bindAddress === null ? '' : ` from ${address.bindAddress} (BindAddress)`;
      const place = `${address.hostName} port ${address.port}${from}`;
      news.onFailed(failure('unreachable', `cannot connect to ${place}: ${whyNot(error)}`, error));
    });
    socket.once('connect', () => {
      if (over) return drop(socket);
      attempts.delete(socket);
      abandon();
      news.onDetail(`TCP connection to ${socket.remoteAddress} port ${socket.remotePort}`);
      prepareSocket(socket, wish.requested, keepAlive, news);
      news.onThere(socket);
    });
  }

  function drop(socket: Socket): void {
    attempts.delete(socket);
    socket.on('error', () => {});
    socket.destroy();
  }

  function abandon(): void {
    over = true;
    for (const socket of attempts) drop(socket);
  }

  again();
  return { again, abandon };
}

/** The command runs as long as its wire. */
export function approachByCommand(
  command: string,
  env: Readonly<Record<string, string | undefined>>,
  news: Pick<ApproachNews, 'onThere' | 'onFailed' | 'onDetail'>,
): void {
  let wire: StreamTransport | null = null;
  const cannot = (why: string, cause?: unknown) => news.onFailed(failure('unreachable', why, cause));
  try {
    const proxy = runProxy({
      command,
      env,
      signalGroup,
      onLine: (text) => news.onDetail(`ProxyCommand: ${text}`),
      onEnded: (why) => (wire ? wire.destroy(new Error(why)) : cannot(why)),
    });
    if (proxy === null) return;
    // A command that does not end after its signal must not be left behind.
    const endSoon = () => within(obeyMs).addEventListener('abort', () => proxy.close('reset'));
    wire = new StreamTransport({
      ...proxy,
      close(how) {
        proxy.close(how);
        endSoon();
      },
      unref() {
        proxy.unref();
        endSoon();
      },
    });
    // Until the transport has its own listener.
    wire.on('error', () => {});
  } catch (error) {
    cannot(`cannot run ProxyCommand: ${messageOf(error)}`, error);
    return;
  }
  news.onThere(wire);
}

interface OptionNews {
  /** The values of the socket in force, in words. */
  readonly onDetail: (text: string) => void;
  /** Options that could not be set; they are not reported again. */
  readonly onNote: (text: string) => void;
}

/** For a connected socket. `keepAlive`: TCPKeepAlive is on. Without options nothing is set. */
function prepareSocket(
  socket: Socket,
  requested: RequestedSocketOptions,
  keepAlive: boolean,
  news: OptionNews,
): void {
  if (Object.values(requested).every((value) => value === null)) {
    news.onDetail(keepAlive ? `TCP keepalive on${systemText()}` : 'TCP keepalive off (TCPKeepAlive no)');
    return;
  }
  const given = giveOptions(socket, requested);
  lackTexts(requested, given).forEach(news.onNote);
  if (given.values !== null) news.onDetail(valuesText(given.values));
  else news.onDetail(`${given.lack}, so the values cannot be read back${armedText(socket)}`);
}

function systemText(): string {
  const [idle, interval, probes] = ['time', 'intvl', 'probes'].map((name) =>
    readSysctl(`tcp_keepalive_${name}`)?.trim(),
  );
  if (idle === undefined || interval === undefined || probes === undefined) return ', values of the system';
  return `, values of the system: idle ${idle} s, interval ${interval} s, ${probes} probes (/proc/sys/net/ipv4)`;
}

/** The one thing that the kernel shows of a socket to other processes than its holder: the timer. */
function armedText({ localPort, remotePort }: Socket): string {
  const row = readSockets()?.find(
    (one) => one.state === 'established' && one.localPort === localPort && one.remotePort === remotePort,
  );
  if (row?.timer !== 'keepalive') return '';
  return `; its keepalive timer rings in ${Math.round(row.timerLeftMs / 1_000)} s (/proc/net/tcp)`;
}
