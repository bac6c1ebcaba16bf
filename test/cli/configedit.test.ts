/** The commands of `holdfast config` that change the file, as built, on files of their own. */
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { scratch } from '../support/guard.js';
import { bin, plainEnv } from '../support/holdfast.js';
import { canMountPrivately, needs } from '../support/machine.js';
import { here } from '../support/place.js';

const { dir, remove } = scratch('configedit');
afterAll(remove);

const text = `# mine
Host web
  HostName web.example.org
  ServerAliveInterval 60

Host db db2
  HostName db.example.org   # the master
  Port 22
`;

let count = 0;
let folder = '';
let file = '';
beforeEach(() => {
  count += 1;
  folder = path.join(dir, String(count));
  mkdirSync(folder);
  file = path.join(folder, 'config');
  put(text);
});

const put = (bytes: string, name = 'config') =>
  writeFileSync(path.join(folder, name), bytes, { mode: 0o600, encoding: 'latin1' });
const content = (name = 'config') => readFileSync(path.join(folder, name), 'latin1');
const run = (...args: readonly string[]) =>
  here.exec(process.execPath, [bin, 'config', ...args], {
    env: plainEnv({ XDG_STATE_HOME: path.join(folder, 'state') }),
    detached: true,
  });
/** The answer with FILE for the file, and lines that were wrapped in one piece. */
async function config(...args: readonly string[]) {
  const { code, stdout, stderr } = await run(...args, '-F', file);
  const said = stderr.replaceAll(file, 'FILE').replace(/\n {10}/g, ' ');
  return {
    code,
    stdout: stdout.replaceAll(file, 'FILE'),
    stderr: said,
    flat: said.replace(/\s+/g, ' ').trim(),
  };
}

describe('each command does what it says, and a dry run shows it and writes nothing', () => {
  const rows: readonly (readonly [string[], string, string])[] = [
    [
      ['set', 'db', 'Port', '2222'],
      text.replace('Host db db2', 'Host db\n  Port 2222\n\nHost db db2'),
      'db: Port 22 -> 2222 (FILE:7)',
    ],
    [
      ['set', 'web', 'ServerAliveInterval=30'],
      text.replace('Interval 60', 'Interval 30'),
      'web: ServerAliveInterval 60 -> 30 (FILE:4)',
    ],
    [
      ['unset', 'web', 'ServerAliveInterval'],
      text.replace('  ServerAliveInterval 60\n', ''),
      'web: ServerAliveInterval 60 -> 0',
    ],
    [
      ['append', 'web', 'LocalForward', '8080', 'localhost:80'],
      text.replace('Interval 60\n', 'Interval 60\n  LocalForward 8080 localhost:80\n'),
      'web: LocalForward 8080 [localhost]:80 added (FILE:5)',
    ],
    [
      ['add', 'new', '--hostname', 'n.example.org', '-p2200', '-L', '5432:localhost:5432', '-D', '1080'],
      `${text}\nHost new\n  HostName n.example.org\n  Port 2200\n  LocalForward 5432 localhost:5432\n  DynamicForward 1080\n`,
      'new host new (FILE:11): HostName n.example.org, Port 2200, LocalForward 5432 localhost:5432, DynamicForward 1080',
    ],
    [
      ['add', 'web2', '--like', 'web', '--user', 'me'],
      `${text}\nHost web2\n  User me\n  HostName web.example.org\n  ServerAliveInterval 60\n`,
      'new host web2, like web (FILE:11): User me, HostName web.example.org, ServerAliveInterval 60',
    ],
    [['remove', 'db2'], text.replace('db db2', 'db'), 'db2 is gone from FILE'],
    [
      ['rename', 'web', 'www'],
      text.replace('Host web', 'Host www'),
      'web is www now, in FILE; nothing else of it changed',
    ],
    [
      ['copy', 'web', 'www'],
      `${text}\nHost www\n  HostName web.example.org\n  ServerAliveInterval 60\n`,
      'new host www, as web (FILE:11): HostName web.example.org, ServerAliveInterval 60',
    ],
    [
      ['keepalive', 'db'],
      `${text}\nHost db\n  ServerAliveInterval 15\n`,
      'For db: a dead server is noticed after 60 s instead of 2 h 11 min. It is 15 s x (3 + 1).',
    ],
  ];

  it.each(rows)('%j', async (words, wanted, said) => {
    const dry = await config(...words, '--dry-run');
    expect(content()).toBe(text);
    expect(existsSync(path.join(folder, 'state'))).toBe(false);
    expect(dry).toMatchObject({ code: 0, flat: expect.stringContaining('Nothing was written.') });
    const wet = await config(...words);
    expect(wet).toMatchObject({ code: 0, stdout: '' });
    expect(content()).toBe(wanted);
    expect(wet.flat).toContain(said);
    expect(dry.flat).toContain(said);
    expect(wet.flat).toContain('holdfast config undo -F FILE takes it back.');
    // What was shown is what was written: patch can take it back.
    expect((await config('diff')).stdout).toBe(dry.stdout);
    await config('undo');
    expect(content()).toBe(text);
  });

  it('drop takes one of several, compared by what it means', async () => {
    put('Host web\n  LocalForward 8080 localhost:80\n  LocalForward 8081 localhost:81\n');
    const dropped = await config('drop', 'web', 'LocalForward', '8080', '[localhost]:80');
    expect(content()).toBe('Host web\n  LocalForward 8081 localhost:81\n');
    expect(dropped.flat).toContain('web: LocalForward 8080 [localhost]:80 gone');
  });
});

