/** Lines that never count, because an earlier line always wins; and a Host * that does that to the blocks below it. */
import { isPatternWithin } from '../../text/pattern.js';
import type { Bytes } from '../bytes.js';
import { lineEndingOf, optionOf } from '../syntax/lines.js';
import { type Corpus, conditionsOf, deadEverywhere, type Entry, placeText, type Scope } from './corpus.js';
import type { Finding } from './finding.js';
import { joinedLists } from './ignore.js';
import { findingAt, keyOf, removed, settingOf } from './lintreport.js';

/** Comparisons of patterns in all: beyond, wildcards are no longer held against each other, and less is found. */
const mostComparisons = 1_000_000;

/** The lines so far that set one option, by whom they set it for. */
interface Winners {
  always: Entry | null;
  readonly byName: Map<string, Entry>;
  readonly byWildcard: { readonly pattern: string; readonly entry: Entry }[];
  readonly byHeader: Map<string, Entry>;
}

/** Lines that never count, each with the one that wins. */
export type DeadLines = ReadonlyMap<Entry, Entry>;

/**
 * A line is dead where each pattern that lets it through is one that an earlier line of the same option is let through by
 * too. That holds for every host there is, typed or canonical, in either reading, and needs no command: so nothing is
 * found about lines that hang on what a Match asks for, except below the same header. One look at each line.
 */
export function deadLines({ entries }: Corpus): DeadLines {
  const dead = new Map<Entry, Entry>();
  const winners = new Map<string, Winners>();
  const budget = { left: mostComparisons };
  const winnersOf = (key: string): Winners => {
    const known = winners.get(key);
    if (known) return known;
    const made: Winners = { always: null, byName: new Map(), byWildcard: [], byHeader: new Map() };
    winners.set(key, made);
    return made;
  };
  for (const entry of entries) {
    const key = keyOfLine(entry);
    if (key === null) continue;
    const conditions = conditionsOf(entry);
    const winner = winnerOver(winnersOf(key), conditions, budget);
    if (winner !== null) {
      dead.set(entry, winner);
      continue;
    }
    remember(winnersOf(key), entry, conditions);
    const other = switchedOff(entry);
    if (other !== null) remember(winnersOf(other), entry, conditions);
  }
  return dead;
}

/** What else may set the same thing; null: nothing can be said about the line. */
function keyOfLine({ statement, text, option }: Entry): string | null {
  if (statement.type !== 'value') return null;
  const { keyword, reading } = statement;
  if (reading.second !== null || reading.value.type === 'nothing') return null;
  const { key, combine } = keyword;
  if (combine === 'each') {
    // Only exact repetitions do not count.
    const words = statement.words.map((word) => word.text);
    return JSON.stringify([key, ...(words.length > 0 ? words : [text.slice(option.value.start)])]);
  }
  if (combine === 'list' && reading.value.type === 'words' && reading.value.words.length === 0) return null;
  return combine === 'first' || combine === 'list' ? key : null;
}

/** ProxyJump and ProxyCommand switch each other off; whether `none` does hangs on the release. */
function switchedOff(entry: Entry): string | null {
  const { statement } = entry;
  if (statement.type !== 'value') return null;
  const { value } = statement.reading;
  if (value.type === 'jump' && value.jump === 'none') return null;
  return value.type === 'word' && value.word.toLowerCase() === 'none' ? null : statement.keyword.rival;
}

function winnerOver(known: Winners, conditions: readonly Scope[], budget: { left: number }): Entry | null {
  if (known.always !== null) return known.always;
  for (const scope of conditions) {
    const same = known.byHeader.get(headerKey(scope));
    if (same) return same;
    if (scope.kind !== 'host') continue;
    const patterns = scope.words.map(({ text }) => text).filter((text) => !text.startsWith('!'));
    let winner: Entry | null = null;
    const covered = patterns.every((pattern) => {
      const found = covering(known, pattern, budget);
      winner ??= found;
      return found !== null;
    });
    if (covered && winner !== null) return winner;
  }
  return null;
}

function covering(known: Winners, pattern: string, budget: { left: number }): Entry | null {
  const exact = known.byName.get(pattern);
  if (exact) return exact;
  for (const { pattern: wider, entry } of known.byWildcard) {
    if (budget.left <= 0) return null;
    budget.left -= 1;
    if (isPatternWithin(pattern, wider)) return entry;
  }
  return null;
}

function remember(known: Winners, entry: Entry, conditions: readonly Scope[]): void {
  const [scope, ...more] = conditions;
  if (scope === undefined) {
    known.always = entry;
    return;
  }
  if (more.length > 0) return;
  known.byHeader.set(headerKey(scope), entry);
  if (scope.kind !== 'host' || scope.words.some(({ text }) => text.startsWith('!'))) return;
  for (const { text } of scope.words) {
    if (/[*?]/.test(text)) known.byWildcard.push({ pattern: text, entry });
    if (!known.byName.has(text)) known.byName.set(text, entry);
  }
}

