/** Match lines that no connection matches. */
import { lowerCase } from '../../../text/pattern.js';
import { type Bytes, textOf } from '../../bytes.js';
import { firstHeaders, formOf } from '../../lint/corpus.js';
import type { Finding } from '../../lint/finding.js';
import { byHand, findingAt, keyOf, replaced, settingOf } from '../../lint/lintreport.js';
import { lineEndingOf } from '../../syntax/lines.js';
import type { Word } from '../../syntax/linewords.js';
import { writtenCriteria } from './matchcriteria.js';
import { type ServerCorpus, type ServerEntry, standingOf } from './servercorpus.js';

/** Criteria whose value is a list of patterns, or of addresses. */
const lists: ReadonlySet<string> = new Set(['user', 'group', 'host', 'address', 'localaddress', 'rdomain']);

export function lintNever({ entries }: ServerCorpus): readonly Finding<'never-matches'>[] {
  const names = entries.find((entry) => keyOf(entry) === 'usedns' && standingOf(entry) !== 'block') ?? null;
  const withNames = names !== null && settingOf(names) === 'yes';
  const found: Finding<'never-matches'>[] = [];
  const headers = firstHeaders(entries);
  for (const entry of entries) {
    if (formOf(entry) !== 'match') continue;
    const criteria = writtenCriteria(entry);
    for (const [at, { name, value, word }] of criteria.entries()) {
      if (!lists.has(name)) continue;
      const patterns = value.split(',');
      if (patterns.every((pattern) => pattern.startsWith('!'))) {
        const sentence = `${textOf(value)} only excludes, and so nobody matches`;
        const at = insideQuote(entry, word);
        const fix = { sentence: 'put *, in front of it', edit: replaced(entry, at, at, '*,') };
        found.push(findingAt(entry, 'never-matches', sentence, fix, word));
        continue;
      }
      if (name === 'host' && !withNames && patterns.every(isNoAddress)) {
        const sentence = `without UseDNS yes the host is an address, which ${textOf(value)} never is`;
        const fix = { sentence: 'set UseDNS yes', edit: dns(names, headers.get(entry.file) ?? entry) };
        found.push(findingAt(entry, 'never-matches', sentence, fix, word));
        continue;
      }
      // A user may be in two groups.
      const other =
        name === 'group'
          ? undefined
          : criteria.slice(0, at).find((each) => each.name === name && areApart(each.value, value));
      if (other !== undefined) {
        const sentence = `${name} cannot be ${textOf(other.value)} and ${textOf(value)} at once`;
        const fix = byHand('put commas between what may be one or the other');
        found.push(findingAt(entry, 'never-matches', sentence, fix, word));
      }
    }
  }
  return found;
}

/** Behind the quote in front of a word, if there is one. */
function insideQuote({ text }: ServerEntry, { start }: Word): number {
  return text[start] === '"' ? start + 1 : start;
}

/** Could the pattern match no address? What it excludes does not count. */
function isNoAddress(pattern: Bytes): boolean {
  return pattern.startsWith('!') || /[^0-9a-f.:*?%]/.test(lowerCase(pattern));
}

/** Lists of words without patterns, and none in both. */
function areApart(one: Bytes, other: Bytes): boolean {
  const literal = /^[^*?!/]+$/;
  if (!literal.test(one) || !literal.test(other)) return false;
  const words = new Set(lowerCase(one).split(','));
  return !lowerCase(other)
    .split(',')
    .some((word) => words.has(word));
}

function dns(names: ServerEntry | null, first: ServerEntry): ReturnType<typeof replaced> | null {
  if (names !== null) return replaced(names, names.option.value.start, names.option.value.end, 'yes');
  if (first.includes.length > 0) return null;
  return replaced(first, first.line.start, first.line.start, `UseDNS yes${lineEndingOf(first.text)}`);
}