describe('nothing to do is said, and is exit code 0', () => {
  it.each([
    [['set', 'web', 'ServerAliveInterval', '1m'], 'web: ServerAliveInterval 60 already (FILE:4)'],
    [['set', 'web', 'Port', '22'], 'web: Port 22 already, which is the default'],
    [['unset', 'web', 'Port'], 'web has no line of its own with Port; its value is 22, which is the default'],
    [['drop', 'web', 'SendEnv', 'X'], 'web has no such SendEnv'],
  ])('%j', async (words, said) => {
    const { code, flat, stdout } = await config(...words);
    expect({ code, flat, stdout }).toEqual({
      code: 0,
      flat: `${said} Nothing to do; nothing was written.`,
      stdout: '',
    });
    expect(content()).toBe(text);
  });
});

it('a host that others jump through goes with a warning', async () => {
  await config('set', 'db', 'ProxyJump', 'me@web');
  const { code, stderr } = await config('rename', 'web', 'www');
  expect(code).toBe(0);
  const line =
    content()
      .split('\n')
      .findIndex((each) => each.includes('ProxyJump')) + 1;
  expect(stderr.replace(/\s+/g, ' ')).toContain(`WARNING: FILE:${line} still says ProxyJump me@web.`);
});

describe('with --json', () => {
  it('an edit has the names of the library, and no text of the whole file', async () => {
    const { stdout, stderr } = await config('set', 'db', 'Port', '2222', '--json');
    expect(stderr).toBe('');
    const told = JSON.parse(stdout) as Record<string, unknown>;
    expect(told).toMatchObject({
      ...{ changed: true, written: true, configFile: 'FILE', keptHosts: [], idle: [], confirmed: null },
      changedHosts: [{ host: 'db', option: 'Port', before: ['22'], after: ['2222'] }],
      lines: [
        { file: 'FILE', line: 6, text: 'Host db', header: null },
        { file: 'FILE', line: 7, text: 'Port 2222', header: 'Host db' },
      ],
      files: [{ file: 'FILE', created: false, number: 1 }],
    });
    expect(told).not.toHaveProperty('text');
  });

  it('a refusal has its reason', async () => {
    const { code, stdout } = await config('set', 'db', 'ClientAliveInterval', '30', '--json');
    expect(code).toBe(2);
    expect(JSON.parse(stdout)).toMatchObject({
      error: {
        kind: 'usage',
        reason: 'server-option',
        message: expect.stringContaining('belongs in sshd_config'),
        file: null,
        line: null,
      },
    });
  });
});

