import type { SshdOptions } from '../../edit.js';
import { nearest } from '../command/nearest.js';

/** What `holdfast sshd` was asked, its words taken apart. */
export interface SshdArgs {
  /** Null: the help is wanted. */
  readonly command: SshdCommand | null;
  /** `--help`, as opposed to no command at all. */
  readonly help: boolean;
  /** why: the options. */
  readonly only: readonly string[];
  readonly options: SshdOptions;
  /** lint: the release that reads the file. */
  readonly target: string | null;
  readonly json: boolean;
}

export const sshdCommands = {
  effective: { takes: '[field=value...]', says: 'All effective options, as sshd -T prints them' },
  why: {
    takes: '[Option... | field=value...]',
    says: 'The lines that give a value, and those that lost',
  },
  lint: { takes: '', says: 'What is not what the author of the files believes' },
} as const;
export type SshdCommand = keyof typeof sshdCommands;
const commands = Object.keys(sshdCommands) as SshdCommand[];

export type ParsedSshd =
  | { readonly ok: true; readonly args: SshdArgs }
  | { readonly ok: false; readonly message: string };

/** What may be said of a connection. */
export const sshdFields = ['user', 'host', 'addr', 'laddr', 'lport', 'rdomain'] as const;
/** Options without a value. */
export const sshdFlags = ['--json', '--help'];
/** Options with one. */
export const sshdValued = ['--target'];
const more = 'see holdfast sshd --help';

/**
 * Takes argv after `sshd` apart: -f, -F and -C with a value, glued or not; `field=value` says something of the connection.
 */
export function parseSshd(argv: readonly string[]): ParsedSshd {
  const refused = (message: string): ParsedSshd => ({ ok: false, message });
  const words: string[] = [];
  const known = new Map<string, string>();
  const on = new Set<string>();
  let configFile: string | null = null;
  let target: string | null = null;
  for (let at = 0; at < argv.length; at += 1) {
    const word = argv[at] ?? '';
    if (word === '-h') on.add('--help');
    else if (/^-[fFC]/.test(word)) {
      const letter = word.charAt(1);
      if (word.length === 2) at += 1;
      const value = word.length === 2 ? argv[at] : word.slice(2);
      if (value === undefined) return refused(`-${letter} wants a value; ${more}`);
      if (letter === 'C') words.push(...value.split(','));
      else configFile = value;
    } else if (word === '--target' || word.startsWith('--target=')) {
      if (word === '--target') at += 1;
      const value = word === '--target' ? argv[at] : word.slice('--target='.length);
      if (value === undefined) return refused(`--target wants a release, as 9.2; ${more}`);
      target = value;
    } else if (sshdFlags.includes(word)) on.add(word);
    else if (word.startsWith('-')) {
      const meant = nearest(word, [...sshdFlags, ...sshdValued]);
      return refused(`unknown option ${word}; ${meant === null ? more : `did you mean ${meant}?`}`);
    } else words.push(word);
  }
  const rest: string[] = [];
  for (const word of words) {
    const equals = word.indexOf('=');
    if (equals === -1) rest.push(word);
    else known.set(word.slice(0, equals), word.slice(equals + 1));
  }
  const strange = [...known.keys()].find((name) => !sshdFields.some((field) => field === name));
  if (strange !== undefined) {
    return refused(
      `unknown ${JSON.stringify(`${strange}=`)}; there are ${sshdFields.map((each) => `${each}=`).join(', ')}`,
    );
  }
  const lport = known.get('lport');
  if (lport !== undefined && !/^[0-9]{1,5}$/.test(lport)) {
    return refused(`lport=${lport}: want a port from 1 to 65535`);
  }
  const [first, ...only] = rest;
  const command = commands.find((each) => each === first) ?? null;
  const help = on.has('--help');
  if (first !== undefined && command === null) {
    const meant = nearest(first, [...commands, 'set', 'unset', 'keepalive']);
    const all =
      'there are effective, why, lint, set, unset and keepalive; to undo: holdfast config undo -F FILE';
    const wanted = meant === null ? all : `did you mean ${meant}?`;
    return refused(`unknown command ${JSON.stringify(first)}; ${wanted}`);
  }
  if (command === 'effective' && only.length > 0 && !help) {
    return refused(
      `effective: ${JSON.stringify(only[0])} is one word too many; for one option: holdfast sshd why ${only[0]}`,
    );
  }
  if (command !== null && !help) {
    if (target !== null && command !== 'lint') return refused(`${command}: --target is for lint`);
    const [named] = known.keys();
    const extra = only[0] ?? (named === undefined ? undefined : `${named}=`);
    if (command === 'lint' && extra !== undefined) {
      return refused(
        `lint: ${JSON.stringify(extra)} says nothing here; it looks at every line, whatever the connection`,
      );
    }
  }
  const texts = Object.fromEntries([...known].filter(([name]) => name !== 'lport'));
  const options: SshdOptions = {
    ...texts,
    ...(lport === undefined ? {} : { lport: Number(lport) }),
    ...(configFile === null ? {} : { configFile }),
  };
  const args = { help, only, options, target, json: on.has('--json') };
  return { ok: true, args: { command: help ? null : command, ...args } };
}
