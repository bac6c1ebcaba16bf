/** Every code of the linter: a file that triggers it, one that does not, and what its edit makes of the file. */

import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { printAnswer } from '../../../src/core/sshconfig/explain/print.js';
import { type Code, codes } from '../../../src/core/sshconfig/lint/codes.js';
import type { Finding } from '../../../src/core/sshconfig/lint/finding.js';
import { lintConfig } from '../../../src/core/sshconfig/lint/lint.js';
import { resolveClient } from '../../../src/core/sshconfig/resolve/resolve.js';
import {
  type FileAnswer,
  noAnswers,
  type ResolveInput,
} from '../../../src/core/sshconfig/resolve/resolveinput.js';
import { sha1 } from '../../../src/io/machine.js';

interface World {
  /** By path. `/main` is the file of -F. */
  readonly files: Readonly<Record<string, string>>;
  readonly mode?: number;
  readonly target?: string;
  readonly debian?: boolean;
}

function question(): ResolveInput {
  const facts = {
    user: 'me',
    uid: 1000,
    home: '/home/me',
    machine: 'here',
    sha1,
    env: {},
    release: '9.2' as const,
  };
  return {
    ...{ host: 'holdfast.invalid', user: null, port: null, options: [] },
    ...{ files: { type: 'one', path: '/main' }, facts },
  };
}

function lint({ files, mode = 0o600, target = '9.2', debian = false }: World): readonly Finding[] {
  const answerOf = (text: string): FileAnswer => ({
    ...{ type: 'file', text, mode, uid: 1000, groupIsPrivate: false },
  });
  const answers = {
    ...noAnswers,
    files: new Map(Object.entries(files).map(([path, text]) => [path, answerOf(text)])),
    globs: new Map(Object.keys(files).map((path) => [path, [path]])),
  };
  const resolved = resolveClient(question(), answers);
  const refusals = resolved.type === 'refused' ? resolved.errors : [];
  return lintConfig({ input: question(), answers, refusals, target, debian });
}

const found = (world: World) => lint(world).map(({ code, file, line }) => `${code} ${file}:${line}`);
const inMain = (text: string): World => ({ files: { '/main': text } });

/** What stands in the file once the edit is made. */
function mended(world: World, { fix }: Finding): World {
  const { edit } = fix;
  if (edit === null) throw new Error('no edit');
  const text = world.files[edit.file] ?? '';
  const after = text.slice(0, edit.from) + edit.text + text.slice(edit.to);
  return { ...world, files: { ...world.files, [edit.file]: after } };
}

/** Little endian, byte by byte. */
const utf16 = (text: string) => Buffer.from(text, 'utf16le').toString('latin1');
const bigEndian = (text: string) => Buffer.from(text, 'utf16le').swap16().toString('latin1');

interface Case {
  readonly bad: World;
  /** Lines of `/main` where it is found. */
  readonly lines: readonly number[];
  readonly good: World;
  /** `/main` after the edit of the first finding; null: it has none. */
  readonly after: string | null;
}

