/** Verb: one TCP connection, carried over standard input and output, as ProxyCommand for any ssh. Loads no ssh2. */
import { type Failure, failure, type Outcome } from './core/failure.js';
import {
  lackTexts,
  requestedSocketOptions,
  requestedTexts,
  type SocketOptions,
  socketFault,
  userTimeoutWarning,
  valuesText,
} from './core/keepalive/socketoptions.js';
import { pass } from './core/net/onebuffer.js';
import { clock } from './io/clock.js';
import { readSockets } from './io/kernel/connections.js';
import { widenPipe } from './io/socket/libc.js';
import { giveOptions, pendingError, readHealth } from './io/socket/setoptions.js';
import { dialTcp, type Socket, systemError, whyNot } from './io/socket.js';
import { openStdioEnds } from './io/stdio.js';

export { exitCode } from './core/failure.js';

/** Where to, and what its socket gets. */
export interface RelayOptions extends SocketOptions {
  readonly host: string;
  readonly port: number;
  /** 0 any, 4, 6. Default 0. */
  readonly family?: 0 | 4 | 6;
  /** Called once for each line: an option that could not be set (`note`), or what `-v` shows (`detail`). */
  readonly onNews: (news: { readonly type: 'note' | 'detail'; readonly text: string }) => void;
}

/** A relay as it is now. Lengths in ms; null: not connected, or unknown. */
export interface RelayStatus {
  readonly connectedMs: number | null;
  /** Round trip: the kernel's, smoothed; where that cannot be read, that of the connection's first packets. */
  readonly rttMs: number | null;
  /** Since the peer was last heard: any segment, acknowledgements too; where that cannot be read, data alone. */
  readonly silentMs: number | null;
  /** Probes since then, without an answer. */
  readonly unanswered: number | null;
  readonly receivedBytes: number;
  readonly sentBytes: number;
}

export interface Relay {
  /** How it ended: `lost` once connected, `unreachable` before, each with the system's name of the error. Never rejects. */
  readonly done: Promise<Outcome>;
  status(): RelayStatus;
}

/**
 * Connects and carries bytes both ways until both have ended, each on its own: the end of stdin goes to the peer as FIN, the
 * peer's end closes stdout. When the reader of stdout closes it, the connection ends without a message: so ssh ends its
 * ProxyCommand. Takes over file descriptors 0 and 1. Throws nothing: failures come by `done`.
 */
export function openRelay(options: RelayOptions): Relay {
  const { host, port, onNews } = options;
  const requested = requestedSocketOptions(options);
  const fault = socketFault(options);
  if (fault !== null) {
    const usage = failure('usage', `${fault.name}: ${fault.why}`);
    return { done: Promise.resolve(outcomeOf(usage)), status: () => notConnected };
  }

  const socket = dialTcp({
    host,
    port,
    family: options.family ?? 0,
    bindAddress: null,
    keepAlive: true,
    halfOpen: true,
    take: (bytes) => {
      heardAt = clock.now();
      return stdio !== null && pass(bytes, socket, stdio.output);
    },
  });
  let stdio: ReturnType<typeof openStdioEnds> | null = null;
  let attemptedAt = clock.now();
  let connected: { readonly at: number; readonly rttMs: number } | null = null;
  let heardAt = 0;

  const status = (): RelayStatus => {
    if (connected === null) return notConnected;
    const now = clock.now();
    const health = readHealth(socket);
    return {
      connectedMs: now - connected.at,
      rttMs: health?.rttMs ?? connected.rttMs,
      silentMs: health?.silentMs ?? now - heardAt,
      unanswered: health?.unanswered ?? unansweredOf(socket),
      receivedBytes: socket.bytesRead,
      sentBytes: socket.bytesWritten,
    };
  };

  // With several addresses they are tried in turn.
  socket.on('connectionAttempt', () => {
    attemptedAt = clock.now();
  });
  const done = new Promise<Outcome>((resolve) => {
    let lost: Failure | null = null;
    socket.once('error', (error) => {
      const place = `${host} port ${port}`;
      lost =
        connected === null
          ? failure('unreachable', `cannot connect to ${place}: ${whyNot(error)}`, error)
          : failure('lost', `${place}: ${whyNot(error)}`, error);
    });
    socket.once('close', () => {
      if (connected === null) resolve(outcomeOf(lost));
    });
    socket.once('connect', () => {
      connected = { at: clock.now(), rttMs: clock.now() - attemptedAt };
      heardAt = connected.at;
      const given = giveOptions(socket, requested);
      for (const text of lackTexts(requested, given)) onNews({ type: 'note', text });
      onNews({
        type: 'detail',
        text: `connected to ${socket.remoteAddress} port ${socket.remotePort}; ${given.values ? valuesText(given.values) : `${requestedTexts(requested).join(', ')}; ${given.lack}`}`,
      });
      const warning = userTimeoutWarning(requested);
      if (warning !== null) onNews({ type: 'detail', text: warning });

      for (const fd of [0, 1]) widenPipe(fd);
      stdio = openStdioEnds((bytes) => pass(bytes, input, socket));
      const { input, output } = stdio;
      input.on('error', () => socket.end());
      output.on('error', () => socket.destroy());
      input.once('end', () => socket.end());
      socket.once('end', () => {
        exposeReset(socket);
        output.end();
      });
      socket.once('close', () => {
        input.destroy();
        // Data that has arrived is delivered, however the connection ended.
        if (output.closed) return resolve(outcomeOf(lost));
        output.once('close', () => resolve(outcomeOf(lost)));
        output.end();
      });
    });
  });
  return { done, status };
}

const notConnected: RelayStatus = {
  connectedMs: null,
  rttMs: null,
  silentMs: null,
  unanswered: null,
  receivedBytes: 0,
  sentBytes: 0,
};

function outcomeOf(lost: Failure | null): Outcome {
  return lost === null ? { ok: true } : { ok: false, failure: lost };
}

/** libuv takes a reset right behind data for an end: half a file would look like a whole one. */
function exposeReset(socket: Socket): void {
  const errno = pendingError(socket);
  if (errno === 0) return;
  if (errno !== null) socket.destroy(systemError(errno));
  // A socket that was reset fails at any write, of no bytes too.
  else if (socket.writable) socket.write('');
  // A socket that both sides ended stays in the table for a while, one that was reset does not.
  else if (readSockets() !== null && !rowOf(socket) && !rowOf(socket)) socket.destroy(systemError());
}

/** Probes without an answer, as /proc/net/tcp shows them: without a native package. */
function unansweredOf(socket: Socket): number | null {
  return rowOf(socket)?.unanswered ?? null;
}

function rowOf({ localPort, remotePort }: Socket) {
  return readSockets()?.find((one) => one.localPort === localPort && one.remotePort === remotePort);
}
