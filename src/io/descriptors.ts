/** How many file descriptors are left to this process, on Linux: the connection to the server comes before its clients. */
import { closeSync, openSync } from 'node:fs';
import { readIfThere } from './base/ifthere.js';

/** Kept for the server: sockets, key files, known hosts, an agent, a look-up of names, a ProxyCommand. */
const keptMax = 16;

let limit: number | null | undefined;

/** RLIMIT_NOFILE, the one in force; null where it cannot be read, or is unlimited. */
export function descriptorLimit(): number | null {
  if (limit === undefined) limit = readLimit();
  return limit;
}

/** How many descriptors are kept for the connection to the server: 16, or a quarter of a lower limit. */
export function keptDescriptors(): number {
  return Math.min(keptMax, Math.floor((descriptorLimit() ?? 0) / 4));
}

function readLimit(): number | null {
  const line = /^Max open files +(\d+) /m.exec(readIfThere('/proc/self/limits') ?? '');
  return line === null ? null : Number(line[1]);
}

/**
 * No client may have one more: only those kept for the server are left. The system gives the lowest number that is free.
 * @param ahead how many are about to be taken for others
 */
export function fewDescriptors(ahead = 0): boolean {
  const most = descriptorLimit();
  if (most === null) return false;
  try {
    const lowest = openSync('/dev/null', 'r');
    closeSync(lowest);
    return lowest + ahead >= most - keptDescriptors();
  } catch {
    return true;
  }
}
