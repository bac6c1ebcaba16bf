/** `holdfast config` as built, on files of its own. */
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { configTable } from '../../src/cli/config/options.js';
import { explain, listHosts, RefusedError, resolve } from '../../src/edit.js';
import { scratch } from '../support/guard.js';
import { bin, holdfast, onTerminal, plainEnv } from '../support/holdfast.js';
import { needs } from '../support/machine.js';
import { here } from '../support/place.js';

let dir = '';
let remove = () => {};
let main = '';

const files: Readonly<Record<string, string>> = {
  main: [
    'Include DIR/part',
    'Host *',
    '  ServerAliveInterval 300',
    '  User nobody',
    'Host db web',
    '  ServerAliveInterval 15',
    '  LocalForward 5432 localhost:5432',
    'Host bastion !inner',
    '  ProxyJump db',
    'Match final host 10.*',
    '  ServerAliveInterval 5',
    '  ServerAliveCountMax 1',
    '',
  ].join('\n'),
  part: 'Host db\n  HostName 10.0.0.1\n  User bob\n  Port 2222\n',
  bad: 'Host db\n  Usr bob\n  Port 99999\nClientAliveInterval 3\n',
  exec: 'Match exec "touch DIR/ran"\n  User ran\nHost db\n',
  strange: 'User a\u001b[31mb\n',
};

beforeAll(() => {
  ({ dir, remove } = scratch('configcommand'));
  for (const [name, text] of Object.entries(files)) {
    writeFileSync(path.join(dir, name), text.replaceAll('DIR', dir), { mode: 0o600 });
  }
  main = path.join(dir, 'main');
});
afterAll(() => remove());

const config = (...args: readonly string[]) => holdfast('config', ...args);
const parsed = async (...args: readonly string[]): Promise<unknown> => {
  const { code, stdout, stderr } = await config('-F', main, '--json', ...args);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return JSON.parse(stdout);
};
const widest = (text: string) => Math.max(...text.split('\n').map((line) => line.length));
/** The folder of the test may have any length. */
const short = (text: string) => text.replaceAll(`${dir}/`, '');
/** Where lines break hangs on that length. */
const words = (text: string) => short(text).replace(/\s+/g, ' ').trim();

/** What a refusal is for programs. */
const errorOf = (stdout: string) => (JSON.parse(stdout) as { error: { refusals: unknown[] } }).error;
const readers = ['effective', 'why', 'list', 'show', 'verify'];

describe('help', () => {
  it.each([[], ...Object.keys(configTable.commands).map((name) => [name])])('%s', async (...words) => {
    const { code, stdout, stderr } = await config(...words, '--help');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toContain(`holdfast config ${words[0] ?? '<command>'}`);
    const [name = ''] = words;
    const isOfFiles = ['lint', 'history', 'diff', 'undo', 'restore', 'managed'].includes(name);
    const all = readers.includes(name)
      ? ['-o', '-p', '-l', '--exec']
      : isOfFiles
        ? []
        : ['--dry-run', '--exec'];
    for (const option of name === '' ? [] : [...all, '-F', '--json']) expect(stdout).toContain(option);
    expect(widest(stdout)).toBeLessThanOrEqual(80);
  });

  it('without a command is on stderr, and a usage error', async () => {
    const { code, stdout, stderr } = await config();
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    for (const name of Object.keys(configTable.commands))
      expect(stderr).toMatch(new RegExp(`^ {2}${name}\\b`, 'm'));
  });
});