const cases: Readonly<Record<Code, Case>> = {
  'unknown-option': {
    bad: inMain('Host a\n  ServerAliveIntervall 30\n'),
    lines: [2],
    good: inMain('IgnoreUnknown UseK*\nHost a\n  UseKeychain yes\n  ServerAliveInterval 30\n'),
    after: 'Host a\n  ServerAliveInterval 30\n',
  },
  'server-option': {
    bad: inMain('Host a\n  ClientAliveInterval 30\n'),
    lines: [2],
    good: inMain('Host a\n  ServerAliveInterval 30\n'),
    after: 'Host a\n  ServerAliveInterval 30\n',
  },
  'refused-line': {
    bad: inMain('Port 70000\nMatch nonsense x\n'),
    lines: [1, 2],
    good: inMain('Port 7000\nMatch user x\n'),
    after: null,
  },
  'count-max-zero': {
    bad: inMain('ServerAliveInterval 15\nServerAliveCountMax 0\n'),
    lines: [2],
    good: inMain('ServerAliveInterval 15\nServerAliveCountMax 1\n'),
    after: 'ServerAliveInterval 15\nServerAliveCountMax 3\n',
  },
  'interval-too-long': {
    bad: inMain('ServerAliveInterval 10m\n'),
    lines: [1],
    good: inMain('ServerAliveInterval 3m\nHost a\n'),
    after: 'ServerAliveInterval 60\n',
  },
  'count-beyond-kernel': {
    bad: inMain(
      'Host a\n  ServerAliveInterval 30\n  ServerAliveCountMax 120\nHost *\n  ServerAliveCountMax 99\n',
    ),
    lines: [3],
    good: inMain('ServerAliveInterval 30\nServerAliveCountMax 30\n'),
    after: 'Host a\n  ServerAliveInterval 30\n  ServerAliveCountMax 30\nHost *\n  ServerAliveCountMax 99\n',
  },
  'tcp-keepalive': {
    bad: inMain('Host a\n\tTCPKeepAlive yes'),
    lines: [2],
    good: inMain('Host a\n  TCPKeepAlive yes\n  ServerAliveInterval 15\nHost b\n  TCPKeepAlive no\n'),
    after: 'Host a\n\tTCPKeepAlive yes\n\tServerAliveInterval 15\n',
  },
  'batch-mode-interval': {
    bad: { ...inMain('Host a\r\n  BatchMode yes\r\n'), debian: true },
    lines: [2],
    good: { ...inMain('Host a\n  BatchMode yes\nHost *\n  ServerAliveInterval 0\n'), debian: true },
    after: 'Host a\r\n  BatchMode yes\r\n  ServerAliveInterval 15\r\n',
  },
  'dead-line': {
    bad: inMain('Host a b\n  Port 1\nHost a\n  Port 2\n  User me\n'),
    lines: [4],
    good: inMain('Host a\n  Port 1\nHost a b\n  Port 2\nHost *\n  Port 3\n'),
    after: 'Host a b\n  Port 1\nHost a\n  User me\n',
  },
  'wildcard-on-top': {
    bad: inMain('# me\nHost *\n  User a\n\nHost db\n  User b'),
    lines: [2],
    good: inMain('Host db\n  User b\n\nHost *\n  User a\n'),
    after: '# me\nHost db\n  User b\n\nHost *\n  User a\n',
  },
  'include-in-block': {
    bad: { files: { '/main': 'Host a\n  Port 1\nInclude /more\n', '/more': 'User me\n' } },
    lines: [3],
    good: {
      files: { '/main': 'Include /more\nHost a\n  Include /rest\n', '/more': 'Host b\n', '/rest': '' },
    },
    after: 'Include /more\nHost a\n  Port 1\n',
  },
  'stray-option': {
    bad: inMain('Host a\n  Port 1\n\nCompression yes\n'),
    lines: [4],
    good: inMain('Compression yes\n\nHost a\n  Port 1\n\n  User me\nHost b\nUser you\n\nPort 3\n'),
    after: 'Host a\n  Port 1\n\nHost *\nCompression yes\n',
  },
  'ignore-unknown-late': {
    bad: inMain('UseKeychain yes\nIgnoreUnknown UseKeychain\n'),
    lines: [2],
    good: inMain('IgnoreUnknown UseKeychain\nUseKeychain yes\n'),
    after: 'IgnoreUnknown UseKeychain\nUseKeychain yes\n',
  },
  'comma-in-host': {
    bad: inMain('Host a,b c\n'),
    lines: [1],
    good: inMain('Host a b\nMatch host a,b\n'),
    after: 'Host a b c\n',
  },
  'brackets-in-host': {
    bad: inMain('Host web[1-3]\n'),
    lines: [1],
    good: inMain('Host web?\n'),
    after: null,
  },
  'glued-comment': {
    bad: inMain('Host a#c\n  Port 22# why\n'),
    lines: [1, 2],
    good: inMain('Host a #c\n  User b#c\n  Port 22 # why\n  ProxyCommand nc a#b\n'),
    after: 'Host a #c\n  Port 22# why\n',
  },
  'literal-newline': {
    bad: inMain('Host a\\n  User b\\n\tPort 22\n  Compression yes\n'),
    lines: [1],
    good: inMain('Host a\n  ProxyCommand printf a\\nUser b\nMatch exec "printf a\\nUser b"\nHost C:\\new\n'),
    after: 'Host a\n  User b\n  Port 22\n  Compression yes\n',
  },
  'wrong-encoding': {
    bad: inMain(utf16('\ufeffHost a\n  User m\u00e9\n')),
    lines: [1],
    good: inMain('Host a\n  User m\xc3\xa9\n'),
    after: 'Host a\n  User m\xc3\xa9\n',
  },
  'byte-order-mark': {
    bad: inMain('\xef\xbb\xbfHost a\n'),
    lines: [1],
    good: inMain('Host a\n'),
    after: 'Host a\n',
  },
  'duplicate-host': {
    bad: inMain('Host a b\n  Port 1\nHost b a\n  User me\n'),
    lines: [3],
    good: inMain('Host a b\n  Port 1\nHost a\n  User me\n'),
    after: null,
  },
  'loose-permissions': {
    bad: { ...inMain('Host a\n'), mode: 0o622 },
    lines: [0],
    good: { ...inMain('Host a\n'), mode: 0o644 },
    after: null,
  },
  'newer-option': {
    bad: inMain('Host a\n  ObscureKeystrokeTiming no\n'),
    lines: [2],
    good: { ...inMain('Host a\n  ObscureKeystrokeTiming no\n'), target: '10.0' },
    after: 'IgnoreUnknown ObscureKeystrokeTiming\nHost a\n  ObscureKeystrokeTiming no\n',
  },
  'deprecated-option': {
    bad: inMain('Host a\n  IdentityFile2 ~/k\n  Cipher 3des\n'),
    lines: [2, 3],
    good: inMain('Host a\n  IdentityFile ~/k\n  Ciphers aes128-ctr\n'),
    after: 'Host a\n  IdentityFile ~/k\n  Cipher 3des\n',
  },
};