describe('refused with the reason and what to do, exit code 2, and the file as it was', () => {
  it.each([
    [['set', 'web', 'Port', '99999'], 'Port: "99999" is no port'],
    [
      ['set', 'web', 'User', 'a\nProxyCommand evil'],
      'User: it has a line break or a NUL in it; want a value on one line',
    ],
    [['set', 'web', 'Port', ''], 'set: the word behind "Port" is empty'],
    [['remove', ''], 'remove: the word behind remove is empty'],
    [['set', 'web', 'Prot', '3'], 'ssh has no option "Prot"; did you mean Port?'],
    [['set', 'web', 'Frobnicate', '3'], '--allow-unknown sets it all the same'],
    [
      ['set', 'web', 'ClientAliveInterval', '30'],
      'ClientAliveInterval belongs in sshd_config, on the server; ssh refuses a file with it. There: holdfast sshd keepalive --interval',
    ],
    [['keepalive', 'ClientAliveInterval'], 'There: holdfast sshd keepalive --interval 15 --count 3'],
    [['append', 'web', 'Port', '3'], 'Port has one value, and the first line wins; use set'],
    [['drop', 'web', 'Port', '3'], 'use set'],
    [['set', '*.corp', 'Port', '3'], 'write a line Host *.corp into the file first'],
    [['remove', 'nope'], 'holdfast config list --all shows the names that are there'],
    [['add', 'web', '--port', '3'], 'the host "web" is there already, at FILE:2'],
    [['copy', 'web', 'db'], 'is there already, at FILE:6'],
    [['set', 'we b', 'Port', '3'], 'the host "we b": it is no name that can stand behind Host'],
    [
      ['keepalive', 'web', '--count', '0'],
      'count 0: ssh would end a healthy connection at the first quiet interval',
    ],
    [['keepalive', 'web', '--interval', 'soon'], 'interval "soon": want a time such as 30'],
    [['keepalive', 'web', '--interval', '0'], 'interval 0 is no heartbeat; say --off where none is wanted'],
    [['keepalive', 'web', '--profile', 'fats'], 'profile "fats": did you mean fast?'],
    [['keepalive', 'web', '--behind', 'aws-nt'], 'Did you mean aws-nat? There are gcp-proxy-lb,'],
    [['keepalive', 'web', '--off', '--count', '3'], '--off and --count: want one of them'],
    [['keepalive', 'web', '--tcp', 'maybe'], '--tcp "maybe": want yes or no'],
    [['keepalive', 'web', '--cuont', '3'], 'unknown option --cuont; did you mean --count?'],
    [['set', 'web', 'Port'], 'which value is Port of web to have? As in holdfast config set db Port 2222'],
    [['set', 'web'], 'no Option; as in holdfast config set db Port 2222'],
    [
      ['set', 'web', 'ProxyCommand', 'ssh', '-W', '%h:%p', 'gate'],
      'a value that begins with - stands behind --',
    ],
    [['rename', 'web'], 'no new-name; as in holdfast config rename db database'],
    [['remove', 'web', 'db'], '"db" is one word too many'],
    [
      ['set', 'web', 'Port', '3', '--dry-run', '--verify-with-ssh'],
      'a dry run writes nothing; want one of them',
    ],
    [['set', 'web', 'Port', '3', '-F'], 'no value'],
  ])('%j', async (words, said) => {
    if (words.at(-1) === '-F') {
      expect(await run(...words)).toMatchObject({
        code: 2,
        stderr: expect.stringContaining('-F wants a value'),
      });
    } else {
      const { code, flat, stdout } = await config(...words);
      expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
      expect(flat).toContain(said);
    }
    expect(content()).toBe(text);
    expect(existsSync(path.join(folder, 'state'))).toBe(false);
  });

  it('words that are no UTF-8: what would be written is not what was typed', async () => {
    const line = `exec "$0" "$1" config set web User "$(printf 'a\\377b')" -F "$2"`;
    const { code, stderr } = await here.exec('/bin/sh', ['-c', line, process.execPath, bin, file], {
      env: plainEnv({ XDG_STATE_HOME: path.join(folder, 'state') }),
      detached: true,
    });
    expect({ code, stderr }).toEqual({ code: 2, stderr: 'holdfast: config set: "a\ufffdb" is not UTF-8\n' });
    expect(content()).toBe(text);
  });

  it('a file that ssh refuses, with the line', async () => {
    put('Host web\n  Bogus 1\n');
    const { code, flat } = await config('set', 'web', 'Port', '3');
    expect(code).toBe(2);
    expect(flat).toContain('FILE:2: there is no option "Bogus"');
    expect(flat).toContain('mend that first; holdfast config lint says how');
  });

  it('-F none, and a home that is not the one ssh reads', async () => {
    expect((await run('set', 'web', 'Port', '3', '-F', 'none')).stderr).toContain(
      '-F none: there is no file to change',
    );
    const { code, stderr } = await here.exec(process.execPath, [bin, 'config', 'set', 'web', 'Port', '3'], {
      env: plainEnv({ HOME: folder, XDG_STATE_HOME: path.join(folder, 'state') }),
      detached: true,
    });
    expect(code).toBe(2);
    expect(stderr.replace(/\s+/g, ' ')).toContain('name the file with -F');
  });

  it('lines that another program writes', async () => {
    put('# BEGIN ANSIBLE MANAGED BLOCK\nHost web\n  Port 3\n# END ANSIBLE MANAGED BLOCK\n');
    const { code, flat } = await config('remove', 'web');
    expect(code).toBe(2);
    expect(flat).toContain('belongs to Ansible, which will write it again');
  });
});

