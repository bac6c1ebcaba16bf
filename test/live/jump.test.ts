/** Through other servers: ProxyJump with two hops, each with its own configuration, and ProxyCommand. Real sshds. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { exitCode, type Notice, openTunnel, type Tunnel, type TunnelOptions } from '../../src/index.js';
import { Carrying } from '../support/carrying.js';
import { needs } from '../support/machine.js';
import { type Sshd, startSshd } from '../support/sshd.js';
import { Caller, digest, echo, pour, type Service } from '../support/streams.js';
import { until } from '../support/until.js';

const bytes = 100_000_000;
const steps = Array.from({ length: 12 }, (_, index) => `step-${index}`);

needs('sshd', 'ssh').describe('through other servers', () => {
  let gate: Sshd;
  let inner: Sshd;
  let target: Sshd;
  let service: Service;
  const dir = mkdtempSync(join(tmpdir(), 'holdfast-jump-'));
  const config = join(dir, 'config');
  const relay = join(dir, 'relay.mjs');
  const changed = join(dir, 'changed');
  const open: Tunnel[] = [];

  beforeAll(async () => {
    [gate, inner, target] = await Promise.all([startSshd(), startSshd(), startSshd()]);
    service = await echo().listen();
    // What many use nc for. Its own name is in its arguments, so that it can be found again.
    writeFileSync(
      relay,
      `import net from 'node:net';
      console.error('relay: on its way');
      const socket = net.connect(Number(process.argv[3]), process.argv[2]);
      if (process.argv[4] === 'stubborn') {
        process.on('SIGHUP', () => {});
        process.stdout.on('error', () => {});
        setInterval(() => {}, 1000);
      }
      socket.on('error', (error) => { console.error('relay: ' + error.code); process.exit(7); });
      process.stdin.pipe(socket).pipe(process.stdout);`,
    );
    // The name of the one, the key of the other.
    const [, ...key] = gate.knownHosts().trim().split(' ');
    writeFileSync(changed, `[127.0.0.1]:${inner.port} ${key.join(' ')}\n`);
    writeFileSync(config, hosts());
  });
  afterEach(async () => {
    for (const tunnel of open.splice(0)) await tunnel.stop({ now: true });
  });
  afterAll(async () => {
    service?.close();
    await Promise.all([gate, inner, target].map((sshd) => sshd?.stop()));
    rmSync(dir, { recursive: true, force: true });
  });

  const host = (name: string, sshd: Sshd, ...more: string[]) =>
    [
      `Host ${name}`,
      // The first value counts.
      ...more.map((line) => `  ${line}`),
      '  HostName 127.0.0.1',
      `  Port ${sshd.port}`,
      `  User ${sshd.user}`,
      `  IdentityFile ${sshd.keyPath}`,
      `  UserKnownHostsFile ${sshd.knownHostsPath}`,
    ].join('\n');

  const hosts = () =>
    [
      host('gate', gate),
      host('inner', inner),
      ...steps.map((name) => host(name, inner)),
      host('target-far-away', target, `ProxyJump ${steps.join()}`),
      host('lonely-inner', inner, 'ProxyJump gate'),
      host('target', target, 'ProxyJump gate,inner'),
      host('target-by-inner', target, 'ProxyJump lonely-inner'),
      host('target-by-command', target, `ProxyCommand ${process.execPath} ${relay} %h %p`),
      host('target-behind-command', target, 'ProxyJump command-gate'),
      host('command-gate', gate, `ProxyCommand ${process.execPath} ${relay} %h %p hunter2`),
      host('target-stubborn', target, `ProxyCommand ${process.execPath} ${relay} %h %p stubborn`),
      host('target-missing', target, 'ProxyCommand no-such-command %h'),
      host('target-nowhere', target, `ProxyCommand ${process.execPath} ${relay} %h 1`),
      host('wrong-inner', inner, `UserKnownHostsFile ${changed}`),
      'Host *',
      '  IdentityAgent none',
      '  GlobalKnownHostsFile none',
      '  StrictHostKeyChecking yes',
      '',
    ].join('\n');

  const tunnelVia = (name: string, more: Partial<TunnelOptions> = {}): TunnelOptions => ({
    host: name,
    configFile: config,
    forwards: [{ local: `0:127.0.0.1:${service.port}` }],
    ...more,
  });

  function opened(options: TunnelOptions): Tunnel {
    const tunnel = openTunnel(options);
    open.push(tunnel);
    return tunnel;
  }

  /** Processes with the relay among their arguments. */
  const relays = () =>
    readdirSync('/proc')
      .filter((pid) => /^\d+$/.test(pid))
      .filter((pid) => {
        try {
          return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(`\0${relay}\0`);
        } catch {
          return false;
        }
      });

  async function nothingIsLeft(): Promise<void> {
    await until('no session is left', () => [gate, inner, target].every((sshd) => sshd.pids().length === 1), {
      detail: () => JSON.stringify([gate, inner, target].map((sshd) => sshd.pids())),
    });
    await until('no relay is left', () => relays().length === 0);
  }

  async function carries(name: string): Promise<void> {
    const tunnel = await new Carrying(tunnelVia(name)).up();
    const caller = new Caller(await tunnel.port(0));
    pour(caller.socket, 5, bytes);
    await until('100 MB and back', () => caller.ended || caller.closed, {
      withinMs: 100_000,
      everyMs: 100,
      detail: () => `${caller.received} ${caller.error} ${tunnel.words()}`,
    });
    expect([caller.error, caller.received]).toEqual([null, bytes]);
    expect(caller.digest()).toBe(digest(5, bytes));
    expect(tunnel.told('down')).toEqual([]);
    expect(tunnel.told('connecting')).toHaveLength(1);
    expect(tunnel.stderr).toBe('');
    await tunnel.stop();
    expect(tunnel.outcome).toEqual({ ok: true });
    await nothingIsLeft();
  }

  it('two jumps carry 100 MB each way, and leave nothing', { timeout: 120_000 }, async () => {
    const logins = [gate, inner, target].map((sshd) => sshd.logins());
    await carries('target');
    expect([gate, inner, target].map((sshd) => sshd.logins())).toEqual(logins.map((before) => before + 1));
  });

  it('a ProxyCommand carries 100 MB each way, and leaves nothing', { timeout: 120_000 }, async () => {
    await carries('target-by-command');
  });

  it.each(['target-by-inner', 'target-behind-command'])('the way of a hop is its own: %s', async (name) => {
    const tunnel = opened(tunnelVia(name));
    await tunnel.ready;
    const caller = new Caller(tunnel.snapshot().forwards[0]?.port ?? 0);
    caller.socket.end('hello');
    await until('the echo', () => caller.ended);
    expect(caller.text).toBe('hello');
    expect(await tunnel.stop({ now: true })).toEqual({ ok: true });
    await nothingIsLeft();
  });

  it('twelve jumps are as good as two, and Node complains of none', async () => {
    const tunnel = await new Carrying(tunnelVia('target-far-away')).up();
    const caller = new Caller(await tunnel.port(0));
    caller.socket.end('hello');
    await until('the echo', () => caller.ended);
    expect(caller.text).toBe('hello');
    await tunnel.stop();
    expect(tunnel.stderr).toBe('');
    await nothingIsLeft();
  });

  it('-J wins over the configuration, and what a ProxyCommand says is told', async () => {
    const notices: Notice[] = [];
    const log = (notice: Notice) => notices.push(notice);
    const details = () =>
      notices.flatMap((notice) => (notice.type === 'detail' ? [notice.text] : [])).join('\n');
    const tunnel = opened(
      tunnelVia('target', { options: { ProxyJump: 'command-gate' }, onNotice: (notice) => log(notice) }),
    );
    await tunnel.ready;
    await tunnel.stop({ now: true });
    expect(JSON.stringify(notices)).not.toContain('hunter2');
    expect(details()).toContain('ProxyCommand: relay: on its way');
    expect(details()).toContain(`connection to 127.0.0.1 port ${target.port} through command-gate`);
    await nothingIsLeft();
  });

  it('a wrong key of the middle hop is the end, and the message names the hop', async () => {
    const tunnel = opened(tunnelVia('target', { options: { ProxyJump: 'gate,wrong-inner' } }));
    const outcome = await tunnel.done;
    expect(outcome).toMatchObject({ ok: false, failure: { kind: 'untrusted' } });
    expect(exitCode(outcome)).toBe(4);
    expect(JSON.stringify(outcome)).toContain(`127.0.0.1 port ${inner.port}: `);
    await nothingIsLeft();
  });

  it('a ProxyCommand that does not end when it is told to is not left behind', async () => {
    const tunnel = opened(tunnelVia('target-stubborn'));
    await tunnel.ready;
    expect(relays()).toHaveLength(1);
    await tunnel.stop({ now: true });
    await nothingIsLeft();
  });

  it('a ProxyCommand that fails says why', async () => {
    const tunnel = opened(tunnelVia('target-nowhere', { maxAttempts: 1 }));
    const outcome = await tunnel.done;
    expect(outcome).toMatchObject({ ok: false, failure: { kind: 'lost' } });
    expect(JSON.stringify(outcome)).toContain('ProxyCommand ended with exit code 7: relay: ECONNREFUSED');
    await nothingIsLeft();
  });

  it('a ProxyCommand that is not there says why, before it has read a byte', async () => {
    for (let round = 0; round < 5; round += 1) {
      const tunnel = opened(tunnelVia('target-missing', { maxAttempts: 1 }));
      const outcome = await tunnel.done;
      expect(JSON.stringify(outcome)).toMatch(/ProxyCommand ended with exit code 127: .*no-such-command/);
    }
    await nothingIsLeft();
  });

  it.each(['inner', 'gate', 'target'])(
    '%s frozen is named, and what it carried goes on when it thaws',
    {
      timeout: 60_000,
    },
    async (name) => {
      const frozen = { gate, inner, target }[name] ?? inner;
      const notices: Notice[] = [];
      const tunnel = opened(
        tunnelVia('target', {
          options: { ServerAliveInterval: 1, ServerAliveCountMax: 20 },
          onNotice: (notice) => notices.push(notice),
        }),
      );
      const told = <T extends Notice['type']>(type: T) =>
        notices.filter((notice): notice is Extract<Notice, { type: T }> => notice.type === type);
      const detail = () => JSON.stringify(notices.slice(1));
      try {
        await tunnel.ready;
        const caller = new Caller(tunnel.snapshot().forwards[0]?.port ?? 0);
        caller.socket.write('before ');
        await until('an echo', () => caller.text === 'before ');
        frozen.freeze();
        caller.socket.write('meanwhile');
        await until('the suspicion', () => told('suspect').length > 0, { detail });
        expect(told('suspect')[0]).toMatchObject({ server: name });
        frozen.thaw();
        await until('what was said meanwhile', () => caller.text === 'before meanwhile', { detail });
        expect(told('down')).toEqual([]);
        caller.socket.end();
        await until('the end', () => caller.ended);
      } finally {
        frozen.thaw();
        await tunnel.stop({ now: true });
      }
      await nothingIsLeft();
    },
  );

  it('a middle hop that stays frozen is named when the link is given up, and a new way is found after', {
    timeout: 60_000,
  }, async () => {
    const notices: Notice[] = [];
    const tunnel = opened(
      tunnelVia('target', {
        options: { ServerAliveInterval: 1, ServerAliveCountMax: 2, ConnectTimeout: 2 },
        onNotice: (notice) => notices.push(notice),
      }),
    );
    const text = () => JSON.stringify(notices.slice(1));
    const ups = () => notices.filter((notice) => notice.type === 'up').length;
    try {
      await tunnel.ready;
      inner.freeze();
      await until('the end of the link', () => /nothing heard from inner for \d s/.test(text()), {
        detail: text,
      });
      await until(
        'an attempt that names it',
        () => text().includes('inner: no SSH key exchange within 2 s'),
        {
          detail: text,
        },
      );
      inner.thaw();
      await until('up again', () => ups() === 2, { withinMs: 30_000, detail: text });
      const caller = new Caller(tunnel.snapshot().forwards[0]?.port ?? 0);
      caller.socket.end('again');
      await until('the echo', () => caller.text === 'again');
    } finally {
      inner.thaw();
      await tunnel.stop({ now: true });
    }
    await nothingIsLeft();
  });

  it('a hop that ends takes the inner ones with it, and is named', async () => {
    const notices: Notice[] = [];
    const tunnel = opened(tunnelVia('target', { onNotice: (notice) => notices.push(notice) }));
    try {
      await tunnel.ready;
      await gate.restart();
      await until('it is down', () => notices.some((notice) => notice.type === 'down'));
      const down = notices.find((notice) => notice.type === 'down');
      expect(down?.failure.message).toMatch(/^gate: /);
      await until('up again', () => notices.filter((notice) => notice.type === 'up').length === 2);
    } finally {
      await tunnel.stop({ now: true });
    }
    await nothingIsLeft();
  });
});
