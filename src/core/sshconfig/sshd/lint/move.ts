import { type Located, wholeLine } from '../../lint/corpus.js';
import type { Splice } from '../../lint/finding.js';
import { replaced } from '../../lint/report.js';

/** The line goes to `at`, further up in its file, without its indentation. */
export function movedAbove(entry: Located, at: number): Splice {
  const text = `${wholeLine(entry).trimStart()}${entry.text.slice(at, entry.line.start)}`;
  return replaced(entry, at, entry.line.next, text);
}
