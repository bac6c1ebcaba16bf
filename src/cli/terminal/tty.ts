import { closeSync, openSync } from 'node:fs';
import { StringDecoder } from 'node:string_decoder';
import { ReadStream, WriteStream } from 'node:tty';
import { stderr, stdout } from './output.js';

const path = '/dev/tty';

/** True when this process has a terminal of its own that can be opened. */
export function hasTerminal(): boolean {
  try {
    closeSync(openSync(path, 'r+'));
    return true;
  } catch {
    return false;
  }
}

/** The terminal behind this process, whatever stdin and stderr are. One question at a time. */
export class Terminal {
  #open: Prompt | null = null;

  /**
   * Shows `prompt` and reads a line. null: declined (Ctrl-C), withdrawn by `signal`, or the terminal is gone.
   * The terminal is as it was before, whatever the end.
   */
  async line(prompt: string, echo: boolean, signal: AbortSignal): Promise<string | null> {
    if (signal.aborted || this.#open) return null;
    try {
      this.#open = new Prompt(prompt, echo);
    } catch {
      return null;
    }
    try {
      return await this.#open.answer(signal);
    } finally {
      this.#open = null;
    }
  }

  /** Writes whole lines above an open question. False when no question is open: then the caller writes as usual. */
  above(text: string): boolean {
    return this.#open?.above(text) ?? false;
  }
}

/**
 * Asks a yes-or-no question on the terminal, below all that was printed before.
 * @returns null: there was no answer (Ctrl-C, `signal`, or no terminal)
 */
export async function confirm(
  question: string,
  signal: AbortSignal = new AbortController().signal,
): Promise<boolean | null> {
  await stdout.flushed();
  await stderr.flushed();
  const answer = await new Terminal().line(question, true, signal);
  return answer === null ? null : /^y(?:es)?$/i.test(answer.trim());
}

/** One question on the terminal. Raw mode: no echo by the driver, and Ctrl-C is a character. */
class Prompt {
  readonly #input: ReadStream;
  readonly #output: WriteStream;
  readonly #lastLine: string;
  readonly #echo: boolean;
  #typing: Typing = nothing;

  constructor(prompt: string, echo: boolean) {
    this.#output = new WriteStream(openSync(path, 'w'));
    this.#output.on('error', ignore);
    this.#input = new ReadStream(openSync(path, 'r'));
    this.#input.setRawMode(true);
    this.#echo = echo;
    this.#lastLine = prompt.slice(prompt.lastIndexOf('\n') + 1);
    // Node's raw mode leaves output as it is: a line end still begins a new line.
    this.#write(`\r${prompt}`);
  }

  answer(signal: AbortSignal): Promise<string | null> {
    const decoder = new StringDecoder('utf8');
    return new Promise((resolve) => {
      const end = (text: string | null): void => {
        signal.removeEventListener('abort', abort);
        process.off('exit', restore);
        restore();
        resolve(text);
      };
      const abort = (): void => end(null);
      const restore = (): void => this.#close();
      signal.addEventListener('abort', abort, { once: true });
      process.on('exit', restore);
      this.#input.on('error', abort);
      this.#input.on('end', abort);
      this.#input.on('data', (bytes: Buffer) => {
        for (const character of decoder.write(bytes)) {
          const now = typed(this.#typing, character);
          if (now.type !== 'typing') {
            end(now.type === 'entered' ? now.text : null);
            return;
          }
          this.#show(now.typing);
        }
      });
    });
  }

  above(text: string): boolean {
    // A line that wraps cannot be taken back without knowing the width; then it stays as it is.
    const fits = this.#shown().length < (this.#output.columns || 80);
    this.#write(`${fits ? '\r\u001b[K' : '\n'}${text}${this.#shown()}`);
    return true;
  }

  #show(typing: Typing): void {
    const before = this.#typing.text;
    this.#typing = typing;
    if (!this.#echo || typing.text === before) return;
    if (typing.text.startsWith(before)) this.#write(typing.text.slice(before.length));
    else this.#write(`\r\u001b[K${this.#shown()}`);
  }

  #shown(): string {
    return this.#lastLine + (this.#echo ? this.#typing.text : '');
  }

  #write(text: string): void {
    this.#output.write(text);
  }

  #close(): void {
    if (this.#input.destroyed) return;
    this.#write('\n');
    this.#typing = nothing;
    try {
      this.#input.setRawMode(false);
    } catch {
      // The terminal went away.
    }
    this.#input.destroy();
    this.#output.destroy();
  }
}

/** A terminal that goes away ends the question through its reading side. */
function ignore(): void {}

/** A line being typed on a terminal in raw mode. */
export interface Typing {
  readonly text: string;
  /** Inside an escape sequence (an arrow key, say): `esc` after ESC, `csi` after ESC [ or ESC O. */
  readonly escape: 'no' | 'esc' | 'csi';
}

export type Typed =
  | { readonly type: 'typing'; readonly typing: Typing }
  | { readonly type: 'entered'; readonly text: string }
  /** Ctrl-C, or Ctrl-D on an empty line. */
  | { readonly type: 'declined' };

export const nothing: Typing = { text: '', escape: 'no' };

/** One character more. Understands what a terminal driver understands: erase, erase word, kill line, end of file. */
export function typed(typing: Typing, character: string): Typed {
  if (typing.escape !== 'no') return { type: 'typing', typing: inEscape(typing, character) };
  switch (character) {
    case '\r':
    case '\n':
      return { type: 'entered', text: typing.text };
    case '\u0003':
      return { type: 'declined' };
    case '\u0004':
      return typing.text === '' ? { type: 'declined' } : { type: 'typing', typing };
    case '\u0008':
    case '\u007f':
      return become([...typing.text].slice(0, -1).join(''));
    case '\u0015':
      return become('');
    case '\u0017':
      return become(typing.text.replace(/\S*\s*$/u, ''));
    case '\u001b':
      return { type: 'typing', typing: { ...typing, escape: 'esc' } };
    default:
      return character < ' ' && character !== '\t'
        ? { type: 'typing', typing }
        : become(typing.text + character);
  }
}

function become(text: string): Typed {
  return { type: 'typing', typing: { text, escape: 'no' } };
}

/** Keys that send a sequence (ECMA-48: ESC [ parameters, then one of @ to ~) mean nothing here. */
function inEscape(typing: Typing, character: string): Typing {
  if (typing.escape === 'esc')
    return { ...typing, escape: character === '[' || character === 'O' ? 'csi' : 'no' };
  return { ...typing, escape: character >= '@' && character <= '~' ? 'no' : 'csi' };
}
