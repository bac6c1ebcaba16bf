/** `holdfast run -f`: the process in the background and the one that started it. */
import { existsSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { guard, release, scratch } from '../support/guard.js';
import { bin, holdfast, onTerminal, plainEnv, started } from '../support/holdfast.js';
import { needs, program } from '../support/machine.js';
import { here } from '../support/place.js';
import { alive, end } from '../support/processes.js';
import { freePort, type Sshd, startSshd } from '../support/sshd.js';
import { until } from '../support/until.js';

/** Takes connections and says nothing. */
async function silentServer(): Promise<{ port: number; close: () => Promise<void> }> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
  });
  const port = await freePort();
  await new Promise<void>((resolve) => {
    server.listen(port, '127.0.0.1', resolve);
  });
  return {
    port,
    close: () =>
      new Promise((resolve) => {
        for (const socket of sockets) socket.destroy();
        server.close(() => resolve());
      }),
  };
}

needs('sshd', 'ssh-keygen', 'socat').describe('run -f', () => {
  let sshd: Sshd;
  let dir = '';
  let remove = () => {};
  beforeAll(async () => {
    ({ dir, remove } = scratch('background'));
    sshd = await startSshd();
    const locked = path.join(dir, 'locked');
    await here.must(program('ssh-keygen'), ['-q', '-t', 'ed25519', '-N', 'open sesame', '-f', locked]);
    sshd.authorize(readFileSync(`${locked}.pub`, 'utf8'));
  });
  afterAll(async () => {
    await sshd.stop();
    remove();
  });

  const pids: number[] = [];
  afterEach(async () => {
    await end(pids.filter(alive));
    for (const pid of pids.splice(0)) release(`pid ${pid}`);
  });

  /** The process that this pid file names. */
  const named = (file: string): number => {
    const pid = Number(readFileSync(file, 'utf8'));
    pids.push(pid);
    guard(`pid ${pid}`);
    return pid;
  };
  const file = (name: string) => path.join(dir, name);
  const login = (key = sshd.keyPath, known = sshd.knownHostsPath) => [
    ...['-F', 'none', '-i', key, '-o', 'IdentitiesOnly=yes', '-o', `UserKnownHostsFile=${known}`],
    ...['-o', 'GlobalKnownHostsFile=none', '-p', String(sshd.port), `${sshd.user}@${sshd.address}`],
  ];
  const gone = (pid: number) => until(`the end of ${pid}`, () => !alive(pid));
  /** Bytes came through the forward from sshd itself. */
  const serves = async (port: number) => {
    const { stdout } = await here.exec(program('socat'), ['-T1', '-', `TCP:127.0.0.1:${port}`]);
    return stdout.startsWith('SSH-2.0-');
  };

  it.each([
    ['-o', true],
    ['a file', false],
  ])(
    'ForkAfterAuthentication yes (%s) is -f, and the pid and log files of autossh are taken over',
    async (name, typed) => {
      const port = await freePort();
      const [pidFile, logFile, config] = [
        file(`fork ${name}.pid`),
        file(`fork ${name}.log`),
        file(`fork ${name}`),
      ];
      writeFileSync(config, typed ? '' : 'ForkAfterAuthentication yes\n', { mode: 0o600 });
      const argv = ['run', ...(typed ? ['-o', 'ForkAfterAuthentication=yes'] : []), ...login(), '-F', config];
      const { code, stdout, stderr } = await here.exec(
        process.execPath,
        [bin, ...argv, '-M', '0', '-L', `127.0.0.1:${port}:${sshd.address}:${sshd.port}`],
        {
          env: plainEnv({
            AUTOSSH_PIDFILE: pidFile,
            AUTOSSH_LOGFILE: logFile,
            AUTOSSH_POLL: '60',
            AUTOSSH_GATETIME: '0',
          }),
          detached: true,
        },
      );
      expect({ code, stdout }).toEqual({ code: 0, stdout: '' });
      expect(stderr.match(/ keeping /g)).toHaveLength(1);
      expect(stderr.match(/note: -M 0/g)).toHaveLength(1);
      expect(stderr).toContain(
        'note: variables of autossh: AUTOSSH_PIDFILE is taken as --pid-file; AUTOSSH_LOGFILE is taken as --log-file; ' +
          'AUTOSSH_POLL does not count: use -o ServerAliveInterval=N; AUTOSSH_GATETIME is not needed\n',
      );
      const pid = named(pidFile);
      expect(await serves(port)).toBe(true);
      process.kill(pid, 'SIGTERM');
      await gone(pid);
      expect(readFileSync(logFile, 'utf8')).toContain(' up: ');
    },
  );

  it('ends with 0 when up; the child has the pid file, no terminal, and goes on', async () => {
    const port = await freePort();
    const [pidFile, logFile] = [file('up.pid'), file('up.log')];
    const { code, stdout, stderr } = await holdfast(
      ...['run', '-f', '--pid-file', pidFile, '--log-file', logFile],
      ...['-L', `127.0.0.1:${port}:${sshd.address}:${sshd.port}`, ...login()],
    );
    expect({ code, stdout }).toEqual({ code: 0, stdout: '' });
    expect(stderr).toMatch(/^\S+ keeping .*\n(.*\n)*\S+ up: -L /);
    const pid = named(pidFile);
    expect(await serves(port)).toBe(true);
    if (process.platform === 'linux') {
      // A session of its own: session id (field 6 of stat) is the pid, and there is no terminal (field 7).
      const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
      const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      expect([fields[3], fields[4]]).toEqual([String(pid), '0']);
      expect([0, 1, 2].map((fd) => readlinkSync(`/proc/${pid}/fd/${fd}`))).toEqual([
        '/dev/null',
        logFile,
        logFile,
      ]);
      expect(readFileSync(`/proc/${pid}/environ`, 'utf8')).toContain('HOLDFAST_BACKGROUND=nobody');
    }

    const again = await holdfast('run', '--pid-file', pidFile, '-L', `${await freePort()}:a:80`, ...login());
    expect(again.code).toBe(2);
    expect(again.stderr).toContain(`process ${pid} has it, and runs`);

    // In the background a hang-up is no end.
    process.kill(pid, 'SIGHUP');
    expect(await serves(port)).toBe(true);
    process.kill(pid, 'SIGTERM');
    await gone(pid);
    expect(existsSync(pidFile)).toBe(false);
    expect(readFileSync(logFile, 'utf8')).toMatch(
      /^\d{4}-\d\d-\d\d \S+ keeping [\s\S]*up: -L [\s\S]* stopped\n$/,
    );
  });

  it('ends with 0 and says so when the first attempt fails and another may do', async () => {
    const pidFile = file('later.pid');
    const [closed, port] = [await freePort(), await freePort()];
    const { code, stderr } = await holdfast(
      ...[
        'run',
        '-f',
        '--pid-file',
        pidFile,
        '-L',
        `127.0.0.1:${port}:a:80`,
        '-p',
        String(closed),
        ...login(),
      ],
    );
    const pid = named(pidFile);
    expect(code).toBe(0);
    expect(stderr.trimEnd().split('\n').at(-1)).toBe(
      `holdfast: not up yet, pid ${pid} goes on trying: cannot connect to ${sshd.address} port ${closed}: connection refused (ECONNREFUSED)`,
    );
    expect(stderr).toMatch(/ trying again in .*ECONNREFUSED/);
    expect(alive(pid)).toBe(true);
    process.kill(pid, 'SIGTERM');
    await gone(pid);
    expect(existsSync(pidFile)).toBe(false);
  });

  it('ends with the code of a failure that stays, and leaves nobody behind', async () => {
    const known = file('changed');
    const other = file('other');
    await here.must(program('ssh-keygen'), ['-q', '-t', 'ed25519', '-N', '', '-f', other]);
    const key = readFileSync(`${other}.pub`, 'utf8');
    writeFileSync(known, `[${sshd.address}]:${sshd.port} ${key}`);
    const pidFile = file('changed.pid');
    const { code, stderr } = await holdfast(
      ...['run', '-f', '--pid-file', pidFile, '-L', `${await freePort()}:a:80`, ...login(undefined, known)],
    );
    expect(code).toBe(4);
    expect(stderr.trimEnd().split('\n').at(-1)).toMatch(/^\S+ stopped: /);
    expect(stderr).toContain(known);
    expect(existsSync(pidFile)).toBe(false);
  });

  it('relays JSON, questions for nobody included', async () => {
    const { code, stdout, stderr } = await holdfast(
      ...['run', '-f', '--json', '-L', `${await freePort()}:a:80`, ...login(undefined, file('unknown'))],
    );
    expect(code).toBe(4);
    const types = stdout
      .trimEnd()
      .split('\n')
      .map((line) => (JSON.parse(line) as { type: string }).type);
    expect(types).toContain('connecting');
    expect(types.at(-1)).toBe('stopped');
    expect(stderr).toMatch(/^holdfast: stopped: [^\n]+\n$/);
  });

  it('asks on the terminal of the one who started it, and no secret shows', async () => {
    const port = await freePort();
    const [pidFile, known] = [file('asks.pid'), file('asks.known')];
    const words = [
      ...['run', '-f', '--pid-file', pidFile, '--log-file', file('asks.log')],
      ...['-L', `127.0.0.1:${port}:${sshd.address}:${sshd.port}`, ...login(file('locked'), known)],
    ];
    const bin = new URL('../../bin/holdfast.js', import.meta.url).pathname;
    const line = [process.execPath, bin, ...words].map((word) => `'${word}'`).join(' ');
    const watched = onTerminal(dir, `${line}; echo code $?; exec sleep 60`);
    await watched.says('(yes/no/[fingerprint])? ');
    watched.child.stdin?.write('yes\r');
    await watched.says(`Enter passphrase for key '${file('locked')}': `);
    watched.child.stdin?.write('wrong\r');
    await until('the second question', () => watched.stdout.split('Enter passphrase').length === 3);
    watched.child.stdin?.write('open sesame\r');
    await watched.says('code 0');
    expect(watched.stdout).toMatch(/up: -L /);
    const pid = named(pidFile);
    expect(await serves(port)).toBe(true);
    // The terminal closes, the tunnel stays.
    watched.child.kill('SIGTERM');
    await watched.end();
    expect(await serves(port)).toBe(true);
    const shown = [watched.stdout, readFileSync(file('asks.log'), 'utf8')];
    for (const text of shown) expect(text).not.toMatch(/sesame|wrong\r/);
    if (process.platform === 'linux')
      expect(readFileSync(`/proc/${pid}/cmdline`, 'utf8')).not.toContain('sesame');
    process.kill(pid, 'SIGTERM');
    await gone(pid);
  });

  it('ends the child when the one who started it is gone before the tunnel is up', async () => {
    const pidFile = file('orphan.pid');
    const silent = await silentServer();
    try {
      const watched = started([
        ...['run', '-f', '--pid-file', pidFile, '-L', `${await freePort()}:a:80`],
        ...['-p', String(silent.port), ...login()],
      ]);
      await watched.says('connecting');
      const pid = named(pidFile);
      expect(alive(pid)).toBe(true);
      await watched.kill();
      await gone(pid);
      expect(existsSync(pidFile)).toBe(false);
    } finally {
      await silent.close();
    }
  });

  it('goes on asking for a refused remote forward, also with ExitOnForwardFailure yes, and says so', async () => {
    const taken = await freePort();
    const holder = createServer();
    await new Promise<void>((resolve) => holder.listen(taken, '127.0.0.1', resolve));
    const [pidFile, logFile] = [file('taken.pid'), file('taken.log')];
    const { code, stderr } = await holdfast(
      ...['run', '-f', '--pid-file', pidFile, '--log-file', logFile, '-o', 'ExitOnForwardFailure=yes'],
      ...['-R', `127.0.0.1:${taken}:127.0.0.1:${sshd.port}`, ...login()],
    );
    const pid = named(pidFile);
    expect(code).toBe(0);
    expect(stderr).not.toMatch(/\d up:/);
    expect(stderr).toContain(
      ` -R 127.0.0.1:${taken}:127.0.0.1:${sshd.port} refused: the port is taken there`,
    );
    expect(stderr.trimEnd().split('\n').at(-1)).toMatch(
      new RegExp(`^holdfast: not up yet, pid ${pid} goes on trying: -R 127.0.0.1:${taken}:\\S+ refused$`),
    );
    await new Promise((resolve) => holder.close(resolve));
    await until('it is up', () => / up: -R /.test(readFileSync(logFile, 'utf8')));
    expect(await serves(taken)).toBe(true);
    process.kill(pid, 'SIGTERM');
    await gone(pid);
  });

  it('where refused forwards may stay refused, it is up with the others', async () => {
    const [taken, port] = [await freePort(), await freePort()];
    const holder = createServer();
    await new Promise<void>((resolve) => holder.listen(taken, '127.0.0.1', resolve));
    const pidFile = file('loose.pid');
    const { code, stderr } = await holdfast(
      ...['run', '-f', '--pid-file', pidFile, '-o', 'ExitOnForwardFailure=no'],
      ...['-L', `127.0.0.1:${port}:a:80`, '-R', `127.0.0.1:${taken}:127.0.0.1:1`, ...login()],
    );
    expect(code).toBe(0);
    expect(stderr.trimEnd().split('\n').at(-1)).toMatch(/ up: -L .*, -R .* refused, and requested again/);
    const pid = named(pidFile);
    process.kill(pid, 'SIGTERM');
    await gone(pid);
    holder.close();
  });

  it('goes on with a login that is refused, says so, and is in when the key is', async () => {
    const other = file('stranger');
    await here.must(program('ssh-keygen'), ['-q', '-t', 'ed25519', '-N', '', '-f', other]);
    const [pidFile, logFile, port] = [file('denied.pid'), file('denied.log'), await freePort()];
    const { code, stderr } = await holdfast(
      ...['run', '-f', '--pid-file', pidFile, '--log-file', logFile],
      ...['-L', `127.0.0.1:${port}:${sshd.address}:${sshd.port}`, ...login(other)],
    );
    const pid = named(pidFile);
    expect(code).toBe(0);
    expect(stderr).toMatch(/ needs you: .*stranger/);
    expect(stderr).toMatch(/ trying again in 60 s \(attempt 2\): /);
    expect(stderr.trimEnd().split('\n').at(-1)).toMatch(
      new RegExp(`^holdfast: not up yet, pid ${pid} goes on trying: .*stranger`),
    );
    sshd.authorize(readFileSync(`${other}.pub`, 'utf8'));
    process.kill(pid, 'SIGUSR1');
    await until('it is up', () => / up: -L /.test(readFileSync(logFile, 'utf8')));
    expect(await serves(port)).toBe(true);
    process.kill(pid, 'SIGTERM');
    await gone(pid);
  });

  it('ends with a login that is refused although a person has answered', async () => {
    const other = file('unknown-key');
    await here.must(program('ssh-keygen'), ['-q', '-t', 'ed25519', '-N', '', '-f', other]);
    const pidFile = file('answered.pid');
    const words = [
      'run',
      '-f',
      '--pid-file',
      pidFile,
      '-L',
      `${await freePort()}:a:80`,
      ...login(other, file('answered.known')),
    ];
    const line = [process.execPath, bin, ...words].map((word) => `'${word}'`).join(' ');
    const watched = onTerminal(dir, `${line}; echo "code $?"`);
    await watched.says('continue connecting');
    watched.child.stdin?.write('yes\r');
    await watched.says(/code 3/);
    expect(existsSync(pidFile)).toBe(false);
  });

  it('passes a Ctrl-C on before the tunnel is up', async () => {
    const pidFile = file('cancel.pid');
    const silent = await silentServer();
    try {
      const watched = started([
        ...['run', '-f', '--pid-file', pidFile, '-L', `${await freePort()}:a:80`],
        ...['-p', String(silent.port), ...login()],
      ]);
      await watched.says('connecting');
      const pid = named(pidFile);
      watched.child.kill('SIGINT');
      expect(await watched.end()).toBe(0);
      await gone(pid);
    } finally {
      await silent.close();
    }
  });
});

it('-f: a file that ssh refuses is said by the process that was started, with its line', async () => {
  const { dir: place, remove } = scratch('background-refused');
  try {
    const config = path.join(place, 'config');
    writeFileSync(config, 'Usr x\n', { mode: 0o600 });
    const { code, stderr } = await holdfast('run', '-f', '-L', '1:a:1', '-F', config, 'db');
    expect({ code, stderr }).toEqual({
      code: 2,
      stderr: `holdfast: ${config}:1: there is no option "Usr"; did you mean User?\n`,
    });
  } finally {
    remove();
  }
});
