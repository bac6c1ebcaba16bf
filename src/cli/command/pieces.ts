import { letters, longOptions } from '../run/options.js';

/** One piece of a command line. */
export type Piece<Long extends string> =
  | { readonly type: 'letter'; readonly letter: string; readonly value: string | null }
  | { readonly type: 'long'; readonly name: Long; readonly value: string | null }
  | { readonly type: 'host'; readonly text: string }
  /** All that follows the host and its options. */
  | { readonly type: 'command'; readonly words: readonly string[] };

export type Split<Long extends string> =
  | { readonly ok: true; readonly pieces: readonly Piece<Long>[] }
  | { readonly ok: false; readonly message: string };

/** Long options by name. `value`: what stands for the value in the help; null: it takes none. */
export type Longs<Long extends string> = Readonly<Record<Long, { readonly value: string | null }>>;

/** What `run` takes. */
export const splitArgv = (argv: readonly string[]): Split<keyof typeof longOptions> =>
  splitWith(argv, longOptions, 'see holdfast run --help');

/**
 * Takes argv apart by getopt's rule with ssh's option string: letters may share a word (`-fNL 8080:a:80`), a value may be
 * glued to its letter (`-p2222`) or be the next word, whatever that looks like; options may also follow the host; the second
 * word that is none starts a command; `--` ends the options. Our long options are words of their own, `--hold 30s` or
 * `--hold=30s`, wherever an option may stand.
 *
 * `-M` is a plain flag in ssh and takes a port in autossh (`-M 0`, `-M 20000`, `-M 20000:7`). The rest of its word, else the
 * next word, is autossh's value when it is digits or digits:digits; otherwise `-M` is ssh's flag.
 */
export function splitWith<Long extends string>(
  argv: readonly string[],
  longs: Longs<Long>,
  help: string,
): Split<Long> {
  const pieces: Piece<Long>[] = [];
  let hosts = 0;
  for (let at = 0; at < argv.length; at += 1) {
    const word = argv[at] ?? '';
    const ended = word === '--';
    if (ended || word === '-' || !word.startsWith('-')) {
      const rest = argv.slice(ended ? at + 1 : at);
      const [host, ...after] = rest;
      if (host === undefined) break;
      if (hosts === 0) pieces.push({ type: 'host', text: host });
      hosts += 1;
      if (hosts === 1 && !ended) continue;
      const words = hosts === 1 ? after : rest;
      if (words.length > 0) pieces.push({ type: 'command', words });
      break;
    }
    const taken = word.startsWith('--')
      ? long(word, argv[at + 1], longs, help)
      : cluster<Long>(word, argv[at + 1], help);
    if (typeof taken === 'string') return { ok: false, message: taken };
    pieces.push(...taken.pieces);
    if (taken.tookNext) at += 1;
  }
  return { ok: true, pieces };
}

type Taken<Long extends string> = { readonly pieces: readonly Piece<Long>[]; readonly tookNext: boolean };

function long<Long extends string>(
  word: string,
  next: string | undefined,
  longs: Longs<Long>,
  help: string,
): Taken<Long> | string {
  const [, name = '', glued] = /^--([^=]*)(?:=(.*))?$/s.exec(word) ?? [];
  const known = (text: string): text is Long => Object.hasOwn(longs, text);
  if (!known(name)) return `unknown option --${name}; ${help}`;
  const valueName = longs[name].value;
  if (valueName === null) {
    if (glued !== undefined) return `--${name} takes no value; found ${JSON.stringify(glued)}`;
    return { pieces: [{ type: 'long', name, value: null }], tookNext: false };
  }
  const value = glued ?? next;
  if (value === undefined) return `--${name} wants a value: --${name} ${valueName}`;
  return { pieces: [{ type: 'long', name, value }], tookNext: glued === undefined };
}

function cluster<Long extends string>(
  word: string,
  next: string | undefined,
  help: string,
): Taken<Long> | string {
  const pieces: Piece<Long>[] = [];
  for (let at = 1; at < word.length; at += 1) {
    const letter = word.charAt(at);
    const rest = word.slice(at + 1);
    const row = Object.hasOwn(letters, letter) ? letters[letter] : undefined;
    if (row === undefined) return `unknown option -${letter}${at > 1 ? ` in ${word}` : ''}; ${help}`;
    const takes =
      row.value ?? (row.type === 'monitor' && monitorPort.test(rest === '' ? (next ?? '') : rest));
    if (!takes) {
      pieces.push({ type: 'letter', letter, value: null });
      continue;
    }
    const value = rest === '' ? next : rest;
    if (value === undefined) return `-${letter} wants a value; ${help}`;
    pieces.push({ type: 'letter', letter, value });
    return { pieces, tookNext: rest === '' };
  }
  return { pieces, tookNext: false };
}

const monitorPort = /^\d+(?::\d+)?$/;
