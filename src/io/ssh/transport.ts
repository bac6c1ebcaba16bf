/** Streams that an SSH connection runs on: a TCP socket, a ProxyCommand, a channel of another connection. */
import { Duplex } from 'node:stream';
import type { Channel, StreamEnds } from '../base/channel.js';

/** A TCP socket, or anything that behaves like one as far as we need it. */
export interface Transport extends Duplex {
  /** Bytes written so far, those that still wait included. */
  readonly bytesWritten: number;
  /** Ends when what waits is written. */
  destroySoon(): void;
  /** Ends at once: the other side gets a reset, or nothing. */
  resetAndDestroy(): void;
  /** From now on the transport keeps no process alive. */
  unref(): void;
}

/** A channel to the next server's port: what goes in there comes from here. */
export function channelTransport(channel: Channel): Transport {
  const transport = new StreamTransport({
    output: channel,
    input: channel,
    close() {
      // Unread data would keep a channel from closing.
      channel.resume();
      channel.close();
    },
    unref() {},
  });
  channel.on('end', () => transport.push(null));
  channel.on('close', () => transport.destroy());
  channel.on('error', () => transport.destroy());
  return transport;
}

/** A transport over two streams. Their ends are for its owner to report: by `push(null)`, or by `destroy` with the reason. */
export class StreamTransport extends Duplex implements Transport {
  readonly #ends: StreamEnds;
  #flushed = 0;
  #how: 'end' | 'reset' = 'end';

  constructor(ends: StreamEnds) {
    super({ allowHalfOpen: false });
    this.#ends = ends;
    ends.output.on('data', (chunk: Buffer) => {
      if (!this.destroyed && !this.push(chunk)) ends.output.pause();
    });
    ends.output.pause();
  }

  get bytesWritten(): number {
    return this.#flushed + this.writableLength;
  }

  override _read(): void {
    this.#ends.output.resume();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    // What cannot be written is the end, whose reason its owner knows and reports.
    this.#ends.input.write(chunk, () => {
      this.#flushed += chunk.length;
      done();
    });
  }

  override _final(done: () => void): void {
    this.#ends.input.end();
    done();
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#ends.close(this.#how);
    done(error);
  }

  destroySoon(): void {
    if (this.writable) this.end();
    if (this.writableFinished) this.destroy();
    else this.once('finish', () => this.destroy());
  }

  resetAndDestroy(): void {
    this.#how = 'reset';
    this.destroy();
  }

  unref(): void {
    this.#ends.unref();
  }
}
