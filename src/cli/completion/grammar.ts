/** What each command takes, from the tables it is read with: a new row in one of them is complete by itself. */
import type { CommandTable, CompletionSource, OptionRow, WordRow } from '../command/table.js';
import { type ConfigEdit, configEditOptions, configEdits } from '../config/configeditoptions.js';
import { configCommands, configOptions, parseConfig } from '../config/options.js';
import { letters, longOptions } from '../run/options.js';
import { parseSshd, sshdCommands, sshdFlags, sshdValued } from '../sshd/options.js';
import { ofSshdKeepalive, sshdEditFlags, sshdEdits, sshdEditValued } from '../sshd/sshdsetoptions.js';

/** A word that may stand somewhere. */
interface Candidate {
  readonly word: string;
  /** Empty: it says all itself. */
  readonly says: string;
}

/** An option as it is written, `-F` or `--json`. */
export interface OptionWordRow extends Candidate {
  readonly valued: boolean;
  /** Accepted, but of no use here. */
  readonly idle: boolean;
}

/** One command, or one of its commands. */
export interface Grammar {
  /** The commands in it; empty: it has none. */
  readonly commands: readonly Candidate[];
  /** Its words, as the help writes them: `<host> [Option...]`. */
  readonly takes: string;
  readonly options: readonly OptionWordRow[];
  /** Whose keywords `Option` means. */
  readonly side: 'client' | 'server';
}

const help = flag('--help');

/** What holds behind these words: `[]`, `['config']`, `['config', 'why']`. Null: there is no such command. */
export function grammarOf(words: readonly string[]): Grammar | null {
  const [command, inner] = words;
  switch (command) {
    case 'run':
      return leaf('<host>', runOptions());
    case 'config':
      return inner === undefined
        ? group({ ...configCommands, ...configEdits }, [...configLetters, help])
        : (row(configCommands, inner, (name) => [...configLetters, ...configLongs(name)]) ??
            row(configEdits, inner, editOptions));
    case 'sshd':
      return sshdGrammar(inner);
    default:
      return null;
  }
}

function sshdGrammar(inner: string | undefined): Grammar | null {
  const readLetters = ['-f', '-F', '-C'].map(valued);
  if (inner === undefined)
    return { ...group({ ...sshdCommands, ...sshdEdits }, [...readLetters, help]), side: 'server' };
  const changes = row(sshdEdits, inner, (name) => {
    const own = ({ word }: OptionWordRow) => name === 'keepalive' || !ofSshdKeepalive.includes(word);
    return [...['-f', '-F', ...sshdEditValued].map(valued), ...sshdEditFlags.map(flag)].filter(own);
  });
  const found =
    changes ??
    row(sshdCommands, inner, (name) => [
      ...readLetters,
      ...sshdFlags.map(flag),
      ...sshdValued.filter((word) => parseSshd([name, word, '9.2']).ok).map(valued),
    ]);
  return found && { ...found, side: 'server' };
}

type Table = Readonly<Record<string, { readonly takes: string; readonly says: string }>>;

function group(table: Table, options: readonly OptionWordRow[]): Grammar {
  const rows = Object.entries(table).map(([word, { says }]) => ({ word, says }));
  return { ...leaf('', options), commands: rows };
}

function row<T extends Table>(
  table: T,
  name: string,
  options: (name: keyof T & string) => readonly OptionWordRow[],
): Grammar | null {
  const found = Object.hasOwn(table, name) ? table[name] : undefined;
  return found === undefined ? null : leaf(found.takes, options(name));
}

function leaf(takes: string, options: readonly OptionWordRow[]): Grammar {
  return { commands: [], takes, options, side: 'client' };
}

/** Which options a command has, its own reader knows: what that refuses is not offered. */
function configLongs(name: keyof typeof configCommands): readonly OptionWordRow[] {
  const words = [name, ...Array.from({ length: configCommands[name].least }, () => '1')];
  return [
    ...configOptions.flags.filter((word) => parseConfig([...words, word]).ok).map(flag),
    ...configOptions.valued.filter((word) => parseConfig([...words, word, '9.2']).ok).map(valued),
  ];
}

