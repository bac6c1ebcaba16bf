/** Processes by pid: who descends from whom, who is alive, and ending them for good. */

import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { until } from './until.js';

interface Entry {
  pid: number;
  parent: number;
  state: string;
}

function entry(pid: number): Entry | undefined {
  try {
    // The name in parentheses may hold anything, so the fields are counted from its last parenthesis.
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const [state = '', parent = ''] = text.slice(text.lastIndexOf(')') + 2).split(' ');
    return { pid, parent: Number(parent), state };
  } catch {
    return undefined;
  }
}

function all(): Entry[] {
  if (process.platform === 'linux') {
    return readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .flatMap((name) => entry(Number(name)) ?? []);
  }
  const listed = spawnSync('ps', ['-A', '-o', 'pid=,ppid=,stat='], { encoding: 'utf8' }).stdout;
  return listed
    .trim()
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .map(([pid, parent, state = '']) => ({ pid: Number(pid), parent: Number(parent), state }));
}

/** The living of these pids and everything that descends from them. A zombie is dead. */
export function family(roots: Iterable<number>): number[] {
  const members = new Set(roots);
  const entries = all();
  for (let grown = -1; grown !== members.size; ) {
    grown = members.size;
    for (const { pid, parent } of entries) if (members.has(parent)) members.add(pid);
  }
  return entries.filter(({ pid, state }) => members.has(pid) && !state.startsWith('Z')).map(({ pid }) => pid);
}

/** The processes in a network namespace, by its id as /proc shows it: `net:[4026531840]`. */
export function inNetwork(id: string): number[] {
  return all().flatMap(({ pid, state }) => {
    try {
      return !state.startsWith('Z') && readlinkSync(`/proc/${pid}/ns/net`) === id ? [pid] : [];
    } catch {
      return [];
    }
  });
}

/** Sends a signal to each; one that is gone already is no error. */
export function signal(pids: Iterable<number>, name: NodeJS.Signals): void {
  for (const pid of pids) {
    try {
      process.kill(pid, name);
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error;
    }
  }
}

export function alive(pid: number): boolean {
  const one = process.platform === 'linux' ? entry(pid) : all().find((other) => other.pid === pid);
  return one !== undefined && !one.state.startsWith('Z');
}

/** Kills these processes, frozen ones too, and waits until they are gone. */
export async function end(pids: readonly number[]): Promise<void> {
  signal(pids, 'SIGKILL');
  await until(`the end of ${pids.join(', ')}`, () => !pids.some(alive), { everyMs: 5 });
}
