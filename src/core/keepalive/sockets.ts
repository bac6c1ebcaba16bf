/** The kernel's tables of TCP sockets, /proc/net/tcp and tcp6 (`get_tcp4_sock` in net/ipv4/tcp_ipv4.c). */
import { ipv6Text, parseIpv6 } from '../net/ipv6.js';

/** include/net/tcp_states.h, in its order from 1. */
const states = [
  'established',
  'syn-sent',
  'syn-recv',
  'fin-wait-1',
  'fin-wait-2',
  'time-wait',
  'close',
  'close-wait',
  'last-ack',
  'listen',
  'closing',
  'syn-recv',
] as const;

/** The state of a TCP connection (RFC 9293 3.3.2), as Linux has it. */
export type SocketState = (typeof states)[number];

/** As `--state` takes them. */
export const socketStates: readonly SocketState[] = [...new Set(states)];

/** The timer that runs: the kernel shows one, and that of retransmission or of a closed window before keepalive's. */
export type SocketTimer = 'none' | 'retransmit' | 'keepalive' | 'timewait' | 'window';

const timers: readonly SocketTimer[] = ['none', 'retransmit', 'keepalive', 'timewait', 'window'];

export interface SocketRow {
  readonly family: 4 | 6;
  readonly localAddress: string;
  readonly localPort: number;
  readonly remoteAddress: string;
  readonly remotePort: number;
  readonly state: SocketState;
  /** Written by the program and not acknowledged yet, in bytes. */
  readonly sendQueue: number;
  /** Received and not read by the program yet, in bytes. */
  readonly receiveQueue: number;
  readonly timer: SocketTimer;
  /** Until it rings; 0 where none runs. In steps of 10 ms. */
  readonly timerLeftMs: number;
  /** Retransmissions of what is in flight since the peer's last answer. */
  readonly retransmissions: number;
  /** Probes, of keepalive or of a closed window, since the peer's last answer. */
  readonly unanswered: number;
  /** The user that made it. */
  readonly uid: number;
  /** 0 when no process holds the socket any more. */
  readonly inode: number;
  /** The retransmission pause that holds now; null where the row does not say. In steps of 10 ms. */
  readonly rtoMs: number | null;
}

/** USER_HZ: what the kernel counts in towards programs. */
const tickMs = 10;

/** A whole table, its headline included. Lines that are no rows are passed over. */
export function parseSocketTable(text: string, family: 4 | 6): SocketRow[] {
  const rows: SocketRow[] = [];
  let start = text.indexOf('\n') + 1;
  while (start > 0 && start < text.length) {
    const end = text.indexOf('\n', start);
    const row = parseSocketRow(text.slice(start, end < 0 ? text.length : end), family);
    if (row !== null) rows.push(row);
    if (end < 0) break;
    start = end + 1;
  }
  return rows;
}

/**
 * The row of one connection, found without parsing the others: a busy machine has many thousands. Null: it is not there.
 * @param local @param remote as {@link tableEndpoint} has them
 */
export function findSocketRow(table: string, family: 4 | 6, local: string, remote: string): SocketRow | null {
  const at = table.indexOf(` ${local} ${remote} `);
  return at < 0 ? null : parseSocketRow(`0: ${table.slice(at, table.indexOf('\n', at))}`, family);
}

function parseSocketRow(line: string, family: 4 | 6): SocketRow | null {
  const words = line.trim().split(/ +/);
  const [, local = '', remote = '', state = '', queues = '', timer = '', retransmissions = ''] = words;
  const [, , , , , , , uid = '', unanswered = '', inode = '', , , rto] = words;
  const here = endpoint(local, family);
  const there = endpoint(remote, family);
  const named = states[Number.parseInt(state, 16) - 1];
  if (here === null || there === null || named === undefined || inode === '') return null;
  const [send = '0', receive = '0'] = queues.split(':');
  const [kind = '0', left = '0'] = timer.split(':');
  const running = timers[Number.parseInt(kind, 16)] ?? 'none';
  return {
    family,
    localAddress: here.address,
    localPort: here.port,
    remoteAddress: there.address,
    remotePort: there.port,
    state: named,
    sendQueue: Number.parseInt(send, 16),
    receiveQueue: Number.parseInt(receive, 16),
    timer: running,
    timerLeftMs: running === 'none' ? 0 : signed(left) * tickMs,
    retransmissions: Number.parseInt(retransmissions, 16),
    unanswered: Number(unanswered),
    uid: Number(uid),
    inode: Number(inode),
    rtoMs: rto === undefined ? null : Number(rto) * tickMs,
  };
}

/** A timer that is late counts below zero, which the table prints as a very large number. */
function signed(hex: string): number {
  const value = Number.parseInt(hex, 16);
  return value > 0x7fff_ffff ? 0 : value;
}

/** Each 32-bit word is in host byte order: little-endian on all machines we know. */
function endpoint(text: string, family: 4 | 6): { address: string; port: number } | null {
  const digits = family === 4 ? 8 : 32;
  if (text.length !== digits + 5 || text.charAt(digits) !== ':') return null;
  const hex = text.slice(0, digits);
  const port = Number.parseInt(text.slice(digits + 1), 16);
  return { address: family === 4 ? ipv4(hex) : ipv6(hex), port };
}

/** How the tables have an address and a port; null: an IPv6 address with an IPv4 one in it. */
export function tableEndpoint(address: string, port: number): string | null {
  const bytes = address.includes(':') ? ipv6Bytes(address) : address.split('.').map(Number);
  if (bytes === null) return null;
  const swapped = bytes.map((_, at) => bytes[at ^ 3] ?? 0);
  return `${swapped.map((byte) => hex(byte, 2)).join('')}:${hex(port, 4)}`;
}

const hex = (value: number, width: number) => value.toString(16).toUpperCase().padStart(width, '0');

function ipv6Bytes(address: string): number[] | null {
  if (address.includes('.')) return null;
  return parseIpv6(address.replace(/%.*/, ''))?.flatMap((group) => [group >> 8, group & 0xff]) ?? null;
}

function ipv4(word: string): string {
  const value = Number.parseInt(word, 16);
  return `${value & 255}.${(value >>> 8) & 255}.${(value >>> 16) & 255}.${value >>> 24}`;
}

function ipv6(hex: string): string {
  const groups: number[] = [];
  for (let at = 0; at < 32; at += 8) {
    const word = Number.parseInt(hex.slice(at, at + 8), 16);
    groups.push(((word & 255) << 8) | ((word >>> 8) & 255), ((word >>> 8) & 0xff00) | (word >>> 24));
  }
  return ipv6Text(groups);
}
