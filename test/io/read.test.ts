import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { FailureError } from '../../src/core/failure.js';
import type { Request } from '../../src/core/request/request.js';
import type { TunnelOptions } from '../../src/core/request/tunneloptions.js';
import { RefusedError } from '../../src/edit.js';
import { requestFor } from '../../src/read.js';
import { scratch } from '../support/guard.js';
import { needs, program } from '../support/machine.js';
import { judgeOf } from '../support/parts.js';
import { until } from '../support/until.js';

const place = scratch('read');
afterAll(place.remove);

let files = 0;

/** A configuration file of its own; nobody's ~/.ssh is read. */
function config(text: string): string {
  files += 1;
  const file = path.join(place.dir, `config${files}`);
  writeFileSync(file, text);
  return file;
}

/** No folder for programs: nothing is asked of an installed ssh. */
const surroundings = { env: { PATH: place.dir }, home: '/home/me', user: 'me' };

function read(text: string, options: Partial<TunnelOptions> = {}): Promise<Request> {
  return requestFor(
    { host: 'db', forwards: [{ dynamic: '1080' }], configFile: config(text), ...options },
    surroundings,
  );
}

async function complaint(reading: Promise<unknown>): Promise<string> {
  try {
    await reading;
  } catch (thrown) {
    if (thrown instanceof FailureError) return `${thrown.kind}: ${thrown.message}`;
    throw thrown;
  }
  return 'understood';
}

