/** Every code of the server's linter: a file that triggers it, one that does not, and what its edit makes of the file. */
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Finding } from '../../../src/core/sshconfig/lint/finding.js';
import { lintServer } from '../../../src/core/sshconfig/sshd/lint/lintserver.js';
import type { ServerCode } from '../../../src/core/sshconfig/sshd/lint/servercodes.js';
import { serverCodes } from '../../../src/core/sshconfig/sshd/lint/servercodes.js';
import { resolveServer } from '../../../src/core/sshconfig/sshd/serverresolve.js';
import { connectionOf, type ServerWorld, serverAnswers, serverQuestion } from '../../support/sshdanswer.js';
import { filesWithTails, ofTails, writtenForAll } from '../../support/sshdtails.js';

interface World extends ServerWorld {
  readonly target?: string;
}

const inMain = (text: string): World => ({ files: { '/main': text } });

function lint(world: World): readonly Finding<ServerCode>[] {
  const { target = '9.2' } = world;
  const linted = serverAnswers(world, (answers) =>
    lintServer({ input: serverQuestion(), target, uid: 1_000 }, answers),
  );
  if (linted.type !== 'found') throw new Error(JSON.stringify(linted));
  return linted.findings;
}

/** What stands in the file once the edit is made. */
function mended(world: World, { fix }: Finding<ServerCode>): World {
  const { edit } = fix;
  if (edit === null) throw new Error('no edit');
  const text = world.files[edit.file] ?? '';
  const after = text.slice(0, edit.from) + edit.text + text.slice(edit.to);
  return { ...world, files: { ...world.files, [edit.file]: after } };
}

interface Case {
  readonly bad: World;
  /** Lines of `/main` where it is found. */
  readonly lines: readonly number[];
  readonly good: World;
  /** `/main` after the edit of the first finding; null: it has none. */
  readonly after: string | null;
}

const cloud = { '/d/50-cloud-init.conf': 'PasswordAuthentication yes\n' };