describe('files of every kind', () => {
  it('line feeds with carriage returns stay', async () => {
    put(text.replaceAll('\n', '\r\n'));
    await config('set', 'db', 'Port', '2222');
    expect(content()).toBe(
      text.replace('Host db db2', 'Host db\n  Port 2222\n\nHost db db2').replaceAll('\n', '\r\n'),
    );
  });

  it('a last line without a line feed stays so where nothing is put behind it', async () => {
    put('Host db\n  Port 22');
    await config('set', 'db', 'Port', '2222');
    expect(content()).toBe('Host db\n  Port 2222');
  });

  it('bytes that are no UTF-8 stay', async () => {
    put('# \xff\xfe\nHost db\n  Port 22 # \xe9\n');
    await config('set', 'db', 'Port', '2222');
    expect(content()).toBe('# \xff\xfe\nHost db\n  Port 2222 # \xe9\n');
  });

  it('what is included is edited where it stands', async () => {
    put('Host x\n  Port 7\n', 'one.conf');
    put(`Include ${folder}/*.conf\n\n${text}`);
    const { flat } = await config('set', 'x', 'Port', '8');
    expect(content('one.conf')).toBe('Host x\n  Port 8\n');
    expect(flat).toContain(`x: Port 7 -> 8 (${folder}/one.conf:2)`);
    // Its history is that of the included file.
    expect(flat).toContain(`holdfast config undo -F ${folder}/one.conf takes it back.`);
    file = path.join(folder, 'one.conf');
    expect((await config('undo')).code).toBe(0);
    expect(content('one.conf')).toBe('Host x\n  Port 7\n');
  });

  it('a link stays a link', async () => {
    put(text, 'dotfile');
    file = path.join(folder, 'link');
    symlinkSync('dotfile', file);
    await config('set', 'db', 'Port', '2222');
    expect(lstatSync(file).isSymbolicLink()).toBe(true);
    expect(content('dotfile')).toContain('Port 2222');
  });

  it('one that is not there is made, for its owner alone', async () => {
    file = path.join(folder, 'sub', 'config');
    mkdirSync(path.dirname(file));
    expect((await config('keepalive')).code).toBe(0);
    expect(readFileSync(file, 'utf8')).toBe('Host *\n  ServerAliveInterval 15\n');
    expect(statSync(file).mode & 0o777).toBe(0o600);
  });

  it('one that others may write is refused', async () => {
    chmodSync(file, 0o666);
    const { code, flat } = await config('set', 'db', 'Port', '2222');
    expect(code).toBe(2);
    expect(flat).toMatch(/may be written by its group and everybody .* first chmod go-w FILE/);
    expect(content()).toBe(text);
  });

  it.runIf(canMountPrivately())(
    'one that is read-only, by its bits or its file system, is refused by name',
    async () => {
      // Root writes whatever the bits say; an immutable mount does not care.
      const mount = path.join(folder, 'mount');
      mkdirSync(mount);
      const line = `mount -t tmpfs none ${mount} && printf 'Host db\\n' > ${mount}/config && chmod 600 ${mount}/config && mount -o remount,ro ${mount} && exec ${process.execPath} ${bin} config set db Port 3 -F ${mount}/config`;
      const { code, stderr } = await here.exec('unshare', ['-m', 'sh', '-c', line], {
        env: plainEnv({ XDG_STATE_HOME: path.join(folder, 'state') }),
        detached: true,
      });
      expect(code).toBe(2);
      expect(stderr.replace(/\s+/g, ' ')).toContain('read-only');
    },
  );
});

