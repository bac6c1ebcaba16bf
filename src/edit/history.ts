/** What holdfast changed in a file, and how to take it back. */
import { type FailureError, usageFailure } from '../core/failure.js';
import { textOf } from '../core/sshconfig/bytes.js';
import { unifiedDiff } from '../io/diff.js';
import {
  checkReplaceable,
  type FileContent,
  type FileReplacement,
  type History,
  isEqual,
  type JournalEntry,
  readHistory,
  replaceFiles,
  WriteRefusedError,
} from '../io/replace.js';
import { fileToEdit, writeContext } from './writing.js';

/** The configuration file whose history is read. */
export interface HistoryOptions {
  /** The file (`-F`). Default: the user's own, `~/.ssh/config`. */
  readonly configFile?: string;
}

/** How edits are taken back. */
export interface UndoOptions extends HistoryOptions {
  /** Only say what would be done. Default false. */
  readonly dryRun?: boolean;
}

/** One edit of the past. */
export interface PastEdit {
  /** Counts up from 1 for each file, and never comes again. */
  readonly number: number;
  /** ISO 8601, UTC. */
  readonly at: string;
  /** Its words without values: `config set db Port`. */
  readonly command: string;
  readonly kind: 'edit' | 'undo' | 'restore';
  /** `interrupted`: its writer was killed. */
  readonly state: 'kept' | 'undone' | 'interrupted';
  readonly before: FileContent;
  readonly after: FileContent;
  /** Other files that it changed. */
  readonly others: readonly string[];
}

/** What holdfast did to one file. */
export interface FileHistory {
  /** Behind all links. */
  readonly file: string;
  /** The newest first. */
  readonly edits: readonly PastEdit[];
  /** Has something else changed the file since the newest edit? */
  readonly changedSince: boolean;
}

/** The edits of a file that are still known: the last 100, or 16 MiB of copies. Changes nothing. */
export async function listEdits(options: HistoryOptions = {}): Promise<FileHistory> {
  const history = readHistory(fileToEdit(options.configFile), writeContext());
  const undone = undoneIn(history.entries);
  const edits = history.entries.map(
    (entry): PastEdit => ({
      number: entry.number,
      at: entry.at,
      command: entry.command,
      kind: entry.kind,
      state: undone.has(entry.number)
        ? 'undone'
        : entry.state === 'begun' && !isEqual(entry.after, history.current)
          ? 'interrupted'
          : 'kept',
      before: entry.before,
      after: entry.after,
      others: entry.others.map(textOf),
    }),
  );
  const last = history.entries.at(-1);
  return {
    file: nameOf(history),
    edits: edits.reverse(),
    changedSince: last !== undefined && !isEqual(last.after, history.current),
  };
}

/** What a file became, or would become. */
export interface FileChange {
  readonly file: string;
  /** As `diff -u`; empty when nothing changes. */
  readonly diff: string;
}

/** What one edit changed; the newest when no number is given. Rejects with a FailureError (usage) for a number of none. */
export async function diffOfEdit(number: number | null, options: HistoryOptions = {}): Promise<FileChange> {
  const history = readHistory(fileToEdit(options.configFile), writeContext());
  const entry = number === null ? history.entries.at(-1) : numbered(history, number);
  return entry
    ? { file: nameOf(history), diff: between(history, entry.before, entry.after) }
    : unchanged(history);
}

/** What an undo or a restore did, or with `dryRun` would do. */
export interface Undone {
  readonly changed: boolean;
  readonly files: readonly FileChange[];
  /** Numbers of the edits that are taken back; of `restore`: the edit before which the file was so. */
  readonly edits: readonly number[];
}

/** The file was changed by something else since: what that did is in `diff`. */
export class ChangedSinceError extends WriteRefusedError {
  override readonly file: string;
  readonly diff: string;

  constructor(message: string, { file, diff }: FileChange) {
    super('changed', message);
    this.name = 'ChangedSinceError';
    this.file = file;
    this.diff = diff;
  }

  override get details() {
    return { ...super.details, diff: this.diff };
  }
}

/**
 * Gives the file the content that it had before its last `count` edits, and the other files of these edits theirs. Rejects
 * with a ChangedSinceError when something else changed the file meanwhile, with a WriteRefusedError when it cannot be
 * written, with a FailureError (usage) when there are not so many edits. Nothing is written then.
 */