describe('lint', () => {
  it('says each finding with its code and its fix, and exits 1', async () => {
    const { code, stdout, stderr } = await config('lint', '-F', path.join(dir, 'bad'));
    expect({ code, stderr }).toEqual({ code: 1, stderr: '' });
    expect(short(stdout).split('\n').slice(0, 2)).toEqual([
      'bad:2: ssh has no option "Usr" and refuses the file, for every host [unknown-option]',
      '    write User',
    ]);
    expect(stdout).toContain('[refused-line]');
    expect(stdout).toContain('[server-option]');
  });

  it('gives the edits as data, also those of an included file', async () => {
    const { code, stdout } = await config('-F', main, '--json', 'lint');
    const { findings } = JSON.parse(stdout) as { findings: { code: string; file: string; fix: object }[] };
    expect(code).toBe(1);
    expect(findings.map(({ code: found, file }) => `${found} ${short(file)}`)).toContain(
      'wildcard-on-top main',
    );
    expect(findings[0]?.fix).toMatchObject({ edit: { file: main } });
  });

  it('exits 0 where there is nothing, 2 where there is no file', async () => {
    const empty = await config('lint', '-F', path.join(dir, 'part'));
    expect(empty).toMatchObject({ code: 0, stdout: '', stderr: '' });
    const none = await config('lint', '-F', path.join(dir, 'nowhere'));
    expect(none).toMatchObject({ code: 2, stdout: '' });
    expect(short(none.stderr)).toBe('holdfast: nowhere cannot be read: there is no such file\n');
  });

  it('judges for another release, and runs nothing', async () => {
    writeFileSync(path.join(dir, 'newer'), 'PubkeyAcceptedAlgorithms +ssh-rsa\n', { mode: 0o600 });
    const args = ['lint', '-F', path.join(dir, 'newer'), '--json', '--target'];
    expect((await config(...args, '9.2')).code).toBe(0);
    expect((await config(...args, '8.4')).stdout).toContain('"code":"newer-option"');
    expect((await config('lint', '-F', path.join(dir, 'exec'))).stdout).not.toContain('refused');
    expect(existsSync(path.join(dir, 'ran'))).toBe(false);
  });
});

describe('--target', () => {
  const tagged = 'Tag slow\nMatch tagged=slow host=db\n  User carol\nHost web\n  HostName w\n';
  const file = () => {
    writeFileSync(path.join(dir, 'tagged'), tagged, { mode: 0o600 });
    return path.join(dir, 'tagged');
  };

  it('answers as that release does', async () => {
    const asked = ['-F', file(), '--target'];
    const ten = await config('effective', ...asked, '10.0', 'db');
    expect(ten).toMatchObject({ code: 0, stderr: '' });
    expect(ten.stdout).toContain('\nuser carol\n');
    const older = await config('effective', ...asked, '9.2', 'db');
    expect(older).toMatchObject({ code: 2, stdout: '' });
    expect(older.stderr).toMatch(/tagged:1: there is no option "Tag"/);
    expect((await config('why', ...asked, '10.0', 'db', 'User')).stdout).toContain('tagged:3');
    expect((await config('show', ...asked, '10.0', 'db')).stdout).toContain('Match tagged=slow host=db');
    const list = await config('list', ...asked, '10.0', '--json');
    expect(JSON.parse(list.stdout).hosts).toMatchObject([
      { name: 'db', settings: { user: 'carol' } },
      { name: 'web', settings: { hostName: 'w' } },
    ]);
  });

  it('says of a release between the judged ones that it is not judged', async () => {
    const { code, stderr } = await config('effective', '-F', 'none', '--target=9.6', 'db');
    expect(code).toBe(0);
    expect(stderr).toMatch(/^holdfast: OpenSSH 9\.6: not judged; /);
  });

  it('counts for changes: names and values are those of that release', async () => {
    const change = ['set', 'web', 'ChannelTimeout', 'session=5m', '-F', file(), '--dry-run', '--target'];
    const ten = await config(...change, '10.0');
    expect(ten.code).toBe(0);
    expect(ten.stdout).toContain('+  ChannelTimeout session=5m');
    const older = await config(...change, '9.2');
    expect(older).toMatchObject({ code: 2, stdout: '' });
  });

  it('must be a release whose rules are known', async () => {
    const { code, stderr } = await config('effective', '-F', 'none', '--target', '7.4', 'db');
    expect(code).toBe(2);
    expect(stderr).toContain('OpenSSH "7.4" are not known; want 8.4, 9.2, 10.0, or, not judged, 8.7');
  });
});

