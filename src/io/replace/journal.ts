/** What was changed in a file, and copies of what was in it: a folder of its own, never beside the file. */

import { createHash, randomBytes } from 'node:crypto';
import {
  chmodSync,
  closeSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { type Bytes, bytesOf, textOf } from '../../core/sshconfig/bytes.js';
import { codeOf } from '../../core/text/reason.js';
import { syncFolder } from './putinplace.js';
import { bufferOf, hashOf } from './stamp.js';
import { WriteRefusedError } from './writerefusal.js';

/** What a file held. */
export type FileContent =
  | {
      readonly is: 'file';
      /** SHA-256 in hex: the name of the copy. */
      readonly hash: string;
      /** In bytes. */
      readonly size: number;
    }
  | { readonly is: 'missing' };

export interface JournalEntry {
  /** Counts up from 1 and never comes again. */
  readonly number: number;
  /** Shared by the files of one edit. */
  readonly edit: string;
  /** ISO 8601, UTC. */
  readonly at: string;
  /** `undo` takes back the entries in `undoes`; `restore` writes what was before an entry. */
  readonly kind: 'edit' | 'undo' | 'restore';
  readonly undoes: readonly number[];
  /** Its words, without values: they may hold passwords. */
  readonly command: string;
  readonly before: FileContent;
  readonly after: FileContent;
  /** Other files that the same edit changed, real paths. */
  readonly others: readonly Bytes[];
  /** `begun`: the writer was about to write, and has not said that it did. */
  readonly state: 'begun' | 'done';
}

export interface Journal {
  readonly version: 1;
  /** The real path. */
  readonly path: Bytes;
  readonly entries: readonly JournalEntry[];
}

/** What is kept for each file. The last entry stays, whatever its size. */
export const bounds = { entries: 100, bytes: 16 * 1024 * 1024 };

/** The folder of one file's journal, copies and lock, by the hash of its real path. */
export function journalFolder(stateFolder: string, real: Bytes): string {
  const key = createHash('sha256').update(real, 'latin1').digest('hex').slice(0, 32);
  return path.join(stateFolder, 'history', key);
}

/** Makes the folders, for their owner alone. */
export function openJournal(stateFolder: string, folder: string): void {
  try {
    mkdirSync(path.join(folder, 'copies'), { recursive: true, mode: 0o700 });
    for (const own of [stateFolder, path.dirname(folder)]) {
      if ((statSync(own).mode & 0o077) !== 0) chmodSync(own, 0o700);
    }
  } catch (error) {
    throw noHistory(folder, error);
  }
}

function noHistory(folder: string, error: unknown): WriteRefusedError {
  const code = codeOf(error);
  const why = code === 'ENOSPC' ? 'the disk is full' : code || String(error);
  return new WriteRefusedError(
    'no-history',
    `no copy could be kept in ${folder} (${why}), so nothing was written; XDG_STATE_HOME may name another place`,
    error,
  );
}

export function readJournal(folder: string, real: Bytes): Journal {
  const file = path.join(folder, 'journal.json');
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return { version: 1, path: real, entries: [] };
    throw noHistory(folder, error);
  }
  const journal = parseJournal(text);
  if (journal === null) {
    throw new WriteRefusedError('no-history', `${file} is no history of this holdfast; move it away`);
  }
  return journal;
}

function parseJournal(text: string): Journal | null {
  try {
    const value: unknown = JSON.parse(text);
    return isJournal(value) ? value : null;
  } catch {
    return null;
  }
}

function isJournal(value: unknown): value is Journal {
  if (typeof value !== 'object' || value === null) return false;
  if (!('version' in value) || value.version !== 1 || !('entries' in value)) return false;
  return Array.isArray(value.entries) && value.entries.every(isEntry);
}

function isEntry(value: unknown): value is JournalEntry {
  if (typeof value !== 'object' || value === null) return false;
  const has = (name: string, type: string) => typeof Reflect.get(value, name) === type;
  return (
    has('number', 'number') &&
    has('edit', 'string') &&
    has('at', 'string') &&
    has('kind', 'string') &&
    has('command', 'string') &&
    ['before', 'after'].every((name) => isContent(Reflect.get(value, name))) &&
    ['undoes', 'others'].every((name) => Array.isArray(Reflect.get(value, name)))
  );
}

