/** What belongs to a block though it was not meant to: indentation and blank lines mean nothing to ssh. */
import { textOf } from '../bytes.js';
import type { Keyword } from '../keywords.js';
import type { AnyKeyword, Corpus, Entry, Located, Scope } from './corpus.js';
import { feedOf, indentOf, wholeLine } from './corpus.js';
import type { Finding } from './finding.js';
import { findingAt, placeOf, replaced } from './report.js';

type Misplaced = Finding<'include-in-block' | 'stray-option'>;

/** How the two sides differ in lines that belong to a block though they were not meant to. */
export interface Strays<K> {
  /** Is such a line only found where a blank line stands above it? */
  readonly apart: boolean;
  /** `first`: the first header of the file, which may be that of the block. */
  readonly fix: (entry: Entry<K>, first: Entry<K>) => Finding['fix'];
}

export const straysOfClient: Strays<Keyword> = {
  apart: true,
  fix: (entry) => ({
    sentence: 'put Host * above it, or indent it where it belongs',
    edit: replaced(entry, entry.line.start, entry.line.start, `Host *${feedOf(entry.text)}`),
  }),
};

export function lintStructure<K extends AnyKeyword>(
  { entries }: Corpus<K>,
  { apart, fix }: Strays<K>,
): readonly Misplaced[] {
  const found: Misplaced[] = [];
  const withHeaders = includesOfHeaders(entries);
  const firstHeader = new Map<string, Entry<K>>();
  /** Blocks with an indented line so far, and those already told about. */
  const indented = new Set<Scope<K>>();
  const told = new Set<Scope<K>>();
  let before: Entry<K> | null = null;
  for (const entry of entries) {
    const { own, statement, file } = entry;
    const last = before;
    before = entry;
    const form = statement.at === 'structure' ? statement.keyword.form.is : null;
    if (form === 'host' || form === 'match') {
      if (!firstHeader.has(file)) firstHeader.set(file, entry);
      continue;
    }
    if (own === null || own.universal) continue;
    const flush = indentOf(entry) === '';
    if (!flush) indented.add(own);
    if (form === 'include') {
      if (flush || withHeaders.has(placeOf(entry))) {
        const finding = swallowed(entry, own, firstHeader.get(file) === own.header);
        // One at a time: each edit moves all that is above the Include.
        const { sentence } = finding.fix;
        found.push(told.has(own) ? { ...finding, fix: { sentence, edit: null } } : finding);
        told.add(own);
      }
      continue;
    }
    const gap = !apart || (last?.file === file && isApart(last, entry));
    if (flush && indented.has(own) && !told.has(own) && gap) {
      told.add(own);
      const said = headerOf(own);
      const stands = apart ? 'stands apart' : 'is not indented';
      const sentence = `it ${stands}, and yet it belongs to ${said} at ${placeOf(own.header)}`;
      const first = firstHeader.get(file) ?? own.header;
      found.push(findingAt(entry, 'stray-option', sentence, fix(entry, first)));
    }
  }
  return found;
}

/** The lines with an Include that brings Host or Match lines. */
function includesOfHeaders<K extends AnyKeyword>(entries: readonly Entry<K>[]): ReadonlySet<string> {
  const places = new Set<string>();
  for (const { statement, includes } of entries) {
    const site = includes.at(-1);
    if (site === undefined || statement.at !== 'structure' || statement.keyword.form.is === 'include')
      continue;
    places.add(`${site.file}:${site.line}`);
  }
  return places;
}

/** Is there a blank line between them? */
function isApart(last: Located, entry: Located): boolean {
  return /\n[ \t\r]*\n/.test(entry.text.slice(last.line.end, entry.line.start));
}

function headerOf<K>({ header }: Scope<K>): string {
  const { option, text } = header;
  return textOf(text.slice(option.keyword.start, option.value.end));
}

function swallowed<K>(entry: Entry<K>, own: Scope<K>, first: boolean): Misplaced {
  const sentence = `it is read only for ${headerOf(own)} at ${placeOf(own.header)}`;
  const { header } = own;
  const from = header.line.start;
  const feed = feedOf(entry.text);
  // Above the first header it counts for all; above another one it would belong to the block before that.
  const moved = `${first ? '' : `Match all${feed}`}${wholeLine(entry).trimStart()}`;
  const text = `${moved}${entry.text.slice(from, entry.line.start)}`;
  return findingAt(entry, 'include-in-block', sentence, {
    sentence: first ? 'move it above the block' : 'move it above the block, below a Match all',
    edit: replaced(entry, from, entry.line.next, text),
  });
}