describe('what makes no sense: one line, exit code 2', () => {
  const rows: [words: readonly string[], line: string][] = [
    [['efective', 'db'], 'config: unknown command "efective"; did you mean effective?'],
    [
      ['x'],
      `config: unknown command "x"; there are ${Object.keys(configTable.commands)
        .join(', ')
        .replace(/, (?=[a-z]+$)/, ' and ')}`,
    ],
    [['why'], 'config why: no host; as in holdfast config why db'],
    [['show', 'a', 'b'], 'config show: "b" is one word too many; it takes <host>'],
    [['show', '--all', 'a'], 'config show: --all is for list'],
    [['list', '--jsn'], 'config list: unknown option --jsn; did you mean --json?'],
    [['list', '-F'], 'config list: -F wants a value: -F FILE'],
    [['list', '-K'], 'config list: unknown option -K; see holdfast config list --help'],
    [
      ['why', '-Fnone', 'db', 'ServerAliveIntervall'],
      'option "ServerAliveIntervall": ssh has none of that name; did you mean ServerAliveInterval?',
    ],
    [['why', '-Fnone', 'db', 'Host'], 'option "Host": ssh keeps no value of it'],
    [
      ['effective', '-F', 'none', 'a;b'],
      'host "a;b": a host name has no blanks, no shell signs and no "-" in front',
    ],
    [
      ['effective', '-Fnone', '-pabc', 'db'],
      'the command line: Port: "abc" is no port; want a port from 1 to 65535, or the name of a service',
    ],
  ];
  it.each(rows)('%j', async (words, line) => {
    expect(await config(...words)).toEqual({ code: 2, stdout: '', stderr: `holdfast: ${line}\n` });
  });
});

describe('a file that ssh refuses: exit code 2, each line with its reason', () => {
  const lines = [
    'bad:2: there is no option "Usr"; did you mean User?',
    'bad:3: Port: "99999" is no port; want a port from 1 to 65535, or the name of a service',
    'bad:4: there is no option "ClientAliveInterval"; did you mean ServerAliveInterval? the one with Client belongs in sshd_config',
  ];
  it.each([['effective', 'db'], ['why', 'db'], ['list'], ['show', 'db']])('%s', async (...words) => {
    const { code, stdout, stderr } = await config(...words, '-F', path.join(dir, 'bad'));
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(short(stderr)).toBe(lines.map((line) => `holdfast: ${line}\n`).join(''));
  });

  it('as data', async () => {
    const { code, stdout } = await config('effective', '--json', '-F', path.join(dir, 'bad'), 'db');
    expect(code).toBe(2);
    const { refusals } = errorOf(stdout);
    expect(refusals).toHaveLength(3);
    expect(refusals[0]).toEqual({
      file: path.join(dir, 'bad'),
      line: 2,
      reason: 'there is no option "Usr"',
      suggestion: 'User',
    });
  });
});

it('a private key behind -F: nothing of it is told, and what it is', async () => {
  const key = path.join(dir, 'id_ed25519');
  writeFileSync(key, '-----BEGIN OPENSSH PRIVATE KEY-----\nc2VjcmV0\n-----END OPENSSH PRIVATE KEY-----\n', {
    mode: 0o600,
  });
  const told = 'id_ed25519:1: a private key begins here; want a configuration: a key goes behind -i';
  const ways = [
    [2, 'why', 'db'],
    [2, 'show', 'db'],
    [2, 'set', 'db', 'Port', '22'],
    [2, 'keepalive'],
    [1, 'lint'],
    [1, 'lint', '--fix', '--yes'],
  ] as const;
  for (const [exit, ...line] of ways) {
    const { code, stdout, stderr } = await config(...line, '-F', key);
    expect([code, line]).toEqual([exit, line]);
    expect(stdout + stderr).not.toContain('c2VjcmV0');
    expect(readFileSync(key, 'utf8')).toMatch(/^-----BEGIN.*\nc2VjcmV0\n-----END.*\n$/);
    if (line[0] === 'why') expect(short(stderr)).toBe(`holdfast: ${told}\n`);
  }
  const run = await holdfast('run', '--print', '-F', key, '-L', '8080:a:80', 'db');
  expect({ ...run, stderr: short(run.stderr) }).toMatchObject({ code: 2, stderr: `holdfast: ${told}\n` });
});

it('of very many refused lines the first ten are told', async () => {
  const many = path.join(dir, 'many');
  writeFileSync(many, 'Usr bob\n'.repeat(5_000), { mode: 0o600 });
  const lines = (await config('why', 'db', '-F', many)).stderr.trimEnd().split('\n');
  expect(lines).toHaveLength(11);
  expect(lines[10]).toBe('holdfast: and 4,990 more lines are refused');
  expect((await config('set', 'db', 'Port', '22', '-F', many)).stderr.length).toBeLessThan(2_000);
  const { stdout } = await config('why', 'db', '--json', '-F', many);
  expect(errorOf(stdout).refusals).toHaveLength(5_000);
});

