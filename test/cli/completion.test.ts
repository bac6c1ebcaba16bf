/** `holdfast completion` in real shells. */
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { commands } from '../../src/cli/command/registry.js';
import { type CommandTable, type OptionRow, optionText } from '../../src/cli/command/table.js';
import { scratch } from '../support/guard.js';
import { holdfast } from '../support/holdfast.js';
import { needs } from '../support/machine.js';
import { fishOffers, type Shell, shell } from '../support/shells.js';

/** Every command and every command in it. */
const tables: readonly (readonly [line: string, table: CommandTable])[] = (
  await Promise.all(
    Object.entries(commands).map(async ([name, row]) => {
      const table: CommandTable = await row.table();
      const inner = Object.entries(table.commands ?? {});
      return [[name, table] as const, ...inner.map(([word, each]) => [`${name} ${word}`, each] as const)];
    }),
  )
).flat();

const { dir, remove } = scratch('completion');
afterAll(remove);

const config = path.join(dir, 'config');
const trap = path.join(dir, 'trapped');
beforeAll(() => {
  mkdirSync(path.join(dir, 'conf.d'));
  writeFileSync(
    config,
    [
      `Include ${dir}/conf.d/*`,
      'Host db db-west *.corp !db-old',
      `Host $(touch\${IFS}${trap}) \`touch\${IFS}${trap}\` a;b "two words"`,
      'Port is wrong here',
      `Match exec "touch ${trap}" host mirror`,
    ].join('\n'),
  );
  writeFileSync(path.join(dir, 'conf.d', 'work'), 'Host gateway\n');
  writeFileSync(path.join(dir, 'letter'), '');
});

const hosts = ['db', 'db-west', 'gateway', 'mirror'];
const sorted = (words: readonly string[]) => [...words].sort();

/** What both answer alike: a line, and what it is after the tab key. */
const completed: readonly (readonly [line: string, after: string])[] = [
  ['holdfast compl', 'holdfast completion '],
  ['holdfast config eff', 'holdfast config effective '],
  ['holdfast config list --al', 'holdfast config list --all '],
  ['holdfast config why -F CONFIG gat', 'holdfast config why -F CONFIG gateway '],
  ['holdfast config why -FCONFIG gat', 'holdfast config why -FCONFIG gateway '],
  ['holdfast config why db serveraliveint', 'holdfast config why db ServerAliveInterval '],
  ['holdfast config set db loglev', 'holdfast config set db LogLevel '],
  ['holdfast config append db LogLevel verb', 'holdfast config append db LogLevel verbose '],
  ['holdfast config managed in', 'holdfast config managed init '],
  ['holdfast run -o TCPKeep', 'holdfast run -o TCPKeepAlive='],
  ['holdfast run -oTCPKeep', 'holdfast run -oTCPKeepAlive='],
  ['holdfast run -o StrictHostKeyChecking=acc', 'holdfast run -o StrictHostKeyChecking=accept-new '],
  ['holdfast run -oStrictHostKeyChecking=acc', 'holdfast run -oStrictHostKeyChecking=accept-new '],
  [
    'holdfast run -o Ciphers=aes128-ctr,cha',
    'holdfast run -o Ciphers=aes128-ctr,chacha20-poly1305@openssh.com ',
  ],
  ['holdfast run -F CONFIG me@gat', 'holdfast run -F CONFIG me@gateway '],
  ['holdfast run -F CONFIG -J one,gat', 'holdfast run -F CONFIG -J one,gat'],
  ['holdfast run --give', 'holdfast run --give-up-after '],
  ['holdfast run -F DIR/let', 'holdfast run -F DIR/letter '],
  ['holdfast run -o IdentityFile=DIR/let', 'holdfast run -o IdentityFile=DIR/letter '],
  ['holdfast sshd set x11f', 'holdfast sshd set X11Forwarding '],
  ['holdfast sshd set LogLevel verb', 'holdfast sshd set LogLevel verbose '],
  ['holdfast tcp snippet --for ngi', 'holdfast tcp snippet --for nginx '],
  ['holdfast tcp explain TCP_KEEPI', 'holdfast tcp explain TCP_KEEPI'],
  ['holdfast nonsense wha', 'holdfast nonsense wha'],
];

const offered: readonly (readonly [line: string, words: readonly string[]])[] = [
  ['holdfast config effective -F CONFIG ', hosts],
  ['holdfast run -F CONFIG db', ['db', 'db-west']],
  ['holdfast sshd set UsePAM ', ['yes', 'no']],
  ['holdfast completion ', ['bash', 'zsh', 'fish']],
  ['holdfast run -o AddressFamily=', ['inet', 'inet6', 'any']],
];

