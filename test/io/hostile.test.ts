/** A server that breaks the protocol may lose its clients, and may not end or stop the program. */
import { writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import ssh2 from 'ssh2';
import { afterEach, expect, it } from 'vitest';
import { freshKey } from '../../src/io/ssh/server.js';
import { Carrying, tunnelTo } from '../support/carrying.js';
import { scratch } from '../support/guard.js';
import { Caller } from '../support/streams.js';
import { until } from '../support/until.js';

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

/** What ssh2's server says without being asked. Numbers of channels are those of the client. */
interface Protocol {
  channelOpenConfirm(channel: number, own: number, window: number, packetMax: number): void;
  channelData(channel: number, data: Buffer): void;
  channelExtData(channel: number, data: Buffer, type: number): void;
  channelEOF(channel: number): void;
}

type Accepted = ssh2.ServerChannel & { readonly outgoing: { readonly id: number } };

/** A server that lets everybody in and answers each channel in this way. */
async function tunnelTowards(
  answer: (protocol: Protocol, accept: () => Accepted) => void,
): Promise<Carrying> {
  const { dir, remove } = scratch('hostile');
  const [host, user] = [freshKey(), freshKey()];
  const files = { keyPath: path.join(dir, 'id'), knownHostsPath: path.join(dir, 'known_hosts') };
  const server = new ssh2.Server({ hostKeys: [host.private] }, (client) => {
    closing.push(() => client.end());
    client.on('error', () => {});
    client.on('authentication', (context) => context.accept());
    client.on('tcpip', (accept) =>
      answer((client as unknown as { _protocol: Protocol })._protocol, () => {
        const channel = accept();
        channel.on('error', () => {});
        return channel as unknown as Accepted;
      }),
    );
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  closing.push(remove, () => server.close());
  const { port } = server.address() as unknown as AddressInfo;
  writeFileSync(files.keyPath, user.private, { mode: 0o600 });
  writeFileSync(files.knownHostsPath, `[127.0.0.1]:${port} ${host.public}\n`);
  const to = { address: '127.0.0.1', user: 'me', port, ...files };
  const tunnel = new Carrying(tunnelTo(to, [{ local: '0:127.0.0.1:1' }]));
  closing.push(() => tunnel.stop());
  return tunnel.up();
}

async function call(tunnel: Carrying): Promise<Caller> {
  const caller = new Caller(await tunnel.port(0));
  closing.push(() => caller.socket.destroy());
  caller.socket.write('hello');
  return caller;
}

it.each<[string, (protocol: Protocol, channel: number) => void]>([
  ['data', (protocol, channel) => protocol.channelData(channel, Buffer.from('late'))],
  ['errors', (protocol, channel) => protocol.channelExtData(channel, Buffer.from('late'), 1)],
])('%s behind the end', async (_name, late) => {
  const tunnel = await tunnelTowards((protocol, accept) => {
    const { id } = accept().outgoing;
    protocol.channelData(id, Buffer.from('whole'));
    protocol.channelEOF(id);
    late(protocol, id);
  });
  const callers = [await call(tunnel), await call(tunnel)];
  await until('their ends', () => callers.every(({ ended, closed }) => ended || closed));
  expect(callers.map(({ text }) => text)).toEqual(['whole', 'whole']);
  expect((await tunnel.snapshot()).links).toMatchObject([{ link: 1, role: 'current' }]);
});

it('a channel that takes packets of nothing', async () => {
  let heard = '';
  const tunnel = await tunnelTowards((protocol, accept) => {
    const { channelOpenConfirm } = protocol;
    protocol.channelOpenConfirm = (channel, own, window) =>
      channelOpenConfirm.call(protocol, channel, own, window, 0);
    accept().on('data', (chunk: Buffer) => {
      heard += chunk;
    });
  });
  await call(tunnel);
  await until('what the client says', () => heard === 'hello');
  expect((await tunnel.snapshot()).links).toMatchObject([{ link: 1, role: 'current' }]);
});