const names = Object.keys(codes) as Code[];

describe.each(names)('%s', (code) => {
  const { bad, lines, good, after } = cases[code];
  const all = lint(bad).filter((finding) => finding.code === code);

  it('is found where it is', () => {
    expect(all.map(({ line }) => line)).toEqual(lines);
    for (const { file, span, sentence, fix } of all) {
      expect(file).toBe('/main');
      expect(span.start).toBeLessThanOrEqual(span.end);
      expect(span.end).toBeLessThanOrEqual(bad.files['/main']?.length ?? 0);
      expect(sentence).not.toBe('');
      expect(fix.sentence).not.toBe('');
    }
  });

  it('is not found where it is not', () => {
    expect(found(good).filter((line) => line.startsWith(`${code} `))).toEqual([]);
  });

  it('is mended by its edit, where it has one', () => {
    const [first] = all;
    if (after === null) {
      expect(first?.fix.edit).toBeNull();
      return;
    }
    if (first === undefined) throw new Error('not found');
    const world = mended(bad, first);
    expect(world.files['/main']).toBe(after);
    expect(lint(world).filter((finding) => finding.code === code).length).toBeLessThan(all.length);
  });

  it('has its line in the docs, with its sentence', () => {
    const page = readFileSync(new URL('../../../docs/lint.md', import.meta.url), 'utf8');
    const rows = page.split('\n').filter((line) => line.startsWith(`| \`${code}\` |`));
    expect(rows.map((row) => row.split(' | ')[1])).toEqual([codes[code]]);
  });
});

it('the docs list no other code', () => {
  const page = readFileSync(new URL('../../../docs/lint.md', import.meta.url), 'utf8');
  const listed = [...page.matchAll(/^\| `([a-z-]+)` \|/gm)].map(([, code]) => code);
  expect(listed).toEqual(names);
});

it('a port may be the name of a service: whether there is one, the resolver knows', () => {
  expect(lint(inMain('Port ssh\n')).filter(({ code }) => code === 'refused-line')).toEqual([]);
});