const cases: Readonly<Record<ServerCode, Case>> = {
  'unknown-option': {
    bad: inMain('ClientAliveIntervall 30\nBogus 1\n'),
    lines: [1, 2],
    good: inMain('ClientAliveInterval 30\n'),
    after: 'ClientAliveInterval 30\nBogus 1\n',
  },
  'client-option': {
    bad: inMain('ServerAliveInterval 30\nMatch user a\n  StrictHostKeyChecking no\n'),
    lines: [1, 3],
    good: inMain('ClientAliveInterval 30\nCompression yes\n'),
    after: 'ClientAliveInterval 30\nMatch user a\n  StrictHostKeyChecking no\n',
  },
  'refused-line': {
    bad: inMain('Port 70000\nMaxSessions many\nMatch nonsense x\n  PermitTTY yes no\n'),
    lines: [1, 2, 3, 4],
    good: inMain('Port ssh\nMaxSessions 5\nMatch user x\n  PermitTTY yes # no\n'),
    after: null,
  },
  'global-in-block': {
    bad: inMain('Match user a\n  X11Forwarding no\nUsePAM yes\n'),
    lines: [3],
    good: inMain('UsePAM yes\nMatch all\n  PrintMotd no\nMatch user a\n  X11Forwarding no\n'),
    after: 'UsePAM yes\nMatch user a\n  X11Forwarding no\n',
  },
  'count-max-zero': {
    bad: inMain('ClientAliveInterval 15\nClientAliveCountMax 0\n'),
    lines: [2],
    good: inMain('ClientAliveInterval 15\nClientAliveCountMax 1\n'),
    after: 'ClientAliveInterval 15\nClientAliveCountMax 3\n',
  },
  'interval-zero': {
    bad: inMain('ClientAliveInterval 0\n'),
    lines: [1],
    good: inMain('ClientAliveInterval 15\nMatch user backup\n  ClientAliveInterval 0\n'),
    after: 'ClientAliveInterval 15\n',
  },
  'interval-too-long': {
    bad: inMain('ClientAliveInterval 2m\n'),
    lines: [1],
    good: { ...inMain('ClientAliveInterval 2m\n'), target: '9.5' },
    after: 'ClientAliveInterval 60\n',
  },
  'count-beyond-kernel': {
    bad: { ...inMain('ClientAliveInterval 30\nMatch user a\n  ClientAliveCountMax 120\n'), target: '9.5' },
    lines: [3],
    // sshd 9.2 asks at every other interval.
    good: inMain('ClientAliveInterval 30\nClientAliveCountMax 15\n'),
    after: 'ClientAliveInterval 30\nMatch user a\n  ClientAliveCountMax 30\n',
  },
  'tcp-keepalive': {
    bad: inMain('TCPKeepAlive yes\n'),
    lines: [1],
    good: inMain('TCPKeepAlive yes\nClientAliveInterval 15\n'),
    after: 'TCPKeepAlive yes\nClientAliveInterval 15\n',
  },
  'dead-line': {
    bad: inMain('PermitRootLogin no\nX11Forwarding yes\nPermitRootLogin yes\n'),
    lines: [3],
    good: inMain('PermitRootLogin no\nPort 22\nPort 2222\nMatch user a\n  PermitRootLogin yes\n'),
    after: 'PermitRootLogin no\nX11Forwarding yes\n',
  },
  'drop-in-wins': {
    bad: {
      files: { '/main': '# top\nInclude /d/*.conf\nUsePAM yes\nPasswordAuthentication no\n', ...cloud },
    },
    lines: [4],
    good: { files: { '/main': 'PasswordAuthentication yes\nInclude /d/*.conf\n', ...cloud } },
    after: '# top\nPasswordAuthentication no\nInclude /d/*.conf\nUsePAM yes\n',
  },
  'include-in-block': {
    bad: { files: { '/main': 'Match user a\n  PermitTTY no\nInclude /more\n', '/more': 'MaxSessions 3\n' } },
    lines: [3],
    good: {
      files: { '/main': 'Include /more\nMatch user a\n  Include /more\n', '/more': 'MaxSessions 3\n' },
    },
    after: 'Include /more\nMatch user a\n  PermitTTY no\n',
  },
  'stray-option': {
    bad: inMain('UsePAM yes\n\nMatch user a\n  ForceCommand internal-sftp\nPasswordAuthentication no\n'),
    lines: [5],
    good: inMain('PasswordAuthentication no\nMatch user a\nForceCommand internal-sftp\nPermitTTY no\n'),
    after: 'UsePAM yes\n\nPasswordAuthentication no\nMatch user a\n  ForceCommand internal-sftp\n',
  },
  'never-matches': {
    bad: inMain(
      'Match user !root\nMatch address "!10.0.0.0/8"\nMatch host *.example.org\nMatch user a user b,c\n',
    ),
    lines: [1, 2, 3, 4],
    good: inMain('UseDNS yes\nMatch user *,!root\nMatch host *.example.org\nMatch group a group b\n'),
    after:
      'Match user *,!root\nMatch address "!10.0.0.0/8"\nMatch host *.example.org\nMatch user a user b,c\n',
  },
  'duplicate-listen': {
    bad: inMain('Port 22\nListenAddress [::1]:22\nPort 022\nListenAddress ::0:1\nListenAddress [::1]:22\n'),
    lines: [3, 5],
    good: inMain('Port 22\nPort 2222\nListenAddress 127.0.0.1\nListenAddress ::1\n'),
    after: 'Port 22\nListenAddress [::1]:22\nListenAddress ::0:1\nListenAddress [::1]:22\n',
  },
  'unused-port': {
    bad: inMain('Port 2222\nListenAddress 127.0.0.1:22\n'),
    lines: [1],
    good: inMain('Port 2222\nListenAddress 127.0.0.1:22\nListenAddress ::1\n'),
    after: 'ListenAddress 127.0.0.1:22\n',
  },
  'literal-newline': {
    bad: inMain('Port 22\\nUsePAM yes\n'),
    lines: [1],
    good: inMain('Port 22\nForceCommand printf a\\nPort 22\n'),
    after: 'Port 22\nUsePAM yes\n',
  },
  'wrong-encoding': {
    bad: inMain(Buffer.from('\ufeffPort 22\n', 'utf16le').toString('latin1')),
    lines: [1],
    good: inMain('Port 22\n'),
    after: 'Port 22\n',
  },
  'byte-order-mark': {
    bad: inMain('\xef\xbb\xbfPort 22\n'),
    lines: [1],
    good: inMain('Port 22\n'),
    after: 'Port 22\n',
  },
  'loose-permissions': {
    bad: { ...inMain('Port 22\n'), mode: 0o666 },
    lines: [0],
    good: { ...inMain('Port 22\n'), mode: 0o644 },
    after: null,
  },
  'newer-option': {
    bad: inMain('UsePAM yes\nPerSourcePenalties yes\n'),
    lines: [2],
    good: { ...inMain('UsePAM yes\nPerSourcePenalties yes\n'), target: '9.8' },
    after: null,
  },
  'deprecated-option': {
    bad: inMain('ChallengeResponseAuthentication no\nUsePrivilegeSeparation yes\n'),
    lines: [1, 2],
    good: { ...inMain('ChallengeResponseAuthentication no\n'), target: '8.4' },
    after: 'KbdInteractiveAuthentication no\nUsePrivilegeSeparation yes\n',
  },
};

