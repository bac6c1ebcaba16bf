/** What belongs to a block though it was not meant to: indentation and blank lines mean nothing to ssh. */
import { lineEndingOf } from '../syntax/lines.js';
import {
  type Corpus,
  conditionsOf,
  type Entry,
  firstHeaders,
  formOf,
  headerText,
  includesOfHeaders,
  indentOf,
  isApart,
  placeText,
  type Scope,
} from './corpus.js';
import type { DeadLines } from './dead.js';
import type { Finding } from './finding.js';
import { byHand, findingAt, movedUp, replaced } from './lintreport.js';

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
    const { own, file } = entry;
    const form = formOf(entry);
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
  const headers = firstHeaders(entries);
  const reported = new Set<Scope>();
  for (const entry of entries) {
    const { own, file } = entry;
    if (formOf(entry) !== 'include' || own === null || own.universal) continue;
    if (indentOf(entry) !== '' && !withHeaders.has(placeText(entry))) continue;
    const finding = swallowed(entry, own, headers.get(file) === own.header);
    // One at a time: each edit moves all that is above the Include.
    found.push(reported.has(own) ? { ...finding, fix: byHand(finding.fix.sentence) } : finding);
    reported.add(own);
  }
  for (const [own, tail] of tails) {
    const entry = tail.find((each) => !isDeadForEverybody(each, dead));
    if (entry === undefined || reported.has(own)) continue;
    const sentence = `it stands apart, and yet it belongs to ${headerText(own)} at ${placeText(own.header)}`;
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

function swallowed(entry: Entry, own: Scope, first: boolean): Misplaced {
  const sentence = `it is read only for ${headerText(own)} at ${placeText(own.header)}`;
  // Above the first header it counts for all; above another one it would belong to the block before that.
  const above = first ? '' : `Match all${lineEndingOf(entry.text)}`;
  return findingAt(entry, 'include-in-block', sentence, {
    sentence: first ? 'move it above the block' : 'move it above the block, below a Match all',
    edit: movedUp(entry, own.header.line.start, above),
  });
}
