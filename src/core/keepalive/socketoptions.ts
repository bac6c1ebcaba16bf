/** The options requested for the TCP socket of our own connection, and those the kernel reports. */
import { parseTime, timeForm } from '../times.js';
import { idleDetectionMs, limits, userTimeoutDetectionMs } from './detection.js';

/** TCP_KEEPIDLE, TCP_KEEPINTVL and TCP_KEEPCNT of one socket. */
export interface SocketKeepalive {
  readonly idleS: number;
  readonly intervalS: number;
  readonly probes: number;
}

/** As the user set them; null: as the system has it. */
export interface RequestedSocketOptions {
  readonly keepalive: SocketKeepalive | null;
  /** TCP_USER_TIMEOUT */
  readonly userTimeoutMs: number | null;
  /** TCP_NOTSENT_LOWAT */
  readonly notsentLowatBytes: number | null;
}

/** As getsockopt says it. */
export interface SocketValues extends SocketKeepalive {
  /** SO_KEEPALIVE */
  readonly keepAlive: boolean;
  /** 0: none. */
  readonly userTimeoutMs: number;
  /** 0: that of the system. */
  readonly notsentLowatBytes: number;
}

/** What came of it. */
export interface SocketGiven {
  /** Read back from the kernel; null: there is no way here. */
  readonly values: SocketValues | null;
  /** Keepalive was set without a way to read it back. */
  readonly keepaliveSet: boolean;
  /** Why options can be neither set nor read beyond what Node does, as a sentence goes on; empty: they can. */
  readonly lack: string;
}

/** The same as requested. Absent: as the system has it. */
export interface SocketOptions {
  /**
   * TCP_KEEPIDLE (s), TCP_KEEPINTVL (s) and TCP_KEEPCNT of our own TCP connection: `{ idleS: 15, intervalS: 5, probes: 3 }`.
   * Switches keepalive on.
   */
  readonly tcpKeepalive?: SocketKeepalive;
  /** TCP_USER_TIMEOUT in ms. It replaces the count of probes, and ends connections whose peer reads slowly. */
  readonly tcpUserTimeoutMs?: number;
  /** TCP_NOTSENT_LOWAT: so many bytes may wait in the kernel unsent before it takes no more. */
  readonly tcpNotsentLowatBytes?: number;
}

export function requestedSocketOptions(options: SocketOptions): RequestedSocketOptions {
  return {
    keepalive: options.tcpKeepalive ?? null,
    userTimeoutMs: options.tcpUserTimeoutMs ?? null,
    notsentLowatBytes: options.tcpNotsentLowatBytes ?? null,
  };
}

/** Names of the command line. */
export type SocketOptionName = 'tcp-keepalive' | 'tcp-user-timeout' | 'tcp-notsent-lowat';

type Parsed =
  | { readonly ok: true; readonly options: SocketOptions }
  | { readonly ok: false; readonly why: string };

/** What stands after --tcp-keepalive (`15:5:3`, `1m:10s:3`), --tcp-user-timeout (`20s`) or --tcp-notsent-lowat (`131072`, `128k`). */
export function parseSocketOption(name: SocketOptionName, text: string): Parsed {
  const options = parsers[name](text);
  const why = typeof options === 'string' ? options : (socketFault(options)?.why ?? null);
  return why === null && typeof options !== 'string' ? { ok: true, options } : { ok: false, why: why ?? '' };
}

/** A string: what would have been right. */
const parsers: Readonly<Record<SocketOptionName, (text: string) => SocketOptions | string>> = {
  'tcp-keepalive': (text) => {
    const [idle = '', interval = '', probes = '', ...more] = text.split(':');
    const [idleMs, intervalMs] = [parseTime(idle), parseTime(interval)];
    if (idleMs === null || intervalMs === null || !/^\d{1,9}$/.test(probes) || more.length > 0)
      return 'want idle:interval:probes, as in 15:5:3 or 1m:10s:3';
    return {
      tcpKeepalive: { idleS: idleMs / 1_000, intervalS: intervalMs / 1_000, probes: Number(probes) },
    };
  },
  'tcp-user-timeout': (text) => {
    const ms = parseTime(text);
    return ms === null ? `want ${timeForm}` : { tcpUserTimeoutMs: ms };
  },
  'tcp-notsent-lowat': (text) => {
    const [, digits, unit = ''] = /^(\d{1,10})([km]?)$/i.exec(text) ?? [];
    if (digits === undefined) return 'want bytes, as in 131072, 128k or 1m';
    const each = { k: 1_024, m: 1_048_576 }[unit.toLowerCase()] ?? 1;
    return { tcpNotsentLowatBytes: Number(digits) * each };
  },
};

/** 2^31 - 1: options are C ints. */
const int = { least: 1, most: 2_147_483_647 };

