import { usageFailure } from '../core/failure.js';
import { type KernelTimes, type Outlook, outlook } from '../core/keepalive/outlook.js';
import { type SocketRow, type SocketState, socketStates } from '../core/keepalive/sockets.js';
import { systemName } from '../core/keepalive/systems.js';
import { socketKey, type TcpInfo } from '../core/keepalive/tcpinfo.js';
import { userNames } from '../io/base/accounts.js';
import { clock, pause } from '../io/clock.js';
import { ownersOf, readSockets, readTcpInfo } from '../io/kernel/connections.js';
import { systemHere } from '../io/kernel/system.js';
import { kernelTimes } from './tcptimes.js';

export { socketStates } from '../core/keepalive/sockets.js';

/** One TCP connection of this network namespace, as the kernel shows it. */
export interface ListedConnection extends Omit<SocketRow, 'uid'> {
  readonly uid: number;
  /** null: no such user here. */
  readonly user: string | null;
  /** The process that holds it; null: none does, or it is another user's and we are not root. */
  readonly process: { readonly pid: number; readonly command: string } | null;
  /** TCP_INFO through `ss`; null without it. */
  readonly info: TcpInfo | null;
  /** Since something was received, data or acknowledgement; null without `ss`. */
  readonly quietMs: number | null;
  readonly outlook: Outlook;
}

/** Live connections, those that need attention first. */
export interface ConnectionList {
  readonly connections: readonly ListedConnection[];
  /** What the outlooks are computed with. */
  readonly times: KernelTimes;
  /** Was there an `ss` to ask for TCP_INFO? */
  readonly hasInfo: boolean;
  /** Connections whose process is hidden from this user. */
  readonly hidden: number;
}

/** Which connections are listed. */
export interface ListConnectionsOptions {
  /** Local or remote port. */
  readonly port?: number;
  readonly pid?: number;
  /** Default: all but listeners and what is closed (`listen`, `time-wait`, `close`, `syn-recv`). */
  readonly state?: SocketState | 'all';
  /** Only those that would never notice a dead peer. @default false */
  readonly noKeepalive?: boolean;
  /** Asks `ss` for TCP_INFO. @default true */
  readonly info?: boolean;
  /** Instead of this system, as Node names it. */
  readonly system?: string;
}

/** What shows connections there, without timers. */
const elsewhere: Readonly<Record<string, string>> = {
  darwin: '; without timers:\n  netstat -anv -p tcp',
  freebsd: '; with timers:\n  netstat -x -p tcp',
  win32: '; without timers:\n  netstat -ano -p tcp',
};

const over: readonly SocketState[] = ['listen', 'time-wait', 'close', 'syn-recv'];

/**
 * The live TCP connections of this network namespace, those that need attention first. Needs no root; without it the
 * processes of other users are not named. Rejects with a FailureError of kind `usage` elsewhere than on Linux, and for a state
 * that is none.
 */
export async function tcpConnections(options: ListConnectionsOptions = {}): Promise<ConnectionList> {
  const system = options.system ?? systemHere();
  const times = system === 'linux' ? kernelTimes() : null;
  const rows = times === null ? null : readSockets();
  if (times === null || rows === null) {
    throw usageFailure(
      `live connections and their timers: not available on ${systemName(system)}${elsewhere[system] ?? ''}`,
    );
  }
  const { state } = options;
  if (state !== undefined && state !== 'all' && !socketStates.includes(state)) {
    const known = `all, ${socketStates.join(', ')}`;
    throw usageFailure(`state ${JSON.stringify(state)}: want one of ${known}`);
  }
  const infos = options.info === false ? null : await readTcpInfo();
  const shown = rows.filter((row) => isWanted(row, options));
  const owners = ownersOf(new Set(shown.map(({ inode }) => inode).filter((inode) => inode !== 0)));
  const users = userNames();
  const connections = shown
    .map((row): ListedConnection => {
      const info = infos?.get(socketKey(row)) ?? null;
      return {
        ...row,
        user: users.get(row.uid) ?? null,
        process: owners.get(row.inode) ?? null,
        info,
        quietMs: info === null ? null : Math.min(info.sinceReceivedMs, info.sinceAcknowledgedMs),
        outlook: outlook(row, times, info),
      };
    })
    .filter((one) => options.pid === undefined || one.process?.pid === options.pid)
    .filter(({ outlook: { kind } }) => options.noKeepalive !== true || kind === 'never')
    .sort(byUrgency);
  return {
    connections,
    times,
    hasInfo: infos !== null,
    hidden: connections.filter((one) => one.inode !== 0 && one.process === null).length,
  };
}

function isWanted(row: SocketRow, { port, state }: ListConnectionsOptions): boolean {
  if (port !== undefined && row.localPort !== port && row.remotePort !== port) return false;
  if (state === undefined) return !over.includes(row.state);
  return state === 'all' || row.state === state;
}

const urgency: readonly Outlook['kind'][] = [
  'dying',
  'stuck',
  'never',
  'connecting',
  'notices',
  'leaving',
  'passive',
];

function byUrgency(a: ListedConnection, b: ListedConnection): number {
  return (
    urgency.indexOf(a.outlook.kind) - urgency.indexOf(b.outlook.kind) ||
    (a.outlook.withinMs ?? 0) - (b.outlook.withinMs ?? 0) ||
    a.localPort - b.localPort ||
    a.remotePort - b.remotePort
  );
}

/** Looks again each `everyMs` until `signal` is aborted; the first look is at once. */
export async function* watchTcpConnections(
  options: ListConnectionsOptions,
  signal: AbortSignal,
  everyMs = 1_000,
): AsyncGenerator<ConnectionList, void, void> {
  while (!signal.aborted) {
    const nextAt = clock.now() + everyMs;
    yield await tcpConnections(options);
    await pause(nextAt - clock.now(), signal);
  }
}
