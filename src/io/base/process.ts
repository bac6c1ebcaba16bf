/** What this process is: its user and its working directory, also where the system has no name for them. */
import { type UserInfo, userInfo } from 'node:os';
import { resolve } from 'node:path';
import * as own from 'node:process';

export interface OwnUser {
  /** The effective one, as ssh takes; -1 where users have no numbers. */
  readonly uid: number;
  /** Of the passwd entry; '' for a uid that has none, as containers run under. */
  readonly name: string;
  /** Of the passwd entry, which is where ssh looks; without one $HOME, else a folder that is not there. */
  readonly home: string;
}

export function ownUser(): OwnUser {
  const entry = passwdEntry();
  const home = entry?.homedir || own.env.HOME || '/nonexistent';
  return { uid: entry?.uid ?? own.geteuid?.() ?? -1, name: entry?.username ?? '', home };
}

function passwdEntry(): UserInfo<string> | null {
  try {
    return userInfo();
  } catch {
    return null;
  }
}

/** Of one that was deleted: a path under which nothing is found, and nothing of another folder. */
export function workingDirectory(): string {
  try {
    return resolve('.');
  } catch {
    return '/proc/self/cwd';
  }
}
