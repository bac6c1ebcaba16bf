/** The process that took a lock or made a file: a name by which other processes see whether that process still runs. */
import { createHash } from 'node:crypto';
import { hostname } from 'node:os';
import { linkIfThere, readIfThere } from '../base/ifthere.js';

/** This process, and whether another of this machine runs. */
export interface OwnProcess {
  readonly pid: number;
  isRunning(pid: number): boolean;
}

/** `unknown`: it is of another machine or another process namespace, where numbers mean others. */
export type OwnerStatus = 'runs' | 'gone' | 'unknown';

/** `pid-start-boot-place`. Without /proc start and boot are 0, and a pid alone has to do. */
export function ownerName({ pid }: OwnProcess): string {
  return `${pid}-${startOf(pid) ?? 0}-${boot()}-${namespaceHash()}`;
}

export const ownerPattern = /^(\d+)-(\d+)-([0-9a-f]+)-([0-9a-f]+)$/;

/** Does the owner of that name still run? Null: no process has such a name. */
export function ownerStatus(name: string, own: OwnProcess): OwnerStatus | null {
  const [whole, pid = '', start = '', ownerBoot, ownerNamespace] = ownerPattern.exec(name) ?? [];
  if (whole === undefined) return null;
  if (ownerNamespace !== namespaceHash()) return 'unknown';
  if (ownerBoot !== boot() || !own.isRunning(Number(pid))) return 'gone';
  const startedAt = startOf(Number(pid));
  // Numbers come round again. A start that cannot be read decides nothing.
  if (startedAt === 'zombie') return 'gone';
  return startedAt !== null && start !== '0' && String(startedAt) !== start ? 'gone' : 'runs';
}

/** proc(5), stat: field 3 is the state, field 22 the start in ticks since boot. */
function startOf(pid: number): number | 'zombie' | null {
  const stat = readIfThere(`/proc/${pid}/stat`) ?? '';
  // The name in parentheses may hold anything: count from behind the last one.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  if (fields[0] === 'Z' || fields[0] === 'X') return 'zombie';
  const ticks = Number(fields[19]);
  return Number.isSafeInteger(ticks) ? ticks : null;
}

function boot(): string {
  const id = readIfThere('/proc/sys/kernel/random/boot_id');
  return id === null ? '0' : short(id);
}

/** Containers may share a folder and not their process numbers, and so may machines. */
function namespaceHash(): string {
  // Not Linux: one namespace for all.
  return short(`${hostname()} ${linkIfThere('/proc/self/ns/pid') ?? ''}`);
}

function short(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 8);
}