it.each([
  ['glued to the next header', '# web\nHost web\n  User b\n'],
  ['set apart from both', '# section\n\n# web\nHost web\n  User b\n'],
  ['without a blank line before it', '# web\nHost web\n  User b\n'],
])('a Host * moves with its own comments; those %s stay', (how, others) => {
  const blank = how.startsWith('without') ? '' : '\n';
  const own = 'Host *\n  # mine\n  User a\n';
  const tail = blank === '' ? '' : '  # Port 22\n';
  const world = inMain(`${own}${tail}${blank}${others}`);
  const finding = lint(world).find(({ code }) => code === 'wildcard-on-top');
  expect(finding && mended(world, finding).files['/main']).toBe(`${others}${blank}${own}${tail}`);
});

it.each([
  ['further down', 'Port 22\n\xef\xbb\xbfUser me\n', 2],
  ['behind a blank of the first line', ' \xef\xbb\xbfUser me\n', 1],
])('a byte order mark %s is found, too', (_, text, line) => {
  const world = inMain(text);
  const [finding] = lint(world);
  expect(finding).toMatchObject({ code: 'byte-order-mark', line });
  expect(finding && lint(mended(world, finding))).toEqual([]);
});

it.each([
  ['in front of a value', 'Host a\n  User \xef\xbb\xbfme\n', [2]],
  ['in front of several words', '\xef\xbb\xbfHost a \xef\xbb\xbfb\n\xef\xbb\xbfPort 1\n', [1, 1, 2]],
])('a byte order mark %s is all that is found in the file', (_, text, lines) => {
  const all = lint(inMain(`${text}Bogus 1\nPort 70000\nHost a,b\n`));
  expect(all.map(({ code, line }) => [code, line])).toEqual(lines.map((line) => ['byte-order-mark', line]));
});

it.each([
  ['little endian with a mark', utf16('\ufeffHost a\n  Bogus b\n')],
  ['little endian', utf16('Host a\n  Bogus b\n')],
  ['big endian with a mark', bigEndian('\ufeffHost a\n  Bogus b\n')],
  ['big endian', bigEndian('Host a\n  Bogus b\n')],
])('of a file in UTF-16, %s, nothing else is said, and its edit is the file as UTF-8', (_, text) => {
  const [finding, ...more] = lint(inMain(text));
  expect(finding).toMatchObject({ code: 'wrong-encoding', line: 1 });
  expect(more).toEqual([]);
  expect(finding && mended(inMain(text), finding).files['/main']).toBe('Host a\n  Bogus b\n');
});

it.each(['', 'a', 'Host \0\n', 'Host a\n  User b\0\0\0\n'])('%j is no UTF-16', (text) => {
  expect(found(inMain(text)).filter((each) => each.startsWith('wrong-encoding'))).toEqual([]);
});

it.each([
  ["Apple's", 'UseKeychain yes', 'UseKeychain'],
  ['that of HPN-SSH', 'tcprcvbuf 1', 'TcpRcvBuf'],
  ["Red Hat's", 'RSAMinSize 2048', 'RSAMinSize'],
  ['one with the GSSAPI patch', 'GSSAPITrustDns yes', 'GSSAPITrustDns'],
])('an option of another ssh, %s, is named in an IgnoreUnknown above it: %s', (_, line, name) => {
  const world = inMain(`Host a\n  ${line}\n`);
  const [finding, ...more] = lint(world);
  expect(finding).toMatchObject({ code: 'unknown-option', line: 2 });
  expect(more).toEqual([]);
  expect(finding && mended(world, finding).files['/main']).toBe(`IgnoreUnknown ${name}\nHost a\n  ${line}\n`);
  expect(finding && lint(mended(world, finding))).toEqual([]);
});

it("Debian's ssh has the GSSAPI patch", () => {
  expect(lint({ ...inMain('GSSAPITrustDns yes\n'), debian: true })).toEqual([]);
});

