/** Programs of the system, and commands of the shell, that run to their end. */
import { type ExecFileException, execFile, spawn } from 'node:child_process';
import { constants } from 'node:fs';
import { access } from 'node:fs/promises';

export interface ProgramOptions {
  /** Default: that of this process. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** The program is killed after so long. Default: 20,000 ms. */
  readonly limitMs?: number;
  /** Of stdout and of stderr each; a program that prints more is killed. Default: 16 MiB. */
  readonly maxBytes?: number;
  /** Default: latin1, bytes as characters. */
  readonly encoding?: 'latin1' | 'utf8';
}

export interface ProgramResult {
  /** Exit status; null: the program could not be run, or was killed. */
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
  /** Null after exit status 0. */
  readonly error: ExecFileException | null;
  /** What it printed to stderr; where that is nothing and there is no exit status, the system's message. */
  readonly complaint: string;
}

/** Runs a program with an empty stdin. A program that fails, is missing or is killed rejects nothing. */
export function runProgram(
  program: string,
  args: readonly string[],
  { env, limitMs = 20_000, maxBytes = 16 * 1_024 * 1_024, encoding = 'latin1' }: ProgramOptions = {},
): Promise<ProgramResult> {
  return new Promise((settle) => {
    const child = execFile(
      program,
      [...args],
      { env: env && { ...env }, timeout: limitMs, killSignal: 'SIGKILL', maxBuffer: maxBytes, encoding },
      (error, stdout, stderr) => {
        const code = error === null ? 0 : typeof error.code === 'number' ? error.code : null;
        const complaint = code === null && stderr === '' ? (error?.message ?? '') : stderr;
        settle({ code, stdout, stderr, error, complaint });
      },
    );
    child.stdin?.on('error', () => {});
    child.stdin?.end();
  });
}

/**
 * Runs a command as ssh runs that of `Match exec` (`execute_in_shell` in readconf.c): by $SHELL, else /bin/sh, with an empty
 * stdin and its output discarded. Its exit status; `signal` when it was killed, also by us after `limitMs` or at `stop`.
 * Null where the shell cannot be executed.
 */
export async function exitStatusOf(
  command: string,
  env: Readonly<Record<string, string | undefined>>,
  { limitMs = 60_000, stop }: { readonly limitMs?: number; readonly stop?: AbortSignal | undefined } = {},
): Promise<number | 'signal' | null> {
  const shell = env.SHELL ?? '/bin/sh';
  try {
    await access(shell, constants.X_OK);
  } catch {
    return null;
  }
  return new Promise((settle, reject) => {
    const child = spawn(shell, ['-c', command], {
      env,
      stdio: ['ignore', 'ignore', 'ignore'],
      timeout: limitMs,
      killSignal: 'SIGKILL',
      ...(stop === undefined ? {} : { signal: stop }),
    });
    child.once('error', (error) => (stop?.aborted ? settle('signal') : reject(error)));
    child.once('close', (status) => settle(status ?? 'signal'));
  });
}
