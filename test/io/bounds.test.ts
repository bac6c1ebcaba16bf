/** How much a server may say: before its version, beyond a window, and while it reads none of the replies. */
import type { Socket } from 'node:net';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { type Failure, openTunnel } from '../../src/open.js';
import { type Carrying, tunnelTo } from '../support/carrying.js';
import { call, type Guest, type Hostile, hostile, string, uint32 } from '../support/hostile.js';
import { type Caller, Service } from '../support/streams.js';
import { until } from '../support/until.js';

// The first test builds the library, on a busy machine slowly.
vi.setConfig({ testTimeout: 120_000 });

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

const mib = 1024 * 1024;

/** Says the same again and again, as fast as it is read, until it has said so much. */
function repeat(socket: Socket, chunk: Buffer, bytesMax: number): void {
  const more = () => {
    while (!socket.destroyed && socket.bytesWritten < bytesMax) {
      if (!socket.write(chunk)) {
        socket.once('drain', more);
        return;
      }
    }
  };
  more();
}

describe('before the version', () => {
  /** What the only attempt comes to, and how much of 256 MiB the server got rid of. */
  async function endless(chunk: Buffer): Promise<{ readonly failure: Failure; readonly sent: number }> {
    let sent = 0;
    const service = await new Service((socket) => {
      socket.resume();
      socket.on('close', () => (sent += socket.bytesWritten));
      repeat(socket, chunk, 256 * mib);
    }).listen();
    closing.push(() => service.close());
    const nobody = { address: '127.0.0.1', user: 'nobody', keyPath: 'none', knownHostsPath: 'none' };
    const tunnel = openTunnel(
      tunnelTo({ ...nobody, port: service.port }, [{ dynamic: '0' }], { maxAttempts: 1 }),
    );
    closing.push(() => tunnel.stop({ now: true }));
    const outcome = await tunnel.done;
    if (outcome.ok) throw new Error('it did not fail');
    await until('the server is left', () => service.sockets.size === 0);
    return { failure: outcome.failure, sent };
  }

  it('endless lines', async () => {
    const { failure, sent } = await endless(Buffer.from(`${'no version yet '.repeat(64)}\r\n`.repeat(64)));
    expect(failure).toMatchObject({
      kind: 'lost',
      message: expect.stringMatching(/: the server broke the protocol: 1024 lines .* "no version yet/),
    });
    expect(sent).toBeLessThan(32 * mib);
  });

  it('one endless line', async () => {
    const { failure, sent } = await endless(Buffer.alloc(64 * 1024, 'x'));
    expect(failure).toMatchObject({
      kind: 'lost',
      message: expect.stringMatching(
        /: the server broke the protocol: a line of more than 8192 bytes .* "xxx/,
      ),
    });
    expect(sent).toBeLessThan(32 * mib);
  });

  it('as many lines as OpenSSH takes, in pieces of any size', async () => {
    const { tunnel, close } = await hostile(
      () => {},
      undefined,
      (socket, done) => {
        const text = Buffer.from(
          `${'a line of a notice\r\n'.repeat(1000)}${'y'.repeat(8000)}\nnot SSH-2.0-this\n`,
        );
        let at = 0;
        const more = () => {
          if (at >= text.length) return done();
          socket.write(text.subarray(at, at + 97));
          at += 97;
          setImmediate(more);
        };
        more();
      },
    );
    closing.push(close);
    await tunnel.up();
  });
});

/** Up, with one client whose channel the server has accepted. */
async function carrying(
  readable: boolean,
): Promise<Hostile & { readonly guest: Guest; readonly caller: Caller }> {
  const made = await hostile((_guest, accept) => accept());
  closing.push(made.close);
  await made.tunnel.up();
  const caller = await call(made.tunnel);
  closing.push(() => caller.socket.destroy());
  if (!readable) caller.socket.pause();
  const guest = await until('its channel', () => made.guests.find(({ channels }) => channels.length > 0));
  return { ...made, guest, caller };
}

async function broken(tunnel: Carrying): Promise<string> {
  await until('the end of the link', () => tunnel.told('down').length > 0, {
    withinMs: 30_000,
    detail: () => tunnel.words(),
  });
  const [down] = tunnel.told('down');
  expect(down?.failure.kind).toBe('lost');
  return down?.failure.message ?? '';
}

/** How much the process of the tunnel has grown at most while something goes on. */
async function growth(tunnel: Carrying, what: () => Promise<unknown>): Promise<number> {
  const before = (await tunnel.usage()).rss;
  let most = 0;
  let over = false;
  const done = what().finally(() => (over = true));
  while (!over) {
    most = Math.max(most, (await tunnel.usage()).rss - before);
    await Promise.race([done, new Promise((resolve) => setImmediate(resolve))]);
  }
  await done;
  return Math.max(most, (await tunnel.usage()).rss - before);
}

const global = (name: string, wantReply: boolean, data: Buffer = Buffer.alloc(0)) =>
  Buffer.concat([Buffer.from([80]), string(name), Buffer.from([wantReply ? 1 : 0]), data]);
const forwarded = (port: number) =>
  Buffer.concat([
    Buffer.from([90]),
    string('forwarded-tcpip'),
    ...[7, 1000, 1000].map(uint32),
    string('localhost'),
    uint32(port),
    string('192.0.2.1'),
    uint32(1),
  ]);

describe('beyond the window', () => {
  it('data', async () => {
    const { tunnel, guest } = await carrying(false);
    const chunk = Buffer.alloc(32_000, 'd');
    const id = guest.channels[0]?.outgoing.id ?? -1;
    let sent = 0;
    const grown = await growth(tunnel, async () => {
      sent = await guest.flood(256 * mib, () => guest.protocol.channelData(id, chunk));
    });
    expect(await broken(tunnel)).toMatch(/^the server broke the protocol: .* beyond a channel's window/);
    expect(sent).toBeLessThan(64 * mib);
    expect(grown).toBeLessThan(48 * mib);
  });

  it("what goes to errors is in nobody's way", async () => {
    const { tunnel, guest, caller } = await carrying(true);
    const [channel] = guest.channels;
    const chunk = Buffer.alloc(32_000, 'e');
    const grown = await growth(tunnel, async () => {
      let left = 2_000;
      const more = () => {
        left -= 1;
        if (left > 0) channel?.stderr.write(chunk, more);
      };
      more();
      await until('it is written', () => left === 0, { detail: () => `${left} chunks are left` });
    });
    expect(grown).toBeLessThan(32 * mib);
    channel?.end('whole');
    await until('the answer', () => caller.ended && caller.text === 'whole');
  });

  it('a little more than allowed arrives', async () => {
    const { tunnel, guest, caller } = await carrying(false);
    const id = guest.channels[0]?.outgoing.id ?? -1;
    // The window is 2 MiB; OpenSSH lets a server go a tenth beyond it.
    const chunk = Buffer.alloc(32 * 1024, 'm');
    for (let round = 0; round < 67; round += 1) guest.protocol.channelData(id, chunk);
    caller.socket.resume();
    await until('all of it', () => caller.received === 67 * chunk.length, {
      detail: () => `${caller.received} bytes\n${tunnel.words()}`,
    });
    expect((await tunnel.snapshot()).links).toMatchObject([{ link: 1, role: 'current' }]);
  });
});

describe('a server that reads no replies and asks for more', () => {
  const floods: [string, (guest: Guest) => Buffer][] = [
    ['global requests', () => global('keepalive@openssh.com', true)],
    ['channels that nobody asked for', () => forwarded(7)],
    [
      'channels of an unknown type',
      () => Buffer.concat([Buffer.from([90]), string('x'), ...[7, 9, 9].map(uint32)]),
    ],
    [
      'requests on a channel',
      ({ channels }) =>
        Buffer.concat([
          Buffer.from([98]),
          uint32(channels[0]?.outgoing.id ?? -1),
          string('keepalive@openssh.com'),
          Buffer.from([1]),
        ]),
    ],
  ];
  it.each(floods)('%s', async (_name, payload) => {
    const { tunnel, guest } = await carrying(true);
    guest.socket.pause();
    const once = payload(guest);
    let sent = 0;
    const grown = await growth(tunnel, async () => {
      sent = await guest.flood(128 * mib, () => guest.send(once));
    });
    expect(await broken(tunnel)).toMatch(/^the server broke the protocol: .* requests, .* replies/);
    expect(sent).toBeLessThan(96 * mib);
    expect(grown).toBeLessThan(48 * mib);
  });

  it('channels without end at a port that was asked for', async () => {
    const { tunnel, guests, close } = await hostile(() => {}, [{ remote: '7777' }]);
    closing.push(close);
    await tunnel.up();
    const guest = await until('its login', () => guests[0]);
    await until('the forward', () => tunnel.told('forward').some(({ status }) => status.type === 'bound'));
    await guest.flood(128 * mib, () => guest.send(forwarded(7777)));
    expect(await broken(tunnel)).toMatch(/^the server broke the protocol: .* channels at once/);
  });
});

describe('what needs no reply', () => {
  const noises: [string, Buffer][] = [
    ['IGNORE', Buffer.concat([Buffer.from([2]), string(Buffer.alloc(8_000))])],
    ['DEBUG', Buffer.concat([Buffer.from([4, 1]), string(Buffer.alloc(8_000, 'd')), string('')])],
    ['keys of the server', global('hostkeys-00@openssh.com', false, string(Buffer.alloc(150)))],
  ];
  it.each(noises)('%s', async (_name, payload) => {
    const { tunnel, guest } = await carrying(true);
    // What it provokes is not read, either.
    guest.socket.pause();
    const grown = await growth(tunnel, async () => {
      expect(await guest.flood(32 * mib, () => guest.send(payload))).toBeGreaterThan(31 * mib);
    });
    expect(grown).toBeLessThan(24 * mib);
    expect(tunnel.told('down'), tunnel.words()).toEqual([]);
  });
});
