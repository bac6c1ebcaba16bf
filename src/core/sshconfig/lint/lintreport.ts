import type { Bytes } from '../bytes.js';
import { textOf } from '../bytes.js';
import { lineEndingOf } from '../syntax/lines.js';
import type { Code } from './codes.js';
import { type AnyKeyword, type Entry, indentOf, type Located } from './corpus.js';
import type { Finding, Splice } from './finding.js';

/** A finding about a line: at its value, where it has one. */
export function findingAt<C extends string = Code>(
  entry: Located,
  code: C,
  sentence: string,
  fix: Finding['fix'],
  span: Finding['span'] = entry.option.value,
): Finding<C> {
  const { start, end } = span.start < span.end ? span : entry.option.keyword;
  return { code, file: entry.file, line: entry.line.number, span: { start, end }, sentence, fix };
}

export function replaced(entry: Located, from: number, to: number, text: Bytes): Splice {
  return { file: entry.file, from, to, text };
}

export function removed({ file, line }: Located): Splice {
  return { file, from: line.start, to: line.next, text: '' };
}

/** A new line below, with the same indentation and line ending. */
export function addedBelow(entry: Located, text: Bytes): Splice {
  const { file, line } = entry;
  const feed = lineEndingOf(entry.text);
  const open = entry.text[line.next - 1] !== '\n';
  const added = `${indentOf(entry)}${text}${feed}`;
  return { file, from: line.next, to: line.next, text: open ? `${feed}${added}` : added };
}

/** `file:line`. */
export function placeText({ file, line }: Located): string {
  return `${textOf(file)}:${line.number}`;
}

/** The value of a line as ssh takes it, where it is one word or number. */
export function settingOf<K>({ statement }: Entry<K>): string | number | null {
  if (statement.type !== 'value') return null;
  const { value } = statement.reading;
  if (value.type === 'word') return value.word;
  return value.type === 'number' ? value.number : null;
}

/** The option a line sets, in lower case, aliases folded. */
export function keyOf<K extends AnyKeyword>({ statement }: Entry<K>): string | null {
  return statement.type === 'value' ? statement.keyword.key : null;
}
