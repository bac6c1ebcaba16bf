import { lowerCase } from '../../text/pattern.js';
import type { Bytes } from '../bytes.js';
import { delimited, isWhite, type Span, skipWhite, type Word } from './linewords.js';

/** One line of a file: its bytes without the line feed, and what ssh sees in them. */
export interface Line extends Span {
  /** From 1, as ssh counts. */
  readonly number: number;
  /** Where the next line begins: behind the line feed, or at the end of the file. */
  readonly next: number;
  /** Null where ssh finds nothing to obey: blank lines, comments, and a keyword with a `"` that is never closed. */
  readonly option: Option | null;
}

/** A line with a keyword. */
export interface Option {
  /** Lower case. */
  readonly name: Bytes;
  readonly keyword: Word;
  /** What follows the separator, without the white space at the end; comments are in it. Empty is an error. */
  readonly value: Span;
}

const LF = 0x0a;
const QUOTE = 0x22;
const EQUALS = 0x3d;
const FORM_FEED = 0x0c;
const HASH = 0x23;

/**
 * The lines of a file, found at once and looked into one by one: a line that is not looked at costs one number. Lines end
 * at LF alone; a last line without one counts too.
 */
export class Lines {
  readonly text: Bytes;
  readonly count: number;
  /** Where each line begins, and at last where the file ends. */
  readonly #starts: Uint32Array;
  readonly #skipsWhite: boolean;
  #all: readonly Line[] | null = null;

  /**
   * `skipsWhite`: white space goes from the front of a line before its end is looked for, as sshd does
   * (`load_server_config` in servconf.c), which is to be seen in a line of one form feed.
   */
  constructor(text: Bytes, skipsWhite = false) {
    this.text = text;
    this.#skipsWhite = skipsWhite;
    let starts = new Uint32Array(1_024);
    let count = 0;
    for (let start = 0; start < text.length; ) {
      if (count + 1 >= starts.length) {
        const longer = new Uint32Array(starts.length * 2);
        longer.set(starts);
        starts = longer;
      }
      const feed = text.indexOf('\n', start);
      const next = feed === -1 ? text.length : feed + 1;
      count += 1;
      starts[count] = next;
      start = next;
    }
    this.count = count;
    this.#starts = starts;
  }

  /** From 0. */
  at(index: number): Line {
    const start = this.#starts[index] ?? 0;
    const next = this.#starts[index + 1] ?? start;
    const end = this.#endOf(next);
    return { number: index + 1, start, end, next, option: this.#optionIn(start, end) };
  }

  /** The line without its line feed. */
  textOf(index: number): Bytes {
    return this.text.slice(this.#starts[index] ?? 0, this.#endOf(this.#starts[index + 1] ?? 0));
  }

  /** Where the line begins. */
  startOf(index: number): number {
    return this.#starts[index] ?? 0;
  }

  /** As `at(index).option`. */
  optionAt(index: number): Option | null {
    return this.#optionIn(this.#starts[index] ?? 0, this.#endOf(this.#starts[index + 1] ?? 0));
  }

  /** Could the keyword of the line begin with that letter? A cheap look, which errs on the safe side. */
  mayBegin(index: number, letter: string): boolean {
    const end = this.#starts[index + 1] ?? 0;
    for (let at = this.#starts[index] ?? 0; at < end; at += 1) {
      const code = this.text.charCodeAt(at);
      if (!isWhite(code) && code !== EQUALS) return code === QUOTE || (code | 0x20) === letter.charCodeAt(0);
    }
    return false;
  }

  /** Could the keyword of the line be a word of that length that begins so? Errs on the safe side, too. */
  mayBe(index: number, letter: string, length: number): boolean {
    let at = this.#starts[index] ?? 0;
    const end = this.#starts[index + 1] ?? 0;
    let code = this.text.charCodeAt(at);
    while (at < end && (isWhite(code) || code === EQUALS)) {
      at += 1;
      code = this.text.charCodeAt(at);
    }
    if (at >= end || code === QUOTE) return at < end;
    if ((code | 0x20) !== letter.charCodeAt(0)) return false;
    if (at + length >= end) return at + length === end;
    const after = this.text.charCodeAt(at + length) | 0x20;
    // A letter: the word is longer, and another one.
    return !(after >= 0x61 && after <= 0x7a);
  }

  all(): readonly Line[] {
    this.#all ??= Array.from({ length: this.count }, (_, index) => this.at(index));
    return this.#all;
  }

  #optionIn(start: number, end: number): Option | null {
    return optionOf(this.text, this.#skipsWhite ? skipWhite(this.text, start, end) : start, end);
  }

  #endOf(next: number): number {
    return this.text.charCodeAt(next - 1) === LF ? next - 1 : next;
  }
}

/** Every line of a text, in order. */
export function linesOf(text: Bytes): readonly Line[] {
  return new Lines(text).all();
}

/**
 * The keyword and the value of a line (`process_config_line_depth` in readconf.c). A NUL ends the line. White space at the
 * end goes, form feeds too, except the very first byte. The keyword is a `strdelim` word; an empty one, from white space
 * or a `=` in front, is skipped once.
 */
export function optionOf(text: Bytes, start: number, lineEnd: number): Option | null {
  let end = start;
  // Blank lines and comments are most lines of most files: out before anything else is looked at.
  const first = text.charCodeAt(start);
  if (start >= lineEnd || first === HASH) return null;
  while (end < lineEnd && text.charCodeAt(end) !== 0) end += 1;
  while (end - 1 > start && isEnding(text.charCodeAt(end - 1))) end -= 1;

  let taken = delimited(text, start, end);
  if (taken?.word.text === '' && taken.next !== null) taken = delimited(text, taken.next, end);
  if (taken === null || taken.word.text === '' || taken.word.text.charCodeAt(0) === HASH) return null;
  const valueStart = taken.next === null ? end : skipWhite(text, taken.next, end);
  return {
    name: nameOf(taken.word.text),
    keyword: taken.word,
    value: { start: valueStart, end },
  };
}

/** Spellings seen so far: the same few come by thousands of times. */
const names = new Map<Bytes, Bytes>();
const mostNames = 1_000;

function nameOf(keyword: Bytes): Bytes {
  const known = names.get(keyword);
  if (known !== undefined) return known;
  const name = lowerCase(keyword);
  if (names.size < mostNames && keyword.length < 64) names.set(keyword, name);
  return name;
}

function isEnding(code: number): boolean {
  return isWhite(code) || code === FORM_FEED;
}

/** A comment line, as opposed to a blank one. */
export function isComment(text: Bytes, line: Line): boolean {
  const at = skipWhite(text, line.start, line.end);
  return line.option === null && text.charCodeAt(at) === HASH && at < line.end;
}

/** How the lines of a file end: as its first one. */
export function lineEndingOf(text: Bytes): Bytes {
  const feed = text.indexOf('\n');
  return feed > 0 && text[feed - 1] === '\r' ? '\r\n' : '\n';
}

/** Blanks and tabs at the beginning of a line; other white space, and the `=` that ssh reads past, are no indent. */
export function indentAt(text: Bytes, start: number): Bytes {
  return /^[ \t]*/.exec(text.slice(start, start + 80))?.[0] ?? '';
}
