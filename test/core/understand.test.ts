import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { buildRequest, type RequestFacts, type RequestResult } from '../../src/core/request/buildrequest.js';
import { parseDestination } from '../../src/core/request/destination.js';
import { optionLines } from '../../src/core/request/hostoptions.js';
import type { Request } from '../../src/core/request/request.js';
import type { TunnelOptions } from '../../src/core/request/tunneloptions.js';
import { sha1 } from '../../src/io/machine.js';
import { answerOf } from '../support/configanswer.js';

const env = { KEYS: '/keys', PORT: '99' };

/** `text` is the one configuration file, `/c/main`. */
function attempt(options: TunnelOptions, text: string, as?: 'hop'): RequestResult {
  const destined = parseDestination(options.host);
  if (!destined.ok) return destined;
  const answer = answerOf(
    { '/c/main': text },
    { ...destined.destination, options: optionLines(options.options ?? {}), env },
  );
  const facts: RequestFacts = {
    answer,
    places: {
      home: '/home/me',
      homes: new Map([
        ['bob', '/home/bob'],
        ['nobody', null],
      ]),
      directory: '/cwd',
      env,
    },
    user: 'me',
    uid: 1000,
    machine: 'box.lan',
    sha1,
  };
  return buildRequest(options, facts, as);
}

const forward = { forwards: [{ dynamic: '1080' }] };

function request(options: Partial<TunnelOptions> = {}, text = ''): Request {
  const understood = attempt({ host: 'db', ...forward, ...options }, text);
  if (!understood.ok) throw new Error(understood.failure.message);
  return understood.request;
}

function complaint(options: Partial<TunnelOptions>, text = '', as?: 'hop'): string {
  const understood = attempt({ host: 'db', ...forward, ...options }, text, as);
  return understood.ok ? 'understood' : `${understood.failure.kind}: ${understood.failure.message}`;
}

describe('where nobody says anything', () => {
  it('the defaults are ours', () => {
    const plain = request();
    expect(plain).toMatchObject({
      host: 'db',
      address: { hostName: 'db', port: 22, family: 0, bindAddress: null },
      trust: {
        strict: 'ask',
        userFiles: ['/home/me/.ssh/known_hosts', '/home/me/.ssh/known_hosts2'],
        globalFiles: ['/etc/ssh/ssh_known_hosts', '/etc/ssh/ssh_known_hosts2'],
        hash: false,
        name: 'db',
      },
      login: {
        user: 'me',
        identitiesOnly: false,
        agent: { variable: 'SSH_AUTH_SOCK' },
        batchMode: false,
        passwordPrompts: 3,
      },
      keepalive: { intervalMs: 15_000, countMax: 3, tcp: true },
      connectTimeoutMs: 10_000,
      exitOnForwardFailure: true,
      holdMs: 30_000,
      maxAttempts: null,
      giveUpAfterMs: null,
      notes: [],
    });
    expect(plain.login.identityFiles.length).toBeGreaterThan(1);
    expect(
      plain.login.identityFiles.every(({ path, named }) => !named && path.startsWith('/home/me/.ssh/id_')),
    ).toBe(true);
  });

  it('is frozen to its depths', () => {
    const plain = request();
    expect(Object.isFrozen(plain) && Object.isFrozen(plain.login.identityFiles[0])).toBe(true);
    expect(Object.isFrozen(plain.forwards[0]?.listen)).toBe(true);
  });
});

