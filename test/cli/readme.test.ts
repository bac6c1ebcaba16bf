/** What the pages say is so: commands, options, codes, notices, links. */
import { cpSync, existsSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseByTable } from '../../src/cli/command/parse.js';
import type { CommandTable } from '../../src/cli/command/table.js';
import { configTable } from '../../src/cli/config/options.js';
import { relayTable } from '../../src/cli/relay/options.js';
import { sentence, summary } from '../../src/cli/run/report.js';
import { exitCode, type FailureKind } from '../../src/core/failure.js';
import type { Keyword } from '../../src/core/sshconfig/keywords/keyword.js';
import { tableOf } from '../../src/core/sshconfig/keywords/keywords.js';
import { knownReleases } from '../../src/core/sshconfig/keywords/releases.js';
import { readRequest } from '../../src/edit.js';
import { scratch } from '../support/guard.js';
import { holdfast, plainEnv } from '../support/holdfast.js';
import { allPages, anchors, blocks, commands, inlineCode, links, pageOf, project } from '../support/pages.js';
import { here } from '../support/place.js';

const readme = pageOf('README.md');
const manual = pageOf('docs/run.md');
const pages = allPages();
const source = (file: string) => readFileSync(path.join(project, 'src', file), 'utf8');

/** Words as a shell takes them apart, as far as our pages go. */
const words = (line: string) =>
  [...line.matchAll(/'([^']*)'|"([^"]*)"|(\S+)/g)].map(([, one, two, three]) => one ?? two ?? three ?? '');

const runs = pages
  .flatMap((page) => [...commands(page), ...blocks(page, 'ini').flatMap((block) => block.split('\n'))])
  .flatMap((line) => /\bholdfast (run .+)$/.exec(line)?.[1] ?? []);

const configs = pages.flatMap((page) =>
  commands(page).flatMap((line) => /\bholdfast (config .+)$/.exec(line)?.[1] ?? []),
);

const editNames = Object.entries<CommandTable>(configTable.commands).flatMap(([name, { options }]) =>
  'verify-with-ssh' in options ? [name] : [],
);
const configHelps = Object.keys(configTable.commands).map((command) => `config ${command}`);

const tcps = pages.flatMap((page) =>
  commands(page).flatMap((line) => /\bholdfast (tcp .+)$/.exec(line)?.[1] ?? []),
);

const doctors = pages.flatMap((page) =>
  commands(page).flatMap((line) => /\bholdfast (doctor.*)$/.exec(line)?.[1] ?? []),
);

