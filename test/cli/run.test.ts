/** `holdfast run` in the foreground: signals, closed ends, systemd. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createConnection, createServer, type Socket } from 'node:net';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { Watched } from '../support/client.js';
import { scratch } from '../support/guard.js';
import { bin, onTerminal, plainEnv, started } from '../support/holdfast.js';
import { needs, program } from '../support/machine.js';
import { here } from '../support/place.js';
import { alive } from '../support/processes.js';
import { freePort, type Sshd, startSshd } from '../support/sshd.js';
import { until } from '../support/until.js';

needs('sshd', 'ssh-keygen', 'socat').describe('run', () => {
  let sshd: Sshd;
  let dir = '';
  let remove = () => {};
  beforeAll(async () => {
    ({ dir, remove } = scratch('run'));
    sshd = await startSshd();
  });
  afterAll(async () => {
    await sshd.stop();
    remove();
  });

  const children: Watched[] = [];
  afterEach(async () => {
    for (const child of children.splice(0)) if (!child.ended) await child.kill();
  });
  const kept = (watched: Watched): Watched => {
    children.push(watched);
    return watched;
  };
  const login = (key = sshd.keyPath) => [
    ...['-F', 'none', '-i', key, '-o', 'IdentitiesOnly=yes', '-o', 'GlobalKnownHostsFile=none'],
    ...['-o', `UserKnownHostsFile=${sshd.knownHostsPath}`, '-p', String(sshd.port)],
    `${sshd.user}@${sshd.address}`,
  ];
  const run = (...args: string[]) => kept(started(['run', ...args, ...login()]));
  const toSshd = (port: number) => `127.0.0.1:${port}:${sshd.address}:${sshd.port}`;
  const serves = async (port: number) => {
    const { stdout } = await here.exec(program('socat'), ['-T1', '-', `TCP:127.0.0.1:${port}`]);
    return stdout.startsWith('SSH-2.0-');
  };

  it.each(['SIGINT', 'SIGTERM'] as const)('%s stops it, with exit code 0', async (signal) => {
    const watched = run('-L', toSshd(await freePort()));
    await watched.says(' up: -L ');
    watched.child.kill(signal);
    expect(await watched.end()).toBe(0);
    expect(watched.stdout).toBe('');
    expect(watched.stderr).toMatch(/ stopped\n$/);
  });

  it('the first signal lets open connections end, the second does not', async () => {
    const echo = createServer((socket) => socket.on('error', () => {}).pipe(socket));
    await new Promise<void>((resolve) => {
      echo.listen(0, '127.0.0.1', resolve);
    });
    const port = await freePort();
    const target = (echo.address() as AddressInfo).port;
    const watched = run('-L', `127.0.0.1:${port}:127.0.0.1:${target}`);
    await watched.says(' up: -L ');
    let heard = '';
    const client: Socket = createConnection(port, '127.0.0.1');
    client
      .on('error', () => {})
      .on('data', (bytes) => {
        heard += bytes.toString();
      });
    try {
      client.write('one');
      await until('an echo', () => heard === 'one');
      watched.child.kill('SIGTERM');
      await watched.says('stopping: ');
      client.write('two');
      await until('an echo while it stops', () => heard === 'onetwo');
      expect(watched.ended).toBe(false);
      watched.child.kill('SIGTERM');
      expect(await watched.end(5_000)).toBe(0);
    } finally {
      client.destroy();
      echo.close();
    }
  });

  it('what a hook leaves running does not keep it', async () => {
    const watched = run('--on-up', 'sleep 30 &', '-L', toSshd(await freePort()));
    await watched.says(' up: -L ');
    watched.child.kill('SIGTERM');
    expect(await watched.end()).toBe(0);
  });

  it('SIGUSR1 is a probe when up, and a retry at once while it waits', async () => {
    const up = run('-v', '-L', toSshd(await freePort()));
    await up.says(' up: -L ');
    const answers = () => up.stderr.split('answered in').length;
    const before = answers();
    up.child.kill('SIGUSR1');
    await until('an answer', () => answers() > before);

    const closed = await freePort();
    const waiting = run('-v', '-L', `${await freePort()}:a:80`, '-p', String(closed));
    const attempts = () => waiting.stderr.split('trying again in').length - 1;
    await until('the third attempt', () => attempts() >= 3, { withinMs: 25_000 });
    // From now on an attempt of its own comes after a second at the earliest; each signal brings one now.
    for (let round = 0; round < 3; round++) {
      const count = attempts();
      waiting.child.kill('SIGUSR1');
      await until('an attempt', () => attempts() > count, { detail: () => waiting.stderr });
    }
  });

  it('a terminal that closes ends it, as ssh', async () => {
    const port = await freePort();
    const words = [process.execPath, bin, 'run', '--pid-file', path.join(dir, 'pid'), '-L', toSshd(port)];
    const line = [...words, ...login()].map((word) => `'${word}'`).join(' ');
    const watched = kept(onTerminal(dir, `echo "shell $$"; exec ${line}`, { NO_COLOR: '1' }));
    await watched.says(' up: -L ');
    const pid = Number(/shell (\d+)/.exec(watched.stdout)?.[1]);
    expect(await serves(port)).toBe(true);
    watched.child.kill('SIGTERM');
    await until('its end', () => !alive(pid));
  });

  it('a hang-up without a terminal is no end', async () => {
    const port = await freePort();
    const watched = run('-L', toSshd(port));
    await watched.says(' up: -L ');
    watched.child.kill('SIGHUP');
    expect(await serves(port)).toBe(true);
    expect(watched.ended).toBe(false);
  });

  it('closed ends of stdout and stderr do not end it', async () => {
    const port = await freePort();
    const watched = run('--json', '-v', '-L', toSshd(port));
    await watched.says('"type":"up"');
    watched.child.stdout?.destroy();
    watched.child.stderr?.destroy();
    for (let round = 0; round < 5; round++) {
      watched.child.kill('SIGUSR1');
      expect(await serves(port)).toBe(true);
    }
    expect(watched.ended).toBe(false);
    watched.child.kill('SIGTERM');
    expect(await watched.end()).toBe(0);
  });

  it('a terminal held with Ctrl-S does not stop it', async () => {
    const port = await freePort();
    const words = [process.execPath, bin, 'run', '-v', '-L', toSshd(port), ...login()];
    const line = words.map((word) => `'${word}'`).join(' ');
    const watched = kept(onTerminal(dir, `echo "shell $$"; exec ${line}`, { NO_COLOR: '1' }));
    await watched.says(' up: -L ');
    const pid = Number(/shell (\d+)/.exec(watched.stdout)?.[1]);
    watched.child.stdin?.write('\u0013');
    // News of a heartbeat, which cannot be written any more once the key has come through.
    await until('the terminal holds', async () => {
      const before = watched.stdout.length;
      process.kill(pid, 'SIGUSR1');
      await sleep(300);
      return watched.stdout.length === before;
    });
    const said = watched.stdout.length;
    for (let round = 0; round < 5; round++) {
      process.kill(pid, 'SIGUSR1');
      expect(await serves(port)).toBe(true);
    }
    expect(watched.stdout.slice(said)).not.toContain('answered in');
    watched.child.stdin?.write('\u0011');
    await watched.says(/answered in/);
    process.kill(pid, 'SIGTERM');
    await until('its end', () => !alive(pid));
  });

  it('--json is a notice per line, with the port that was picked', async () => {
    const watched = run('--json', '-L', `127.0.0.1:0:${sshd.address}:${sshd.port}`);
    await watched.says('"type":"up"');
    const notices = watched.stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(watched.stderr).toBe('');
    for (const { at } of notices) expect(new Date(at).toISOString()).toBe(at);
    const { status } = notices.find(({ type }) => type === 'forward');
    expect(notices.at(-1)).toMatchObject({ type: 'up', link: 1, downMs: null, statuses: [status] });
    expect(await serves(status.port)).toBe(true);
  });

  it.runIf(existsSync('/usr/bin/systemd-notify'))('tells systemd (needs systemd-notify)', async () => {
    const socket = path.join(dir, 'notify');
    const systemd = kept(
      new Watched(here.spawn(program('socat'), ['-u', `UNIX-RECV:${socket}`, 'STDOUT'], { stdio: 'pipe' })),
    );
    const env = plainEnv({ NOTIFY_SOCKET: socket });
    const watched = kept(started(['run', '-L', toSshd(await freePort()), ...login()], { env }));
    await watched.says(' up: -L ');
    await systemd.says('READY=1');
  });

  it('a service with a refused forward is not ready, runs no --on-up, and is and does when it is there', async () => {
    const taken = await freePort();
    const holder = createServer();
    await new Promise<void>((resolve) => holder.listen(taken, '127.0.0.1', resolve));
    const ran = path.join(dir, 'on-up');
    // Who tells systemd leaves a trace, too.
    const tools = path.join(dir, 'tools');
    mkdirSync(tools);
    writeFileSync(path.join(tools, 'systemd-notify'), `#!/bin/sh\necho "$@" > ${dir}/ready\n`, {
      mode: 0o755,
    });
    const env = plainEnv({ NOTIFY_SOCKET: '/nonexistent', PATH: `${tools}:${process.env.PATH}` });
    const options = ['-o', 'ExitOnForwardFailure=yes', '--on-up', `touch ${ran}`];
    const remote = `127.0.0.1:${taken}:127.0.0.1:1`;
    const local = await freePort();
    const words = ['run', '-R', remote, '-L', toSshd(local), ...options, ...login()];
    const watched = kept(started(words, { env }));
    await watched.says(`connected, but not up: without -R ${remote}`);
    expect(await serves(local)).toBe(true);
    expect([existsSync(ran), existsSync(path.join(dir, 'ready'))]).toEqual([false, false]);
    await new Promise((resolve) => holder.close(resolve));
    await watched.says(' up: -R ');
    await until('both are told', () => existsSync(ran) && existsSync(path.join(dir, 'ready')));
    expect(readFileSync(path.join(dir, 'ready'), 'utf8')).toBe('--ready\n');
  });

  it('a service goes on with a login that is refused', async () => {
    const key = path.join(dir, 'stranger');
    await here.must(program('ssh-keygen'), ['-q', '-t', 'ed25519', '-N', '', '-f', key]);
    const words = ['run', '-L', toSshd(await freePort()), ...login(key)];
    expect(await kept(started(words)).end()).toBe(3);
    const env = plainEnv({ NOTIFY_SOCKET: '/nonexistent' });
    const watched = kept(started(words, { env }));
    await watched.says('trying again in 60 s (attempt 2)');
    expect(watched.ended).toBe(false);
  });

  it('says so when systemd cannot be told', async () => {
    const env = plainEnv({ NOTIFY_SOCKET: path.join(dir, 'nobody'), PATH: dir });
    const watched = kept(started(['run', '-L', toSshd(await freePort()), ...login()], { env }));
    await watched.says('note: NOTIFY_SOCKET is set, but systemd-notify is not installed');
  });
});
