import { spawnSync } from 'node:child_process';
import { linkSync, readFileSync, renameSync, rmSync, statSync, unlinkSync, writeFileSync } from 'node:fs';
import { FailureError } from '../../edit/tunnelrequest.js';

/**
 * Makes `path` name this process for as long as it runs. The file appears at once with its whole content, and only if no
 * other holdfast has it; one left behind by a process that is gone is replaced. Returns what removes it again.
 * Throws a FailureError (usage) when it is taken or cannot be written.
 */
export function holdPidFile(path: string): () => void {
  const own = `${process.pid}\n`;
  const draft = `${path}.${process.pid}`;
  try {
    writeFileSync(draft, own, { mode: 0o644 });
    try {
      if (!created(draft, path)) whileLocked(draft, path, () => replace(draft, path));
    } finally {
      rmSync(draft, { force: true });
    }
  } catch (error) {
    if (error instanceof FailureError) throw error;
    throw refusal(`--pid-file ${path}: cannot be written: ${withoutCall(error)}`);
  }
  return () => {
    try {
      if (readFileSync(path, 'utf8') === own) unlinkSync(path);
    } catch {
      // Another process removed it before us.
    }
  };
}

/** link(2) is atomic and never replaces: false when the name is taken. */
function created(draft: string, path: string): boolean {
  try {
    linkSync(draft, path);
    return true;
  } catch (error) {
    if (isCode(error, 'EEXIST')) return false;
    throw error;
  }
}

/**
 * A file that is there may only be replaced by one at a time: a process that finds it stale must find it so again when writing. The
 * lock names its owner as the file does, so one left by a crash in these few calls delays no other.
 */
function whileLocked(draft: string, path: string, act: () => void): void {
  const lock = `${path}.lock`;
  const sleeper = new Int32Array(new SharedArrayBuffer(4));
  for (let waitedMs = 0; !created(draft, lock); waitedMs += lockPollMs) {
    const ownerPid = read(lock);
    if (ownerPid !== null && runningPidOf(ownerPid) === null) rmSync(lock, { force: true });
    else if (waitedMs >= lockTimeoutMs)
      throw refusal(
        `--pid-file ${path}: another process keeps ${lock}; remove it if no holdfast is starting`,
      );
    else Atomics.wait(sleeper, 0, 0, lockPollMs);
  }
  try {
    act();
  } finally {
    unlinkSync(lock);
  }
}

const lockPollMs = 10;
const lockTimeoutMs = 5_000;

/** Under the lock. rename(2) leaves no moment without a file, in which another process could create one. */
function replace(draft: string, path: string): void {
  const found = read(path);
  if (found === null) {
    if (created(draft, path)) return;
    return replace(draft, path);
  }
  if (found.content.trim() !== '' && pidOf(found) === null)
    throw refusal(
      `--pid-file ${path}: holds something else than a process id; name another file or remove it`,
    );
  const ownerPid = runningPidOf(found);
  if (ownerPid !== null)
    throw refusal(
      `--pid-file ${path}: process ${ownerPid} has it, and runs; stop it first (kill ${ownerPid}) or name another file`,
    );
  renameSync(draft, path);
}

interface Found {
  readonly content: string;
  readonly writtenAt: number;
}

function pidOf(found: Found): number | null {
  const digits = /^\s*(\d+)\s*$/.exec(found.content)?.[1];
  return digits === undefined ? null : Number(digits);
}

/** The process that wrote it, if that is a holdfast that runs. */
function runningPidOf(found: Found): number | null {
  const pid = pidOf(found);
  return pid !== null && holds(pid, found.writtenAt) ? pid : null;
}

function read(path: string): Found | null {
  try {
    return { content: readFileSync(path, 'utf8'), writtenAt: statSync(path).mtimeMs };
  } catch (error) {
    if (isCode(error, 'ENOENT')) return null;
    throw error;
  }
}

/** True when this process id is a holdfast that can have written a file at that time. */
function holds(pid: number, writtenAt: number): boolean {
  if (pid === process.pid || !alive(pid)) return false;
  const command = commandOf(pid);
  // Numbers come round again, most of all at boot: another holdfast may have got the number of the one that crashed.
  const startedAt = startOf(pid);
  if (startedAt !== null && startedAt > writtenAt + clockSlackMs) return false;
  return command === null || command.includes('holdfast');
}

/** Start times are counted in ticks from the boot, whose own time is known to the second. */
const clockSlackMs = 2_000;

function alive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return isCode(error, 'EPERM');
  }
}

/** The command line of a process; null when it cannot be known. */
function commandOf(pid: number): string | null {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
  } catch {
    const ps = spawnSync('ps', ['-o', 'command=', '-p', String(pid)], { encoding: 'utf8' });
    return ps.status === 0 ? ps.stdout : null;
  }
}

/** When a process started, as wall-clock ms (proc(5): field 22 of stat, in ticks of 1/100 s); null when unknown. */
function startOf(pid: number): number | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The name in parentheses may hold anything: count from behind the last one.
    const ticks = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]);
    const boot = Number(/^btime (\d+)$/m.exec(readFileSync('/proc/stat', 'utf8'))?.[1]);
    const startedAt = boot * 1_000 + ticks * 10;
    return Number.isFinite(startedAt) ? startedAt : null;
  } catch {
    return null;
  }
}

/** The message without the call and the draft's path: `, open '/run/x.pid.123'`. */
function withoutCall(error: unknown): string {
  return error instanceof Error ? error.message.replace(/, \w+ '[^']*'.*$/s, '') : String(error);
}

function refusal(message: string): FailureError {
  return new FailureError({ kind: 'usage', message });
}

function isCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}
