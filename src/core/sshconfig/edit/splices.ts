import type { Bytes } from '../bytes.js';
import type { Splice } from '../lint/finding.js';
import type { Layout, Part } from './layout.js';

export type { Splice } from '../lint/finding.js';

/** A file before and after. */
export interface ChangedFile {
  readonly file: Bytes;
  readonly before: Bytes;
  readonly after: Bytes;
  /** In order; they do not overlap. */
  readonly splices: readonly Splice[];
}

/**
 * The text with its splices made. Throws a RangeError where they overlap or leave the text, and where a byte outside of
 * them would differ: both are mistakes of the planner, and nothing may be written then.
 */
export function applySplices(text: Bytes, splices: readonly Splice[]): Bytes {
  let after = '';
  let done = 0;
  for (const { from, to, text: put } of splices) {
    if (from < done || to < from || to > text.length) throw new RangeError(`a splice at ${from} overlaps`);
    after += text.slice(done, from) + put;
    done = to;
  }
  after += text.slice(done);
  checkOutside(text, after, splices);
  return after;
}

/** The first proof: every byte that is in no splice is where it was. */
function checkOutside(before: Bytes, after: Bytes, splices: readonly Splice[]): void {
  let old = 0;
  let fresh = 0;
  for (const { from, to, text } of splices) {
    const length = from - old;
    if (before.slice(old, from) !== after.slice(fresh, fresh + length)) throw new RangeError('bytes differ');
    old = to;
    fresh += length + text.length;
  }
  if (before.slice(old) !== after.slice(fresh)) throw new RangeError('bytes differ behind the last splice');
}

/**
 * By file, in order; those of one place in the order they came in. Two that take away some of the same bytes, as the blank
 * lines between two blocks that go, are one.
 */
export function groupByFile(splices: readonly Splice[]): ReadonlyMap<Bytes, readonly Splice[]> {
  const files = new Map<Bytes, Splice[]>();
  for (const splice of splices) {
    const known = files.get(splice.file);
    if (known) known.push(splice);
    else files.set(splice.file, [splice]);
  }
  for (const [file, each] of files) {
    each.sort((a, b) => a.from - b.from || a.to - b.to);
    const apart: Splice[] = [];
    for (const splice of each) {
      const last = apart.at(-1);
      if (last && splice.from < last.to && last.text === '' && splice.text === '')
        apart.splice(-1, 1, { ...last, to: Math.max(last.to, splice.to) });
      else apart.push(splice);
    }
    files.set(file, apart);
  }
  return files;
}

/** The part of a configuration in which anything is different, on either side. */
export interface Touch {
  readonly before: ReadonlySet<Part>;
  readonly after: ReadonlySet<Part>;
  /** The options on lines that differ; null: anything may, an Include or an unknown word is among them. */
  readonly keys: ReadonlySet<string> | null;
  /** By file: the lines that are new or different, numbers from 0. */
  readonly added: ReadonlyMap<Bytes, ReadonlySet<number>>;
  /** The line behind the change that a line before it has become; null: it was touched. */
  readonly lineAfter: (layout: Layout, line: number) => number | null;
}

/**
 * Which lines a change touches: those that a splice overlaps, those that are new, and those that now stand under another
 * header than before. All others are the same bytes under the same header in the same order, so ssh, which goes through
 * the lines one by one, comes to each of them with the same state unless a touched line that applied has changed it.
 */
export function touchOf(
  files: readonly { readonly old: Layout; readonly fresh: Layout; readonly splices: readonly Splice[] }[],
): Touch {
  const before = new Set<Part>();
  const after = new Set<Part>();
  const keys = new Set<string>();
  let everything = false;
  const addedLines = new Map<Bytes, ReadonlySet<number>>();
  const maps = new Map<Layout, (line: number) => number | null>();
  const touch = (layout: Layout, line: number, into: Set<Part>): void => {
    const part = layout.partAt(line);
    into.add(part);
    if (line === part.header) {
      if (part.final) everything = true;
      return;
    }
    const found = layout.optionsOf(part).find((each) => each.line === line);
    if (!found) return;
    if (found.key === 'include') everything = true;
    keys.add(found.key);
  };

  for (const { old, fresh, splices } of files) {
    const removed = new Set<number>();
    const added = new Set<number>();
    let shift = 0;
    for (const { from, to, text } of splices) {
      linesWithin(old, from, to, removed);
      // Behind a last line without a line feed the new text begins with one, which is no part of what is new.
      const open = from === to && from > 0 && old.text[from - 1] !== '\n';
      const feed = open ? (/^\r?\n/.exec(text)?.[0].length ?? 0) : 0;
      linesWithin(fresh, from + shift + feed, from + shift + text.length, added);
      shift += text.length - (to - from);
    }
    const first = Math.min(lineOf(old, splices[0]?.from ?? 0), ...removed, ...added);
    // From the first header below the last splice on, nothing is different but the numbers of the lines.
    const last = old.partAt(lineOf(old, splices.at(-1)?.to ?? 0)).to;
    const pairs = new Map<number, number>();
    let ahead = first;
    for (let line = first; line < last; line += 1) {
      if (removed.has(line)) continue;
      while (added.has(ahead)) ahead += 1;
      pairs.set(line, ahead);
      ahead += 1;
    }
    while (added.has(ahead)) ahead += 1;
    const moved = ahead - last;
    const lineAfter = (line: number) => {
      if (line < first) return line;
      return line >= last ? line + moved : (pairs.get(line) ?? null);
    };
    for (const line of removed) touch(old, line, before);
    for (const line of added) touch(fresh, line, after);
    for (const [line, mate] of pairs) {
      const part = old.partAt(line);
      const other = fresh.partAt(mate);
      if (line === part.header) {
        if (other.header !== mate) throw new RangeError('a header was lost');
      } else if (!sameScope(part, other, lineAfter)) {
        touch(old, line, before);
        touch(fresh, mate, after);
      }
    }
    addedLines.set(fresh.path, added);
    maps.set(old, lineAfter);
  }
  return {
    before,
    after,
    keys: everything ? null : keys,
    added: addedLines,
    lineAfter: (layout, line) => maps.get(layout)?.(line) ?? (maps.has(layout) ? null : line),
  };
}

/** The same header, or both apply to everything. */
function sameScope(part: Part, other: Part, lineAfter: (line: number) => number | null): boolean {
  if (part.universal && other.universal) return true;
  return part.header >= 0 && lineAfter(part.header) === other.header;
}

/** Numbers of the lines that a stretch of bytes overlaps; an empty one at the beginning of a line overlaps none. */
function linesWithin(layout: Layout, from: number, to: number, into: Set<number>): void {
  const { lines } = layout;
  for (let line = lineOf(layout, from); line < lines.count; line += 1) {
    const { start, next } = lines.at(line);
    if (start >= to && !(from === to && start < from)) break;
    if (from === to ? start < from && from < next : start < to && from < next) into.add(line);
  }
}

/** The line that has the byte; the last one at the end of the file. */
function lineOf({ lines }: Layout, at: number): number {
  let low = 0;
  let high = Math.max(lines.count - 1, 0);
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (lines.startOf(middle) <= at) low = middle;
    else high = middle - 1;
  }
  return low;
}
