import { textOf } from '../sshconfig/bytes.js';
import type { Setting as Line, ResolvedConfig } from '../sshconfig/resolve/resolvedconfig.js';
import { type Expanded, expanded, inside, type Tokens, untilded } from '../sshconfig/values/tokens.js';
import type { HostOptions } from './hostoptions.js';
import type { IdentityFile, LoginRequest, TrustRequest } from './request.js';

export interface Places {
  readonly home: string;
  /** The homes of other users, as far as they were looked up; null: there is no such user. */
  readonly homes: ReadonlyMap<string, string | null>;
  /** Where relative paths start. */
  readonly directory: string;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** What the paths in a request are read with. */
export interface PathContext {
  readonly settings: HostOptions;
  readonly tokens: Tokens;
  readonly places: Places;
}

const pathKeywords = [
  'RevokedHostKeys',
  'IdentityFile',
  'UserKnownHostsFile',
  'GlobalKnownHostsFile',
] as const;

/** Whose homes must be known to read the paths of a host: `~bob/key`. */
export function usersNamed(answer: ResolvedConfig): readonly string[] {
  const words = pathKeywords.flatMap((name) =>
    (answer.options.get(name.toLowerCase())?.settings ?? []).flatMap(wordsOf),
  );
  return [...new Set(words.flatMap((word) => /^~([^/]+)/.exec(word)?.[1] ?? []))];
}

/** IdentityFile: those that the user names, else ssh's defaults. `none` stands for no file. */
export function identityFiles(context: PathContext): readonly IdentityFile[] {
  const { settings } = context;
  const named = settings.option('IdentityFile')?.settings ?? [];
  if (named.length > 0) {
    return named.flatMap((line) =>
      pathsOf(context, 'IdentityFile', line, wordsOf(line)).map((path) => ({ path, named: true })),
    );
  }
  return pathsOf(context, 'IdentityFile', null, settings.printed('IdentityFile')).map((path) => ({
    path,
    named: false,
  }));
}

/** IdentityAgent: `none`, `SSH_AUTH_SOCK`, `$VARIABLE`, or a path. */
export function agent(context: PathContext): LoginRequest['agent'] {
  const { settings, places } = context;
  const [line] = settings.option('IdentityAgent')?.settings ?? [];
  const [word = 'SSH_AUTH_SOCK'] = line === undefined ? [] : wordsOf(line);
  if (word === 'SSH_AUTH_SOCK') return { variable: 'SSH_AUTH_SOCK' };
  if (word.toLowerCase() === 'none') return null;
  if (word.startsWith('$') && !word.startsWith('${')) return { variable: word.slice(1) };
  // The resolver has expanded it.
  const [socket = word] = settings.printed('IdentityAgent');
  return { socket: socket.startsWith('/') ? socket : `${places.directory}/${socket}` };
}

/** UserKnownHostsFile and GlobalKnownHostsFile: a list of paths, or `none`. */
export function knownHostsFiles(
  context: PathContext,
  keyword: 'UserKnownHostsFile' | 'GlobalKnownHostsFile',
): readonly string[] {
  const option = context.settings.option(keyword);
  const [line] = option?.settings ?? [];
  const words = line === undefined ? (option?.keyword.usual ?? '').split(' ') : wordsOf(line);
  return pathsOf(context, keyword, line ?? null, words);
}

/** RevokedHostKeys: a path, or `none`. */
export function revokedKeysFile(context: PathContext): TrustRequest['revoked'] {
  const keyword = 'RevokedHostKeys';
  const [line] = context.settings.option(keyword)?.settings ?? [];
  if (line === undefined) return null;
  const [path] = pathsOf(context, keyword, line, wordsOf(line));
  if (path === undefined) return null;
  const { message } = context.settings.failureOf({ keyword, place: line.place }, path);
  return { path: path.startsWith('/') ? path : `${context.places.directory}/${path}`, place: message };
}

function wordsOf({ value }: Line): readonly string[] {
  if (value.type === 'word') return [textOf(value.word)];
  return value.type === 'words' ? value.words.map(textOf) : [];
}

function pathsOf(
  context: PathContext,
  keyword: string,
  line: Line | null,
  paths: readonly string[],
): readonly string[] {
  const { settings } = context;
  return paths.flatMap((path) => {
    if (path.toLowerCase() === 'none') return [];
    const result = expandedPath(path, context);
    if (result.ok) return [result.text];
    if (line !== null) {
      const said = `${JSON.stringify(path)}: ${result.reason}; write the path out`;
      settings.failures.push(settings.failureOf({ keyword, place: line.place }, said));
    }
    return [];
  });
}

/** As ssh expands a path: `~`, then `%` tokens and `${VARIABLE}` in one pass. A relative path becomes absolute. */
function expandedPath(path: string, { tokens, places }: PathContext): Expanded {
  const home = untilded(path, places.home);
  let start: string;
  if ('path' in home) {
    start = home.path;
  } else {
    const other = places.homes.get(home.user);
    if (other == null) return { ok: false, reason: `there is no user ${home.user}`, missing: false };
    start = inside(other, path.slice(1 + home.user.length));
  }
  const result = expanded(start, tokens, places.env);
  if (!result.ok || result.text.startsWith('/')) return result;
  return { ok: true, text: `${places.directory}/${result.text}` };
}
