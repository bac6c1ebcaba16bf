/** What Node has no call for: three calls of Linux's C library, through koffi, a package that may be absent. */

import { createRequire } from 'node:module';
import { platform } from 'node:os';
import { systemName } from '../../core/keepalive/systems.js';
import { codeOf } from '../../core/text/reason.js';

const require = createRequire(import.meta.url);

/** As in the C library: below 0, they were refused. */
export interface Calls {
  setsockopt(fd: number, level: number, name: number, value: Buffer, length: number): number;
  getsockopt(fd: number, level: number, name: number, value: Buffer, length: Buffer): number;
  fcntl(fd: number, command: number, type: 'int', value: number): number;
}

/** The part of koffi that is used. */
interface Koffi {
  load(library: null): { func(prototype: string): (...values: unknown[]) => number };
}

let found: Calls | string | null = null;

/** The calls; or why there are none, as a sentence goes on. */
export function calls(): Calls | string {
  found ??=
    platform() === 'linux'
      ? load()
      : `more than Node's own calls is not available on ${systemName(platform())}`;
  return found;
}

/** Takes some 6 ms, so only at the first use. */
function load(): Calls | string {
  try {
    const library = (require('koffi') as Koffi).load(null);
    return {
      setsockopt: library.func('int setsockopt(int, int, int, const void *, uint32_t)'),
      getsockopt: library.func('int getsockopt(int, int, int, void *, void *)'),
      fcntl: library.func('int fcntl(int, int, ...)'),
    };
  } catch (error) {
    const missing = codeOf(error) === 'MODULE_NOT_FOUND';
    if (missing) return 'the optional package koffi is not installed (npm install koffi)';
    const [line = ''] = String(error instanceof Error ? error.message : error).split('\n');
    return `the optional package koffi does not load (${line})`;
  }
}

/** F_SETPIPE_SZ (include/uapi/linux/fcntl.h), and what a user may ask for with the default fs.pipe-max-size. */
const setPipeSize = 1031;
const widestPipe = 1 << 20;

/**
 * Room for 1 MiB instead of 64 KiB in a pipe, so that its writer need not wait for each turn of its reader: twice the rate on a
 * busy machine. What is no pipe, or may not grow, stays as it is.
 */
export function widenPipe(fd: number): void {
  const through = calls();
  if (typeof through !== 'string') through.fcntl(fd, setPipeSize, 'int', widestPipe);
}
