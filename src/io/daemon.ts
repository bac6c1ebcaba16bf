/** The installed sshd and the running one: release, process, banner, start. */
import { spawn } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import path from 'node:path';
import { linkIfThere, readIfThere } from './base/ifthere.js';
import { runProgram } from './base/program.js';

type Env = Readonly<Record<string, string | undefined>>;

const folders = ['/usr/sbin', '/usr/local/sbin', '/sbin', '/usr/bin'];

/** The sshd of $PATH, or where systems put it; null: there is none. */
export function findSshd(env: Env): string | null {
  const all = [
    ...(env.PATH ?? '').split(path.delimiter).filter((folder) => path.isAbsolute(folder)),
    ...folders,
  ];
  const found = all.map((folder) => path.join(folder, 'sshd')).find(isExecutable);
  return found ?? null;
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** The release of an sshd, as `9.2`: it prints it with -V, and before 9.5 in its answer to an option that it does not know. */
export async function sshdRelease(sshd: string, env: Env): Promise<string | null> {
  const { stdout, stderr } = await runProgram(sshd, ['-V'], { env });
  return /OpenSSH_([0-9]+\.[0-9]+)/.exec(stdout + stderr)?.[1] ?? null;
}

/** The pid in the file; null: there is no such file, or no number in it. */
export function pidIn(file: string): number | null {
  const pid = Number.parseInt(readIfThere(file) ?? '', 10);
  return pid > 1 ? pid : null;
}

/** The title of a process, and the program it runs; empty where there is no /proc. Null: it has ended. */
export function processOf(pid: number): { readonly title: string; readonly program: string } | null {
  if (/\) [ZX] /.test(readIfThere(`/proc/${pid}/stat`) ?? '')) return null;
  const words = readIfThere(`/proc/${pid}/cmdline`) ?? '';
  return {
    title: words.replace(/\0+$/, '').replaceAll('\0', ' '),
    program: linkIfThere(`/proc/${pid}/exe`) ?? '',
  };
}

/** Starts a server that outlives this process. */
export function startAlone(program: string, args: readonly string[], env: Env): void {
  const child = spawn(program, [...args], { detached: true, stdio: 'ignore', cwd: '/', env: { ...env } });
  child.once('error', () => {});
  child.unref();
}