const names = Object.keys(serverCodes) as ServerCode[];
const page = () => readFileSync(new URL('../../../docs/sshd.md', import.meta.url), 'utf8');

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
    expect(lint(good).filter((finding) => finding.code === code)).toEqual([]);
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
    const rows = page()
      .split('\n')
      .filter((line) => line.startsWith(`| \`${code}\` |`));
    expect(rows.map((row) => row.split(' | ')[1])).toEqual([serverCodes[code]]);
  });
});

it('the docs list no other code', () => {
  const listed = [...page().matchAll(/^\| `([a-z]+-[a-z-]+)` \| /gm)].map(([, code]) => code);
  expect(listed).toEqual(names);
});

describe('findings hang on the release', () => {
  const codesOf = (text: string, target: string) =>
    lint({ ...inMain(text), target }).map(({ code, line }) => `${code} ${line}`);

  it.each([
    ['Include', 'Include /none\n', '8.1', '8.2', 'newer-option 1'],
    ['UnusedConnectionTimeout', 'UnusedConnectionTimeout 5m\n', '9.1', '9.2', 'newer-option 1'],
    ['Subsystem in a block', 'Match user a\n  Subsystem x /y\n', '9.4', '9.5', 'global-in-block 2'],
    ['Match invalid-user', 'Match invalid-user\n  PermitTTY no\n', '9.8', '9.9', 'refused-line 1'],
  ])('%s', (_name, text, before, from, finding) => {
    expect(codesOf(text, before)).toContain(finding);
    expect(codesOf(text, from)).not.toContain(finding);
  });

  it('ClientAliveCountMax 0 ended connections before 8.2, and ends none since', () => {
    const [old] = lint({ ...inMain('ClientAliveCountMax 0\n'), target: '8.1' });
    const [now] = lint(inMain('ClientAliveCountMax 0\n'));
    expect(old?.sentence).toContain('ends a healthy connection');
    expect(now?.sentence).toContain('never ends a connection');
  });
});

it('a line that is refused for a word too many is told so under its old name, too', () => {
  const found = lint(inMain('KeepAlive yes x\n')).map(({ code }) => code);
  expect(found).toEqual(expect.arrayContaining(['deprecated-option', 'refused-line']));
});

it('a byte order mark further down is found, too', () => {
  const world = inMain('Port 22\n\xef\xbb\xbfPermitTTY no\n');
  const [finding] = lint(world);
  expect(finding).toMatchObject({ code: 'byte-order-mark', line: 2 });
  expect(finding && lint(mended(world, finding))).toEqual([]);
});

