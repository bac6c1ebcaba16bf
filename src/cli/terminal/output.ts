import { write } from 'node:fs';
import { isatty } from 'node:tty';
import { escapeControls, wrapText } from './columns.js';

/** Texts that wait to be written; beyond it new text is dropped, so that a reader that does not read costs no memory. */
const maxWaiting = 1_000;

/**
 * Standard output or error, written without ever stopping this process: a terminal held with Ctrl-S or a pipe without
 * a reader would block the whole tunnel in `process.stderr.write`, so the waiting is left to a thread, one write at a time.
 * A closed end (EPIPE, EIO) is forgotten: it never ends a tunnel.
 */
export class Output {
  readonly #fd: number;
  readonly #waiting: string[] = [];
  #writing = false;
  /** Why nothing can be written any more; null: writing works. */
  #fault: NodeJS.ErrnoException | null = null;
  #onClosed: (() => void)[] = [];
  #idle: (() => void)[] = [];

  constructor(fd: number) {
    this.#fd = fd;
  }

  readonly write = (text: string): void => {
    if (this.#fault !== null || this.#waiting.length >= maxWaiting) return;
    this.#waiting.push(text);
    if (!this.#writing) this.#next();
  };

  /** Resolves when everything so far is written, or cannot be. */
  flushed(): Promise<void> {
    if (!this.#writing) return Promise.resolve();
    return new Promise((resolve) => {
      this.#idle.push(resolve);
    });
  }

  /** Why output was lost, as on a full disk; null: none was, or the reader closed its end. */
  get loss(): string | null {
    const { code, message = '' } = this.#fault ?? {};
    return this.#fault === null || code === 'EPIPE' ? null : message;
  }

  /** Calls `react` once the reader is gone; that shows with the next text. */
  onClosed(react: () => void): void {
    if (this.#fault === null) this.#onClosed.push(react);
    else react();
  }

  #close(fault: NodeJS.ErrnoException): void {
    this.#fault ??= fault;
    this.#waiting.length = 0;
    for (const react of this.#onClosed.splice(0)) react();
  }

  #next(): void {
    const text = this.#waiting.splice(0).join('');
    if (text === '') {
      this.#writing = false;
      for (const resolve of this.#idle.splice(0)) resolve();
      return;
    }
    this.#writing = true;
    this.#write(Buffer.from(text));
  }

  #write(bytes: Buffer): void {
    write(this.#fd, bytes, (error, written) => {
      if (error?.code === 'EAGAIN') {
        // Another process made this end non-blocking; Node's stream waits for it.
        this.#stream(bytes);
        return;
      }
      if (error) {
        this.#close(error);
      } else if (written < bytes.length) {
        this.#write(bytes.subarray(written));
        return;
      }
      this.#next();
    });
  }

  #stream(bytes: Buffer): void {
    const stream = this.#fd === 1 ? process.stdout : process.stderr;
    if (stream.listenerCount('error') === 0) {
      stream.on('error', (error) => this.#close(error));
    }
    stream.write(bytes, () => {
      this.#next();
    });
  }
}

export const stdout = new Output(1);
export const stderr = new Output(2);

/**
 * A message as `holdfast: ...` on stderr: whole for programs, broken between words on a terminal. What stands behind a line
 * break, as a command to type, stays whole.
 */
export function complain(text: string): void {
  stderr.write(messageText(text));
}

/** A message as `complain` writes it. */
export function messageText(text: string): string {
  const [first = '', ...others] = escapeControls(text).split('\n');
  const line = isatty(2) ? wrapText('holdfast: ', first) : `holdfast: ${first}`;
  return `${[line, ...others].join('\n')}\n`;
}

/** An answer as one line of JSON on stdout. */
export function printJson(value: unknown): void {
  stdout.write(`${JSON.stringify(value)}\n`);
}

/** An answer on stdout, for programs or for people. @returns the exit code 0 */
export function printResult(json: boolean, value: unknown, text: () => string): number {
  if (json) printJson(value);
  else stdout.write(text());
  return 0;
}

/**
 * A change for programs, or for people: of a dry run the diff on stdout, and what it comes to on stderr.
 * @param diff unified; of all files
 */
export function printChange(
  { json, dryRun }: { readonly json: boolean; readonly dryRun: boolean },
  value: unknown,
  diff: string,
  text: () => string,
): void {
  if (json) return printJson(value);
  if (dryRun) stdout.write(escapeControls(diff));
  stderr.write(text());
}
