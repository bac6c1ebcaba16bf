/** `holdfast doctor` against real servers, kernels and ways: what it sees without a login, and that what it prints mends. */
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, beforeEach, expect } from 'vitest';
import type { DoctorReport } from '../../src/inspect.js';
import { scratch } from '../support/guard.js';
import { bin, plainEnv } from '../support/holdfast.js';
import { canMountPrivately, needs, program } from '../support/machine.js';
import { OwnSshd } from '../support/ownsshd.js';
import { blocks, pageOf } from '../support/pages.js';
import { type Finished, here, Namespace, type Place } from '../support/place.js';
import { type Sshd, startSshd } from '../support/sshd.js';
import { address, TcpLab } from '../support/tcplab.js';
import { until } from '../support/until.js';

const { dir, remove } = scratch('doctorlive');
afterAll(remove);
let files = 0;
function configured(text: string): string[] {
  files += 1;
  const file = path.join(dir, `config${files}`);
  writeFileSync(file, text);
  return ['-F', file];
}
const well = 'Host *\n  ServerAliveInterval 15\n';
const flat = (text: string) => text.replace(/\s+/g, ' ');
const commandsIn = (text: string) =>
  text.match(/^ {5}(?:sudo )?holdfast .*$/gm)?.map((line) => line.trim()) ?? [];

const env = (...more: readonly string[]) => plainEnv({ PATH: [...more, process.env.PATH].join(':') });
const ask = (place: Place, words: readonly string[], paths: readonly string[] = []) =>
  place.exec(process.execPath, [bin, 'doctor', ...words], {
    env: env(...paths),
    detached: true,
    timeoutMs: 60_000,
  });
const reportOf = async (place: Place, words: readonly string[], paths: readonly string[] = []) =>
  JSON.parse((await ask(place, [...words, '--json'], paths)).stdout) as DoctorReport;

needs('sshd', 'ssh-keygen').describe('a server on this machine', () => {
  let sshd: Sshd;
  beforeAll(async () => {
    sshd = await startSshd();
  });
  afterAll(() => sshd.stop());
  const named = (more = '') =>
    configured(`Host db\n  HostName 127.0.0.1\n  Port ${sshd.port}\n${more}${well}`);

  needs('sshd').it('its version by the banner, what is known of that, and no login', async () => {
    const before = sshd.connections();
    const report = await reportOf(here, ['db', ...named()]);
    expect(report).toMatchObject({
      triage: 'up',
      path: { contact: { type: 'answered' }, nat: 'same machine', remote: '127.0.0.1', hops: null },
      shouldChange: false,
    });
    expect(report.server.banner?.text).toMatch(/^SSH-2\.0-OpenSSH_\d/);
    const release = report.server.banner?.release ?? '';
    const half = report.server.flaws.some(({ releases }) => releases === '9.2 to 9.4');
    expect(half).toBe(/^9\.[234]$/.test(release));
    await until('sshd has logged the connection', () => sshd.connections() > before);
    expect([sshd.connections() - before, sshd.logins()]).toEqual([1, 0]);
    const page = flat((await ask(here, ['db', ...named()])).stdout);
    expect(page).toMatch(/server OpenSSH \d+\.\d+\S* .*by its banner \(no login was made\)/);
    expect(page).toContain('ClientAlive: not seen without a login (ssh db sudo sshd -T)');
  });

  needs('sshd').it(
    'behind ProxyJump: the first server is asked, the host is not, and that is said',
    async () => {
      const words = configured(
        `Host in\n  HostName 10.9.9.9\n  ProxyJump gw\nHost gw\n  HostName 127.0.0.1\n  Port ${sshd.port}\n${well}`,
      );
      const report = await reportOf(here, ['in', ...words]);
      expect(report.path).toMatchObject({
        through: ['gw'],
        to: { name: 'gw', hostName: '127.0.0.1', port: sshd.port },
        contact: { type: 'answered' },
        banner: { text: expect.stringMatching(/^SSH-2\.0-OpenSSH/) },
      });
      expect(report.server).toMatchObject({ banner: null, flaws: [], own: null });
      const page = flat((await ask(here, ['in', ...words])).stdout);
      expect(page).toContain('through gw: TCP keepalive ends at gw, the heartbeat goes on to in');
      expect(page).toContain('behind gw that would take a login there');
      expect(sshd.logins()).toBe(0);
    },
  );

  needs('sshd').it('through holdfast relay it is the straight way, with keepalive of its own', async () => {
    const words = configured(
      `Host db\n  HostName 127.0.0.1\n  Port ${sshd.port}\n  ProxyCommand holdfast relay %h %p\nHost *\n  ServerAliveInterval 60\n`,
    );
    const report = await reportOf(here, ['db', ...words]);
    expect(report).toMatchObject({
      triage: 'up',
      path: { relay: { idleMs: 30_000 }, contact: { type: 'answered' } },
      death: { idle: { by: 'TCP keepalive', ms: 30_000 } },
      shouldChange: false,
    });
    const page = flat((await ask(here, ['db', ...words])).stdout);
    expect(page).toContain('by holdfast relay: TCP keepalive 15:5:3 of its own, 30 s');
    expect(page).toContain('after 30 s at the latest, by TCP keepalive of the relay');
  });

  needs('sshd').it('by its name: localhost', async () => {
    const local = await reportOf(here, [
      'localhost',
      ...configured(`Host *\n  Port ${sshd.port}\n  ServerAliveInterval 15\n`),
    ]);
    expect(local.path).toMatchObject({ contact: { type: 'answered' }, remote: '127.0.0.1' });
  });
});