it('an option of another ssh in an included file is named at the top of the main file', () => {
  const world = { files: { '/main': 'Host a\n  Include /more\n', '/more': 'UseKeychain yes\n' } };
  const finding = lint(world).find(({ code }) => code === 'unknown-option');
  expect(finding && mended(world, finding).files['/main']).toBe(
    'IgnoreUnknown UseKeychain\nHost a\n  Include /more\n',
  );
});

it('a second IgnoreUnknown gives its names to the one that counts, and then it goes', () => {
  let world = inMain('IgnoreUnknown Foo\nHost *\n  IgnoreUnknown Foo,Bar*\n  User me\n');
  for (let round = 0; round < 2; round += 1) {
    const [finding] = lint(world);
    expect(finding?.code).toBe('dead-line');
    if (finding) world = mended(world, finding);
  }
  expect(world.files['/main']).toBe('IgnoreUnknown Foo,Bar*\nHost *\n  User me\n');
  expect(lint(world)).toEqual([]);
});

describe('dead lines', () => {
  const dead = (world: World) => found(world).filter((line) => line.startsWith('dead-line'));

  it('are named with the line that wins, across an Include', () => {
    const files = { '/main': 'Include /more\nHost a\n  Port 2\n', '/more': 'Host a\n  Port 1\n' };
    const [finding] = lint({ files }).filter(({ code }) => code === 'dead-line');
    expect(finding).toMatchObject({ file: '/main', line: 3 });
    expect(finding?.sentence).toBe('Port here never counts: /more:2 sets Port first');
  });

  it.each([
    ['a wildcard that is wider', 'Host w*\n  Port 1\nHost web*\n  Port 2\n', 4],
    ['each name by another line', 'Host a\n  Port 1\nHost b\n  Port 1\nHost a b\n  Port 2\n', 6],
    ['an alias', 'KeepAlive yes\nTCPKeepAlive no\n', 2],
    ['ProxyJump and ProxyCommand', 'ProxyJump j\nProxyCommand nc\n', 2],
    ['the same key twice', 'IdentityFile k\nIdentityFile k\n', 2],
    ['the same block of Match', 'Match user x\n  Port 1\n  Port 2\n', 3],
  ])('are found: %s', (_name, text, line) => {
    expect(dead(inMain(text))).toEqual([`dead-line /main:${line}`]);
  });

  it.each([
    ['? is one character', 'Host w?\n  Port 1\nHost w*\n  Port 2\n'],
    ['a negation lets others through', 'Host * !a\n  Port 1\nHost a\n  Port 2\n'],
    ['nobody can tell what Match asks for', 'Match user x\n  Port 1\nMatch user x\n  Port 2\n'],
    ['only one of the names', 'Host a\n  Port 1\nHost a b\n  Port 2\n'],
    ['another key', 'IdentityFile k\nIdentityFile l\n'],
    ['ProxyJump none leaves ProxyCommand to later releases', 'ProxyJump none\nProxyCommand nc\n'],
    ['none as a time sets nothing', 'ConnectTimeout none\nConnectTimeout 3\n'],
    ['Match final comes later', 'Match final\n  Port 1\nHost *\n  Port 2\n'],
  ])('are not found: %s', (_name, text) => {
    expect(dead(inMain(text))).toEqual([]);
  });

  it('are none in a file that is only included twice', () => {
    const files = { '/main': 'Include /more /more\n', '/more': 'Host a\n  Port 1\n' };
    expect(found({ files })).toEqual([]);
  });
});