describe('who wins', () => {
  it('a file over our default, an option over the file', () => {
    const text = 'ServerAliveInterval 60\nConnectTimeout 5\nServerAliveCountMax 7\n';
    expect(request({}, text).keepalive).toMatchObject({ intervalMs: 60_000, countMax: 7 });
    expect(request({ options: { serverAliveInterval: '1m30s' } }, text).keepalive.intervalMs).toBe(90_000);
    expect(request({}, text).connectTimeoutMs).toBe(5_000);
  });

  it('what is set to ssh’s own default is set', () => {
    const options = { ServerAliveInterval: 0, ConnectTimeout: 0, ExitOnForwardFailure: false };
    const text = 'ServerAliveInterval 0\nConnectTimeout 0\nExitOnForwardFailure no\n';
    for (const plain of [request({ options }), request({}, text)]) {
      expect(plain.keepalive.intervalMs).toBe(0);
      expect(plain.connectTimeoutMs).toBeGreaterThan(3_600_000);
      expect(plain.exitOnForwardFailure).toBe(false);
    }
    expect(request({}, 'IdentityFile ~/.ssh/id_rsa\n').login.identityFiles).toEqual([
      { path: '/home/me/.ssh/id_rsa', named: true },
    ]);
    expect(request({}, 'Host db\n StrictHostKeyChecking ask\nStrictHostKeyChecking no\n').trust.strict).toBe(
      'ask',
    );
  });

  // `none` sets nothing in ssh (parse_time in readconf.c): a later line still can.
  it('none as a time is a later line’s, else ssh’s default and not ours', () => {
    expect(request({ options: { ServerAliveInterval: 'none' } }).keepalive.intervalMs).toBe(0);
    expect(request({}, 'ServerAliveInterval none\n').keepalive.intervalMs).toBe(0);
    const text = 'ServerAliveInterval none\nServerAliveInterval 60\n';
    expect(request({}, text).keepalive.intervalMs).toBe(60_000);
    expect(request({}, 'ConnectTimeout none\n').connectTimeoutMs).toBeGreaterThan(3_600_000);
  });

  it('the 300 s that Debian’s ssh takes with BatchMode are nobody’s line', () => {
    for (const plain of [request({ options: { BatchMode: true } }), request({}, 'BatchMode yes\n')]) {
      expect(plain).toMatchObject({ login: { batchMode: true }, keepalive: { intervalMs: 15_000 } });
    }
    const text = 'BatchMode yes\nServerAliveInterval 300\n';
    expect(request({}, text).keepalive.intervalMs).toBe(300_000);
  });

  it('the first of two names for one option', () => {
    expect(request({ options: { KeepAlive: 'no', TCPKeepAlive: 'yes' } }).keepalive.tcp).toBe(false);
  });

  it('user and port: the option, then the destination, then the file', () => {
    const files = 'User carol\nPort 2222\n';
    expect(request({}, files)).toMatchObject({ login: { user: 'carol' }, address: { port: 2222 } });
    expect(request({ host: 'ssh://bob@db:99' }, files)).toMatchObject({
      login: { user: 'bob' },
      address: { port: 99 },
    });
    expect(request({ host: 'bob@db', options: { User: 'al', Port: 7 } }, files)).toMatchObject({
      login: { user: 'al' },
      address: { port: 7 },
    });
  });
});

describe('words of ssh', () => {
  it.each([
    ['yes', 'yes'],
    ['true', 'yes'],
    ['no', 'no'],
    ['off', 'no'],
    ['false', 'no'],
    ['ask', 'ask'],
    ['accept-new', 'accept-new'],
  ])('StrictHostKeyChecking %s', (word, strict) => {
    expect(request({ options: { StrictHostKeyChecking: word } }).trust.strict).toBe(strict);
  });

  it('AddressFamily, BindAddress, HashKnownHosts, IdentitiesOnly, BatchMode, NumberOfPasswordPrompts', () => {
    const options = {
      AddressFamily: 'inet6',
      BindAddress: '192.0.2.1',
      HashKnownHosts: true,
      IdentitiesOnly: 'yes',
      BatchMode: 'yes',
      NumberOfPasswordPrompts: 1,
    };
    expect(request({ options })).toMatchObject({
      address: { family: 6, bindAddress: '192.0.2.1' },
      trust: { hash: true },
      login: { identitiesOnly: true, batchMode: true, passwordPrompts: 1 },
    });
  });

  it.each([
    ['192.0.2.1', '192.0.2.1'],
    ['2001:DB8::0:1', '2001:db8::1'],
    ['fe80::1%eth0', 'fe80::1%eth0'],
  ])('BindAddress %s', (BindAddress, bindAddress) => {
    expect(request({ options: { BindAddress } }).address).toMatchObject({ bindAddress });
  });

  it('keys are looked up by alias, or by name and port', () => {
    expect(request({ host: 'DB.Example' }).trust.name).toBe('db.example');
    expect(request({ host: 'db', options: { Port: 2222 } }).trust.name).toBe('[db]:2222');
    expect(request({ options: { Port: 2222, HostKeyAlias: 'Vault' } }).trust.name).toBe('vault');
  });

  it('HostName', () => {
    expect(request({}, 'HostName 10.0.0.7\n').address.hostName).toBe('10.0.0.7');
    expect(request({ options: { HostName: '%h.Example' } }).address.hostName).toBe('db.example');
  });
});

