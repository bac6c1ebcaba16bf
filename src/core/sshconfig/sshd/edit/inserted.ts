/** Lines put into a file, each where a careful person would have put it. */
import { lowerCase } from '../../../text/pattern.js';
import type { Bytes } from '../../bytes.js';
import type { Splice } from '../../lint/finding.js';
import type { TextFile } from '../../resolve/resolveinput.js';
import { indentAt, isComment, type Line, lineEndingOf } from '../../syntax/lines.js';
import { splitArguments } from '../../syntax/linewords.js';
import type { ServerKeyword } from '../serverkeywords.js';
import { serverLinesOf } from '../serverlines.js';
import { blockLines, dropInIntroduction, globalLines, headers, outsideManaged } from './sshdfiles.js';

/** Where lines go, and what stands in front of them. */
interface Slot {
  readonly at: number;
  readonly indent: Bytes;
}

/** Lines at an offset that is a line's beginning, or the end of the file. No line feed is added to a file without one. */
function linesAt(path: Bytes, text: Bytes, at: number, lines: readonly Bytes[]): Splice {
  const feed = lineEndingOf(text);
  const open = at === text.length && text !== '' && !text.endsWith('\n');
  const added = lines.map((line) => (open ? `${feed}${line}` : `${line}${feed}`)).join('');
  return { file: path, from: at, to: at, text: added };
}

/** A new line for every connection, in front of the file's first Match. `last`: it must come after all others. */
export function insertGlobalLine(
  path: Bytes,
  file: TextFile | null,
  keyword: ServerKeyword,
  value: Bytes,
  last: boolean,
): Splice {
  const line = `${keyword.name} ${value}`;
  if (file === null) return { file: path, from: 0, to: 0, text: `${dropInIntroduction}${line}\n` };
  const { at, indent } = globalSlot(file, keyword, last);
  return linesAt(path, file.text, outsideManaged(file, at, 'behind'), [indent + line]);
}

/** Below the line that has the option as a comment, as shipped; else below the last option; else at the end. */
function globalSlot(file: TextFile, keyword: ServerKeyword, last: boolean): Slot {
  const { text } = file;
  const lines = globalLines(file);
  const usual = last ? undefined : lines.find((line) => isCommentedOut(text, line, keyword));
  if (usual !== undefined) return { at: usual.next, indent: '' };
  const below = lines.findLast(({ option }) => option !== null);
  if (below !== undefined) return { at: below.next, indent: indentAt(text, below.start) };
  const [header] = headers(file);
  if (header === undefined) return { at: text.length, indent: '' };
  // Comments are no part of a block, unless they stand right above it; blank lines are its distance.
  const above = lines.filter(({ start }) => start < aboveHeader(file, header.line));
  const comment = above.findLast(({ start, end }) => text.slice(start, end).trim() !== '');
  return { at: comment?.next ?? 0, indent: '' };
}

/** `#ClientAliveInterval 0`: without a blank, so that prose about a Port is none. */
function isCommentedOut(text: Bytes, line: Line, keyword: ServerKeyword): boolean {
  if (!isComment(text, line)) return false;
  const found = /^[ \t]*#([A-Za-z0-9]+)[ \t=]/.exec(text.slice(line.start, line.end));
  return found !== null && lowerCase(found[1] ?? '') === keyword.key;
}

/** In front of a header and of the comments that stand right above it. */
function aboveHeader(file: TextFile, header: Line): number {
  const lines = serverLinesOf(file);
  let first = header;
  for (let at = header.number - 2; at >= 0; at -= 1) {
    const line = lines[at];
    if (line === undefined || !isComment(file.text, line)) break;
    first = line;
  }
  return first.start;
}

/** In front of a line of the main file, such as an Include. */
export function insertAbove(
  path: Bytes,
  file: TextFile,
  number: number,
  keyword: ServerKeyword,
  value: Bytes,
): Splice | null {
  const line = serverLinesOf(file)[number - 1];
  if (line === undefined) return null;
  const at = outsideManaged(file, line.start, 'before');
  return linesAt(path, file.text, at, [`${indentAt(file.text, line.start)}${keyword.name} ${value}`]);
}

/** A new line in a block, below its last option. */
export function insertInBlock(
  path: Bytes,
  file: TextFile,
  header: number,
  keyword: ServerKeyword,
  value: Bytes,
): Splice {
  const lines = blockLines(file, header);
  const below = lines.findLast(({ option }) => option !== null) ?? lines[0];
  const at = below?.next ?? file.text.length;
  const isHeader = below?.option?.name === 'match';
  const indent =
    below === undefined ? '' : indentAt(file.text, below.start) + (isHeader ? usualIndent(file) : '');
  return linesAt(path, file.text, at, [`${indent}${keyword.name} ${value}`]);
}

/** As other blocks of the file have it. */
function usualIndent(file: TextFile): Bytes {
  for (const { line } of headers(file)) {
    const inside = blockLines(file, line.number).find(({ option }, at) => at > 0 && option !== null);
    const indent = inside === undefined ? '' : indentAt(file.text, inside.start);
    if (indent !== '') return indent;
  }
  return '    ';
}

/** A new block at the end of the file. */
export function appendBlock(path: Bytes, file: TextFile | null, criteria: Bytes, line: Bytes): Splice {
  if (file === null) {
    return { file: path, from: 0, to: 0, text: `${dropInIntroduction}\nMatch ${criteria}\n    ${line}\n` };
  }
  const apart = file.text === '' || /\n[ \t\r]*\n$/.test(file.text) ? [] : [''];
  const lines = [...apart, `Match ${criteria}`, usualIndent(file) + line];
  return linesAt(path, file.text, file.text.length, lines);
}

/** A new block in front of the file's first one; null: there is none. */
export function insertBlockAbove(path: Bytes, file: TextFile, criteria: Bytes, line: Bytes): Splice | null {
  const [header] = headers(file);
  if (header === undefined) return null;
  const lines = [`Match ${criteria}`, usualIndent(file) + line, ''];
  return linesAt(path, file.text, aboveHeader(file, header.line), lines);
}

/** Another value in a line: its keyword, separator, quotes and comment stay. */
export function replaceServerValue(
  path: Bytes,
  file: TextFile,
  line: Line,
  keyword: ServerKeyword,
  value: Bytes,
): Splice | null {
  const { option } = line;
  if (option === null) return null;
  const { start, end } = option.value;
  if (keyword.takes === 'rest') return { file: path, from: start, to: end, text: value };
  const words = splitArguments(file.text, start, end) ?? [];
  const [first] = words;
  const last = words.at(-1);
  // Without a word the value is a comment.
  if (first === undefined || last === undefined)
    return { file: path, from: start, to: start, text: `${value} ` };
  return {
    file: path,
    from: first.start,
    to: last.end,
    text: quotedLike(file.text.slice(first.start, last.end), value),
  };
}

/** Quotes around one word stay around one word. */
function quotedLike(before: Bytes, value: Bytes): Bytes {
  const quote = /^(["']).*\1$/s.exec(before)?.[1];
  const inside = quote === undefined ? '' : before.slice(1, -1);
  const isOne = quote !== undefined && !/["'\\]/.test(inside) && !/[\s"'\\]/.test(value) && value !== '';
  return isOne ? `${quote}${value}${quote}` : value;
}

/** The whole line goes, with its line feed. */
export function removeServerLine(path: Bytes, line: Line): Splice {
  return { file: path, from: line.start, to: line.next, text: '' };
}
