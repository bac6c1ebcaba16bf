/** A process without a file descriptor left: what needs one fails and says so, and the tunnel lives on. */
import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, expect, it } from 'vitest';
import { builtDoor, Carrying, tunnelTo } from '../support/carrying.js';
import { guard, release, scratch } from '../support/guard.js';
import { needs } from '../support/machine.js';
import { freePort, startSshd } from '../support/sshd.js';
import { Caller, echo } from '../support/streams.js';
import { until } from '../support/until.js';

const script = fileURLToPath(new URL('../support/starving.mjs', import.meta.url));

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

interface News {
  readonly id?: number;
  readonly uncaught?: string;
  readonly outcome?: unknown;
  readonly port?: number;
  readonly state?: string;
  readonly starved?: Readonly<Record<string, string>>;
  readonly notice?: { readonly type: string };
}

it.runIf(process.platform === 'linux')(
  'out of file descriptors',
  async () => {
    const nobody = { address: '127.0.0.1', user: 'nobody', keyPath: 'none', knownHostsPath: 'none' };
    const options = tunnelTo({ ...nobody, port: await freePort() }, [{ local: '0:127.0.0.1:9' }]);
    const child = spawn(
      'sh',
      [
        '-c',
        'ulimit -n 256 && exec "$0" "$@"',
        process.execPath,
        script,
        path.dirname(builtDoor()),
        JSON.stringify(options),
      ],
      { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] },
    );
    guard(`pid ${child.pid ?? 0}`);
    const news: News[] = [];
    child.on('message', (one) => news.push(one as News));
    let asked = 0;
    const ask = async (what: string): Promise<News> => {
      const id = ++asked;
      child.send({ ask: what, id });
      return await until(`the answer to ${what}`, () => news.find((one) => one.id === id), {
        detail: () => JSON.stringify(news.slice(-5)),
      });
    };
    const waits = () => news.filter(({ notice }) => notice?.type === 'waiting').length;
    try {
      await until('it tries', () => waits() > 0, { withinMs: 30_000 });
      const port = (await ask('port')).port ?? 0;
      const { starved } = await ask('starve');
      // Each fails by itself; what needs no descriptor works.
      expect(starved).toEqual({
        watch: 'undefined',
        hook: expect.stringMatching(/^cannot be started: .*EMFILE/),
        target: 'EMFILE',
        'named target': expect.stringMatching(/^E/),
        'target at a path': 'EMFILE',
        holder: 'null',
        listener: 'EMFILE',
      });
      const callers = [0, 1, 2, 3].map(() => new Caller(port));
      // Long enough for its own look at the addresses, each second, and for attempts to connect.
      const before = waits();
      await until('two more attempts', () => waits() >= before + 2, { withinMs: 20_000 });
      await ask('feed');
      for (const { socket } of callers) socket.destroy();
      expect((await ask('state')).state).toMatch(/waiting|connecting/);
      const late = new Caller(port);
      await until('a client is taken', () => late.connectedAt !== null);
      late.socket.destroy();
      expect(news.filter(({ uncaught, outcome }) => uncaught ?? outcome)).toEqual([]);
    } finally {
      child.kill('SIGKILL');
      release(`pid ${child.pid ?? 0}`);
    }
  },
  60_000,
);

/** This node where no more than so many file descriptors are to be had. */
function nodeWith(descriptors: number): string {
  const { dir, remove } = scratch('descriptors');
  closing.push(remove);
  const file = path.join(dir, 'node');
  writeFileSync(file, `#!/bin/sh\nulimit -n ${descriptors} && exec '${process.execPath}' "$@"\n`, {
    mode: 0o755,
  });
  return file;
}

needs('sshd', 'ssh-keygen').describe('more clients than descriptors', () => {
  it.runIf(process.platform === 'linux')('the server restarts, and the link comes back', async () => {
    const sshd = await startSshd();
    const service = await echo().listen();
    closing.push(
      () => sshd.stop(),
      () => service.close(),
    );
    const options = tunnelTo(sshd, [{ local: `0:127.0.0.1:${service.port}` }]);
    const tunnel = new Carrying(options, [], nodeWith(64));
    closing.push(() => tunnel.stop());
    await tunnel.up();
    const port = await tunnel.port(0);
    await sshd.kill();
    await until('the loss', () => tunnel.told('down').length > 0);
    const callers = Array.from({ length: 200 }, () => new Caller(port));
    closing.push(() => {
      for (const { socket } of callers) socket.destroy();
    });
    for (const { socket } of callers) socket.write('hello');
    await until('each is taken or turned away', async () => {
      const { held } = await tunnel.snapshot();
      return held > 10 && held + callers.filter(({ closed }) => closed).length === callers.length;
    });
    await sshd.start();
    await until('it is back', () => tunnel.told('up').length === 2, { detail: () => tunnel.words() });
    const served = callers.filter(({ closed }) => !closed);
    await until('who waited is served', () => served.every(({ text }) => text === 'hello'));
    expect(served.length).toBeGreaterThan(10);
    const said = tunnel.told('note').filter(({ text }) => /64.*ulimit -n/.test(text));
    expect(said, tunnel.words()).toHaveLength(1);
    for (const { socket } of callers) socket.destroy();
    await until('there is room again', async () => (await tunnel.snapshot()).links[0]?.pipes === 0);
    const late = new Caller(port);
    late.socket.write('late');
    await until('a client is served', () => late.text === 'late');
    late.socket.destroy();
  });

  it.runIf(process.platform === 'linux')('clients of the server, too', async () => {
    const sshd = await startSshd();
    const service = await echo().listen();
    closing.push(
      () => sshd.stop(),
      () => service.close(),
    );
    const remote = await freePort();
    const options = tunnelTo(sshd, [{ remote: `${remote}:127.0.0.1:${service.port}` }]);
    const tunnel = new Carrying(options, [], nodeWith(64));
    closing.push(() => tunnel.stop());
    await tunnel.up();
    const callers = Array.from({ length: 200 }, () => new Caller(remote));
    closing.push(() => {
      for (const { socket } of callers) socket.destroy();
    });
    for (const { socket } of callers) socket.write('hello');
    const done = ({ text, closed, ended }: Caller) => text === 'hello' || closed || ended;
    await until('each is served or turned away', () => callers.every(done));
    const served = callers.filter(({ text }) => text === 'hello').length;
    expect(served).toBeGreaterThan(10);
    expect(served).toBeLessThan(48);
    expect(tunnel.told('note').filter(({ text }) => /64.*ulimit -n/.test(text))).toHaveLength(1);
    await sshd.restart();
    await until('it is back', () => tunnel.told('up').length === 2, { detail: () => tunnel.words() });
  });
});
