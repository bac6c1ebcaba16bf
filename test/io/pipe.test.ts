/** What the two ends of a forwarded connection see of each other: ends, halves of ends, and what is no end at all. */
import path from 'node:path';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { type ForwardOption, type Notice, openTunnel, type Tunnel } from '../../src/open.js';
import { tunnelTo } from '../support/carrying.js';
import { needs } from '../support/machine.js';
import { type Sshd, startSshd } from '../support/sshd.js';
import { Caller, digest, pour, Service } from '../support/streams.js';
import { until } from '../support/until.js';
import { openWire, type Wire } from '../support/wire.js';

const MiB = 1024 * 1024;

needs('sshd').describe('pipes', () => {
  let sshd: Sshd;
  /** Answers with 3 MiB when the client has finished. */
  let answering: Service;
  /** Finishes at once, and goes on listening. */
  let listening: Service;
  const heard: Caller[] = [];
  const closing: (() => unknown)[] = [];

  beforeAll(async () => {
    sshd = await startSshd({ config: ['StreamLocalBindUnlink yes'] });
    answering = new Service((socket) => {
      socket.resume().on('end', () => pour(socket, 1, 3 * MiB));
    });
    listening = new Service((socket) => {
      heard.push(new Caller(socket));
      socket.end('that is all');
    });
    await answering.listen();
    await listening.listen();
  });
  afterEach(async () => {
    for (const close of closing.splice(0).reverse()) await close();
  });
  afterAll(async () => {
    answering?.close();
    listening?.close();
    await sshd?.stop();
  });

  async function open(
    forwards: readonly ForwardOption[],
    server: Parameters<typeof tunnelTo>[0] = sshd,
  ): Promise<{ tunnel: Tunnel; notices: Notice[]; port: (index?: number) => number }> {
    const notices: Notice[] = [];
    const onNotice = (notice: Notice) => void notices.push(notice);
    const tunnel = openTunnel(tunnelTo(server, forwards, { onNotice, options: { ServerAliveInterval: 5 } }));
    closing.push(() => tunnel.stop({ now: true }));
    await tunnel.ready;
    return { tunnel, notices, port: (index = 0) => tunnel.snapshot().forwards[index]?.port ?? 0 };
  }

  async function through(wire: Wire, forwards: readonly ForwardOption[]) {
    const { address, user, keyPath } = sshd;
    // The wire has a port of its own; HostKeyAlias finds the key under the server's.
    const notices: Notice[] = [];
    const onNotice = (notice: Notice) => void notices.push(notice);
    const options = { HostKeyAlias: `[${address}]:${sshd.port}` };
    const to = { address, user, keyPath, knownHostsPath: sshd.knownHostsPath, port: wire.port };
    const tunnel = openTunnel(tunnelTo(to, forwards, { onNotice, options }));
    closing.push(() => tunnel.stop({ now: true }));
    await tunnel.ready;
    return { tunnel, notices, port: (index = 0) => tunnel.snapshot().forwards[index]?.port ?? 0 };
  }

  /** A way to reach a service, by its name; gives a client that is connected, as far as SSH goes. */
  const ways: [string, (service: Service) => Promise<Caller>][] = [
    ['-L', async ({ port }) => new Caller((await open([{ local: `0:127.0.0.1:${port}` }])).port())],
    ['-R', async ({ port }) => new Caller((await open([{ remote: `0:127.0.0.1:${port}` }])).port())],
    [
      '-D',
      async ({ port }) => {
        const caller = new Caller((await open([{ dynamic: '0' }])).port());
        expect(await caller.socks('127.0.0.1', port)).toBe(0);
        return caller;
      },
    ],
    [
      '-R with SOCKS',
      async ({ port }) => {
        const caller = new Caller((await open([{ remote: '0' }])).port());
        expect(await caller.socks('127.0.0.1', port)).toBe(0);
        return caller;
      },
    ],
    [
      '-L /path:host:port',
      async ({ port }) => {
        const at = path.join(sshd.dir, 'local.sock');
        await open([{ local: `${at}:127.0.0.1:${port}` }]);
        return new Caller(at);
      },
    ],
    [
      '-R /path:host:port',
      async ({ port }) => {
        const at = path.join(sshd.dir, 'remote.sock');
        await open([{ remote: `${at}:127.0.0.1:${port}` }]);
        return new Caller(at);
      },
    ],
    [
      '-L port:/path',
      async (service) => new Caller((await open([{ local: `0:${await pathOf(service)}` }])).port()),
    ],
    [
      '-R port:/path',
      async (service) => new Caller((await open([{ remote: `0:${await pathOf(service)}` }])).port()),
    ],
  ];

  /** The same service, at a path. */
  async function pathOf(service: Service): Promise<string> {
    const at = path.join(sshd.dir, 'service.sock');
    const twin = await new Service((socket) => void service.server.emit('connection', socket)).listen({
      path: at,
    });
    closing.push(() => twin.close());
    return at;
  }

  it.each(ways)('%s: who has finished speaking still hears the whole answer', async (_name, reach) => {
    const caller = await reach(answering);
    pour(caller.socket, 2, 100_000);
    await until('the end of the answer', () => caller.ended || caller.closed);
    expect(caller.error).toBeNull();
    expect(caller.received).toBe(3 * MiB);
    expect(caller.digest()).toBe(digest(1, 3 * MiB));
    await until('both ends are gone', () => caller.closed && answering.sockets.size === 0);
  });

  it.each(ways)('%s: who has heard all can go on speaking', async (_name, reach) => {
    heard.length = 0;
    const caller = await reach(listening);
    await until('the end of the answer', () => caller.ended || caller.closed);
    expect(caller.text).toBe('that is all');
    pour(caller.socket, 3, 3 * MiB);
    const [other] = heard;
    await until('all of it at the service', () => other?.ended || other?.closed);
    expect(other?.received).toBe(3 * MiB);
    expect(other?.digest()).toBe(digest(3, 3 * MiB));
    await until('both ends are gone', () => caller.closed && other?.closed);
    expect(caller.error).toBeNull();
  });

  it('a client that finished speaking while it was held is served when the link is back', async () => {
    const at = path.join(sshd.dir, 'held.sock');
    const { tunnel, port } = await open([
      { local: `0:127.0.0.1:${answering.port}` },
      { local: `${at}:127.0.0.1:${answering.port}` },
    ]);
    await sshd.kill();
    await until('down', () => tunnel.state === 'waiting' || tunnel.state === 'connecting');
    const callers = [new Caller(port()), new Caller(at)];
    for (const { socket } of callers) socket.end('a question');
    await until('both held', () => tunnel.snapshot().held === 2);
    await sshd.start();
    for (const caller of callers) {
      await until('the answer', () => caller.ended || caller.closed);
      expect(caller.error).toBeNull();
      expect(caller.digest()).toBe(digest(1, 3 * MiB));
    }
  });

  it('a client that left while it was held opens nothing at the target', async () => {
    const at = path.join(sshd.dir, 'left.sock');
    const { tunnel, port } = await open([
      { local: `0:127.0.0.1:${answering.port}` },
      { local: `${at}:127.0.0.1:${answering.port}` },
    ]);
    await sshd.kill();
    await until('down', () => tunnel.state === 'waiting' || tunnel.state === 'connecting');
    const before = answering.taken;
    for (const to of [port(), at]) {
      const leaver = new Caller(to);
      leaver.socket.write('a question');
      await until('held', () => tunnel.snapshot().held === 1);
      leaver.socket.destroy();
      await until('forgotten', () => tunnel.snapshot().held === 0);
    }
    // Two that first only finish, and leave later.
    for (const to of [port(), at]) {
      const leaver = new Caller(to);
      leaver.socket.end('a question');
      await until('held', () => leaver.socket.writableFinished && tunnel.snapshot().held > 0);
      leaver.socket.destroy();
    }
    const stayer = new Caller(port());
    stayer.socket.end('a question');
    await until('held', () => tunnel.snapshot().held >= 1);
    await sshd.start();
    await until('the answer of the one who stayed', () => stayer.ended || stayer.closed);
    expect(stayer.received).toBe(3 * MiB);
    expect(answering.taken).toBe(before + 1);
  });

  it('a client that left while it was held, with more to say than was read ahead, opens nothing either', async () => {
    const at = path.join(sshd.dir, 'full.sock');
    const { tunnel, port } = await open([
      { local: `0:127.0.0.1:${answering.port}` },
      { local: `${at}:127.0.0.1:${answering.port}` },
    ]);
    await sshd.kill();
    await until('down', () => tunnel.state === 'waiting' || tunnel.state === 'connecting');
    const before = answering.taken;
    const ways: [string | number, 'destroy' | 'resetAndDestroy'][] = [
      [port(), 'destroy'],
      [port(), 'resetAndDestroy'],
      [at, 'destroy'],
    ];
    const leavers = ways.map(([to]) => new Caller(to));
    for (const { socket } of leavers) {
      socket.write(Buffer.alloc(200_000));
      // The kernel's buffers have the rest: nobody reads any more.
      await until('all of it is on its way', () => !socket.connecting && socket.writableLength === 0);
    }
    await until('held', () => tunnel.snapshot().held === leavers.length);
    for (const [index, leaver] of leavers.entries()) leaver.socket[ways[index]?.[1] ?? 'destroy']();
    const stayers = [new Caller(port()), new Caller(at)];
    for (const { socket } of stayers) socket.end(Buffer.alloc(200_000));
    // Of those who left some may be forgotten by now, depending on how much was read of them.
    await until('held', () => tunnel.snapshot().held >= stayers.length);
    await sshd.start();
    for (const stayer of stayers) {
      await until('the answer of the one who stayed', () => stayer.ended || stayer.closed);
      expect([stayer.received, stayer.error]).toEqual([3 * MiB, null]);
    }
    await until('nobody is held', () => tunnel.snapshot().held === 0);
    expect(answering.taken).toBe(before + stayers.length);
  });

  it('who says all at once and leaves is heard to the end', async () => {
    const said = new Service((socket) => void heard.push(new Caller(socket)));
    await said.listen();
    closing.push(() => said.close());
    heard.length = 0;
    const wire = await openWire(sshd.port);
    closing.push(() => wire.close());
    // A channel takes a round trip: by the time it is there its client is gone.
    wire.set({ kind: 'pass', delayMs: 50 });
    const to = `0:127.0.0.1:${said.port}`;
    const { port } = await through(wire, [{ local: to }, { remote: to }]);
    for (const index of [0, 1]) {
      const caller = new Caller(port(index));
      caller.socket.on('finish', () => caller.socket.destroy());
      pour(caller.socket, index, 10_000);
      await until('the end at the service', () => heard[index]?.ended || heard[index]?.closed);
      expect(heard[index]?.received).toBe(10_000);
      expect(heard[index]?.digest()).toBe(digest(index, 10_000));
    }
  });

  /** Sends without an end. */
  async function endless(): Promise<Service> {
    const service = new Service((socket) => pour(socket.resume(), 4, Number.POSITIVE_INFINITY));
    closing.push(() => service.close());
    return await service.listen();
  }

  it.each([
    ['a killed sshd', async () => void (await sshd.restart())],
    ['a reset of the link', async (wire: Wire) => wire.reset()],
    ['a FIN of the server', async (wire: Wire) => wire.connections[0]?.close()],
  ])('%s ends all pipes with a reset, on both sides', async (_name, lose) => {
    const service = await endless();
    const wire = await openWire(sshd.port);
    closing.push(() => wire.close());
    const { port, notices } = await through(wire, [
      { local: `0:127.0.0.1:${service.port}` },
      { dynamic: '0' },
      { remote: `0:127.0.0.1:${service.port}` },
    ]);
    const reader = new Caller(port(0));
    const stalled = new Caller(port(0));
    stalled.socket.pause();
    const idle = new Caller(port(1));
    expect(await idle.socks('127.0.0.1', answering.port)).toBe(0);
    const target: Caller[] = [];
    service.server.on('connection', (socket) => target.push(new Caller(socket)));
    const remote = new Caller(port(2));
    await until('data', () => reader.received > MiB && remote.received > MiB && target.length === 1);
    await lose(wire);
    stalled.socket.resume();
    for (const caller of [reader, stalled, idle]) {
      await until('the reset', () => caller.closed);
      expect([caller.error, caller.ended]).toEqual(['ECONNRESET', false]);
    }
    // The service behind -R is a client of ours too.
    await until('the reset of the target', () => target[0]?.closed);
    expect([target[0]?.error, target[0]?.ended]).toEqual(['ECONNRESET', false]);
    expect(notices.filter(({ type }) => type === 'down')).toHaveLength(1);
  });

  it('what was complete before a loss is delivered whole, to a slow reader too', async () => {
    const size = 3 * MiB;
    const service = await new Service((socket) => pour(socket, 5, size)).listen();
    closing.push(() => service.close());
    const wire = await openWire(sshd.port);
    closing.push(() => wire.close());
    const { tunnel, port } = await through(wire, [{ local: `0:127.0.0.1:${service.port}` }]);
    const caller = new Caller(port());
    caller.socket.pause();
    await allWithUs(wire, size);
    wire.reset();
    await until('down', () => tunnel.state !== 'up');
    caller.socket.resume();
    await until('the end', () => caller.ended || caller.closed);
    expect(caller.error).toBeNull();
    expect(caller.digest()).toBe(digest(5, size));
    caller.socket.end();
    await until('closed', () => caller.closed);
  });

  it('a loss while the client still sends is no clean end, though the target had finished', async () => {
    const size = 3 * MiB;
    const service = await new Service((socket) => pour(socket.resume(), 5, size)).listen();
    closing.push(() => service.close());
    const wire = await openWire(sshd.port);
    closing.push(() => wire.close());
    const at = path.join(sshd.dir, 'lossy.sock');
    const to = `127.0.0.1:${service.port}`;
    const { tunnel, port } = await through(wire, [{ local: `0:${to}` }, { local: `${at}:${to}` }]);
    const callers = [new Caller(port()), new Caller(at)];
    for (const { socket } of callers) socket.pause();
    await allWithUs(wire, 2 * size);
    wire.set({ kind: 'hold' }, 'toServer');
    for (const { socket } of callers) socket.write(Buffer.alloc(10_000));
    await until('it is gone', () => callers.every(({ socket }) => socket.writableLength === 0));
    wire.reset();
    await until('down', () => tunnel.state !== 'up');
    for (const { socket } of callers) socket.resume();
    const [tcp, unix] = callers;
    await until('its end', () => tcp?.closed);
    expect([tcp?.error, tcp?.ended]).toEqual([expect.stringMatching(/ECONNRESET|EPIPE/), false]);
    // A unix socket has none: it delivers all, and refuses what is written then.
    await until('its end', () => unix?.ended || unix?.closed);
    expect(unix?.received).toBe(size);
    unix?.socket.write('more');
    await until('the refusal', () => unix?.error);
  });

  it('a client that resets in the middle is gone from the other side too, and from us', async () => {
    const service = await endless();
    const { tunnel, port } = await open([
      { local: `0:127.0.0.1:${service.port}` },
      { remote: `0:127.0.0.1:${service.port}` },
    ]);
    for (const index of [0, 1]) {
      const reader = new Caller(port(index));
      const stalled = new Caller(port(index));
      const sender = new Caller(port(index));
      stalled.socket.pause();
      pour(sender.socket, 6, Number.POSITIVE_INFINITY);
      await until('data', () => reader.received > MiB && service.sockets.size === 3);
      await standsStill(service);
      for (const { socket } of [reader, stalled, sender]) socket.resetAndDestroy();
      await until('nobody is left at the service', () => service.sockets.size === 0);
      await until('no pipe is left', () => tunnel.snapshot().links[0]?.pipes === 0);
    }
  });

  it('a target that resets in the middle: its client is not kept waiting', async () => {
    const service = new Service((socket) => {
      socket.write('so far');
      socket.once('data', () => socket.resetAndDestroy());
    });
    await service.listen();
    closing.push(() => service.close());
    const { tunnel, port } = await open([
      { local: `0:127.0.0.1:${service.port}` },
      { remote: `0:127.0.0.1:${service.port}` },
    ]);
    for (const index of [0, 1]) {
      const caller = new Caller(port(index));
      await until('the answer', () => caller.text === 'so far');
      caller.socket.write('more');
      // SSH has no word for a reset: sshd passes it on as an end.
      await until('the end', () => caller.ended || caller.closed);
      caller.socket.end();
      await until('no pipe is left', () => tunnel.snapshot().links[0]?.pipes === 0);
      await until('closed', () => caller.closed);
    }
  });
});

/** So much has come through the wire, and no more comes. */
async function allWithUs(wire: Wire, size: number): Promise<void> {
  let carried = 0;
  await until(
    'all of it at our side',
    () => {
      const before = carried;
      carried = wire.connections[0]?.carried('toClient') ?? 0;
      return carried > size && carried === before;
    },
    { everyMs: 200 },
  );
}

/** Nothing moves to the slowest of its clients any more: all buffers on the way are full. */
async function standsStill(service: Service): Promise<void> {
  let before = '';
  await until(
    'a client stands still',
    () => {
      const full = [...service.sockets].filter((socket) => socket.writableNeedDrain);
      const same = full.filter(({ bytesWritten, remotePort }) =>
        before.includes(`${remotePort}:${bytesWritten};`),
      );
      before = full.map(({ bytesWritten, remotePort }) => `${remotePort}:${bytesWritten};`).join('');
      return same.length > 0;
    },
    { everyMs: 200 },
  );
}