describe('keepalive', () => {
  it.each([
    ['Host a\n  User b\n', 'Host a\n  User b\n\nHost *\n  ServerAliveInterval 30\n'],
    [
      'Host a\n  User b\n\nHost *\n    Compression yes\n',
      'Host a\n  User b\n\nHost *\n    Compression yes\n    ServerAliveInterval 30\n',
    ],
    ['Host *\n  ServerAliveInterval 30\n', 'Host *\n  ServerAliveInterval 30\n'],
    ['Host *\n  ServerAliveInterval 30s\n', 'Host *\n  ServerAliveInterval 30s\n'],
    ['Host *\n  ServerAliveInterval 0m30s\n', 'Host *\n  ServerAliveInterval 0m30s\n'],
  ])('for all writes what a careful person would have written: %j', async (before, after) => {
    put(before);
    expect((await config('keepalive', '*', '--interval', '30')).code).toBe(0);
    expect(content()).toBe(after);
  });

  it('without a host is for all, and lists the hosts that keep their own', async () => {
    const { flat } = await config('keepalive');
    expect(content()).toBe(`${text}\nHost *\n  ServerAliveInterval 15\n`);
    expect(flat).toContain(
      'For all hosts without a value of their own: a dead server is noticed after 60 s instead of 2 h 11 min.',
    );
    expect(flat).toContain('every other host, db, db2: ServerAliveInterval 0 -> 15 (FILE:11)');
    expect(flat).toContain('web keeps its own: ServerAliveInterval 60 (FILE:4)');
  });

  it('with --force-all goes on top, and says whom it overrides', async () => {
    const { flat } = await config('keepalive', '--force-all', '--interval', '20');
    expect(
      content()
        .split('\n')
        .filter((line) => /ServerAlive/.test(line)),
    ).toEqual(['ServerAliveInterval 20', '  ServerAliveInterval 60']);
    expect(flat).toContain('web: ServerAliveInterval 60 -> 20');
    expect(flat).toContain('Overridden: web (ServerAliveInterval 60).');
  });

  it.each([
    [
      'Host *\n    ServerAliveInterval 30\n    ServerAliveCountMax 120\n',
      ['--interval', '20'],
      'For all hosts without a value of their own: a dead server is noticed after 15 min 45 s instead of 15 min 55 s. A heartbeat is data in flight, and the kernel gives that up first (tcp_retries2), not after 20 s x (120 + 1) = 40 min 20 s.',
      'every other host: ServerAliveCountMax 120 stays; --count sets another one',
    ],
    [
      'Host db\n  ServerAliveCountMax 10\n',
      ['db'],
      'For db: a dead server is noticed after 2 min 45 s instead of 2 h 11 min. It is 15 s x (10 + 1).',
      'db: ServerAliveCountMax 10 stays; --count sets another one',
    ],
    [
      'Host db\n  User u\n\nHost *\n  ServerAliveCountMax 20\n',
      ['db', '--interval', '20'],
      'It is 20 s x (20 + 1).',
      'db: ServerAliveCountMax 20 stays; --count sets another one',
    ],
    [
      'Host db\n  ServerAliveCountMax 20\n',
      ['*', '--force-all'],
      'It is 15 s x (3 + 1).',
      'db: ServerAliveInterval 0 -> 15',
    ],
  ] as const)(
    'keeps the count of a line that stands, and promises what then holds: %j %j',
    async (before, words, sum, said) => {
      put(before);
      const { code, flat } = await config('keepalive', ...words);
      expect(code).toBe(0);
      expect(flat).toContain(sum);
      expect(flat).toContain(said);
      const counts = (of: string) => of.split('\n').filter((line) => line.includes('CountMax'));
      expect(counts(content())).toEqual(counts(before));
      expect(content()).not.toBe(before);
      // And it is what ssh makes of the file.
      const asked = await here.exec('ssh', ['-G', '-F', file, 'db'], { env: plainEnv() });
      const count = /CountMax (\d+)/.exec(before)?.[1];
      expect(asked.stdout).toContain(`serveralivecountmax ${count}\n`);
    },
  );

  it('has another count where --count or a profile by name asks for it', async () => {
    for (const words of [
      ['--count', '3'],
      ['--profile', 'default'],
    ]) {
      put('Host db\n  ServerAliveCountMax 10\n');
      const { flat } = await config('keepalive', 'db', ...words);
      expect(content()).toBe('Host db\n  ServerAliveCountMax 3\n  ServerAliveInterval 15\n');
      expect(flat).toContain('It is 15 s x (3 + 1).');
      expect(flat).not.toContain('stays');
    }
  });

  it('does not keep a count of 0, with which a heartbeat ends a healthy connection', async () => {
    put('Host db\n  ServerAliveCountMax 0\n');
    const { flat } = await config('keepalive', 'db');
    expect(content()).toBe('Host db\n  ServerAliveCountMax 3\n  ServerAliveInterval 15\n');
    expect(flat).toContain('It is 15 s x (3 + 1).');
    put('Host db\n  ServerAliveCountMax 0\n  ServerAliveInterval 9\n');
    await config('keepalive', 'db', '--off');
    expect(content()).toBe('Host db\n  ServerAliveCountMax 0\n  ServerAliveInterval 0\n');
  });

  it('sets the count only where another one is in force', async () => {
    put('Host a\n  ServerAliveCountMax 9\n\nHost b\n  User u\n');
    await config('keepalive', 'a', 'b', '--profile', 'fast');
    expect(content()).toBe(
      'Host a\n  ServerAliveCountMax 3\n  ServerAliveInterval 5\n\nHost b\n  User u\n  ServerAliveInterval 5\n',
    );
  });

  it('turned off, with TCP keepalive off as well, is never noticed, and says so', async () => {
    const { flat } = await config('keepalive', 'web', '--off', '--tcp', 'no');
    expect(content()).toContain(
      'Host web\n  HostName web.example.org\n  ServerAliveInterval 0\n  TCPKeepAlive no\n',
    );
    expect(flat).toContain('For web: a dead server is noticed never instead of after 4 min.');
  });

  it.each([
    [
      ['--interval', '5m', '--behind', 'aws-nat'],
      'WARNING: AWS NAT Gateway forgets after 5 min 50 s: an interval of 5 min does not outlive aws-nat; want at most 4 min 40 s.',
    ],
    [
      ['--behind', 'aws-nat'],
      'AWS NAT Gateway forgets after 5 min 50 s: an interval of 15 s outlives it, also when a beat is lost.',
    ],
    [
      ['--behind', '20'],
      'A middlebox that forgets after 20 s: an interval of 15 s outlives it, as long as no beat is lost.',
    ],
    [
      ['--off', '--behind', 'azure-lb'],
      'WARNING: Azure Load Balancer forgets after 4 min, and nothing keeps it from that: want at most 3 min 12 s.',
    ],
  ])('%j says whether the interval outlives it', async (words, said) => {
    const { code, flat } = await config('keepalive', 'web', ...words);
    expect(code).toBe(0);
    expect(flat).toContain(said);
  });

  it('lists its profiles with their sums', async () => {
    const { stdout } = await run('keepalive', '--help');
    expect(stdout).toMatch(/fast {8}5 s x \(3 \+ 1\) = 20 s/);
    expect(stdout).toMatch(/strict-nat {2}10 s x \(3 \+ 1\) = 40 s/);
  });
});

