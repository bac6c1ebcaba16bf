import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { homedir, userInfo } from 'node:os';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { splitArgv } from '../../src/cli/command/pieces.js';
import { parseArguments, type RunArguments } from '../../src/cli/run/arguments.js';
import { letters } from '../../src/cli/run/options.js';
import { requestFor } from '../../src/read.js';
import { refusedLines, understoodLines } from '../support/commandlines.js';
import { brief } from '../support/forwards.js';
import { scratch } from '../support/guard.js';
import { needs, program } from '../support/machine.js';
import { printedForwards } from '../support/printedforwards.js';

function parsed(argv: readonly string[]): RunArguments {
  const result = parseArguments(argv);
  if (result.type !== 'run') throw new Error(JSON.stringify(result));
  return result.run;
}

/** What a command line means, in one line. */
function meaning(run: RunArguments): string {
  const { options } = run;
  const forwards = (options.forwards ?? []).map((forward) => {
    if ('local' in forward) return `-L ${forward.local}`;
    if ('stdio' in forward) return `-W ${forward.stdio}`;
    return 'remote' in forward ? `-R ${forward.remote}` : `-D ${forward.dynamic}`;
  });
  const set = (name: string, value: unknown) =>
    value === undefined || value === null ? [] : [`${name}=${value}`];
  return [
    options.host,
    ...forwards,
    ...Object.entries(options.options ?? {}).map(([keyword, value]) => `${keyword}=${value}`),
    ...set('config', options.configFile),
    ...set('hold', options.holdMs),
    ...set('attempts', options.maxAttempts),
    ...set('give-up', options.giveUpAfterMs),
    ...set('on-up', options.onUp),
    ...set('on-down', options.onDown),
    ...(run.background ? ['background'] : []),
    ...(run.quiet ? ['quiet'] : []),
    ...(run.verbose > 0 ? [`verbose=${run.verbose}`] : []),
    ...(run.json ? ['json'] : []),
    ...(run.print ? ['print'] : []),
    ...set('pid', run.pidFile),
    ...set('log', run.logFile),
    ...run.notes.map(() => 'note'),
  ].join(' ');
}

describe('command lines of ssh and autossh', () => {
  it('are at least forty', () => {
    expect(understoodLines.filter(({ argv }) => argv[0] !== 'holdfast').length).toBeGreaterThanOrEqual(40);
  });

  it.each(understoodLines.map(({ argv, means }) => [argv.join(' '), argv, means] as const))(
    '%s',
    (_, argv, means) => {
      expect(meaning(parsed(argv.slice(1)))).toBe(means);
    },
  );

  it.each(refusedLines.map(({ argv, means }) => [argv.join(' '), argv, means] as const))(
    'refuses %s',
    (_, argv, reason) => {
      const result = parseArguments(argv.slice(1));
      expect(result.type).toBe('refused');
      if (result.type !== 'refused') return;
      expect(result.failure.kind).toBe('usage');
      expect(result.failure.message).toContain(reason);
    },
  );
});

describe('as they stand, the files being left aside,', () => {
  const here = { env: {}, home: homedir(), user: userInfo().username };
  const rows = understoodLines.filter(({ means }) => / (?:-[LRDW]|LocalForward=)/.test(means));
  it.each(rows.map(({ argv }) => [argv.join(' '), argv] as const))('%s makes a request', async (_, argv) => {
    const { options } = parsed(argv.slice(1));
    const request = await requestFor({ ...options, configFile: 'none' }, here);
    expect(request.forwards.length).toBe(options.forwards?.length ?? 2);
  });
});

describe('--interval', () => {
  it('is ServerAliveInterval, or auto', () => {
    const of = (...argv: readonly string[]) => parsed([...argv, '-D', '1', 'h']).options;
    expect(of('--interval', 'auto')).toMatchObject({ interval: 'auto' });
    expect(of('--interval=30').options).toEqual({ ServerAliveInterval: '30' });
    expect(of('--interval', '2m').options).toEqual({ ServerAliveInterval: '2m' });
    expect(parseArguments(['--interval', 'soon', '-D', '1', 'h'])).toMatchObject({
      failure: { message: '--interval "soon": want auto, or a time such as 15, 30s or 2m' },
    });
  });

  it('auto with a ServerAliveInterval of the command line is a contradiction; one of a file is not', async () => {
    const of = (argv: readonly string[]) =>
      requestFor(
        { ...parsed([...argv, '-D', '1', 'h']).options, configFile: 'none' },
        { env: {}, home: homedir(), user: userInfo().username },
      );
    await expect(of(['--interval', 'auto', '-o', 'ServerAliveInterval=5'])).rejects.toThrow(
      'option ServerAliveInterval 5: interval auto chooses it; want one of them',
    );
    expect((await of(['--interval', 'auto'])).keepalive.intervalMs).toBe(15_000);
    await expect(of([]).then((request) => request.host)).resolves.toBe('h');
  });
});

describe('-M', () => {
  const monitor = (...argv: readonly string[]) => parsed([...argv, '-N', '-D', '1']).notes.join();

  it('is the one of autossh where digits follow', () => {
    expect(monitor('-M', '20000:7', 'h')).toContain('-M 20000:7: holdfast needs no monitoring port');
    expect(monitor('-M20000', 'h')).toContain('-M 20000:');
    expect(monitor('h', '-NM', '0')).toContain('-M 0:');
  });

  it('is the one of ssh where they do not', () => {
    expect(monitor('-M', 'h')).toContain('-M: holdfast shares no connection');
    expect(monitor('-MN', 'h')).toContain('-M: holdfast shares no connection');
    expect(parsed(['-M', '10.0.0.1', '-D', '1']).options.host).toBe('10.0.0.1');
    expect(parsed(['-D', '1', 'h', '-M']).options.host).toBe('h');
  });
});

