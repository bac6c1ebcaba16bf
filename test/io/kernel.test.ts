/** What the kernel tells of sockets: the client that left, and who holds a port. */
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { connect, createServer, type NetConnectOpts, type Server, type Socket } from 'node:net';
import path from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { hasLeft, holderOf } from '../../src/io/kernel.js';
import { scratch } from '../support/guard.js';
import { freePort } from '../support/sshd.js';
import { until } from '../support/until.js';

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

/** A client, and its socket at the server. */
async function pair(where: NetConnectOpts): Promise<{ client: Socket; served: Socket }> {
  const taken: Socket[] = [];
  const server: Server = createServer({ allowHalfOpen: true }, (socket) => {
    socket.on('error', () => {});
    taken.push(socket.resume());
  });
  await new Promise<void>((resolve) => server.listen(where, resolve));
  closing.push(() => {
    server.close();
    for (const socket of taken) socket.destroy();
  });
  const address = server.address();
  const to = typeof address === 'object' && address ? { ...where, port: address.port } : where;
  const client = connect({ ...to, allowHalfOpen: true });
  client.on('error', () => {});
  closing.push(() => client.destroy());
  return { client, served: await until('the connection', () => taken[0]) };
}

const ended = (socket: Socket) => until('its FIN', () => socket.readableEnded);

describe.runIf(process.platform === 'linux')('the kernel knows', () => {
  const folder = () => {
    const { dir, remove } = scratch('kernel');
    closing.push(remove);
    return path.join(dir, 'sock');
  };
  const families: [string, () => NetConnectOpts][] = [
    ['IPv4', () => ({ host: '127.0.0.1', port: 0 })],
    ['IPv6', () => ({ host: '::1', port: 0 })],
    ['a unix socket', () => ({ path: folder() })],
  ];

  it.each(families)('a client that left from one that only finished sending: %s', async (_name, where) => {
    const stays = await pair(where());
    stays.client.end('a question');
    await ended(stays.served);
    expect(await hasLeft(stays.served)).toBe('finished sending');
    // It is still served after having been asked about.
    stays.served.end('an answer');
    let heard = '';
    stays.client.on('data', (chunk) => (heard += chunk));
    await ended(stays.client);
    expect(heard).toBe('an answer');

    const leaves = await pair(where());
    leaves.client.end('a question');
    await ended(leaves.served);
    expect(await hasLeft(leaves.served)).toBe('finished sending');
    leaves.client.destroy();
    await until('it is known', async () => (await hasLeft(leaves.served)) === 'left');

    const resets = await pair(where());
    if ('port' in where()) resets.client.resetAndDestroy();
    else resets.client.destroy();
    await until('it is known', async () => (await hasLeft(resets.served)) === 'left');
  });

  it.each(families)('a client that left behind more than is read: %s', async (_name, where) => {
    const unread = async (asked = true) => {
      const { client, served } = await pair(where());
      served.pause();
      client.write(Buffer.alloc(100_000));
      await until('it is sent', () => client.writableLength === 0);
      if (asked) expect(await hasLeft(served)).toBe('finished sending');
      return { client, served };
    };
    const leaves = await unread();
    leaves.client.destroy();
    await until('it is known', async () => (await hasLeft(leaves.served)) === 'left');
    // Not asked about before: then Node does not know its address.
    const resets = await unread(false);
    if ('port' in where()) resets.client.resetAndDestroy();
    else resets.client.destroy();
    await until('it is known', async () => (await hasLeft(resets.served)) === 'left');
    const stays = await unread();
    stays.client.end();
    expect(await hasLeft(stays.served)).toBe('finished sending');
  });

  it('hundreds that leave together, each asked about, without reading the table for each', async () => {
    const pairs = await Promise.all(Array.from({ length: 200 }, () => pair({ host: '127.0.0.1', port: 0 })));
    for (const [index, { client }] of pairs.entries()) client.end(() => index % 2 === 0 && client.destroy());
    await until('all have left', () =>
      pairs.every(({ client }, index) => index % 2 === 1 || client.destroyed),
    );
    for (const { served } of pairs) await ended(served);
    const cost = async (ask: () => Promise<unknown>) => {
      const before = reads();
      await ask();
      return reads() - before;
    };
    const one = pairs[0]?.served;
    const single = await cost(async () => one && hasLeft(one));
    let answers: string[] = [];
    const all = await cost(async () => {
      answers = await Promise.all(pairs.map(({ served }) => hasLeft(served)));
    });
    expect(answers.filter((answer) => answer === 'left')).toHaveLength(100);
    expect(answers.filter((answer) => answer === 'finished sending')).toHaveLength(100);
    expect(all).toBeLessThan(10 * single + 10);
  });

  it('who holds a port, with pid and name', async () => {
    const port = await freePort();
    expect(await holderOf(port)).toBeNull();
    const script = `require('net').createServer().listen(${port}, '127.0.0.1', () => console.log('listening'))`;
    const child = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });
    closing.push(() => child.kill('SIGKILL'));
    await new Promise((resolve) => child.stdout.once('data', resolve));
    expect(await holderOf(port)).toMatch(new RegExp(`^${child.pid} \\(node\\)$`));
  });
});

/** System calls of this process that read something (proc(5), /proc/pid/io). */
function reads(): number {
  return Number(/^syscr: (\d+)$/m.exec(readFileSync('/proc/self/io', 'utf8'))?.[1]);
}
