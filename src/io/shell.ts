import { spawn } from 'node:child_process';
import { constants } from 'node:fs';
import { access } from 'node:fs/promises';

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
