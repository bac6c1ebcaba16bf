/** What all commands share: a command line parsed by its table, help laid out from it, columns. */
import { describe, expect, it } from 'vitest';
import { helpText } from '../../src/cli/command/help.js';
import { parseByTable } from '../../src/cli/command/parse.js';
import { readPort } from '../../src/cli/command/readvalue.js';
import type { CommandTable } from '../../src/cli/command/table.js';
import { columns, padEnd } from '../../src/cli/terminal/columns.js';

const table = {
  about: 'For these tests.',
  words: [{ name: 'host' }, { name: 'value', optional: true, repeated: true }],
  options: {
    F: { value: 'FILE', repeat: 'last', help: 'A file', group: 'As in ssh' },
    N: { help: 'Nothing', group: 'As in ssh' },
    M: { value: 'PORT', valueIf: /^\d+$/, repeat: 'last', help: 'As in autossh', hidden: true },
    port: { letters: 'p', value: 'N', read: readPort, help: 'A port' },
    identity: { value: 'FILE', repeat: 'all', help: 'A key' },
    'dry-run': { help: 'Show it', excludes: ['yes'] },
    yes: { letters: 'y', help: 'Do it' },
    reload: { help: 'Then this', needs: 'yes' },
  },
  examples: ['holdfast it db'],
} as const satisfies CommandTable;

const none = {
  N: false,
  M: undefined,
  identity: [],
  'dry-run': false,
  yes: false,
  reload: false,
  help: false,
};

describe('a command line', () => {
  it.each<[argv: string, options: object, words: string[]]>([
    ['db', {}, ['db']],
    ['-F a db', { F: 'a' }, ['db']],
    ['-Fa -F b db', { F: 'b' }, ['db']],
    ['-NFa db', { N: true, F: 'a' }, ['db']],
    ['db -F -N', { F: '-N' }, ['db']],
    ['db -F=a', { F: '=a' }, ['db']],
    ['-p22 db', { port: 22 }, ['db']],
    ['--port 22 db', { port: 22 }, ['db']],
    ['--port=22 db', { port: 22 }, ['db']],
    ['--identity a db --identity=b=c', { identity: ['a', 'b=c'] }, ['db']],
    ['db -y --yes', { yes: true }, ['db']],
    ['-M 20 db', { M: '20' }, ['db']],
    ['-M db', { M: '' }, ['db']],
    ['-NM20 db', { N: true, M: '20' }, ['db']],
    ['db -5 -', {}, ['db', '-5', '-']],
    ['-N -- db -N --', { N: true }, ['db', '-N', '--']],
  ])('%s', (argv, options, words) => {
    const args = parseByTable('it', table, argv.split(' '));
    expect({ ...none, ...args?.options }).toEqual({ ...none, ...options });
    expect(args?.words).toEqual(words);
  });

  it.each([
    ['', 'no host; as in holdfast it db'],
    ['-F', '-F wants a value: -F FILE'],
    ['db --port', '--port wants a value: --port N'],
    ['db --port 1 -p 2', '--port stands twice; want one'],
    ['db --port 0', '--port: 0 is out of range; want a number from 1 to 65535'],
    ['db --yes=no', '--yes takes no value; found "no"'],
    ['db --prot 1', 'unknown option --prot; did you mean --port?'],
    ['db --frobnicate', 'unknown option --frobnicate; see holdfast it --help'],
    ['db -Nx', 'unknown option -x in -Nx; see holdfast it --help'],
    ['db --dry-run -y', '--dry-run and --yes: want one of them'],
    ['db --reload', '--reload is for --yes'],
    ['db --no-yes', 'unknown option --no-yes; see holdfast it --help'],
    ['db --__proto__', 'unknown option --__proto__; see holdfast it --help'],
  ])('%s: %s', (argv, message) => {
    const words = argv === '' ? [] : argv.split(' ');
    expect(() => parseByTable('it', table, words)).toThrow(
      expect.objectContaining({ kind: 'usage', message }),
    );
  });

  it('asks for the help wherever it stands, and whatever else is wrong with the words', () => {
    for (const argv of [['-h'], ['db', '--help'], ['-Nh'], ['--port', 'x', '--help']])
      expect(parseByTable('it', table, argv)).toBeNull();
    expect(parseByTable('it', table, ['db', '--', '--help'])?.words).toEqual(['db', '--help']);
  });

  it('of run and probe ends at the second word, as that of ssh: a command of the server', () => {
    const ssh = { ...table, words: [{ name: 'host' }], endsAtCommand: true } as const;
    const parse = (argv: string) => parseByTable('it', ssh, argv.split(' '));
    expect(parse('-N db -y')).toMatchObject({ words: ['db'], command: [], options: { N: true, yes: true } });
    expect(parse('db -y ls -l')).toMatchObject({ words: ['db'], command: ['ls', '-l'] });
    expect(parse('-N -- db ls -N')).toMatchObject({ words: ['db'], command: ['ls', '-N'] });
    expect(parse('db -- ls')).toMatchObject({ words: ['db'], command: ['ls'] });
    expect(parse('-p 1 db -F a')?.parts).toEqual([
      { type: 'option', name: 'port', value: '1' },
      { type: 'word', text: 'db' },
      { type: 'option', name: 'F', value: 'a' },
    ]);
  });
});

it('help comes from the table', () => {
  expect(helpText('it', table)).toBe(`holdfast it <host> [value...] [options]

For these tests.

As in ssh:
  -F FILE  A file
  -N       Nothing

Options:
  -p, --port N         A port
      --identity FILE  A key
      --dry-run        Show it
  -y, --yes            Do it
      --reload         Then this
  -h, --help           Show this help

Examples:
  holdfast it db
`);
});

it('columns count what a terminal shows: wide characters two, combining ones and colours none', () => {
  expect(
    columns([
      ['日本', 'x'],
      ['abcde', 'y'],
      ['e\u0301', 'z'],
    ]),
  ).toBe('日本   x\nabcde  y\ne\u0301      z\n');
  expect(padEnd('\u001b[31mred\u001b[0m', 5)).toBe('\u001b[31mred\u001b[0m  ');
});
