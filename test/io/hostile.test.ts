/** A server that breaks the protocol may lose its clients, and may not end or stop the program. */
import { afterEach, expect, it, vi } from 'vitest';
import type { Carrying } from '../support/carrying.js';
import { type Accepted, call as callTo, hostile, type Protocol } from '../support/hostile.js';
import type { Caller } from '../support/streams.js';
import { until } from '../support/until.js';

// The first test builds the library, on a busy machine slowly.
vi.setConfig({ testTimeout: 120_000 });

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

/** A server that lets everybody in and answers each channel in this way. */
async function tunnelTowards(
  answer: (protocol: Protocol, accept: () => Accepted) => void,
): Promise<Carrying> {
  const { tunnel, close } = await hostile(({ protocol }, accept) => answer(protocol, accept));
  closing.push(close);
  return tunnel.up();
}

async function call(tunnel: Carrying): Promise<Caller> {
  const caller = await callTo(tunnel);
  closing.push(() => caller.socket.destroy());
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
