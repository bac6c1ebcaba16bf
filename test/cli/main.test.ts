/** The built command: help, version, words it does not know, exit codes. */
import { cpSync, existsSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { nearest } from '../../src/cli/command/nearest.js';
import { letters, longOptions } from '../../src/cli/run/options.js';
import { compiled, dist, loadedAtOnce } from '../support/bundle.js';
import { scratch } from '../support/guard.js';
import { bin, holdfast, onTerminal, plainEnv, started } from '../support/holdfast.js';
import { needs } from '../support/machine.js';
import { here } from '../support/place.js';
import { freePort } from '../support/sshd.js';

const widest = (text: string) => Math.max(...text.split('\n').map((line) => line.length));

describe('an answer that cannot be written', () => {
  it
    .skipIf(!existsSync('/dev/full'))
    .each([
      ['--help'],
      ['config', 'list', '-F', 'none'],
      ['completion', 'bash'],
      ['tcp', 'explain', '15', '5', '3'],
      ['sshd', '--help'],
      ['run', '--help'],
      ['run', '--print', '--json', '-F', 'none', '-L', '0:a:1', 'h'],
    ])('holdfast %s %s: says so, exit code 2', async (...words) => {
    const line = '"$0" "$@" >/dev/full';
    const { code, stderr } = await here.exec('/bin/sh', ['-c', line, process.execPath, bin, ...words], {
      env: plainEnv(),
    });
    expect(stderr).toMatch(/^holdfast: the answer could not be written to stdout: ENOSPC: .+\n$/);
    expect(code).toBe(2);
  });

  it('because its reader had enough is no failure', async () => {
    const line = '{ "$0" "$@"; echo $? >&2; } | true';
    const { stderr } = await here.exec('/bin/sh', ['-c', line, process.execPath, bin, 'config', '--help'], {
      env: plainEnv(),
    });
    expect(stderr).toBe('0\n');
  });

  it.each([
    ['demo', '--json'],
    ['tcp', 'list', '--watch'],
  ])('holdfast %s %s ends when nobody reads it', async (...words) => {
    const running = started(words);
    running.child.stdout?.destroy();
    expect(await running.end()).toBe(0);
  });
});

describe('help', () => {
  it.each([
    ['--help'],
    ['-h'],
    ['demo', '--help'],
    ['run', '--help'],
    ['run', '-h'],
    ['run', '-4', '--help'],
  ])('holdfast %s %s is on stdout, within 80 columns', async (...words) => {
    const { code, stdout, stderr } = await holdfast(...words);
    expect(stderr).toBe('');
    expect(code).toBe(0);
    expect(stdout).toContain(`holdfast ${words[0]?.startsWith('-') ? '<command>' : words[0]}`);
    expect(widest(stdout)).toBeLessThanOrEqual(80);
    expect(stdout.endsWith('\n')).toBe(true);
  });

  it('without a word is on stderr, and a usage error', async () => {
    const { code, stdout, stderr } = await holdfast();
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain('holdfast run');
  });

  it('of run names each option that does something, and ends with three examples', async () => {
    const { stdout } = await holdfast('run', '--help');
    const missing = Object.entries(letters)
      .filter(([, { type }]) => !['silent', 'note', 'refused', 'monitor'].includes(type))
      .map(([letter]) => `-${letter}`)
      // -E is --log-file, -P is for Match tagged alone.
      .filter((option) => !['-E', '-P'].includes(option) && !stdout.includes(`${option}`));
    expect(missing).toEqual([]);
    for (const name of Object.keys(longOptions)) expect(stdout).toContain(`--${name}`);
    const [, examples = ''] = stdout.split('\nExamples:\n');
    expect(examples.trimEnd().split('\n')).toHaveLength(3);
    expect(examples).toMatch(/^( {2}holdfast run .+\n){3}$/);
  });

  it('the examples of run are understood', async () => {
    const { stdout } = await holdfast('run', '--help');
    const examples = stdout.split('\nExamples:\n')[1]?.trimEnd().split('\n') ?? [];
    for (const example of examples) {
      const words = example.trim().split(' ').slice(1);
      const { code, stderr } = await holdfast(...words, '--print', '-F', 'none');
      expect({ example, code, stderr }).toEqual({ example, code: 0, stderr: '' });
    }
  });
});

it.each([['--version'], ['-V']])('holdfast %s', async (word) => {
  const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
    version: string;
  };
  expect(await holdfast(word)).toEqual({ code: 0, stdout: `${version}\n`, stderr: '' });
});