const able = canMountPrivately() ? needs('sshd', 'ssh', 'unshare') : needs('sshd', 'netns');

able.describe('what it prints, typed as printed', () => {
  let own: OwnSshd;
  afterEach(() => own.stop());

  able.it('the three commands make it exit 0, and the running sshd has what it says', async () => {
    own = await OwnSshd.made('@BASE@\nX11Forwarding no\n');
    await own.start();
    const file = own.file('ssh_config');
    writeFileSync(file, `${own.text('ssh_config')}  Compression no\n  Compression yes\n`);
    const inside = (...command: readonly string[]) => {
      const { command: first, args } = own.inside(...command);
      return here.exec(first, args, { env: own.env(), detached: true, timeoutMs: 90_000 });
    };
    const asked = () => inside(process.execPath, bin, 'doctor', 'own', '-F', file, '--sshd-config', own.main);
    const before = await asked();
    expect(before).toMatchObject({ code: 1, stderr: '' });
    expect(flat(before.stdout)).toContain('never gives up a dead client');
    const commands = commandsIn(before.stdout);
    expect(commands).toEqual([
      `holdfast config keepalive own --interval 15 -F ${file}`,
      `holdfast sshd keepalive --interval 15 --count 3 -f ${own.main} --reload`,
      `holdfast config lint --fix -F ${file}`,
    ]);
    for (const line of commands) {
      // Without a terminal nobody can say "keep".
      const typed = line.includes('--reload') ? `${line} --yes` : line;
      const script = `holdfast() { "${process.execPath}" "${bin}" "$@"; }\n${typed}`;
      expect(await inside('sh', '-c', script), typed).toMatchObject({ code: 0 });
    }
    const after = await asked();
    expect(after).toMatchObject({ code: 0, stderr: '' });
    expect(after.stdout).toContain('Nothing to change.');
    expect(await own.says('clientaliveinterval')).toEqual(['15']);
  });
});