describe('paths', () => {
  const keys = (value: string | readonly string[]) =>
    request({ options: { IdentityFile: value } }).login.identityFiles.map(({ path }) => path);

  it('expand ~, tokens and variables, and become absolute', () => {
    expect(keys('~/k_%h_%r_%u_%n_%p_%l_%L_%i_%k_%%')).toEqual([
      '/home/me/k_db_me_me_db_22_box.lan_box_1000_db_%',
    ]);
    expect(keys('%d/k')).toEqual(['/home/me/k']);
    expect(keys('$' + '{KEYS}/k')).toEqual(['/keys/k']);
    expect(keys('k.pem')).toEqual(['/cwd/k.pem']);
    expect(keys('"/my keys/k" # mine')).toEqual(['/my keys/k']);
    expect(keys(['/a', 'none', '/b'])).toEqual(['/a', '/b']);
  });

  it('%C is the hash of ssh: machine, host, port and user', () => {
    const hash = createHash('sha1').update('box.landb22me').digest('hex');
    expect(keys('/k_%C')).toEqual([`/k_${hash}`]);
  });

  it('homes of other users are known', () => {
    expect(keys('~bob/k')).toEqual(['/home/bob/k']);
    expect(request({}, 'UserKnownHostsFile ~bob/a ~/b\n').trust.userFiles).toEqual([
      '/home/bob/a',
      '/home/me/b',
    ]);
  });

  it('name what cannot be expanded, and where it stands', () => {
    expect(complaint({ options: { IdentityFile: '/k_%z' } })).toBe(
      'usage: option IdentityFile "/k_%z": the token %z is not understood here; write the path out',
    );
    expect(complaint({ options: { IdentityFile: '$' + '{NOPE}/k' } })).toContain(
      'the environment has no NOPE',
    );
    expect(complaint({ options: { IdentityFile: '~nobody/k' } })).toContain('there is no user nobody');
    expect(complaint({}, 'Port 7\nIdentityFile ~nobody/k\n')).toBe(
      'config: /c/main:2: IdentityFile "~nobody/k": there is no user nobody; write the path out',
    );
  });

  it('keys of the user are named, those of ssh are not', () => {
    expect(
      request({ options: { IdentityFile: '/k' } }, 'IdentityFile "~/my file"\n').login.identityFiles,
    ).toEqual([
      { path: '/k', named: true },
      { path: '/home/me/my file', named: true },
    ]);
    expect(request({}, 'IdentityFile none\n').login.identityFiles).toEqual([]);
  });

  it.each([
    ['none', null],
    ['SSH_AUTH_SOCK', { variable: 'SSH_AUTH_SOCK' }],
    ['$MY_AGENT', { variable: 'MY_AGENT' }],
    ['~/agent.%h', { socket: '/home/me/agent.db' }],
    ['/run/a', { socket: '/run/a' }],
  ])('IdentityAgent %s', (word, agent) => {
    expect(request({ options: { IdentityAgent: word } }).login.agent).toEqual(agent);
  });

  it('of an agent are read in a file as in an option', () => {
    const agent = (text: string) => request({}, text).login.agent;
    expect(agent('IdentityAgent ~bob/agent.%h\n')).toEqual({ socket: '/home/bob/agent.db' });
    expect(agent('IdentityAgent run/a\n')).toEqual({ socket: '/cwd/run/a' });
    expect(agent('IdentityAgent $MY_AGENT\n')).toEqual({ variable: 'MY_AGENT' });
    expect(agent('IdentityAgent NONE\n')).toBeNull();
  });

  it('known hosts are lists', () => {
    const userFiles = (options: TunnelOptions['options'], text = '') =>
      request(options ? { options } : {}, text).trust.userFiles;
    expect(userFiles({ UserKnownHostsFile: '~/a "/b c" d' })).toEqual(['/home/me/a', '/b c', '/cwd/d']);
    expect(userFiles({ UserKnownHostsFile: ['/a', '/b'] })).toEqual(['/a', '/b']);
    expect(userFiles({ UserKnownHostsFile: 'none' })).toEqual([]);
    expect(userFiles({ UserKnownHostsFile: '/dev/null' })).toEqual(['/dev/null']);
    expect(userFiles(undefined, 'UserKnownHostsFile /home/me/a "/b c/kh" x ~/z\n')).toEqual([
      '/home/me/a',
      '/b c/kh',
      '/cwd/x',
      '/home/me/z',
    ]);
  });
});

