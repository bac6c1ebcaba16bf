/** Replaces files of people: read with a stamp, lock, keep a copy, replace in one step. */

import { randomBytes } from 'node:crypto';
import path from 'node:path';
import { type Bytes, textOf } from '../core/sshconfig/bytes.js';
import { codeOf } from '../core/text/reason.js';
import {
  type FileContent,
  isEqual,
  isPartialWrite,
  type Journal,
  type JournalEntry,
  journalFolder,
  keepCopy,
  openJournal,
  readCopy,
  readJournal,
  withoutAbandoned,
  writeJournal,
} from './replace/journal.js';
import { type LockWait, takeLock } from './replace/lock.js';
import { type Prepared, prepareReplacement, sweepDrafts } from './replace/putinplace.js';
import { type WriteMode, writeModeOf } from './replace/rights.js';
import { isSame, readStamped, type Stamp, type Stamped } from './replace/stamp.js';
import { WriteRefusedError } from './replace/writerefusal.js';

export { type FileContent, isEqual, type JournalEntry } from './replace/journal.js';
export { readStamped, type Stamp } from './replace/stamp.js';
export { type WriteRefusal, WriteRefusedError } from './replace/writerefusal.js';

/** Where the history is, and how to wait. */
export interface WriteContext extends LockWait {
  /** Absolute: `$XDG_STATE_HOME/holdfast`. */
  readonly stateFolder: string;
}

export interface FileReplacement {
  /** From the reading that `bytes` was made of. */
  readonly stamp: Stamp;
  /** The whole new content; null removes the file. */
  readonly bytes: Bytes | null;
}

/** What the history will say of it. */
export interface Description {
  /** The words of the command without values, which may be secret: `set db ServerAliveInterval`. */
  readonly command: string;
  readonly kind?: JournalEntry['kind'];
  /** Entries that an undo takes back, by real path. */
  readonly undoes?: ReadonlyMap<Bytes, readonly number[]>;
}

export interface ReplacedFile {
  /** The real path. */
  readonly file: Bytes;
  /** Of its entry in the history. */
  readonly number: number;
  readonly writeMode: WriteMode;
}

interface Job {
  readonly stamp: Stamp;
  readonly before: Bytes | null;
  readonly after: Bytes | null;
  readonly folder: string;
}

/** What the entries of all its files share. */
interface Edit {
  readonly description: Description;
  readonly id: string;
  /** ISO 8601, UTC. */
  readonly at: string;
}

interface BegunJob {
  readonly job: Job;
  readonly journal: Journal;
}

/** Throws the WriteRefusedError that `replaceFiles` would throw for this file as it is now; for a dry run. */
export function checkReplaceable(stamp: Stamp): void {
  writeModeOf(stamp);
}

/**
 * Replaces the contents of files, each whole: killed at any moment, a file is the old or the new one. Where it can only be
 * written in place (see WriteMode) a kill may cut it; an edit is then refused (`partial-write`) until a restore. Several files are
 * all checked and prepared before the first is replaced. What equals the file already is not written. Rejects with a
 * WriteRefusedError, and then nothing was written.
 */
export async function replaceFiles(
  changes: readonly FileReplacement[],
  description: Description,
  context: WriteContext,
): Promise<readonly ReplacedFile[]> {
  const { jobs, unlock } = await lockFiles(changes, context);
  const prepared: Prepared[] = [];
  const begun: BegunJob[] = [];
  const written: ReplacedFile[] = [];
  try {
    const edit = { description, id: randomBytes(8).toString('hex'), at: new Date().toISOString() };
    for (const job of jobs) prepared.push(prepareReplacement(job, context.process));
    for (const job of jobs) begun.push({ job, journal: beginEntry(job, jobs, edit) });
    for (const one of prepared) one.check();
    for (const [index, one] of prepared.entries()) {
      const { job, journal } = begun[index] ?? {};
      if (!job || !journal) break;
      const writeMode = one.commit();
      written.push({ file: job.stamp.real, number: journal.entries.at(-1)?.number ?? 0, writeMode });
    }
    for (const { job, journal } of begun) {
      const entries = journal.entries.map((entry) => ({ ...entry, state: 'done' as const }));
      // The file is written: what is begun counts too, so a failure here changes nothing.
      tryWriteJournal(job, { ...journal, entries });
    }
    return written;
  } catch (error) {
    for (const one of prepared.slice(written.length)) one.abandon();
    putBack(jobs.slice(0, written.length), context);
    // What could not be put back is in the copies, and the entry that leads to them stays.
    const isPartial = error instanceof WriteRefusedError && error.reason === 'partial-write';
    for (const { job, journal } of isPartial ? [] : begun) {
      tryWriteJournal(job, { ...journal, entries: journal.entries.slice(0, -1) });
    }
    throw error;
  } finally {
    unlock();
  }
}

interface LockedJobs {
  /** Files whose content is not the new one already. */
  readonly jobs: readonly Job[];
  readonly unlock: () => void;
}

