/** What a write in place leaves when it is cut off: the system may end one write of a killed process between two pages. */
import type { Bytes } from '../../core/sshconfig/bytes.js';
import { type FileContent, readCopy } from './journal.js';

/** The part of an entry of the history that tells. */
interface PartialWrite {
  readonly state: 'begun' | 'done';
  readonly before: FileContent;
  readonly after: FileContent;
}

/**
 * Is it the beginning of the new content with the rest of the old one behind it, as far as the cut-off write came? Blank lines
 * behind a whole content are no harm. Throws a WriteRefusedError when the copies are gone.
 */
export function isPartialWrite(now: Bytes, writing: PartialWrite, folder: string): boolean {
  if (writing.state !== 'begun') return false;
  const [before, after] = [readCopy(folder, writing.before), readCopy(folder, writing.after)];
  if (before === null || after === null || isWhole(now, before) || isWhole(now, after)) return false;
  // Room comes first, and what is too long is cut off last.
  if (now.length < before.length) return false;
  const length = Math.max(before.length, after.length);
  const [old, fresh] = [before.padEnd(length, '\n'), after.padEnd(length, '\n')];
  let came = 0;
  while (came < now.length && now[came] === fresh[came]) came += 1;
  return now.slice(came) === old.slice(came, now.length);
}

const isWhole = (now: Bytes, content: Bytes) =>
  now.startsWith(content) && /^\n*$/.test(now.slice(content.length));
