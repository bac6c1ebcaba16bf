/** This process's own standard input and output as one stream, for -W and for the relay. */
import { close, closeSync, createReadStream, fstatSync, openSync, writeSync } from 'node:fs';
import net from 'node:net';
import { devNull } from 'node:os';
import { Duplex, type Readable, Writable } from 'node:stream';
import tty from 'node:tty';
import { intoOneBuffer, type Take } from '../core/net/onebuffer.js';

/**
 * Standard input to read, standard output to write. The input may end first. The end of the output closes it, so that its
 * reader sees it, and then the input is over too, as with ssh -W (`force_drain` in channels.c). A reader that does not read
 * holds up the writer, and nothing else in this process. The caller owns both from then on.
 */
export function openStdio(): Stdio {
  return new Stdio(inputOf(0), outputOf(1));
}

/** The same as two streams that know nothing of each other. The end of the output closes it, so that its reader sees it. */
export function openStdioEnds(take: Take): { readonly input: Readable; readonly output: Writable } {
  const output = outputOf(1);
  output.once('finish', () => output.destroy());
  return { input: takenFrom(0, take), output };
}

/** Pipes and sockets are waited for by the system. */
function isStream(fd: number): boolean {
  const found = fstatSync(fd);
  return found.isFIFO() || found.isSocket();
}

function inputOf(fd: number): Readable {
  if (tty.isatty(fd)) return new tty.ReadStream(fd);
  if (isStream(fd)) return new net.Socket({ fd, readable: true, writable: false });
  // Each turn of the thread costs as much as some 200 kB do.
  return createReadStream('', { fd, highWaterMark: 1 << 20 });
}

function takenFrom(fd: number, take: Take): Readable {
  if (isStream(fd)) {
    // @types/node knows `onread` for connect alone.
    const options: net.SocketConstructorOpts & { readonly onread: net.OnReadOpts } = {
      fd,
      readable: true,
      writable: false,
      onread: intoOneBuffer(take),
    };
    return new net.Socket(options);
  }
  const input = inputOf(fd);
  return input.on('data', (chunk: Buffer) => {
    if (!take(chunk)) input.pause();
  });
}

function outputOf(fd: number): Writable {
  return streamTo(fd).once('close', fillStandard);
}

function streamTo(fd: number): Writable {
  if (tty.isatty(fd)) return new tty.WriteStream(fd);
  if (isStream(fd)) return new net.Socket({ fd, readable: false, writable: true });
  return new Writable({
    // Disks do not keep a writer waiting as readers do: a thread for each write would take ten times as long.
    write(chunk: Buffer, _encoding, written) {
      try {
        for (let at = 0; at < chunk.length; ) at += writeSync(fd, chunk, at);
        written();
      } catch (error) {
        written(error instanceof Error ? error : new Error(String(error)));
      }
    },
    destroy(error, done) {
      close(fd, (failed) => done(error ?? failed));
    },
  });
}

/** Else the next file or socket would get the number, and what is meant for standard output would go there. */
function fillStandard(): void {
  let fd = 0;
  while (fd <= 2) fd = openSync(devNull, 'r+');
  closeSync(fd);
}

class Stdio extends Duplex {
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
