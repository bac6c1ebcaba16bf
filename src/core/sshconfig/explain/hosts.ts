/** Which hosts a configuration names. */

import { lowerCase } from '../../text/pattern.js';
import { type Bytes, textOf } from '../bytes.js';
import { type Rules, usualRules } from '../keywords/releases.js';
import type { Section } from '../resolve/resolvedconfig.js';
import type { Option } from '../syntax/lines.js';
import { wordsOf } from '../syntax/optionwords.js';
import { inFileOrder } from './order.js';
import { type Where, whereOf } from './where.js';

/** A pattern of a Host line, or of `host` or `originalhost` in a Match line. */
export interface NamedHost {
  /** As written, without `!`. */
  readonly name: string;
  /** `concrete`: a host that one can connect to; `wildcard`: with `*` or `?`; `negation`: with `!` in front. */
  readonly kind: 'concrete' | 'wildcard' | 'negation';
  /** Every header that names it, in the order of the files. */
  readonly from: readonly (Where & { readonly header: string })[];
}

/** All that the headers name, across Includes, each name once, in the order of the files; also what never applies. */
export function hostsOf(sections: readonly Section[], rules: Rules = usualRules): readonly NamedHost[] {
  const found = new Map<string, { host: NamedHost; from: (Where & { header: string })[] }>();
  for (const section of inFileOrder(sections)) {
    const header = section.lines[section.from];
    // In the second reading the same lines come by again.
    if (section.pass === 'final' || !header?.option) continue;
    const { keyword, value } = header.option;
    const where = {
      ...whereOf(section.source, header.number),
      header: textOf(section.text.slice(keyword.start, value.end)),
    };
    for (const pattern of headerPatterns(section.text, header.option, rules)) {
      const kind = kindOf(pattern);
      const bare = textOf(kind === 'negation' ? pattern.slice(1) : pattern);
      const known = found.get(`${kind} ${bare}`);
      if (known) {
        known.from.push(where);
        continue;
      }
      const from = [where];
      found.set(`${kind} ${bare}`, { host: { name: bare, kind, from }, from });
    }
  }
  return [...found.values()].map(({ host }) => host);
}

/** The patterns that a Host line names, and those of `host` and `originalhost` in a Match line, as written. */
export function headerPatterns(text: Bytes, option: Option, rules: Rules = usualRules): readonly Bytes[] {
  const { name } = option;
  const words =
    name === 'match' || name === 'host' ? wordsOf(text, option, rules).map((word) => word.text) : [];
  return name === 'match' ? matchPatterns(words) : words;
}

function kindOf(pattern: Bytes): NamedHost['kind'] {
  if (pattern.startsWith('!')) return 'negation';
  return /[*?]/.test(pattern) ? 'wildcard' : 'concrete';
}

const alone = ['all', 'canonical', 'final'];

/** What `host` and `originalhost` of a Match line are compared with. */
function matchPatterns(words: readonly Bytes[]): readonly Bytes[] {
  const patterns: Bytes[] = [];
  for (let at = 0; at < words.length; at += 1) {
    const word = words[at] ?? '';
    if (word === '') break;
    const negated = word.startsWith('!');
    const criterion = lowerCase(negated ? word.slice(1) : word);
    if (alone.includes(criterion)) continue;
    at += 1;
    if (criterion !== 'host' && criterion !== 'originalhost') continue;
    for (const pattern of (words[at] ?? '').split(',')) {
      if (pattern !== '') patterns.push(negated && !pattern.startsWith('!') ? `!${pattern}` : pattern);
    }
  }
  return patterns;
}
