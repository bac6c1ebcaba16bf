/**
 * Lines as nearly all people write them, found by one expression each: in large files most blocks are those of other hosts,
 * and reading them word by word is what takes the time. Any other line is read word by word.
 */
import type { Bytes } from '../bytes.js';

const named = /[ \t]*(host[ \t]+(\w[\w.-]*))\n/iy;
const anyWord = /[ \t]*(?:hostname|user|hostkeyalias)[ \t]+\w[\w.-]*\n/iy;

/** A Host line with one name that is no pattern: that name, and where it begins. `header`: without white space around it. */
export function plainHost(
  text: Bytes,
  start: number,
): { readonly name: Bytes; readonly at: number; readonly header: Bytes } | null {
  named.lastIndex = start;
  const [, header, name] = named.exec(text) ?? [];
  if (header === undefined || name === undefined) return null;
  return { name, at: named.lastIndex - 1 - name.length, header };
}

/** An option that takes any word, with a plain one: sound, and without a say in a block that does not match. */
export function isPlainValue(text: Bytes, start: number): boolean {
  anyWord.lastIndex = start;
  return anyWord.test(text);
}