describe('forwards', () => {
  const files =
    'LocalForward 8080 web:80\nLocalForward "/tmp/a b" /tmp/c\nDynamicForward 1080\nRemoteForward 9\n';

  it('of the host where none is asked for', () => {
    const { forwards, notes } = request({ forwards: [] }, files);
    expect(forwards.map(({ side, text }) => `${side} ${text}`)).toEqual([
      'local LocalForward 8080 [web]:80',
      'local LocalForward /tmp/a b /tmp/c',
      'remote RemoteForward 9 [socks]:0',
      'local DynamicForward 1080',
    ]);
    expect(notes).toEqual([]);
  });

  it('of the host beside those that are asked for, where that is wanted', () => {
    const only = request({ forwards: [{ local: '1:a:1' }] }, files);
    expect(only).toMatchObject({ forwards: [{ text: '-L 1:a:1' }], notes: [] });
    expect(only.forwards).toHaveLength(1);
    const added = request({ forwards: [{ local: '1:a:1' }], configForwards: true }, files);
    expect(added.forwards.map(({ text }) => text)).toEqual([
      '-L 1:a:1',
      'LocalForward 8080 [web]:80',
      'LocalForward /tmp/a b /tmp/c',
      'RemoteForward 9 [socks]:0',
      'DynamicForward 1080',
    ]);
    expect(added.notes).toEqual([]);
    expect(complaint({ forwards: [], configForwards: false }, files)).toContain('nothing to forward');
  });

  it('of the host that listen where one that is asked for does are that one, or are left out', () => {
    const both = (...forwards: NonNullable<TunnelOptions['forwards']>) => {
      const made = request({ forwards, configForwards: true }, files);
      return {
        texts: made.forwards.map(({ text }) => text).slice(0, forwards.length + 1),
        notes: made.notes,
      };
    };
    expect(both({ local: '8080:web:80' })).toEqual({
      texts: ['-L 8080:web:80', 'LocalForward /tmp/a b /tmp/c'],
      notes: [],
    });
    expect(both({ local: '*:8080:other:80' })).toEqual({
      texts: ['-L *:8080:other:80', 'LocalForward /tmp/a b /tmp/c'],
      notes: [
        'LocalForward 8080 [web]:80: -L *:8080:other:80 listens on the same port here, so it is left out',
      ],
    });
    expect(both({ remote: '9:a:1' })).toMatchObject({
      notes: [
        'RemoteForward 9 [socks]:0: -R 9:a:1 listens on the same port on the server, so it is left out',
      ],
    });
    expect(complaint({ forwards: [] }, `${files}LocalForward 8080 other:80\n`)).toBe(
      'config: LocalForward 8080 [other]:80: LocalForward 8080 [web]:80 listens on the same port here; give one of them another',
    );
  });

  it('are cleared by ClearAllForwardings, all of them, and its line is named', () => {
    const why =
      'ClearAllForwardings yes leaves nothing to forward: as in ssh, it clears what stands on the command line, too';
    expect(complaint({ options: { ClearAllForwardings: true } }, files)).toBe(`usage: option ${why}`);
    expect(complaint({ forwards: [] }, `${files}ClearAllForwardings yes\n`)).toMatch(
      new RegExp(`^config: .*:5: ${why}$`),
    );
  });

  it('given as options of ssh', () => {
    const options = { LocalForward: ['8080 web:80', '8081 web:81'], RemoteForward: '9' };
    expect(request({ forwards: [], options }).forwards.map(({ text }) => text)).toEqual([
      'LocalForward 8080 web:80',
      'LocalForward 8081 web:81',
      'RemoteForward 9',
    ]);
  });

  it.each<[string, unknown]>([
    ['db:5432', { type: 'tcp', host: 'db', port: 5432 }],
    ['[::1]:22', { type: 'tcp', host: '::1', port: 22 }],
    ['/run/db.sock', { type: 'unix', path: '/run/db.sock' }],
    ['$' + '{DB}:1', { type: 'tcp', host: '99', port: 1 }],
  ])('of standard input and output: -W %s', (spec, target) => {
    const { forwards } = request({ forwards: [{ stdio: spec.replace('DB', 'PORT') }] });
    expect(forwards).toMatchObject([{ side: 'local', listen: { type: 'stdio' }, target }]);
  });

  it.each<[string, string]>([
    ['db', 'usage: -W "db": want host:port, as in db:5432, or the path of a socket'],
    ['db:0', '("0" is no port: 1 to 65535)'],
    [':22', '(the host is empty)'],
    ['a:1:b:2', '-W "a:1:b:2": want host:port'],
  ])('refuse -W %s', (spec, message) => {
    expect(complaint({ forwards: [{ stdio: spec }] })).toContain(message);
  });

  it('of standard input and output stand alone, and are given up when a client would be', () => {
    const alone = request({ forwards: [{ stdio: 'db:1' }] }, files);
    expect(alone.forwards.map(({ text }) => text)).toEqual(['-W db:1']);
    expect(alone).toMatchObject({ notes: [], giveUpAfterMs: 30_000, maxAttempts: null });
    const beside = request({ forwards: [{ stdio: 'db:1' }, { dynamic: '1080' }], holdMs: 0 });
    expect(beside.forwards.map(({ text }) => text)).toEqual(['-W db:1']);
    expect(beside.notes).toEqual(['-D 1080 is left out: with -W nothing but stdin and stdout is forwarded']);
    expect(beside).toMatchObject({ giveUpAfterMs: null, maxAttempts: 1 });
    expect(request({ forwards: [{ stdio: 'db:1' }], maxAttempts: 9 })).toMatchObject({
      giveUpAfterMs: null,
      maxAttempts: 9,
    });
    expect(complaint({ forwards: [{ stdio: 'db:1' }, { stdio: 'db:2' }] })).toBe(
      'usage: -W db:2: there is a -W db:1 already; want one',
    );
  });

  it('listen on every address with GatewayPorts', () => {
    const listen = (given: Partial<TunnelOptions>, text = '') => request(given, text).forwards[0]?.listen;
    expect(listen({})).toMatchObject({ host: 'localhost' });
    expect(listen({ options: { GatewayPorts: 'yes' } })).toMatchObject({ host: '' });
    expect(listen({}, 'GatewayPorts yes\n')).toMatchObject({ host: '' });
    expect(listen({ forwards: [] }, 'GatewayPorts yes\nLocalForward 8080 web:80\n')).toMatchObject({
      host: '',
    });
  });

  it('expand tokens in the paths of sockets', () => {
    const asked = [{ local: '/tmp/%h_%r:/run/%p%%' }, { remote: '%h:1:a:1' }];
    expect(request({ forwards: asked }).forwards).toMatchObject([
      { listen: { path: '/tmp/db_me' }, target: { path: '/run/22%' } },
      { listen: { host: '%h' } },
    ]);
    expect(request({ forwards: [] }, 'LocalForward /tmp/%h_%r h:1\n').forwards[0]?.listen).toEqual({
      type: 'unix',
      path: '/tmp/db_me',
    });
    expect(complaint({ forwards: [{ local: '/tmp/%z:a:1' }] })).toBe(
      'usage: -L /tmp/%z:a:1: the token %z is not understood here; write the path out',
    );
  });

  it('expand variables', () => {
    const asked = [{ local: '$' + '{PORT}:db:1' }];
    expect(request({ forwards: asked }).forwards[0]?.listen).toMatchObject({ port: 99 });
    const options = { LocalForward: '$' + '{PORT} db:1' };
    expect(request({ forwards: [], options }).forwards[0]?.listen).toMatchObject({ port: 99 });
    expect(complaint({ forwards: [{ local: '$' + '{NOPE}:db:1' }] })).toContain(
      'the environment has no NOPE',
    );
  });

  it.each([
    [{ forwards: [] }, 'usage: db: nothing to forward; ask for a forward, as in -L 5432:localhost:5432'],
    [{ forwards: [{ local: '8080:db' }] }, 'usage: -L "8080:db": want [bind_address:]port:host:hostport'],
    [
      { forwards: [{ local: '1:a:1' }, { dynamic: '*:1' }] },
      'usage: -D *:1: -L 1:a:1 listens on the same port here',
    ],
    [{ forwards: [{ remote: '1:a:1' }, { remote: '1:b:1' }] }, 'listens on the same port on the server'],
    [{ options: { ClearAllForwardings: 'yes' } }, 'ClearAllForwardings yes leaves nothing to forward'],
  ] satisfies [Partial<TunnelOptions>, string][])('%j: %s', (options, message) => {
    expect(complaint(options)).toContain(message);
  });
});

