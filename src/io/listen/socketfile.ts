/** The file of a unix socket that is to listen: finding its listener, and taking over what a killed process left. */

import { randomBytes } from 'node:crypto';
import { type BigIntStats, lstatSync, renameSync } from 'node:fs';
import { link, lstat, unlink } from 'node:fs/promises';
import net from 'node:net';
import path from 'node:path';
import { codeOf } from '../../core/text/reason.js';

/**
 * Why a path cannot be had: a program listens there; it is another kind of file; a socket that we may not connect to, so that
 * nothing is known of it; or one that we may not remove, as another user's in /tmp.
 */
export type Obstacle = 'listener' | 'file' | 'unknown' | 'foreign';

/** Longer than it takes to make room: a process that has held the right to for so long was killed while doing so. */
const claimMaxMs = 10_000;

/**
 * Makes room for a new socket. A socket on which no program listens is removed, and with `replace` (StreamLocalBindUnlink) one
 * on which one listens; never another kind of file, where ssh with that option would. Several processes may do this at
 * once: the one that removes a dead socket first gives it a second name, which says what file it is, and which only one of them can
 * make. So the socket that the first one binds is never taken for the dead one.
 * @returns null: the path is free, or was a moment ago
 */
export async function makeRoom(file: string, replace: boolean): Promise<Obstacle | null> {
  try {
    const before = await lstat(file, { bigint: true });
    if (!before.isSocket()) return 'file';
    if (replace) {
      await unlink(file);
      return null;
    }
    const state = await stateOf(file);
    if (state !== 'dead') return state;
    await removeDead(file, before);
  } catch (error) {
    // The sticky bit of the folder, or fs.protected_hardlinks.
    if (codeOf(error) === 'EPERM') return 'foreign';
    // Another process made room.
    if (codeOf(error) !== 'ENOENT') throw error;
  }
  return null;
}

async function removeDead(file: string, dead: BigIntStats): Promise<void> {
  const claim = path.join(path.dirname(file), `.${dead.ino}-${dead.mtimeNs}`);
  try {
    await link(file, claim);
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') throw error;
    const claimed = await lstat(claim);
    if (Date.now() - claimed.ctimeMs > claimMaxMs) await unlink(claim);
    return;
  }
  try {
    const same = identity(await lstat(claim, { bigint: true })) === identity(dead);
    // The connection may have come between its bind and its listen.
    if (same && (await stateOf(file)) === 'dead') await unlink(file);
  } finally {
    await unlink(claim);
  }
}

/** Where no program listens, the kernel refuses. A socket of another type, or a full queue, has a listener. */
function stateOf(file: string): Promise<'dead' | 'listener' | 'unknown'> {
  return new Promise((resolve) => {
    const socket = net.connect(file);
    socket.once('connect', () => {
      socket.destroy();
      resolve('listener');
    });
    socket.once('error', (error) => {
      const code = codeOf(error);
      resolve(code === 'ECONNREFUSED' ? 'dead' : code === 'EACCES' ? 'unknown' : 'listener');
    });
  });
}

/** An inode's number is given to the next file; the time of the last write is its own. */
function identity({ dev, ino, mtimeNs }: BigIntStats): string {
  return `${dev}:${ino}:${mtimeNs}`;
}

/** The file that a server has just made. While it listens, no other file is given its inode's number. */
export function socketFile(file: string): { readonly keepOthers: (close: () => void) => void } {
  const own = inodeOf(file);
  return {
    /** Node removes the path of a server that closes, even where another program listens by now: that one's file is kept. */
    keepOthers(close) {
      const there = inodeOf(file);
      if (there === null || there === own) return close();
      const aside = path.join(path.dirname(file), `.${randomBytes(6).toString('hex')}`);
      // What we may not move, in a folder of others with the sticky bit, we may not remove either.
      if (!moves(file, aside)) return close();
      try {
        close();
      } finally {
        moves(aside, file);
      }
    },
  };
}

function moves(from: string, to: string): boolean {
  try {
    renameSync(from, to);
    return true;
  } catch {
    return false;
  }
}

function inodeOf(file: string): string | null {
  const stats = lstatSync(file, { bigint: true, throwIfNoEntry: false });
  return stats === undefined ? null : `${stats.dev}:${stats.ino}`;
}
