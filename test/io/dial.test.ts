/** What is dialled and then not wanted any more leaves nothing behind, and waiting for one's turn is nobody's fault. */
import net from 'node:net';
import { afterEach, expect, it } from 'vitest';
import { type Notice, openTunnel, type Tunnel } from '../../src/open.js';
import { until } from '../support/until.js';

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

/** Accepts and says nothing. */
async function mute(): Promise<{ port: number; open: Set<net.Socket> }> {
  const open = new Set<net.Socket>();
  const server = net.createServer((socket) => {
    open.add(socket);
    socket.on('error', () => {}).on('close', () => open.delete(socket));
    socket.resume();
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  closing.push(() => {
    server.close();
    for (const socket of open) socket.destroy();
  });
  const address = server.address();
  return { port: typeof address === 'object' && address ? address.port : 0, open };
}

it('tunnels that stop while they wait for their turn close their connections', async () => {
  const server = await mute();
  const notices: Notice[] = [];
  const tunnels: Tunnel[] = Array.from({ length: 8 }, () =>
    openTunnel({
      host: '127.0.0.1',
      configFile: 'none',
      forwards: [{ local: '0:127.0.0.1:1' }],
      options: { Port: server.port, ConnectTimeout: 2 },
      onNotice: (notice) => notices.push(notice),
    }),
  );
  await until('all have their connection', () => server.open.size === 8);
  await until('some gave up', () => notices.filter((notice) => notice.type === 'waiting').length >= 3);
  const said = notices.flatMap((notice) => (notice.type === 'waiting' ? [notice.failure.message] : []));
  for (const text of said) expect(text).toMatch(/^no SSH key exchange within 2 s/); // those that waited are not blamed
  await Promise.all(tunnels.map((tunnel) => tunnel.stop({ now: true })));
  await until('nothing is left at the server', () => server.open.size === 0);
});

it('an attempt that is abandoned in its handshake closes its connection', async () => {
  const server = await mute();
  const tunnel = openTunnel({
    host: '127.0.0.1',
    configFile: 'none',
    forwards: [{ local: '0:127.0.0.1:1' }],
    options: { Port: server.port, ConnectTimeout: 1 },
    maxAttempts: 1,
  });
  expect(await tunnel.done).toMatchObject({ failure: { kind: 'timeout' } });
  await until('nothing is left at the server', () => server.open.size === 0);
});
