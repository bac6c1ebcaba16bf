/**
 * A pipe between a socket of this machine and a channel of a link: both directions, each ended on its own, and an
 * abnormal end passed on as a reset, because a truncated stream must not look like a complete one.
 */
import { type Channel, cutOff, type Gate, type LocalStream } from './base/channel.js';

/** A channel whose window is closed is given no more bytes than this; ssh2 would take 2 MiB. */
const queueMax = 64 * 1024;

/** What was read from a socket before its pipe was made, and whether its sender has finished. */
export interface ReadBefore {
  readonly ahead: readonly Buffer[];
  readonly ended: boolean;
}

export class Pipe {
  readonly #local: LocalStream;
  readonly #remote: Channel;
  readonly #gate: Gate;
  readonly #onEnd: () => void;
  #localClosed = false;
  #remoteClosed = false;
  #over = false;
  /** The local socket is not read until the channel has sent what it was given. */
  #waitsForChannel = false;
  /** The link was lost when the other side had finished sending and had not yet said that it is done with what it was sent. */
  #halfLost = false;
  /** The local side sent something since the other side finished: nothing but the channel's end confirms that. */
  #unconfirmed = false;

  /** @param onEnd called once, when nothing of the pipe is left */
  constructor(local: LocalStream, remote: Channel, gate: Gate, onEnd: () => void) {
    this.#local = local;
    this.#remote = remote;
    this.#gate = gate;
    this.#onEnd = onEnd;
  }

  /** Bytes flow from now on, those of `before` first. */
  start(before: ReadBefore): void {
    const local = this.#local;
    const remote = this.#remote;
    this.#unconfirmed = before.ahead.length > 0 && remote.complete();
    for (const chunk of before.ahead) remote.write(chunk, this.#onSent);
    local.on('data', (chunk: Buffer) => this.#send(chunk));
    local.on('end', () => remote.end());
    local.once('close', () => this.#closeRemote());
    remote.on('error', () => {});
    remote.on('data', (chunk: Buffer) => this.#receive(chunk));
    remote.once('end', () => {
      if (!this.#isCut()) local.end();
    });
    remote.once('close', () => this.#closeLocal());
    remote.resume(); // the reader of a SOCKS request left it paused
    if (before.ended) remote.end();
    if (local.destroyed) {
      this.#localClosed = true;
      remote.close();
    } else {
      this.#readLocal();
    }
  }

  /** The link is gone. */
  lost(): void {
    if (this.#over) return;
    this.#over = true;
    this.#remoteClosed = true;
    const local = this.#local;
    const remote = this.#remote;
    // Complete data may still be on its way to a slow reader; anything else is cut off, and says so.
    if (!remote.complete()) cutOff(local);
    else if (!remote.confirmed()) {
      this.#halfLost = true;
      this.#unconfirmed ||= local.readableEnded || local.isPaused() || remote.writableLength > 0;
    }
    this.#onEnd();
  }

  /** From the local socket to the channel: one chunk at a time, so that no client fills the link's queue alone. */
  #send(chunk: Buffer): void {
    const remote = this.#remote;
    if (remote.complete()) this.#unconfirmed = true;
    // Read on: a socket that is closed with something unread throws away what it has not delivered.
    if (this.#halfLost) return;
    remote.write(chunk, this.#onSent);
    if (remote.writableLength <= queueMax && !this.#gate.full()) return;
    this.#local.pause();
    // not at once: an open window may take the chunk within this turn
    setImmediate(this.#readLocal);
  }

  readonly #onSent = (): void => {
    if (!this.#waitsForChannel) return;
    this.#waitsForChannel = false;
    this.#readLocal();
  };

  readonly #readLocal = (): void => {
    if (this.#local.destroyed || this.#remoteClosed) return;
    if (this.#remote.writableLength > queueMax) this.#waitsForChannel = true;
    else if (this.#gate.full()) this.#gate.whenRoom(this.#readLocal);
    else this.#local.resume();
  };

  /** From the channel to the local socket. */
  #receive(chunk: Buffer): void {
    const local = this.#local;
    if (local.destroyed || local.writableEnded || local.write(chunk)) return;
    this.#remote.pause();
    local.once('drain', () => this.#remote.resume());
  }

  /** The local socket is closed. */
  #closeRemote(): void {
    const remote = this.#remote;
    this.#localClosed = true;
    // What the local side has sent may still wait for the channel's window: only a broken end cuts it off.
    if (this.#local.readableEnded && !remote.writableFinished) remote.once('finish', () => remote.close());
    else remote.close();
    remote.resume(); // its data has no reader any more, and without its end there is no close
    this.#finish();
  }

  /** The channel is closed. */
  #closeLocal(): void {
    const local = this.#local;
    const close = () => {
      if (this.#isCut()) cutOff(local);
      else local.destroy();
    };
    this.#remoteClosed = true;
    if (!this.#remote.complete()) cutOff(local);
    else if (local.writableFinished) close();
    else if (local.writableEnded) local.once('finish', close);
    else local.write('', close); // behind all that is complete, as far as the kernel has sent it: a reset drops the rest
    this.#finish();
  }

  /** The end of the channel's data must not look like a success of what the local side sent. */
  #isCut(): boolean {
    return this.#halfLost && this.#unconfirmed;
  }

  #finish(): void {
    if (this.#over || !this.#localClosed || !this.#remoteClosed) return;
    this.#over = true;
    this.#onEnd();
  }
}
