/** What an authenticated connection can do: channels, remote forwards, the heartbeat. */
import type { Client, ClientChannel } from 'ssh2';
import type { Failure } from '../../core/failure.js';
import type { Endpoint } from '../../core/request/request.js';
import { printableLine } from '../../core/text/printable.js';
import { channelRefusal } from '../../core/text/reason.js';
import type { SocketStats } from '../../core/tunnel/stepcontext.js';
import type { Channel, Gate } from '../base/channel.js';
import { type KeepaliveSupport, LinkHeartbeat } from './heartbeat.js';
import { closed, complete, exchangingKeys, neverNothing } from './internals.js';
import type { Transport } from './transport.js';

/** Above this, pipes wait until the link's own socket has sent what it has: the heartbeat queues behind it. */
const queueMax = 256 * 1024;

/** So many pipes go on together when there is room again; each brings up to 64 KiB. */
const wokenMax = 4;

/** The server refuses to open a channel: RFC 4254 section 5.1. */
export class ChannelRefused extends Error {
  /** 1 prohibited, 2 connect failed, 3 unknown type, 4 resource shortage */
  readonly reason: number;
  /** @param description in the server's words; may be empty */
  constructor(reason: number, description: string, target: Endpoint) {
    super(channelRefusal(reason, printableLine(description), target.type));
    this.reason = reason;
  }
}

/** A connection of a client on the server's side. */
export interface Incoming {
  readonly at: Endpoint;
  accept(): Channel;
  reject(): void;
}

/** An authenticated connection. */
export interface SshConnection {
  readonly gate: Gate;
  socketStats(): SocketStats;
  /** Asks for a sign of life by `keepalive@openssh.com`, or as `probeByChannel` where the server is known to ignore that. */
  probe(onAnswer: (rttMs: number) => void): void;
  /**
   * The last probe goes unanswered: asks once more, by a request that no server may leave unanswered. Its answer is the
   * probe's, and shows that the server ignores `keepalive@openssh.com`. Does nothing where the probe was answered.
   */
  probeByChannel(): void;
  /** Rejects with ChannelRefused; never settles when the connection ends first. */
  open(target: Endpoint, from: { readonly host: string; readonly port: number }): Promise<Channel>;
  /** Asks the server to listen; resolves with the port (null: unix socket). Rejects with the reason. */
  bind(at: Endpoint): Promise<number | null>;
  unbind(at: Endpoint): void;
  onIncoming: (incoming: Incoming) => void;
  /** Called once when it is over, before any channel shows it. Not called after `disconnect` or `reset`. */
  onEnded: (failure: Failure) => void;
  /** DISCONNECT and FIN; what the kernel has not delivered yet it goes on delivering. */
  disconnect(): void;
  reset(): void;
}

const noPort =
  'the port is taken there, perhaps by our own session from before, until sshd notices that it is gone ' +
  '(ClientAliveInterval x ClientAliveCountMax there); or sshd does not allow it ' +
  '(AllowTcpForwarding, PermitListen, ports below 1024)';
const noPath = (path: string) =>
  `${path} is there already, perhaps of our own session from before: ` +
  'sshd replaces it with "StreamLocalBindUnlink yes" in its sshd_config, else remove it there; ' +
  'or sshd does not allow it (AllowStreamLocalForwarding)';

interface SessionParts {
  readonly client: Client;
  readonly socket: Transport;
  readonly keepalive: KeepaliveSupport;
  /** When a byte last came. */
  readonly heardAt: () => number;
  readonly now: () => number;
  /** This side ends the connection: what happens to its socket from now on is no failure. */
  readonly onClosing: () => void;
}

