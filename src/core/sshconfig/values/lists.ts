import { type ListMatch, lowerCase, matchPattern } from '../../text/pattern.js';
import type { Bytes } from '../bytes.js';

/** `match_pattern_list` in match.c keeps one pattern in 1,024 bytes. */
const longestPattern = 1_022;

/**
 * A text against a list of patterns with commas between them (`match_pattern_list` in match.c): `!` in front of one vetoes
 * the whole list. A pattern too long for ssh's buffer ends the list without a match. `fold` lower-cases the patterns.
 */
export function matchList(text: Bytes, list: Bytes, fold: boolean): ListMatch {
  let result: ListMatch = 'none';
  for (let at = 0; at < list.length; ) {
    const comma = list.indexOf(',', at);
    const end = comma === -1 ? list.length : comma;
    const negated = list[at] === '!';
    const pattern = list.slice(negated ? at + 1 : at, end);
    if (pattern.length > longestPattern) return 'none';
    if (matchPattern(text, fold ? lowerCase(pattern) : pattern)) {
      if (negated) return 'vetoed';
      result = 'matched';
    }
    at = end + 1;
  }
  return result;
}
