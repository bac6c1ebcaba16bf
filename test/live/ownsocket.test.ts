/** `run` with options for its own TCP socket: read back from the kernel, by it and by another program. Real sshd. */
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { openTunnel, type Tunnel } from '../../src/index.js';
import { plainEnv } from '../support/holdfast.js';
import { needs } from '../support/machine.js';
import { here } from '../support/place.js';
import { Running } from '../support/running.js';
import { type KernelSays, socketOf } from '../support/sockopts.js';
import { freePort, type Sshd, startSshd } from '../support/sshd.js';
import { until } from '../support/until.js';

const noKoffi = fileURLToPath(new URL('../support/no-koffi.cjs', import.meta.url));
const asked = ['--tcp-keepalive', '20:6:4', '--tcp-user-timeout=30', '--tcp-notsent-lowat', '128k'];
const says: KernelSays = {
  keepAlive: 1,
  idle: 20,
  interval: 6,
  probes: 4,
  userTimeoutMs: 30_000,
  notsentLowat: 131_072,
};

// Another process's socket is root's to read, as are namespaces.
needs('sshd', 'perl', 'netns').describe('the socket of run', () => {
  let sshd: Sshd;
  const open: (() => Promise<unknown>)[] = [];
  beforeAll(async () => {
    sshd = await startSshd();
  });
  afterEach(async () => {
    for (const close of open.splice(0)) await close();
  });
  afterAll(() => sshd.stop());

  const args = async (...more: readonly string[]) => [
    ...['-F', 'none', '-o', `UserKnownHostsFile=${sshd.knownHostsPath}`, '-i', sshd.keyPath],
    ...['-p', String(sshd.port), '-l', sshd.user, '-L', `${await freePort()}:127.0.0.1:1`],
    ...more,
    sshd.address,
  ];

  async function running(env: NodeJS.ProcessEnv, ...more: readonly string[]): Promise<Running> {
    const place: ConstructorParameters<typeof Running>[0] = {
      spawn: (command, words, options) => here.spawn(command, words, { ...options, env: plainEnv(env) }),
    };
    const run = new Running(place, await args(...more));
    open.push(() => run.stop());
    return run;
  }
  const details = (run: Running) => run.told('detail').map(({ notice }) => notice.text);
  const notes = (run: Running) => run.told('note').map(({ notice }) => notice.text);

  needs('koffi').it(
    'has what was asked, on each new connection; -v says so; a user timeout is warned of',
    async () => {
      const run = await running({}, ...asked);
      await run.tells('up');
      const { pid } = run.watched.child;
      expect(await socketOf(pid, sshd.port)).toEqual(says);
      const told =
        'TCP keepalive idle 20 s, interval 6 s, 4 probes: a dead peer is noticed 32 s after its last word; user timeout 30 s; at most 131072 bytes written and not sent; read back from the kernel';
      expect(details(run)).toContain(told);
      expect(notes(run)).toEqual([
        'TCP user timeout 30 s replaces the 4 probes: an idle dead peer is noticed after 32 s, not 44 s; it also ends a healthy connection whose peer takes no data for so long, as a slow reader does',
      ]);
      await sshd.restart();
      await run.tells('up', 2);
      expect(await socketOf(pid, sshd.port)).toEqual(says);
      expect(details(run).filter((text) => text === told)).toHaveLength(2);
      expect(notes(run)).toHaveLength(1);
    },
  );

  it('unasked it has the values of the system, and -v says which those are', async () => {
    const run = await running({});
    await run.tells('up');
    const { keepAlive, idle, interval, probes, userTimeoutMs } = await socketOf(
      run.watched.child.pid,
      sshd.port,
    );
    const told = `TCP keepalive on, values of the system: idle ${idle} s, interval ${interval} s, ${probes} probes (/proc/sys/net/ipv4)`;
    expect({ keepAlive, userTimeoutMs }).toEqual({ keepAlive: 1, userTimeoutMs: 0 });
    expect(details(run)).toContain(told);
    expect(notes(run)).toEqual([]);
  });

  it('TCPKeepAlive no: off; with --tcp-keepalive it does not count, and that is said', async () => {
    const off = await running({}, '-o', 'TCPKeepAlive=no');
    await off.tells('up');
    expect((await socketOf(off.watched.child.pid, sshd.port)).keepAlive).toBe(0);
    expect(details(off)).toContain('TCP keepalive off (TCPKeepAlive no)');
    const on = await running({}, '-o', 'TCPKeepAlive=no', '--tcp-keepalive', '20:6:4');
    await on.tells('up');
    expect((await socketOf(on.watched.child.pid, sshd.port)).keepAlive).toBe(1);
    expect(notes(on)).toContain('TCPKeepAlive no does not count: TCP keepalive 20:6:4 was requested');
  });

  it('without koffi: what could not be set is a note, told once, with what to do', async () => {
    const run = await running({ NODE_OPTIONS: `--require=${noKoffi}` }, ...asked);
    await run.tells('up');
    const why = 'the optional package koffi is not installed (npm install koffi)';
    expect(notes(run)).toContain(`TCP user timeout 30 s could not be set: Node cannot, and ${why}`);
    expect(notes(run)).toContain(`TCP_NOTSENT_LOWAT 131072 could not be set: Node cannot, and ${why}`);
    const { setKeepAlive } = (await import('node:net')).Socket.prototype;
    const byNode = setKeepAlive.length >= 4;
    expect(notes(run).some((text) => text.startsWith('TCP keepalive 20:6:4 could not be set'))).toBe(!byNode);
    const { idle } = await socketOf(run.watched.child.pid, sshd.port);
    const armed = `${why}, so the values cannot be read back; its keepalive timer rings in ${idle} s (/proc/net/tcp)`;
    expect(details(run)).toContain(armed);
    const before = notes(run).length;
    await sshd.restart();
    await run.tells('up', 2);
    expect(notes(run)).toHaveLength(before);
  });

  it('behind a ProxyCommand it reaches no socket, and the note says what does', async () => {
    const run = await running({}, '--tcp-keepalive', '20:6:4', '-o', 'ProxyCommand=exec cat');
    await until('the note', () => notes(run).some((text) => text.includes('holdfast relay %h %p')));
    expect(notes(run)[0]).toMatch(
      /^TCP keepalive 20:6:4 reaches no socket: 127\.0\.0\.1 is reached by a ProxyCommand/,
    );
  });

  needs('koffi').it('a jump: the socket to the first server has it', async () => {
    const config = path.join(sshd.dir, 'config');
    const lines = [
      ...['Host target', '  ProxyJump gate', 'Host *', `  HostName ${sshd.address}`, `  Port ${sshd.port}`],
      ...[`  User ${sshd.user}`, `  IdentityFile ${sshd.keyPath}`],
      ...[`  UserKnownHostsFile ${sshd.knownHostsPath}`],
    ];
    writeFileSync(config, `${lines.join('\n')}\n`);
    const run = new Running(here, [
      '-F',
      config,
      '--tcp-keepalive',
      '20:6:4',
      '-L',
      '0:127.0.0.1:1',
      'target',
    ]);
    open.push(() => run.stop());
    await run.tells('up');
    const { keepAlive, idle, interval, probes } = await socketOf(run.watched.child.pid, sshd.port);
    expect([keepAlive, idle, interval, probes]).toEqual([1, 20, 6, 4]);
  });

  describe('the library', () => {
    const tunnels: Tunnel[] = [];
    afterEach(async () => {
      for (const tunnel of tunnels.splice(0)) await tunnel.stop({ now: true });
    });
    const tunnel = (options: Partial<Parameters<typeof openTunnel>[0]>) => {
      const made = openTunnel({
        host: sshd.address,
        configFile: 'none',
        forwards: [{ local: '0:127.0.0.1:1' }],
        options: {
          Port: sshd.port,
          User: sshd.user,
          IdentityFile: sshd.keyPath,
          UserKnownHostsFile: sshd.knownHostsPath,
        },
        ...options,
      });
      made.ready.catch(() => {});
      tunnels.push(made);
      return made;
    };

    needs('koffi').it('takes the same options', async () => {
      await tunnel({
        tcpKeepalive: { idleS: 20, intervalS: 6, probes: 4 },
        tcpUserTimeoutMs: 30_000,
        tcpNotsentLowatBytes: 131_072,
      }).ready;
      expect(await socketOf(process.pid, sshd.port)).toEqual(says);
    });

    it.each([
      [
        { tcpKeepalive: { idleS: 0, intervalS: 5, probes: 3 } },
        'tcpKeepalive: idle 0: want a whole number from 1',
      ],
      [{ tcpUserTimeoutMs: 0.5 }, 'tcpUserTimeoutMs: it is 0.5: want a whole number from 1 to 2147483647 ms'],
      [{ tcpNotsentLowatBytes: -1 }, 'tcpNotsentLowatBytes: it is -1: want a whole number from 1'],
    ])('refuses %j', async (options, words) => {
      await expect(tunnel(options).ready).rejects.toMatchObject({
        kind: 'usage',
        message: expect.stringContaining(words),
      });
    });
  });
});
