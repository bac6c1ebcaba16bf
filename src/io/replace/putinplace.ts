/** Puts bytes in a file's place: beside it and renamed, or over it. */

import { createHash, randomBytes } from 'node:crypto';
import {
  closeSync,
  constants,
  fchmodSync,
  fchownSync,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  linkSync,
  mkdirSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import path from 'node:path';
import { type Bytes, textOf } from '../../core/sshconfig/bytes.js';
import { codeOf } from '../../core/text/reason.js';
import { type OwnProcess, ownerName, ownerStatus } from './lockowner.js';
import { type WriteMode, writeModeOf } from './rights.js';
import { bufferOf, isSame, readStamped, type Stamp } from './stamp.js';
import { refusedBy, WriteRefusedError } from './writerefusal.js';

/** New bytes that wait for their moment. Exactly one of the two is called. */
export interface Prepared {
  /** Throws a WriteRefusedError (`changed`) when the file is not the stamped one any more. Nothing is awaited in between. */
  check(): void;
  /** Right after `check`. */
  commit(): WriteMode;
  /** Takes away what was made beside the file. */
  abandon(): void;
}

/** Flags that Windows does not have are undefined there. */
const noFollow = constants.O_NOFOLLOW ?? 0;
const newMode = 0o600;

/** Contents; null: no file. `before` is what was read with the stamp. */
export interface Replacement {
  readonly stamp: Stamp;
  readonly before: Bytes | null;
  readonly after: Bytes | null;
}

/** Writes what can be written before the moment itself, so a full disk shows here. */
export function prepareReplacement({ stamp, before, after }: Replacement, self: OwnProcess): Prepared {
  const writeMode = writeModeOf(stamp);
  const file = textOf(stamp.real);
  const check = () => {
    if (isSame(readStamped(stamp.path).stamp, stamp)) return;
    throw new WriteRefusedError(
      'changed',
      `${file} changed since it was read; nothing was written, look again`,
    );
  };
  if (after === null) {
    const commit = () => {
      rmSync(bufferOf(stamp.real), { force: true });
      syncFolder(path.dirname(stamp.real));
      return writeMode;
    };
    return { check, commit: () => withRefusal(file, commit), abandon: () => {} };
  }
  const over = (): WriteMode => {
    if (stamp.type === 'missing') throw new WriteRefusedError('failed', `${file} cannot be made`);
    overwrite(stamp, before ?? '', after);
    return 'in place';
  };
  const draft = writeMode === 'rename' ? withRefusal(file, () => writeDraft(stamp, after, self)) : null;
  const abandon = () => {
    if (draft !== null) rmSync(bufferOf(draft), { force: true });
  };
  const commit = (): WriteMode => {
    if (draft === null) return over();
    try {
      if (stamp.type === 'missing') linkNew(draft, stamp.real);
      else renameSync(bufferOf(draft), bufferOf(stamp.real));
    } catch (error) {
      abandon();
      // A mounted file, a sticky folder of others, a file that another program of Windows has open.
      if (stamp.type === 'file' && ['EBUSY', 'EPERM', 'EACCES', 'EXDEV'].includes(codeOf(error)))
        return over();
      throw error;
    }
    syncFolder(path.dirname(stamp.real));
    return 'rename';
  };
  return { check, commit: () => withRefusal(file, commit), abandon };
}

function withRefusal<T>(file: string, act: () => T): T {
  try {
    return act();
  } catch (error) {
    throw refusedBy(error, `${file} cannot be written`);
  }
}

/** A leading dot: the patterns of Include do not match it. */
const draftOf = (real: Bytes, owner: string) =>
  path.join(path.dirname(real), `.holdfast.${keyOf(real)}.${owner}.${randomBytes(8).toString('hex')}`);

const draftPattern = /^\.holdfast\.([0-9a-f]{16})\.([0-9a-f-]+)\.[0-9a-f]{16}$/;

const keyOf = (real: Bytes) => createHash('sha256').update(real, 'latin1').digest('hex').slice(0, 16);

/** Removes what a killed writer left beside the file. Only under the lock of the file. */
export function sweepDrafts(real: Bytes, self: OwnProcess): void {
  const folder = path.dirname(real);
  let names: string[];
  try {
    names = readdirSync(bufferOf(folder), 'latin1');
  } catch {
    return;
  }
  for (const name of names) {
    const [, key, owner = ''] = draftPattern.exec(name) ?? [];
    if (key !== keyOf(real) || ownerStatus(owner, self) !== 'gone') continue;
    try {
      rmSync(bufferOf(path.join(folder, name)), { force: true });
    } catch {
      // What cannot be removed does no harm.
    }
  }
}

/** The new file under a name of its own, whole and on the disk. Null: the file's owner cannot be given to a new one. */
function writeDraft(stamp: Stamp, bytes: Bytes, self: OwnProcess): Bytes | null {
  const folder = path.dirname(stamp.real);
  if (stamp.type === 'missing') makeFolder(folder);
  const draft = draftOf(stamp.real, ownerName(self));
  const file = openSync(bufferOf(draft), 'wx', newMode);
  let done = false;
  try {
    // By its descriptor: another user that may write the folder could put a link in the place of its name.
    const owner = stamp.type === 'file' ? stamp : statSync(bufferOf(folder));
    if (!giveOwner(file, owner, stamp.type === 'file')) return null;
    fchmodSync(file, stamp.type === 'file' ? stamp.mode : newMode);
    writeWhole(file, bufferOf(bytes), 0);
    fsyncSync(file);
    done = true;
    return draft;
  } finally {
    closeSync(file);
    if (!done) rmSync(bufferOf(draft), { force: true });
  }
}

/** A new file in another user's folder, made by root, would be of no use to that user: it is given the folder's owner. */
function giveOwner(
  file: number,
  owner: { readonly uid: number; readonly gid: number },
  exactly: boolean,
): boolean {
  const now = fstatSync(file);
  if (now.uid === owner.uid && (now.gid === owner.gid || !exactly)) return true;
  try {
    fchownSync(file, owner.uid, owner.gid);
    return true;
  } catch (error) {
    if (codeOf(error) !== 'EPERM') throw error;
    return !exactly;
  }
}

function makeFolder(folder: Bytes): void {
  try {
    mkdirSync(bufferOf(folder), { mode: 0o700 });
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return;
    if (codeOf(error) !== 'ENOENT') throw error;
    throw new WriteRefusedError(
      'not-a-file',
      `there is no folder ${textOf(path.dirname(folder))} to make ${textOf(folder)} in`,
    );
  }
  const made = openSync(bufferOf(folder), constants.O_RDONLY | (constants.O_DIRECTORY ?? 0) | noFollow);
  try {
    giveOwner(made, statSync(bufferOf(path.dirname(folder))), false);
  } finally {
    closeSync(made);
  }
  syncFolder(path.dirname(folder));
}

/** Takes the name only while no file has it. */
function linkNew(draft: Bytes, real: Bytes): void {
  try {
    linkSync(bufferOf(draft), bufferOf(real));
    rmSync(bufferOf(draft), { force: true });
  } catch (error) {
    if (codeOf(error) === 'EEXIST') {
      throw new WriteRefusedError(
        'changed',
        `${textOf(real)} was made meanwhile; nothing was written, look again`,
      );
    }
    // File systems without hard links. It was not there a moment ago.
    renameSync(bufferOf(draft), bufferOf(real));
  }
}

/**
 * Over the old bytes, in one write, with blank lines where the lengths differ: killed between its steps, the file is the
 * old or the new one with blank lines behind it, which mean nothing to ssh. Killed in the write itself it may be a part of
 * each (partialwrite.ts). Room is taken before anything is lost.
 */
function overwrite(stamp: Stamp & { readonly type: 'file' }, before: Bytes, after: Bytes): void {
  const file = openSync(bufferOf(stamp.real), constants.O_RDWR | noFollow);
  try {
    const found = fstatSync(file, { bigint: true });
    if (found.ino !== stamp.inode || found.dev !== stamp.device) {
      throw new WriteRefusedError('changed', `${textOf(stamp.real)} changed since it was read; look again`);
    }
    const more = after.length - before.length;
    try {
      if (more > 0) {
        writeWhole(file, Buffer.alloc(more, '\n'), before.length);
        fsyncSync(file);
      }
      writeWhole(file, bufferOf(after + '\n'.repeat(Math.max(0, -more))), 0);
      fsyncSync(file);
      if (more < 0) ftruncateSync(file, after.length);
      fsyncSync(file);
    } catch (error) {
      restoreBytes(file, stamp, before, error);
      throw error;
    }
  } finally {
    closeSync(file);
  }
}

function restoreBytes(file: number, stamp: Stamp, before: Bytes, error: unknown): void {
  try {
    ftruncateSync(file, before.length);
    writeWhole(file, bufferOf(before), 0);
    fsyncSync(file);
  } catch {
    throw new WriteRefusedError(
      'partial-write',
      `${textOf(stamp.real)} was written in part (${codeOf(error)}): what it held is in its history, see holdfast config restore`,
      error,
    );
  }
}

function writeWhole(file: number, bytes: Buffer, position: number): void {
  for (let at = 0; at < bytes.length; ) at += writeSync(file, bytes, at, bytes.length - at, position + at);
}

/** The name in the folder is on the disk too. Not every system lets a folder be synced. */
export function syncFolder(folder: Bytes): void {
  let open: number | null = null;
  try {
    open = openSync(bufferOf(folder), constants.O_RDONLY);
    fsyncSync(open);
  } catch {
    // Windows, and some network file systems.
  } finally {
    if (open !== null) closeSync(open);
  }
}
