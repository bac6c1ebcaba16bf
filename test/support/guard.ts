/** What must not outlive this process, even when it is killed: see watchdog.mjs. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

let watchdog: ChildProcess | undefined;

function tell(line: string): void {
  if (watchdog === undefined) {
    const script = fileURLToPath(new URL('./watchdog.mjs', import.meta.url));
    // Detached, so that a Ctrl-C for the tests does not end it before them; its stdin ends with us.
    watchdog = spawn(process.execPath, [script], { detached: true, stdio: ['pipe', 'ignore', 'ignore'] });
    watchdog.stdin?.on('error', () => {});
    watchdog.unref();
    const { stdin } = watchdog;
    if (stdin !== null && 'unref' in stdin && typeof stdin.unref === 'function') stdin.unref();
  }
  watchdog.stdin?.write(`${line}\n`);
}

/** `pid N`: that process and its descendants; `net ID`: all in that namespace; `dir PATH`: a folder. */
export type Guarded = `pid ${number}` | `net ${string}` | `dir ${string}`;

/** To be ended or removed when this process dies. */
export function guard(item: Guarded): void {
  tell(`+${item}`);
}

/** Ended in the ordinary way: forget it. */
export function release(item: Guarded): void {
  tell(`-${item}`);
}

/** A new folder under the system's temp folder, and its removal. Removed too when this process dies. */
export function scratch(name: string): { dir: string; remove: () => void } {
  const dir = mkdtempSync(path.join(tmpdir(), `holdfast-${name}-`));
  guard(`dir ${dir}`);
  return {
    dir,
    remove: () => {
      rmSync(dir, { recursive: true, force: true });
      release(`dir ${dir}`);
    },
  };
}