describe('effective', () => {
  it('prints what ssh -G prints', async () => {
    const args = ['-F', main, '-oCompression=yes', '-p', '44', '-luser'];
    const theirs = await here.must('ssh', [...args, '-G', 'db'], { env: plainEnv() });
    const { code, stdout, stderr } = await config('effective', ...args, 'db');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout.split('\n').sort()).toEqual(theirs.split('\n').sort());
    expect(stdout).toContain('\nport 44\n');
  });

  it('takes options in clusters and behind the host, user@ and ssh://, as ssh does', async () => {
    const { options } = (await parsed('effective', 'ssh://eve@db:99', '-GoPort=77')) as {
      options: Record<string, string[]>;
    };
    expect(options).toMatchObject({ user: ['eve'], port: ['77'], hostname: ['10.0.0.1'] });
  });

  it('gives programs values by keyword', async () => {
    expect(await parsed('effective', 'db')).toMatchObject({
      host: 'db',
      hostName: '10.0.0.1',
      options: { user: ['bob'], localforward: ['5432 [localhost]:5432'], serveralivecountmax: ['1'] },
      undecided: [],
      withoutEffect: [],
    });
  });
});

describe('why', () => {
  it('names winning and losing lines across an Include and the second reading, and does the sums', async () => {
    const { code, stdout, stderr } = await config('why', '-F', main, 'db', 'ServerAliveInterval', 'user');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const [interval = '', user = '', heartbeat = ''] = stdout.split('\n\n');
    expect(words(interval)).toBe(
      [
        'ServerAliveInterval 300',
        'from main:3 ServerAliveInterval 300 in Host * (main:2): the pattern * matches',
        'lost main:6 ServerAliveInterval 15 shadowed by main:3',
        'lost main:11 ServerAliveInterval 5 shadowed by main:3',
      ].join(' '),
    );
    expect(words(user)).toBe(
      [
        'User bob',
        'from part:3 User bob in Host db (part:1): the pattern db matches',
        'lost main:4 User nobody shadowed by part:3',
      ].join(' '),
    );
    expect(heartbeat).toContain('\n  a dead server is noticed after 10 min: 5 min x (1 + 1)\n');
    expect(heartbeat).toContain('\n  288 beats a day, 80 kB\n');
    expect(heartbeat).toMatch(/\n {2}survives: \d+ of \d+ known idle time-outs; the shortest: /);
    expect(heartbeat).toMatch(/\n {2}too slow for: .*30 s/);
    expect(widest(heartbeat)).toBeLessThanOrEqual(80);
  });

  it('what the second reading adds says so', async () => {
    const { stdout } = await config('why', '-F', main, 'db', 'serveralivecountmax');
    expect(short(stdout)).toMatch(
      /^ServerAliveCountMax 1\n {2}from {2}main:12 {2}ServerAliveCountMax 1\n.*in the\s+second\s+reading\n/s,
    );
  });

  it('15 s and no heartbeat, in words', async () => {
    const often = await config('why', '-Fnone', '-oServerAliveInterval=15', 'db', 'ServerAliveInterval');
    expect(often.stdout).toContain('  a dead server is noticed after 60 s: 15 s x (3 + 1)\n');
    expect(often.stdout).toMatch(/ {2}survives: all \d+ known idle time-outs/);
    const never = await config('why', '-Fnone', 'db', 'ServerAliveInterval');
    expect(never.stdout).toContain('ServerAliveInterval 0  (default)\n');
    expect(never.stdout).toContain('heartbeat: none');
    const other = await config('why', '-Fnone', 'db', 'Port');
    expect(other.stdout).toBe('Port 22  (default)\n');
  });

  it('lets no control character of a file reach the terminal', async () => {
    const { stdout } = await config('why', '-F', path.join(dir, 'strange'), 'db', 'User');
    expect(stdout).toContain('User a^[[31mb');
    expect(stdout).not.toContain('\u001b');
  });

  it('as data', async () => {
    expect(await parsed('why', 'db', 'User')).toMatchObject({
      options: [
        {
          option: 'User',
          from: [{ file: path.join(dir, 'part'), line: 3, includes: [{ file: main, line: 1 }] }],
          lost: [{ lost: 'shadowed', line: 4, by: { line: 3 } }],
        },
      ],
      keepalive: { intervalMs: 300_000, countMax: 1, noticedAfterMs: 600_000 },
    });
  });
});

