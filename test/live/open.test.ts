/** The library's door, against a real sshd. */
import { existsSync, readFileSync } from 'node:fs';
import net from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it as plain } from 'vitest';
import { FailureError, type Notice, openTunnel, type TunnelOptions } from '../../src/index.js';
import { scratch } from '../support/guard.js';
import { needs } from '../support/machine.js';
import { type Sshd, startSshd } from '../support/sshd.js';
import { until } from '../support/until.js';

needs('sshd', 'ssh').describe('openTunnel', () => {
  let sshd: Sshd;
  let echo: net.Server;
  let port: number;
  const { dir, remove } = scratch('open');

  beforeAll(async () => {
    sshd = await startSshd();
    echo = net.createServer({ allowHalfOpen: true }, (socket) => socket.on('error', () => {}).pipe(socket));
    await new Promise<void>((listening) => echo.listen(0, '127.0.0.1', listening));
    const address = echo.address();
    port = typeof address === 'object' && address ? address.port : 0;
  });
  afterAll(async () => {
    echo.close();
    await sshd.stop();
    remove();
  });

  const options = (more: Partial<TunnelOptions> = {}): TunnelOptions => ({
    host: `${sshd.user}@127.0.0.1`,
    configFile: 'none',
    forwards: [{ local: `0:127.0.0.1:${port}` }],
    ...more,
    options: {
      Port: sshd.port,
      IdentityFile: sshd.keyPath,
      UserKnownHostsFile: sshd.knownHostsPath,
      IdentityAgent: 'none',
      ...more.options,
    },
  });

  function ask(at: number, text: string): Promise<string> {
    return new Promise((resolve, reject) => {
      const socket = net.connect({ port: at, host: '127.0.0.1', allowHalfOpen: true });
      let got = '';
      socket.on('data', (chunk) => {
        got += chunk;
      });
      socket.on('error', reject);
      socket.on('end', () => resolve(got));
      socket.end(text);
    });
  }

  plain('is ready, serves, stops', async () => {
    const tunnel = openTunnel(options());
    expect(tunnel.state).toBe('connecting');
    await tunnel.ready;
    expect(tunnel.state).toBe('up');
    const [forward] = tunnel.snapshot().forwards;
    expect(forward).toMatchObject({ status: 'bound', reason: null, text: `-L 0:127.0.0.1:${port}` });
    expect(await ask(forward?.port ?? 0, 'hello')).toBe('hello');
    expect(await tunnel.stop()).toEqual({ ok: true });
    expect(await tunnel.done).toEqual({ ok: true });
    expect(tunnel.state).toBe('stopped');
    expect(tunnel.snapshot().state).toBe('stopped');
    await expect(ask(forward?.port ?? 0, 'late')).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  });

  plain('disposes', async () => {
    const tunnel = openTunnel(options());
    await tunnel.ready;
    await tunnel[Symbol.asyncDispose]();
    expect(await tunnel.done).toEqual({ ok: true });
  });

  plain('two tunnels in one process do not disturb each other', async () => {
    const [one, two] = [openTunnel(options()), openTunnel(options())];
    await Promise.all([one.ready, two.ready]);
    await one.stop();
    expect(two.state).toBe('up');
    expect(await ask(two.snapshot().forwards[0]?.port ?? 0, 'still here')).toBe('still here');
    await two.stop({ now: true });
  });

  plain('rejects ready with the failure, and done resolves with it', async () => {
    const tunnel = openTunnel(options({ forwards: [{ local: '8080:db' }] }));
    const failed = await tunnel.ready.catch((error: unknown) => error);
    expect(failed).toBeInstanceOf(FailureError);
    expect(failed).toMatchObject({ kind: 'usage', message: expect.stringContaining('-L "8080:db"') });
    expect(await tunnel.done).toMatchObject({ ok: false, failure: { kind: 'usage' } });
    expect(tunnel.state).toBe('stopped');
  });

  plain.each([
    [{ host: undefined }, 'host undefined'],
    [{ forwards: '8080:db:5432' }, 'forwards "8080:db:5432"'],
    [{ forwards: [{ lokal: '8080:db:5432' }] }, 'forwards[0] {"lokal":"8080:db:5432"}'],
    [{ forwards: [{ local: '0:a:1' }, null] }, 'forwards[1] null'],
    [{ forwards: [{ local: 8080 }] }, 'forwards[0] {"local":8080}'],
  ])('what a program without types may ask for: %j', async (asked, words) => {
    const tunnel = openTunnel({ ...options(), ...asked } as unknown as TunnelOptions);
    const outcome = await tunnel.done;
    expect(outcome).toMatchObject({ failure: { kind: 'usage', message: expect.stringContaining(words) } });
  });

  plain('stopped before it is up: ready rejects, done is a stop', async () => {
    const tunnel = openTunnel(options({ options: { Port: 1 } }));
    await tunnel.stop();
    await expect(tunnel.ready).rejects.toMatchObject({ kind: 'lost' });
    expect(await tunnel.done).toEqual({ ok: true });
  });

  plain(
    'an unknown host key is refused when no person can be prompted, and asked about otherwise',
    async () => {
      const known = join(dir, 'known_hosts');
      const stranger = { UserKnownHostsFile: known, GlobalKnownHostsFile: 'none' };
      const refused = openTunnel(options({ options: stranger }));
      expect(await refused.done).toMatchObject({ failure: { kind: 'untrusted' } });
      expect(existsSync(known)).toBe(false);
      const questions: string[] = [];
      const asked = openTunnel(
        options({
          options: stranger,
          ask: async (question) => {
            questions.push(question.type);
            return 'yes';
          },
        }),
      );
      await asked.ready;
      expect(questions).toEqual(['host-key']);
      expect(readFileSync(known, 'utf8')).toContain(`[127.0.0.1]:${sshd.port} ssh-ed25519 `);
      await asked.stop();
    },
  );

  plain('what one tunnel takes unseen is not known to a stricter one of the same process', async () => {
    const nowhere = {
      HostKeyAlias: 'unseen',
      UserKnownHostsFile: join(dir, 'not_written', 'known_hosts', 'at_all'),
      GlobalKnownHostsFile: 'none',
    };
    const careless = openTunnel(options({ options: { ...nowhere, StrictHostKeyChecking: 'no' } }));
    await careless.ready;
    for (const StrictHostKeyChecking of ['yes', 'ask']) {
      const strict = openTunnel(options({ options: { ...nowhere, StrictHostKeyChecking } }));
      expect(await strict.done).toMatchObject({ failure: { kind: 'untrusted' } });
    }
    await careless.stop();
  });

  plain.each<[string, () => unknown]>([
    [
      'throws',
      () => {
        throw new Error('nobody is here');
      },
    ],
    ['rejects', () => Promise.reject(new Error('nobody is here'))],
    ['gives undefined', () => undefined],
    ['gives a promise of undefined', async () => undefined],
  ])('an ask that %s is an answer that nobody gave', async (_name, ask) => {
    // A name that nobody has confirmed in this process.
    const stranger = { HostKeyAlias: 'stranger', GlobalKnownHostsFile: 'none' };
    const notices: Notice[] = [];
    const tunnel = openTunnel(
      options({
        options: stranger,
        ask: ask as NonNullable<TunnelOptions['ask']>,
        onNotice: (notice) => notices.push(notice),
      }),
    );
    expect(await tunnel.done).toMatchObject({ failure: { kind: 'untrusted' } });
    expect(notices.filter((notice) => notice.type === 'needs-you')).toHaveLength(1);
  });

  plain('comes back after a loss, and runs the hooks', async () => {
    const notices: Notice[] = [];
    const news = join(dir, 'news');
    const say = `echo "$HOLDFAST_EVENT $HOLDFAST_HOST" >> ${news}`;
    const tunnel = openTunnel(
      options({
        forwards: [{ local: `0:127.0.0.1:${port}` }, { remote: `0:127.0.0.1:${port}` }],
        onUp: say,
        onDown: `${say}; echo oops >&2; exit 3`,
        onNotice: (notice) => notices.push(notice),
      }),
    );
    await tunnel.ready;
    const ports = tunnel.snapshot().forwards.map((forward) => forward.port ?? 0);
    for (const at of ports) expect(await ask(at, 'hello')).toBe('hello');
    await sshd.restart();
    await until('up again', () => notices.filter((notice) => notice.type === 'up').length === 2);
    expect(tunnel.snapshot().forwards.map((forward) => forward.port)).toEqual(ports); // the same, also the one asked for with 0
    for (const at of ports) expect(await ask(at, 'again')).toBe('again');
    await until('hooks ran', () => existsSync(news) && readFileSync(news, 'utf8').split('\n').length === 4);
    expect(readFileSync(news, 'utf8').trim().split('\n')).toEqual(
      ['up', 'down', 'up'].map((type) => `${type} ${sshd.user}@127.0.0.1`),
    );
    await until('the failing hook is told', () =>
      notices.find(
        (notice) => notice.type === 'note' && /--on-down ended with exit code 3: oops/.test(notice.text),
      ),
    );
    await tunnel.stop();
  });

  const fails = () => {
    throw new Error('the listener fails');
  };
  plain.each<[string, () => unknown]>([
    ['throws', fails],
    ['rejects with', async () => fails()],
  ])('what a listener %s hurts neither the tunnel nor the program, and is told once', async (_name, end) => {
    const notes: string[] = [];
    const tunnel = openTunnel(
      options({
        onNotice: (notice) => {
          if (notice.type === 'note') notes.push(notice.text);
          return end() as undefined;
        },
      }),
    );
    await tunnel.ready;
    expect(await ask(tunnel.snapshot().forwards[0]?.port ?? 0, 'hello')).toBe('hello');
    await tunnel.stop();
    expect(notes).toEqual(['onNotice threw at "understood": the listener fails']);
  });

  plain('reconnect probes a link that is up', async () => {
    const notices: Notice[] = [];
    const tunnel = openTunnel(options({ onNotice: (notice) => notices.push(notice) }));
    await tunnel.ready;
    tunnel.reconnect();
    await until('a heartbeat', () => notices.some((notice) => notice.type === 'heartbeat'));
    expect(tunnel.snapshot().links).toMatchObject([{ link: 1, role: 'current' }]);
    await tunnel.stop();
  });
});