describe('the resolver as judge of dead lines', () => {
  const name = fc.constantFrom('a', 'b', 'ab', 'abc', 'real');
  const wild = fc.constantFrom('*', 'a*', '?', 'a?', '*b', 'ab*', '!a', '!a*');
  const option = fc.constantFrom(
    ...[
      'Port 1',
      'Port 2',
      'User u',
      'User v',
      'HostName real',
      'HostName %h',
      'IdentityFile k',
      'KeepAlive yes',
    ],
    ...[
      'IdentityFile l',
      'ProxyJump j',
      'ProxyJump none',
      'ProxyCommand nc',
      'ProxyCommand none',
      'TCPKeepAlive no',
    ],
    ...[
      'ConnectTimeout none',
      'ConnectTimeout 1',
      'RekeyLimit 1G 1h',
      'RekeyLimit 2G',
      'SendEnv A',
      'SendEnv -A',
    ],
    ...[
      'SetEnv A=1',
      'ForwardAgent yes',
      'ForwardAgent $X',
      'LocalForward 1 h:2',
      'IgnoreUnknown x',
      'Include /more',
    ],
  );
  const section = (header: fc.Arbitrary<string>) =>
    fc.tuple(header, fc.array(option, { maxLength: 4 })).map(([first, rest]) => [first, ...rest].join('\n'));
  const host = (pattern: fc.Arbitrary<string>) =>
    fc.array(pattern, { minLength: 1, maxLength: 3 }).map((patterns) => `Host ${patterns.join(' ')}`);
  const match = fc.constantFrom(
    'Match all',
    'Match final',
    'Match user u',
    'Match host real',
    'Match final all',
  );
  const header = fc.oneof(host(fc.oneof(name, wild)), host(name), match);
  const file = (each: fc.Arbitrary<string>) =>
    fc
      .tuple(fc.array(option, { maxLength: 2 }), fc.array(section(each), { minLength: 2, maxLength: 6 }))
      .map(([top, blocks]) => `${[...top, ...blocks].join('\n')}\n`);
  const asked = ['a', 'b', 'ab', 'abc', 'abx', 'ax', 'x', 'xb', 'real', 'zzz'];

  const answersOf = (files: Readonly<Record<string, string>>) => ({
    ...noAnswers,
    files: new Map(
      Object.entries(files).map(([path, text]): [string, FileAnswer] => [
        path,
        { type: 'file', text, mode: 0o600, uid: 1000, groupIsPrivate: false },
      ]),
    ),
    globs: new Map(Object.keys(files).map((path) => [path, [path]])),
    exists: { get: () => false } as unknown as ReadonlyMap<string, boolean>,
  });
  const answer = (files: Readonly<Record<string, string>>, of: string) =>
    resolveClient({ ...question(), host: of }, answersOf(files));
  const said = (files: Readonly<Record<string, string>>) =>
    asked.map((of) => {
      const resolved = answer(files, of);
      if (resolved.type === 'needs') throw new Error(JSON.stringify(resolved.needs));
      return resolved.type === 'resolved' ? printAnswer(resolved.answer) : ['refused'];
    });

  it('without one nothing changes, for any host', () => {
    let removals = 0;
    fc.assert(
      fc.property(file(header), file(header), (main, more) => {
        const files = { '/main': main, '/more': more.replaceAll('Include /more\n', '') };
        const before = said(files);
        for (const finding of lint({ files })) {
          if (finding.code !== 'dead-line') continue;
          const text = files[finding.file === '/main' ? '/main' : '/more'];
          const lines = text.split('\n').filter((_text, at) => at !== finding.line - 1);
          const after = { ...files, [finding.file]: lines.join('\n') };
          if (finding.fix.edit !== null) expect(mended({ files }, finding).files).toEqual(after);
          if (before.some((lines) => lines.length > 1)) removals += 1;
          expect(said(after), finding.sentence).toEqual(before);
        }
      }),
      { numRuns: 200, seed: 1 },
    );
    expect(removals).toBeGreaterThan(200);
  }, 120_000);

  it('below plain names and Host * each line that never wins is found', () => {
    const plain = fc.constantFrom('Port 1', 'Port 2', 'User u', 'User v', 'TCPKeepAlive no', 'KeepAlive yes');
    const block = fc
      .tuple(fc.oneof(host(name), fc.constant('Host *')), fc.array(plain, { maxLength: 3 }))
      .map(([first, rest]) => [first, ...rest].join('\n'));
    let lost = 0;
    fc.assert(
      fc.property(fc.array(block, { maxLength: 6 }), (all) => {
        const files = { '/main': `${all.join('\n')}\n` };
        const won = new Set<number>();
        for (const of of asked) {
          const resolved = answer(files, of);
          if (resolved.type !== 'resolved') throw new Error('refused');
          for (const { settings } of resolved.answer.options.values()) {
            for (const { place } of settings) won.add(place.line);
          }
        }
        const never = files['/main']
          .split('\n')
          .flatMap((line, at) =>
            line === '' || line.startsWith('Host ') || won.has(at + 1) ? [] : [at + 1],
          );
        lost += never.length;
        const dead = lint({ files }).filter(({ code }) => code === 'dead-line');
        expect(dead.map(({ line }) => line)).toEqual(never);
      }),
      { numRuns: 500, seed: 1 },
    );
    expect(lost).toBeGreaterThan(300);
  }, 60_000);
});

