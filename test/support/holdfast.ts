/** The built command as a child, with or without a terminal of its own. */
import type { SpawnOptions } from 'node:child_process';
import { chmodSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { Watched } from './client.js';
import { guard, release } from './guard.js';
import { program } from './parts.js';
import { type Finished, here } from './place.js';

export const bin = fileURLToPath(new URL('../../bin/holdfast.js', import.meta.url));

/** Without what the machine of the tests may have set: each test says itself what is there. */
export function plainEnv(more: NodeJS.ProcessEnv = {}): NodeJS.ProcessEnv {
  const env = { ...process.env };
  for (const name of [
    'DISPLAY',
    'WAYLAND_DISPLAY',
    'SSH_ASKPASS',
    'SSH_ASKPASS_REQUIRE',
    'SSH_AUTH_SOCK',
    'NOTIFY_SOCKET',
    'NO_COLOR',
    'FORCE_COLOR',
    'NODE_OPTIONS',
  ])
    delete env[name];
  // Of Node: what is compiled is kept nowhere.
  return { ...env, NODE_DISABLE_COMPILE_CACHE: '1', ...more };
}

/** Runs the command to its end, in a session of its own: no terminal. */
export function holdfast(...args: readonly string[]): Promise<Finished> {
  return here.exec(process.execPath, [bin, ...args], { env: plainEnv(), detached: true });
}

/** Starts the command, without a terminal. */
export function started(args: readonly string[], options: SpawnOptions = {}): Watched {
  return watched(process.execPath, [bin, ...args], { env: plainEnv(), detached: true, ...options });
}

/**
 * Runs a line of shell on a terminal of its own (a session with that terminal as its controlling one). What is written to
 * stdin is typed; what the terminal shows comes on stdout. Ending it closes the terminal.
 */
export function onTerminal(dir: string, line: string, env: NodeJS.ProcessEnv = {}): Watched {
  lines += 1;
  const script = path.join(dir, `line-${lines}.sh`);
  writeFileSync(script, `#!/bin/sh\n${line}\n`);
  chmodSync(script, 0o700);
  // -s: a code other than 0 is an error to socat, which would end before it has passed on the last words.
  return watched(program('socat'), ['-s', '-', `EXEC:${script},pty,setsid,ctty,stderr`], {
    env: plainEnv({ TERM: 'xterm', ...env }),
  });
}

let lines = 0;

export function watched(command: string, args: readonly string[], options: SpawnOptions): Watched {
  const child = here.spawn(command, args, { stdio: 'pipe', ...options });
  const { pid } = child;
  if (pid !== undefined) {
    guard(`pid ${pid}`);
    child.once('exit', () => release(`pid ${pid}`));
  }
  return new Watched(child);
}
