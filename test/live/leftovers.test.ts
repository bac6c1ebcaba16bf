/** Nothing of a client stays behind: neither when it is turned away, nor when the tunnel stops. */
import path from 'node:path';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { type ForwardOption, openTunnel, type Tunnel } from '../../src/open.js';
import { Carrying, tunnelTo } from '../support/carrying.js';
import { needs } from '../support/machine.js';
import { type Sshd, startSshd } from '../support/sshd.js';
import { Caller, pour, Service } from '../support/streams.js';
import { until } from '../support/until.js';

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

needs('sshd').describe('leftovers', () => {
  let sshd: Sshd;
  beforeAll(async () => {
    sshd = await startSshd();
  });
  afterAll(() => sshd?.stop());

  async function carrying(forwards: readonly ForwardOption[]): Promise<Carrying> {
    const tunnel = new Carrying(tunnelTo(sshd, forwards));
    closing.push(() => tunnel.stop());
    return tunnel.up();
  }

  async function call(port: number): Promise<Caller> {
    const caller = new Caller(port);
    closing.push(() => caller.socket.destroy());
    await until('a connection', () => caller.connectedAt !== null);
    return caller;
  }

  const sockets = async (tunnel: Carrying) => (await tunnel.usage()).handles.length;
  const refused = Buffer.from([4, 1, 0, 1, 127, 0, 0, 1, 0]);

  it.each([
    ['that is refused', refused],
    ['that wants a password', Buffer.from([5, 1, 2])],
    ['that speaks HTTP', Buffer.from('GET / HTTP/1.0\r\n')],
  ])('a SOCKS client %s and sends more before it leaves', async (_name, request) => {
    const tunnel = await carrying([{ dynamic: '127.0.0.1:0' }]);
    const before = await sockets(tunnel);
    const callers = await Promise.all(Array.from({ length: 5 }, async () => call(await tunnel.port(0))));
    for (const { socket } of callers) socket.write(request);
    await until('all are turned away', () => callers.every(({ ended, closed }) => ended || closed));
    for (const { socket } of callers) socket.end('more');
    await until('nothing is left', async () => (await sockets(tunnel)) === before);
  });

  it.each([
    ['-D', { dynamic: '127.0.0.1:0' }],
    ['-R', { remote: '127.0.0.1:0' }],
  ])('a SOCKS client of %s that is refused and stays', async (_name, forward) => {
    const tunnel = await carrying([forward]);
    const caller = await call(await tunnel.port(0));
    caller.socket.write(refused);
    await until('its refusal', () => caller.text.length === 8);
    // Node reads no more after the end; only who writes hears of a reset.
    await until('its connection is cut off', () => caller.closed || void caller.socket.write('more'));
  });

  /** Less than the window of a channel, so that all of it comes; more than a unix socket takes, so that some of it waits. */
  const whole = 1_500_000;

  it('a stop ends a client that does not read what came to its end', async () => {
    const service = await new Service((socket) => pour(socket, 1, whole)).listen();
    closing.push(() => service.close());
    const own = path.join(sshd.dir, 'client.sock');
    const tunnel = openTunnel(tunnelTo(sshd, [{ local: `${own}:127.0.0.1:${service.port}` }]));
    closing.push(() => tunnel.stop({ now: true }));
    await tunnel.ready;
    const caller = new Caller(own);
    closing.push(() => caller.socket.destroy());
    caller.socket.pause();
    await quiet(tunnel, () => [...service.sockets].some(({ writableFinished }) => writableFinished));
    await tunnel.stop({ now: true });
    await cutShort(caller);
  });

  it('a stop ends a service that does not read what came to its end', async () => {
    const served: Caller[] = [];
    const own = path.join(sshd.dir, 'service.sock');
    const service = await new Service((socket) => {
      served.push(new Caller(socket));
      socket.pause();
    }).listen({ path: own });
    closing.push(() => service.close());
    const tunnel = openTunnel(tunnelTo(sshd, [{ remote: `127.0.0.1:0:${own}` }]));
    closing.push(() => tunnel.stop({ now: true }));
    await tunnel.ready;
    const caller = await call(tunnel.snapshot().forwards[0]?.port ?? 0);
    pour(caller.socket, 1, whole);
    await quiet(tunnel, () => caller.socket.writableFinished);
    await tunnel.stop({ now: true });
    await cutShort(served[0]);
  });

  async function cutShort(reader: Caller | undefined): Promise<void> {
    reader?.socket.resume();
    await until('its end', () => reader?.ended || reader?.closed);
    expect([reader?.ended, reader && reader.received < whole]).toEqual([false, true]);
  }

  /** All was sent, and nothing more comes. */
  async function quiet(tunnel: Tunnel, sent: () => boolean): Promise<void> {
    await until('all is on its way', () => {
      const [link] = tunnel.snapshot().links;
      return sent() && link?.pipes === 1 && (link.quietMs ?? 0) > 500;
    });
  }
});