describe('a request', () => {
  it('takes the lines of a host', async () => {
    const request = await read(`
      Host db
        HostName %h.Example.org
        User carol
        Port 2200
        IdentityFile ~/.ssh/%h_key
        IdentityFile "/my keys/k"
        IdentitiesOnly yes
        IdentityAgent ~/agent
        UserKnownHostsFile /kh/a "/kh b/b"
        StrictHostKeyChecking accept-new
        HashKnownHosts yes
        HostKeyAlias Vault
        ServerAliveInterval 1m
        ServerAliveCountMax 2
        ConnectTimeout 4
        TCPKeepAlive no
        AddressFamily inet
        BindAddress 127.0.0.1
        BatchMode yes
        NumberOfPasswordPrompts 1
      Host *
        Port 9
        User nobody
    `);
    expect(request.address).toEqual({
      hostName: 'db.example.org',
      port: 2200,
      family: 4,
      bindAddress: '127.0.0.1',
    });
    expect(request.login).toMatchObject({
      user: 'carol',
      identitiesOnly: true,
      batchMode: true,
      passwordPrompts: 1,
      identityFiles: [
        { path: '/home/me/.ssh/db.example.org_key', named: true },
        { path: '/my keys/k', named: true },
      ],
    });
    expect(request.trust).toMatchObject({
      strict: 'accept-new',
      hash: true,
      name: 'vault',
      userFiles: ['/kh/a', '/kh b/b'],
      globalFiles: ['/etc/ssh/ssh_known_hosts', '/etc/ssh/ssh_known_hosts2'],
    });
    expect(request.keepalive).toEqual({ intervalMs: 60_000, countMax: 2, tcp: false });
    expect(request.connectTimeoutMs).toBe(4_000);
    expect(request.notes).toEqual([]);
  });

  it('has our defaults where nobody says anything, and what is written where it is ssh’s default', async () => {
    const silent = await read('');
    expect(silent.keepalive).toEqual({ intervalMs: 15_000, countMax: 3, tcp: true });
    expect(silent).toMatchObject({ connectTimeoutMs: 10_000, exitOnForwardFailure: true });
    expect(silent.login.identityFiles.every(({ named }) => !named)).toBe(true);
    const said = await read(
      'Host db\n ServerAliveInterval 0\n ConnectTimeout none\n ExitOnForwardFailure no\n',
    );
    expect(said.keepalive).toEqual({ intervalMs: 0, countMax: 3, tcp: true });
    expect(said.connectTimeoutMs).toBeGreaterThan(3_600_000);
    expect(said.exitOnForwardFailure).toBe(false);
  });

  it('lets explicit options win, also those that say the default', async () => {
    const text =
      'Host db\n ServerAliveInterval 60\n Port 2200\n User carol\n StrictHostKeyChecking no\n IdentityFile /file\n';
    const request = await read(text, {
      host: 'ssh://bob@db:22',
      options: {
        serveraliveinterval: 0,
        StrictHostKeyChecking: 'ask',
        IdentityFile: ['/option', '"/my key"'],
      },
    });
    expect(request.keepalive.intervalMs).toBe(0);
    expect(request.address.port).toBe(22);
    expect(request.login.user).toBe('bob');
    expect(request.trust.strict).toBe('ask');
    expect(request.login.identityFiles.map((file) => file.path)).toEqual(['/option', '/my key', '/file']);
  });

  // Debian's ssh has 300 for ServerAliveInterval where BatchMode is yes.
  it.each<[string, string, TunnelOptions['options']]>([
    ['the file', 'BatchMode yes\n', {}],
    ['an option', '', { BatchMode: 'yes' }],
    ['an option against the file', 'BatchMode no\n', { BatchMode: true }],
  ])('takes no interval of 300 from BatchMode in %s', async (_, text, options = {}) => {
    const request = await read(text, { options });
    expect(request.login.batchMode).toBe(true);
    expect(request.keepalive.intervalMs).toBe(15_000);
  });

  it('lets Match see what was asked', async () => {
    const text = 'Match user bob\n Port 1\nMatch user al\n Port 2\nMatch host db !user *\n Port 3\n';
    expect((await read(text, { host: 'bob@db' })).address.port).toBe(1);
    expect((await read(text, { options: { User: 'al' } })).address.port).toBe(2);
    expect((await read(text, { host: 'bob@db', options: { User: 'al' } })).address.port).toBe(2);
  });

  it('takes the forwards of the host where none is asked for', async () => {
    const text = `
      LocalForward 8080 web:80
      LocalForward [::1]:8081 [2001:db8::1]:81
      LocalForward "/tmp/a b" /tmp/c
      RemoteForward 9
      RemoteForward *:90 localhost:91
      DynamicForward 1080
      GatewayPorts yes
    `;
    const { forwards } = await read(text, { forwards: [] });
    expect(forwards.map(({ side, listen, target }) => [side, listen, target])).toEqual([
      ['local', { type: 'tcp', host: '', port: 8080 }, { type: 'tcp', host: 'web', port: 80 }],
      ['local', { type: 'tcp', host: '::1', port: 8081 }, { type: 'tcp', host: '2001:db8::1', port: 81 }],
      ['local', { type: 'unix', path: '/tmp/a b' }, { type: 'unix', path: '/tmp/c' }],
      ['remote', { type: 'tcp', host: 'localhost', port: 9 }, { type: 'socks' }],
      ['remote', { type: 'tcp', host: '', port: 90 }, { type: 'tcp', host: 'localhost', port: 91 }],
      ['local', { type: 'tcp', host: '', port: 1080 }, { type: 'socks' }],
    ]);
    const asked = await read(text);
    expect(asked.forwards.map((forward) => forward.text)).toEqual(['-D 1080']);
    expect(asked.notes).toEqual([]);
    const added = await read(text, { configForwards: true });
    expect(added.forwards.map(({ target }) => target.type)).toEqual([
      ...['socks', 'tcp', 'tcp', 'unix', 'socks', 'tcp'],
    ]);
    const cleared = read(`${text}\nClearAllForwardings yes\n`, { forwards: [] });
    expect(await complaint(cleared)).toContain('ClearAllForwardings yes leaves nothing');
  });

  it('refuses what ssh refuses, with file, line and what was meant', async () => {
    const refused = read('Host db\n Frobnicate yes\n ServerAliveIntervall 5\n');
    expect(await complaint(refused)).toMatch(
      /^config: \/.*config\d+:2: there is no option "Frobnicate" \(and 1 more\)$/,
    );
    await expect(refused).rejects.toBeInstanceOf(RefusedError);
    await expect(refused).rejects.toMatchObject({
      refusals: [{ line: 2 }, { line: 3, suggestion: expect.stringContaining('ServerAliveInterval') }],
    });
    const missing = path.join(place.dir, 'none here');
    expect(await complaint(read('', { configFile: missing }))).toBe(
      `config: ${missing}: it cannot be opened: there is no such file; want a file that you may read`,
    );
  });

  it.each<[TunnelOptions['options'], string]>([
    [{ Frobnicate: 1 }, 'usage: there is no option "Frobnicate"'],
    [
      { ServerAliveIntervall: 5 },
      'usage: there is no option "ServerAliveIntervall"; did you mean ServerAliveInterval?',
    ],
    [
      { ServerAliveInterval: '1.5' },
      'usage: option ServerAliveInterval: "1.5" is no time; want a time such as 30',
    ],
    [
      { ServerAliveCountMax: '3s' },
      'usage: option ServerAliveCountMax: "3s" is no number; want a whole number',
    ],
    [{ Port: 70000 }, 'usage: option Port: "70000" is no port; want a port from 1 to 65535'],
    [{ TCPKeepAlive: 'maybe' }, 'usage: option TCPKeepAlive: "maybe" is no value; want yes, true, no, false'],
    [{ ProxyJump: 'bob@' }, 'usage: option ProxyJump: "bob@" is no list of hosts; want [user@]host[:port]'],
    [{ User: 'a b c' }, 'usage: option User: "b" is one word too many'],
    [{ User: 'a;b' }, 'usage: the user "a;b" has signs of the shell in it'],
    [{ HostName: '%z' }, 'usage: option hostname: '],
    [{ Host: 'x' }, 'usage: option Host: Host stands on the command line; want it in a file'],
  ])('names an option that makes no sense: %j', async (options, message) => {
    expect(await complaint(read('', { options: options ?? {} }))).toContain(message);
  });

  it('reads each file once for all hops, and runs each command once', async () => {
    const ran = path.join(place.dir, 'ran');
    const text = `Match exec "echo ran >> '${ran}'"\n ServerAliveInterval 7\nHost through\n ProxyJump gate\n`;
    const request = await requestFor(
      { host: 'through', forwards: [{ dynamic: '1080' }], configFile: config(text) },
      { ...surroundings, env: {} },
    );
    expect(request.keepalive.intervalMs).toBe(7_000);
    expect(request.route).toMatchObject({ type: 'jump', hops: [{ host: 'gate' }] });
    expect(readFileSync(ran, 'utf8')).toBe('ran\n');
  });

  it('ends a command of Match exec that nobody waits for any more', async () => {
    const started = path.join(place.dir, 'started');
    const stop = new AbortController();
    const text = `Match exec "echo > '${started}'; exec sleep 300"\n Port 1\n`;
    const reading = requestFor(
      { host: 'db', forwards: [{ dynamic: '1080' }], configFile: config(text) },
      { ...surroundings, env: { PATH: process.env.PATH } },
      stop.signal,
    );
    const settled = complaint(reading);
    await until('it runs', () => existsSync(started));
    stop.abort();
    expect(await settled).toContain('was killed');
  });

  it('names a shell that cannot be executed', async () => {
    const text = config('Match exec true\n Port 1\n');
    const reading = requestFor(
      { host: 'db', forwards: [{ dynamic: '1080' }], configFile: text },
      { ...surroundings, env: { SHELL: '/no/shell' } },
    );
    expect(await complaint(reading)).toBe(
      'config: SHELL "/no/shell", which runs the commands of Match exec, cannot be executed; want a shell',
    );
  });

  it('looks names up where the files want them canonical, as connecting needs it', async () => {
    const text = 'CanonicalizeHostname yes\nCanonicalizePermittedCNAMEs *:*\nMatch canonical\n Port 77\n';
    expect((await read(text, { host: 'localhost' })).address).toMatchObject({
      hostName: 'localhost',
      port: 77,
    });
    expect(await complaint(read(text, { host: 'db.invalid' }))).toContain('the name db.invalid is not found');
  });

  it('takes an option that needs a session without one, as ssh -N does', async () => {
    expect((await read('ForkAfterAuthentication yes\n')).notes).toEqual([]);
  });

  it('reads the way to a server: each hop with its own lines, and no option of the command line', async () => {
    const text = `
      Host gate
        HostName gate.example.org
        Port 2222
        HostKeyAlias the-gate
        LocalForward 9 x:9
        ServerAliveCountMax 0
        Compression yes
      Host inner
        ProxyJump gate
      Host through
        ProxyJump inner
      Host both
        ProxyJump bob@gate:77,inner
      Host proxied
        HostName proxied.lan
        ProxyCommand nc -x secret@proxy %h:%p %r %n
      Host behind
        ProxyJump proxied
      Host one
        ProxyJump two
      Host two
        ProxyJump one
    `;
    const routeTo = async (host: string, options: TunnelOptions['options'] = {}) => {
      const { route } = await read(text, { host, options });
      if (route.type !== 'jump') return route;
      const hops = route.hops.map(
        ({ host: name, address, login, trust }) =>
          `${name}: ${login.user}@${address.hostName}:${address.port} known as ${trust.name}`,
      );
      return { hops, command: route.command };
    };
    const gate = 'gate: me@gate.example.org:2222 known as the-gate';
    const inner = 'inner: me@inner:22 known as inner';
    const user = { User: 'root', Port: 1, IdentityFile: '/root/key' };
    // ssh itself takes the name of the account for the user of a hop.
    const plain = (way: unknown) => JSON.stringify(way).replace(/: [^@ ]+@(?=gate\.|inner|x)/g, ': me@');
    const same = async (host: string, hops: string[], options?: TunnelOptions['options']) =>
      expect(plain(await routeTo(host, options))).toBe(JSON.stringify({ hops, command: null }));
    await same('through', [gate, inner]);
    await same('through', [gate, inner], user);
    await same('db', [gate, 'x: me@x:22 known as x'], { ProxyJump: 'gate,x' });
    const both = await routeTo('both');
    expect(both).toMatchObject({
      hops: ['gate: bob@gate.example.org:77 known as the-gate', expect.anything()],
    });
    expect(await routeTo('both', { ProxyJump: 'none' })).toEqual({ type: 'direct' });
    const command = 'nc -x secret@proxy proxied.lan:22 bob proxied';
    expect(await routeTo('bob@proxied')).toEqual({ type: 'command', command });
    expect(await routeTo('both', { ProxyJump: 'bob@proxied' })).toMatchObject({ command });
    expect(await routeTo('behind')).toMatchObject({ hops: [expect.stringContaining('@proxied.lan:22')] });
    expect((await read(text, { host: 'through' })).notes).toEqual([
      expect.stringMatching(/^gate: set, but not honoured by holdfast: Compression \(\/.*config\d+:8\)$/),
    ]);
    const silent = await read(text, { host: 'through', options: { BatchMode: true } });
    expect(silent.route).toMatchObject({
      hops: [{ login: { batchMode: true } }, { login: { batchMode: true } }],
    });
    expect(await complaint(read(text, { host: 'one' }))).toBe(
      'config: ProxyJump: one is reached through itself; want ProxyJump none for it',
    );
  });

  it('refuses what would not be connected to, before and after asking', async () => {
    expect(await complaint(read('ServerAliveInterval 5\nServerAliveCountMax 0\n'))).toMatch(
      /^config: \/.*config\d+:2: ServerAliveCountMax 0 with a ServerAliveInterval drops/,
    );
    expect(await complaint(read('', { host: '-oProxyCommand=x' }))).toContain(
      'usage: host "-oProxyCommand=x"',
    );
    expect(await complaint(read('', { options: { User: 'a\nProxyCommand x' } }))).toContain(
      'want a single line',
    );
    expect(await complaint(read('', { options: { 'Port 1': '2' } }))).toContain(
      'want a keyword of ssh_config',
    );
  });

  it('names in one note what it does not honour', async () => {
    const { notes } = await read('Compression yes\nControlMaster auto\nSendEnv LANG\nLogLevel ERROR\n');
    expect(notes).toHaveLength(1);
    expect(notes[0]).toMatch(/Compression.*ControlMaster|ControlMaster.*Compression/);
    expect(notes[0]).not.toMatch(/SendEnv|LogLevel/i);
  });

  it('reads no file with none', async () => {
    expect((await read('', { configFile: 'none' })).notes).toEqual([]);
  });
});

