// Ends what a test process leaves behind when it dies before its afterAll: told by lines on stdin what
// to guard, it acts when stdin ends. Run by guard.ts; plain JavaScript because Node 20 runs no other.
import { readdirSync, readFileSync, readlinkSync, rmSync } from 'node:fs';
import { createInterface } from 'node:readline';

const guarded = new Set();

for await (const line of createInterface({ input: process.stdin })) {
  if (line.startsWith('+')) guarded.add(line.slice(1));
  if (line.startsWith('-')) guarded.delete(line.slice(1));
}

const of = (kind) =>
  [...guarded].filter((item) => item.startsWith(`${kind} `)).map((item) => item.slice(kind.length + 1));
const networks = new Set(of('net'));
const doomed = new Set(of('pid').map(Number));
// Twice: a process may start another one while the first round runs.
for (let round = 0; round < 2; round += 1) {
  const parents = new Map();
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    try {
      const stat = readFileSync(`/proc/${name}/stat`, 'utf8');
      parents.set(Number(name), Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]));
      if (networks.has(readlinkSync(`/proc/${name}/ns/net`))) doomed.add(Number(name));
    } catch {
      // It ended while we looked, or it is not ours.
    }
  }
  for (let size = -1; size !== doomed.size; ) {
    size = doomed.size;
    for (const [pid, parent] of parents) if (doomed.has(parent)) doomed.add(pid);
  }
  for (const pid of doomed) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      // Gone.
    }
  }
}
for (const folder of of('dir')) rmSync(folder, { recursive: true, force: true });
