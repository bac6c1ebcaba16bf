/** Live TCP sockets of this network namespace, and the processes that hold them. */
import { execFile } from 'node:child_process';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { basename } from 'node:path';
import { parseSocketTable, type SocketRow } from '../../core/keepalive/sockets.js';
import { parseTcpInfo, type TcpInfo } from '../../core/keepalive/tcpinfo.js';

/** All TCP sockets, IPv4 first; null where there is no /proc/net/tcp. */
export function readSockets(): SocketRow[] | null {
  const four = tableOf('/proc/net/tcp');
  if (four === null) return null;
  const six = tableOf('/proc/net/tcp6');
  return [...parseSocketTable(four, 4), ...(six === null ? [] : parseSocketTable(six, 6))];
}

function tableOf(file: string): string | null {
  try {
    return readFileSync(file, 'latin1');
  } catch {
    return null;
  }
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
  for (const name of listed('/proc')) {
    if (owners.size === inodes.size) break;
    if (!/^\d+$/.test(name)) continue;
    let owner: Owner | null = null;
    for (const fd of listed(`/proc/${name}/fd`)) {
      const inode = inodeOf(`/proc/${name}/fd/${fd}`);
      if (inode === null || !inodes.has(inode) || owners.has(inode)) continue;
      owner ??= { pid: Number(name), command: commandOf(name) };
      owners.set(inode, owner);
    }
  }
  return owners;
}

function listed(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function inodeOf(file: string): number | null {
  try {
    const [, inode] = /^socket:\[(\d+)\]$/.exec(readlinkSync(file)) ?? [];
    return inode === undefined ? null : Number(inode);
  } catch {
    return null;
  }
}

/** Not /proc/pid/comm: some runtimes name their threads there. Programs that write their title are cut at its first blank. */
function commandOf(pid: string): string {
  try {
    const [first = ''] = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
    return basename(first.split(/[: ]/)[0] ?? '') || '?';
  } catch {
    return '?';
  }
}

const maxBytes = 64 * 1_024 * 1_024;

/** TCP_INFO of all sockets through `ss` of iproute2 (5.2 on); null where there is none. */
export function readTcpInfo(limitMs = 5_000): Promise<Map<string, TcpInfo> | null> {
  return new Promise((settle) => {
    execFile(
      'ss',
      ['-H', '-O', '-t', '-i', '-n'],
      { timeout: limitMs, killSignal: 'SIGKILL', maxBuffer: maxBytes, encoding: 'utf8' },
      (error, stdout) => settle(error === null ? parseTcpInfo(stdout) : null),
    );
  });
}

/** The name of a user, where /etc/passwd has one. */
export function userNames(): ReadonlyMap<number, string> {
  const names = new Map<number, string>();
  for (const line of (tableOf('/etc/passwd') ?? '').split('\n')) {
    const [name, , uid] = line.split(':');
    if (name && uid && !names.has(Number(uid))) names.set(Number(uid), name);
  }
  return names;
}
