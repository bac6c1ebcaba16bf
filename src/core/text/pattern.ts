/**
 * Patterns of OpenSSH (ssh_config(5) PATTERNS, match.c): `*` is any run of characters, also none; `?` is exactly one;
 * everything else stands for itself, brackets too. Case counts; for a comparison without case pass both sides in lower case.
 */

/** `vetoed`: a pattern with `!` matched, and no other pattern of the list can win over it. */
export type ListMatch = 'matched' | 'vetoed' | 'none';

/**
 * Does the whole text match the pattern? Never more than text x pattern steps, whatever the pattern: only the last `*`
 * is ever tried again, because what an earlier one could take more, the last one can take as well. A regular
 * expression or match.c's recursion would need exponential time for `*a*a*a*a*b`.
 */
export function matchPattern(text: string, pattern: string): boolean {
  let at = 0;
  let next = 0;
  let star = -1;
  let resumeAt = 0;
  while (at < text.length) {
    if (pattern[next] === '*') {
      star = next;
      resumeAt = at;
      next += 1;
    } else if (next < pattern.length && (pattern[next] === '?' || pattern[next] === text[at])) {
      at += 1;
      next += 1;
    } else if (star >= 0) {
      resumeAt += 1;
      at = resumeAt;
      next = star + 1;
    } else {
      return false;
    }
  }
  while (pattern[next] === '*') next += 1;
  return next === pattern.length;
}

/** Does `wider` match all that `narrower` does? As texts: `*` of the wider one takes wildcards of the narrower one, `?` must not. */
export function isPatternWithin(narrower: string, wider: string): boolean {
  return !(/[*?]/.test(narrower) && wider.includes('?')) && matchPattern(narrower, wider);
}

/**
 * Does the text match one of the patterns and none of those that begin with `!`? The order does not count. A list of
 * negations alone matches nothing (match.c, match_pattern_list).
 */
export function matchPatterns(text: string, patterns: Iterable<string>): ListMatch {
  let result: ListMatch = 'none';
  for (const pattern of patterns) {
    const negated = pattern.startsWith('!');
    if (!matchPattern(text, negated ? pattern.slice(1) : pattern)) continue;
    if (negated) return 'vetoed';
    result = 'matched';
  }
  return result;
}

/** ASCII letters only, as C's tolower in the default locale: host names of two alphabets must not become one. */
export function lowerCase(text: string): string {
  return text.replace(/[A-Z]+/g, (letters) => letters.toLowerCase());
}

/** A name that the pattern matches; a name itself where there are no wildcards. */
export function hostMatching(pattern: string): string {
  return pattern.replaceAll('*', 'q7').replaceAll('?', 'q');
}
