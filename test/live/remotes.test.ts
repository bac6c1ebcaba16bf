/** Clients of remote forwards whose target is slow, or whose link falls silent and is replaced. */
import { type ChildProcess, spawn } from 'node:child_process';
import { connect, type Socket } from 'node:net';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { dialTarget } from '../../src/io/socket.js';
import { type ForwardOption, type Notice, openTunnel, type Tunnel } from '../../src/open.js';
import { tunnelTo } from '../support/carrying.js';
import { guard, release } from '../support/guard.js';
import { needs } from '../support/machine.js';
import { freePort, type Sshd, startSshd } from '../support/sshd.js';
import { Caller, echo, Service } from '../support/streams.js';
import { until } from '../support/until.js';
import { openWire } from '../support/wire.js';

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

/** A service that answers `served` to everybody, and whose kernel drops each SYN while it is stopped. */
async function slowService(): Promise<{ port: number; go(): void }> {
  const script = `require('net').createServer((socket) => socket.on('error', () => {}).end('served'))
    .listen({ port: 0, host: '127.0.0.1', backlog: 1 }, function () { console.log(this.address().port); })`;
  const child: ChildProcess = spawn(process.execPath, ['-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  guard(`pid ${child.pid ?? 0}`);
  const fillers: Socket[] = [];
  closing.push(() => {
    child.kill('SIGKILL');
    release(`pid ${child.pid ?? 0}`);
    for (const filler of fillers) filler.destroy();
  });
  const port = await new Promise<number>((resolve) => {
    child.stdout?.once('data', (line: Buffer) => resolve(Number(line)));
  });
  child.kill('SIGSTOP');
  // Its queue holds two; those behind it wait for an answer to their SYN.
  for (let count = 0; count < 5; count += 1) fillers.push(connect(port, '127.0.0.1').on('error', () => {}));
  await until('its queue is full', () => fillers.filter(({ connecting }) => !connecting).length === 2);
  return { port, go: () => void child.kill('SIGCONT') };
}

/** Connections of this process that wait for an answer to their SYN. */
const dialling = () => process.getActiveResourcesInfo().filter((name) => name === 'ConnectWrap').length;

it('a target that is being dialled can be called off, before and while', async () => {
  const { port } = await slowService();
  const before = dialling();
  const ending = new AbortController();
  const target = { host: '127.0.0.1', port };
  const dials = [dialTarget(target, ending.signal), dialTarget({ path: '/nonexistent' }, ending.signal)];
  await expect(dials[1]).rejects.toMatchObject({ code: 'ENOENT' });
  await until('one is left', () => dialling() === before + 1);
  ending.abort();
  await expect(dials[0]).rejects.toMatchObject({ name: 'AbortError' });
  await expect(dialTarget(target, ending.signal)).rejects.toMatchObject({ name: 'AbortError' });
  await until('nothing is dialled', () => dialling() === before);
});

needs('sshd').describe('remote forwards', () => {
  let sshd: Sshd;
  beforeAll(async () => {
    sshd = await startSshd();
  });
  afterAll(() => sshd?.stop());

  async function open(forwards: readonly ForwardOption[], onNotice: (notice: Notice) => void = () => {}) {
    const wire = await openWire(sshd.port);
    closing.push(() => wire.close());
    const { address, user, keyPath, knownHostsPath } = sshd;
    const tunnel: Tunnel = openTunnel(
      tunnelTo({ address, user, keyPath, knownHostsPath, port: wire.port }, forwards, {
        options: { HostKeyAlias: `[${address}]:${sshd.port}` },
        onNotice,
      }),
    );
    closing.push(() => tunnel.stop({ now: true }));
    await tunnel.ready;
    return { wire, tunnel, port: (index = 0) => tunnel.snapshot().forwards[index]?.port ?? 0 };
  }

  const roles = (tunnel: Tunnel) =>
    tunnel
      .snapshot()
      .links.map(({ role }) => role)
      .join();

  it.each([
    ['a stop', async (tunnel: Tunnel) => void (await tunnel.stop({ now: true }))],
    ['the end of the link', async () => void (await sshd.restart())],
  ])('%s calls off the dialling of a target', async (_name, finish) => {
    const service = await slowService();
    const { tunnel, port } = await open([{ remote: `0:127.0.0.1:${service.port}` }]);
    const before = dialling();
    const caller = new Caller(port());
    closing.push(() => caller.socket.destroy());
    await until('the target is dialled', () => dialling() === before + 1);
    await finish(tunnel);
    await until('it is not dialled any more', () => dialling() === before);
  });

  it('a client whose target does not answer is told of, as one of a local forward is', async () => {
    const nobody = await freePort();
    const notices: Notice[] = [];
    const forwards = [{ remote: `0:127.0.0.1:${nobody}` }, { remote: '127.0.0.1:0' }];
    const { port } = await open(forwards, (notice) => notices.push(notice));
    const plainCaller = new Caller(port(0));
    closing.push(() => plainCaller.socket.destroy());
    const refused = () => notices.filter(({ type }) => type === 'client-refused');
    const reason = `127.0.0.1:${nobody}: connection refused (ECONNREFUSED)`;
    await until('it is told', () => refused().length === 1);
    expect(refused()).toEqual([{ type: 'client-refused', client: null, index: 0, reason }]);
    const caller = new Caller(port(1));
    closing.push(() => caller.socket.destroy());
    caller.socket.write(Buffer.from([4, 1, nobody >> 8, nobody & 255, 127, 0, 0, 1, 0]));
    await until('it is told', () => refused().length === 2);
    expect(refused()[1]).toEqual({ type: 'client-refused', client: null, index: 1, reason });
  });

  it('who came while the link was silent is served by it when it speaks again, replaced though it is', async () => {
    const target = await new Service((socket) => socket.end('served')).listen();
    const other = await echo().listen();
    closing.push(
      () => target.close(),
      () => other.close(),
    );
    const { wire, tunnel, port } = await open([
      { remote: `0:127.0.0.1:${target.port}` },
      { local: `0:127.0.0.1:${other.port}` },
    ]);
    const line = new Caller(port(1));
    closing.push(() => line.socket.destroy());
    line.socket.write('x');
    await until('a pipe', () => line.text === 'x');
    wire.connections[0]?.set({ kind: 'hold' });
    const caller = new Caller(port(0));
    closing.push(() => caller.socket.destroy());
    await until('the server took it', () => caller.connectedAt !== null);
    tunnel.reconnect();
    await until('a second link', () => roles(tunnel) === 'draining,current');
    wire.connections[0]?.set({ kind: 'pass' });
    await until('its end', () => caller.ended || caller.closed);
    expect([caller.text, caller.error]).toEqual(['served', null]);
    line.socket.write('y');
    await until('the old pipe', () => line.text === 'xy');
  });

  it('a link that drains is not closed under a client whose target is being dialled', async () => {
    const service = await slowService();
    const { wire, tunnel, port } = await open([{ remote: `0:127.0.0.1:${service.port}` }]);
    const before = dialling();
    const caller = new Caller(port());
    closing.push(() => caller.socket.destroy());
    await until('the target is dialled', () => dialling() === before + 1);
    wire.connections[0]?.set({ kind: 'hold' });
    tunnel.reconnect();
    await until('a second link', () => roles(tunnel) === 'draining,current');
    wire.connections[0]?.set({ kind: 'pass' });
    service.go();
    await until('its end', () => caller.ended || caller.closed, { withinMs: 20_000 });
    expect([caller.text, caller.error]).toEqual(['served', null]);
    caller.socket.end();
    await until('the old link is closed', () => roles(tunnel) === 'current');
  });
});