describe('Match exec', () => {
  const commands = [['effective'], ['why'], ['show']];
  it.each(commands)('%s runs nothing, and says what hangs on it', async (command) => {
    const { code, stderr } = await config(command, '-F', path.join(dir, 'exec'), 'db');
    expect(code).toBe(0);
    expect(words(stderr)).toBe(
      'holdfast: exec:1: undecided: exec "touch ran" was not run; it may change User; --exec runs it',
    );
    expect((await here.exec('test', ['-e', path.join(dir, 'ran')])).code).toBe(1);
  });

  it('--exec runs it', async () => {
    const { stdout, stderr } = await config('why', '--exec', '-F', path.join(dir, 'exec'), 'db', 'User');
    expect(stderr).toBe('');
    expect(stdout).toMatch(/^User ran\n/);
    expect((await here.exec('test', ['-e', path.join(dir, 'ran')])).code).toBe(0);
  });
});

describe('list', () => {
  it('is a table of the concrete hosts', async () => {
    const { code, stdout } = await config('list', '-F', main);
    expect(code).toBe(0);
    expect(stdout.split('\n').map((line) => line.split(/ {2,}/))).toEqual([
      ['HOST', 'HOSTNAME', 'USER', 'PORT', 'JUMP', 'KEEPALIVE', 'FORWARDS', 'FROM'],
      ['db', '10.0.0.1', 'bob', '2222', '-', '5 min x 1', 'L5432', 'part:1 main:5'],
      ['web', 'web', 'nobody', '22', '-', '5 min x 3', 'L5432', 'main:5'],
      ['bastion', 'bastion', 'nobody', '22', 'db', '5 min x 3', '-', 'main:8'],
      [''],
      [`The files are in ${dir}/`],
      [''],
    ]);
  });

  needs('socat').it('on a terminal a table that does not fit gives each host lines of its own', async () => {
    const name = 'a-rather-long-name-of-a-host.example.org';
    const wide = path.join(dir, 'wide');
    writeFileSync(
      wide,
      `Host ${name}\n  HostName other-${name}\n  User me\n  ProxyJump gate\nHost b\n  User me\n`,
      {
        mode: 0o600,
      },
    );
    const shown = onTerminal(dir, `exec ${process.execPath} ${bin} config list -F ${wide}`);
    expect(await shown.end()).toBe(0);
    const told = shown.stdout.replaceAll('\r', '');
    expect(told.split('\n\n')[0]).toBe(
      `${name}\n  hostname other-${name}, user me, port 22,\n  jump gate, from wide:1\nb\n  user me, port 22, from wide:5`,
    );
    const narrow = onTerminal(dir, `exec ${process.execPath} ${bin} config list b -F ${wide}`);
    expect(await narrow.end()).toBe(0);
    expect(narrow.stdout).toMatch(/^HOST {2}HOSTNAME {2}USER/);
  });

  it('--all adds wildcards and negations; a pattern chooses', async () => {
    const { stdout } = await config('list', '--all', '-F', main);
    expect(
      stdout
        .split('\n\n')[1]
        ?.split('\n')
        .map((line) => line.split(/ {2,}/)),
    ).toEqual([
      ['PATTERN', 'KIND', 'FROM'],
      ['*', 'wildcard', 'main:2'],
      ['!inner', 'negation', 'main:8'],
      ['10.*', 'wildcard', 'main:10'],
    ]);
    const { hosts } = (await parsed('list', 'B*')) as { hosts: { name: string; settings: unknown }[] };
    expect(hosts).toMatchObject([{ name: 'bastion', settings: { proxyJump: 'db', intervalMs: 300_000 } }]);
  });
});

it('list runs no command, and with --exec each command once for all hosts', async () => {
  const file = path.join(dir, 'counted');
  const runs = path.join(dir, 'runs');
  const text = `Match exec "echo run >> ${runs}"\n  User ran\nHost one two three\n`;
  writeFileSync(file, text, { mode: 0o600 });
  const quiet = await config('list', '-F', file);
  expect(quiet.stdout).toContain('one?');
  expect(existsSync(runs)).toBe(false);
  const { stdout } = await config('list', '--exec', '-F', file);
  expect(stdout.match(/ ran /g)).toHaveLength(3);
  expect(readFileSync(runs, 'utf8')).toBe('run\n');
});