describe('dead lines', () => {
  const dead = (world: World) =>
    lint(world).flatMap(({ code, file, line, sentence }) =>
      code === 'dead-line' || code === 'drop-in-wins' ? [`${file}:${line} ${sentence.split(': ')[1]}`] : [],
    );

  it.each<[string, string, string]>([
    ['an alias', 'KeepAlive yes\nTCPKeepAlive no\n', '/main:2 /main:1 sets TCPKeepAlive first'],
    [
      'the same block',
      'Match user a\n  MaxSessions 1\n  MaxSessions 2\n',
      '/main:3 /main:2 sets MaxSessions first',
    ],
    [
      'another block with the same criteria',
      'Match user a host x\n  MaxSessions 1\nMatch Host X User a\n  MaxSessions 2\n',
      '/main:4 /main:2 sets MaxSessions first',
    ],
    [
      'a block for fewer users',
      'Match user a*,b\n  MaxSessions 1\nMatch user ab,b address 10.0.0.1\n  MaxSessions 2\n',
      '/main:4 /main:2 sets MaxSessions first',
    ],
    [
      'a global line below a Match all that comes later',
      'MaxSessions 1\nMatch all\n  MaxSessions 2\n',
      '/main:1 /main:3 overrides it, below Match all',
    ],
    [
      'the first of two where the last wins',
      'FingerprintHash md5\nFingerprintHash sha256\n',
      '/main:1 /main:2 sets FingerprintHash again, and the last one wins',
    ],
    [
      'AuthorizedPrincipalsCommand behind AuthorizedKeysCommand, in 9.2',
      'AuthorizedKeysCommand none\nAuthorizedPrincipalsCommand none\n',
      '/main:2 /main:1 switches AuthorizedPrincipalsCommand off',
    ],
  ])('are found: %s', (_name, text, line) => {
    expect(dead(inMain(text))).toEqual([line]);
  });

  it.each([
    ['a block overrides the global line', 'MaxSessions 1\nMatch user a\n  MaxSessions 2\n'],
    ['other users', 'Match user a\n  MaxSessions 1\nMatch user a,b\n  MaxSessions 2\n'],
    ['an exclusion lets others through', 'Match user *,!a\n  MaxSessions 1\nMatch user a\n  MaxSessions 2\n'],
    ['lists that add up', 'AllowUsers a\nAllowUsers a b\nPort 1\nPort 2\n'],
    ['one number leaves the rate of the line above', 'MaxStartups 5:50:90\nMaxStartups 9\n'],
    ['the time of RekeyLimit', 'RekeyLimit 1G\nRekeyLimit 2G 1h\n'],
    ['none takes back a time', 'UnusedConnectionTimeout 5m\nUnusedConnectionTimeout none\n'],
  ])('are not found: %s', (_name, text) => {
    expect(dead(inMain(text))).toEqual([]);
  });

  it('of a drop-in are told with the order of names', () => {
    const files = {
      '/main': 'Include /d/*.conf\n',
      ...cloud,
      '/d/99-mine.conf': 'PasswordAuthentication no\n',
    };
    const [finding] = lint({ files });
    expect(finding).toMatchObject({ code: 'drop-in-wins', file: '/d/99-mine.conf', line: 1 });
    expect(finding?.sentence).toContain('/d/50-cloud-init.conf:1 sets PasswordAuthentication first');
    expect(finding?.fix).toMatchObject({ edit: null });
    expect(finding?.fix.sentence).toContain('00-');
  });

  it('are none in a file that is only included twice', () => {
    expect(dead({ files: { '/main': 'Include /more /more\n', '/more': 'MaxSessions 1\n' } })).toEqual([]);
  });
});

