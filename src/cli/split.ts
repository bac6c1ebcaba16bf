import { type LongName, letters, longOptions } from './letters.js';

/** One piece of a command line. */
export type Piece =
  | { readonly type: 'letter'; readonly letter: string; readonly value: string | null }
  | { readonly type: 'long'; readonly name: LongName; readonly value: string | null }
  | { readonly type: 'host'; readonly text: string }
  /** All that follows the host and its options. */
  | { readonly type: 'command'; readonly words: readonly string[] };

export type Split =
  | { readonly ok: true; readonly pieces: readonly Piece[] }
  | { readonly ok: false; readonly message: string };

const help = 'see holdfast run --help';

/**
 * Takes argv apart by getopt's rule with ssh's option string: letters may share a word (`-fNL 8080:a:80`), a value may be
 * glued to its letter (`-p2222`) or be the next word, whatever that looks like; options may also follow the host; the second
 * word that is none starts a command; `--` ends the options. Our long options are words of their own, `--hold 30s` or
 * `--hold=30s`, wherever an option may stand.
 *
 * `-M` is a plain flag in ssh and takes a port in autossh (`-M 0`, `-M 20000`, `-M 20000:7`). The rest of its word, else the
 * next word, is autossh's value when it is digits or digits:digits; otherwise `-M` is ssh's flag.
 */
export function splitArguments(argv: readonly string[]): Split {
  const pieces: Piece[] = [];
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
    const taken = word.startsWith('--') ? long(word, argv[at + 1]) : cluster(word, argv[at + 1]);
    if (typeof taken === 'string') return { ok: false, message: taken };
    pieces.push(...taken.pieces);
    if (taken.tookNext) at += 1;
  }
  return { ok: true, pieces };
}

type Taken = { readonly pieces: readonly Piece[]; readonly tookNext: boolean };

function long(word: string, next: string | undefined): Taken | string {
  const [, name = '', glued] = /^--([^=]*)(?:=(.*))?$/s.exec(word) ?? [];
  if (!known(name)) return `unknown option --${name}; ${help}`;
  const wanted = longOptions[name].value;
  if (wanted === null) {
    if (glued !== undefined) return `--${name} takes no value; found ${JSON.stringify(glued)}`;
    return { pieces: [{ type: 'long', name, value: null }], tookNext: false };
  }
  const value = glued ?? next;
  if (value === undefined) return `--${name} wants a value: --${name} ${wanted}`;
  return { pieces: [{ type: 'long', name, value }], tookNext: glued === undefined };
}

function known(name: string): name is LongName {
  return Object.hasOwn(longOptions, name);
}

function cluster(word: string, next: string | undefined): Taken | string {
  const pieces: Piece[] = [];
  for (let at = 1; at < word.length; at += 1) {
    const letter = word.charAt(at);
    const rest = word.slice(at + 1);
    const row = Object.hasOwn(letters, letter) ? letters[letter] : undefined;
    if (row === undefined) return `unknown option -${letter}${at > 1 ? ` in ${word}` : ''}; ${help}`;
    const takes =
      row.value ?? (row.does === 'monitor' && monitorPort.test(rest === '' ? (next ?? '') : rest));
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
