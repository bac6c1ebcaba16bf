import type { Bytes } from '../bytes.js';
import type { Answers, FileAnswer } from '../resolve/resolveinput.js';
import type { ConfigIndex } from './configindex.js';
import type { Layout, Part } from './layout.js';

/** Files of which lines are left out. */
export interface Slice extends Answers {
  /** By file: for each line of the slice its number in the whole file, from 1. */
  readonly numbers: ReadonlyMap<Bytes, readonly number[]>;
}

/**
 * The files with only those blocks, and of their lines only those of the options `keys` (null: all). What is left out
 * does not apply to the host of the query, so `resolve` comes to the same answer, in a time that does not
 * hang on how large the files are. Include lines stay in the blocks that stay, and so does every header that asks for a
 * second reading.
 */
export function sliceFor(
  index: ConfigIndex,
  parts: readonly Part[],
  keys: ReadonlySet<string> | null,
): Slice {
  const kept = new Map<Layout, Part[]>();
  for (const part of parts) {
    const known = kept.get(part.layout);
    if (known) known.push(part);
    else kept.set(part.layout, [part]);
  }
  const files = new Map(index.answers.files);
  const numbers = new Map<Bytes, readonly number[]>();
  for (const [path, { layout }] of index.members) {
    const answer = index.answers.files.get(path);
    if (answer?.type !== 'file') continue;
    const lines = linesOfParts(layout, kept.get(layout) ?? [], keys);
    const file: FileAnswer = { ...answer, text: lines.map((line) => whole(layout, line)).join('') };
    files.set(path, file);
    numbers.set(
      path,
      lines.map((line) => line + 1),
    );
  }
  return { ...index.answers, files, numbers };
}

function linesOfParts(
  layout: Layout,
  parts: readonly Part[],
  keys: ReadonlySet<string> | null,
): readonly number[] {
  const chosen = new Set(parts);
  const finals = layout.finals.filter((part) => !chosen.has(part));
  const all = [...parts, ...finals].sort((a, b) => a.index - b.index);
  const lines: number[] = [];
  for (const part of all) {
    if (part.header >= 0) lines.push(part.header);
    if (!chosen.has(part)) continue;
    for (const { line, key } of layout.optionsOf(part)) {
      if (keys === null || keys.has(key) || key === 'include') lines.push(line);
    }
  }
  return lines;
}

function whole(layout: Layout, line: number): Bytes {
  const { start, next } = layout.lines.at(line);
  const bytes = layout.text.slice(start, next);
  return bytes.endsWith('\n') ? bytes : `${bytes}\n`;
}
