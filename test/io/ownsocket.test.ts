/** Options of a socket of our own: set, and read back by us and by another program. */
import type { Socket } from 'node:net';
import { afterEach, expect, it } from 'vitest';
import { requestedSocketOptions, type SocketOptions } from '../../src/core/keepalive/socketoptions.js';
import { readSockets } from '../../src/io/kernel/connections.js';
import { giveOptions, readHealth, readOptions } from '../../src/io/socket/setoptions.js';
import { dialTcp } from '../../src/io/socket.js';
import { needs } from '../support/machine.js';
import { ofSocket } from '../support/sockopts.js';
import { echo, Service } from '../support/streams.js';
import { until } from '../support/until.js';

const closing: (() => unknown)[] = [];
afterEach(() => {
  for (const close of closing.splice(0).reverse()) close();
});

/** Connected as `run` and `relay` connect. */
async function connected(keepAlive: boolean): Promise<Socket> {
  const service = await echo().listen();
  closing.push(() => service.close());
  const address = { host: '127.0.0.1', port: service.port, family: 0, bindAddress: null } as const;
  const socket = dialTcp({ ...address, keepAlive });
  closing.push(() => socket.destroy());
  await until('the connection', () => socket.remoteAddress !== undefined && !socket.connecting);
  return socket;
}

const keepalive = { idleS: 33, intervalS: 7, probes: 4 };
const rows: [name: string, options: SocketOptions, says: Record<string, number>][] = [
  ['keepalive', { tcpKeepalive: keepalive }, { keepAlive: 1, idle: 33, interval: 7, probes: 4 }],
  ['user timeout', { tcpUserTimeoutMs: 12_345 }, { userTimeoutMs: 12_345 }],
  ['the mark of what is not sent', { tcpNotsentLowatBytes: 131_072 }, { notsentLowat: 131_072 }],
  [
    'all of them',
    {
      tcpKeepalive: { idleS: 32_767, intervalS: 1, probes: 127 },
      tcpUserTimeoutMs: 1,
      tcpNotsentLowatBytes: 1,
    },
    { keepAlive: 1, idle: 32_767, interval: 1, probes: 127, userTimeoutMs: 1, notsentLowat: 1 },
  ],
];

needs('koffi', 'perl').describe('an own socket has what was asked, and nothing else', () => {
  for (const [name, options, says] of rows) {
    it(name, async () => {
      const socket = await connected(true);
      const before = await ofSocket(socket);
      const { values, lack } = giveOptions(socket, requestedSocketOptions(options));
      expect(lack).toBe('');
      const after = await ofSocket(socket);
      expect(after).toEqual({ ...before, ...says });
      expect(values).toEqual({
        keepAlive: after.keepAlive === 1,
        idleS: after.idle,
        intervalS: after.interval,
        probes: after.probes,
        userTimeoutMs: after.userTimeoutMs,
        notsentLowatBytes: after.notsentLowat,
      });
    });
  }

  it('the mark holds back what would wait unsent: the kernel takes less from a peer that does not read', async () => {
    const taken = async (options: SocketOptions): Promise<number> => {
      const service = await new Service((socket) => void socket.pause()).listen();
      closing.push(() => service.close());
      const socket = dialTcp({
        host: '127.0.0.1',
        port: service.port,
        family: 0,
        bindAddress: null,
        keepAlive: true,
      });
      closing.push(() => socket.destroy());
      await until('the connection', () => socket.remoteAddress !== undefined && !socket.connecting);
      giveOptions(socket, requestedSocketOptions(options));
      socket.on('error', () => {});
      for (let part = 0; part < 400; part += 1) socket.write(Buffer.alloc(65_536));
      const queue = () =>
        readSockets()?.find(
          ({ localPort, remotePort }) => localPort === socket.localPort && remotePort === service.port,
        )?.sendQueue ?? 0;
      let [before, same] = [-1, 0];
      await until(
        'a full queue',
        () => {
          const now = queue();
          same = now > 0 && now === before ? same + 1 : 0;
          before = now;
          return same > 5;
        },
        { everyMs: 50, withinMs: 20_000 },
      );
      return before;
    };
    const without = await taken({});
    expect(await taken({ tcpNotsentLowatBytes: 16_384 })).toBeLessThan(without / 2);
  }, 60_000);

  it('TCPKeepAlive alone is on with the values of the system', async () => {
    const [on, off] = [await connected(true), await connected(false)];
    const system = await ofSocket(off);
    expect(system.keepAlive).toBe(0);
    expect(await ofSocket(on)).toEqual({ ...system, keepAlive: 1 });
  });

  it('a closed socket has none, and says nothing', async () => {
    const socket = await connected(true);
    socket.destroy();
    expect(readOptions(socket)).toBeNull();
    expect(readHealth(socket)).toBeNull();
  });

  it('how the peer is: round trip, silence, probes', async () => {
    const socket = await connected(true);
    socket.write('x');
    await until('the echo', () => socket.bytesRead > 0 || socket.read() !== null);
    const health = readHealth(socket);
    expect(health?.unanswered).toBe(0);
    expect(health?.rttMs).toBeGreaterThan(0);
    expect(health?.rttMs).toBeLessThan(2_000);
    await until('a silence', () => (readHealth(socket)?.silentMs ?? 0) > (health?.silentMs ?? 0));
  });
});