describe('the resolver as judge', () => {
  const inBlock = [
    ...['MaxSessions 1', 'MaxSessions 2', 'PermitTTY no', 'PermitTTY yes', 'LogLevel DEBUG', 'LogLevel INFO'],
    ...['ForceCommand a', 'ForceCommand b', 'IPQoS af11', 'IPQoS cs1', 'RekeyLimit 1G', 'RekeyLimit 2G 1h'],
    ...['UnusedConnectionTimeout 5', 'UnusedConnectionTimeout none', 'StreamLocalBindMask 0111'],
    ...['AllowUsers a', 'AllowUsers b', 'SetEnv A=1', 'SetEnv B=2', 'AuthorizedKeysFile x', 'PermitOpen h:1'],
    ...['AuthorizedKeysCommand none', 'AuthorizedPrincipalsCommand none', 'Include /more'],
  ];
  const globalOnly = [
    ...['TCPKeepAlive no', 'KeepAlive yes', 'MaxStartups 5', 'MaxStartups 6:7:8', 'FingerprintHash md5'],
    ...['FingerprintHash sha256', 'PerSourceMaxStartups 5', 'PerSourceMaxStartups 6', 'UsePAM yes'],
  ];
  const option = fc.constantFrom(...inBlock);
  const anyOption = fc.constantFrom(...inBlock, ...globalOnly);
  const header = fc.constantFrom(
    ...['Match all', 'Match user a', 'Match user a,b', 'Match user a*', 'Match user *,!a', 'Match user a?'],
    ...['Match group g', 'Match group g,h', 'Match user a group h', 'Match address 10.0.0.0/8 user a'],
    ...['Match address 10.0.0.0/8', 'Match host X', 'Match host x', 'Match localport 22', 'Match user !a'],
  );
  const block = fc
    .tuple(header, fc.array(option, { maxLength: 4 }))
    .map(([first, rest]) => [first, ...rest].join('\n'));
  const file = fc
    .tuple(fc.array(anyOption, { maxLength: 5 }), fc.array(block, { maxLength: 4 }))
    .map(([top, blocks]) => `${[...top, ...blocks].join('\n')}\n`);
  const people = { a: ['g'], ab: ['h'], abc: ['g', 'h'], b: [], z: ['x'] };
  const connections = Object.keys(people).flatMap((user) =>
    ['10.0.0.1', '192.0.2.1'].map((address) => connectionOf({ user, address, host: 'x', localPort: 22 })),
  );
  const said = (world: World) =>
    connections.map((connection) => {
      const resolved = serverAnswers(world, (answers) =>
        resolveServer({ ...serverQuestion(), connection }, answers),
      );
      return resolved.type === 'resolved' ? resolved.answer.lines : ['refused'];
    });

  it('without a dead line nothing changes, for any connection', { timeout: 120_000 }, () => {
    let removals = 0;
    fc.assert(
      fc.property(file, file, (main, more) => {
        const world: World = {
          files: { '/main': main, '/more': more.replaceAll('Include /more\n', '') },
          people,
        };
        const before = said(world);
        if (before.some((lines) => lines.length === 1)) return;
        for (const { code, file: named, line, sentence } of lint(world)) {
          if (code !== 'dead-line' && code !== 'drop-in-wins') continue;
          const lines = (world.files[named] ?? '').split('\n');
          const without = lines.filter((_text, at) => at !== line - 1).join('\n');
          removals += 1;
          expect(said({ ...world, files: { ...world.files, [named]: without } }), sentence).toEqual(before);
        }
      }),
      { numRuns: 400, seed: 1 },
    );
    expect(removals).toBeGreaterThan(120);
  });

  it('a line that is told to move above its Include wins then', { timeout: 60_000 }, () => {
    const top = fc.array(
      fc.constantFrom('MaxSessions 1', 'PermitTTY no', 'LogLevel DEBUG', 'PermitRootLogin no'),
    );
    const drop = fc.array(
      fc.constantFrom('MaxSessions 2', 'PermitTTY yes', 'LogLevel INFO', 'PermitRootLogin yes'),
    );
    let moved = 0;
    fc.assert(
      fc.property(top, drop, (main, more) => {
        const files = { '/main': `Include /more\n${main.join('\n')}\n`, '/more': `${more.join('\n')}\n` };
        for (const finding of lint({ files }).filter(({ code }) => code === 'drop-in-wins')) {
          // Two that move at once: the second one's turn comes with the next look.
          if (finding.fix.edit === null) continue;
          const written = files['/main'].split('\n')[finding.line - 1] ?? '';
          const [lines = []] = said(mended({ files, people }, finding));
          expect(lines.map((each) => each.toLowerCase())).toContain(written.toLowerCase());
          moved += 1;
        }
      }),
      { numRuns: 200, seed: 1 },
    );
    expect(moved).toBeGreaterThan(50);
  });

  it('a Match line that never matches lets none of the connections through', () => {
    const found = lint(cases['never-matches'].bad).filter(({ code }) => code === 'never-matches');
    const lines = (cases['never-matches'].bad.files['/main'] ?? '').split('\n');
    const addresses = ['10.0.0.1', '192.0.2.1', '::1'];
    for (const { line } of found) {
      const world = { files: { '/main': `${lines[line - 1]}\n  MaxSessions 77\n` }, people };
      for (const user of Object.keys(people)) {
        for (const address of addresses) {
          // Without UseDNS the host is the address.
          const connection = connectionOf({ user, address, host: address, localPort: 22 });
          const resolved = serverAnswers(world, (answers) =>
            resolveServer({ ...serverQuestion(), connection }, answers),
          );
          expect(resolved.type === 'resolved' && resolved.answer.lines).toContain('maxsessions 10');
        }
      }
    }
    expect(found.length).toBe(4);
  });
});