it('show: the blocks that apply as they stand, each line with what became of it', async () => {
  const { code, stdout } = await config('show', '-F', main, 'db');
  expect(code).toBe(0);
  const [, part = '', shadowing = ''] = stdout.split('\n\n');
  expect(short(part).split('\n')).toEqual([
    'part:1',
    '  included by main:1',
    '  the pattern db matches',
    '   1  Host db',
    '   2    HostName 10.0.0.1  = 10.0.0.1',
    '   3    User bob           = bob',
    '   4    Port 2222          = 2222',
  ]);
  expect(words(shadowing)).toBe(
    'main:2 the pattern * matches 2 Host * 3 ServerAliveInterval 300 = 300 4 User nobody - shadowed by part:3',
  );
  expect(stdout).not.toContain('bastion');
});

describe('verify', () => {
  it('holds every concrete host against ssh -G', async () => {
    const { code, stdout, stderr } = await config('verify', '-F', main);
    expect({ code, stdout }).toEqual({ code: 0, stdout: '3 hosts: the same as ssh -G\n' });
    expect(stderr).toContain('runs the commands of Match exec');
  });

  it('a difference is exit code 1, and named', async () => {
    const other = path.join(dir, 'other');
    mkdirSync(other, { recursive: true });
    const real = (await here.must('which', ['ssh'])).trim();
    writeFileSync(path.join(other, 'ssh'), `#!/bin/sh\n${real} "$@" | sed 's/^port 2222/port 2223/'\n`);
    chmodSync(path.join(other, 'ssh'), 0o755);
    const env = plainEnv({ PATH: `${other}:${process.env.PATH}` });
    const { code, stdout } = await here.exec(process.execPath, [bin, 'config', 'verify', '-F', main], {
      env,
    });
    expect({ code, stdout }).toEqual({
      code: 1,
      stdout: 'db: port\n  ssh   2223\n  ours  2222\n3 hosts: 1 differs from ssh -G; please report that\n',
    });
  });

  it('what both refuse is no difference', async () => {
    const { code, stdout } = await config('verify', '-F', path.join(dir, 'bad'), 'db');
    expect(code).toBe(0);
    expect(stdout).toMatch(/^db: refused by both: /);
  });

  it('without ssh: exit code 2, and says so', async () => {
    const env = plainEnv({ PATH: path.join(dir, 'nowhere') });
    const { code, stdout, stderr } = await here.exec(
      process.execPath,
      [bin, 'config', 'verify', '-F', main],
      { env },
    );
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain('there is no ssh');
  });
});

describe('the library', () => {
  it('resolve, explain and listHosts give the same', async () => {
    const options = { configFile: main, options: { Port: 77, SendEnv: ['A', 'B'] } };
    const { options: values, lines } = await resolve('db', options);
    expect(values).toMatchObject({ port: ['77'], user: ['bob'], sendenv: ['A', 'B'] });
    expect(lines).toContain('port 77');
    const { options: told } = await explain('db', { ...options, only: ['port'] });
    expect(told).toMatchObject([{ option: 'Port', values: ['77'], from: [{ file: 'command line' }] }]);
    const { hosts, patterns } = await listHosts(options);
    expect(hosts.map(({ name }) => name)).toEqual(['db', 'web', 'bastion']);
    expect(patterns.map(({ name }) => name)).toEqual(['*', 'inner', '10.*']);
  });

  it('a refusal is a failure that names each line', async () => {
    const refused = resolve('db', { configFile: path.join(dir, 'bad') });
    await expect(refused).rejects.toBeInstanceOf(RefusedError);
    await expect(refused).rejects.toMatchObject({
      kind: 'config',
      message: `${dir}/bad:2: there is no option "Usr"; did you mean User? (and 2 more)`,
      refusals: [{ line: 2 }, { line: 3 }, { line: 4 }],
    });
    await expect(resolve('db', { options: { 'no keyword': 1 } })).rejects.toMatchObject({ kind: 'usage' });
  });
});