/** Makes the connection of a client whose login is done. */
export function openSession(parts: SessionParts): SshConnection {
  const { client, socket, keepalive, heardAt, now, onClosing } = parts;
  const waiting = new Set<() => void>();
  const sentAt = watchWrites(socket, now);
  const heartbeat = new LinkHeartbeat(client, now, keepalive);
  const full = () => socket.writableLength > queueMax || exchangingKeys(client);
  // A few at a time, each in its turn: all of them together would queue their chunks in front of the heartbeat.
  const room = () => {
    let count = 0;
    for (const go of waiting) {
      if (full()) return;
      if (count === wokenMax) {
        // The next ones when these have been read from: reading comes between two of these.
        setImmediate(room);
        return;
      }
      count += 1;
      waiting.delete(go);
      go();
    }
  };
  socket.on('drain', room);
  client.on('handshake', room);

  // From its FIN on ssh2 throws; the connection's end is an event of its own, which may come a moment later.
  const gone = () => !socket.writable || socket.readableEnded;

  const connection: SshConnection = {
    onIncoming: (incoming) => incoming.reject(),
    onEnded: () => {},
    gate: {
      full,
      whenRoom: (go) => waiting.add(go),
    },
    socketStats: () => ({
      heardAt: heardAt(),
      sentAt: sentAt(),
      flushed: socket.bytesWritten - socket.writableLength,
      queued: socket.writableLength,
    }),
    probe(onAnswer) {
      if (!gone()) heartbeat.probe(onAnswer);
    },
    probeByChannel() {
      if (!gone()) heartbeat.probeByChannel();
    },
    open: (target, from) =>
      new Promise((resolve, reject) => {
        const answer = (
          error: (Error & { reason?: number | string }) | undefined,
          channel: ClientChannel,
        ) => {
          if (!error) resolve(asChannel(channel));
          else if (typeof error.reason === 'number') {
            const description = error.message.replace('(SSH) Channel open failure: ', '');
            reject(new ChannelRefused(error.reason, description, target));
          }
          // else the connection is gone, which onEnded reports once
        };
        if (gone()) return;
        if (target.type === 'unix') client.openssh_forwardOutStreamLocal(target.path, answer);
        else client.forwardOut(from.host, from.port, target.host, target.port, answer);
      }),
    bind: (at) =>
      new Promise((resolve, reject) => {
        if (gone()) return;
        // The server gives no reason (RFC 4254, 7.1).
        const refused = (cause: Error) => {
          if (!socket.destroyed) reject(new Error(at.type === 'unix' ? noPath(at.path) : noPort, { cause }));
        };
        if (at.type === 'unix') {
          client.openssh_forwardInStreamLocal(at.path, (error) => (error ? refused(error) : resolve(null)));
        } else {
          client.forwardIn(at.host, at.port, (error, port) => (error ? refused(error) : resolve(port)));
        }
      }),
    unbind(at) {
      if (gone()) return;
      // The answer is not used, but without a callback ssh2 forgets nothing.
      if (at.type === 'unix') client.openssh_unforwardInStreamLocal(at.path, () => {});
      else client.unforwardIn(at.host, at.port, () => {});
    },
    disconnect() {
      onClosing();
      client.end();
      // Not waiting for an answer: the kernel goes on delivering what it has, and a stuck socket keeps no process alive.
      setImmediate(() => socket.destroySoon());
      socket.unref();
    },
    reset() {
      onClosing();
      socket.resetAndDestroy();
    },
  };

  client.on('tcp connection', (info, accept, reject) =>
    connection.onIncoming({
      at: { type: 'tcp', host: info.destIP, port: info.destPort },
      accept: () => asChannel(accept()),
      reject,
    }),
  );
  client.on('unix connection', (info, accept, reject) =>
    connection.onIncoming({
      at: { type: 'unix', path: info.socketPath },
      accept: () => asChannel(accept() as unknown as ClientChannel),
      reject,
    }),
  );
  return connection;
}

/** When something was last written to it, from now on: a socket counts bytes, and has no time for them. */
function watchWrites(socket: Transport, now: () => number): () => number {
  let sentAt = now();
  const { write } = socket;
  socket.write = ((...chunk: Parameters<typeof write>) => {
    sentAt = now();
    return write.apply(socket, chunk);
  }) as typeof write;
  return () => sentAt;
}

function asChannel(channel: ClientChannel): Channel {
  // A server that sends on behind its own end makes an error of it. It shows as 'close', and must not end the program.
  channel.on('error', () => {});
  channel.stderr.on('error', () => {});
  channel.stderr.resume(); // a forward has no stderr: what comes there must not fill the window
  neverNothing(channel);
  return Object.assign(channel, { complete: () => complete(channel), confirmed: () => closed(channel) });
}
