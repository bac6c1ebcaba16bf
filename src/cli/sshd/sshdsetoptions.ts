import type { SshdChange } from '../../edit.js';
import { nearest } from '../command/nearest.js';

/** Commands of `holdfast sshd` that change the configuration. */
export const sshdEdits = {
  set: { takes: '<Option> <value...>', says: 'Sets an option so that it takes effect' },
  unset: { takes: '<Option>', says: 'Takes every line of an option out' },
  keepalive: { takes: '', says: 'Lets the server ask quiet clients' },
} as const;
export type SshdEdit = keyof typeof sshdEdits;

/** What one of them was asked, its words taken apart. */
export interface SshdSetArgs {
  readonly help: boolean;
  readonly changes: readonly SshdChange[];
  /** keepalive: a ClientAliveCountMax that stands stays, unless --count is given. */
  readonly countGiven: boolean;
  readonly configFile: string | null;
  readonly match: string | null;
  readonly dryRun: boolean;
  readonly print: boolean;
  readonly reload: boolean;
  readonly yes: boolean;
  /** `[user@]host` of a login to make after the reload. */
  readonly checkLogin: string | null;
  /** ssh's -F for that login. */
  readonly loginConfig: string | null;
  readonly json: boolean;
}

export type ParsedSshdSet =
  | { readonly ok: true; readonly args: SshdSetArgs }
  | { readonly ok: false; readonly message: string };

/** Options without a value. */
export const sshdEditFlags = [
  '--dry-run',
  '--print',
  '--reload',
  '--yes',
  '--json',
  '--help',
  '--off',
] as const;
/** Options with one. */
export const sshdEditValued = [
  '--match',
  '--check-login',
  '--login-config',
  '--interval',
  '--count',
  '--file',
] as const;
/** Options of keepalive alone. */
export const ofSshdKeepalive = ['--interval', '--count', '--off'];
const letters: Readonly<Record<string, string>> = {
  '-h': '--help',
  '-y': '--yes',
  '-f': '--file',
  '-F': '--file',
};

/** Takes argv after `sshd set` and the like apart. Options may stand anywhere in front of the option's name, or behind its value. */
export function parseSshdSet(command: SshdEdit, argv: readonly string[]): ParsedSshdSet {
  const more = `see holdfast sshd ${command} --help`;
  const refused = (message: string): ParsedSshdSet => ({ ok: false, message });
  const words: string[] = [];
  const on = new Set<string>();
  const values = new Map<string, string>();
  let literal = false;
  for (let at = 0; at < argv.length; at += 1) {
    const word = argv[at] ?? '';
    if (literal || !/^-./.test(word)) {
      words.push(word);
      continue;
    }
    if (word === '--') {
      literal = true;
      continue;
    }
    const short = /^-[fF]./.test(word);
    const equals = word.startsWith('--') ? word.indexOf('=') : -1;
    const name = short ? '--file' : equals > 0 ? word.slice(0, equals) : (letters[word] ?? word);
    if (sshdEditValued.some((each) => each === name)) {
      const glued = short ? word.slice(2) : equals > 0 ? word.slice(equals + 1) : null;
      if (glued === null) at += 1;
      const value = glued ?? argv[at];
      if (value === undefined || value === '') return refused(`${word} wants a value; ${more}`);
      if (values.has(name)) return refused(`${name} stands twice; ${more}`);
      values.set(name, value);
    } else if (equals === -1 && sshdEditFlags.some((each) => each === name)) on.add(name);
    else {
      const meant = nearest(name, [...sshdEditFlags, ...sshdEditValued]);
      const hint = meant === null || meant === name ? more : `did you mean ${meant}?`;
      return refused(
        `unknown option ${word}; ${hint}${command === 'set' ? '; a value that begins with - stands behind --' : ''}`,
      );
    }
  }
  const help = on.has('--help');
  const stray = ofSshdKeepalive.find((name) => command !== 'keepalive' && (on.has(name) || values.has(name)));
  if (stray !== undefined) return refused(`${command}: ${stray} is for keepalive`);
  const changes = help ? [] : changesOf(command, words, values, on);
  if (typeof changes === 'string') return refused(`${changes}; ${more}`);
  const clash = clashOf(on, values);
  if (clash !== null) return refused(clash);
  const args: SshdSetArgs = {
    help,
    changes,
    countGiven: values.has('--count'),
    configFile: values.get('--file') ?? null,
    match: values.get('--match') ?? null,
    dryRun: on.has('--dry-run'),
    print: on.has('--print'),
    reload: on.has('--reload'),
    yes: on.has('--yes'),
    checkLogin: values.get('--check-login') ?? null,
    loginConfig: values.get('--login-config') ?? null,
    json: on.has('--json'),
  };
  return { ok: true, args };
}

function clashOf(on: ReadonlySet<string>, values: ReadonlyMap<string, string>): string | null {
  if (values.has('--check-login') && !on.has('--reload')) {
    return '--check-login is for --reload: before it sshd has not read the change';
  }
  if (values.has('--login-config') && !values.has('--check-login'))
    return '--login-config is for --check-login';
  if (values.get('--check-login')?.startsWith('-')) return '--check-login: want [user@]host';
  const alone = ['--print', '--dry-run'].filter((name) => on.has(name));
  if (alone.length > 0 && on.has('--reload'))
    return `${alone[0]} changes nothing here: there is nothing to --reload`;
  if (alone.length > 1) return '--print and --dry-run: want one of them';
  if (on.has('--print') && values.has('--file'))
    return '--print is for another machine: no file of this one is read';
  return null;
}

/** A sentence where the words make no sense. */
function changesOf(
  command: SshdEdit,
  words: readonly string[],
  values: ReadonlyMap<string, string>,
  on: ReadonlySet<string>,
): readonly SshdChange[] | string {
  const [option, ...value] = words;
  if (command === 'keepalive') {
    if (option !== undefined)
      return `keepalive: ${JSON.stringify(option)} is one word too many: it is for every client`;
    if (on.has('--off') && (values.has('--interval') || values.has('--count'))) return '--off stands alone';
    if (on.has('--off')) return [{ option: 'ClientAliveInterval', value: ['0'] }];
    return [
      { option: 'ClientAliveInterval', value: [values.get('--interval') ?? '15'] },
      {
        option: 'ClientAliveCountMax',
        value: [values.get('--count') ?? '3'],
        onlyIfUnset: !values.has('--count'),
      },
    ];
  }
  if (option === undefined)
    return `${command}: no option; as in holdfast sshd ${command} ${command === 'set' ? 'X11Forwarding no' : 'X11Forwarding'}`;
  if (command === 'unset') {
    const extra = value[0];
    if (extra === undefined) return [{ option, value: null }];
    if (/^subsystem$/i.test(option)) return [{ option, value: null }];
    return `unset: ${JSON.stringify(extra)} is one word too many: every line of ${option} goes`;
  }
  if (value.length === 0)
    return `set: to which value is ${option} to be set? As in holdfast sshd set X11Forwarding no`;
  return [{ option, value }];
}