function editOptions(name: ConfigEdit): readonly OptionWordRow[] {
  const { flags, valued: others } = configEditOptions(name);
  return [...others.map(valued), ...flags.map(flag)];
}

const configLetters = ['-F', '-o', '-p', '-l'].map(valued);

/** Letters that mean something here come first; ssh's others are known, so that what follows them is. */
function runOptions(): readonly OptionWordRow[] {
  const useless = ['silent', 'note', 'refused'];
  const short = Object.entries(letters).map(([letter, what]) => ({
    ...option(`-${letter}`, what.value ?? false),
    says: 'keyword' in what ? what.keyword : 'says' in what ? what.says : '',
    idle: useless.includes(what.does) || what.does === 'monitor',
  }));
  const long = Object.entries(longOptions).map(([name, { value, says }]) => ({
    ...option(`--${name}`, value !== null),
    says,
  }));
  return [...long, ...short];
}

function option(word: string, takesValue: boolean): OptionWordRow {
  return { word, says: '', valued: takesValue, idle: false };
}

function flag(word: string): OptionWordRow {
  return option(word, false);
}

function valued(word: string): OptionWordRow {
  return option(word, true);
}

const valueSources: Readonly<Record<string, CompletionSource>> = {
  '-F': 'files',
  '-f': 'files',
  '-E': 'files',
  '-i': 'files',
  '-I': 'files',
  '-J': 'hosts',
  '-o': 'client-settings',
  '-C': 'server-fields',
  '--file': 'files',
  '--log-file': 'files',
  '--pid-file': 'files',
  '--login-config': 'files',
  '--identity': 'files',
  '--jump': 'hosts',
  '--like': 'hosts',
  '--check-login': 'hosts',
};

/** These tables in the shape of the others, until they are so. */
export function oldTable(command: string): CommandTable {
  const grammar = grammarOf([command]);
  if (grammar === null) return { options: {} };
  const inner = grammar.commands.map(({ word, says }) => {
    const found = grammarOf([command, word]);
    return [word, { ...(found === null ? { options: {} } : tableFrom(found)), summary: says }] as const;
  });
  const table = tableFrom(grammar);
  return inner.length === 0 ? table : { ...table, commands: Object.fromEntries(inner) };
}

function tableFrom({ options, takes, side }: Grammar): CommandTable {
  const rows = options.map(({ word, says, valued: takesValue, idle }): [string, OptionRow] => {
    const completes = valueSources[word];
    return [
      word.replace(/^--?/, ''),
      {
        help: says,
        ...(takesValue ? { value: 'VALUE' } : {}),
        ...(idle ? { hidden: true } : {}),
        ...(completes === undefined ? {} : { completes }),
      },
    ];
  });
  return { options: Object.fromEntries(rows), words: wordsFrom(takes, side) };
}

function wordsFrom(takes: string, side: Grammar['side']): readonly WordRow[] {
  const sources: Readonly<Record<string, CompletionSource>> = {
    host: 'hosts',
    pattern: 'hosts',
    Option: side === 'client' ? 'client-options' : 'server-options',
    value: side === 'client' ? 'client-values' : 'server-values',
    'field=value': 'server-fields',
  };
  const ways = takes.replace(/[[\]<>]/g, '').split(' | ');
  const length = Math.max(...ways.map((way) => way.split(/\s+/).length));
  return Array.from({ length }, (_each, at): WordRow => {
    const names = ways.flatMap((way) => way.split(/\s+/)[at] ?? []).filter((name) => name !== '');
    const plain = names.map((name) => name.replace('...', ''));
    return {
      name: plain.join(' '),
      optional: true,
      ...(names.some((name) => name.endsWith('...')) ? { repeated: true as const } : {}),
      completes: plain.flatMap((name) => sources[name] ?? []),
      choices: plain.filter((name) => name.includes('|')).flatMap((name) => name.split('|')),
    };
  });
}
