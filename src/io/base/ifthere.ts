/** Files, links and folders that may not be there or not be readable, as those of /proc, /sys and /etc. */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

/** The text of a file, by default byte by byte (latin1); null: it cannot be read. */
export function readIfThere(file: string, encoding: 'latin1' | 'utf8' = 'latin1'): string | null {
  return orNull(() => readFileSync(file, encoding));
}

/** Where a symbolic link leads; null: it cannot be read, or is none. */
export function linkIfThere(file: string): string | null {
  return orNull(() => readlinkSync(file));
}

/** The names in a folder; null: it cannot be read. */
export function namesIfThere(folder: string): string[] | null {
  return orNull(() => readdirSync(folder));
}

function orNull<T>(read: () => T): T | null {
  try {
    return read();
  } catch {
    return null;
  }
}
