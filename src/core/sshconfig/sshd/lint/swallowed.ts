/** Lines of a Match block that were meant for everybody: a block goes on to the next Match or to the end of its file. */

import { isSince } from '../../keywords/releases.js';
import { formOf, indentOf, isApart, type Scope } from '../../lint/corpus.js';
import type { ServerKeyword } from '../serverkeywords.js';
import type { ServerCorpus, ServerEntry } from './servercorpus.js';

export type SwallowedBlock = Scope<ServerKeyword>;

/** May the line not stand in a block? `target`: the release whose sshd reads the file. */
export function isGlobalOnly({ statement }: ServerEntry, target: string): boolean {
  if (statement.type !== 'value' && statement.type !== 'structure') return false;
  const { keyword } = statement;
  if (keyword.inMatch) return false;
  return keyword.inMatchSince === null || !isSince(target, keyword.inMatchSince);
}

/**
 * The lines that each block swallowed. Meant for everybody is what may not stand in a block; what is not
 * indented behind lines of the block that are; and what stands, not indented and behind a blank line, beside something that
 * may not stand in a block; with all that follows without indentation.
 */
export function swallowedLines(
  { entries }: ServerCorpus,
  target: string,
): ReadonlyMap<SwallowedBlock, ReadonlySet<ServerEntry>> {
  const blocks = new Map<SwallowedBlock, ServerEntry[]>();
  for (const entry of entries) {
    const { own } = entry;
    if (own === null || own.universal || formOf(entry) === 'match') continue;
    const lines = blocks.get(own);
    if (lines === undefined) blocks.set(own, [entry]);
    else lines.push(entry);
  }
  const swallowed = new Map<SwallowedBlock, ReadonlySet<ServerEntry>>();
  for (const [block, lines] of blocks) {
    const from = Math.min(behindIndented(lines), besideGlobal(block, lines, target));
    const taken = lines.filter((entry, at) => (at >= from && isFlush(entry)) || isGlobalOnly(entry, target));
    if (taken.length > 0) swallowed.set(block, new Set(taken));
  }
  return swallowed;
}

export function isFlush(entry: ServerEntry): boolean {
  return indentOf(entry) === '';
}

/** The first line without indentation behind one that has some. */
function behindIndented(lines: readonly ServerEntry[]): number {
  const indented = lines.findIndex((entry) => !isFlush(entry));
  if (indented === -1) return lines.length;
  const found = lines.findIndex((entry, at) => at > indented && isFlush(entry));
  return found === -1 ? lines.length : found;
}

/** The first of a group of lines behind a blank one that has something in it that may not stand in a block. */
function besideGlobal({ header }: SwallowedBlock, lines: readonly ServerEntry[], target: string): number {
  let first: number | null = null;
  let last = header;
  for (const [at, entry] of lines.entries()) {
    if (last.file === entry.file && isApart(last, entry)) first = at;
    last = entry;
    if (first !== null && isFlush(entry) && isGlobalOnly(entry, target)) return first;
  }
  return lines.length;
}
