/** Runs the user's own commands on news. */

import { type ChildProcess, spawn } from 'node:child_process';
import { Socket } from 'node:net';
import { messageOf } from '../core/text/reason.js';

/** A hook that takes longer is ended. */
const limitMs = 30_000;

/**
 * Runs `sh -c command` with the news in its environment, without NULs, which no environment can hold. Its end is not waited for.
 * Never throws.
 * @param onFailed called later and once, with the reason in one sentence
 */
export function runHook(
  command: string,
  env: Readonly<Record<string, string | undefined>>,
  onFailed: (reason: string) => void,
): void {
  let child: ChildProcess;
  try {
    child = spawn('sh', ['-c', command], {
      env: Object.fromEntries(
        Object.entries(env).map(([name, value]) => [name, value?.replaceAll('\0', '')]),
      ),
      stdio: ['ignore', 'ignore', 'pipe'],
      timeout: limitMs,
      killSignal: 'SIGKILL',
    });
  } catch (error) {
    // Such as E2BIG; the caller is not done with the notice yet.
    queueMicrotask(() => onFailed(notStarted(error)));
    return;
  }
  let started = true;
  child.once('error', (error) => {
    started = false;
    onFailed(notStarted(error));
  });
  child.unref();
  // What the command leaves running may hold this end open for ever.
  if (child.stderr instanceof Socket) child.stderr.unref();
  let said = '';
  // Without a descriptor left (EMFILE) there is no pipe, and the error is still to come.
  child.stderr?.on('data', (chunk: Buffer) => {
    said = (said + chunk.toString()).slice(-500);
  });
  child.once('close', (code, signal) => {
    if (code === 0 || !started) return;
    const how = signal ? `was ended after ${limitMs / 1000} s (${signal})` : `ended with exit code ${code}`;
    const last = said.trim().split('\n').at(-1);
    onFailed(last ? `${how}: ${last}` : how);
  });
}

function notStarted(error: unknown): string {
  return `cannot be started: ${messageOf(error)}`;
}
