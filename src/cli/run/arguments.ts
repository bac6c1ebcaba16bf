import { type Failure, type ForwardOption, parseTime, type TunnelOptions } from '../../edit/tunnelrequest.js';
import { parseSocketOption, type SocketOptions } from '../../relay/relayoptions.js';
import { type Piece, splitArgv } from '../command/pieces.js';
import { type LongName, letters } from './options.js';

/** What a command line of `holdfast run` asks for. */
export interface RunArguments {
  readonly options: TunnelOptions;
  /** -f */
  readonly background: boolean;
  /** -q; a later -v takes it back, and the other way round, as in ssh. */
  readonly quiet: boolean;
  /** How many -v. */
  readonly verbose: number;
  readonly json: boolean;
  readonly print: boolean;
  readonly pidFile: string | null;
  /** --log-file, or -E. */
  readonly logFile: string | null;
  /** What was accepted, but does not do what it does in ssh; one sentence each. */
  readonly notes: readonly string[];
}

export type ParsedArguments =
  | { readonly type: 'run'; readonly run: RunArguments }
  | { readonly type: 'help' }
  | { readonly type: 'refused'; readonly failure: Failure };

/**
 * The arguments after `holdfast run`, as ssh and autossh write them: see `letters` for each option and `splitArguments` for
 * how a line is taken apart. Of several values for one option the first counts, in the order of argv, user@host and
 * ssh://host:port included; -4, -6, -b and -g override; -i and forwards add up.
 * @param hasKey is there a file at the path behind -i? Default: each is.
 */
export function parseArguments(argv: readonly string[], hasKey: HasKey = always): ParsedArguments {
  const split = splitArgv(argv);
  if (!split.ok) return wantsHelp(argv) ? { type: 'help' } : refused(split.message);
  if (split.pieces.some((piece) => piece.type === 'long' && piece.name === 'help')) return { type: 'help' };

  const line = new ArgumentLine(hasKey);
  for (const piece of split.pieces) {
    if (piece.type === 'letter') line.letter(piece.letter, piece.value ?? '');
    else if (piece.type === 'long') line.long(piece.name, piece.value ?? '');
    else if (piece.type === 'host') line.takeHost(piece.text);
    else
      line.refuse(
        `${JSON.stringify(piece.words.join(' '))}: holdfast run forwards; it runs no command on the server`,
      );
  }
  return line.result();
}

/** The server and the login from ssh's own options, as `run` reads them; or a sentence why not. */
export function whomOf(
  pieces: readonly Piece<string>[],
  command: string,
  hasKey: HasKey = always,
): { readonly options: TunnelOptions; readonly verbose: number; readonly notes: readonly string[] } | string {
  const line = new ArgumentLine(hasKey);
  for (const piece of pieces) {
    if (piece.type === 'host') line.takeHost(piece.text);
    if (piece.type !== 'letter') continue;
    const row = letters[piece.letter];
    if (row?.type === 'forward' || row?.type === 'background' || row?.type === 'logFile')
      return `-${piece.letter}: ${command} forwards nothing and stays in the foreground`;
    line.letter(piece.letter, piece.value ?? '');
  }
  const parsed = line.result();
  if (parsed.type === 'refused') return parsed.failure.message;
  return parsed.type === 'run' ? parsed.run : '';
}

type HasKey = (path: string) => boolean;
const always: HasKey = () => true;

/** `-h` is no option of ssh; in front it asks for help, whatever follows. */
function wantsHelp(argv: readonly string[]): boolean {
  return argv[0] === '--help' || argv[0] === '-h';
}

function refused(message: string): ParsedArguments {
  return { type: 'refused', failure: { kind: 'usage', message } };
}

