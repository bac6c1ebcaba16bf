import type { SocketOptions } from '../../relay/relayoptions.js';
import { readSocketOption } from '../command/readsocket.js';
import type { CommandTable } from '../command/table.js';

/** Second line of defence behind ssh's own heartbeat: a dead peer is noticed in 30 s, a NAT of 20 s is kept open. */
const keepaliveDefault = '15:5:3';

/** What leaves TCP keepalive with the values of the system. */
const system = 'system';

function readKeepalive(text: string): SocketOptions {
  return text === system ? {} : readSocketOption('tcp-keepalive', text, `; or ${system}`);
}

/** What the socket gets when `--tcp-keepalive` is not given. */
export function defaultKeepalive(): SocketOptions {
  return readKeepalive(keepaliveDefault);
}

export const relayTable = {
  about: `One TCP connection over stdin and stdout, for the ssh of the system:

  ssh -o 'ProxyCommand holdfast relay %h %p' db

It adds what ssh cannot: TCP keepalive with values of its own, so that a dead peer is noticed (${keepaliveDefault}: in 30 s), and the name of the error that ended it all.`,
  words: [{ name: 'host', completes: 'hosts' }, { name: 'port' }],
  options: {
    'tcp-keepalive': {
      value: 'A:B:N',
      read: readKeepalive,
      help: `Idle, interval, probes; ${keepaliveDefault}; or ${system}`,
    },
    'tcp-user-timeout': {
      value: 'TIME',
      read: (text: string) => readSocketOption('tcp-user-timeout', text),
      help: 'TCP_USER_TIMEOUT; replaces the probes',
    },
    'tcp-notsent-lowat': {
      value: 'BYTES',
      read: (text: string) => readSocketOption('tcp-notsent-lowat', text),
      help: 'TCP_NOTSENT_LOWAT, as in 128k',
    },
    4: { help: 'IPv4 only', excludes: ['6'] },
    6: { help: 'IPv6 only' },
    v: { help: 'Say how it begins and ends, and what the kernel has' },
  },
  notes: `USR1 says on stderr how it is: round trip, silence, probes without an answer. Exit codes: 0 both sides have ended, 2 usage, 5 network.`,
  examples: ["ssh -o 'ProxyCommand holdfast relay %h %p' db"],
} as const satisfies CommandTable;
