/** `holdfast tcp` at the command line: what it says without a network, on other systems, and to words that make no sense. */
import { readFileSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { timesText } from '../../src/cli/tcp/showreport.js';
import {
  FailureError,
  type SnippetLanguage,
  setTcpTimes,
  snippetLanguages,
  tcpConnections,
  tcpSnippet,
  tcpTimes,
  topics,
  undoTcpTimes,
} from '../../src/inspect.js';
import { scratch } from '../support/guard.js';
import { bin, holdfast, plainEnv } from '../support/holdfast.js';
import { needs, program } from '../support/machine.js';
import { pageOf, project } from '../support/pages.js';
import { here } from '../support/place.js';

const tcp = (...args: string[]) => holdfast('tcp', ...args);
const said = async (...args: string[]) => {
  const { code, stdout, stderr } = await tcp(...args);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(Math.max(...stdout.split('\n').map((line) => line.length))).toBeLessThanOrEqual(80);
  return stdout;
};
/** On one line, blanks as one. */
const flat = async (...args: string[]) => (await said(...args)).replace(/\s+/g, ' ');

describe('explain, values', () => {
  it('the formula with its numbers, outages, traffic, and the middleboxes on the way', async () => {
    const text = await flat('explain', '600', '60', '20');
    expect(text).toContain('600 s + 20 x 60 s = 1800 s (30 min) after its last word');
    expect(text).toContain('keepalive plays no part');
    expect(text).toContain('outlives each below 1140 s (19 min)');
    expect(text).toContain('144 a day, 19 kB');
    expect(text).toContain('forgotten first by: Juniper MX services interface inactivity-timeout, 30 s');
    expect(text).toContain('these proxies count payload alone');
    expect(text).toContain('holdfast tcp set --time 600 --interval 60 --probes 20');
  });

  it('Linux as shipped is 7875 s, and not 18 hours', async () => {
    expect(await flat('explain', '2h', '75', '9')).toContain('7200 s + 9 x 75 s = 7875 s (2 h 11 min 15 s)');
  });

  it('a user timeout replaces the count', async () => {
    const text = await flat('explain', '2', '1', '3', '9');
    expect(text).toContain('2 s + 7 x 1 s = 9 s after its last word');
    expect(text).toContain('which replaces the count (3 probes alone: 5 s)');
    expect(text).toContain('takes no data for so long (zero window)');
  });

  it('--json has every middlebox with its verdict and source', async () => {
    const { stdout } = await tcp('explain', '15', '5', '3', '--json');
    const found = JSON.parse(stdout) as {
      idleDetectionMs: number;
      idleTimeouts: { verdict: string; source: string }[];
    };
    expect(found.idleDetectionMs).toBe(30_000);
    expect(found.idleTimeouts.length).toBeGreaterThan(40);
    expect(found.idleTimeouts.every(({ source }) => source !== '')).toBe(true);
    expect(found.idleTimeouts.some(({ verdict }) => verdict === 'tooSlow')).toBe(false);
  });
});

describe('explain, topics', () => {
  it('all of them in a list', async () => {
    const text = await said('explain');
    for (const { name } of topics) expect(text).toContain(`\n  ${name} `);
  });

  it.each([
    [
      'KeepAliveTime',
      ['TCP_KEEPIDLE, 1 to 32767 s', 'TCP_KEEPALIVE; net.inet.tcp.keepidle', 'last segment received'],
    ],
    ['net.ipv4.tcp_keepalive_intvl', ['Anything received, data or acknowledgement, ends it']],
    ['keepcnt', ['TCP_KEEPCNT; net.inet.tcp.keepcnt, 8', 'Void where TCP_USER_TIMEOUT is set']],
    ['tcp_user_timeout', ['it replaces the count', 'since 2.6.37']],
    [
      'so_keepalive',
      ['Off unless the program asks for it', 'must not be taken for death', 'optional part of TCP'],
    ],
    [
      'peer',
      ['1 up', '2 down', '3 restarted', '4 unreachable', 'States 2 and 4 look the same', 'crash of a router'],
    ],
    [
      'errno',
      ['ETIMEDOUT', 'ECONNRESET', 'EHOSTUNREACH', 'ssh throws the number away', 'select() says readable'],
    ],
    [
      'http',
      [
        'means reuse',
        'means liveness',
        'Connection: Keep-Alive',
        'answered with 400',
        'Chrome',
        'Apache after 5 s',
      ],
    ],
    ['nat', ['RFC 5382', 'answered with a reset', 'Three remedies', 'a table of ports']],
    ['proxy', ['answers probes itself', 'is payload and crosses']],
    ['outage', ['RFC 1122 gives three reasons against it', 'holdfast run opens a second connection']],
    ['uses', ['To find dead peers', 'To keep the state of NATs', 'can free what they hold']],
    ['heartbeat', ['a stopped sshd', 'liveness belongs to the program']],
    [
      'ServerAliveInterval',
      [
        'N x (M + 1)',
        'belongs at the end',
        'ssh -o ServerAliveInterval=30',
        'TMOUT',
        'keepalive@openssh.com',
      ],
    ],
    ['sshd', ['ClientAliveInterval 15', 'half the rate']],
    ['tcpkeepalive', ['7200 s + 9 x 75 s']],
    ['wire', ['length 0', '66 bytes each way']],
    ['sysctl', ['sysctl(2) is gone since 5.5', 'lasts until the next start', 'a container has its own']],
    ['retries2', ['924.6 s', '15, the default']],
  ])('%s', async (word, words) => {
    const text = await flat('explain', word);
    for (const one of words) expect(text).toContain(one);
    expect(text).toContain('sources: ');
  });
});

describe('explain, a host', () => {
  const { dir } = scratch('tcphost');
  const config = path.join(dir, 'config');
  writeFileSync(
    config,
    'Host db\n  HostName db.example.org\n  ServerAliveInterval 15\n  ProxyJump gw\nHost old\n  TCPKeepAlive no\nHost *\n  User me\n',
  );

  it('heartbeat, TCP keepalive, what is on the way, and what comes of it', async () => {
    const text = await flat('explain', 'db', '-F', config);
    expect(text).toContain('db (db.example.org)');
    expect(text).toContain('15 s x (3 + 1) = 60 s');
    expect(text).toContain('ProxyJump gw: TCP keepalive ends at the first of them');
    expect(text).toContain('noticed after 60 s at the latest');
  });

  it('a ProxyCommand that is our relay: its keepalive and its user timeout, whatever TCPKeepAlive says', async () => {
    const relayed = path.join(dir, 'relayed');
    const relay = 'ProxyCommand holdfast relay';
    writeFileSync(
      relayed,
      `Host own\n  ${relay} --tcp-keepalive 5:1:2 %h %p\nHost timed\n  ${relay} --tcp-user-timeout 20s %h %p\nHost slow\n  ${relay} %h %p\n  ServerAliveInterval 60\nHost *\n  TCPKeepAlive no\n`,
    );
    const own = await flat('explain', 'own', '-F', relayed);
    expect(own).toContain('by its relay, with values of its own: 7 s');
    expect(own).toContain('is noticed after 7 s while idle');
    expect(own).not.toContain('on the way');
    // What is to be typed is about the same file.
    expect(own).toContain(`holdfast config keepalive own -F ${relayed}`);
    expect(own).toContain(`holdfast doctor own -F ${relayed}`);
    expect(await flat('explain', 'timed', '-F', relayed)).toContain(
      '20.2 s by TCP_USER_TIMEOUT of its relay',
    );
    expect(await flat('explain', 'slow', '-F', relayed)).toContain(
      'noticed after 30 s at the latest: TCP keepalive ends it before the first heartbeat',
    );
  });

  it('without a heartbeat: by the kernel alone, or never', async () => {
    expect(await flat('explain', 'new', '-F', config)).toMatch(
      /heartbeat off .* TCP on .* while idle; with data in flight after/,
    );
    expect(await flat('explain', 'old', '-F', config)).toContain(
      'an idle connection never notices that the server is gone',
    );
  });
});

it.runIf(process.platform === 'linux')(
  'words that are none, from a program: refused with those that there are',
  async () => {
    const times = { idleS: 15, intervalS: 5, probes: 3 };
    for (const language of ['rust', 'toString'])
      expect(() => tcpSnippet(language as SnippetLanguage, times)).toThrow(/want one of c, python/);
    await expect(tcpConnections({ state: 'ESTABLISHED' as 'established' })).rejects.toMatchObject({
      kind: 'usage',
      message: expect.stringContaining('want one of all, established'),
    });
  },
);

it('snippet: each language, with the values', async () => {
  for (const language of snippetLanguages) {
    const { code, stdout } = await tcp('snippet', '600', '60', '20', `--for=${language}`);
    expect(code).toBe(0);
    for (const value of [/\b600(_?000)?s?\b/, /\b60(_?000)?s?\b/, /\b20\b/]) expect(stdout).toMatch(value);
  }
});

it('show --systems: all four, what each calls it, and which common tables are wrong', async () => {
  const text = await flat('show', '--systems');
  expect(text).toContain('macOS 7200 s 75 s 8 7800 s');
  expect(text).toContain('FreeBSD 7200 s 75 s 8 7800 s');
  expect(text).toContain('Windows 7200 s 1 s 10 7210 s');
  expect(text).toContain('Often given as 9 probes, which is Linux; it is 8');
  expect(text).toContain('"2 h x 9 = 18 h" is wrong');
  expect(text).toContain('Chrome');
});

describe.runIf(process.platform === 'linux')('on Linux', () => {
  it('show and list answer, whoever asks', async () => {
    expect(await flat('show')).toMatch(/tcp_keepalive_time \d+ s/);
    expect(await said('list')).toMatch(/^(\d+ connections?: |no connections)/);
  });

  it('list --state listen: listeners are no connections', async () => {
    const server = net.createServer();
    await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
    try {
      const { port } = server.address() as net.AddressInfo;
      const text = await said('list', '--state', 'listen', '--port', String(port));
      expect(text).toMatch(/^1 socket that is no connection\n\n/);
      expect(text).toContain('a listener');
      expect(text).not.toContain('no timer');
    } finally {
      server.close();
    }
  });

  needs('setpriv').it('without root: each command has an answer, and no stack trace', async () => {
    const as = ['--reuid=65534', '--regid=65534', '--clear-groups', '--inh-caps=-all'];
    const run = (line: string) =>
      here.exec(program('setpriv'), [...as, process.execPath, bin, 'tcp', ...line.split(' ')], {
        env: plainEnv(),
      });
    for (const [line, code, says] of [
      ['show', 0, 'tcp_keepalive_time'],
      ['set --time 600 --dry-run', 0, 'sysctl -w net.ipv4.tcp_keepalive_time=600'],
      ['undo', 2, ''],
      ['list', 0, 'connection'],
      ['explain 15 5 3', 0, 'A dead peer is noticed'],
      ['explain db -F none', 0, 'what ssh has against silence'],
      ['snippet --for c', 0, 'setsockopt'],
    ] as const) {
      const { stdout, stderr, code: was } = await run(line);
      expect({ line, was, text: stdout + stderr }).toEqual({
        line,
        was: code,
        text: expect.stringContaining(says),
      });
      expect(stdout + stderr).not.toMatch(/^\s+at /m);
    }
  });
});

describe.runIf(process.platform === 'linux')('show, on kernels of all ages', () => {
  const shown = tcpTimes();

  it('what this kernel does not have is said, with the first that has it', () => {
    const values = shown.values.map((one) =>
      one.name === 'tcp_rto_max_ms' ? { ...one, value: null, origin: null } : one,
    );
    expect(timesText({ ...shown, values })).toMatch(/^tcp_rto_max_ms {11}not in this kernel \(6\.15 on\)$/m);
  });

  it('where a value comes from: a file and its line, or somebody since', () => {
    const file = '/etc/sysctl.d/60-x.conf';
    const origins = [
      { from: 'file', file, line: 3 },
      { from: 'changed', instead: { value: '600', at: `${file}:3` } },
      { from: 'changed', instead: { value: '9', at: 'the kernel' } },
    ] as const;
    const values = shown.values.map((one, index) => ({ ...one, origin: origins[index] ?? one.origin }));
    const text = timesText({ ...shown, values });
    expect(text).toContain(`${file}:3; default 7200 s`);
    expect(text).toContain(`set since the start; ${file}:3 says 600`);
    expect(text).toContain('set since the start; default 9');
  });

  it('a namespace of its own, and one that cannot be told', () => {
    const named = (isOfInit: boolean | null) =>
      timesText({ ...shown, namespace: { id: 'net:[1]', isOfInit } }).replace(/\s+/g, ' ');
    expect(named(false)).toContain('net:[1], not the first one: values of its own');
    expect(named(null)).toContain('net:[1] (whether it is the first one cannot be seen)');
  });

  it('a kernel that shows nothing', () => {
    expect(timesText({ ...shown, detection: null })).toContain('/proc/sys/net/ipv4 cannot be read here');
  });
});

describe('on other systems', () => {
  const refusal = async (what: Promise<unknown>) => {
    const thrown: unknown = await what.then(() => null).catch((error: unknown) => error);
    expect(thrown).toBeInstanceOf(FailureError);
    return thrown instanceof FailureError ? thrown.message : '';
  };

  it('show: not available, and what is shipped there', () => {
    const text = timesText(tcpTimes({ system: 'darwin' }));
    expect(text).toContain('not available on macOS');
    expect(text).toContain('7200 s + 8 x 75 s = 7800 s');
    expect(text).toContain('net.inet.tcp.keepidle');
    expect(timesText(tcpTimes({ system: 'win32' }))).toContain('7200 s + 10 x 1 s = 7210 s');
    expect(timesText(tcpTimes({ system: 'aix' }))).toContain('not available on AIX');
  });

  it('set and undo: not available, and the command of that system', async () => {
    const wanted = { idleS: 600, intervalS: 60, probes: 20 };
    expect(await refusal(setTcpTimes({ ...wanted, system: 'darwin' }))).toMatch(
      /not available on macOS.*\n {2}sudo sysctl net\.inet\.tcp\.keepidle=600000 net\.inet\.tcp\.keepintvl=60000 net\.inet\.tcp\.keepcnt=20$/,
    );
    expect(await refusal(setTcpTimes({ ...wanted, system: 'win32' }))).toContain(
      'Tcpip\\Parameters /v KeepAliveTime /t REG_DWORD /d 600000',
    );
    for (const system of ['darwin', 'win32', 'aix']) {
      const said = await refusal(undoTcpTimes({ system }));
      expect(said).toMatch(/^taking values of the kernel back: not available on (macOS|Windows|AIX)/);
      expect(said).not.toContain('sudo');
    }
  });

  it('list: not available, and what shows connections there', async () => {
    expect(await refusal(tcpConnections({ system: 'win32' }))).toContain(
      'not available on Windows; without timers:\n  netstat',
    );
  });

  it.each([
    ['darwin', 'macOS'],
    ['win32', 'Windows'],
  ])('each command on %s: an answer in 80 columns, and no stack trace', async (system, name) => {
    const cjs = fileURLToPath(new URL('../support/othersystem.cjs', import.meta.url));
    const env = plainEnv({ NODE_OPTIONS: `--require=${cjs}`, HOLDFAST_TEST_SYSTEM: system });
    const run = (line: string) => here.exec(process.execPath, [bin, 'tcp', ...line.split(' ')], { env });
    for (const [line, code, says] of [
      ['show', 0, `not available on ${name}, only on Linux`],
      ['show --systems', 0, 'A DEAD PEER IS NOTICED AFTER'],
      ['set --time 600', 2, `not available on ${name}; there it is`],
      ['undo', 2, `not available on ${name}`],
      ['list', 2, `not available on ${name}; without timers:`],
      ['list --watch', 2, `not available on ${name}; without timers:`],
      ['explain', 0, 'Topics'],
      ['explain 15 5 3', 0, `what is in force is not available on ${name}: counted as Linux does`],
      ['explain db -F none', 0, `what is in force is not available on ${name}: counted as Linux does`],
      ['explain keepalivetime', 0, 'TCP_KEEPIDLE'],
      ['snippet --for node', 0, 'setKeepAlive'],
    ] as const) {
      const said = await run(line);
      const text = said.stdout + said.stderr;
      expect({ line, code: said.code, text: text.replace(/\s+/g, ' ') }).toEqual({
        line,
        code,
        text: expect.stringContaining(says),
      });
      expect(text).not.toMatch(/^\s+at /m);
      // Errors are whole lines here; test/cli/main.test.ts looks at them on a terminal.
      const long = said.stdout.split('\n').filter((one) => one.length > 80 && !one.startsWith('  '));
      expect(line.startsWith('snippet') ? [] : long).toEqual([]);
    }
  });
});

describe('what makes no sense is answered in a line or two, with exit code 2', () => {
  it.each([
    [['shwo'], 'did you mean show?'],
    [['nonsense'], 'there are show, set, undo, list, explain and snippet'],
    [['list', '--prot', '3'], 'did you mean --port?'],
    [['list', '--port', 'abc'], '--port: "abc" is no whole number'],
    [['list', '--state', 'foo'], 'want all, established'],
    [['list', '--port'], '--port wants a value'],
    [['set'], 'want --time, --interval or --probes'],
    [['set', '--time', '0'], '--time: 0 is out of range; want a whole number from 1 to 32767 s'],
    [['set', '--time', 'soon'], '"soon" is no time; want as 600, 90s or 10m'],
    [['list', '--port', '70000'], '--port: 70000 is out of range; want a number from 1 to 65535'],
    [['explain', '600', '60'], 'want idle, interval and probes'],
    [['explain', '600', '60', '200'], 'probes: 200 is out of range; want a whole number from 1 to 127'],
    [['explain', 'TCP_KEEPIDEL'], 'did you mean TCP_KEEPIDLE?'],
    [['explain', 'FOO_BAR'], 'nothing is known of "FOO_BAR"'],
    [['snippet'], '--for is missing; want c, python'],
    [['snippet', '--for', 'rust'], '"rust": want c, python'],
    [['show', 'more'], '"more" is one word too many; it takes none'],
    [['show', '--systems=yes'], '--systems takes no value'],
    [['list', '--port', '1', '--port=2'], '--port stands twice; want one'],
    [['list', '--systems'], '--systems is for show'],
    [['--json'], 'no command before it'],
    [['list', '--json', '--port', 'abc'], '--port: "abc" is no whole number'],
  ])('%j', async (args, words) => {
    const { code, stdout, stderr } = await tcp(...args);
    expect(code).toBe(2);
    const [, message] = /^holdfast: (.*)\n$/.exec(stderr) ?? [];
    const error = { kind: 'usage', message, file: null, line: null };
    expect(stdout).toBe(args.includes('--json') ? `${JSON.stringify({ error })}\n` : '');
    expect(stderr.replace(/\s+/g, ' ')).toContain(words);
    expect(stderr.startsWith('holdfast: ')).toBe(true);
    expect(stderr.trim().split('\n').length).toBeLessThanOrEqual(3);
  });
});

it('the page lists 59 claims, each with a test that is there', () => {
  const [, table = ''] = pageOf('docs/tcp.md').text.split('## What is written about it');
  const rows = [...table.matchAll(/^\| (\d+) \| .* \| `([\w/]+\.test\.ts)`: (.*) \|$/gm)];
  expect(rows.map(([, number]) => Number(number))).toEqual(
    Array.from({ length: 59 }, (_, index) => index + 1),
  );
  const missing = rows.filter(
    ([, , file = '', name = '']) => !readFileSync(path.join(project, 'test', file), 'utf8').includes(name),
  );
  expect(missing.map(([row]) => row)).toEqual([]);
});

describe('the table of claims', () => {
  const [, table = ''] = pageOf('docs/tcp.md').text.split('## What is written about it');
  const rows = [...table.matchAll(/^\| (\d+) \| .*? \| .*? \| (.*) \| `[^|]*\|$/gm)].map(
    ([, row, cell = '']) => ({
      row: Number(row),
      lines: [...cell.matchAll(/`((?:holdfast|tcp|doctor|config|sshd) ?[^`]*)`/g)].map(([, line = '']) =>
        typed(line.replace(/^holdfast /, '')),
      ),
    }),
  );

  /** The words of the table as a person would fill them in; nothing is changed, and nobody is asked. */
  function typed(line: string): string {
    const filled = line.replace('I V P', '15 5 3').replace('HOST', 'db').replace('OPTION', 'TCP_KEEPIDLE');
    if (filled.startsWith('doctor')) return `${filled} -F none --offline`;
    if (filled === 'tcp explain db') return `${filled} -F none`;
    if (filled === 'config why') return 'config why db ServerAliveInterval -F none';
    if (filled.startsWith('run')) return `${filled} --print -F none -L 5432:localhost:5432 db`;
    // It has no answer of its own: it is a connection.
    if (filled === 'relay') return 'relay --help';
    if (filled.startsWith('tcp set')) return `${filled} --time 600 --dry-run`;
    return filled === 'tcp snippet' ? 'tcp snippet --for c' : filled;
  }

  it('each row has a command', () => {
    expect(rows.map(({ row }) => row)).toEqual(Array.from({ length: 59 }, (_, index) => index + 1));
    expect(rows.filter(({ lines }) => lines.length === 0).map(({ row }) => row)).toEqual([]);
  });

  it.each([...new Set(rows.flatMap(({ lines }) => lines))])('holdfast %s answers', async (line) => {
    const { code, stdout, stderr } = await holdfast(...line.split(' '));
    // Without a configuration there is no heartbeat, and doctor wants one.
    expect({ code, stderr }).toEqual({ code: line.startsWith('doctor') ? 1 : 0, stderr: '' });
    expect(stdout.length).toBeGreaterThan(10);
  });
});

it('help: of all, and of each command', async () => {
  expect(await said('--help')).toContain('holdfast tcp <command>');
  for (const command of ['show', 'set', 'undo', 'list', 'explain', 'snippet']) {
    expect(await said(command, '--help')).toMatch(new RegExp(`^holdfast tcp ${command}`));
  }
  expect((await tcp()).code).toBe(2);
});
