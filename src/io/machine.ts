/** This machine and this process: what a request may need to know of them. */

import { createHash } from 'node:crypto';
import { hostname } from 'node:os';
import { env, kill, pid } from 'node:process';
import { codeOf } from '../core/text/reason.js';
import { ownUser, workingDirectory } from './base/process.js';

export interface Machine {
  readonly name: string;
  /** -1 where users have no numbers. */
  readonly uid: number;
  /** The working directory. */
  readonly directory: string;
}

export function machine(): Machine {
  return { name: hostname(), uid: ownUser().uid, directory: workingDirectory() };
}

/** The SHA-1 digest in hexadecimal of text whose characters are bytes, as the token %C of ssh_config has it. */
export function sha1(bytes: string): string {
  return createHash('sha1').update(bytes, 'latin1').digest('hex');
}

/** Where a request is read: the environment, the user, and the home of the passwd entry, which is where ssh looks. */
export interface UserEnvironment {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly home: string;
  /** '' where the user has no name. */
  readonly user: string;
}

export function userEnvironment(): UserEnvironment {
  const { home, name: user } = ownUser();
  return { env, home, user };
}

/** Signals a process and all that it started in its group. Processes that are gone are no error. */
export function signalGroup(leader: number, signal: NodeJS.Signals): void {
  try {
    kill(-leader, signal);
  } catch {
    // The group is empty.
  }
}

/** This process by its number, and whether another one of this machine runs. */
export const ownProcess = {
  pid,

  /** SIGHUP to another process. False: there is no such process, or it belongs to another user. */
  hangUp(other: number): boolean {
    try {
      kill(other, 'SIGHUP');
      return true;
    } catch {
      return false;
    }
  },

  isRunning(other: number): boolean {
    try {
      kill(other, 0);
      return true;
    } catch (error) {
      // It runs, and belongs to another user.
      return codeOf(error) === 'EPERM';
    }
  },
};
