/** Clients of the server's side on a link that drains: whatever becomes of them, the link is closed behind the last one. */
import net, { type AddressInfo, type Socket } from 'node:net';
import { PassThrough } from 'node:stream';
import { afterEach, describe, expect, it } from 'vitest';
import { Links } from '../../src/carrier/links.js';
import { LocalClients } from '../../src/carrier/localclients.js';
import { RemoteForwards } from '../../src/carrier/remotes.js';
import type { Event } from '../../src/core/tunnel/event.js';
import type { Notice } from '../../src/core/tunnel/notice.js';
import { KeyMemory } from '../../src/dial/keymemory.js';
import type { Channel } from '../../src/io/base/channel.js';
import { clock } from '../../src/io/clock.js';
import { userEnvironment } from '../../src/io/machine.js';
import type { Incoming } from '../../src/io/ssh/session.js';
import { requestFor } from '../../src/read.js';
import { until } from '../support/until.js';

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

/** Accepts and says nothing. */
async function mute(): Promise<{ port: number; open: Set<Socket> }> {
  const open = new Set<Socket>();
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
  return { port: (server.address() as AddressInfo).port, open };
}

/** Link 1 of a tunnel with this forward, granted at port 9 of the server, drains; its server says nothing. */
async function draining(remote: string) {
  const server = await mute();
  const events: Event[] = [];
  const notices: Notice[] = [];
  const around = userEnvironment();
  const options = {
    host: '127.0.0.1',
    configFile: 'none',
    forwards: [{ remote }],
    options: { Port: server.port },
  };
  const request = await requestFor(options, around, new AbortController().signal);
  const report = (event: Event) => void events.push(event);
  const tell = (notice: Notice) => void notices.push(notice);
  const bound = () => () => {};
  const clients = new LocalClients({ request, report, notify: tell, bound });
  const remotes: RemoteForwards = new RemoteForwards(
    { request, inForce: () => request, report, notify: tell, bound },
    () => links,
  );
  const links: Links = new Links({
    dial: {
      env: around.env,
      memory: new KeyMemory(),
      confirmed: new Set(),
      ignoreKeepalive: new Set(),
      ...clock,
    },
    askFor: () => null,
    clients,
    report,
    notify: tell,
    receive: () => {},
  });
  links.dial(1, request);
  closing.push(() => links.abandon());
  links.get(1)?.bound.set(0, { type: 'tcp', host: 'localhost', port: 9 });
  const emptied = () => events.filter(({ type }) => type === 'emptied').length;
  return { links, remotes, notices, emptied };
}

/** A client whose connection has just ended: ssh2 throws at every answer. */
const ending: Incoming = {
  at: { type: 'tcp', host: 'localhost', port: 9 },
  accept: () => {
    throw new Error('write after end');
  },
  reject: () => {
    throw new Error('write after end');
  },
};

describe('a link that drains is closed behind a client that could not be answered', () => {
  it('whose target is there, and is hung up on', async () => {
    const target = await mute();
    const { links, remotes, emptied, notices } = await draining(`9:127.0.0.1:${target.port}`);
    const received = remotes.receive(1, ending);
    links.drain(1);
    expect(emptied()).toBe(0);
    await received;
    expect(emptied()).toBe(1);
    await until('the target is left', () => target.open.size === 0);
    expect(notices.at(-1)).toMatchObject({
      type: 'detail',
      text: expect.stringContaining('write after end'),
    });
  });

  it('whose target is not there', async () => {
    const { links, remotes, emptied } = await draining('9:127.0.0.1:1');
    const received = remotes.receive(1, ending);
    links.drain(1);
    await received;
    expect(emptied()).toBe(1);
  });

  it('who says where it wants to go', async () => {
    const { links, remotes, emptied } = await draining('9');
    const received = remotes.receive(1, ending);
    links.drain(1);
    await received;
    expect(emptied()).toBe(1);
  });

  it('and whose target was there while the link was lost', async () => {
    const target = await mute();
    const { links, remotes } = await draining(`9:127.0.0.1:${target.port}`);
    let accepted = 0;
    const channel = Object.assign(new PassThrough(), {
      close() {},
      complete: () => true,
      confirmed: () => true,
    });
    const accept = (): Channel => {
      accepted += 1;
      return channel;
    };
    const received = remotes.receive(1, { ...ending, accept });
    links.close(1, 'reset');
    await received;
    await until('the target is left', () => target.open.size === 0);
    expect(accepted).toBe(0);
  });
});
