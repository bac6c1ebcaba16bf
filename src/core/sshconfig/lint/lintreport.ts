import type { Bytes } from '../bytes.js';
import { lineEndingOf } from '../syntax/lines.js';
import type { Code } from './codes.js';
import { type AnyKeyword, type Entry, indentOf, type Located, wholeLine } from './corpus.js';
import type { Finding, Splice } from './finding.js';

/** The program that reads the files. */
export interface FileReader {
  readonly name: 'ssh' | 'sshd';
  /** What it does about a line that it does not take: `ssh refuses the file, for every host`. */
  readonly refuses: string;
  /** What comes of a file that others may write to. */
  readonly loose: string;
  /** The option of a name in lower case, as the manual writes it; null: no release knows it. */
  readonly nameOf: (name: Bytes) => string | null;
}

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

/** What a person has to do. */
export function byHand(sentence: string): Finding['fix'] {
  return { sentence, edit: null };
}

export function removal(entry: Located): Finding['fix'] {
  return { sentence: 'remove the line', edit: removed(entry) };
}

/** The option gets another name. */
export function renaming(entry: Located, name: string): Finding['fix'] {
  const { start, end } = entry.option.keyword;
  return { sentence: `write ${name}`, edit: replaced(entry, start, end, name) };
}

/** The option gets another value. */
export function newValue(entry: Located, value: Bytes, sentence = `write ${value}`): Finding['fix'] {
  const { start, end } = entry.option.value;
  return { sentence, edit: replaced(entry, start, end, value) };
}

/** The line goes to `at`, further up in its file, without its indentation and below the line `above`, if there is one. */
export function movedUp(entry: Located, at: number, above: Bytes = ''): Splice {
  const text = `${above}${wholeLine(entry).trimStart()}${entry.text.slice(at, entry.line.start)}`;
  return replaced(entry, at, entry.line.next, text);
}

/** A new line below, with the same indentation and line ending. */
export function addedBelow(entry: Located, text: Bytes): Splice {
  const { file, line } = entry;
  const feed = lineEndingOf(entry.text);
  const open = entry.text[line.next - 1] !== '\n';
  const added = `${indentOf(entry)}${text}${feed}`;
  return { file, from: line.next, to: line.next, text: open ? `${feed}${added}` : added };
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
