/** Listeners on this machine and on the server, and the clients that come to them. */
import { existsSync, statSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { networkInterfaces } from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type ListenAt, type Listener, type LocalClient, listen } from '../../src/io/listen.js';
import { type ForwardOption, type Notice, openTunnel } from '../../src/open.js';
import { tunnelTo } from '../support/carrying.js';
import { scratch } from '../support/guard.js';
import { needs } from '../support/machine.js';
import { freePort, type Sshd, startSshd } from '../support/sshd.js';
import { Caller, echo, type Service } from '../support/streams.js';
import { until } from '../support/until.js';

const address6 = Object.values(networkInterfaces()).some((all) =>
  all?.some(({ address }) => address === '::1'),
);
/** An address of this machine that is not loopback, if it has one. */
const outside = Object.values(networkInterfaces())
  .flat()
  .find((one) => one?.family === 'IPv4' && !one.internal)?.address;

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

async function open(
  at: ListenAt,
  onClient: (client: LocalClient) => void = (client) => client.socket.end('hello'),
) {
  const listener: Listener = await listen(at, onClient);
  closing.push(() => listener.close());
  return listener;
}

const tcp = (host: string, port = 0, family: 0 | 4 | 6 = 0): ListenAt => ({
  type: 'tcp',
  host,
  port,
  family,
});

async function answers(host: string, port: number): Promise<boolean> {
  const caller = new Caller({ host, port });
  await until('an answer', () => caller.ended || caller.closed);
  caller.socket.destroy();
  return caller.text === 'hello';
}

describe('a listener', () => {
  it.runIf(address6)("on localhost is two, on the same port, as ssh's", async () => {
    const { port } = await open(tcp('localhost'));
    expect(await answers('127.0.0.1', port ?? 0)).toBe(true);
    expect(await answers('::1', port ?? 0)).toBe(true);
    if (outside) expect(await answers(outside, port ?? 0)).toBe(false);
  });

  it.runIf(address6)('on localhost keeps to the address family that was asked for', async () => {
    const { port: port4 } = await open(tcp('localhost', 0, 4));
    expect([await answers('127.0.0.1', port4 ?? 0), await answers('::1', port4 ?? 0)]).toEqual([true, false]);
    const { port: port6 } = await open(tcp('localhost', 0, 6));
    expect([await answers('127.0.0.1', port6 ?? 0), await answers('::1', port6 ?? 0)]).toEqual([false, true]);
  });

  it.runIf(outside !== undefined)('on every address answers from outside too', async () => {
    for (const host of ['', '*']) {
      const { port } = await open(tcp(host));
      expect(await answers(outside ?? '', port ?? 0)).toBe(true);
      expect(await answers('127.0.0.1', port ?? 0)).toBe(true);
      if (address6) expect(await answers('::1', port ?? 0)).toBe(true);
    }
  });

  it('on a port in use says EADDRINUSE and keeps nothing', async () => {
    const taken = await open(tcp('127.0.0.1'));
    await expect(listen(tcp('localhost', taken.port ?? 0), () => {})).rejects.toMatchObject({
      code: 'EADDRINUSE',
    });
    if (address6) expect(await answers('::1', taken.port ?? 0)).toBe(false);
  });

  it.runIf(address6)('on localhost with port 0 never takes a port whose other half is in use', async () => {
    // Of all ports that the system may pick, many are taken on ::1 only.
    const squatters: Server[] = [];
    closing.push(() => squatters.forEach((server) => void server.close()));
    for (let count = 0; count < 500; count += 1) {
      const squatter = createServer();
      await new Promise<void>((resolve) => squatter.listen({ port: 0, host: '::1' }, resolve));
      squatters.push(squatter);
    }
    for (let count = 0; count < 500; count += 1) {
      const { port } = await open(tcp('localhost'));
      expect(port).toBeGreaterThan(0);
    }
  });

  it('at a path is for its owner alone, and takes no path that exists', async () => {
    const { dir, remove } = scratch('listen');
    closing.push(remove);
    const at = path.join(dir, 'sock');
    const first = await listen({ type: 'unix', path: at }, () => {});
    expect(first.port).toBeNull();
    expect(statSync(at).mode & 0o777).toBe(0o600);
    await expect(listen({ type: 'unix', path: at }, () => {})).rejects.toMatchObject({ code: 'EADDRINUSE' });
    first.close();
    await until('the path is free', () => !existsSync(at));
    const file = path.join(dir, 'file');
    writeFileSync(file, 'something', { mode: 0o644 });
    await expect(listen({ type: 'unix', path: file }, () => {})).rejects.toMatchObject({
      code: 'EADDRINUSE',
    });
    expect(statSync(file).mode & 0o777).toBe(0o644);
  });

  it('reads a waiting client no further than 64 KiB and a chunk', async () => {
    let waiting: LocalClient | undefined;
    const { port } = await open(tcp('127.0.0.1'), (client) => {
      waiting = client;
      client.wait(
        () => {},
        () => {},
      );
    });
    const caller = new Caller(port ?? 0);
    closing.push(() => caller.socket.destroy());
    const block = Buffer.alloc(1024 * 1024);
    while (caller.socket.write(block) || caller.socket.writableLength < 16 * 1024 * 1024);
    await until('it stopped reading', () => waiting?.socket.isPaused());
    const taken = waiting?.take();
    const ahead = taken?.ahead.reduce((sum, { length }) => sum + length, 0) ?? 0;
    expect(ahead).toBeGreaterThanOrEqual(64 * 1024);
    expect(ahead).toBeLessThanOrEqual(128 * 1024);
    expect(taken?.ended).toBe(false);
  });
});