describe('what a Match block swallowed', () => {
  const found = (world: World) =>
    lint(world).map(({ code, line, fix }) => `${line} ${code}: ${fix.sentence}${fix.edit ? ' (edit)' : ''}`);

  it('goes above the first Match as a whole, though a line of the block says otherwise', () => {
    const world = inMain(
      'Match Address 192.0.2.0/24\n  PermitRootLogin yes\n  PasswordAuthentication yes\n\nPort 22\nPermitRootLogin no\nPasswordAuthentication no\nUsePAM yes\n',
    );
    expect(found(world)).toEqual([
      '5 global-in-block: move it above the first Match (edit)',
      '6 stray-option: move it above the first Match, with /main:5',
      '7 stray-option: move it above the first Match, with /main:5',
      '8 global-in-block: move it above the first Match, with /main:5',
    ]);
    const [first] = lint(world);
    const after = first && mended(world, first);
    expect(after?.files['/main']).toBe(
      'Port 22\nPermitRootLogin no\nPasswordAuthentication no\nUsePAM yes\nMatch Address 192.0.2.0/24\n  PermitRootLogin yes\n  PasswordAuthentication yes\n\n',
    );
    expect(after && lint(after)).toEqual([]);
  });

  it('takes its comments along, and leaves those of the Match line', () => {
    const world = inMain(
      '# top\n\n# guests\nMatch user a\n  PermitTTY no\n\n# for all\nX11Forwarding no\n  MaxSessions 2\n# more\nUsePAM yes\n',
    );
    const [first] = lint(world);
    expect(first && mended(world, first).files['/main']).toBe(
      '# top\n\n# for all\nX11Forwarding no\n# more\nUsePAM yes\n# guests\nMatch user a\n  PermitTTY no\n\n  MaxSessions 2\n',
    );
  });

  it('is left to a person where the global lines say otherwise, and removed where they say the same', () => {
    const tail = 'Match user a\n  PermitTTY no\nX11Forwarding no\n';
    expect(found(inMain(`X11Forwarding yes\n${tail}`))).toEqual([
      '4 stray-option: /main:1 sets X11Forwarding for everybody: keep one of the two, there',
    ]);
    expect(found(inMain(`X11Forwarding no\n${tail}`))).toEqual([
      '4 stray-option: remove it: /main:1 says the same for everybody (edit)',
    ]);
  });

  it('is no line of a block without indentation, unless it may not stand there', () => {
    const world = inMain('Match user a\nX11Forwarding no\nUsePAM yes\nPermitTTY no\nX11Forwarding yes\n');
    expect(found(world)).toEqual([
      '3 global-in-block: move it above the first Match (edit)',
      '5 dead-line: move it above the first Match, if it is meant for everybody; else remove it',
    ]);
  });
});

