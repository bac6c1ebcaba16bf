/** An ssh server that leaves `keepalive@openssh.com` without an answer, as embedded ones do. Lets everybody in. */
import { writeFileSync } from 'node:fs';
import net, { type Socket } from 'node:net';
import path from 'node:path';
import ssh2 from 'ssh2';
import { freshKey } from '../../src/io/ssh/demoserver.js';
import { scratch } from './guard.js';

interface Inside {
  readonly _protocol: {
    requestFailure: () => void;
    channelOpenFail: (channel: number, reason: number, text: string) => void;
  };
}

/** RFC 4254 5.1: SSH_OPEN_UNKNOWN_CHANNEL_TYPE. */
const unknownType = 3;

/** Channels to it are neither opened nor refused. */
export const slowPort = 2;

export interface Ignoring {
  readonly port: number;
  readonly address: string;
  readonly user: string;
  readonly keyPath: string;
  readonly knownHostsPath: string;
  readonly seen: {
    logins: number;
    /** Global requests that it left without an answer. */
    ignored: number;
    /** Channels of a type that it does not know. */
    refused: number;
  };
  /** Reads nothing any more, and answers nothing. */
  freeze(): void;
  close(): void;
}

/** @param ignores false: it answers them, as OpenSSH's does */
export async function startIgnoring(ignores = true): Promise<Ignoring> {
  const { dir, remove } = scratch('ignoring');
  const [host, user] = [freshKey(), freshKey()];
  const seen = { logins: 0, ignored: 0, refused: 0 };
  const sockets = new Set<Socket>();
  const server = new ssh2.Server({ hostKeys: [host.private] }, (client) => {
    client.on('error', () => {});
    client.on('authentication', (context) => context.accept());
    client.on('ready', () => {
      seen.logins += 1;
      const { _protocol } = client as unknown as Inside;
      const { channelOpenFail } = _protocol;
      if (ignores) {
        _protocol.requestFailure = () => {
          seen.ignored += 1;
        };
      }
      _protocol.channelOpenFail = (channel, reason, text) => {
        if (reason === unknownType) seen.refused += 1;
        channelOpenFail.call(_protocol, channel, reason, text);
      };
    });
    client.on('request', (accept) => accept?.());
    client.on('tcpip', (accept, reject, { destIP, destPort }) => {
      if (destPort === slowPort) return; // as while a target takes its time
      const socket = net.connect(destPort, destIP);
      socket.once('connect', () => {
        const channel = accept();
        channel.on('error', () => {}).on('close', () => socket.destroy());
        socket.on('close', () => channel.close());
        socket.pipe(channel).pipe(socket);
      });
      socket.on('error', () => {
        if (socket.pending) reject();
      });
    });
  });
  const door = net.createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {}).on('close', () => sockets.delete(socket));
    server.injectSocket(socket);
  });
  await new Promise<void>((listening) => door.listen(0, '127.0.0.1', listening));
  const { port } = door.address() as net.AddressInfo;
  const files = { keyPath: path.join(dir, 'id'), knownHostsPath: path.join(dir, 'known_hosts') };
  writeFileSync(files.keyPath, user.private, { mode: 0o600 });
  writeFileSync(files.knownHostsPath, `[127.0.0.1]:${port} ${host.public}\n`);
  return {
    ...{ port, address: '127.0.0.1', user: 'me', seen },
    ...files,
    freeze() {
      for (const socket of sockets) socket.pause();
    },
    close() {
      door.close();
      for (const socket of sockets) socket.destroy();
      remove();
    },
  };
}
