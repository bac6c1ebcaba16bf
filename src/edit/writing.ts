/** The file that an edit is about, and how files are written. */
import { usageFailure } from '../core/failure.js';
import { type Bytes, bytesOf, textOf } from '../core/sshconfig/bytes.js';
import { stateFolderOf } from '../core/text/statefolder.js';
import { pause } from '../io/clock.js';
import { pathExists } from '../io/configfiles.js';
import { unifiedDiff } from '../io/diff.js';
import { ownProcess, userEnvironment } from '../io/machine.js';
import {
  checkReplaceable,
  type Description,
  type FileReplacement,
  type ReplacedFile,
  readStamped,
  replaceFiles,
  type Stamp,
  type WriteContext,
  WriteRefusedError,
} from '../io/replace.js';

/**
 * The file of `-F`, or the user's own: that of the passwd entry's home, which is the one ssh reads. Throws a FailureError
 * (usage) for `none`, and where $HOME is another folder so that either may be meant.
 */
export function fileToEdit(configFile: string | undefined): Bytes {
  if (configFile?.toLowerCase() === 'none') {
    throw usageFailure('-F none: there is no file to change; name one');
  }
  if (configFile !== undefined) return bytesOf(configFile);
  const { env, home } = userEnvironment();
  const file = `${home}/.ssh/config`;
  if (env.HOME !== undefined && env.HOME !== '' && withoutSlash(env.HOME) !== withoutSlash(home)) {
    throw usageFailure(
      `HOME is ${env.HOME}, but ssh reads ${file} (the home of the passwd entry); name the file with -F`,
    );
  }
  return bytesOf(file);
}

/** For questions about what is there before an edit: a file that it will make counts as empty, as `-F none`. */
export async function presentFile(path: string | null): Promise<{ readonly configFile?: string }> {
  if (path === null) return {};
  return { configFile: (await pathExists(bytesOf(path))) ? path : 'none' };
}

const withoutSlash = (folder: string) => folder.replace(/(?<=.)\/+$/, '');

/** The history lies in the state folder. */
export function writeContext(): WriteContext {
  const { env, home } = userEnvironment();
  return {
    stateFolder: stateFolderOf(env, home),
    process: ownProcess,
    pause,
  };
}

/** The contents of a file before and after an edit. Bytes, one per character. Null: no file. */
export interface FileSwap {
  readonly file: Bytes;
  readonly before: Bytes | null;
  readonly after: Bytes | null;
}

/** Unified, of all files. */
export function diffOf(swaps: readonly FileSwap[]): string {
  return swaps
    .map(({ file, before, after }) => unifiedDiff(textOf(file), textOf(before ?? ''), textOf(after ?? '')))
    .join('');
}

/** Replaces files that still are `before`. Resolves with the numbers of their entries in the history, by path. */
export async function writeFiles(
  swaps: readonly FileSwap[],
  description: Description,
): Promise<ReadonlyMap<Bytes, number>> {
  const changes = checkSwaps(swaps);
  return numbersOf(swaps, changes, await replaceFiles(changes, description, writeContext()));
}

/** The number of each file's entry in the history; none for a file that was so already. */
export function numbersOf(
  swaps: readonly FileSwap[],
  changes: readonly FileReplacement[],
  written: readonly ReplacedFile[],
): ReadonlyMap<Bytes, number> {
  const numbers = new Map(written.map(({ file, number }) => [file, number]));
  const found = new Map<Bytes, number>();
  for (const [at, { file }] of swaps.entries()) {
    const number = numbers.get(changes[at]?.stamp.real ?? '');
    if (number !== undefined) found.set(file, number);
  }
  return found;
}

/**
 * What `replaceFiles` takes, checked as far as it can be before anything is written. `read`: all files that the proof rests
 * on. Throws a WriteRefusedError.
 */
export function checkSwaps(
  swaps: readonly FileSwap[],
  read: Iterable<Bytes> = swaps.map(({ file }) => file),
): readonly FileReplacement[] {
  const changes = swaps.map(({ file, before, after }) => ({
    stamp: stampHolding(file, before),
    bytes: after,
  }));
  for (const { stamp } of changes) checkReplaceable(stamp);
  const names = new Map(changes.map(({ stamp }, at) => [stamp.real, swaps[at]?.file ?? '']));
  for (const file of swaps.length === 0 ? [] : read) {
    const name = names.get(readStamped(file).stamp.real);
    if (name === undefined || name === file) continue;
    // To the proof they would be two files.
    throw new WriteRefusedError(
      'not-a-file',
      `${textOf(name)} and ${textOf(file)} are one file, read twice; nothing was written: include it by one name`,
    );
  }
  return changes;
}

/**
 * The stamp that `replaceFiles` holds against the file right before it is replaced, where the file still holds this text.
 * Null: there is no file. Throws a WriteRefusedError (changed).
 */
export function stampHolding(file: Bytes, text: Bytes | null): Stamp {
  const { stamp, bytes } = readStamped(file);
  if ((stamp.type === 'missing' ? null : bytes) === text) return stamp;
  throw new WriteRefusedError(
    'changed',
    `${textOf(file)} changed since it was read; nothing was written, look again`,
  );
}
