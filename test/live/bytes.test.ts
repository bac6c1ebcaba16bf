/** Much data, many clients, slow clients: every byte arrives, nobody waits for somebody else, nothing is kept. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Carrying, noNative, tunnelTo } from '../support/carrying.js';
import { needs } from '../support/machine.js';
import { type Sshd, startSshd } from '../support/sshd.js';
import { Caller, digest, echo, pour, Service } from '../support/streams.js';
import { until } from '../support/until.js';
import { openWire } from '../support/wire.js';

const MiB = 1024 * 1024;

needs('sshd').describe('bytes', () => {
  let sshd: Sshd;
  let service: Service;
  beforeAll(async () => {
    // At DEBUG1 sshd tells each key exchange.
    sshd = await startSshd({ config: ['RekeyLimit 10M', 'LogLevel DEBUG1', 'MaxSessions 1000'] });
    service = await echo().listen();
  });
  afterAll(async () => {
    service?.close();
    await sshd?.stop();
  });

  const keyExchanges = () => sshd.log().match(/SSH2_MSG_KEXINIT sent/g)?.length ?? 0;

  /** -L, -R and -D to the same service. */
  const everyWay = () => [
    { local: `0:127.0.0.1:${service.port}` },
    { remote: `0:127.0.0.1:${service.port}` },
    { dynamic: '0' },
  ];

  async function callers(tunnel: Carrying): Promise<Caller[]> {
    const [local, remote, dynamic] = (await tunnel.snapshot()).forwards.map(({ port }) => port ?? 0);
    const socks = new Caller(dynamic ?? 0);
    expect(await socks.socks('127.0.0.1', service.port)).toBe(0);
    return [new Caller(local ?? 0), new Caller(remote ?? 0), socks];
  }

  async function carry200MB(tunnel: Carrying): Promise<void> {
    const before = keyExchanges();
    const each = 67 * 1_000_000;
    const all = await callers(tunnel);
    for (const [seed, { socket }] of all.entries()) pour(socket, seed, each);
    await until('all of it, both ways', () => all.every(({ ended, closed }) => ended || closed), {
      withinMs: 120_000,
      everyMs: 100,
      detail: () => all.map(({ received, error }) => `${received} ${error}`).join('; ') + tunnel.words(),
    });
    for (const [seed, caller] of all.entries()) {
      expect(caller.error).toBeNull();
      expect(caller.received).toBe(each);
      expect(caller.digest()).toBe(digest(seed, each));
    }
    expect(keyExchanges() - before).toBeGreaterThanOrEqual(20);
    // One link from the first byte to the last, and none of it looked dead.
    expect(tunnel.told('connecting')).toHaveLength(1);
    expect(tunnel.told('down')).toEqual([]);
    expect(tunnel.stderr).toBe('');
  }
  const slowCrypto = (tunnel: Carrying) =>
    tunnel.told('detail').some(({ text }) => text.includes('ciphers run in JavaScript'));

  needs('ssh2-native').it(
    "200 MB each way through -L, -R and -D at once, over 20 rekeys, with ssh2's native part",
    async () => {
      const tunnel = await new Carrying(tunnelTo(sshd, everyWay())).up();
      expect(slowCrypto(tunnel)).toBe(false);
      await carry200MB(tunnel);
      await tunnel.stop();
    },
    150_000,
  );

  it('the same with ciphers in JavaScript', { timeout: 150_000 }, async () => {
    const tunnel = await new Carrying(tunnelTo(sshd, everyWay()), noNative).up();
    expect(slowCrypto(tunnel)).toBe(true);
    await carry200MB(tunnel);
    await tunnel.stop();
  });

  it('500 clients at once, each with its own data', async () => {
    const tunnel = await new Carrying(tunnelTo(sshd, everyWay())).up();
    const ports = (await tunnel.snapshot()).forwards.map(({ port }) => port ?? 0);
    const size = (client: number) => 1_000 + client * 300;
    const all = await Promise.all(
      Array.from({ length: 500 }, async (_, client) => {
        const caller = new Caller(ports[client % 3] ?? 0);
        if (client % 3 === 2) expect(await caller.socks('127.0.0.1', service.port)).toBe(0);
        pour(caller.socket, client, size(client));
        return caller;
      }),
    );
    await until('all answers', () => all.every(({ ended, closed }) => ended || closed), { withinMs: 30_000 });
    for (const [client, caller] of all.entries()) {
      expect([client, caller.error, caller.received]).toEqual([client, null, size(client)]);
      expect(caller.digest()).toBe(digest(client, size(client)));
    }
    expect(tunnel.told('connecting')).toHaveLength(1);
    await until('no pipe is left', async () => (await tunnel.snapshot()).links[0]?.pipes === 0);
    await tunnel.stop();
  });

  it('a client that does not read, and one that is not read, hold up nobody', {
    timeout: 60_000,
  }, async () => {
    // A service that answers without an end and reads nothing.
    const deaf = await new Service((socket) => pour(socket.pause(), 9, Number.POSITIVE_INFINITY)).listen();
    const to = `0:127.0.0.1:${deaf.port}`;
    const tunnel = await new Carrying(
      tunnelTo(sshd, [...everyWay(), { local: to }, { remote: to }], { options: { ServerAliveInterval: 1 } }),
    ).up();
    const ports = (await tunnel.snapshot()).forwards.map(({ port }) => port ?? 0);
    const fast = async () => {
      const startedAt = performance.now();
      const caller = new Caller(ports[0] ?? 0);
      pour(caller.socket, 1, 20 * MiB);
      await until('20 MiB and back', () => caller.ended || caller.closed, { withinMs: 20_000 });
      expect(caller.digest()).toBe(digest(1, 20 * MiB));
      return performance.now() - startedAt;
    };
    await fast();
    const aloneMs = await fast();
    const before = await tunnel.usage();
    // 15 that do not read and 15 that nobody reads, each way.
    const stalled = Array.from({ length: 30 }, (_, client) => {
      const caller = new Caller(ports[3 + (client % 2)] ?? 0);
      caller.socket.pause();
      pour(caller.socket, client, Number.POSITIVE_INFINITY);
      return caller;
    });
    let moved = -1;
    await until(
      'they stand still',
      () => {
        const last = moved;
        moved = [...deaf.sockets, ...stalled.map(({ socket }) => socket)].reduce(
          (sum, { bytesWritten }) => sum + bytesWritten,
          0,
        );
        return deaf.sockets.size === 30 && moved === last;
      },
      { everyMs: 300, withinMs: 25_000 },
    );
    const besideMs = await fast();
    // It shares nothing with them but the link. Four times is far from waiting for them, which would be for ever.
    expect(besideMs).toBeLessThan(4 * aloneMs + 1_000);
    const beats = tunnel.told('heartbeat').length;
    await until('heartbeats while they stand', () => tunnel.told('heartbeat').length >= beats + 2);
    expect(
      Math.max(
        ...tunnel
          .told('heartbeat')
          .slice(beats)
          .map(({ rttMs }) => rttMs),
      ),
    ).toBeLessThan(500);
    expect(tunnel.told('suspect')).toEqual([]);
    // Of each: what its channel's window lets in (2 MiB, and 1 MiB that is granted early), and as much that is freed and
    // not given back.
    const after = await tunnel.usage();
    expect(after.rss - before.rss).toBeLessThan(30 * 8 * MiB);
    for (const { socket } of stalled) socket.destroy();
    deaf.close(); // or sshd would wait until it has read what is for it
    await until('no pipe is left', async () => (await tunnel.snapshot()).links[0]?.pipes === 0);
    await tunnel.stop();
  });

  it('a narrow wire full of uploads, over rekeys: small talk still comes through, and nothing piles up', {
    timeout: 150_000,
  }, async () => {
    const wire = await openWire(sshd.port);
    const { address, user, keyPath, knownHostsPath } = sshd;
    const options = { HostKeyAlias: `[${address}]:${sshd.port}`, ServerAliveInterval: 3 };
    const to = { address, user, keyPath, knownHostsPath, port: wire.port };
    const sink = await new Service((socket) => socket.resume()).listen();
    const forwards = [{ local: `0:127.0.0.1:${sink.port}` }, { local: `0:127.0.0.1:${service.port}` }];
    const tunnel = await new Carrying(tunnelTo(to, forwards, { options })).up();
    const talker = new Caller(await tunnel.port(1));
    const uploaded = () => [...sink.sockets].reduce((sum, socket) => sum + socket.bytesRead, 0);
    /** Says a word, and tells how much of the uploads came through before its echo. */
    const talk = async () => {
      const heard = talker.received;
      const before = uploaded();
      talker.socket.write('?');
      await until('the echo', () => talker.received > heard || talker.closed, {
        withinMs: 60_000,
        everyMs: 5,
        detail: () => `${uploaded() - before} bytes of uploads came through instead`,
      });
      expect(talker.error).toBeNull();
      return uploaded() - before;
    };
    await talk();
    const before = await tunnel.usage();
    wire.set({ kind: 'pass', bytesPerSecond: 16 * MiB }, 'toServer');
    const port = await tunnel.port(0);
    const senders = Array.from({ length: 200 }, (_, client) => {
      const caller = new Caller(port);
      pour(caller.socket, client, Number.POSITIVE_INFINITY);
      return caller;
    });
    await until('all are under way', () => sink.sockets.size === 200, { withinMs: 30_000 });
    const talks: number[] = [];
    for (let count = 0; count < 5; count += 1) talks.push(await talk());
    console.log(
      `uploads in front of a word: ${talks.map((bytes) => `${(bytes / MiB).toFixed(1)} MiB`).join(', ')}`,
    );
    const after = await tunnel.usage();
    // In front of each word stand some chunks of each and the buffers on the way; not the 400 MiB of 200 filled windows.
    expect(Math.max(...talks)).toBeLessThan(200 * MiB);
    // The kernel's send buffer is not seen, so a machine that is busy itself may make it ask once; nobody pays for that.
    expect(tunnel.told('suspect').length).toBeLessThanOrEqual(1);
    // Of each sender a chunk of 64 KiB and a queue of 64 KiB. With every window filled it would be 2 MiB and more.
    expect(after.rss - before.rss).toBeLessThan(200 * MiB);
    for (const { socket } of senders) socket.destroy();
    await tunnel.stop();
    talker.socket.destroy();
    sink.close();
    wire.close();
  });

  it('thousands that come and leave at once leave nothing behind', { timeout: 90_000 }, async () => {
    const tunnel = await new Carrying(tunnelTo(sshd, everyWay())).up();
    const ports = (await tunnel.snapshot()).forwards.map(({ port }) => port ?? 0);
    const round = async () => {
      for (let count = 0; count < 1_000; count += 50) {
        const all = Array.from({ length: 50 }, (_, client) => {
          const caller = new Caller(ports[client % 3] ?? 0);
          const leave = () => (client % 2 === 0 ? caller.socket.resetAndDestroy() : caller.socket.destroy());
          caller.socket.on('connect', () => (client % 5 === 0 ? caller.socket.write('x', leave) : leave()));
          return caller;
        });
        await until('they left', () => all.every(({ closed }) => closed));
      }
      await until('none is held or carried', async () => {
        const { held, links } = await tunnel.snapshot();
        return held === 0 && links[0]?.pipes === 0;
      });
      await until('none is left at the service', () => service.sockets.size === 0);
    };
    await round();
    const before = await tunnel.usage();
    await round();
    await round();
    const after = await tunnel.usage();
    expect(after.handles.length).toBe(before.handles.length);
    // 2,000 clients; a Duplex with its listeners is some 5 KB, so a leak of each would be 10 MB.
    expect(after.heapUsed - before.heapUsed).toBeLessThan(2 * MiB);
    expect(tunnel.stderr).toBe('');
    expect(tunnel.told('connecting')).toHaveLength(1);
    await tunnel.stop();
  });
});
