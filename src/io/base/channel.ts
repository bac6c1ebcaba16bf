/** Streams that several files of io join to each other: channels of an SSH connection, clients, and a command's two ends. */
import type { Duplex, Readable, Writable } from 'node:stream';

/** A channel. `close` ends both directions on the wire. */
export interface Channel extends Duplex {
  close(): void;
  /** The other side said that nothing more will come, so what is here is complete. */
  complete(): boolean;
  /** The other side has closed both directions: it is done with what it was sent, too. */
  confirmed(): boolean;
}

/** Room in the queue of the connection's own socket, which all its channels share with its heartbeat. */
export interface Gate {
  full(): boolean;
  /** Calls once there is room again. */
  whenRoom(go: () => void): void;
}

/** What a client or a target of this machine speaks through: a TCP or unix socket, or this process's stdin and stdout. */
export interface LocalStream extends Duplex {
  /** These three of TCP sockets only. */
  readonly localPort?: number | undefined;
  readonly remoteAddress?: string | undefined;
  readonly remotePort?: number | undefined;
  /** Throws for unix sockets, which have no reset. */
  resetAndDestroy(): unknown;
}

/**
 * Ends a socket with a reset: an honest "this did not work", never a clean end of data. A unix socket knows no reset, and
 * Node throws at a request for one.
 */
export function cutOff(local: LocalStream): void {
  if (local.localPort === undefined) local.destroy();
  else local.resetAndDestroy();
}

/** The two directions of something, and how to end both. */
export interface StreamEnds {
  readonly output: Readable;
  readonly input: Writable;
  close(how: 'end' | 'reset'): void;
  /** Its streams keep no process alive. */
  unref(): void;
}
