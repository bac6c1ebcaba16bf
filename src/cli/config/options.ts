import { nearest } from '../command/nearest.js';
import { type ConfigEdit, configEdits, isConfigEdit } from './configeditoptions.js';

/** What `holdfast config` was asked, its words taken apart. */
export interface ConfigArgs {
  readonly command: ConfigCommand | null;
  /** Those that are no options: host, option names, pattern. */
  readonly words: readonly string[];
  /** -F. */
  readonly configFile: string | null;
  /** -o, -p and -l in order, each as after -o. */
  readonly options: readonly string[];
  readonly json: boolean;
  readonly exec: boolean;
  readonly all: boolean;
  readonly dryRun: boolean;
  readonly fix: boolean;
  readonly yes: boolean;
  /** --target. */
  readonly target: string | null;
  readonly help: boolean;
}

export const configCommands = {
  effective: { takes: '<host>', least: 1, most: 1, says: 'All effective options, as ssh -G prints them' },
  why: {
    takes: '<host> [Option...]',
    least: 1,
    most: Number.POSITIVE_INFINITY,
    says: 'The lines that give a value, and those that lost',
  },
  list: { takes: '[pattern]', least: 0, most: 1, says: 'The hosts that the files name, in a table' },
  show: { takes: '<host>', least: 1, most: 1, says: 'The blocks that apply, with what became of each line' },
  verify: {
    takes: '[host...]',
    least: 0,
    most: Number.POSITIVE_INFINITY,
    says: 'Hold our answers against the installed ssh -G',
  },
  lint: { takes: '', least: 0, most: 0, says: 'What in the files is not what its author believes' },
  history: { takes: '', least: 0, most: 0, says: 'What holdfast changed in the file, the newest first' },
  diff: {
    takes: '[number]',
    least: 0,
    most: 1,
    says: 'What one of these edits changed; the newest by default',
  },
  undo: { takes: '[count]', least: 0, most: 1, says: 'Take back the last edit, or so many' },
  restore: { takes: '<number>', least: 1, most: 1, says: 'The file as it was before that edit' },
  managed: {
    takes: '[status|init|remove]',
    least: 0,
    most: 1,
    says: 'A file of our own beside one that is read-only or generated',
  },
} as const;

/** Those that can answer for another release than the installed one. */
const targeted: readonly string[] = ['effective', 'why', 'list', 'show', 'lint'];

export type ConfigCommand = keyof typeof configCommands;

export type ParsedConfig =
  | { readonly ok: true; readonly args: ConfigArgs }
  | { readonly ok: false; readonly message: string };

const names = [...Object.keys(configCommands), ...Object.keys(configEdits)];
const flags = ['--json', '--exec', '--all', '--dry-run', '--fix', '--yes', '--help'];
const longs = [...flags, '--target'];
const help = 'see holdfast config --help';

/** Where the first word stands that is no option and no option's value: the command. */
function commandAt(argv: readonly string[]): number {
  let at = 0;
  while (at < argv.length && /^-./.test(argv[at] ?? ''))
    at += /^-[Fopl]$|^--target$/.test(argv[at] ?? '') ? 2 : 1;
  return at;
}

/** The editing command among argv after `config`, and argv without it; null: it is another one. */
export function editAmong(
  argv: readonly string[],
): { readonly command: ConfigEdit; readonly rest: readonly string[] } | null {
  const at = commandAt(argv);
  const command = argv[at];
  if (command === undefined || !isConfigEdit(command)) return null;
  return { command, rest: [...argv.slice(0, at), ...argv.slice(at + 1)] };
}