/** The first value that the kernel would refuse (`do_tcp_setsockopt` in net/ipv4/tcp.c), by its name; null: there is none. */
export function socketFault({
  tcpKeepalive,
  tcpUserTimeoutMs = 1,
  tcpNotsentLowatBytes = 1,
}: SocketOptions): { readonly name: keyof SocketOptions; readonly why: string } | null {
  const { idleS = 1, intervalS = 1, probes = 1 } = tcpKeepalive ?? {};
  const checks = [
    ['tcpKeepalive', 'idle', idleS, limits.idleS, ' s'],
    ['tcpKeepalive', 'interval', intervalS, limits.intervalS, ' s'],
    ['tcpKeepalive', 'probes', probes, limits.probes, ''],
    ['tcpUserTimeoutMs', 'it is', tcpUserTimeoutMs, int, ' ms'],
    ['tcpNotsentLowatBytes', 'it is', tcpNotsentLowatBytes, int, ' bytes'],
  ] as const;
  for (const [name, part, value, { least, most }, unit] of checks) {
    if (Number.isInteger(value) && value >= least && value <= most) continue;
    return { name, why: `${part} ${value}: want a whole number from ${least} to ${most}${unit}` };
  }
  return null;
}

const seconds = (ms: number) => `${ms / 1_000} s`;
const triple = ({ idleS, intervalS, probes }: SocketKeepalive) => `${idleS}:${intervalS}:${probes}`;

/** Each requested option, with its name and value: `TCP keepalive 15:5:3`. */
export function requestedTexts({
  keepalive,
  userTimeoutMs,
  notsentLowatBytes,
}: RequestedSocketOptions): string[] {
  return [
    ...(keepalive === null ? [] : [`TCP keepalive ${triple(keepalive)}`]),
    ...(userTimeoutMs === null ? [] : [userTimeoutText(userTimeoutMs)]),
    ...(notsentLowatBytes === null ? [] : [lowatText(notsentLowatBytes)]),
  ];
}

const userTimeoutText = (ms: number) => `TCP user timeout ${seconds(ms)}`;
const lowatText = (bytes: number) => `TCP_NOTSENT_LOWAT ${bytes}`;

/** How long a silent peer goes unnoticed while nothing is in flight. */
export function idleMsOf({ idleS, intervalS, probes }: SocketKeepalive, userTimeoutMs: number): number {
  const times = { idleMs: idleS * 1_000, intervalMs: intervalS * 1_000, probes };
  return userTimeoutMs > 0 ? userTimeoutDetectionMs(times, userTimeoutMs) : idleDetectionMs(times);
}

/** What to know before a user timeout is set: it voids the count, and it is hard on slow readers. null: none is requested. */
export function userTimeoutWarning({ keepalive, userTimeoutMs }: RequestedSocketOptions): string | null {
  if (userTimeoutMs === null) return null;
  const alone = (ms: number) =>
    keepalive !== null && ms === idleMsOf(keepalive, userTimeoutMs) ? 'as before' : `not ${seconds(ms)}`;
  const replaces =
    keepalive === null
      ? "the count of TCP keepalive's probes"
      : `the ${keepalive.probes} probes: an idle dead peer is noticed after ${seconds(idleMsOf(keepalive, userTimeoutMs))}, ${alone(idleMsOf(keepalive, 0))}`;
  return `TCP user timeout ${seconds(userTimeoutMs)} replaces ${replaces}; it also ends a healthy connection whose peer takes no data for so long, as a slow reader does`;
}

/** One sentence for each requested option that is not in force, with what to do. */
export function lackTexts(
  requested: RequestedSocketOptions,
  { values, keepaliveSet, lack }: SocketGiven,
): string[] {
  const { keepalive, userTimeoutMs, notsentLowatBytes } = requested;
  const texts: string[] = [];
  const missing = (what: string, why: string, has: string | null) =>
    texts.push(`${what} could not be set: ${has === null ? why : `the kernel has ${has}`}`);
  if (keepalive !== null && !(values === null ? keepaliveSet : inForce(keepalive, values))) {
    const why = `this Node cannot (24.19 and later can), and ${lack}; the values of the system hold`;
    missing(`TCP keepalive ${triple(keepalive)}`, why, values && triple(values));
  }
  if (userTimeoutMs !== null && values?.userTimeoutMs !== userTimeoutMs) {
    missing(
      userTimeoutText(userTimeoutMs),
      `Node cannot, and ${lack}`,
      values && `${values.userTimeoutMs} ms`,
    );
  }
  if (notsentLowatBytes !== null && values?.notsentLowatBytes !== notsentLowatBytes) {
    missing(
      lowatText(notsentLowatBytes),
      `Node cannot, and ${lack}`,
      values && `${values.notsentLowatBytes}`,
    );
  }
  return texts;
}

function inForce(requested: SocketKeepalive, values: SocketValues): boolean {
  return values.keepAlive && triple(requested) === triple(values);
}

/** What the kernel says, in one sentence. */
export function valuesText(values: SocketValues): string {
  const { keepAlive, idleS, intervalS, probes, userTimeoutMs, notsentLowatBytes } = values;
  const keepalive = keepAlive
    ? `TCP keepalive idle ${idleS} s, interval ${intervalS} s, ${probes} probes: a dead peer is noticed ${seconds(idleMsOf(values, userTimeoutMs))} after its last word`
    : 'TCP keepalive off';
  return [
    keepalive,
    ...(userTimeoutMs > 0 ? [`user timeout ${seconds(userTimeoutMs)}`] : []),
    ...(notsentLowatBytes > 0 ? [`at most ${notsentLowatBytes} bytes written and not sent`] : []),
    'read back from the kernel',
  ].join('; ');
}