const probes = pages.flatMap((page) =>
  commands(page).flatMap((line) => /\bholdfast (probe .+)$/.exec(line)?.[1] ?? []),
);
const relays = pages
  .flatMap((page) => [...commands(page), ...blocks(page, 'text').flatMap((block) => block.split('\n'))])
  .flatMap((line) => /ProxyCommand holdfast relay ([^']+)/.exec(line)?.[1] ?? []);

const tcpHelps = ['show', 'set', 'undo', 'list', 'explain', 'snippet'].map((command) => `tcp ${command}`);

describe('the first screen', () => {
  const screen = { file: 'README.md', text: readme.text.split('\n').slice(0, 30).join('\n') };

  it('has one install line, one working use, and the demo', () => {
    expect(commands(screen)).toEqual([
      'npm install && npm install --global "$(npm pack --silent)"',
      'holdfast run -L 5432:localhost:5432 me@db.example.org',
      'npm install && npm run demo',
    ]);
  });
});

describe('commands', () => {
  it('the first use says what the README shows', async () => {
    const request = await readRequest({
      host: 'me@db.example.org',
      forwards: [{ local: '5432:localhost:5432' }],
      configFile: 'none',
    });
    const statuses = [{ type: 'bound', port: 5432 }] as const;
    expect(blocks(readme, 'text')[0]?.trimEnd().split('\n')).toEqual([
      `keeping ${request.host}: ${summary(request)}`,
      sentence({ type: 'up', link: 1, downMs: null, statuses }, request.forwards),
    ]);
  });

  it.each(runs)('holdfast %s is understood', async (line) => {
    const [, ...args] = words(line);
    const { code, stderr, stdout } = await holdfast('run', '--print', '--json', '-F', 'none', ...args);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(JSON.parse(stdout)).toMatchObject({ forwards: expect.arrayContaining([expect.anything()]) });
  });

  it.each(relays)('ProxyCommand holdfast relay %s is understood', (line) => {
    const args = parseByTable('relay', relayTable, words(line.replace('%h', 'db').replace('%p', '22')));
    expect(args?.words).toEqual(['db', '22']);
  });

  it.each(configs)('holdfast %s is understood', async (line) => {
    const [, ...args] = words(line);
    if (editNames.includes(args[0] ?? '')) {
      const { code } = await holdfast(
        'config',
        ...args,
        '--dry-run',
        '-F',
        path.join(project, 'no-such-file'),
      );
      expect(code).toBe(0);
      return;
    }
    // The hosts of the pages are in nobody's files; what is asked must make sense all the same.
    const { code, stderr } = await holdfast('config', ...args, '-F', 'none');
    expect({ code, stderr: stderr.replace(/^holdfast: asking ssh.*\n/, '') }).toEqual({
      code: 0,
      stderr: '',
    });
  });

  it.each(probes)('holdfast %s is understood', async (line) => {
    // Without a word to begin, and without a terminal, it ends once all is read.
    const args = words(line).filter((word) => word !== '--yes');
    expect((await holdfast(...args)).stderr).toContain('pass --yes to begin');
  });

  it.each(tcps)('holdfast %s is understood', async (line) => {
    const [, command = '', ...args] = words(line);
    // Nothing is changed here, and nobody's files are read.
    const changes = command === 'set' || command === 'undo';
    const more = changes ? ['--help'] : command === 'explain' ? ['-F', 'none'] : [];
    const { code, stderr } = await holdfast('tcp', command, ...args, ...more);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  });

  it.each(doctors)('holdfast %s is understood', async (line) => {
    const [, ...args] = words(line);
    // Nobody is asked here, and nobody's files are read; without any there is no heartbeat.
    const { code, stderr } = await holdfast('doctor', ...args, '-F', 'none', '--offline');
    expect({ code, stderr }).toEqual({ code: 1, stderr: '' });
  });

  it('scripts of npm are there', () => {
    const { scripts } = JSON.parse(readFileSync(path.join(project, 'package.json'), 'utf8')) as {
      scripts: Record<string, string>;
    };
    const texts = pages.flatMap((page) => [...commands(page), ...inlineCode(page)]);
    const named = texts.flatMap((text) =>
      [...text.matchAll(/npm run ([\w:]+)/g)].map(([, name = '']) => name),
    );
    expect(named).toContain('demo');
    expect(named.filter((name) => !(name in scripts))).toEqual([]);
  });

  it('the install line installs what a clone holds', async () => {
    const { dir, remove } = scratch('clone');
    const clone = path.join(dir, 'clone');
    for (const file of (await here.must('git', ['ls-files', '-z'], { cwd: project })).split('\0')) {
      const from = path.join(project, file);
      if (file !== '' && existsSync(from)) cpSync(from, path.join(clone, file));
    }
    // In place of the line's first half, which brought the folder that these tests run with.
    symlinkSync(path.join(project, 'node_modules'), path.join(clone, 'node_modules'));
    const line = commands(readme)[0]?.replace(/^npm install && /, '') ?? '';
    const env = plainEnv({ npm_config_prefix: path.join(dir, 'global'), npm_config_prefer_offline: 'true' });
    await here.must('sh', ['-c', line], { cwd: clone, env, timeoutMs: 120_000 });
    const installed = path.join(dir, 'global', 'bin', 'holdfast');
    expect(await here.must(installed, ['run', '--help'])).toContain('--hold TIME');
    remove();
  }, 130_000);
});

describe('options', () => {
  const named = pages
    .filter(({ file }) => file !== 'CONTRIBUTING.md')
    .flatMap((page) => [...inlineCode(page), ...runs])
    .filter((code) => !code.startsWith('npm'))
    .flatMap((code) => code.match(/(?<![\w-])--[a-z][a-z-]*/g) ?? []);

  it('that the pages name are in the help, and those in the help are in the manual', async () => {
    const helps = await Promise.all(
      ['run', 'demo', 'config', ...configHelps, 'sshd', 'sshd keepalive', 'doctor', 'probe', ...tcpHelps].map(
        (command) => holdfast(...command.split(' '), '--help'),
      ),
    );
    const help = helps.map(({ stdout }) => stdout).join('');
    expect(named).toContain('--hold');
    // The debugger's options are Node's.
    const ours = [...new Set(named)].filter((name) => !process.allowedNodeEnvironmentFlags.has(name));
    expect(ours.filter((name) => !help.includes(name))).toEqual([]);
    const own = (await holdfast('run', '--help')).stdout.match(/(?<![\w-])--[a-z][a-z-]*/g) ?? [];
    expect([...new Set(own)].filter((name) => !manual.text.includes(name))).toEqual([]);
  });

  describe('of ssh_config', () => {
    const rows = knownReleases.flatMap((release) => tableOf(release).keywords);
    it.each<readonly [string, RegExp, (run: Keyword['run']) => boolean]>([
      ['honoured', /^Honoured [^:]*: ([\s\S]*?)\.\n/m, (run) => run.type === 'honoured'],
      ['refused', /^Refused [^:]*: ([\s\S]*?)\.\n/m, (run) => run.type === 'restricting'],
      ['noted', /^Noted [^:]*: ([\s\S]*?)\.\n/m, (run) => run.type === 'meaningless' && run.noted],
    ])('that the manual calls %s are those that are', (_sort, sentence, belongs) => {
      const [, list = ''] = sentence.exec(manual.text) ?? [];
      const names = rows.filter(({ run }) => belongs(run)).map(({ name }) => name);
      expect(list.split(/,\s+/).sort()).toEqual([...new Set(names)].sort());
    });
  });
});

describe('codes and notices', () => {
  const kinds = [...source('core/failure.ts').matchAll(/^ {2}\| '([a-z-]+)'/gm)].map(([, kind = '']) => kind);
  const codeOf = (kind: string) =>
    exitCode({ ok: false, failure: { kind: kind as FailureKind, message: '' } });

  it('the README lists each exit code', () => {
    const listed = [...readme.text.matchAll(/^\| (\d+) \| /gm)].map(([, code]) => Number(code));
    expect(listed.sort((a, b) => a - b)).toEqual(
      [...new Set([0, ...kinds.map(codeOf)])].sort((a, b) => a - b),
    );
  });

  it('the manual lists each kind of failure under its code', () => {
    const [, list = ''] = /The kinds, by exit code:\n([\s\S]*?)\n\n/.exec(manual.text) ?? [];
    const told = list
      .split(';')
      .flatMap((part) =>
        [...part.matchAll(/`([a-z-]+)`/g)].map(([, kind = '']) => [kind, Number(/\d+/.exec(part)?.[0])]),
      );
    expect(Object.fromEntries(told)).toEqual(Object.fromEntries(kinds.map((kind) => [kind, codeOf(kind)])));
  });

  it('the manual lists each notice with fields that it has', () => {
    const types = [
      ...(source('core/tunnel/notice.ts').split('export type Notice =')[1] ?? '').matchAll(
        /type: '([a-z-]+)'/g,
      ),
    ].map(([, type = '']) => type);
    const [, rows = ''] = /^\| type \|.*\n\| ---.*\n([\s\S]*?)\n\n/m.exec(manual.text) ?? [];
    const listed = rows.split('\n').flatMap((row) => row.split('|')[1]?.match(/[a-z-]+/g) ?? []);
    expect(listed.sort()).toEqual([...types].sort());
    const fields = rows.split('\n').flatMap((row) => [...(row.split('|')[3] ?? '').matchAll(/`(\w+)`/g)]);
    const text = source('core/tunnel/notice.ts').replaceAll('?: ', ': ');
    expect(fields.map(([, field]) => field).filter((field) => !text.includes(`readonly ${field}: `))).toEqual(
      [],
    );
  });

  it('the manual lists the environment of a hook', () => {
    const given = new Set(source('open/notifier.ts').match(/HOLDFAST_[A-Z]+/g));
    expect(given.size).toBeGreaterThan(0);
    expect([...new Set(manual.text.match(/HOLDFAST_[A-Z]+/g))].sort()).toEqual([...given].sort());
  });

  it('the systemd unit does not repeat what needs a person', () => {
    const [unit = ''] = blocks(readme, 'ini');
    for (const line of ['Type=notify', 'NotifyAccess=all', 'Restart=always'])
      expect(unit).toContain(`${line}\n`);
    const never = ['usage', 'config', 'denied', 'incompatible', 'untrusted'].map(codeOf);
    expect(unit).toContain(`\nRestartPreventExitStatus=${[...new Set(never)].join(' ')}\n`);
  });
});

describe('links and code', () => {
  const local = pages.flatMap((page) => links(page).map((link) => ({ from: page.file, ...link })));

  it('every local link leads somewhere', () => {
    expect(local.length).toBeGreaterThan(10);
    const dead = local.filter(
      ({ file, anchor }) =>
        !existsSync(path.join(project, file)) || (anchor !== '' && !anchors(pageOf(file)).includes(anchor)),
    );
    expect(dead.map(({ from, file, anchor }) => `${from}: ${file}#${anchor}`)).toEqual([]);
  });

  it('the TypeScript of the manual compiles against the library', async () => {
    const { dir, remove } = scratch('manual');
    const programs = pages.flatMap((page) => blocks(page, 'ts'));
    expect(programs.length).toBeGreaterThan(0);
    programs.forEach((text, index) => {
      writeFileSync(path.join(dir, `program${index}.mts`), text);
    });
    const config = {
      compilerOptions: {
        strict: true,
        noEmit: true,
        skipLibCheck: true,
        module: 'nodenext',
        target: 'es2023',
        lib: ['es2023', 'esnext.disposable'],
        types: ['node'],
        typeRoots: [path.join(project, 'node_modules/@types')],
        paths: {
          holdfast: [path.join(project, 'dist/index.d.ts')],
          'holdfast/config': [path.join(project, 'dist/config.d.ts')],
          'holdfast/tcp': [path.join(project, 'dist/tcp.d.ts')],
        },
      },
      include: ['*.mts'],
    };
    writeFileSync(path.join(dir, 'tsconfig.json'), JSON.stringify(config));
    const tsc = path.join(project, 'node_modules/typescript/bin/tsc');
    const { code, stdout } = await here.exec(process.execPath, [tsc, '-p', dir]);
    expect({ code, stdout }).toEqual({ code: 0, stdout: '' });
    remove();
  });
});
