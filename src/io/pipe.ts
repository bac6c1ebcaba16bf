/**
 * A pipe between a socket of this machine and a channel of a link: both directions, each ended on its own, and an
 * abnormal end passed on as a reset, because a truncated stream must not look like a complete one.
 */
import type { Duplex } from 'node:stream';

/** A socket of this machine, TCP or unix. */
export interface Local extends Duplex {
  /** Of TCP sockets only. */
  readonly localPort?: number | undefined;
  /** Throws for unix sockets, which have no reset. */
  resetAndDestroy(): unknown;
}

/** Ends a socket so that it does not look like the end of the data; a unix socket knows no difference. */
export function cutOff(local: Local): void {
  if (local.localPort === undefined) local.destroy();
  else local.resetAndDestroy();
}

/** A channel of a link. `close` ends both directions on the wire. */
export interface Remote extends Duplex {
  close(): void;
  /** The other side said that nothing more will come, so what is here is complete. */
  complete(): boolean;
  /** The other side has closed both directions: it is done with what it was sent, too. */
  confirmed(): boolean;
}

/** A channel whose window is closed is given no more than this; ssh2 would take 2 MiB. */
const queueMax = 64 * 1024;

/** Room in the queue of the link's own socket, which all pipes of the link share with its heartbeat. */
export interface Gate {
  full(): boolean;
  /** Calls once there is room again. */
  whenRoom(go: () => void): void;
}

export interface Pipe {
  /** The link is gone. */
  lost(): void;
}

/**
 * Starts a pipe. `ahead` was read from the socket before; `ended` says that the socket's sender has finished.
 * @param onEnd called once, when nothing of the pipe is left
 */
export function pipe(
  local: Local,
  remote: Remote,
  gate: Gate,
  before: { readonly ahead: readonly Buffer[]; readonly ended: boolean },
  onEnd: () => void,
): Pipe {
  let localClosed = false;
  let remoteClosed = false;
  let over = false;
  /** Lost when the other side had finished sending and had not yet said that it is done with what it was sent. */
  let halfLost = false;
  /** What the local side sent since the other side finished, which nothing but the channel's end confirms. */
  let unconfirmed = before.ahead.length > 0 && remote.complete();

  const finish = () => {
    if (over || !localClosed || !remoteClosed) return;
    over = true;
    onEnd();
  };

  // local -> remote, one chunk at a time so that nobody fills the link's queue alone
  let standing = false;
  const go = () => {
    if (local.destroyed || remoteClosed) return;
    if (remote.writableLength > queueMax) standing = true;
    else if (gate.full()) gate.whenRoom(go);
    else local.resume();
  };
  const sent = () => {
    if (!standing) return;
    standing = false;
    go();
  };
  const send = (chunk: Buffer) => {
    if (remote.complete()) unconfirmed = true;
    // Read on: a socket that is closed with something unread throws away what it has not delivered.
    if (halfLost) return;
    remote.write(chunk, sent);
    if (remote.writableLength <= queueMax && !gate.full()) return;
    local.pause();
    // not at once: an open window may take the chunk within this turn
    setImmediate(go);
  };
  for (const chunk of before.ahead) remote.write(chunk, sent);
  local.on('data', send);
  local.on('end', () => remote.end());
  local.once('close', () => {
    localClosed = true;
    // What the local side has sent may still wait for the channel's window: only a broken end cuts it off.
    if (local.readableEnded && !remote.writableFinished) remote.once('finish', () => remote.close());
    else remote.close();
    remote.resume(); // nobody is left to hear it, and without its end there is no close
    finish();
  });

  // remote -> local
  remote.on('error', () => {});
  remote.on('data', (chunk: Buffer) => {
    if (local.destroyed || local.writableEnded) return;
    if (!local.write(chunk)) {
      remote.pause();
      local.once('drain', () => remote.resume());
    }
  });
  const cut = () => halfLost && unconfirmed;
  const close = () => {
    if (cut()) cutOff(local);
    else local.destroy();
  };
  remote.once('end', () => {
    if (!cut()) local.end();
  });
  remote.once('close', () => {
    remoteClosed = true;
    if (!remote.complete()) cutOff(local);
    else if (local.writableFinished) close();
    else if (local.writableEnded) local.once('finish', close);
    else local.write('', close); // behind all that is complete, as far as the kernel has sent it: a reset drops the rest
    finish();
  });

  remote.resume(); // who read its SOCKS request left it paused
  if (before.ended) remote.end();
  if (local.destroyed) {
    localClosed = true;
    remote.close();
  } else {
    go();
  }

  return {
    lost() {
      if (over) return;
      over = true;
      remoteClosed = true;
      // Complete data may still be on its way to a slow reader; anything else is cut off, and says so.
      if (!remote.complete()) cutOff(local);
      else if (!remote.confirmed()) {
        halfLost = true;
        unconfirmed ||= local.readableEnded || local.isPaused() || remote.writableLength > 0;
      }
      onEnd();
    },
  };
}