describe('what makes no sense', () => {
  it.each<[Partial<TunnelOptions>, string]>([
    [
      { options: { ServerAliveCountMax: 0 } },
      'usage: option ServerAliveCountMax 0 with a ServerAliveInterval drops',
    ],
    [
      { options: { BindAddress: 'eth0' } },
      'usage: option BindAddress "eth0": want an address of this machine, as in 192.0.2.1',
    ],
    [{ holdMs: -1 }, 'usage: holdMs -1: want'],
    [{ holdMs: Number.NaN }, 'usage: holdMs NaN: want'],
    [{ maxAttempts: 0 }, 'usage: maxAttempts 0: want'],
    [{ giveUpAfterMs: 0 }, 'usage: giveUpAfterMs 0: want'],
  ])('%j: %s', (options, message) => {
    expect(complaint(options)).toContain(message);
  });

  it('is said of a file, too, with the line', () => {
    const text = 'Host db\n  ServerAliveCountMax 0\n';
    expect(complaint({}, text)).toBe(
      'config: /c/main:2: ServerAliveCountMax 0 with a ServerAliveInterval drops a healthy connection at its first quiet moment; want 1 or more, or ServerAliveInterval 0',
    );
    expect(complaint({ options: { ServerAliveInterval: 0 } }, text)).toBe('understood');
    expect(complaint({}, `${text}  ServerAliveInterval 0\n`)).toBe('understood');
    expect(complaint({}, text, 'hop')).toBe('understood');
    expect(complaint({}, 'User "a;b"\n')).toContain('config: /c/main:1: User "a;b": want a name');
  });
});

describe('notes', () => {
  it('list what is set and not honoured, once, with its line, and leave the harmless out', () => {
    const options = { Compression: 'yes', localcommand: 'x', SendEnv: 'LANG', LogLevel: 'ERROR' };
    const text =
      'Host db\n GSSAPIAuthentication yes\n ControlMaster auto\n IPQoS none\n MACs hmac-sha2-256\n';
    expect(request({ options }, text).notes).toEqual([
      'set, but not honoured by holdfast: Compression, ControlMaster (/c/main:3), LocalCommand, IPQoS (line 4)',
    ]);
  });

  it('do not name what is set to what happens anyway', () => {
    const text = 'Compression no\nPasswordAuthentication yes\nKnownHostsCommand none\nControlMaster no\n';
    expect(request({}, text).notes).toEqual([]);
    expect(request({}, 'Compression yes\n').notes[0]).toContain('Compression (/c/main:1)');
  });
});
