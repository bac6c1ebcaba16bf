import { parseSocketOption, type SocketOptionName, type SocketOptions } from '../../relay/relayoptions.js';
import { nearest } from '../command/nearest.js';

/** What `holdfast relay` was asked. */
export interface RelayArgs {
  readonly host: string;
  readonly port: number;
  readonly family: 0 | 4 | 6;
  readonly verbose: boolean;
  readonly options: SocketOptions;
}

export type ParsedRelay =
  | { readonly type: 'relay'; readonly args: RelayArgs }
  | { readonly type: 'help' }
  | { readonly type: 'refused'; readonly message: string };

/** Second line of defence behind ssh's own heartbeat: a dead peer is noticed in 30 s, a NAT of 20 s is kept open. */
export const relayDefault = '15:5:3';

/** What leaves TCP keepalive with the values of the system. */
const system = 'system';

export const relayFlags = {
  '-4': 'IPv4 only',
  '-6': 'IPv6 only',
  '-v': 'say how it begins and ends, and what the kernel has',
  '--help': 'show this help',
} as const;

export const relayValued = {
  'tcp-keepalive': {
    value: 'A:B:N',
    says: `idle, interval, probes; ${relayDefault}; or ${system}`,
  },
  'tcp-user-timeout': { value: 'TIME', says: 'TCP_USER_TIMEOUT; replaces the probes' },
  'tcp-notsent-lowat': { value: 'BYTES', says: 'TCP_NOTSENT_LOWAT, as in 128k' },
} as const satisfies Readonly<Record<SocketOptionName, { readonly value: string; readonly says: string }>>;

function isValued(name: string): name is SocketOptionName {
  return Object.hasOwn(relayValued, name);
}

/** Takes argv after `relay` apart: options stand anywhere, `--name value` and `--name=value` are the same. */
export function parseRelay(argv: readonly string[]): ParsedRelay {
  const refused = (message: string): ParsedRelay => ({ type: 'refused', message });
  if (argv.some((word) => word === '--help' || word === '-h')) return { type: 'help' };
  const words: string[] = [];
  const on = new Set<string>();
  let options: SocketOptions = {};
  let plain = false;
  for (let at = 0; at < argv.length; at += 1) {
    const word = argv[at] ?? '';
    const [, long = '', glued] = /^--([^=]+)(?:=(.*))?$/s.exec(word) ?? [];
    if (word === '--') {
      words.push(...argv.slice(at + 1));
      break;
    }
    if (isValued(long)) {
      if (glued === undefined) at += 1;
      const value = glued ?? argv[at];
      if (value === undefined)
        return refused(`--${long} wants a value: --${long} ${relayValued[long].value}`);
      if (long === 'tcp-keepalive') plain = value === system;
      if (long === 'tcp-keepalive' && plain) continue;
      const parsed = parseSocketOption(long, value);
      if (!parsed.ok) return refused(`--${long} ${JSON.stringify(value)}: ${parsed.why}${orSystem(long)}`);
      options = { ...options, ...parsed.options };
    } else if (Object.hasOwn(relayFlags, word)) on.add(word);
    else if (word.startsWith('-')) return refused(unknown(word));
    else words.push(word);
  }
  const [host, port, ...more] = words;
  if (host === undefined || port === undefined) {
    return refused('want a host and a port, as in ProxyCommand holdfast relay %h %p');
  }
  if (more.length > 0) return refused(`${JSON.stringify(more[0])} is one word too many after host and port`);
  if (!/^\d{1,5}$/.test(port) || Number(port) < 1 || Number(port) > 65_535) {
    return refused(`port ${JSON.stringify(port)}: want a number from 1 to 65535`);
  }
  const family = on.has('-4') ? 4 : on.has('-6') ? 6 : 0;
  if (on.has('-4') && on.has('-6')) return refused('-4 and -6: want one of them');
  const defaults = plain ? null : parseSocketOption('tcp-keepalive', relayDefault);
  return {
    type: 'relay',
    args: {
      host,
      port: Number(port),
      family,
      verbose: on.has('-v'),
      options: { ...(defaults?.ok ? defaults.options : {}), ...options },
    },
  };
}

function orSystem(name: SocketOptionName): string {
  return name === 'tcp-keepalive' ? `; or ${system}` : '';
}

function unknown(word: string): string {
  const known = [...Object.keys(relayValued).map((name) => `--${name}`), ...Object.keys(relayFlags)];
  const meant = nearest(word.replace(/=.*$/s, ''), known);
  return meant === null
    ? `unknown option ${word}; there are ${known.slice(0, -1).join(', ')} and ${known.at(-1)}`
    : `unknown option ${word}; did you mean ${meant}?`;
}

function rows(pairs: readonly (readonly [string, string])[]): string {
  return pairs.map(([word, says]) => `  ${word.padEnd(26)}${says}\n`).join('');
}

/** `holdfast relay --help`. */
export const relayHelp = `holdfast relay [options] host port

One TCP connection over stdin and stdout, for the ssh of the system:

  ssh -o 'ProxyCommand holdfast relay %h %p' db

It adds what ssh cannot: TCP keepalive with values of its own, so that a dead
peer is noticed (15:5:3: in 30 s), and the name of the error that ended it all.

${rows([
  ...Object.entries(relayValued).map(([name, { value, says }]) => [`--${name} ${value}`, says] as const),
  ...Object.entries(relayFlags),
])}
USR1 says on stderr how it is: round trip, silence, probes without an answer.
Exit codes: 0 both sides have ended, 2 usage, 5 network.
`;
