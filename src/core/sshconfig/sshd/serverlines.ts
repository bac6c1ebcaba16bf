import type { Bytes } from '../bytes.js';
import type { FileAnswer } from '../resolve/resolveinput.js';
import { type Line, optionOf } from '../syntax/lines.js';

const linesByFile = new WeakMap<FileAnswer, readonly Line[]>();

/**
 * sshd's own copy of a file (`load_server_config` in servconf.c): a NUL ends its line for good, the line feed with it, so
 * the next line goes on where it was cut. Lines are counted afterwards.
 */
export function withoutNul(text: Bytes): Bytes {
  return text.includes('\0') ? text.replace(/\0[^\n]*(?:\n[ \t\r]*)?/g, '') : text;
}

/**
 * Every line of a file of sshd's. Other than ssh, sshd takes white space off the front before it looks for the end
 * (`load_server_config` in servconf.c), which is to be seen in a line of one form feed.
 */
export function serverLinesOf(file: Extract<FileAnswer, { text: Bytes }>): readonly Line[] {
  const known = linesByFile.get(file);
  if (known) return known;
  const { text } = file;
  const lines: Line[] = [];
  for (let start = 0; start < text.length; ) {
    const feed = text.indexOf('\n', start);
    const end = feed === -1 ? text.length : feed;
    const next = feed === -1 ? end : end + 1;
    let from = start;
    while (from < end && ' \t\r'.includes(text.charAt(from))) from += 1;
    lines.push({ number: lines.length + 1, start, end, next, option: optionOf(text, from, end) });
    start = next;
  }
  linesByFile.set(file, lines);
  return lines;
}
