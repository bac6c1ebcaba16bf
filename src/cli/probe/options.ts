import { parseTime } from '../../core/times.js';
import { UsageError } from '../command/errors.js';
import { type CommandTable, jsonRow, type OptionRow, type OptionRows } from '../command/table.js';

const login = 'Server and login, as in ssh';

const options = {
  min: { value: 'TIME', read: readMs, help: 'The shortest idle time to try (default 30s)' },
  max: { value: 'TIME', read: readMs, help: 'The longest (default 15m)' },
  resolution: { value: 'R', help: 'How close: a part, 10% (default), or a time, 5s' },
  direction: {
    value: 'SIDE',
    help: 'Which side speaks first: client, server, both (default)',
    choices: ['client', 'server', 'both'],
  },
  yes: { help: 'Begin without a question' },
  json: jsonRow,
  F: {
    value: 'file',
    repeat: 'last',
    help: 'Configuration file; none reads no file',
    group: login,
    completes: 'files',
  },
  i: { value: 'file', repeat: 'all', help: 'Key file (repeatable)', group: login, completes: 'files' },
  l: { value: 'user', repeat: 'all', help: 'User on the server', group: login },
  p: { value: 'port', repeat: 'all', help: 'Port of the server', group: login },
  o: {
    value: 'Keyword=value',
    repeat: 'all',
    help: 'Option of ssh_config(5)',
    group: login,
    completes: 'client-settings',
  },
  J: {
    value: '[user@]host,...',
    repeat: 'all',
    help: 'Go through these servers',
    group: login,
    completes: 'hosts',
  },
  b: { value: 'address', repeat: 'all', help: 'Local address to connect from', group: login },
  4: { help: 'IPv4 only', group: login },
  6: { help: 'IPv6 only', group: login },
  P: { value: 'tag', repeat: 'all', help: 'Tag for Match tagged', group: login },
  q: { help: 'The result alone', group: login },
  v: { help: 'More about the connections', group: login },
} as const satisfies OptionRows;

/** ssh's other letters: understood, and refused with a reason. Those with a colon take a value. */
const otherLetters = '12ac:e:fgkm:nstxAB:CD:E:GI:KL:MNO:Q:R:S:TVw:W:XYy';

const others = Object.fromEntries(
  [...otherLetters.matchAll(/([^:])(:?)/g)].map(([, letter = '', colon]): [string, OptionRow] => {
    const row = { help: '', hidden: true, repeat: 'last' } as const;
    return [letter, colon === '' ? row : { ...row, value: 'value' }];
  }),
);

/** One of ssh's letters that means nothing to a measurement. */
export function isForeign(name: string): boolean {
  return Object.hasOwn(others, name);
}

export const probeTable = {
  about: `Measures how long the path to a server lets a connection be idle before a NAT or firewall forgets it: logs in several times, leaves each connection idle for another time, and looks which still work. Says the interval to use. Costs logins, so it asks first. Nothing is run on the server. Ctrl-C ends it with what is known by then.`,
  usage: '[user@]host',
  words: [{ name: 'host', completes: 'hosts' }],
  // The letters of `others` are looked for in the parts of the command line alone.
  options: { ...others, ...options } as typeof options,
  endsAtCommand: true,
  notes: 'Exit codes: 0 found, 2 usage or configuration, 3 login, 4 host key, 5 network.',
  examples: ['holdfast probe db', 'holdfast probe --min 1m --max 1h --resolution 5% --yes me@db.example.org'],
} as const satisfies CommandTable;

function readMs(text: string, option: string): number {
  const ms = parseTime(text);
  if (ms !== null) return ms;
  throw new UsageError(`${option} ${JSON.stringify(text)}: want a time as 30, 90s or 10m`);
}
