/**
 * A lock that outlives no process and is never held by two. Locks are numbered: a process that finds the highest one free,
 * or its owner gone, makes the next number with link(2), which only one process can. No process removes the highest, so a
 * slow one that makes a number of the past sees a higher one and gives way. To remove a stale lock by its name has no such
 * answer: between the look and the removal another process may have taken the lock.
 */

import { randomBytes } from 'node:crypto';
import {
  constants,
  copyFileSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { codeOf } from '../../core/text/reason.js';
import { type OwnProcess, ownerName, ownerPattern, ownerStatus } from './lockowner.js';
import { WriteRefusedError } from './writerefusal.js';

export interface LockWait {
  readonly process: OwnProcess;
  pause(ms: number): Promise<void>;
}

/** An edit holds it for some tens of ms. */
const lockTimeoutMs = 5_000;
const pauseMs = 10;
/** An owner on another machine, where its process cannot be looked up, is given up after this. */
const staleAfterMs = 60_000;
/** Numbers that stay behind the highest: a listing made in one piece never lacks the highest. */
const keptLocks = 4;
/** More attempts than writers there can be: never endless. */
const mostAttempts = 10_000;

/**
 * Takes the lock of a folder, which is made (0700) when it is not there. Resolves with what gives it back; throws a
 * WriteRefusedError (`busy`) when another process keeps the lock for 5 s.
 * @param what begins the sentence: the file that is locked
 */
export async function takeLock(folder: string, what: string, wait: LockWait): Promise<() => void> {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const own = ownerName(wait.process);
  let waitedMs = 0;
  for (let attempt = 0; attempt < mostAttempts; attempt += 1) {
    const top = highest(folder);
    const owner = top === 0 ? free : contentOf(folder, top);
    // Removed meanwhile: it was not the highest any more.
    if (owner === null) continue;
    if (mayFollow(folder, top, owner, wait.process)) {
      if (takeNumber(folder, top + 1, own)) {
        sweep(folder, top + 1, wait.process);
        return () => replaceBy(folder, top + 1, free, own);
      }
      continue;
    }
    if (waitedMs >= lockTimeoutMs) {
      const pid = ownerPattern.exec(owner)?.[1];
      throw new WriteRefusedError(
        'busy',
        `${what} is being changed by another holdfast${pid === undefined ? '' : ` (process ${pid})`}; try again`,
      );
    }
    await wait.pause(pauseMs);
    waitedMs += pauseMs;
  }
  throw new WriteRefusedError('busy', `${what} is being changed by many at once; try again`);
}

const free = 'free';
const fileOf = (folder: string, number: number) => path.join(folder, `lock-${number}`);

/** 0: there is none. */
function highest(folder: string): number {
  return Math.max(0, ...numbers(folder));
}

function numbers(folder: string): readonly number[] {
  return readdirSync(folder).flatMap((name) => {
    const digits = /^lock-([1-9]\d*)$/.exec(name)?.[1];
    return digits === undefined ? [] : [Number(digits)];
  });
}

function contentOf(folder: string, number: number): string | null {
  try {
    return readFileSync(fileOf(folder, number), 'latin1').trim();
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return null;
    throw error;
  }
}

function mayFollow(folder: string, number: number, owner: string, own: OwnProcess): boolean {
  if (owner === free) return true;
  const status = ownerStatus(owner, own);
  return status === 'gone' || (status !== 'runs' && ageMs(folder, number) > staleAfterMs);
}

/** By the clock of the file system, which need not be ours. */
function ageMs(folder: string, number: number): number {
  const probe = path.join(folder, `now-${randomBytes(8).toString('hex')}`);
  try {
    writeFileSync(probe, '', { flag: 'wx', mode: 0o600 });
    return statSync(probe).mtimeMs - statSync(fileOf(folder, number)).mtimeMs;
  } catch {
    return 0;
  } finally {
    rmSync(probe, { force: true });
  }
}

/** Takes a number. False: another process has it, or a higher one. */
function takeNumber(folder: string, number: number, own: string): boolean {
  const file = fileOf(folder, number);
  if (!withDraft(folder, own, own, (draft) => linkDraft(draft, file))) return false;
  if (highest(folder) === number) return true;
  rmSync(file, { force: true });
  return false;
}

function replaceBy(folder: string, number: number, content: string, own: string): void {
  withDraft(folder, content, own, (draft) => {
    renameSync(draft, fileOf(folder, number));
    return true;
  });
}

/** The file is whole before it gets its name. */
function withDraft(folder: string, content: string, own: string, act: (draft: string) => boolean): boolean {
  const draft = path.join(folder, `draft-${randomBytes(8).toString('hex')}.${own}`);
  try {
    writeFileSync(draft, `${content}\n`, { flag: 'wx', mode: 0o600 });
    return act(draft);
  } finally {
    rmSync(draft, { force: true });
  }
}

/** False when the name is taken. */
function linkDraft(draft: string, file: string): boolean {
  try {
    linkSync(draft, file);
    return true;
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false;
    // File systems without hard links.
    if (!['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EACCES'].includes(codeOf(error))) throw error;
  }
  try {
    copyFileSync(draft, file, constants.COPYFILE_EXCL);
    return true;
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false;
    throw error;
  }
}

/** Removes numbers of the past and drafts of processes that are gone. */
function sweep(folder: string, own: number, self: OwnProcess): void {
  for (const name of readdirSync(folder)) {
    const number = Number(/^lock-([1-9]\d*)$/.exec(name)?.[1] ?? Number.POSITIVE_INFINITY);
    const owner = /^draft-[0-9a-f]+\.(.+)$/.exec(name)?.[1];
    if (number <= own - keptLocks || (owner !== undefined && ownerStatus(owner, self) === 'gone')) {
      rmSync(path.join(folder, name), { force: true });
    }
  }
}