/** Takes argv after `config` apart by getopt's rule, as ssh does: values may be glued, options may stand anywhere. */
export function parseConfig(argv: readonly string[]): ParsedConfig {
  const refused = (message: string): ParsedConfig => ({ ok: false, message });
  const words: string[] = [];
  const options: string[] = [];
  const on = new Set<string>();
  let configFile: string | null = null;
  let target: string | null = null;
  for (let at = 0; at < argv.length; at += 1) {
    const word = argv[at] ?? '';
    if (word === '--') {
      words.push(...argv.slice(at + 1));
      break;
    }
    if (!word.startsWith('-') || word === '-') {
      words.push(word);
      continue;
    }
    if (word === '--target' || word.startsWith('--target=')) {
      if (word === '--target') at += 1;
      const value = word === '--target' ? argv[at] : word.slice('--target='.length);
      if (value === undefined) return refused(`--target wants a release, as 9.2; ${help}`);
      target = value;
      continue;
    }
    if (word.startsWith('--')) {
      if (!flags.includes(word)) return refused(unknown(word));
      on.add(word);
      continue;
    }
    for (let letter = 1; letter < word.length; letter += 1) {
      const name = word.charAt(letter);
      if (name === 'h') on.add('--help');
      // -G is what this command does; -v is for bugs alone.
      if ('hGTv'.includes(name)) continue;
      if (!'Fopl'.includes(name)) return refused(unknown(`-${name}`));
      const glued = word.slice(letter + 1);
      if (glued === '') at += 1;
      const value = glued === '' ? argv[at] : glued;
      if (value === undefined) return refused(`-${name} wants a value; ${help}`);
      if (name === 'F') configFile = value;
      if (name === 'o') options.push(value);
      if (name === 'p') options.push(`Port ${value}`);
      if (name === 'l') options.push(`User "${value.replace(/["'\\]/g, '\\$&')}"`);
      break;
    }
  }
  const [first, ...rest] = words;
  const common = {
    configFile,
    options,
    json: on.has('--json'),
    exec: on.has('--exec'),
    all: on.has('--all'),
    dryRun: on.has('--dry-run'),
    fix: on.has('--fix'),
    yes: on.has('--yes'),
    target,
    help: on.has('--help'),
  };
  if (first === undefined) return { ok: true, args: { command: null, words: [], ...common } };
  if (!isCommand(first)) {
    const meant = nearest(first, names);
    const known = `there are ${names.slice(0, -1).join(', ')} and ${names.at(-1) ?? ''}`;
    return refused(
      `unknown command ${JSON.stringify(first)}; ${meant === null ? known : `did you mean ${meant}?`}`,
    );
  }
  const wrong = common.help ? null : wrongWords(first, rest, common);
  return wrong === null ? { ok: true, args: { command: first, words: rest, ...common } } : refused(wrong);
}

function isCommand(word: string): word is ConfigCommand {
  return Object.hasOwn(configCommands, word);
}

/** They look at files alone. */
const ofFiles: readonly ConfigCommand[] = ['lint', 'history', 'diff', 'undo', 'restore', 'managed'];
const changing: readonly ConfigCommand[] = ['undo', 'restore', 'managed'];

function wrongWords(
  command: ConfigCommand,
  words: readonly string[],
  { all, dryRun, fix, yes, target, options, exec }: Omit<ConfigArgs, 'command' | 'words'>,
): string | null {
  const { least, most, takes } = configCommands[command];
  if (words.length < least) {
    const [what, example] = command === 'restore' ? ['number', '3'] : ['host', 'db'];
    return `${command}: no ${what}; as in holdfast config ${command} ${example}`;
  }
  if (words.length > most) {
    return `${command}: ${JSON.stringify(words[most])} is one word too many; it takes ${takes || 'none'}`;
  }
  if (all && command !== 'list') return `${command}: --all is for list`;
  if (target !== null && !targeted.includes(command)) {
    return `${command}: --target is for ${targeted.join(', ')}`;
  }
  if (fix && command !== 'lint') return `${command}: --fix is for lint`;
  if (command === 'managed' && words[0] !== undefined && !/^(?:status|init|remove)$/.test(words[0]))
    return `managed: ${JSON.stringify(words[0])} is none of status, init and remove`;
  if (yes && !fix && command !== 'managed') return `${command}: --yes is for lint --fix`;
  if (dryRun && !fix && !changing.includes(command))
    return `${command}: it changes nothing, with or without --dry-run`;
  if (ofFiles.includes(command) && (options.length > 0 || exec)) {
    return `${command}: it looks at files alone; -o, -p, -l and --exec are for the others`;
  }
  return null;
}

function unknown(option: string): string {
  const meant = option.startsWith('--') ? nearest(option, longs) : null;
  if (meant !== null) return `unknown option ${option}; did you mean ${meant}?`;
  return `unknown option ${option}; there are -F, -o, -p and -l of ssh; ${help}`;
}

/** The long options of all these commands; which belongs to which, `splitConfig` knows. */
export const configOptions = { flags, valued: longs.filter((long) => !flags.includes(long)) };
