/** Which hosts a configuration names. */

import { lowerCase } from '../pattern.js';
import type { Section } from './answer.js';
import { type Bytes, textOf } from './bytes.js';
import type { Option } from './lines.js';
import { inFileOrder } from './order.js';
import { type Rules, usualRules } from './releases.js';
import { statementOf } from './statements.js';
import { type Where, whereOf } from './where.js';
import { delimited, splitArguments } from './words.js';

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
  const { name, value } = option;
  if (name === 'match') return matchPatterns(matchTaker(text, value.start, value.end, rules), rules);
  if (name !== 'host') return [];
  const statement = statementOf(text, option, {
    env: {},
    services: () => undefined,
    onCommandLine: false,
    rules,
  });
  return statement.at === 'structure' ? statement.words.map((word) => word.text) : [];
}

function kindOf(pattern: Bytes): NamedHost['kind'] {
  if (pattern.startsWith('!')) return 'negation';
  return /[*?]/.test(pattern) ? 'wildcard' : 'concrete';
}

const alone = ['all', 'canonical', 'final'];

/** One word of a Match line after the other, by the rules of the release; null: there are no more. */
function matchTaker(text: Bytes, from: number, end: number, { matchWords }: Rules): () => Bytes | null {
  if (matchWords) {
    const words = splitArguments(text, from, end) ?? [];
    let at = 0;
    return () => words[at++]?.text ?? null;
  }
  let next: number | null = from;
  return () => {
    const taken = next === null ? null : delimited(text, next, end);
    next = taken?.next ?? null;
    return taken?.word.text ?? null;
  };
}

/** What `host` and `originalhost` of a Match line are compared with. */
function matchPatterns(take: () => Bytes | null, { matchEquals }: Rules): readonly Bytes[] {
  const patterns: Bytes[] = [];
  for (let word = take(); word !== null && word !== '' && !word.startsWith('#'); word = take()) {
    const negated = word.startsWith('!');
    const written = negated ? word.slice(1) : word;
    const sign = matchEquals ? written.indexOf('=') : -1;
    const criterion = lowerCase(sign < 0 ? written : written.slice(0, sign));
    if (alone.includes(criterion)) continue;
    const value = sign < 0 ? (take() ?? '') : written.slice(sign + 1);
    if (criterion !== 'host' && criterion !== 'originalhost') continue;
    for (const pattern of value.split(',')) {
      if (pattern !== '') patterns.push(negated && !pattern.startsWith('!') ? `!${pattern}` : pattern);
    }
  }
  return patterns;
}
