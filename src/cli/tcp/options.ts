import { nearest } from '../command/nearest.js';

/** What `holdfast tcp` was asked, its words taken apart. */
export interface TcpArgs {
  readonly command: TcpCommand | null;
  /** Those that are no options. */
  readonly words: readonly string[];
  /** Options without a value that were given. */
  readonly on: ReadonlySet<string>;
  /** Options with one, the last of each. */
  readonly values: ReadonlyMap<string, string>;
}

interface Row {
  readonly takes: string;
  readonly most: number;
  readonly says: string;
  readonly flags: readonly string[];
  readonly valued: readonly string[];
}

export const tcpCommands = {
  show: {
    takes: '',
    most: 0,
    says: "The kernel's TCP times, where each comes from, what they come to",
    flags: ['--systems'],
    valued: [],
  },
  set: {
    takes: '',
    most: 0,
    says: 'Set them, read back; --persist for good',
    flags: ['--persist', '--dry-run'],
    valued: ['--time', '--interval', '--probes'],
  },
  undo: {
    takes: '',
    most: 0,
    says: 'Take the last set back, to the byte',
    flags: ['--dry-run'],
    valued: [],
  },
  list: {
    takes: '',
    most: 0,
    says: 'Live connections: which would notice a dead peer, and when',
    flags: ['--no-keepalive', '--watch'],
    valued: ['--port', '--pid', '--state'],
  },
  explain: {
    takes: '[idle interval probes [user-timeout] | topic | host]',
    most: 4,
    says: 'What values come to; what an option means; what a host gets',
    flags: [],
    valued: ['-F'],
  },
  snippet: {
    takes: '[idle interval probes [user-timeout]]',
    most: 4,
    says: 'Code that sets the values on a socket',
    flags: [],
    valued: ['--for'],
  },
} as const satisfies Readonly<Record<string, Row>>;

export type TcpCommand = keyof typeof tcpCommands;

export type ParsedTcp =
  | { readonly ok: true; readonly args: TcpArgs }
  | { readonly ok: false; readonly message: string };

const common = ['--json', '--help'];

/** Takes argv after `tcp` apart: options may stand anywhere, `--name value` and `--name=value` are the same. */
export function parseTcp(argv: readonly string[]): ParsedTcp {
  const refused = (message: string): ParsedTcp => ({ ok: false, message });
  const at = argv.findIndex((word) => !word.startsWith('-'));
  const first = argv[at];
  if (first === undefined) {
    const odd = argv.find((word) => !['--help', '-h'].includes(word));
    if (odd !== undefined) return refused(`${odd}: no command before it; see holdfast tcp --help`);
    return {
      ok: true,
      args: { command: null, words: [], on: new Set(argv.length > 0 ? ['--help'] : []), values: new Map() },
    };
  }
  if (!isCommand(first)) {
    const names = Object.keys(tcpCommands);
    const meant = nearest(first, names);
    const known = `there are ${names.slice(0, -1).join(', ')} and ${names.at(-1) ?? ''}`;
    return refused(
      `unknown command ${JSON.stringify(first)}; ${meant === null ? known : `did you mean ${meant}?`}`,
    );
  }
  const row: Row = tcpCommands[first];
  const words: string[] = [];
  const on = new Set<string>();
  const values = new Map<string, string>();
  const rest = argv.filter((_word, index) => index !== at);
  for (let index = 0; index < rest.length; index += 1) {
    const word = rest[index] ?? '';
    if (!word.startsWith('-') || /^-\d/.test(word)) {
      words.push(word);
      continue;
    }
    const [, name = word, glued] = /^(--[^=]+)=(.*)$/s.exec(word) ?? [];
    if (name === '-h' || name === '--help') on.add('--help');
    else if (row.valued.includes(name)) {
      if (glued === undefined) index += 1;
      const value = glued ?? rest[index];
      if (value === undefined)
        return refused(`${first}: ${name} wants a value; see holdfast tcp ${first} --help`);
      values.set(name, value);
    } else if (glued === undefined && (row.flags.includes(name) || common.includes(name))) on.add(name);
    else return refused(unknown(first, name, row, glued));
  }
  if (words.length > row.most && !on.has('--help')) {
    return refused(
      `${first}: ${JSON.stringify(words[row.most])} is one word too many; it takes ${row.takes || 'none'}`,
    );
  }
  return { ok: true, args: { command: first, words, on, values } };
}

function isCommand(word: string): word is TcpCommand {
  return Object.hasOwn(tcpCommands, word);
}

function unknown(command: string, name: string, row: Row, glued: string | undefined): string {
  const known = [...row.flags, ...row.valued, ...common];
  if (known.includes(name)) return `${command}: ${name} takes no value; found ${JSON.stringify(glued ?? '')}`;
  const meant = nearest(name, known);
  if (meant !== null) return `${command}: unknown option ${name}; did you mean ${meant}?`;
  return `${command}: unknown option ${name}; there are ${known.slice(0, -1).join(', ')} and ${known.at(-1)}`;
}
