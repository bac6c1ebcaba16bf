/** Which line gives a value, which lines lost, and why. */
import { describe, expect, it } from 'vitest';
import type { LostLine } from '../../../src/core/sshconfig/explain/why.js';
import { Explainer, keepaliveOf } from '../../../src/core/sshconfig/explain/why.js';
import { answerOf, type Given } from '../../support/configanswer.js';

type Files = Readonly<Record<string, string>>;

function story(files: Files | string, option: string, given?: Given) {
  const all = typeof files === 'string' ? { '/c/main': files } : files;
  const found = new Explainer(answerOf(all, given)).story(option);
  if (found === null) throw new Error(`no story of ${option}`);
  return found;
}

const losses = (lost: readonly LostLine[]) =>
  lost.map((line) => `${line.file}:${line.line} ${line.lost}: ${line.because}`);

describe('a shadowing Host *', () => {
  const files = {
    '/c/main': [
      'Include /c/part',
      'Host *',
      '  ServerAliveInterval 300',
      '  User nobody',
      'Host db',
      '  ServerAliveInterval 15',
      'Host web',
      '  ServerAliveInterval 30',
      'Match final host 10.*',
      '  ServerAliveInterval 5',
      '  ServerAliveCountMax 1',
      '',
    ].join('\n'),
    '/c/part': 'Host db\n  User bob\n  HostName 10.0.0.1\n',
  };

  it('names the winner and each loser, in both readings', () => {
    const { values, isDefault, from, lost } = story(files, 'serveraliveinterval');
    expect({ values, isDefault }).toEqual({ values: ['300'], isDefault: false });
    expect(from).toMatchObject([
      { file: '/c/main', line: 3, text: 'ServerAliveInterval 300', pass: 'first', alias: null },
    ]);
    expect(from[0]?.block).toMatchObject({ header: 'Host *', line: 2, applies: 'yes' });
    expect(losses(lost)).toEqual([
      '/c/main:6 shadowed: shadowed by /c/main:3',
      '/c/main:10 shadowed: shadowed by /c/main:3',
      '/c/main:8 block: Host web (/c/main:7) does not match: no pattern matches',
    ]);
    expect(lost.map(({ pass }) => pass)).toEqual(['first', 'final', 'final']);
  });

  it('is itself shadowed by an included file', () => {
    const { values, from, lost } = story(files, 'User');
    expect(values).toEqual(['bob']);
    expect(from).toMatchObject([
      { file: '/c/part', line: 2, includes: [{ file: '/c/main', line: 1 }], block: { header: 'Host db' } },
    ]);
    expect(losses(lost)).toEqual(['/c/main:4 shadowed: shadowed by /c/part:2']);
    expect(lost[0]?.by).toMatchObject({ file: '/c/part', line: 2, text: 'User bob' });
  });

  it('leaves to the second reading what it does not say', () => {
    const { values, from } = story(files, 'ServerAliveCountMax');
    expect(values).toEqual(['1']);
    expect(from).toMatchObject([{ file: '/c/main', line: 11, pass: 'final' }]);
  });
});

