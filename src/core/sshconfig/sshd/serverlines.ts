import type { Bytes } from '../bytes.js';
import type { TextFile } from '../resolve/resolveinput.js';
import { type Line, Lines } from '../syntax/lines.js';

const linesByFile = new WeakMap<TextFile, Lines>();

/**
 * sshd's own copy of a file (`load_server_config` in servconf.c): a NUL ends its line for good, the line feed with it, so
 * the next line goes on where it was cut. Lines are counted afterwards.
 */
export function withoutNul(text: Bytes): Bytes {
  return text.includes('\0') ? text.replace(/\0[^\n]*(?:\n[ \t\r]*)?/g, '') : text;
}

/** The lines of a file of sshd's, found once for each file answer. */
export function serverIndexOf(file: TextFile): Lines {
  const known = linesByFile.get(file);
  if (known) return known;
  const lines = new Lines(file.text, true);
  linesByFile.set(file, lines);
  return lines;
}

/** All of them, cut. */
export function serverLinesOf(file: TextFile): readonly Line[] {
  return serverIndexOf(file).all();
}
