/** Writers of files as processes of their own: see writer.mjs. */
import { execFileSync } from 'node:child_process';
import { chmodSync, copyFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { guard, release } from './guard.js';
import { here } from './place.js';

const project = fileURLToPath(new URL('../../', import.meta.url));

/** Compiles the sources into a folder that everybody may read: a child of another user cannot load TypeScript. */
export function compiledInto(dir: string): string {
  const compiled = path.join(dir, 'compiled');
  const tsc = path.join(project, 'node_modules/typescript/bin/tsc');
  const args = [tsc, '-p', path.join(project, 'tsconfig.build.json'), '--outDir', compiled, '--noCheck'];
  execFileSync(process.execPath, args, { stdio: 'pipe' });
  writeFileSync(path.join(compiled, 'package.json'), '{ "type": "module" }\n');
  // The project itself may lie where another user may not read.
  copyFileSync(fileURLToPath(new URL('./writer.mjs', import.meta.url)), path.join(compiled, 'writer.mjs'));
  chmodSync(dir, 0o755);
  return compiled;
}

export type WriterAnswer =
  | { readonly ready: true }
  | { readonly wrote: number }
  | { readonly ok: true; readonly manner?: 'rename' | 'in place' | null }
  | { readonly ok: false; readonly reason: string; readonly message: string };

export interface Writer {
  readonly answers: readonly WriterAnswer[];
  tell(task: object): void;
  /** The next answer that nobody has taken. Rejects when the process ended before. */
  next(): Promise<WriterAnswer>;
  /** SIGKILL; resolves when it is gone. */
  kill(): Promise<void>;
}

/** Starts one. `prefix` is a command that runs it as somebody else or elsewhere. */
export function startWriter(compiled: string, prefix: readonly string[] = []): Writer {
  const [command = '', ...args] = [...prefix, process.execPath, path.join(compiled, 'writer.mjs'), compiled];
  const child = here.spawn(command, args, { stdio: ['pipe', 'pipe', 'inherit'], cwd: '/' });
  const item = `pid ${child.pid ?? 0}` as const;
  guard(item);
  const answers: WriterAnswer[] = [];
  const waiting: { resolve: (answer: WriterAnswer) => void; reject: (error: Error) => void }[] = [];
  let taken = 0;
  let ended = false;
  const gone = new Promise<void>((resolve) => {
    child.once('close', () => {
      ended = true;
      release(item);
      for (const { reject } of waiting.splice(0)) reject(new Error('the writer ended'));
      resolve();
    });
  });
  child.stdin?.on('error', () => {});
  if (child.stdout) {
    createInterface(child.stdout).on('line', (line) => {
      let answer: WriterAnswer;
      try {
        answer = JSON.parse(line) as WriterAnswer;
      } catch {
        // Half a line of one that was killed.
        return;
      }
      answers.push(answer);
      const first = waiting.shift();
      if (!first) return;
      taken += 1;
      first.resolve(answer);
    });
  }
  return {
    answers,
    tell: (task) => void child.stdin?.write(`${JSON.stringify(task)}\n`),
    next: () =>
      new Promise((resolve, reject) => {
        const answer = answers[taken];
        if (answer) {
          taken += 1;
          resolve(answer);
        } else if (ended) reject(new Error('the writer ended'));
        else waiting.push({ resolve, reject });
      }),
    async kill() {
      child.kill('SIGKILL');
      await gone;
    },
  };
}