describe('what makes no sense is answered in one line, with exit code 2', () => {
  const rows: [words: string[], line: string][] = [
    [['rnu'], 'unknown command "rnu"; did you mean run?'],
    [['help'], 'unknown command "help"; did you mean --help?'],
    [
      ['tunnel'],
      'unknown command "tunnel"; there are run, config, sshd, tcp, doctor, probe, relay, demo and completion',
    ],
    [['--hepl'], 'unknown option --hepl; did you mean --help?'],
    [
      ['-NL', '1:a:2', 'h'],
      'unknown option -NL; to keep a tunnel up: holdfast run -NL ..., and see holdfast --help',
    ],
    [['demo', '--sed', '3'], 'demo: unknown option --sed; did you mean --seed?'],
    [['demo', '--frobnicate'], 'demo: unknown option --frobnicate; see holdfast demo --help'],
    [['demo', 'now'], 'demo: "now" is one word too many; it takes none'],
    [['demo', '--seed', 'abc'], 'demo: --seed: "abc" is no whole number'],
    [['demo', '--seed=1.5'], 'demo: --seed: "1.5" is no whole number'],
    [['demo', '--seed'], 'demo: --seed wants a value: --seed N'],
    [['run'], 'no host; as in holdfast run -L 5432:localhost:5432 db'],
    [['run', '--frobnicate', 'h'], 'unknown option --frobnicate; see holdfast run --help'],
    [
      ['run', '-F', 'none', '-L', '1:2', 'h', 'uptime'],
      '"uptime": holdfast run forwards; it runs no command on the server',
    ],
  ];
  it.each(rows)('%j', async (words, line) => {
    expect(await holdfast(...words)).toEqual({ code: 2, stdout: '', stderr: `holdfast: ${line}\n` });
  });
});

describe('with --json an error is an object on stdout, too', () => {
  const { dir, remove } = scratch('errors');
  afterAll(() => remove());
  const file = path.join(dir, 'config');
  beforeAll(() => writeFileSync(file, 'Host *\n  Port no\n'));
  const absent = path.join(dir, 'absent');

  it.each<[words: string[], kind: string, file: string | null, line: number | null]>([
    [['demo', '--json', '--sed', '3'], 'usage', null, null],
    [['tcp', 'list', '--json', '--port', 'x'], 'usage', null, null],
    [['probe', '--json', 'db', 'uptime'], 'usage', null, null],
    [['doctor', '--json', '--offline', '-F', absent, 'db'], 'config', absent, null],
    [['tcp', 'explain', 'db', '--json', '-F', file], 'config', file, 2],
    [['probe', '--json', '--yes', '-F', file, 'db'], 'config', file, 2],
  ])('%j', async (words, kind, where, line) => {
    const { code, stdout, stderr } = await holdfast(...words);
    expect(code).toBe(2);
    const { error } = JSON.parse(stdout) as { error: Record<string, unknown> };
    expect(error).toMatchObject({ kind, file: where, line });
    expect(stderr).toContain(String(error.message).split(' (and ')[0]);
  });
});

