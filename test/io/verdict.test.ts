/** What a server says when it ends a connection: which failure it is, and what of its words may reach a terminal. */
import path from 'node:path';
import ssh2 from 'ssh2';
import { afterEach, describe, expect, it } from 'vitest';
import { freshKey } from '../../src/io/ssh/demoserver.js';
import { verdict } from '../../src/io/ssh/verdict.js';
import { type Notice, openTunnel } from '../../src/open.js';
import { tunnelTo } from '../support/carrying.js';
import { scratch } from '../support/guard.js';
import { Caller } from '../support/streams.js';
import { until } from '../support/until.js';

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

/** SSH_MSG_DISCONNECT with this reason (RFC 4253 section 11.1), as ssh2 tells it. */
const disconnect = (code: number, said: string) => Object.assign(new Error(said), { code });
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not come
const unprintable = /[\x00-\x1f\x7f-\x9f\u202e]/;
const painting = 'bye\0now\x1b]0;owned\x07\x1b[2J\r\n\u202eover';

describe('a DISCONNECT', () => {
  it.each([
    ['handshake', 1, 'penalty'],
    ['handshake', 3, 'incompatible'],
    ['handshake', 8, 'incompatible'],
    ['login', 2, 'denied'],
    ['login', 12, 'penalty'],
    ['login', 14, 'denied'],
    ['open', 1, 'penalty'],
    ['open', 12, 'penalty'],
    // A connection that has worked will work again.
    ['open', 2, 'lost'],
    ['open', 3, 'lost'],
    ['open', 8, 'lost'],
    ['open', 11, 'lost'],
    ['open', 14, 'lost'],
  ] as const)('in phase %s with reason %i: %s', (phase, code, kind) => {
    expect(verdict({ error: disconnect(code, 'for reasons'), text: '', phase }).kind).toBe(kind);
  });

  it.each(['handshake', 'login', 'open'] as const)('in phase %s paints no terminal', (phase) => {
    const { message } = verdict({ error: disconnect(11, painting), text: '', phase });
    expect(message).not.toMatch(unprintable);
    expect(message).toContain('byenow');
  });
});

it('a channel that is refused in words that would paint the terminal', async () => {
  const server = new ssh2.Server({ hostKeys: [freshKey().private] }, (client) => {
    client.on('error', () => {});
    client.on('authentication', (context) => context.accept());
    client.on('tcpip', () => {});
    // ssh2's own `reject` has no words.
    const inside = client as unknown as {
      _protocol: {
        _handlers: { CHANNEL_OPEN(protocol: Refusing, info: { sender: number }): void };
      };
    };
    inside._protocol._handlers.CHANNEL_OPEN = (protocol, { sender }) =>
      protocol.channelOpenFail(sender, 2, painting);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closing.push(() => server.close());
  const bound = server.address();
  const port = typeof bound === 'object' && bound ? bound.port : 0;
  const { dir, remove } = scratch('verdict');
  closing.push(remove);
  const knownHostsPath = path.join(dir, 'known_hosts');
  const nobody = { address: '127.0.0.1', user: 'nobody', keyPath: 'none', knownHostsPath };
  const notices: Notice[] = [];
  const tunnel = openTunnel(
    tunnelTo({ ...nobody, port }, [{ local: '0:a.example:1' }], {
      onNotice: (notice) => notices.push(notice),
      options: { StrictHostKeyChecking: 'no' },
    }),
  );
  closing.push(() => tunnel.stop({ now: true }));
  await tunnel.ready;
  const caller = new Caller(tunnel.snapshot().forwards[0]?.port ?? 0);
  closing.push(() => caller.socket.destroy());
  const refused = await until('the refusal', () => notices.find(({ type }) => type === 'client-refused'));
  const { reason } = refused as Extract<Notice, { type: 'client-refused' }>;
  expect(reason).toContain('a.example:1: byenow');
  expect(reason).not.toMatch(unprintable);
});

interface Refusing {
  channelOpenFail(recipient: number, reason: number, words: string): void;
}