/** Takes the lock of each file, always in the same order, and reads it once more. */
async function lockFiles(changes: readonly FileReplacement[], context: WriteContext): Promise<LockedJobs> {
  const sorted = [...changes].sort((a, b) => (a.stamp.real < b.stamp.real ? -1 : 1));
  const twice = sorted.find(({ stamp }, at) => stamp.real === sorted[at + 1]?.stamp.real);
  if (twice) throw new Error(`${textOf(twice.stamp.real)} stands twice among the changes`);
  const held: (() => void)[] = [];
  const unlock = () => {
    for (const release of held.reverse()) release();
  };
  try {
    const jobs: Job[] = [];
    for (const { stamp, bytes } of sorted) {
      writeModeOf(stamp);
      const folder = journalFolder(context.stateFolder, stamp.real);
      openJournal(context.stateFolder, folder);
      held.push(await lockFile(folder, stamp, context));
      // Read again under the lock: from here on only programs that know no lock may interfere.
      const now = readStamped(stamp.path);
      if (!isSame(now.stamp, stamp)) {
        throw new WriteRefusedError(
          'changed',
          `${textOf(stamp.real)} changed since it was read; nothing was written, look again`,
        );
      }
      sweepDrafts(stamp.real, context.process);
      const before = now.stamp.type === 'missing' ? null : now.bytes;
      if (before !== bytes) jobs.push({ stamp: now.stamp, before, after: bytes, folder });
    }
    return { jobs, unlock };
  } catch (error) {
    unlock();
    throw error;
  }
}

async function lockFile(folder: string, stamp: Stamp, context: WriteContext): Promise<() => void> {
  try {
    return await takeLock(path.join(folder, 'lock'), textOf(stamp.real), context);
  } catch (error) {
    if (error instanceof WriteRefusedError) throw error;
    const why = codeOf(error) || String(error);
    throw new WriteRefusedError(
      'no-history',
      `no lock could be made in ${folder} (${why}); nothing was written`,
    );
  }
}

/** Keeps both contents and says in the journal what is about to happen. */
function beginEntry(
  { stamp, before, after, folder }: Job,
  jobs: readonly Job[],
  { description, id, at }: Edit,
): Journal {
  const was = keepCopy(folder, before);
  const will = keepCopy(folder, after);
  const old = withoutAbandoned(readJournal(folder, stamp.real), was);
  const last = old.entries.at(-1);
  if (description.kind !== 'restore') checkWhole(stamp.real, before ?? '', last, folder);
  const entry: JournalEntry = {
    number: (last?.number ?? 0) + 1,
    edit: id,
    at,
    kind: description.kind ?? 'edit',
    undoes: description.undoes?.get(stamp.real) ?? [],
    command: description.command,
    before: was,
    after: will,
    others: jobs.map((job) => job.stamp.real).filter((real) => real !== stamp.real),
    state: 'begun',
  };
  const journal: Journal = { version: 1, path: stamp.real, entries: [...old.entries, entry] };
  writeJournal(folder, journal);
  return journal;
}

function checkWhole(real: Bytes, now: Bytes, last: JournalEntry | undefined, folder: string): void {
  if (!last || !isPartialWrite(now, last, folder)) return;
  throw new WriteRefusedError(
    'partial-write',
    `${textOf(real)} holds only a part of edit ${last.number} (${last.command}), which was killed while it wrote; holdfast config restore ${last.number} gives back what it held before`,
  );
}

function tryWriteJournal({ folder }: Job, journal: Journal): void {
  try {
    writeJournal(folder, journal);
  } catch {
    // An entry that is begun settles itself at the next reading.
  }
}

/** One of several files could not be replaced: those before it become what they were, if they still are what we wrote. */
function putBack(jobs: readonly Job[], context: WriteContext): void {
  for (const { stamp, before, after } of jobs) {
    try {
      const now = readStamped(stamp.path);
      if ((now.stamp.type === 'missing' ? null : now.bytes) !== after) continue;
      prepareReplacement({ stamp: now.stamp, before: after, after: before }, context.process).commit();
    } catch {
      // Its history still has what it was.
    }
  }
}

/** What is known of a file's past, oldest first, and what it is now. */
export interface History {
  readonly now: Stamped;
  readonly current: FileContent;
  readonly entries: readonly JournalEntry[];
  /** Throws a WriteRefusedError (`partial-write`) when the newest edit was killed while it wrote in place. */
  checkWhole(): void;
  /** A content of these entries; null: no file. Throws a WriteRefusedError when the copy is gone. */
  copy(content: FileContent): Bytes | null;
}

/** Reads the history of a file. Makes and changes nothing. */
export function readHistory(file: Bytes, context: WriteContext): History {
  const now = readStamped(file);
  const { real } = now.stamp;
  const folder = journalFolder(context.stateFolder, real);
  const current: FileContent =
    now.stamp.type === 'missing'
      ? { is: 'missing' }
      : { is: 'file', hash: now.stamp.hash, size: now.stamp.size };
  const { entries } = withoutAbandoned(readJournal(folder, real), current);
  return {
    now,
    current,
    entries,
    checkWhole: () => checkWhole(real, now.bytes, entries.at(-1), folder),
    copy: (content) =>
      isEqual(content, current) && now.stamp.type === 'file' ? now.bytes : readCopy(folder, content),
  };
}