describe('run', () => {
  let dir = '';
  let remove = () => {};
  beforeAll(() => {
    ({ dir, remove } = scratch('main'));
  });
  afterAll(() => remove());

  it('--print --json gives the request as understood, and connects nowhere', async () => {
    const { code, stdout, stderr } = await holdfast(
      ...[
        'run',
        '--print',
        '--json',
        '-F',
        'none',
        '-fNL',
        '8080:a:80',
        '-C',
        '-oServerAliveInterval=7',
        'me@h',
      ],
    );
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const request = JSON.parse(stdout) as Record<string, unknown>;
    expect(request).toMatchObject({
      host: 'h',
      login: { user: 'me' },
      keepalive: { intervalMs: 7_000, countMax: 3 },
      forwards: [{ text: '-L 8080:a:80' }],
      notes: expect.arrayContaining([expect.stringMatching(/^-C: /)]) as unknown,
    });
  });

  it('an option with a wrong value is a usage error that names it', async () => {
    const { code, stdout, stderr } = await holdfast('run', '-F', 'none', '-L', '8080:a', 'h');
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(/^holdfast: -L "8080:a": want [^\n]+\n$/);
  });

  it('a server that is not there is exit code 5 when it is told to give up', async () => {
    const port = String(await freePort());
    const { code, stdout, stderr } = await holdfast(
      ...['run', '-F', 'none', '--max-attempts', '1', '-p', port, '-L', '0:a:80', '127.0.0.1'],
    );
    expect({ code, stdout }).toEqual({ code: 5, stdout: '' });
    const lines = stderr.trimEnd().split('\n');
    expect(lines[0]).toMatch(
      /^\d\d:\d\d:\d\d keeping 127\.0\.0\.1: dead server noticed in 60 s, clients held 30 s$/,
    );
    expect(lines.at(-1)).toMatch(/^\S+ stopped: .*ECONNREFUSED/);
    expect(lines.filter((line) => line.includes('ECONNREFUSED'))).toHaveLength(1);
  });

  it('-q says nothing but the failure', async () => {
    const port = String(await freePort());
    const { code, stderr } = await holdfast(
      ...['run', '-q', '-F', 'none', '--max-attempts', '1', '-p', port, '-L', '0:a:80', '127.0.0.1'],
    );
    expect(code).toBe(5);
    expect(stderr).toMatch(/^\S+ stopped: .*ECONNREFUSED[^\n]*\n$/);
  });

  it('-i names a file that is not there: a note, and the usual keys, as in ssh', async () => {
    const asked = ['run', '--print', '--json', '-F', 'none', '-L', '0:a:80', 'h'];
    const request = async (...more: string[]) => {
      const { code, stdout } = await holdfast(...asked, ...more);
      expect(code).toBe(0);
      return JSON.parse(stdout) as { login: { identityFiles: unknown[] }; notes: string[] };
    };
    const missing = path.join(dir, 'absent key');
    const usual = await request();
    const left = await request('-i', missing);
    expect(left.login).toEqual(usual.login);
    expect(left.notes).toEqual([`-i ${missing}: no such file; it is left out, as ssh does`]);
    const option = await request('-o', `IdentityFile="${missing}"`);
    expect(option.login.identityFiles).toEqual([{ path: missing, named: true }]);
    const there = path.join(dir, 'a key');
    writeFileSync(there, '');
    const both = await request('-i', missing, '-i', there);
    expect(both.login.identityFiles).toEqual([{ path: there, named: true }]);
  });

  it.each(['--log-file', '-E', '--pid-file'])('%s without a name is a usage error', async (option) => {
    const { code, stderr } = await holdfast('run', option, '', '-F', 'none', '-L', '0:a:80', 'h');
    expect({ code, stderr }).toEqual({
      code: 2,
      stderr: `holdfast: ${option} "": want the name of a file\n`,
    });
  });

  it('a log file that cannot be written is a usage error', async () => {
    const file = path.join(dir, 'none', 'log');
    for (const more of [[], ['-f']]) {
      const { code, stderr } = await holdfast('run', ...more, '-E', file, '-F', 'none', '-L', '0:a:80', 'h');
      expect(code).toBe(2);
      expect(stderr).toMatch(/^holdfast: --log-file \S+: cannot be appended to: ENOENT[^\n]+\n$/);
    }
  });
});

