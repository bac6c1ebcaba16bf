/** The options of the TCP socket to the first server: set, read back, and reported. */
import { lackTexts, type RequestedSocketOptions, valuesText } from '../core/keepalive/socketoptions.js';
import { readSockets } from '../io/kernel/connections.js';
import { readSysctl } from '../io/kernel/sysctls.js';
import { giveOptions } from '../io/socket/setoptions.js';
import type { Socket } from '../io/socket.js';

export interface OptionNews {
  /** What is in force. */
  readonly onDetail: (text: string) => void;
  /** Options that could not be set; they are not reported again. */
  readonly onNote: (text: string) => void;
}

/** For a connected socket. `keepAlive`: TCPKeepAlive is on. Without options nothing is set. */
export function prepareSocket(
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
