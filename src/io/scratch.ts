/** A temporary folder for files that other users must not see. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

export interface Scratch {
  /** Absolute. */
  readonly folder: string;
  /** Writes a file readable by its owner alone; returns its absolute path. */
  write(name: string, text: string, encoding?: 'utf8' | 'latin1'): string;
  remove(): void;
}

/** Makes a folder under the system's temp folder, mode 0700. Throws the system's error. */
export function makeScratch(name: string): Scratch {
  const folder = mkdtempSync(path.join(tmpdir(), `${name}-`));
  return {
    folder,
    write(file, text, encoding = 'utf8') {
      const at = path.join(folder, file);
      writeFileSync(at, text, { mode: 0o600, encoding });
      return at;
    },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}