describe('one piece of advice for a line', () => {
  const told = (text: string) =>
    lint(inMain(text)).map(({ code, line, fix }) => `${line} ${code}${fix.edit === null ? '' : ' (edit)'}`);

  it.each<[string, string, readonly string[]]>([
    [
      'what a block swallowed gets out of it, and is not told to go',
      'Host db\n  ForwardAgent yes\n\nForwardAgent no\n',
      ['4 stray-option (edit)'],
    ],
    [
      'nor is what follows it',
      'Host db\n  ForwardAgent yes\n\nCompression yes\nForwardAgent no\n',
      ['4 stray-option (edit)'],
    ],
    [
      'of two for everybody that differ a person chooses',
      'StrictHostKeyChecking no\nStrictHostKeyChecking yes\n',
      ['2 dead-line'],
    ],
    [
      'what Host * on top overrules is not told to go: Host * is to move',
      'Host *\n  User a\nHost db\n  User b\n',
      ['1 wildcard-on-top (edit)', '4 dead-line'],
    ],
    [
      'a line that never counts is told nothing about its value',
      'Host db\n  ServerAliveCountMax 3\n  ServerAliveCountMax 0\n',
      ['3 dead-line (edit)'],
    ],
  ])('%s', (_name, text, expected) => {
    expect(told(text)).toEqual(expected);
  });

  it('has one edit at most, in generated files', { timeout: 60_000 }, () => {
    const line = fc.constantFrom(
      ...['Port 22# why', 'KeepAlive yes', 'Cipher 3des', 'ServerAliveCountMax 0', 'ServerAliveInterval 600'],
      ...[
        'BatchMode yes',
        'Port 1',
        'Port 2',
        'ClientAliveInterval 30',
        'ForwardAgent no',
        'ForwardAgent yes',
      ],
      ...['', 'Host *', 'Host db', 'Host web,db', 'TCPKeepAlive yes', 'ServerAliveCountMax 99'],
    );
    const indented = fc
      .tuple(fc.boolean(), line)
      .map(([far, text]) => (far && text !== '' ? `  ${text}` : text));
    let edits = 0;
    fc.assert(
      fc.property(fc.array(indented, { maxLength: 12 }), (lines) => {
        const all = lint(inMain(`${lines.join('\n')}\n`)).filter(({ fix }) => fix.edit !== null);
        edits += all.length;
        expect(new Set(all.map(({ file, line: at }) => `${file}:${at}`)).size).toBe(all.length);
      }),
      { numRuns: 500, seed: 1 },
    );
    expect(edits).toBeGreaterThan(500);
  });
});

describe('a big file', () => {
  const timed = (text: string) => {
    const before = performance.now();
    lint(inMain(text));
    return performance.now() - before;
  };
  const blocks = (count: number, name: (at: number) => string) =>
    Array.from({ length: count }, (_, at) => `Host ${name(at)}\n  Port ${(at % 60_000) + 1}\n`).join('');

  it.each([
    ['names', (at: number) => `h${at}`],
    ['wildcards', (at: number) => `h${at}*z`],
  ])('takes a time that grows with it: %s', { timeout: 60_000 }, (_name, name) => {
    timed(blocks(500, name));
    // Twenty times the blocks; every one against every one would be four hundred times the time.
    const small = Math.max(timed(blocks(1_000, name)), 5);
    expect(timed(blocks(20_000, name))).toBeLessThan(small * 150);
  });
});