describe('reasons', () => {
  const rows: [text: string, option: string, lost: readonly string[], given?: Given][] = [
    [
      'LocalForward 80 a:1\nLocalForward 80 a:1\n',
      'LocalForward',
      ['/c/main:2 duplicate: a duplicate of /c/main:1'],
    ],
    ['SendEnv LANG LC_*\nSendEnv -LANG\n', 'SendEnv', ['/c/main:1 removed: taken away by /c/main:2']],
    [
      'ProxyJump a\nProxyCommand nc %h %p\n',
      'ProxyCommand',
      ['/c/main:2 displaced: displaced by /c/main:1: ProxyJump and ProxyCommand exclude each other'],
    ],
    [
      'ClearAllForwardings yes\nLocalForward 80 a:1\n',
      'LocalForward',
      ['/c/main:2 cleared: cleared by /c/main:1: ClearAllForwardings yes'],
    ],
    ['ServerAliveInterval none\n', 'ServerAliveInterval', ['/c/main:1 empty: its value sets nothing']],
    [
      'Match final\nCanonicalizeMaxDots 3\n',
      'CanonicalizeMaxDots',
      ['/c/main:2 late: too late: this option is settled in the first reading of the files'],
    ],
    [
      'Host db !db\nPort 2\n',
      'Port',
      ['/c/main:2 block: Host db !db (/c/main:1) does not match: the pattern !db excludes it'],
    ],
    [
      'Match final user bob\nPort 2\n',
      'Port',
      ['/c/main:2 block: Match final user bob (/c/main:1) does not match: user bob: the user is me'],
    ],
    [
      'Match exec "up %h"\nPort 2\n',
      'Port',
      [
        '/c/main:2 undecided: not decided, as Match exec "up %h" (/c/main:1) is not: exec "up db" was not run',
      ],
    ],
    [
      'Match exec "up %h"\nPort 2\n',
      'Port',
      ['/c/main:2 block: Match exec "up %h" (/c/main:1) does not match: exec "up db" exits with 1'],
      { commands: 1 },
    ],
    ['Port 2\n', 'Port', ['/c/main:1 shadowed: shadowed by the command line'], { options: ['Port 3'] }],
  ];
  it.each(rows)('%j, %s', (text, option, lost, given) => {
    expect(losses(story(text, option, given).lost)).toEqual(lost);
  });

  it('in a file that a block without a match includes: the block that it stands in', () => {
    const files = { '/c/main': 'Host web\nInclude /c/part\n', '/c/part': 'Port 2\nHost db\nPort 3\n' };
    expect(losses(story(files, 'Port').lost)).toEqual([
      '/c/part:1 block: Host web (/c/main:1) does not match: no pattern matches',
      '/c/part:3 block: Host db (/c/part:2) does not match: its file is included by a block that does not match',
    ]);
  });
});

describe('a line that gives the value', () => {
  it('by another name says so', () => {
    expect(story('KeepAlive no\n', 'tcpkeepalive').from).toMatchObject([{ line: 1, alias: 'KeepAlive' }]);
    expect(story('TCPKEEPALIVE no\n', 'KeepAlive')).toMatchObject({
      option: 'TCPKeepAlive',
      values: ['no'],
      from: [{ line: 1, alias: null }],
    });
  });

  it('is one line, however many values it gives', () => {
    const { values, from } = story('SendEnv LANG LC_*\n', 'SendEnv');
    expect(values).toEqual(['LANG', 'LC_*']);
    expect(from.map(({ line }) => line)).toEqual([1]);
  });

  it('may stand on the command line', () => {
    const { from } = story('', 'Port', { options: ['Port 3'] });
    expect(from).toMatchObject([{ file: 'command line', line: 0, text: 'Port 3', block: null }]);
  });

  it('is read as UTF-8', () => {
    expect(story('User jürgen\n', 'User')).toMatchObject({
      values: ['jürgen'],
      from: [{ text: 'User jürgen' }],
    });
  });
});

it('a default has no line', () => {
  expect(story('', 'Port')).toEqual({
    option: 'Port',
    values: ['22'],
    isDefault: true,
    from: [],
    lost: [],
    note: null,
  });
});

it("Debian's 300 s of BatchMode are noted", () => {
  expect(story('BatchMode yes\n', 'ServerAliveInterval')).toMatchObject({
    values: ['300'],
    isDefault: true,
    note: expect.stringContaining('BatchMode') as unknown,
  });
});

it('no story of what ssh keeps no value of', () => {
  const explainer = new Explainer(answerOf({ '/c/main': '' }));
  for (const name of ['Frobnicate', 'Host', 'Cipher']) expect(explainer.story(name)).toBeNull();
});

it('spoken: the options that lines speak of, in the order of ssh -G', () => {
  const text = 'Port 2\nUser a\nUser b\nHost web\nCompression yes\n';
  const told = new Explainer(answerOf({ '/c/main': text })).spoken();
  expect(told.map(({ option }) => option)).toEqual(['User', 'Port']);
});

it('the arithmetic is that of the effective values', () => {
  const answer = answerOf({ '/c/main': 'ServerAliveInterval 1m\nServerAliveCountMax 2\n' });
  expect(keepaliveOf(answer)).toMatchObject({ intervalMs: 60_000, countMax: 2, noticedAfterMs: 180_000 });
});
