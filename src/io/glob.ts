/** The paths that a pattern of Include matches, as OpenSSH's own glob(3) finds them (openbsd-compat/glob.c). */
import { lstat, readdir } from 'node:fs/promises';
import { codeOf } from '../core/text/reason.js';

type Token =
  | { readonly type: 'byte'; readonly byte: string }
  | { readonly type: 'one' }
  | { readonly type: 'any' }
  | { readonly type: 'set'; readonly negated: boolean; readonly holds: (byte: string) => boolean };

/** POSIX classes in brackets, in the C locale. */
const classes: Readonly<Record<string, RegExp>> = {
  alnum: /[0-9A-Za-z]/,
  alpha: /[A-Za-z]/,
  blank: /[\t ]/,
  // biome-ignore lint/suspicious/noControlCharactersInRegex: iscntrl(3) is about control characters
  cntrl: /[\x00-\x1f\x7f]/,
  digit: /[0-9]/,
  graph: /[\x21-\x7e]/,
  lower: /[a-z]/,
  print: /[\x20-\x7e]/,
  punct: /[!-/:-@[-`{-~]/,
  space: /[\t-\r ]/,
  upper: /[A-Z]/,
  xdigit: /[0-9A-Fa-f]/,
};

/**
 * Every path that matches, sorted by bytes; none when nothing does. Pattern and paths are bytes, one per character
 * (latin1). `*` and `?` never match a dot in front of a name, brackets may; a backslash takes what follows as it is. What
 * cannot be read is passed over; `passedOver` is called with each folder that this user may not list.
 */
export async function globPaths(
  pattern: string,
  passedOver: (folder: string) => void = () => {},
): Promise<readonly string[]> {
  const tokens = tokensOf(pattern);
  if (tokens === null) return [];
  const found: string[] = [];
  await collect('', tokens, { found, passedOver });
  return found.sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
}

interface Collected {
  readonly found: string[];
  readonly passedOver: (folder: string) => void;
}

async function collect(base: string, tokens: readonly Token[], into: Collected): Promise<void> {
  let path = base;
  let rest = tokens;
  for (;;) {
    if (rest.length === 0) {
      if (path !== '' && (await exists(path, into))) into.found.push(path);
      return;
    }
    const slash = rest.findIndex((token) => token.type === 'byte' && token.byte === '/');
    const segment = slash === -1 ? rest : rest.slice(0, slash);
    const behind = slash === -1 ? [] : rest.slice(slash);
    if (segment.some(({ type: is }) => is !== 'byte')) {
      for (const name of await namesIn(path, into)) {
        if (matches(name, segment)) await collect(path + name, behind, into);
      }
      return;
    }
    path += segment.map((token) => (token.type === 'byte' ? token.byte : '')).join('');
    rest = behind;
    for (let [next] = rest; next?.type === 'byte' && next.byte === '/'; [next] = rest) {
      path += '/';
      rest = rest.slice(1);
    }
  }
}

async function exists(path: string, { passedOver }: Collected): Promise<boolean> {
  return lstat(Buffer.from(path, 'latin1')).then(
    () => true,
    (error) => {
      if (isDenied(error)) passedOver(path.slice(0, path.lastIndexOf('/')));
      return false;
    },
  );
}

/** For lack of rights: another user may list it. */
function isDenied(error: unknown): boolean {
  return ['EACCES', 'EPERM'].includes(codeOf(error));
}

async function namesIn(directory: string, { passedOver }: Collected): Promise<readonly string[]> {
  try {
    const names = await readdir(Buffer.from(directory === '' ? '.' : directory, 'latin1'), 'latin1');
    return ['.', '..', ...names];
  } catch (error) {
    if (isDenied(error)) passedOver(directory.replace(/(?<=.)\/+$/, ''));
    return [];
  }
}

/** Only the last `*` is ever tried again, so no name takes more than its length times the pattern's. */
function matches(name: string, tokens: readonly Token[]): boolean {
  const [first] = tokens;
  if (name.startsWith('.') && !(first?.type === 'byte' && first.byte === '.')) return false;
  let at = 0;
  let next = 0;
  let star = -1;
  let resumeAt = 0;
  while (at < name.length || next < tokens.length) {
    const token = tokens[next];
    if (token?.type === 'any') {
      star = next;
      resumeAt = at;
      next += 1;
    } else if (token && at < name.length && fits(token, name.charAt(at))) {
      at += 1;
      next += 1;
    } else if (star >= 0 && resumeAt < name.length) {
      resumeAt += 1;
      at = resumeAt;
      next = star + 1;
    } else {
      return false;
    }
  }
  return true;
}

function fits(token: Token, byte: string): boolean {
  if (token.type === 'byte') return token.byte === byte;
  return token.type === 'set' ? token.holds(byte) !== token.negated : true;
}

/** Null: a class in brackets that does not exist, which matches nothing at all. */
function tokensOf(pattern: string): readonly Token[] | null {
  const bytes = [...pattern.matchAll(/\\([\s\S])|[\s\S]/g)].map(([whole, escaped]) => ({
    byte: escaped ?? whole,
    isUnescaped: escaped === undefined,
  }));
  const unescaped = (at: number) => (bytes[at]?.isUnescaped ? bytes[at]?.byte : undefined);
  const lastClose = bytes.findLastIndex((_, at) => unescaped(at) === ']');
  const tokens: Token[] = [];
  for (let at = 0; at < bytes.length; at += 1) {
    const sign = unescaped(at);
    if (sign === '?') tokens.push({ type: 'one' });
    else if (sign === '*') {
      if (tokens.at(-1)?.type !== 'any') tokens.push({ type: 'any' });
    } else if (sign === '[') {
      const negated = unescaped(at + 1) === '!';
      const from = negated ? at + 2 : at + 1;
      if (from >= bytes.length || lastClose <= from) {
        tokens.push({ type: 'byte', byte: '[' });
        continue;
      }
      const set = setOf(bytes, from);
      if (set === null) return null;
      tokens.push({ type: 'set', negated, holds: set.holds });
      at = set.close;
    } else {
      tokens.push({ type: 'byte', byte: bytes[at]?.byte ?? '' });
    }
  }
  return tokens;
}

interface PatternByte {
  readonly byte: string;
  readonly isUnescaped: boolean;
}

/** What stands in brackets; a `]` right behind the opening is one of its members. */
function setOf(
  bytes: readonly PatternByte[],
  from: number,
): { readonly holds: (byte: string) => boolean; readonly close: number } | null {
  const unescaped = (at: number) => (bytes[at]?.isUnescaped ? bytes[at]?.byte : undefined);
  const members: ((byte: string) => boolean)[] = [];
  let at = from;
  do {
    const class_ = unescaped(at) === '[' && unescaped(at + 1) === ':' ? classAt(bytes, at) : undefined;
    if (class_ === null) return null;
    if (class_ !== undefined) {
      members.push((byte) => class_.is.test(byte));
      at = class_.next;
      if (unescaped(at) === ']') break;
      continue;
    }
    const low = bytes[at]?.byte ?? '';
    const high = bytes[at + 2]?.byte ?? '';
    if (unescaped(at + 1) === '-' && unescaped(at + 2) !== ']' && high !== '') {
      members.push((byte) => low <= byte && byte <= high);
      at += 3;
    } else {
      members.push((byte) => byte === low);
      at += 1;
    }
  } while (at < bytes.length && unescaped(at) !== ']');
  return { holds: (byte) => members.some((member) => member(byte)), close: at };
}

/** `[:name:]`. Undefined: it is none, only a bracket; null: there is no class of that name. */
function classAt(
  bytes: readonly PatternByte[],
  at: number,
): { readonly is: RegExp; readonly next: number } | null | undefined {
  const text = bytes
    .slice(at + 2, at + 12)
    .map(({ byte }) => byte)
    .join('');
  const end = text.indexOf(':]');
  if (end === -1) return undefined;
  const is = classes[text.slice(0, end)];
  return is === undefined ? null : { is, next: at + 2 + end + 2 };
}
