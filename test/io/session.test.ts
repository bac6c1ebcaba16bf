/** What is asked of a connection in the moment in which it ends: nothing of it is news, because its end is. */
import { once } from 'node:events';
import { createConnection } from 'node:net';
import { afterEach, expect, it } from 'vitest';
import { algorithms } from '../../src/core/request/algorithmrequest.js';
import { connect } from '../../src/io/ssh/connection.js';
import { startServer } from '../../src/io/ssh/demoserver.js';
import type { SshConnection } from '../../src/io/ssh/session.js';
import { openWire } from '../support/wire.js';

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

async function connected() {
  const server = await startServer(1);
  closing.push(() => server.close());
  const wire = await openWire(server.port);
  closing.push(() => wire.close());
  const socket = createConnection(wire.port, '127.0.0.1');
  closing.push(() => socket.destroy());
  await once(socket, 'connect');
  const connection: SshConnection = await connect(
    {
      socket,
      user: 'me',
      algorithms: { kex: null, ciphers: null, macs: null, hostKeys: algorithms.hostKey.usual },
      keyAlgorithms: null,
      verify: async () => null,
      nextAttempt: async (left) =>
        left === null ? { type: 'none' } : { type: 'publickey', name: 'the key', keyText: server.userKey },
      whyDenied: () => 'denied',
      onHostKeyAccepted: () => {},
      onDetail: () => {},
      keepalive: { ignored: () => false, onIgnored: () => {} },
      now: () => performance.now(),
    },
    new AbortController().signal,
  );
  return { wire, socket, connection };
}

it('asked between the FIN and the news of it', async () => {
  const { wire, socket, connection } = await connected();
  const news: string[] = [];
  const tell = (what: string) => () => news.push(what);
  const at = { type: 'tcp', host: '127.0.0.1', port: 0 } as const;
  socket.prependListener('end', () => {
    connection.open({ ...at, port: 1 }, at).then(tell('opened'), tell('not opened'));
    connection.bind(at).then(tell('bound'), tell('not bound'));
    connection.unbind(at);
    connection.probe(tell('answered'));
    news.push('promptOpened');
  });
  const ended = new Promise<void>((resolve) => {
    connection.onEnded = () => resolve();
  });
  wire.connections[0]?.close(); // a FIN without a word, as of an sshd that is killed
  await ended;
  await new Promise(setImmediate);
  expect(news).toEqual(['promptOpened']);
});