export async function undoEdits(count = 1, options: UndoOptions = {}): Promise<Undone> {
  checkNumber(count, 'undo');
  const at = writeContext();
  const history = readHistory(fileToEdit(options.configFile), at);
  const live = liveOf(history);
  if (live.length === 0) return { changed: false, files: [unchanged(history)], edits: [] };
  if (live.length < count) {
    throw usage(`undo ${count}: the history of ${nameOf(history)} has ${counted(live.length)} to undo`);
  }
  const first: Backward = { history, entries: live.slice(0, count) };
  const edits = new Set(first.entries.map(({ edit }) => edit));
  const others = new Set(first.entries.flatMap((entry) => entry.others));
  const all = [first, ...[...others].map((other) => backward(readHistory(other, at), edits, history))];
  for (const one of all) checkChain(one);
  const changes = all.map(({ history, entries }): FileReplacement => {
    const oldest = entries.at(-1);
    return { stamp: history.now.stamp, bytes: oldest ? history.copy(oldest.before) : null };
  });
  const files = all.map(({ history, entries }) =>
    between(history, history.current, entries.at(-1)?.before ?? history.current),
  );
  for (const { stamp } of changes) checkReplaceable(stamp);
  if (!options.dryRun) {
    const undoes = new Map(
      all.map(({ history, entries }) => [history.now.stamp.real, entries.map(({ number }) => number)]),
    );
    const command = count === 1 ? 'config undo' : `config undo ${count}`;
    await replaceFiles(changes, { command, kind: 'undo', undoes }, at);
  }
  return {
    changed: true,
    files: all.map(({ history }, index) => ({ file: nameOf(history), diff: files[index] ?? '' })),
    edits: first.entries.map(({ number }) => number),
  };
}

/**
 * Gives the file the content that it had before one of its edits, whatever came since; that is an edit too, and can be
 * undone. Rejects with a FailureError (usage) for a number of none, with a WriteRefusedError when it cannot be written.
 */
export async function restoreEdit(number: number, options: UndoOptions = {}): Promise<Undone> {
  const at = writeContext();
  const history = readHistory(fileToEdit(options.configFile), at);
  const entry = numbered(history, number);
  const file = { file: nameOf(history), diff: between(history, history.current, entry.before) };
  const changed = !isEqual(entry.before, history.current);
  if (changed) checkReplaceable(history.now.stamp);
  if (changed && !options.dryRun) {
    const change = { stamp: history.now.stamp, bytes: history.copy(entry.before) };
    await replaceFiles([change], { command: `config restore ${number}`, kind: 'restore' }, at);
  }
  return { changed, files: [file], edits: [number] };
}

interface Backward {
  readonly history: History;
  /** The newest first. */
  readonly entries: readonly JournalEntry[];
}

/** The same edits in another file that they changed. They must be the newest there too. */
function backward(history: History, edits: ReadonlySet<string>, edit: History): Backward {
  const live = liveOf(history);
  const entries = live.slice(0, live.filter(({ edit }) => edits.has(edit)).length);
  const later = entries.find(({ edit }) => !edits.has(edit));
  if (!later) return { history, entries };
  throw new WriteRefusedError(
    'changed',
    `${nameOf(edit)} was changed together with ${nameOf(history)}, which has a later edit (${later.number}: ${later.command}); undo that first, with -F ${nameOf(history)}`,
  );
}

/** Is the file what the newest edit left, and each edit's beginning the end of the one before? */
function checkChain({ history, entries }: Backward): void {
  history.checkWhole();
  let now = history.current;
  for (const { number, command, before, after } of entries) {
    if (!isEqual(now, after)) {
      const file = nameOf(history);
      throw new ChangedSinceError(
        `${file} was changed by something else after edit ${number} (${command}), which undo would lose; holdfast config restore ${number} takes the whole file back to before that edit`,
        { file, diff: between(history, after, now) },
      );
    }
    now = before;
  }
}

function undoneIn(entries: readonly JournalEntry[]): ReadonlySet<number> {
  return new Set(entries.flatMap(({ undoes }) => undoes));
}

/** What can be undone, the newest first. */
function liveOf({ entries }: History): readonly JournalEntry[] {
  const undone = undoneIn(entries);
  return entries.filter(({ kind, number }) => kind !== 'undo' && !undone.has(number)).reverse();
}

function numbered(history: History, number: number): JournalEntry {
  checkNumber(number, 'the number');
  const entry = history.entries.find((one) => one.number === number);
  if (entry) return entry;
  const [first, last] = [history.entries.at(0), history.entries.at(-1)];
  const known = first && last ? `there are ${first.number} to ${last.number}` : 'it has none';
  throw usage(`no edit ${number} in the history of ${nameOf(history)}; ${known}`);
}

function checkNumber(number: number, what: string): void {
  if (!Number.isSafeInteger(number) || number < 1) throw usage(`${what} ${number}: want a number from 1`);
}

function between(history: History, from: FileContent, to: FileContent): string {
  const [before, after] = [history.copy(from) ?? '', history.copy(to) ?? ''];
  return textOf(unifiedDiff(history.now.stamp.real, before, after));
}

const unchanged = (history: History): FileChange => ({ file: nameOf(history), diff: '' });

const nameOf = (history: History): string => textOf(history.now.stamp.real);

const counted = (edits: number) => (edits === 1 ? 'one edit' : `${edits} edits`);

function usage(message: string): FailureError {
  return usageFailure(message);
}
