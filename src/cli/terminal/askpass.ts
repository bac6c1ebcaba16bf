import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';

/** Where the parts of ssh look for a program when SSH_ASKPASS names none (Debian's build, then OpenSSH's default). */
const usual = ['/usr/bin/ssh-askpass', '/usr/X11R6/bin/ssh-askpass'];

/**
 * The program that asks in a window, and whether it goes before the terminal, by the rule of OpenSSH's
 * `read_passphrase` (readpass.c): it needs DISPLAY or WAYLAND_DISPLAY, and is used without a terminal;
 * SSH_ASKPASS_REQUIRE `prefer` puts it first, `force` needs no display, `never` turns it off.
 */
export function askpassOf(
  env: Readonly<Record<string, string | undefined>>,
): { readonly program: string; readonly first: boolean } | null {
  const display = Boolean(env.DISPLAY) || Boolean(env.WAYLAND_DISPLAY);
  const require = env.SSH_ASKPASS_REQUIRE?.toLowerCase();
  const allowed = require === 'force' || (display && require !== 'never');
  if (!allowed) return null;
  const program = env.SSH_ASKPASS ?? usual.find((path) => existsSync(path));
  return program ? { program, first: require === 'force' || require === 'prefer' } : null;
}

/**
 * Runs the program with the question as its argument; its first line of output is the answer, and any exit but 0 means
 * that nobody answers. The program is ended when `signal` is aborted.
 */
export function runAskpass(program: string, question: string, signal: AbortSignal): Promise<string | null> {
  return new Promise((resolve) => {
    execFile(program, [question], { signal, encoding: 'utf8' }, (error, output) => {
      resolve(error ? null : (output.split(/\r?\n/, 1)[0] ?? ''));
    });
  });
}
