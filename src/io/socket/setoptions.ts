/**
 * The options of a connected TCP socket, written and read back: by Node where it can, else by the kernel's own setsockopt and
 * getsockopt (libc.ts), which may be out of reach. Their numbers are Linux's; elsewhere there is only what Node can.
 */
import net from 'node:net';
import { endianness } from 'node:os';
import type {
  RequestedSocketOptions,
  SocketGiven,
  SocketValues,
} from '../../core/keepalive/socketoptions.js';
import { parseTcpInfoBytes, type SocketHealth } from '../../core/keepalive/tcpinfo.js';
import { type Calls, calls } from './libc.js';

/** Level and name (include/uapi/asm-generic/socket.h, include/uapi/linux/tcp.h). */
const options = {
  SO_ERROR: [1, 4],
  SO_KEEPALIVE: [1, 9],
  TCP_KEEPIDLE: [6, 4],
  TCP_KEEPINTVL: [6, 5],
  TCP_KEEPCNT: [6, 6],
  TCP_INFO: [6, 11],
  TCP_USER_TIMEOUT: [6, 18],
  TCP_NOTSENT_LOWAT: [6, 25],
} as const;

type Option = keyof typeof options;

/** -1 where it has none: it is closed, or this is Windows. */
function descriptorOf(socket: net.Socket): number {
  const { _handle: handle } = socket as unknown as { readonly _handle?: { readonly fd?: number } | null };
  return handle?.fd ?? -1;
}

function read({ getsockopt }: Calls, fd: number, option: Option, bytes: number): Buffer | null {
  const value = Buffer.alloc(bytes);
  const length = Buffer.from(Uint32Array.of(bytes).buffer);
  const [level, name] = options[option];
  if (getsockopt(fd, level, name, value, length) !== 0) return null;
  return value;
}

function readInt(through: Calls, fd: number, option: Option): number {
  const bytes = read(through, fd, option, 4);
  if (bytes === null) return 0;
  return endianness() === 'LE' ? bytes.readInt32LE() : bytes.readInt32BE();
}

function write({ setsockopt }: Calls, fd: number, option: Option, value: number): void {
  const [level, name] = options[option];
  // What it refuses is seen when it is read back.
  setsockopt(fd, level, name, Buffer.from(Int32Array.of(value).buffer), 4);
}

/**
 * Sets the requested options of a connected socket, and reads back what it has then. Nothing requested: nothing is set. A later setKeepAlive
 * would undo it.
 */
export function giveOptions(socket: net.Socket, requested: RequestedSocketOptions): SocketGiven {
  const { keepalive, userTimeoutMs, notsentLowatBytes } = requested;
  const byNode = net.Socket.prototype.setKeepAlive.length >= 4;
  const through = calls();
  const fd = descriptorOf(socket);
  if (keepalive !== null && byNode) setKeepAlive(socket, keepalive);
  if (typeof through === 'string') {
    return { values: null, keepaliveSet: keepalive !== null && byNode, lack: through };
  }
  if (keepalive !== null && !byNode) {
    socket.setKeepAlive(true, 0);
    write(through, fd, 'TCP_KEEPIDLE', keepalive.idleS);
    write(through, fd, 'TCP_KEEPINTVL', keepalive.intervalS);
    write(through, fd, 'TCP_KEEPCNT', keepalive.probes);
  }
  if (userTimeoutMs !== null) write(through, fd, 'TCP_USER_TIMEOUT', userTimeoutMs);
  if (notsentLowatBytes !== null) write(through, fd, 'TCP_NOTSENT_LOWAT', notsentLowatBytes);
  return { values: readOptions(socket), keepaliveSet: false, lack: '' };
}

/** Interval and count since Node 24.19, of which @types/node 20 know nothing. */
function setKeepAlive(
  socket: net.Socket,
  { idleS, intervalS, probes }: NonNullable<RequestedSocketOptions['keepalive']>,
) {
  const set: (on: boolean, idleMs: number, intervalMs: number, count: number) => unknown =
    socket.setKeepAlive;
  set.call(socket, true, idleS * 1_000, intervalS * 1_000, probes);
}

/** What the kernel says of a socket now; null: unknown. */
export function readOptions(socket: net.Socket): SocketValues | null {
  const through = calls();
  const fd = descriptorOf(socket);
  if (typeof through === 'string' || fd < 0) return null;
  const value = (option: Option): number => readInt(through, fd, option);
  return {
    keepAlive: value('SO_KEEPALIVE') !== 0,
    idleS: value('TCP_KEEPIDLE'),
    intervalS: value('TCP_KEEPINTVL'),
    probes: value('TCP_KEEPCNT'),
    userTimeoutMs: value('TCP_USER_TIMEOUT'),
    notsentLowatBytes: value('TCP_NOTSENT_LOWAT'),
  };
}

/**
 * The error that waits on a socket: a reset right behind data is taken for an end by libuv, before the one of Node 24. 0: none,
 * as a positive errno otherwise; null: unknown.
 */
export function pendingError(socket: net.Socket): number | null {
  const through = calls();
  const fd = descriptorOf(socket);
  return typeof through === 'string' || fd < 0 ? null : readInt(through, fd, 'SO_ERROR');
}

/** TCP_INFO of a socket; null: unknown. */
export function readHealth(socket: net.Socket): SocketHealth | null {
  const through = calls();
  const fd = descriptorOf(socket);
  if (typeof through === 'string' || fd < 0) return null;
  const bytes = read(through, fd, 'TCP_INFO', 256);
  return bytes && parseTcpInfoBytes(bytes, endianness() === 'LE');
}