needs('sshd').describe('forwards', () => {
  let sshd: Sshd;
  let service: Service;
  beforeAll(async () => {
    sshd = await startSshd({ config: ['GatewayPorts clientspecified'] });
    service = await echo().listen();
  });
  afterAll(async () => {
    service?.close();
    await sshd?.stop();
  });

  async function tunnel(
    forwards: readonly ForwardOption[],
    more: Parameters<typeof tunnelTo>[2] = {},
    up = true,
  ) {
    const notices: Notice[] = [];
    const opened = openTunnel(
      tunnelTo(sshd, forwards, { ...more, onNotice: (notice) => void notices.push(notice) }),
    );
    closing.push(() => opened.stop({ now: true }));
    if (up) await opened.ready;
    return { tunnel: opened, notices, port: (index: number) => opened.snapshot().forwards[index]?.port ?? 0 };
  }

  async function echoes(to: { readonly host: string; readonly port: number }): Promise<boolean> {
    const caller = new Caller(to);
    caller.socket.end('hello');
    await until('an end', () => caller.ended || caller.closed);
    return caller.text === 'hello';
  }

  it('with port 0 report the port they got; a remote one keeps it over a reconnect', async () => {
    const {
      tunnel: opened,
      port,
      notices,
    } = await tunnel([
      { local: `0:127.0.0.1:${service.port}` },
      { remote: `0:127.0.0.1:${service.port}` },
      { dynamic: '0' },
      { remote: '0' },
    ]);
    const ports = [0, 1, 2, 3].map(port);
    expect(ports.every((one) => one > 0)).toBe(true);
    expect(new Set(ports).size).toBe(4);
    for (const index of [0, 1]) expect(await echoes({ host: '127.0.0.1', port: port(index) })).toBe(true);
    for (const index of [2, 3]) {
      const caller = new Caller(port(index));
      expect(await caller.socks('127.0.0.1', service.port)).toBe(0);
      caller.socket.end('hello');
      await until('the echo', () => caller.ended || caller.closed);
      expect(caller.text).toBe('hello');
    }
    await sshd.restart();
    await until('up again', () => notices.filter(({ type }) => type === 'up').length === 2);
    await until('all bound', () => opened.snapshot().forwards.every(({ status }) => status === 'bound'));
    expect([0, 1, 2, 3].map(port)).toEqual(ports);
    for (const index of [0, 1]) expect(await echoes({ host: '127.0.0.1', port: port(index) })).toBe(true);
  });

  it.runIf(outside !== undefined)('GatewayPorts and bind addresses say who may come', async () => {
    const target = `127.0.0.1:${service.port}`;
    const host = outside ?? '';
    const { port } = await tunnel([
      { local: `0:${target}` },
      { local: `*:0:${target}` },
      { remote: `0:${target}` },
      { remote: `*:0:${target}` },
      { local: `${host}:0:${target}` },
    ]);
    const reached: boolean[] = [];
    for (const index of [0, 1, 2, 3, 4]) reached.push(await echoes({ host, port: port(index) }));
    expect(reached).toEqual([false, true, false, true, true]);
    const gateway = await tunnel([{ local: `0:${target}` }], { options: { GatewayPorts: 'yes' } });
    expect(await echoes({ host, port: gateway.port(0) })).toBe(true);
  });

  it('a target that refuses: a reset for the client, a reason for who speaks SOCKS', async () => {
    const nobody = await freePort();
    const { port, notices } = await tunnel([
      { local: `0:127.0.0.1:${nobody}` },
      { dynamic: '0' },
      { remote: `0:127.0.0.1:${nobody}` },
      { remote: '0' },
      { local: `0:${path.join(sshd.dir, 'nothing.sock')}` },
    ]);
    for (const index of [0, 4]) {
      const plain = new Caller(port(index));
      await until('its end', () => plain.closed);
      expect([plain.error, plain.ended]).toEqual(['ECONNRESET', false]);
    }
    for (const index of [1, 3]) expect(await new Caller(port(index)).socks('127.0.0.1', nobody)).toBe(5);
    const remote = new Caller(port(2));
    await until('its end', () => remote.ended || remote.closed);
    expect(remote.received).toBe(0);
    const refused = notices.filter((notice) => notice.type === 'client-refused');
    // Clients of the server have no number here.
    expect(refused.map(({ index, client }) => [index, client === null])).toEqual([
      [0, false],
      [4, false],
      [1, false],
      [3, true],
      [2, true],
    ]);
    expect(refused[0]?.reason).toContain(`127.0.0.1:${nobody}`);
    expect(refused[0]?.reason).toMatch(/Connection refused/);
  });

  it('while nothing answers 1,000 clients are held, further ones reset; all who waited are served', async () => {
    const { tunnel: opened, port, notices } = await tunnel([{ local: `0:127.0.0.1:${service.port}` }]);
    await sshd.kill();
    await until('down', () => opened.state !== 'up');
    const callers: Caller[] = [];
    for (let count = 0; count < 1_050; count += 1) {
      const caller = new Caller(port(0));
      caller.socket.end(`I am ${count}`);
      callers.push(caller);
    }
    await until('50 are reset', () => callers.filter(({ closed }) => closed).length === 50, {
      detail: () => `${callers.filter(({ closed }) => closed).length} ${opened.snapshot().held}`,
    });
    expect(opened.snapshot().held).toBe(1_000);
    // The first are named, the others stand in the details until they are counted.
    expect(notices.filter(({ type }) => type === 'client-refused')).toHaveLength(3);
    const details = notices.filter(
      (notice) => notice.type === 'detail' && notice.text.includes('turned away'),
    );
    expect(details).toHaveLength(47);
    await sshd.start();
    await until('all answered', () => callers.every(({ ended, closed }) => ended || closed), {
      withinMs: 20_000,
    });
    const served = callers.filter(({ text }, index) => text === `I am ${index}`);
    expect(served).toHaveLength(1_000);
    // Who was still writing is told by EPIPE.
    expect(callers.filter(({ error }) => error !== null)).toHaveLength(50);
  });
});