/** A command line while it is read. The first refusal is the answer. */
class ArgumentLine {
  readonly #hasKey: HasKey;
  #refusal: string | null = null;
  #host: string | null = null;
  #configFile: string | null = null;
  /** By keyword in lower case; those of `#fixed` came from the host's own text. */
  readonly #settings = new Map<string, { readonly keyword: string; readonly values: string[] }>();
  readonly #fixed = new Set<string>();
  readonly #forwards: ForwardOption[] = [];
  readonly #notes = new Set<string>();
  readonly #numbers: { holdMs?: number; maxAttempts?: number; giveUpAfterMs?: number } = {};
  #socket: SocketOptions = {};
  #auto = false;
  readonly #hooks: { onUp?: string; onDown?: string } = {};
  readonly #run = { background: false, quiet: false, verbose: 0, json: false, print: false };
  readonly #files: { pidFile: string | null; logFile: string | null } = { pidFile: null, logFile: null };

  constructor(hasKey: HasKey) {
    this.#hasKey = hasKey;
  }

  letter(letter: string, value: string): void {
    const row = letters[letter];
    if (row === undefined) return this.refuse(`unknown option -${letter}`);
    switch (row.type) {
      case 'forward':
        this.#forwards.push(forwardOf(row.kind, value));
        return;
      case 'first':
        if (row.keyword === 'Port' && !isPort(value)) {
          return this.refuse(`-p ${JSON.stringify(value)}: want a port from 1 to 65535`);
        }
        return this.#first(row.keyword, quoted(value));
      case 'over':
        this.#settings.set(row.keyword.toLowerCase(), {
          keyword: row.keyword,
          values: [row.as ?? quoted(value)],
        });
        return;
      case 'adds':
        if (this.#hasKey(value)) return this.#add(row.keyword, quoted(value));
        this.#notes.add(`-${letter} ${value}: no such file; it is left out, as ssh does`);
        return;
      case 'option':
        return this.#option(value);
      case 'configFile':
        this.#configFile = value;
        return;
      case 'logFile':
        return this.#file('logFile', `-${letter}`, value);
      case 'background':
        this.#run.background = true;
        return;
      case 'quiet':
        this.#run.quiet = true;
        this.#run.verbose = 0;
        return;
      case 'verbose':
        this.#run.quiet = false;
        this.#run.verbose += 1;
        return;
      case 'monitor':
        this.#notes.add(
          value === ''
            ? '-M: holdfast shares no connection with ssh'
            : `-M ${value}: holdfast needs no monitoring port; it asks the server itself`,
        );
        return;
      case 'silent':
        return;
      case 'note':
        if (letter !== 'S' || value !== 'none') this.#notes.add(`-${letter}: ${row.says}`);
        return;
      case 'refused':
        return this.refuse(`-${letter}: ${row.says}`);
    }
  }

  long(name: LongName, value: string): void {
    switch (name) {
      case 'interval':
        if (value === 'auto') this.#auto = true;
        else if (parseTime(value) === null) {
          return this.refuse(
            `--interval ${JSON.stringify(value)}: want auto, or a time such as 15, 30s or 2m`,
          );
        } else this.#first('ServerAliveInterval', value);
        return;
      case 'hold':
        this.#numbers.holdMs = this.#time(name, value, 0);
        return;
      case 'give-up-after':
        this.#numbers.giveUpAfterMs = this.#time(name, value, 1);
        return;
      case 'max-attempts':
        if (!/^\d{1,9}$/.test(value) || Number(value) === 0) {
          return this.refuse(`--max-attempts ${JSON.stringify(value)}: want a number, 1 or more`);
        }
        this.#numbers.maxAttempts = Number(value);
        return;
      case 'tcp-keepalive':
      case 'tcp-user-timeout':
      case 'tcp-notsent-lowat': {
        const parsed = parseSocketOption(name, value);
        if (!parsed.ok) return this.refuse(`--${name} ${JSON.stringify(value)}: ${parsed.why}`);
        this.#socket = { ...this.#socket, ...parsed.options };
        return;
      }
      case 'on-up':
        this.#hooks.onUp = value;
        return;
      case 'on-down':
        this.#hooks.onDown = value;
        return;
      case 'pid-file':
        return this.#file('pidFile', '--pid-file', value);
      case 'log-file':
        return this.#file('logFile', '--log-file', value);
      case 'json':
        this.#run.json = true;
        return;
      case 'print':
        this.#run.print = true;
        return;
      case 'help':
        return;
    }
  }

  takeHost(text: string): void {
    this.#host = text;
    const uri = text.startsWith('ssh://');
    // What was set before wins over the host's text, and that wins over what follows.
    if (text.includes('@')) this.#fixed.add('user');
    if (uri && /:\d+\/?$/.test(text)) this.#fixed.add('port');
  }

  refuse(message: string): void {
    this.#refusal ??= message;
  }

  result(): ParsedArguments {
    if (this.#refusal !== null) return refused(this.#refusal);
    if (this.#forwards.some((forward) => 'stdio' in forward)) {
      if (this.#run.background) return refused('-W with -f: in the background there is no stdin to forward');
      if (this.#run.json && !this.#run.print)
        return refused('-W with --json: stdout is what is forwarded; messages go to stderr or --log-file');
    }
    if (this.#host === null) return refused('no host; as in holdfast run -L 5432:localhost:5432 db');
    const settings = [...this.#settings.values()].map(({ keyword, values }): [string, string | string[]] => [
      keyword,
      values.length === 1 ? (values[0] ?? '') : values,
    ]);
    const options: TunnelOptions = {
      host: this.#host,
      ...(this.#forwards.length === 0 ? {} : { forwards: this.#forwards, configForwards: true }),
      ...(settings.length === 0 ? {} : { options: Object.fromEntries(settings) }),
      ...(this.#configFile === null ? {} : { configFile: this.#configFile }),
      ...(this.#auto ? { interval: 'auto' as const } : {}),
      ...this.#numbers,
      ...this.#socket,
      ...this.#hooks,
    };
    return { type: 'run', run: { options, ...this.#run, ...this.#files, notes: [...this.#notes] } };
  }

  #file(which: 'pidFile' | 'logFile', option: string, name: string): void {
    if (name === '') return this.refuse(`${option} "": want the name of a file`);
    this.#files[which] = name;
  }

  #option(text: string): void {
    const [, , keyword = '', value = ''] =
      /^\s*("?)([a-z][a-z0-9-]*)\1(?:\s*=\s*|\s+)(.*?)\s*$/is.exec(text) ?? [];
    if (keyword === '' || value === '') {
      return this.refuse(`-o ${JSON.stringify(text)}: want keyword=value, as in ServerAliveInterval=30`);
    }
    if (adding.has(keyword.toLowerCase())) this.#add(keyword, value);
    else this.#first(keyword, value);
  }

  #first(keyword: string, value: string): void {
    const key = keyword.toLowerCase();
    if (!this.#settings.has(key) && !this.#fixed.has(key))
      this.#settings.set(key, { keyword, values: [value] });
  }

  #add(keyword: string, value: string): void {
    const key = keyword.toLowerCase();
    const before = this.#settings.get(key);
    if (before) before.values.push(value);
    else this.#settings.set(key, { keyword, values: [value] });
  }

  #time(name: string, value: string, leastMs: number): number {
    const ms = parseTime(value);
    if (ms !== null && ms >= leastMs) return ms;
    const least = leastMs > 0 ? ', above 0' : '';
    this.refuse(`--${name} ${JSON.stringify(value)}: want a time such as 30, 30s, 2m or 1h30m${least}`);
    return leastMs;
  }
}

/** Keywords whose values add up in ssh; of the others only the first value is passed on. */
const adding = new Set([
  'identityfile',
  'certificatefile',
  'localforward',
  'remoteforward',
  'dynamicforward',
  'sendenv',
]);

function forwardOf(kind: 'local' | 'remote' | 'dynamic' | 'stdio', spec: string): ForwardOption {
  if (kind === 'local') return { local: spec };
  if (kind === 'stdio') return { stdio: spec };
  return kind === 'remote' ? { remote: spec } : { dynamic: spec };
}

function isPort(text: string): boolean {
  return /^\d+$/.test(text) && Number(text) >= 1 && Number(text) <= 65_535;
}

/** A whole word as a value of -o: what would part it, or end it, stands in quotes. */
function quoted(word: string): string {
  return word === '' || /[\s"'\\#=]/.test(word) ? `"${word.replace(/["\\]/g, '\\$&')}"` : word;
}
