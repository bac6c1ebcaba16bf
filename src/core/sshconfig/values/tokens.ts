import type { Bytes } from '../bytes.js';
import { type Rules, usualRules } from '../keywords/releases.js';

/** Names of the environment, all bytes. */
export type Environment = Readonly<Record<Bytes, Bytes | undefined>>;

/** What each `%` letter stands for. */
export type Tokens = Readonly<Record<string, Bytes>>;

export type Expanded =
  | { readonly ok: true; readonly text: Bytes }
  /** `missing`: all that is wrong is a `${NAME}` that the environment does not have. */
  | { readonly ok: false; readonly reason: string; readonly missing: boolean };

/**
 * Replaces `%x` by its token and `${NAME}` by the environment's value (`vdollar_percent_expand` in misc.c). `tokens` or
 * `environment` null: that sign stands for itself.
 */
export function expanded(text: Bytes, tokens: Tokens | null, environment: Environment | null): Expanded {
  let result = '';
  let pending = 0;
  let missing: Bytes | null = null;
  const failed = (reason: string): Expanded => ({ ok: false, reason, missing: false });
  for (let at = 0; at < text.length; at += 1) {
    const sign = text[at];
    if (sign === '$' && environment !== null && text[at + 1] === '{') {
      const close = text.indexOf('}', at + 2);
      if (close === -1) return failed('"$" and "{" without a "}"');
      const name = text.slice(at + 2, close);
      if (name === '') return failed('the environment has no ""');
      const value = own(environment, name);
      if (value === undefined) missing ??= name;
      result += text.slice(pending, at) + (value ?? '');
      pending = close + 1;
      at = close;
    } else if (sign === '%' && tokens !== null) {
      const letter = text.charAt(at + 1);
      const value = letter === '%' ? '%' : own(tokens, letter);
      if (value === undefined) return failed(`the token %${letter} is not understood here`);
      result += text.slice(pending, at) + value;
      pending = at + 2;
      at += 1;
    }
  }
  if (missing !== null) return { ok: false, reason: `the environment has no ${missing}`, missing: true };
  return { ok: true, text: result + text.slice(pending) };
}

function own(table: Readonly<Record<string, Bytes | undefined>>, name: string): Bytes | undefined {
  return Object.hasOwn(table, name) ? table[name] : undefined;
}

/**
 * A `~` in front of a path (`tilde_expand` in misc.c): the home of the passwd entry, not $HOME. `~name` is another user's:
 * then the result is that name.
 */
export function untilded(
  path: Bytes,
  home: Bytes,
  { newWords }: Pick<Rules, 'newWords'> = usualRules,
): { readonly path: Bytes } | { readonly user: Bytes } {
  if (!path.startsWith('~')) return { path };
  const slash = path.indexOf('/');
  // Before 8.7 a user was one with a slash behind.
  if (slash === -1 && !newWords) return { path: inside(home, path.slice(1)) };
  const user = path.slice(1, slash === -1 ? path.length : slash);
  return user === '' ? { path: inside(home, path.slice(1)) } : { user };
}

/** The rest of a path behind a home, with one slash between them. */
export function inside(home: Bytes, rest: Bytes): Bytes {
  return `${home}${home.endsWith('/') ? '' : '/'}${rest.replace(/^\/+/, '')}`;
}