describe('set for everyone', () => {
  it('over every block with --force-all', async () => {
    const { flat } = await config('set', '*', 'ServerAliveInterval', '30', '--force-all');
    expect(flat).toContain('Overridden: web (ServerAliveInterval 60).');
    expect(flat).toContain('every other host, db, db2: ServerAliveInterval 0 -> 30');
  });

  it('an option that ssh does not know, with --allow-unknown', async () => {
    const { code, flat } = await config('set', 'web', 'Frobnicate', '3', '--allow-unknown');
    expect(code).toBe(0);
    expect(flat).toContain('An ssh that does not know Frobnicate refuses the file, for every host');
    expect(content()).toContain('  Frobnicate 3\n');
  });
});

needs('ssh').describe('with --verify-with-ssh', () => {
  it('the installed ssh agrees before and after', async () => {
    const { code, flat } = await config('set', 'db', 'Port', '2222', '--verify-with-ssh');
    expect(code).toBe(0);
    expect(flat).toContain('asking ssh -G, which runs the commands of Match exec');
    expect(flat).toContain('ssh -G agrees about 4 hosts, before and after.');
  });

  it('a file that ssh sees in another way is given back as it was', async () => {
    // From its second run on the command says something else: what ssh saw before is not what it sees afterwards.
    const marks = path.join(folder, 'marks');
    const changing = `Match exec "echo >> ${marks}; test $(wc -l < ${marks}) -gt 4"\n  Compression yes\n`;
    put(`${text}\n${changing}`);
    const before = content();
    const { code, flat } = await config('set', 'db', 'Port', '2222', '--verify-with-ssh');
    expect(code).toBe(2);
    expect(flat).toMatch(/ssh (sees another|does not see)/);
    expect(flat).toContain('the old file is back');
    expect(content()).toBe(before);
  });
});

describe('commands of Match exec', () => {
  it('are not run: what is set holds for both answers', async () => {
    const mark = path.join(folder, 'mark');
    put(`Match exec "touch ${mark}"\n  Port 7\n\n${text}`);
    const { code } = await config('set', 'db', 'Port', '2222');
    expect({ code, ran: existsSync(mark) }).toEqual({ code: 0, ran: false });
    expect(content().indexOf('Port 2222')).toBeLessThan(content().indexOf('Port 7'));
  });

  it('are run with --exec', async () => {
    const mark = path.join(folder, 'mark');
    put(`Match exec "touch ${mark}"\n  Port 7\n\n${text}`);
    await config('set', 'db', 'Port', '2222', '--exec');
    expect(existsSync(mark)).toBe(true);
  });
});