describe('start-up', () => {
  const load = (what: string) => `
    const { createRequire } = await import('node:module');
    ${what}
    const loaded = Object.keys(createRequire(import.meta.url).cache ?? {});
    process.stderr.write(loaded.some((file) => file.includes('/node_modules/ssh2/')) ? 'ssh2' : 'light');`;
  const main = new URL('../../dist/cli/main.js', import.meta.url).href;
  const open = compiled('open.ts');
  const run = (script: string) =>
    here.exec(process.execPath, ['--input-type=module', '-e', script], { env: plainEnv() });

  it('ssh2 is loaded by the tunnel, and by nothing that only talks', async () => {
    expect((await run(load(`await import('${open}');`))).stderr).toBe('ssh2');
    for (const words of [['--help'], ['--version'], ['run', '--help'], ['demo', '--help']]) {
      const call = `const { main } = await import('${main}'); await main(${JSON.stringify(words)});`;
      expect({ words, loaded: (await run(load(call))).stderr }).toEqual({ words, loaded: 'light' });
    }
  });

  it('help comes soon', async () => {
    const quickest = async (...args: string[]): Promise<number> => {
      const times: number[] = [];
      for (let round = 0; round < 3; round++) {
        const start = performance.now();
        await here.must(process.execPath, args, { env: plainEnv() });
        times.push(performance.now() - start);
      }
      return Math.min(...times);
    };
    const empty = await quickest('-e', '0');
    expect(await quickest(bin, '--help')).toBeLessThan(5 * empty + 1_000);
  });
});

describe('a damaged installation', () => {
  it('ends, and says so', async () => {
    const { dir, remove } = scratch('damaged');
    const project = path.join(path.dirname(bin), '..');
    for (const part of ['bin', 'dist', 'package.json'])
      cpSync(path.join(project, part), path.join(dir, part), { recursive: true });
    symlinkSync(path.join(project, 'node_modules'), path.join(dir, 'node_modules'));
    const needed = loadedAtOnce('cli/main.js');
    const parts = readdirSync(path.join(dist, 'parts')).map((name) => `parts/${name}`);
    for (const part of parts.filter((name) => !needed.has(name)))
      writeFileSync(path.join(dir, 'dist', part), 'this is no program');
    const args = [path.join(dir, 'bin/holdfast.js'), 'sshd', 'why', 'Port'];
    const { code, stderr } = await here.exec(process.execPath, args, { env: plainEnv(), timeout: 20_000 });
    expect(code).toBe(70);
    expect(stderr).toContain('this is a bug in holdfast');
    remove();
  });
});

describe('the word that was meant', () => {
  const rows: [word: string, meant: string | null][] = [
    ['rnu', 'run'],
    ['ru', null],
    ['runn', 'run'],
    ['dmeo', 'demo'],
    ['dem', 'demo'],
    ['x', null],
    ['list', null],
  ];
  it.each(rows)('%s: %s', (word, meant) => {
    expect(nearest(word, ['run', 'demo'])).toBe(meant);
  });
});

needs('socat').it('on a terminal no line is wider than 80 columns, and none breaks in a word', async () => {
  const { dir, remove } = scratch('narrow');
  const closed = await freePort();
  const run = `run -F none -L 0:a:1 --max-attempts 1 -p ${closed} localhost`;
  for (const line of [
    run,
    'run -L nonsense:nonsense:nonsense:nonsense db',
    'runn --and --more',
    'no such command at all',
    'tcp list --frobnicate --with --more --words',
    'tcp set --time 100000',
  ]) {
    const shown = onTerminal(dir, `exec ${process.execPath} ${bin} ${line}`);
    await shown.end();
    expect(shown.stdout).toMatch(/\S/);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: colours begin with one
    const rows = shown.stdout.replace(/\u001b\[\d+m/g, '').split(/\r?\n/);
    for (const row of rows) expect(row.length).toBeLessThanOrEqual(80);
    const piped = await holdfast(...line.split(' '));
    const words = (text: string) =>
      text
        .replace(/\d\d:\d\d:\d\d/g, '')
        .split(/\s+/)
        .filter((word) => word !== '');
    expect(words(rows.join('\n'))).toEqual(words(piped.stderr));
  }
  remove();
});
