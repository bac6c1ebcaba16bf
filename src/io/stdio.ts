/** This process's own standard input and output as one stream, for whoever speaks through them. */
import { closeSync, createReadStream, createWriteStream, fstatSync, openSync } from 'node:fs';
import net from 'node:net';
import { devNull } from 'node:os';
import { Duplex, type Readable, type Writable } from 'node:stream';
import tty from 'node:tty';

/**
 * Standard input to read, standard output to write. The input may end first. The end of the output closes it, so that its
 * reader sees it, and then the input is over too, as with ssh -W (`force_drain` in channels.c). A reader that does not read
 * holds up the writer, and nobody else in this process. Whoever opens it owns both from then on.
 */
export function openStdio(): Stdio {
  return new Stdio(inputOf(0), outputOf(1));
}

/** The same as two streams that know nothing of each other. The end of the output closes it, so that its reader sees it. */
export function openStdioEnds(): { readonly input: Readable; readonly output: Writable } {
  const output = outputOf(1);
  output.once('finish', () => output.destroy());
  return { input: inputOf(0), output };
}

/** Pipes and sockets are waited for by the system; files and devices by a thread. */
function isStream(fd: number): boolean {
  const found = fstatSync(fd);
  return found.isFIFO() || found.isSocket();
}

function inputOf(fd: number): Readable {
  if (tty.isatty(fd)) return new tty.ReadStream(fd);
  if (isStream(fd)) return new net.Socket({ fd, readable: true, writable: false });
  return createReadStream('', { fd });
}

function outputOf(fd: number): Writable {
  const output = isStream(fd)
    ? new net.Socket({ fd, readable: false, writable: true })
    : createWriteStream('', { fd });
  return output.once('close', fillStandard);
}

/** Else the next file or socket would get the number, and what is meant for standard output would go there. */
function fillStandard(): void {
  let fd = 0;
  while (fd <= 2) fd = openSync(devNull, 'r+');
  closeSync(fd);
}

export class Stdio extends Duplex {
  readonly #input: Readable;
  readonly #output: Writable;
  #over = false;

  constructor(input: Readable, output: Writable) {
    super();
    this.#input = input;
    this.#output = output;
    input.pause();
    input.on('data', (chunk: Buffer) => {
      if (!this.#over && !this.push(chunk)) input.pause();
    });
    input.once('end', () => this.#inputOver());
    for (const stream of [input, output]) stream.on('error', (error) => this.destroy(error));
  }

  /** There is no reset of a pipe: it just ends. */
  resetAndDestroy(): this {
    return this.destroy();
  }

  override _read(): void {
    if (!this.#over) this.#input.resume();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, written: (error?: Error | null) => void): void {
    this.#output.write(chunk, written);
  }

  /** A pipe has no other way to show its end than to be closed. */
  override _final(done: (error?: Error | null) => void): void {
    this.#output.once('close', () => {
      done();
      this.#inputOver();
    });
    this.#output.end(() => this.#output.destroy());
  }

  #inputOver(): void {
    if (this.#over) return;
    this.#over = true;
    this.#input.pause();
    this.push(null);
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.#input.destroy();
    this.#output.destroy();
    done(error);
  }
}
