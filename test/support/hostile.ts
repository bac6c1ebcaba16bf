/** A server that lets everybody in and breaks the protocol afterwards, and a tunnel to it in a process of its own. */
import { writeFileSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import path from 'node:path';
import ssh2 from 'ssh2';
import { freshKey } from '../../src/io/ssh/demoserver.js';
import type { ForwardOption } from '../../src/open.js';
import { Carrying, tunnelTo } from './carrying.js';
import { scratch } from './guard.js';
import { Caller } from './streams.js';

/** What ssh2's server says without being asked. Numbers of channels are those of the client. */
export interface Protocol {
  channelOpenConfirm(channel: number, own: number, window: number, packetMax: number): void;
  channelData(channel: number, data: Buffer): void;
  channelExtData(channel: number, data: Buffer, type: number): void;
  channelEOF(channel: number): void;
  readonly _packetRW: {
    readonly write: {
      readonly allocStart: number;
      alloc(bytes: number): Buffer;
      finalize(packet: Buffer): Buffer;
    };
  };
  readonly _cipher: { encrypt(packet: Buffer): void };
}

export type Accepted = ssh2.ServerChannel & { readonly outgoing: { readonly id: number } };

/** A string as the protocol has it: its length, and its bytes. */
export function string(text: string | Buffer): Buffer {
  const bytes = Buffer.from(text);
  return Buffer.concat([uint32(bytes.length), bytes]);
}

export function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

/** One client on the server's side. */
export class Guest {
  readonly client: ssh2.Connection;
  readonly protocol: Protocol;
  readonly socket: Socket;
  readonly channels: Accepted[] = [];

  constructor(client: ssh2.Connection) {
    const inside = client as unknown as { readonly _protocol: Protocol; readonly _sock: Socket };
    this.client = client;
    this.protocol = inside._protocol;
    this.socket = inside._sock;
  }

  /** Sends one packet with this payload. */
  send(payload: Buffer): void {
    const { _packetRW, _cipher } = this.protocol;
    const { write } = _packetRW;
    const start = write.allocStart;
    const packet = write.alloc(payload.length);
    packet.set(payload, start);
    _cipher.encrypt(write.finalize(packet));
  }

  /** Does it again and again, as fast as the client reads, until so many bytes are sent or the client is gone. */
  async flood(bytesMax: number, once: () => void): Promise<number> {
    const { socket } = this;
    const before = socket.bytesWritten;
    const sent = () => socket.bytesWritten - before;
    while (!socket.destroyed && socket.writable && sent() < bytesMax) {
      for (let times = 0; times < 500 && socket.writable; times += 1) once();
      await new Promise<void>((resolve) => {
        const go = () => {
          socket.off('drain', go).off('close', go);
          resolve();
        };
        if (socket.destroyed || !socket.writableNeedDrain) setImmediate(go);
        else socket.on('drain', go).on('close', go);
      });
    }
    return sent();
  }
}

export interface Hostile {
  readonly tunnel: Carrying;
  /** Who is connected and logged in, the last one last. */
  readonly guests: readonly Guest[];
  close(): Promise<void>;
}

/**
 * @param onTarget answers a channel to a target
 * @param greet speaks before the server's version, and then calls back
 */
export async function hostile(
  onTarget: (guest: Guest, accept: () => Accepted) => void,
  forwards: readonly ForwardOption[] = [{ local: '0:127.0.0.1:1' }],
  greet: (socket: Socket, done: () => void) => void = (_socket, done) => done(),
): Promise<Hostile> {
  const { dir, remove } = scratch('hostile');
  const [host, user] = [freshKey(), freshKey()];
  const files = { keyPath: path.join(dir, 'id'), knownHostsPath: path.join(dir, 'known_hosts') };
  const guests: Guest[] = [];
  const server = new ssh2.Server({ hostKeys: [host.private] }, (client) => {
    const guest = new Guest(client);
    client.on('error', () => {});
    client.on('authentication', (context) => context.accept());
    client.on('ready', () => guests.push(guest));
    client.on('request', (accept) => accept?.());
    client.on('tcpip', (accept) =>
      onTarget(guest, () => {
        const channel = accept() as unknown as Accepted;
        channel.on('error', () => {});
        guest.channels.push(channel);
        return channel;
      }),
    );
  });
  const sockets = new Set<Socket>();
  const door = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    greet(socket, () => server.injectSocket(socket));
  });
  await new Promise<void>((listening) => door.listen(0, '127.0.0.1', listening));
  const address = door.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  writeFileSync(files.keyPath, user.private, { mode: 0o600 });
  writeFileSync(files.knownHostsPath, `[127.0.0.1]:${port} ${host.public}\n`);
  const tunnel = new Carrying(tunnelTo({ address: '127.0.0.1', user: 'me', port, ...files }, forwards));
  const close = async () => {
    await tunnel.stop();
    door.close();
    for (const socket of sockets) socket.destroy();
    remove();
  };
  return { tunnel, guests, close };
}

/** A client of the tunnel's first forward that has said something. */
export async function call(tunnel: Carrying): Promise<Caller> {
  const caller = new Caller(await tunnel.port(0));
  caller.socket.write('hello');
  return caller;
}