/** Match looks at what is set so far, so the same words further down may mean something else: only the same line counts. */
function headerKey({ kind, header, words }: Scope): string {
  if (kind === 'match') return `match ${header.file} ${header.line.number}`;
  return `host ${JSON.stringify(words.map(({ text }) => text).sort())}`;
}

/** `swallowed`: lines of blocks that were meant for everybody. */
export function lintDead(corpus: Corpus, dead: DeadLines, swallowed: ReadonlySet<Entry>): readonly Finding[] {
  const found: Finding[] = [];
  /** Blocks with lines of both kinds. */
  const mixed = new Set<Scope | null>([...swallowed].map(({ own }) => own));
  /** The first of each file: one is moved, and the file is looked at again. */
  const above = new Map<string, { readonly scope: Scope; readonly entry: Entry }>();
  for (const [entry, winner] of deadEverywhere(corpus.entries, dead)) {
    if (entry.statement.type !== 'value') continue;
    // It has to get out of the block first.
    if (swallowed.has(entry) && conditionsOf(winner).length > 0 && !swallowed.has(winner)) continue;
    const { name, combine } = entry.statement.keyword;
    const other = keyOf(winner) !== keyOf(entry);
    const why = other ? `switches ${name} off` : combine === 'each' ? 'says the same' : `sets ${name} first`;
    const sentence = `${entry.option.keyword.text} here never counts: ${placeText(winner)} ${why}`;
    const here = winner.file === entry.file;
    const wide = here && winner.own?.universal ? winner.own : null;
    const differs = () => settingOf(winner) === null || settingOf(winner) !== settingOf(entry);
    const isOverruled = wide !== null && entry.own !== null && !entry.own.universal && differs();
    const isIgnoring = !other && keyOf(entry) === 'ignoreunknown';
    if (isOverruled && !isIgnoring && !above.has(entry.file)) above.set(entry.file, { scope: wide, entry });
    if (isIgnoring) {
      found.push(findingAt(entry, 'dead-line', sentence, joinedLists(winner, entry)));
      continue;
    }
    const isForEverybody = swallowed.has(entry) || conditionsOf(entry).length === 0;
    found.push(
      findingAt(entry, 'dead-line', sentence, {
        sentence: isOverruled
          ? `move the block of ${placeText(wide.header)} to the end, or remove the line`
          : 'remove the line, or move it above the other',
        // It may be the one that is meant; and its indentation tells those that were swallowed from the others.
        edit:
          isOverruled || (isForEverybody && !other && differs()) || mixed.has(entry.own)
            ? null
            : removed(entry),
      }),
    );
  }
  for (const { scope, entry } of above.values()) found.push(onTop(scope, entry));
  return found;
}

function onTop({ header, kind }: Scope, entry: Entry): Finding {
  const { file, text, line } = header;
  const said = kind === 'host' ? 'Host *' : 'Match all';
  const sentence = `${said} stands above ${placeText(entry)}, which it overrules: the first value wins`;
  const { blank, end } = endOfBlock(text, line.next);
  const rest = text.slice(end);
  const open = rest.endsWith('\n') ? '' : lineEndingOf(text);
  const joined = `${rest}${open}${text.slice(blank, end)}${text.slice(line.start, blank)}`;
  const edit = rest === '' ? null : { file, from: line.start, to: text.length, text: joined };
  return findingAt(header, 'wildcard-on-top', sentence, {
    sentence: `move the block ${said} to the end of the file`,
    edit,
  });
}

/**
 * Where a block ends as people read it: below its last option, the comments right under that, and the blank lines behind.
 * Comments further down, and those glued to the next header, belong to what follows.
 */
function endOfBlock(text: Bytes, from: number): { readonly blank: number; readonly end: number } {
  const lines: { readonly start: number; readonly type: 'option' | 'comment' | 'blank' }[] = [];
  let at = from;
  while (at < text.length) {
    const feed = text.indexOf('\n', at);
    const stop = feed === -1 ? text.length : feed;
    const option = optionOf(text, at, stop);
    if (option?.name === 'host' || option?.name === 'match') break;
    const is = option !== null ? 'option' : text.slice(at, stop).trim() === '' ? 'blank' : 'comment';
    lines.push({ start: at, type: is });
    at = feed === -1 ? stop : feed + 1;
  }
  let cut = lines.findLastIndex(({ type: is }) => is === 'option') + 1;
  const glued =
    at === text.length ? lines.length : lines.findLastIndex(({ type: is }) => is !== 'comment') + 1;
  while (cut < glued && lines[cut]?.type === 'comment') cut += 1;
  const blank = lines[cut]?.start ?? at;
  while (lines[cut]?.type === 'blank') cut += 1;
  return { blank, end: lines[cut]?.start ?? at };
}
