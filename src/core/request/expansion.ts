/** What `%` tokens stand for, by their letter; ssh_config(5), TOKENS. */
export type PathTokens = Readonly<Record<string, string>>;

export interface Places {
  readonly home: string;
  /** The homes of other users, as far as they were looked up; null: there is no such user. */
  readonly homes: ReadonlyMap<string, string | null>;
  /** Where relative paths start. */
  readonly directory: string;
  readonly env: Readonly<Record<string, string | undefined>>;
}

export type ExpandedPath =
  | { readonly ok: true; readonly text: string }
  | { readonly ok: false; readonly why: string };

/**
 * A path as ssh expands it: `~`, then `%` tokens and `${VARIABLE}` in one pass (`tilde_expand_filename` and
 * `vdollar_percent_expand` in misc.c). A relative path becomes absolute.
 */
export function expandPath(path: string, tokens: PathTokens, places: Places): ExpandedPath {
  let start = path;
  const [tilde, user] = /^~([^/]*)/.exec(path) ?? [];
  if (tilde !== undefined) {
    const home = user ? places.homes.get(user) : places.home;
    if (home == null) return { ok: false, why: `there is no user ${user}` };
    start = home + path.slice(tilde.length);
  }
  const expanded = expand(start, tokens, places.env);
  if (!expanded.ok || expanded.text.startsWith('/')) return expanded;
  return { ok: true, text: `${places.directory}/${expanded.text}` };
}

/** Tokens and variables alone; `tokens` null leaves `%` as it is, as `dollar_expand` does. */
export function expand(text: string, tokens: PathTokens | null, env: Places['env']): ExpandedPath {
  let why: string | null = null;
  const expanded = text.replace(
    /%(.?)|\$\{([^}]*)(\}?)/gs,
    (found, token?: string, name?: string, end?: string) => {
      if (token !== undefined) {
        if (tokens === null) return found;
        if (token === '%') return '%';
        const value = Object.hasOwn(tokens, token) ? tokens[token] : undefined;
        if (value === undefined) why ??= `the token ${found} is not understood here`;
        return value ?? '';
      }
      const value = name === undefined ? undefined : env[name];
      if (end === '') why ??= `"\${" without "}"`;
      else if (value === undefined) why ??= `the environment has no ${name}`;
      return value ?? '';
    },
  );
  return why === null ? { ok: true, text: expanded } : { ok: false, why };
}