describe('help', () => {
  it.each([[['--help']], [['-h']], [['-N', 'h', '--help']], [['-h', 'h']]])('%j asks for it', (argv) => {
    expect(parseArguments(argv)).toEqual({ type: 'help' });
  });

  it('is a value where a value is due', () => {
    expect(parsed(['--on-up', '--help', '-D', '1', 'h']).options.onUp).toBe('--help');
  });
});

describe('the letters', () => {
  const sshLetters = '1246ab:c:e:fgi:kl:m:no:p:qstvxAB:CD:E:F:GI:J:KL:MNO:P:Q:R:S:TVw:W:XYy';

  it('are those of ssh, with the values ssh takes', () => {
    const ours = Object.entries(letters).map(([letter, row]) => (row.value ? `${letter}:` : letter));
    const theirs = [...sshLetters.matchAll(/.:?/g)].map(([letter]) => letter);
    expect(new Set(ours)).toEqual(new Set(theirs));
  });

  it('say no more than one sentence once', () => {
    expect(parsed(['-C', '-C', '-M', '0', '-M', '0', '-D', '1', 'h']).notes).toHaveLength(2);
  });
});

describe('splitting', () => {
  it('takes any word for a value, as getopt does', () => {
    expect(splitArgv(['-o', '--json', '-l', '--', '-', 'x'])).toEqual({
      ok: true,
      pieces: [
        { type: 'letter', letter: 'o', value: '--json' },
        { type: 'letter', letter: 'l', value: '--' },
        { type: 'host', text: '-' },
        { type: 'command', words: ['x'] },
      ],
    });
  });
});

needs('ssh').it('the installed ssh understands the same server, user and forwards', async () => {
  const printedBy = (argv: readonly string[]) => {
    const printed = execFileSync(program('ssh'), ['-F', 'none', '-T', '-G', ...argv], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    return (keyword: string) =>
      printed
        .split('\n')
        .flatMap((line) => (line.startsWith(`${keyword} `) ? [line.slice(keyword.length + 1)] : []));
  };
  const families = { 0: 'any', 4: 'inet', 6: 'inet6' };
  // Without those that read a file of their own, forward nothing, or that OpenSSH 9.2 does not take.
  const lines = understoodLines.filter(({ argv: [name, ...rest], means }) => {
    return (
      name === 'ssh' &&
      !rest.includes('-F') &&
      !rest.includes('-P') &&
      !rest.includes('-W') &&
      !rest[0]?.includes('[') &&
      / /.test(means)
    );
  });
  expect(lines.length).toBeGreaterThan(25);
  for (const { argv } of lines) {
    const theirs = printedBy(argv.slice(1));
    const request = await requestFor(
      { ...parsed(argv.slice(1)).options, configFile: 'none' },
      { env: process.env, home: homedir(), user: userInfo().username },
    );
    const { address, login } = request;
    const gateway = theirs('gatewayports')[0] === 'yes';
    const { forwards } = printedForwards(
      { local: theirs('localforward'), remote: theirs('remoteforward'), dynamic: theirs('dynamicforward') },
      gateway,
    );
    expect([
      argv.join(' '),
      ...[
        address.hostName,
        String(address.port),
        login.user,
        families[address.family],
        address.bindAddress ?? undefined,
      ],
      ...request.forwards.map(brief).sort(),
    ]).toEqual([
      argv.join(' '),
      ...['hostname', 'port', 'user', 'addressfamily', 'bindaddress'].map((keyword) => theirs(keyword)[0]),
      ...forwards.map(brief).sort(),
    ]);
  }
});

needs('ssh').it('forwards of the command line and of the host, as the installed ssh has them', async () => {
  const { dir, remove } = scratch('added');
  const config = path.join(dir, 'config');
  const lines = [
    'Host db',
    'LocalForward 8080 web:80',
    'RemoteForward 9000 localhost:9',
    'DynamicForward 1080',
  ];
  writeFileSync(config, `${lines.join('\n')}\n`);
  try {
    for (const more of [
      '-L 1:a:1',
      '-L 8080:web:80',
      '-D 1081 -R 9001:a:1',
      '-o LocalForward=[::1]:2=[::2]:3',
      '',
    ]) {
      const argv = [
        ...more.split(' ').flatMap((word) => (word === '' ? [] : [word.replace('=[::2]', ' [::2]')])),
        '-F',
        config,
        '-N',
        'db',
      ];
      const printed = execFileSync(program('ssh'), ['-G', ...argv], {
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'ignore'],
      }).split('\n');
      const theirs = (keyword: string) =>
        printed.flatMap((line) => (line.startsWith(`${keyword} `) ? [line.slice(keyword.length + 1)] : []));
      const { forwards } = printedForwards(
        { local: theirs('localforward'), remote: theirs('remoteforward'), dynamic: theirs('dynamicforward') },
        false,
      );
      const here = { env: process.env, home: homedir(), user: userInfo().username };
      const request = await requestFor(parsed(argv).options, here);
      expect([more, ...request.forwards.map(brief).sort()]).toEqual([more, ...forwards.map(brief).sort()]);
    }
  } finally {
    remove();
  }
});
