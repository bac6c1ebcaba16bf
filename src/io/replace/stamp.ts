/** A file as it was read: which one, what was in it, and whose it is. */

import { createHash } from 'node:crypto';
import {
  closeSync,
  constants,
  fstatSync,
  openSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  statSync,
} from 'node:fs';
import path from 'node:path';
import { type Bytes, bytesOf, textOf } from '../../core/sshconfig/bytes.js';
import { codeOf } from '../../core/text/reason.js';
import { workingDirectory } from '../base/process.js';
import { refusedBy, WriteRefusedError } from './writerefusal.js';

export type Stamp =
  | {
      readonly type: 'file';
      /** As given, absolute. */
      readonly path: Bytes;
      /** Behind all links. */
      readonly real: Bytes;
      /** SHA-256 of the content, in hex. */
      readonly hash: string;
      readonly device: bigint;
      readonly inode: bigint;
      /** Permission bits. */
      readonly mode: number;
      readonly uid: number;
      readonly gid: number;
      /** How many names it has. */
      readonly names: number;
      /** Length in bytes. */
      readonly size: number;
    }
  | {
      /** Nothing is there; `real` is where it would be made: the end of a dangling link. */
      readonly type: 'missing';
      readonly path: Bytes;
      readonly real: Bytes;
    };

export interface Stamped {
  /** Each character one byte; empty when the file is missing. */
  readonly bytes: Bytes;
  readonly stamp: Stamp;
}

/** Paths are bytes, one per character (latin1), as everywhere in core/sshconfig. */
export const bufferOf = (name: Bytes): Buffer => Buffer.from(name, 'latin1');

export const hashOf = (bytes: Bytes): string => createHash('sha256').update(bytes, 'latin1').digest('hex');

/**
 * Reads a file and what a writer has to know of it. A missing one is no error. Throws a WriteRefusedError for a folder or a
 * device, and where it may not be read.
 */
export function readStamped(givenPath: Bytes): Stamped {
  const name = path.isAbsolute(givenPath) ? givenPath : path.join(bytesOf(workingDirectory()), givenPath);
  let file: number;
  let real: Bytes;
  try {
    real = realOf(name);
    // Before it is opened: to open a pipe is to wait for its writer.
    if (!statSync(bufferOf(real)).isFile()) {
      throw new WriteRefusedError('not-a-file', `${textOf(givenPath)} is no file, but a folder or a device`);
    }
    file = openSync(bufferOf(real), constants.O_RDONLY);
  } catch (error) {
    if (codeOf(error) === 'ENOENT')
      return { bytes: '', stamp: { type: 'missing', path: name, real: endOf(name) } };
    throw refusedBy(error, `${textOf(givenPath)} cannot be read`);
  }
  try {
    const found = fstatSync(file, { bigint: true });
    const bytes = readFileSync(file, 'latin1');
    return {
      bytes,
      stamp: {
        type: 'file',
        path: name,
        real,
        hash: hashOf(bytes),
        device: found.dev,
        inode: found.ino,
        mode: Number(found.mode) & 0o7777,
        uid: Number(found.uid),
        gid: Number(found.gid),
        names: Number(found.nlink),
        size: bytes.length,
      },
    };
  } catch (error) {
    throw refusedBy(error, `${textOf(givenPath)} cannot be read`);
  } finally {
    closeSync(file);
  }
}

/** Is it still the same file with the same content? Mode and owner may have changed: they are kept as they are now. */
export function isSame(one: Stamp, other: Stamp): boolean {
  if (one.real !== other.real) return false;
  if (one.type === 'missing' || other.type === 'missing') return one.type === other.type;
  return one.hash === other.hash && one.inode === other.inode && one.device === other.device;
}

function realOf(name: Bytes): Bytes {
  return realpathSync(bufferOf(name), { encoding: 'buffer' }).toString('latin1');
}

/** As many links as Linux follows. */
const mostLinks = 40;

/** Where open(2) would create it: links followed, the folder's own links too where it is there. */
function endOf(name: Bytes): Bytes {
  let end = name;
  for (let followed = 0; followed < mostLinks; followed += 1) {
    let target: Bytes;
    try {
      target = readlinkSync(bufferOf(end), { encoding: 'buffer' }).toString('latin1');
    } catch {
      break;
    }
    // join takes `..` as text, which is right behind a real path only.
    end = path.isAbsolute(target) ? target : path.join(folderOf(end), target);
  }
  return path.join(folderOf(end), path.basename(end));
}

function folderOf(name: Bytes): Bytes {
  try {
    return realOf(path.dirname(name));
  } catch {
    return path.dirname(name);
  }
}