needs('ssh').it('times are those of ssh', async () => {
  const printed = (option: string) =>
    execFileSync(program('ssh'), ['-F', 'none', '-G', '-o', option, 'db'], { encoding: 'utf8' });
  for (const [text, seconds] of [
    ['1h30m', '5400'],
    ['1m30', '90'],
    ['30m5', '1805'],
    ['1W', '604800'],
    ['2147483647', '2147483647'],
  ]) {
    expect(printed(`ServerAliveInterval ${text}`)).toContain(`\nserveraliveinterval ${seconds}\n`);
    const request = await read('', { options: { ServerAliveInterval: text ?? '' } });
    expect(request.keepalive.intervalMs).toBe(Number(seconds) * 1_000);
  }
  for (const text of ['1.5x', '100ms', '-5', '2147483648', 's', '0x10']) {
    expect(await complaint(read('', { options: { ServerAliveInterval: text } }))).toContain(
      'is no time; want',
    );
  }
});

describe('the release that reads', () => {
  const dated = 'HostKeyAlgorithms +ssh-dss\nMatch host db\n  User carol\n';

  it('is the newest: options and criteria of a newer ssh than the installed one are understood', async () => {
    const request = await read(`
      Match sessiontype none
        Tag quick
      Match tagged quick
        User carol
        ObscureKeystrokeTiming no
        ChannelTimeout session=5m
      Match version OpenSSH_10.*
        Port 2200
    `);
    expect(request).toMatchObject({ address: { port: 2_200 }, login: { user: 'carol' } });
    expect(request.notes).toEqual([]);
  });

  it('refuses what the newest refuses where no ssh is installed', async () => {
    expect(await complaint(read(dated))).toMatch(/^config: .*config\d+:1: .*ssh-dss/);
  });

  needs('openssh-9.2').it(
    'is that of the installed ssh where the newest refuses what that one takes',
    async () => {
      const folder = path.join(place.dir, 'with-ssh');
      mkdirSync(folder);
      const words = judgeOf('9.2')
        ?.program.map((word) => `'${word}'`)
        .join(' ');
      writeFileSync(path.join(folder, 'ssh'), `#!/bin/sh\nexec ${words} "$@"\n`, { mode: 0o755 });
      const configFile = config(dated);
      const options = { host: 'db', forwards: [{ dynamic: '1080' }], configFile };
      const request = await requestFor(options, { ...surroundings, env: { PATH: folder } });
      expect(request.login.user).toBe('carol');
      const both = config('HostKeyAlgorithms +ssh-dss\nBogus x\nTag quick\n');
      const reading = requestFor(
        { ...options, configFile: both },
        { ...surroundings, env: { PATH: folder } },
      );
      expect(await complaint(reading)).not.toContain('Tag');
    },
  );
});
