/** Live TCP sockets of this network namespace, and the processes that hold them. */
import { basename } from 'node:path';
import { parseSocketTable, type SocketRow } from '../../core/keepalive/sockets.js';
import { parseTcpInfo, type TcpInfo } from '../../core/keepalive/tcpinfo.js';
import { linkIfThere, namesIfThere, readIfThere } from '../base/ifthere.js';
import { runProgram } from '../base/program.js';

/** All TCP sockets, IPv4 first, of this network namespace or that of another process; null where there is no /proc/net/tcp. */
export function readSockets(pid: number | 'self' = 'self'): SocketRow[] | null {
  const four = readIfThere(`/proc/${pid}/net/tcp`);
  if (four === null) return null;
  const six = readIfThere(`/proc/${pid}/net/tcp6`);
  return [...parseSocketTable(four, 4), ...(six === null ? [] : parseSocketTable(six, 6))];
}

/** A socket at which a process listens: its number in the kernel, and its port. */
export interface ListeningSocket {
  readonly inode: number;
  readonly port: number;
}

/** Null: it cannot be seen, as without /proc or without the right to look. */
export function listenersOf(pid: number): readonly ListeningSocket[] | null {
  const own = inodesOf(pid);
  if (own === null) return null;
  return (readSockets(pid) ?? [])
    .filter(({ state, inode }) => state === 'listen' && own.includes(inode))
    .map(({ inode, localPort: port }) => ({ inode, port }));
}

export interface Owner {
  readonly pid: number;
  /** The file name of its program. */
  readonly command: string;
}

/**
 * The processes that hold these sockets, by inode; of several the one with the lowest number. Only root sees those of
 * other users.
 */
export function ownersOf(inodes: ReadonlySet<number>): Map<number, Owner> {
  const owners = new Map<number, Owner>();
  for (const name of namesIfThere('/proc') ?? []) {
    if (owners.size === inodes.size) break;
    if (!/^\d+$/.test(name)) continue;
    const pid = Number(name);
    let owner: Owner | null = null;
    for (const inode of inodesOf(pid) ?? []) {
      if (!inodes.has(inode) || owners.has(inode)) continue;
      owner ??= { pid, command: commandOf(pid) };
      owners.set(inode, owner);
    }
  }
  return owners;
}

/** The sockets that a process holds; null: its descriptors cannot be seen. */
function inodesOf(pid: number): number[] | null {
  const descriptors = namesIfThere(`/proc/${pid}/fd`);
  return descriptors?.flatMap((fd) => inodeOf(`/proc/${pid}/fd/${fd}`) ?? []) ?? null;
}

function inodeOf(file: string): number | null {
  const [, inode] = /^socket:\[(\d+)\]$/.exec(linkIfThere(file) ?? '') ?? [];
  return inode === undefined ? null : Number(inode);
}

/** Not /proc/pid/comm: some runtimes name their threads there. Programs that write their title are cut at its first blank. */
function commandOf(pid: number): string {
  const [first = ''] = /^[^\0: ]*/.exec(readIfThere(`/proc/${pid}/cmdline`, 'utf8') ?? '') ?? [];
  return basename(first) || '?';
}

const maxBytes = 64 * 1_024 * 1_024;

/** TCP_INFO of all sockets through `ss` of iproute2 (5.2 on); null where there is none. */
export async function readTcpInfo(limitMs = 5_000): Promise<Map<string, TcpInfo> | null> {
  const { code, stdout } = await runProgram('ss', ['-H', '-O', '-t', '-i', '-n'], { limitMs, maxBytes });
  return code === 0 ? parseTcpInfo(stdout) : null;
}