describe('a line that is told to go', () => {
  const edits = (text: string) => lint(inMain(text)).map(({ fix }) => fix.edit !== null);

  it.each<[string, string, boolean]>([
    ['the one that wins is stricter', 'PermitRootLogin no\nPermitRootLogin prohibit-password\n', true],
    ['it is the stricter one', 'PermitRootLogin prohibit-password\nPermitRootLogin no\n', false],
    ['nobody can tell', 'AllowTcpForwarding local\nAllowTcpForwarding remote\n', false],
    ['more allowed', 'MaxAuthTries 6\nMaxAuthTries 3\n', false],
    ['less allowed', 'MaxAuthTries 3\nMaxAuthTries 6\n', true],
    ['it restricts nobody', 'LogLevel INFO\nLogLevel DEBUG\n', true],
    ['another list of ciphers', 'Ciphers aes128-ctr\nCiphers aes256-ctr\n', false],
  ])('only where nobody may have counted on it: %s', (_name, text, removed) => {
    expect(edits(text)).toEqual([removed]);
  });

  it('is told nothing else about its value', () => {
    const codesOf = lint(inMain('ClientAliveCountMax 3\nClientAliveCountMax 0\n')).map(({ code }) => code);
    expect(codesOf).toEqual(['dead-line']);
  });
});

describe('the edits of a file', () => {
  it('touch each other nowhere, one a line, and never loosen what is written for everybody', {
    timeout: 120_000,
  }, () => {
    let [moved, settled] = [0, 0];
    fc.assert(
      fc.property(filesWithTails, (files) => {
        const world: World = { files, people: {} };
        const forAll = (each: World) => {
          const resolved = serverAnswers(each, (answers) =>
            resolveServer(serverQuestion({ user: 'z', address: '198.51.100.1', localPort: 22 }), answers),
          );
          return resolved.type === 'resolved' ? resolved.answer.lines : null;
        };
        const before = forAll(world);
        const after = withEdits(world);
        const now = forAll(after);
        if (now === null) {
          // Two lines for everybody, of which a person has to choose one.
          expect(lint(after).map(({ code }) => code)).toContain('global-in-block');
          expect(before).toBeNull();
          return;
        }
        for (const [key, values] of writtenForAll(files)) {
          const old = before?.find((line) => line.startsWith(`${key} `))?.slice(key.length + 1);
          const value = now.find((line) => line.startsWith(`${key} `))?.slice(key.length + 1);
          const [only, ...more] = values;
          if (more.length === 0) {
            expect(value, `${key} in ${JSON.stringify(files)}`).toBe(only);
            if (old !== only) moved += 1;
          } else if (old !== undefined && value !== undefined) {
            const order = ofTails[key] ?? [];
            expect(order.indexOf(value), key).toBeLessThanOrEqual(order.indexOf(old));
            settled += 1;
          }
        }
      }),
      { numRuns: 500, seed: 1 },
    );
    expect(moved).toBeGreaterThan(150);
    expect(settled).toBeGreaterThan(80);
  });

  /** Every edit of a look at once, until there is none. */
  function withEdits(world: World): World {
    for (let round = 0; round < 30; round += 1) {
      const files = { ...world.files };
      const edits = lint({ ...world, files }).flatMap(({ line, file, fix }) =>
        fix.edit === null ? [] : [{ place: `${file}:${line}`, ...fix.edit }],
      );
      if (edits.length === 0) return world;
      expect(new Set(edits.map(({ place }) => place)).size).toBe(edits.length);
      let last: (typeof edits)[number] | null = null;
      for (const edit of [...edits].sort((a, b) => b.from - a.from)) {
        if (last?.file === edit.file) expect(edit.to).toBeLessThanOrEqual(last.from);
        last = edit;
        const text = files[edit.file] ?? '';
        files[edit.file] = text.slice(0, edit.from) + edit.text + text.slice(edit.to);
      }
      world = { ...world, files };
    }
    throw new Error('no end of edits');
  }
});

describe('a big file', () => {
  const timed = (text: string) => {
    const before = performance.now();
    lint(inMain(text));
    return performance.now() - before;
  };
  const blocks = (count: number) =>
    Array.from({ length: count }, (_, at) => `Match user u${at}\n  MaxSessions ${at + 1}\n`).join('');

  it('takes a time that grows with it', { timeout: 60_000 }, () => {
    timed(blocks(200));
    // Twenty times the blocks; every one against every one would be four hundred times the time.
    const small = Math.max(timed(blocks(500)), 10);
    expect(timed(blocks(10_000))).toBeLessThan(small * 200);
  });
});