function isContent(value: unknown): boolean {
  if (typeof value !== 'object' || value === null || !('is' in value)) return false;
  if (value.is === 'missing') return true;
  // It becomes the name of a file.
  return 'hash' in value && typeof value.hash === 'string' && /^[0-9a-f]{64}$/.test(value.hash);
}

export const isEqual = (one: FileContent, other: FileContent) =>
  one.is === 'missing' || other.is === 'missing' ? one.is === other.is : one.hash === other.hash;

/**
 * Without entries of writers that were killed before they wrote: such a last entry is begun, and the file holds what it
 * held before. A begun one that was written counts.
 */
export function withoutAbandoned(journal: Journal, current: FileContent): Journal {
  const last = journal.entries.at(-1);
  if (last?.state !== 'begun' || !isEqual(last.before, current)) return journal;
  return { ...journal, entries: journal.entries.slice(0, -1) };
}

/** Writes the journal in one step, without what is beyond the bounds, and removes copies that no entry names. */
export function writeJournal(folder: string, journal: Journal): void {
  const entries = withinBounds(journal.entries);
  try {
    writeSynced(
      path.join(folder, 'journal.json'),
      Buffer.from(`${JSON.stringify({ ...journal, entries })}\n`),
    );
    const named = new Set(entries.flatMap(({ before, after }) => [before, after]).map(nameOf));
    const copies = path.join(folder, 'copies');
    for (const name of readdirSync(copies))
      if (!named.has(name)) rmSync(path.join(copies, name), { force: true });
  } catch (error) {
    throw noHistory(folder, error);
  }
}

const nameOf = (content: FileContent) => (content.is === 'missing' ? '' : content.hash);

function withinBounds(entries: readonly JournalEntry[]): readonly JournalEntry[] {
  const copies = new Map<string, number>();
  let bytes = 0;
  let from = entries.length;
  while (from > 0 && entries.length - from < bounds.entries) {
    const entry = entries[from - 1];
    for (const content of entry ? [entry.before, entry.after] : []) {
      if (content.is === 'missing' || copies.has(content.hash)) continue;
      copies.set(content.hash, content.size);
      bytes += content.size;
    }
    if (bytes > bounds.bytes && from < entries.length) break;
    from -= 1;
  }
  return entries.slice(from);
}

/** Keeps a copy, on the disk before this returns. */
export function keepCopy(folder: string, bytes: Bytes | null): FileContent {
  if (bytes === null) return { is: 'missing' };
  const content: FileContent = { is: 'file', hash: hashOf(bytes), size: bytes.length };
  try {
    const file = path.join(folder, 'copies', content.hash);
    if (copyOf(folder, content) !== bytes) writeSynced(file, bufferOf(bytes));
  } catch (error) {
    throw noHistory(folder, error);
  }
  return content;
}

/** A kept content; null for no file. Throws a WriteRefusedError when the copy is gone or damaged. */
export function readCopy(folder: string, content: FileContent): Bytes | null {
  if (content.is === 'missing') return null;
  const bytes = copyOf(folder, content);
  if (bytes !== null) return bytes;
  throw new WriteRefusedError(
    'no-history',
    `the copy ${textOf(bytesOf(path.join(folder, 'copies', content.hash)))} is gone or damaged`,
  );
}

function copyOf(folder: string, content: FileContent & { readonly is: 'file' }): Bytes | null {
  try {
    const bytes = readFileSync(path.join(folder, 'copies', content.hash), 'latin1');
    return hashOf(bytes) === content.hash ? bytes : null;
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return null;
    throw error;
  }
}

function writeSynced(file: string, bytes: Buffer): void {
  // Always this end: what a killed writer leaves goes with the copies that no entry names, or is written over.
  const draft = file.endsWith('.json') ? `${file}.draft` : `${file}.${randomBytes(4).toString('hex')}`;
  const open = openSync(draft, 'w', 0o600);
  try {
    writeFileSync(open, bytes);
    fsyncSync(open);
  } catch (error) {
    rmSync(draft, { force: true });
    throw error;
  } finally {
    closeSync(open);
  }
  renameSync(draft, file);
  syncFolder(bytesOf(path.dirname(file)));
}

/**
 * Does a file hold the beginning of the new content with the rest of the old one behind it, as far as the cut-off write came? Blank lines
 * behind a whole content are no harm. Throws a WriteRefusedError when the copies are gone.
 */
export function isPartialWrite(
  now: Bytes,
  writing: Pick<JournalEntry, 'state' | 'before' | 'after'>,
  folder: string,
): boolean {
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
