import type { Bytes } from '../bytes.js';

/** From `start` up to, not including, `end`: offsets in the text of one file. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/** What ssh understands, without quotes and escapes, and the bytes it stands in, with them. */
export interface Word extends Span {
  readonly text: Bytes;
}

const TAB = 0x09;
const LF = 0x0a;
const CR = 0x0d;
const BLANK = 0x20;
const QUOTE = 0x22;
const HASH = 0x23;
const APOSTROPHE = 0x27;
const EQUALS = 0x3d;
const BACKSLASH = 0x5c;

/** WHITESPACE of misc.c and readconf.c. */
export function isWhite(code: number): boolean {
  return code === BLANK || code === TAB || code === CR || code === LF;
}

export function skipWhite(text: Bytes, at: number, end: number): number {
  let next = at;
  while (next < end && isWhite(text.charCodeAt(next))) next += 1;
  return next;
}

export interface Delimited {
  readonly word: Word;
  /** Where the rest begins; null when the word ran to the end without a separator. */
  readonly next: number | null;
}

/**
 * The next word by the older of ssh's two rules (`strdelim` in misc.c): it ends at white space, at a `"` or at a `=`. White
 * space and at most one `=` are swallowed behind it. A `"` joins what stands between it and the next one to the word, and
 * ends it. It may be empty. Null when the `"` is never closed. `atEquals` false: only white space separates (`strdelimw`).
 */
export function delimited(text: Bytes, at: number, end: number, atEquals = true): Delimited | null {
  let stop = at;
  let code = -1;
  for (; stop < end; stop += 1) {
    code = text.charCodeAt(stop);
    if (code === QUOTE || (atEquals && code === EQUALS) || isWhite(code)) break;
  }
  if (stop >= end) return { word: { text: text.slice(at, end), start: at, end }, next: null };
  if (code === QUOTE) {
    let close = stop + 1;
    while (close < end && text.charCodeAt(close) !== QUOTE) close += 1;
    if (close >= end) return null;
    const joined = text.slice(at, stop) + text.slice(stop + 1, close);
    return { word: { text: joined, start: at, end: close + 1 }, next: skipWhite(text, close + 1, end) };
  }
  let next = skipWhite(text, stop + 1, end);
  if (atEquals && code !== EQUALS && next < end && text.charCodeAt(next) === EQUALS)
    next = skipWhite(text, next + 1, end);
  return { word: { text: text.slice(at, stop), start: at, end: stop }, next };
}

/**
 * All words by that rule, as ssh before 8.7 took them one by one. Behind a last word in quotes there is one more, which is
 * empty. `open`: the last `"` is never closed, and what follows it is lost.
 */
export function delimitedWords(
  text: Bytes,
  at: number,
  end: number,
  atEquals = true,
): { readonly words: readonly Word[]; readonly open: boolean } {
  const words: Word[] = [];
  for (let next: number | null = at; next !== null; ) {
    const taken = delimited(text, next, end, atEquals);
    if (taken === null) return { words, open: true };
    words.push(taken.word);
    next = taken.next;
  }
  return { words, open: false };
}

/**
 * All words by the newer rule (`argv_split` in misc.c, since 8.7): blanks and tabs separate; `"` and `'` quote anywhere in
 * a word, each hides the other; a backslash escapes a quote, a backslash and, outside quotes, a blank, else it stands for
 * itself; a word that starts with `#` ends the line. Null when a quote is never closed.
 */
export function splitArguments(text: Bytes, at: number, end: number): readonly Word[] | null {
  const words: Word[] = [];
  let next = at;
  for (;;) {
    while (next < end && isBlank(text.charCodeAt(next))) next += 1;
    if (next >= end || text.charCodeAt(next) === HASH) return words;
    const word = argument(text, next, end);
    if (word === null) return null;
    words.push(word);
    next = word.end;
  }
}

function isBlank(code: number): boolean {
  return code === BLANK || code === TAB;
}

function argument(text: Bytes, start: number, end: number): Word | null {
  let word = '';
  let quote = 0;
  /** Where the bytes begin that are not in `word` yet. */
  let pending = start;
  let at = start;
  for (; at < end; at += 1) {
    const code = text.charCodeAt(at);
    if (code === BACKSLASH) {
      const escaped = at + 1 < end ? text.charCodeAt(at + 1) : -1;
      const escapes =
        escaped === APOSTROPHE ||
        escaped === QUOTE ||
        escaped === BACKSLASH ||
        (escaped === BLANK && quote === 0);
      if (!escapes) continue;
      word += text.slice(pending, at);
      pending = at + 1;
      at += 1;
    } else if (quote === 0 && isBlank(code)) {
      break;
    } else if (quote === 0 ? code === QUOTE || code === APOSTROPHE : code === quote) {
      word += text.slice(pending, at);
      pending = at + 1;
      quote = quote === 0 ? code : 0;
    }
  }
  if (quote !== 0) return null;
  return { text: word + text.slice(pending, at), start, end: at };
}

/** A word, of text, that `splitArguments` reads as it is here. */
export function quoteWord(word: string): string {
  return word === '' || /[\s"'\\#=]/.test(word) ? `"${word.replace(/["\\]/g, '\\$&')}"` : word;
}
