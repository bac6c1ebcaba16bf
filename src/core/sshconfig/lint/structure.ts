/** What belongs to a block though it was not meant to: indentation and blank lines mean nothing to ssh. */

import { textOf } from '../bytes.js';
import { lineEndingOf } from '../syntax/lines.js';
import { type Corpus, conditionsOf, type Entry, indentOf, isApart, type Scope, wholeLine } from './corpus.js';
import type { DeadLines } from './dead.js';
import type { Finding } from './finding.js';
import { findingAt, placeText, replaced } from './lintreport.js';

type Misplaced = Finding<'include-in-block' | 'stray-option'>;

/** Lines that stand apart from their block and go on to its end, by the block: meant for everybody. */
export function swallowedTails({ entries }: Corpus): ReadonlyMap<Scope, readonly Entry[]> {
  /** Blocks with an indented line so far. */
  const indented = new Set<Scope>();
  const tails = new Map<Scope, Entry[]>();
  let before: Entry | null = null;
  for (const entry of entries) {
    const last = before;
    before = entry;
    const { own, file, statement } = entry;
    const form = statement.type === 'structure' ? statement.keyword.form.type : null;
    if (own === null || own.universal || form === 'host' || form === 'match') continue;
    const flush = indentOf(entry) === '';
    if (!flush) indented.add(own);
    if (form === 'include') continue;
    const gap = last?.file === file && isApart(last, entry);
    const tail = tails.get(own);
    if (tail !== undefined) tail.push(entry);
    else if (flush && indented.has(own) && gap) tails.set(own, [entry]);
  }
  return tails;
}

/** `dead`: lines that never count, whatever is done about their block if a line for everybody wins. */
export function lintStructure(
  { entries }: Corpus,
  tails: ReadonlyMap<Scope, readonly Entry[]>,
  dead: DeadLines,
): readonly Misplaced[] {
  const found: Misplaced[] = [];
  const withHeaders = includesOfHeaders(entries);
  const firstHeader = new Map<string, Entry>();
  const reported = new Set<Scope>();
  for (const entry of entries) {
    const { own, statement, file } = entry;
    const form = statement.type === 'structure' ? statement.keyword.form.type : null;
    if (form === 'host' || form === 'match') {
      if (!firstHeader.has(file)) firstHeader.set(file, entry);
      continue;
    }
    if (form !== 'include' || own === null || own.universal) continue;
    if (indentOf(entry) !== '' && !withHeaders.has(placeText(entry))) continue;
    const finding = swallowed(entry, own, firstHeader.get(file) === own.header);
    // One at a time: each edit moves all that is above the Include.
    const { sentence } = finding.fix;
    found.push(reported.has(own) ? { ...finding, fix: { sentence, edit: null } } : finding);
    reported.add(own);
  }
  for (const [own, tail] of tails) {
    const entry = tail.find((each) => !isDeadForEverybody(each, dead));
    if (entry === undefined || reported.has(own)) continue;
    const sentence = `it stands apart, and yet it belongs to ${headerOf(own)} at ${placeText(own.header)}`;
    found.push(
      findingAt(entry, 'stray-option', sentence, {
        sentence: 'put Host * above it, or indent it where it belongs',
        edit: replaced(entry, entry.line.start, entry.line.start, `Host *${lineEndingOf(entry.text)}`),
      }),
    );
  }
  return found;
}

/** Does a line win that counts for everybody? Then no block has to do with it. */
function isDeadForEverybody(entry: Entry, dead: DeadLines): boolean {
  const winner = dead.get(entry);
  return winner !== undefined && conditionsOf(winner).length === 0;
}

/** The lines with an Include that brings Host or Match lines. */
function includesOfHeaders(entries: readonly Entry[]): ReadonlySet<string> {
  const places = new Set<string>();
  for (const { statement, includes } of entries) {
    const site = includes.at(-1);
    if (site === undefined || statement.type !== 'structure' || statement.keyword.form.type === 'include')
      continue;
    places.add(`${textOf(site.file)}:${site.line}`);
  }
  return places;
}

function headerOf({ header }: Scope): string {
  const { option, text } = header;
  return textOf(text.slice(option.keyword.start, option.value.end));
}

function swallowed(entry: Entry, own: Scope, first: boolean): Misplaced {
  const sentence = `it is read only for ${headerOf(own)} at ${placeText(own.header)}`;
  const { header } = own;
  const from = header.line.start;
  const feed = lineEndingOf(entry.text);
  // Above the first header it counts for all; above another one it would belong to the block before that.
  const moved = `${first ? '' : `Match all${feed}`}${wholeLine(entry).trimStart()}`;
  const text = `${moved}${entry.text.slice(from, entry.line.start)}`;
  return findingAt(entry, 'include-in-block', sentence, {
    sentence: first ? 'move it above the block' : 'move it above the block, below a Match all',
    edit: replaced(entry, from, entry.line.next, text),
  });
}