needs('netns', 'setpriv').describe('kernels and ways', () => {
  let lab: TcpLab;
  const ports = { open: 5022, dropped: 5023, reset: 5024, unreachable: 5025 };
  beforeAll(async () => {
    lab = await TcpLab.open({}, [{ port: ports.open, kind: 'echo' }]);
    await lab.fate({ [ports.dropped]: 'drop', [ports.reset]: 'reset', [ports.unreachable]: 'unreachable' });
  });
  afterAll(() => lab.close());
  const to = (port: number) => [
    'db',
    ...configured(`Host db\n  HostName ${address.server}\n  Port ${port}\n${well}`),
  ];

  needs('netns').it('the way: both ends, the gateway, and whether a NAT can be there', async () => {
    const report = await reportOf(lab.client, to(ports.open));
    expect(report.path).toMatchObject({
      local: address.client,
      remote: address.server,
      step: { gateway: '10.78.1.1', device: 'eth0' },
      gatewayAnswers: true,
      nat: 'private ends',
      contact: { type: 'mute', said: '' },
    });
    expect(report.triage).toBe('service mute');
    const page = flat((await ask(lab.client, to(ports.open))).stdout);
    expect(page).toContain(`${address.client} > 10.78.1.1 > ${address.server} port ${ports.open}`);
    expect(page).toContain('private addresses at both ends');
  });

  needs('netns').it('a name with several addresses: the next one is tried when one is gone', async () => {
    const hosts = path.join(dir, 'hosts');
    writeFileSync(hosts, `10.78.1.77 pair\n${address.server} pair\n`);
    const { words } = { words: configured(`Host *\n  Port ${ports.open}\n  ServerAliveInterval 15\n`) };
    const asked = (...more: readonly string[]) =>
      lab.client.exec(
        program('unshare'),
        [
          ...['--mount', 'sh', '-c', 'mount --bind "$0" /etc/hosts && exec "$@"', hosts],
          ...[process.execPath, bin, 'doctor', 'pair', ...words, ...more],
        ],
        { env: plainEnv(), timeoutMs: 60_000 },
      );
    const report = JSON.parse((await asked('--json')).stdout) as DoctorReport;
    expect(report.path).toMatchObject({
      addresses: ['10.78.1.77', address.server],
      remote: address.server,
      contact: { type: 'mute' },
    });
    expect(flat((await asked()).stdout)).toContain(
      `2 addresses, tried in turn: 10.78.1.77, ${address.server}`,
    );
  });

  needs('netns').it('down, cut off, refused and unreachable are told apart where that can be', async () => {
    const [dropped, reset, unreachable] = await Promise.all(
      [ports.dropped, ports.reset, ports.unreachable].map((port) => reportOf(lab.client, to(port))),
    );
    expect(dropped?.triage).toBe('host down or unreachable');
    expect(dropped?.path?.contact).toEqual({ type: 'failed', code: 'ETIMEDOUT' });
    expect(reset?.triage).toBe('service down');
    expect(unreachable?.triage).toBe('unreachable');
    // Whether it answers now is the weather, and not what should change.
    expect([dropped, reset, unreachable].map((one) => one?.shouldChange)).toEqual([false, false, false]);
    const page = flat((await ask(lab.client, to(ports.dropped))).stdout);
    expect(page).toContain('which one socket cannot tell apart; the gateway 10.78.1.1 answers');
  });

  needs('netns').it('a machine of this link that is gone: down, and not unreachable', async () => {
    const words = ['db', ...configured(`Host db\n  HostName 10.78.1.77\n  ConnectTimeout 3\n${well}`)];
    expect((await reportOf(lab.client, words)).triage).toBe('host down');
  });

  needs('ping', 'netns').it('how far it is: a router takes one from the TTL of the answer', async () => {
    const report = await reportOf(lab.client, to(ports.reset), [path.dirname(program('ping'))]);
    expect(report.path?.hops).toEqual({ routers: 1, by: 'ping', ttl: 63, exact: false });
  });

  needs('tracepath', 'netns').it('and without ping by tracepath; without both: not available', async () => {
    // A folder with tracepath alone: the two come in one.
    const only = path.join(dir, 'tools');
    mkdirSync(only);
    const script = `#!/bin/sh\nPATH=/usr/bin:/bin exec ${program('tracepath')} "$@"\n`;
    writeFileSync(path.join(only, 'tracepath'), script, { mode: 0o755 });
    const asked = (paths: string) =>
      lab.client.exec(process.execPath, [bin, 'doctor', ...to(ports.reset), '--json'], {
        env: plainEnv({ PATH: paths }),
        timeoutMs: 60_000,
      });
    const counted = JSON.parse((await asked(only)).stdout) as DoctorReport;
    expect(counted.path?.hops).toEqual({ routers: 1, by: 'tracepath', ttl: null, exact: true });
    const nothing = JSON.parse((await asked(path.join(dir, 'nowhere'))).stdout) as DoctorReport;
    expect(nothing.path?.hops).toBeNull();
  });

  needs('netns').it("a kernel's fault gives the command that mends it", async () => {
    const place = await Namespace.open({ 'ipv4/tcp_keepalive_probes': 1 });
    try {
      const words = ['db', '--offline', ...configured(well)];
      const before = await ask(place, words);
      expect(before.code).toBe(1);
      expect(commandsIn(before.stdout)).toEqual(['holdfast tcp set --probes 9']);
      const script = `mount --bind "$0" /var/lib && exec "$@"`;
      const typed = ['tcp', 'set', '--probes', '9'];
      await place.must(
        program('unshare'),
        ['--mount', 'sh', '-c', script, dir, process.execPath, bin, ...typed],
        { env: plainEnv() },
      );
      expect((await ask(place, words)).code).toBe(0);
      await place.must('sh', ['-c', 'echo 3 > /proc/sys/net/ipv4/tcp_retries2']);
      const retries = await ask(place, words);
      expect(retries.code).toBe(1);
      expect(retries.stdout).toContain('sysctl -w net.ipv4.tcp_retries2=15');
    } finally {
      await place.close();
    }
  });
});

