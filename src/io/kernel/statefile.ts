/** A small file of our own for what must be known later, by root alone. */

import { randomUUID } from 'node:crypto';
import { chmodSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { FailureError, failure } from '../../core/failure.js';
import { codeOf, messageOf } from '../../core/text/reason.js';

/**
 * What is not there is empty. `denied`: it is, or may be, and this user may not look. Throws a FailureError (config) that
 * names the file where it is none that can be read.
 */
export function readState(folder: string, name: string): { readonly text: string } | 'denied' {
  const file = path.join(folder, name);
  try {
    return { text: readFileSync(file, 'utf8') };
  } catch (error) {
    const code = codeOf(error);
    if (code === 'ENOENT') return { text: '' };
    if (code === 'EACCES' || code === 'EPERM') return 'denied';
    const message = `${file} cannot be read (${messageOf(error)})`;
    throw new FailureError({ ...failure('config', message, error), file });
  }
}

/** Whole or not at all. Throws a FailureError (config) that names the file. */
export function writeState(folder: string, name: string, text: string): void {
  const file = path.join(folder, name);
  const draft = `${file}.${randomUUID()}`;
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    writeFileSync(draft, text, { mode: 0o600 });
    renameSync(draft, file);
  } catch (error) {
    rmSync(draft, { force: true });
    const message = `${file} cannot be written (${messageOf(error)})`;
    throw new FailureError({ ...failure('config', message, error), file });
  }
}

/** Mode 0644. */
export function mayAllRead(file: string): void {
  chmodSync(file, 0o644);
}
