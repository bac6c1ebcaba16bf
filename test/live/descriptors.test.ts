/** A process without a file descriptor left: what needs one fails and says so, and the tunnel lives on. */
import { spawn } from 'node:child_process';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { builtDoor, tunnelTo } from '../support/carrying.js';
import { guard, release } from '../support/guard.js';
import { freePort } from '../support/sshd.js';
import { Caller } from '../support/streams.js';
import { until } from '../support/until.js';

const script = fileURLToPath(new URL('../support/starving.mjs', import.meta.url));

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