needs('netns').describe('no network', () => {
  let place: Namespace;
  beforeEach(async () => {
    place = await Namespace.open();
  });
  afterEach(() => place.close());

  needs('netns').it('the page all the same: no address, no route', async () => {
    const words = configured(`Host db\n  HostName 203.0.113.7\n${well}`);
    const said: Finished = await ask(place, ['db.example.org', ...words]);
    expect(said).toMatchObject({ code: 0, stderr: '' });
    expect(flat(said.stdout)).toContain('no address found for this name');
    const report = await reportOf(place, ['db', ...words]);
    expect(report.path?.contact).toEqual({ type: 'failed', code: 'ENETUNREACH' });
    expect(report.triage).toBe('this network down');
    expect(flat((await ask(place, ['db', ...words])).stdout)).toContain("this machine's own network is down");
    expect((await ask(place, words)).code).toBe(0);
  });

  needs('netns').it("the manual's page is what it says, but for the server and the way", async () => {
    const home = path.join(dir, 'home');
    mkdirSync(path.join(home, '.ssh'), { recursive: true });
    const file = path.join(home, '.ssh/config');
    writeFileSync(file, 'Host db\n  HostName 192.0.2.10\n  Port 22\n  Port 2222\n');
    const cjs = fileURLToPath(new URL('../support/elsewhere.cjs', import.meta.url));
    const { stdout } = await place.exec(process.execPath, [bin, 'doctor', 'db', '--offline'], {
      env: plainEnv({ NODE_OPTIONS: `--require=${cjs}`, HOLDFAST_TEST_HOME: home }),
    });
    const [shown = ''] = blocks(pageOf('docs/doctor.md'), 'text');
    const parts = (text: string) => {
      const [, head, kernel, end] =
        /^(.*)\n\n(kernel[\s\S]*?)\nserver [\s\S]*?\n\n(If [\s\S]*)$/.exec(text) ?? [];
      return [head, kernel, end].map((part) => flat(part ?? 'missing'));
    };
    expect(parts(stdout.replaceAll(home, '/home/me'))).toEqual(parts(shown));
  });
});
