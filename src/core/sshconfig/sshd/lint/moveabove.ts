import type { Bytes } from '../../bytes.js';
import { type Located, wholeLine } from '../../lint/corpus.js';
import type { Splice } from '../../lint/finding.js';
import { replaced } from '../../lint/lintreport.js';

/** The line goes to `at`, further up in its file, without its indentation. */
export function movedAbove(entry: Located, at: number): Splice {
  const text = `${wholeLine(entry).trimStart()}${entry.text.slice(at, entry.line.start)}`;
  return replaced(entry, at, entry.line.next, text);
}

/** The start of the comment lines without indentation right above a line, which people read with it; else its own start. */
export function aboveComments(text: Bytes, start: number): number {
  let at = start;
  while (at > 0) {
    const before = text.lastIndexOf('\n', at - 2) + 1;
    if (text[before] !== '#') break;
    at = before;
  }
  return at;
}
