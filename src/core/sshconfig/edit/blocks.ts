/** Splices that put lines and blocks where they belong, in the style of the file. */
import type { Bytes } from '../bytes.js';
import { keywordOf } from '../keywords/keywords.js';
import { indentAt, lineEndingOf } from '../syntax/lines.js';
import { type FormattedOption, inQuotes } from './formatoption.js';
import type { Layout, OptionLine, Part } from './layout.js';
import type { Splice } from './splices.js';

/** `Keyword value`. */
export function lineText({ name, value }: FormattedOption): Bytes {
  return `${name} ${value}`;
}

/** The value's bytes become others; spelling, separator, quotes and a comment behind it stay. */
export function replaceValue(layout: Layout, { option }: OptionLine, formatted: FormattedOption): Splice {
  const { text } = layout;
  const { start, end } = spanOfValue(layout, option, formatted.keyword?.form.type ?? null);
  const old = text.slice(start, end);
  const quote = old[0];
  const wasQuoted =
    (quote === '"' || (quote === "'" && layout.rules.newWords)) &&
    old.length > 1 &&
    old.indexOf(quote, 1) === old.length - 1;
  const put = wasQuoted && formatted.word !== null ? inQuotes(formatted.word, quote) : formatted.value;
  const glued = option.keyword.end === start && text[start - 1] !== '"';
  return { file: layout.path, from: start, to: end, text: glued && !/^["']/.test(put) ? ` ${put}` : put };
}

function spanOfValue(
  layout: Layout,
  option: OptionLine['option'],
  form: string | null,
): { readonly start: number; readonly end: number } {
  const { text } = layout;
  const { value } = option;
  if (form === 'command') {
    // ssh reads past one `=` more in front of a command.
    const skip = /^[ \t]*=?[ \t]*/.exec(text.slice(value.start, value.end))?.[0].length ?? 0;
    return { start: Math.min(value.start + skip, value.end), end: value.end };
  }
  if (form === 'jump') {
    const hash = text.slice(value.start, value.end).indexOf('#');
    const stop = hash === -1 ? value.end : value.start + hash;
    return { start: value.start, end: value.start + text.slice(value.start, stop).trimEnd().length };
  }
  const words = layout.wordsOf(option);
  return { start: words[0]?.start ?? value.start, end: words.at(-1)?.end ?? value.end };
}

/** Keyword and value become others; indentation and a comment behind stay. */
export function replaceLine(layout: Layout, { option, key }: OptionLine, formatted: FormattedOption): Splice {
  const form = keywordOf(key)?.form.type ?? null;
  const { end } = spanOfValue(layout, option, form);
  return { file: layout.path, from: option.keyword.start, to: end, text: lineText(formatted) };
}

export function removeLine(layout: Layout, line: number): Splice {
  const { start, next } = layout.lines.at(line);
  return { file: layout.path, from: start, to: next, text: '' };
}

/** Below a line of a block, with the indentation of that block and its line ending. */
export function insertBelow(layout: Layout, part: Part, line: number, texts: readonly Bytes[]): Splice {
  const like = layout.optionsOf(part).find((each) => each.line === line) ?? layout.optionsOf(part)[0];
  const indent = like
    ? indentAt(layout.text, layout.lines.startOf(like.line))
    : part.kind === 'top'
      ? ''
      : usualIndent(layout);
  const { next } = layout.lines.at(line);
  const feed = lineEndingAt(layout, line);
  const open = layout.text[next - 1] !== '\n';
  const put = texts.map((text) => (open ? `${feed}${indent}${text}` : `${indent}${text}${feed}`)).join('');
  return { file: layout.path, from: next, to: next, text: put };
}

/** Below the last line of a block that says something: comments and blank lines behind it belong to what follows. */
export function insertLast(layout: Layout, part: Part, texts: readonly Bytes[]): Splice {
  return insertBelow(layout, part, lastOptionLine(layout, part), texts);
}

/**
 * A new block in front of a line: above the header of the block that the line is in, and above the comments glued to it;
 * above a line that stands above all headers it is closed, or it would swallow what follows. Never between the marks of
 * another program. Null: there is no such place.
 */
export function blockBefore(
  layout: Layout,
  line: number,
  header: Bytes,
  texts: readonly Bytes[],
): Splice | null {
  const part = layout.partAt(line);
  const target = part.header === -1 ? line : part.header;
  const managed = layout.managedAt(target);
  let at = managed === null ? commentStart(layout, target) : commentStart(layout, managed.from);
  const around = managed !== null && layout.managedAt(at) !== null && at !== managed.from ? null : managed;
  if (managed !== null && around === null) at = managed.from;
  return blockAt(layout, at, header, texts);
}

/** A new block as the last one. */
export function blockAtEnd(layout: Layout, header: Bytes, texts: readonly Bytes[]): Splice | null {
  const open = layout.managed.find(({ closed }) => !closed);
  return blockAt(layout, open ? open.from : layout.lines.count, header, texts);
}

/** A new block above everything that ssh reads. */
export function blockOnTop(layout: Layout, header: Bytes | null, texts: readonly Bytes[]): Splice | null {
  const first = firstOption(layout);
  const managed = layout.managedAt(first);
  return blockAt(layout, commentStart(layout, managed?.from ?? first), header, texts);
}

function firstOption(layout: Layout): number {
  for (let line = 0; line < layout.lines.count; line += 1) {
    if (layout.lines.optionAt(line) !== null) return line;
  }
  return layout.lines.count;
}

/** `header` null: lines for everyone, above all headers. */
function blockAt(layout: Layout, at: number, header: Bytes | null, texts: readonly Bytes[]): Splice | null {
  const { text, path, lines } = layout;
  const feed = lineEndingOf(text);
  const atEnd = at >= lines.count;
  const rest = atEnd || lines.count === 0 ? [] : restOf(layout, at);
  if (header === null && at > 0 && layout.partAt(at - 1).kind !== 'top') return null;
  const close = header !== null && rest.length > 0;
  if (close && !layout.partAt(at).universal) return null;
  const indent = usualIndent(layout);
  const body =
    header === null
      ? [...texts]
      : [header, ...texts.map((each) => `${indent}${each}`), ...(close ? ['Match all'] : [])];
  const airy = hasBlankLines(layout);
  const swallows = header === null && rest.length > 0;
  const before = airy && at > 0 && !layout.isBlank(at - 1) ? feed : '';
  const after = airy && !atEnd && !swallows && !layout.isBlank(at) ? feed : '';
  const offset = layout.startOf(at);
  if (atEnd && text !== '' && !text.endsWith('\n')) {
    return { file: path, from: offset, to: offset, text: `${feed}${before}${body.join(feed)}` };
  }
  return { file: path, from: offset, to: offset, text: `${before}${body.join(feed)}${feed}${after}` };
}

/** Lines with options from there to the next header: a new block in front of them would take them. */
function restOf(layout: Layout, at: number): readonly OptionLine[] {
  const part = layout.partAt(at);
  if (part.header === at) return [];
  return layout.optionsOf(part).filter(({ line }) => line >= at);
}

/**
 * The lines of a block as a person would delete them: with the comments glued to its header, up to its last line, and
 * the blank lines behind it; at the end of the file those before it, also where blocks of `gone` stand there. What is
 * written below those belongs to what follows.
 */
export function removePart(layout: Layout, part: Part, gone: readonly Part[] = []): Splice {
  const { from, to } = linesOfPart(layout, part);
  let start = from;
  if (to >= layout.lines.count) {
    for (let above: { from: number } | undefined = { from }; above; ) {
      start = above.from;
      while (layout.isBlank(start - 1)) start -= 1;
      above = gone
        .map((each) => linesOfPart(layout, each))
        .find((each) => each.from < start && each.to >= start);
    }
  }
  return { file: layout.path, from: layout.startOf(start), to: layout.startOf(to), text: '' };
}

function linesOfPart(layout: Layout, part: Part): { readonly from: number; readonly to: number } {
  const from = commentStart(layout, part.header);
  let to = lastOptionLine(layout, part) + 1;
  const next = part.to >= layout.lines.count ? part.to : commentStart(layout, part.to);
  while (to < next && layout.isComment(to)) to += 1;
  while (to < part.to && layout.isBlank(to)) to += 1;
  return { from, to };
}

/**
 * The block as a whole, where these are all of its lines and its header says no more than `Host name`; with the
 * `Match all` that closed it. Null: more is written there.
 */
export function removeEmptiedPart(
  layout: Layout,
  part: Part,
  lines: readonly number[],
  gone: readonly Part[],
): Splice | null {
  const { header } = part;
  if (header < 0 || part.words.length !== 1 || layout.optionsOf(part).length !== lines.length) return null;
  if (commentStart(layout, header) !== header) return null;
  const last = lastOptionLine(layout, part);
  for (let line = header; line <= last; line += 1) {
    if (line !== header && !layout.isBlank(line) && !lines.includes(line)) return null;
  }
  const { start, end } = layout.lines.at(header);
  if (layout.text.slice(start, end).includes('#')) return null;
  const splice = removePart(layout, part, gone);
  const next = layout.parts[part.index + 1];
  const above = layout.parts[part.index - 1];
  if (!above?.universal || next?.kind !== 'match' || splice.to !== layout.startOf(next.header)) return splice;
  const close = layout.lines.at(next.header);
  if (layout.text.slice(close.start, close.end).trim() !== 'Match all') return splice;
  let to = next.header + 1;
  while (to < next.to && layout.isBlank(to)) to += 1;
  return { ...splice, to: layout.startOf(to) };
}

/** How that line ends; a last one without a line feed as the others do. */
function lineEndingAt(layout: Layout, line: number): Bytes {
  if (line < 0 || line >= layout.lines.count) return lineEndingOf(layout.text);
  const { next } = layout.lines.at(line);
  if (layout.text[next - 1] !== '\n') return lineEndingOf(layout.text);
  return layout.text[next - 2] === '\r' ? '\r\n' : '\n';
}

/** Parts that are looked at for the style of a file. */
const enough = 50;

/** The indentation of most blocks, two blanks where there are none. */
function usualIndent(layout: Layout): Bytes {
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
function hasBlankLines(layout: Layout): boolean {
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
function commentStart(layout: Layout, line: number): number {
  let start = line;
  while (layout.isComment(start - 1) && layout.managedAt(start - 1) === null) start -= 1;
  return start;
}

/** The last line of a part that says something; its header where none does. */
function lastOptionLine(layout: Layout, part: Part): number {
  return layout.optionsOf(part).at(-1)?.line ?? part.header;
}