for (const name of ['bash', 'zsh'] as const) {
  const parts = name === 'bash' ? (['socat'] as const) : (['socat', 'zsh'] as const);
  needs(...parts).describe(`in ${name}`, () => {
    let one: Shell;
    beforeAll(async () => {
      one = await shell(name, dir);
    }, 30_000);
    afterAll(() => one.close());
    const here = (line: string) => line.replaceAll('CONFIG', config).replaceAll('DIR', dir);

    it.each(completed)('%s<TAB> is %s', async (line, after) => {
      expect(await one.tab(here(line))).toBe(here(after));
    });

    it.each(offered)('%s offers %j', async (line, words) => {
      const behind = line.endsWith('=') ? 'AddressFamily=' : '';
      expect(sorted(await one.all(here(line))).map((word) => word.replace(behind, ''))).toEqual(
        sorted(words),
      );
    });

    it('a name of a host that means something to a shell is not offered, and nothing is run', async () => {
      await one.all(here('holdfast config why -F CONFIG '));
      await one.tab(here('holdfast config why -F CONFIG $(tou'));
      expect(existsSync(trap)).toBe(false);
    });
  });
}

needs('fish').describe('in fish', () => {
  it('hosts, commands with their descriptions, options, values and files', async () => {
    const words = async (line: string) => (await fishOffers(dir, line)).map(([word]) => word ?? '');
    expect(sorted(await words(`holdfast config why -F ${config} `))).toEqual(hosts);
    expect(await fishOffers(dir, 'holdfast config eff')).toEqual([
      ['effective', 'All effective options, as ssh -G prints them'],
    ]);
    expect(await words('holdfast run --giv')).toEqual(['--give-up-after']);
    expect(sorted(await words('holdfast run -o AddressFamily='))).toEqual(
      sorted(['inet', 'inet6', 'any'].map((word) => `AddressFamily=${word}`)),
    );
    expect(await words('holdfast config why db serveraliveint')).toEqual(['ServerAliveInterval']);
    expect(await words(`holdfast run -F ${dir}/let`)).toEqual([`${dir}/letter`]);
    expect(await words(`holdfast run -oIdentityFile=${dir}/let`)).toEqual([`-oIdentityFile=${dir}/letter`]);
    expect(existsSync(trap)).toBe(false);
  }, 60_000);
});

describe('the command', () => {
  it('of no shell says which there are', async () => {
    const { code, stderr } = await holdfast('completion', 'tcsh');
    expect({ code, stderr }).toEqual({
      code: 2,
      stderr: 'holdfast: completion: unknown shell "tcsh"; there are bash, zsh, fish\n',
    });
    expect((await holdfast('completion', 'zhs')).stderr).toContain('did you mean zsh?');
    expect((await holdfast('completion', 'zsh', 'x')).stderr).toContain('"x" is one word too many');
  });

  it('says nothing of its own where a file cannot be read or a command is unknown', async () => {
    for (const words of [
      ['config', 'why', '-F', path.join(dir, 'nothing'), ''],
      ['config', 'why', '-F', dir, ''],
      ['what', ''],
    ]) {
      const { code, stdout, stderr } = await holdfast('completion', 'words', 'zsh', '--', ...words);
      expect({ code, stdout, stderr }).toEqual({ code: 0, stdout: 'words\t\n', stderr: '' });
    }
  });

  it('ten thousand hosts take little longer than none', async () => {
    const large = path.join(dir, 'large');
    const blocks = Array.from({ length: 10_000 }, (_, at) => `Host h${at}\n  Port ${at + 1}\n`);
    writeFileSync(large, blocks.join(''));
    const took = async (file: string, count: number) => {
      const times: number[] = [];
      for (let round = 0; round < 3; round += 1) {
        const from = performance.now();
        const { stdout } = await holdfast(
          'completion',
          'words',
          'zsh',
          '--',
          'config',
          'why',
          '-F',
          file,
          'h',
        );
        times.push(performance.now() - from);
        expect(stdout.split('\n').length).toBe(count + 2);
      }
      return Math.min(...times);
    };
    const empty = path.join(dir, 'letter');
    expect((await took(large, 10_000)) / (await took(empty, 0))).toBeLessThan(5);
  });

  it.each(tables)('%s offers only options that it understands', async (line, { options }) => {
    const offered = Object.entries<OptionRow>(options).filter(([, { hidden }]) => !hidden);
    // All at once: the first that is unknown would be named.
    const all = offered.flatMap(([name, { value }]) => [
      optionText(name),
      ...(value === undefined ? [] : ['user=1']),
    ]);
    const { stderr } = await holdfast(...line.split(' '), ...all, '--help');
    expect(stderr).not.toMatch(/unknown option|wants a value/);
  });
});
