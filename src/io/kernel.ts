/** What the Linux kernel shows of sockets in /proc. Elsewhere the answer is always "unknown". */
import { readFile } from 'node:fs/promises';
import net from 'node:net';
import { findSocketRow, tableEndpoint } from '../core/keepalive/sockets.js';
import { ownersOf, readSockets } from './kernel/connections.js';

function read(family: 4 | 6): Promise<string> {
  return readFile(family === 6 ? '/proc/net/tcp6' : '/proc/net/tcp', 'latin1');
}

interface Reading {
  /** The read that runs, or the last one. */
  running: Promise<unknown>;
  /** The read that begins after it, shared by all callers meanwhile. */
  next: Promise<string> | null;
}

const readings: Record<4 | 6, Reading> = {
  4: { running: Promise.resolve(), next: null },
  6: { running: Promise.resolve(), next: null },
};

/** As `read`, one at a time: clients often leave together, and the table may be long. */
function readShared(family: 4 | 6): Promise<string> {
  const reading = readings[family];
  if (reading.next) return reading.next;
  const next = reading.running
    .catch(() => {})
    .then(() => new Promise((resolve) => setImmediate(resolve))) // callers in the same turn of the event loop
    .then(() => {
      reading.next = null;
      return read(family);
    });
  reading.next = next;
  reading.running = next;
  return next;
}

export type PeerState = 'left' | 'finished sending' | 'unknown';

/**
 * A client that sent FIN, or may have sent it behind what we have read: has it left, or only finished sending? For a
 * client on this machine the kernel knows. Its own end of the TCP connection is in the same table, and belongs to no
 * process any more if it left. A connection that was reset is in no table, and refuses even to write nothing (and is
 * destroyed by that), as does a unix socket that the other side closed. Of a client elsewhere no more is known.
 */
export async function hasLeft(socket: net.Socket): Promise<PeerState> {
  const { remoteAddress, remotePort, localAddress, localPort } = socket;
  if (socket.destroyed) return 'left';
  if (localPort === undefined) return await refusesNothing(socket);
  // What was reset has no other end any more.
  if (!remoteAddress || !remotePort || !localAddress) return await wasReset(socket);
  const local = tableEndpoint(remoteAddress, remotePort);
  const remote = tableEndpoint(localAddress, localPort);
  if (local === null || remote === null) return 'unknown';
  try {
    const family = net.isIPv6(remoteAddress) ? 6 : 4;
    const table = await readShared(family);
    // The table is not read in one piece: a row may also have been missed.
    if (findSocketRow(table, family, remote, local) === null) return await wasReset(socket);
    const own = findSocketRow(table, family, local, remote);
    if (own) return own.inode === 0 ? 'left' : 'finished sending';
    return isHere(remoteAddress, localAddress) ? 'left' : 'unknown';
  } catch {
    return 'unknown';
  }
}

async function wasReset(socket: net.Socket): Promise<PeerState> {
  return (await refusesNothing(socket)) === 'left' ? 'left' : 'unknown';
}

function refusesNothing(socket: net.Socket): Promise<PeerState> {
  return new Promise((resolve) => {
    socket.write('', (error) => resolve(error ? 'left' : 'finished sending'));
  });
}

/** A connection between two addresses of this machine has the same on both ends, or is within loopback. */
function isHere(remoteAddress: string, localAddress: string): boolean {
  return remoteAddress === localAddress || remoteAddress.startsWith('127.');
}

/** The process that listens on a TCP port of this machine, where we may see it: `12345 (postgres)`. */
export async function holderOf(port: number): Promise<string | null> {
  const listeners = (readSockets() ?? []).filter(
    ({ state, localPort }) => state === 'listen' && localPort === port,
  );
  const [owner] = ownersOf(new Set(listeners.map(({ inode }) => inode))).values();
  return owner === undefined ? null : `${owner.pid} (${owner.command})`;
}
