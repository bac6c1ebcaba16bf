/** TCP sockets to ssh servers, with the options that a tunnel needs. */
import { setMaxListeners } from 'node:events';
import net from 'node:net';
import { constants } from 'node:os';
import { getSystemErrorMap } from 'node:util';
import { intoOneBuffer, type Take } from '../core/net/onebuffer.js';

export type { Socket } from 'node:net';

export interface Dialled {
  readonly host: string;
  readonly port: number;
  /** Of the address: 0 any, 4, 6. */
  readonly family: 0 | 4 | 6;
  readonly bindAddress: string | null;
  /** TCPKeepAlive */
  readonly keepAlive: boolean;
  /** The server's end of sending does not end ours. Default false. */
  readonly halfOpen?: boolean;
  /** Takes what arrives, instead of 'data'. */
  readonly take?: Take;
}

/** Sockets that do not know their address yet. */
const lookingUp = new WeakSet<net.Socket>();

/** Its server's name is being looked up, which nothing can call off: the look-up goes on when the socket is destroyed. */
export function looksUp(socket: net.Socket): boolean {
  return lookingUp.has(socket);
}

/**
 * Starts one TCP connection. The name is looked up anew each time; with several addresses they are tried in turn.
 *
 * - noDelay: with Nagle's algorithm each small packet waits for a delayed ACK, 40 ms and more.
 * - keepalive with delay 0 leaves the kernel's values (Linux 7200/75/9), as ssh does. Node's own 10 probes, one each
 *   second, would end a healthy connection in a 10 s outage.
 * - Node gives each address 250 ms (500 ms since 26.10) before it tries the next, less than many a round trip.
 */
export function dialTcp(to: Dialled): net.Socket {
  const { take } = to;
  // From an address only those of its own family can be reached.
  const family = to.family || net.isIP(to.bindAddress ?? '');
  const given = net.isIP(to.host);
  // Node would connect to it nevertheless.
  if (family !== 0 && given !== 0 && given !== family)
    return new net.Socket().destroy(
      new Error(`it is an IPv${given} address, and IPv${family} was requested`),
    );
  const socket = net.connect({
    host: to.host,
    port: to.port,
    family,
    autoSelectFamily: family === 0,
    autoSelectFamilyAttemptTimeout: 2500,
    noDelay: true,
    allowHalfOpen: to.halfOpen ?? false,
    ...(to.bindAddress === null ? {} : { localAddress: to.bindAddress }),
    ...(take && { onread: intoOneBuffer(take) }),
  });
  if (given === 0) {
    lookingUp.add(socket);
    socket.once('lookup', () => lookingUp.delete(socket));
  }
  socket.once('connect', () => {
    socket.setNoDelay(true);
    if (to.keepAlive) socket.setKeepAlive(true, 0);
  });
  return socket;
}

interface SocketError extends NodeJS.ErrnoException {
  readonly address?: string;
  /** Of each address, when there were several. */
  readonly errors?: readonly SocketError[];
}

/** As Node makes them, from a positive errno; absent: ECONNRESET. */
export function systemError(errno: number = constants.errno.ECONNRESET): Error {
  const [code = 'UNKNOWN', words = 'unknown error'] = getSystemErrorMap().get(-errno) ?? [];
  return Object.assign(new Error(`${code}: ${words}`), { code, errno: -errno });
}

/** What went wrong while connecting, in words and with the system's name for it: of several addresses, what each said. */
export function whyNot(error: SocketError): string {
  if (error.errors) return error.errors.map((one) => `${one.address}: ${whyNot(one)}`).join('; ');
  const [code, words] = getSystemErrorMap().get(error.errno ?? 0) ?? [error.code, error.message];
  return code === undefined ? words : `${words} (${error.code ?? code})`;
}

/**
 * To the target of a remote forward. Half-open: one side that finishes must not cut off the other side's answer.
 * @param signal calls it off, until it is connected
 */
export function dialTarget(
  target: { readonly host: string; readonly port: number } | { readonly path: string },
  signal: AbortSignal,
): Promise<net.Socket> {
  const where =
    'path' in target
      ? { path: target.path }
      : { host: target.host, port: target.port, noDelay: true, autoSelectFamilyAttemptTimeout: 2500 };
  return new Promise((resolve, reject) => {
    signal.throwIfAborted();
    setMaxListeners(0, signal); // any number of clients may come at once
    const socket = net.connect({ ...where, allowHalfOpen: true });
    const callOff = () => socket.destroy(signal.reason);
    const failed = (error: Error) => {
      signal.removeEventListener('abort', callOff);
      reject(error);
    };
    signal.addEventListener('abort', callOff);
    socket.once('error', failed);
    socket.once('connect', () => {
      signal.removeEventListener('abort', callOff);
      socket.off('error', failed);
      socket.on('error', () => {}); // a reset shows as 'close'; without this it would end the process
      resolve(socket);
    });
  });
}
