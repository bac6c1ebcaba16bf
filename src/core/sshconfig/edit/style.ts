/** How a file is written, so that what is new looks like what is there. */
import type { Bytes } from '../bytes.js';
import { indentAt, lineEndingOf } from '../syntax/lines.js';
import type { Layout, Part } from './layout.js';

/** How that line ends; a last one without a line feed as the others do. */
export function lineEndingAt(layout: Layout, line: number): Bytes {
  if (line < 0 || line >= layout.lines.count) return lineEndingOf(layout.text);
  const { next } = layout.lines.at(line);
  if (layout.text[next - 1] !== '\n') return lineEndingOf(layout.text);
  return layout.text[next - 2] === '\r' ? '\r\n' : '\n';
}

/** Parts that are looked at for the style of a file. */
const enough = 50;

/** The indentation of most blocks, two blanks where there are none. */
export function usualIndent(layout: Layout): Bytes {
  const seen = new Map<Bytes, number>();
  for (const part of layout.parts.slice(1, enough)) {
    const [first] = layout.optionsOf(part);
    if (!first) continue;
    const indent = indentAt(layout.text, layout.lines.startOf(first.line));
    seen.set(indent, (seen.get(indent) ?? 0) + 1);
  }
  let best: Bytes = '  ';
  let most = 0;
  for (const [indent, count] of seen) {
    if (count <= most) continue;
    best = indent;
    most = count;
  }
  return best;
}

/** Are blocks set apart by blank lines? Yes, where there is nothing to tell. */
export function hasBlankLines(layout: Layout): boolean {
  const headers = layout.parts.slice(2, enough);
  return (
    headers.length === 0 ||
    headers.some(({ header }) => {
      const from = layout.managedAt(header)?.from ?? header;
      return layout.isBlank(commentStart(layout, from) - 1);
    })
  );
}

/** Where the comment lines begin that stand right above a line; the line itself where there are none. */
export function commentStart(layout: Layout, line: number): number {
  let start = line;
  while (layout.isComment(start - 1) && layout.managedAt(start - 1) === null) start -= 1;
  return start;
}

/** The last line of a part that says something; its header where none does. */
export function lastOptionLine(layout: Layout, part: Part): number {
  return layout.optionsOf(part).at(-1)?.line ?? part.header;
}
