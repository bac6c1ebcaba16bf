/** Sections of the package ssh-config: nothing it would change is handed over or written. */
import fc from 'fast-check';
import SSHConfig from 'ssh-config';
import { describe, expect, it } from 'vitest';
import { FailureError } from '../../src/core/failure.js';
import { bytesOf } from '../../src/core/sshconfig/bytes.js';
import { linesOf } from '../../src/core/sshconfig/syntax/lines.js';
import { splitArguments } from '../../src/core/sshconfig/syntax/linewords.js';
import { fromAst, toAst } from '../../src/io/ast.js';

function caught(act: () => unknown): FailureError | null {
  try {
    act();
    return null;
  } catch (thrown) {
    if (thrown instanceof FailureError) return thrown;
    throw thrown;
  }
}

/** Keywords and arguments, as ssh reads them. */
function meaning(text: string) {
  const bytes = bytesOf(text);
  return linesOf(bytes).flatMap(({ option }) =>
    option === null
      ? []
      : [
          [
            option.name,
            splitArguments(bytes, option.value.start, option.value.end)?.map((word) => word.text) ?? null,
          ],
        ],
  );
}

/** Valid files whose meaning the package's own round trip changes. */
const changed: [name: string, text: string, line: number][] = [
  ['a comment behind a port', 'Host a\n  Port 22 # c\n', 2],
  ['a comment behind Host', 'Host a # c\n  Port 1\n', 1],
  ['a comment behind a time', 'ServerAliveInterval 30 # c\n', 1],
  ['a comment behind Match', 'Port 1\n\nMatch host a # x\n', 3],
  ['a comment behind Include', 'Include one.conf # mine\n', 1],
  ['a comment behind a user', 'User bob # me\n', 1],
  ['an escaped quote', 'User "a\\"b"\n', 1],
  ['an escaped quote in a command', 'ProxyCommand sh -c "echo \\"x\\""\n', 1],
  ['double quotes inside single ones', `ProxyCommand sh -c 'echo "x y"; nc %h %p'\n`, 1],
  ['a = in Match', "Match exec 'test 1 = 1'\n", 1],
  ['a = in a command', 'ProxyCommand test a = b\n', 1],
  ['quotes inside a path', 'IdentityFile ~/.ssh/"a b"/k\n', 1],
  ['quotes inside a user', 'User bo"b s"x\n', 1],
  ['two quoted words', 'LocalForward "8001" "h:1"\n', 1],
  ['single quotes', "IdentityFile '~/.ssh/my key'\n", 1],
  ['one quoted pattern with a blank', 'Host "my host"\n', 1],
  ['an escaped blank', 'IdentityFile /k/a\\ b\n', 1],
  ['a NUL', 'User bo\0b zzz\n', 1],
  ['a command with a comment', 'ProxyCommand nc %h %p # not one\n', 1],
  ['a # inside a word', 'User bo#b\n', 1],
  ['a quoted keyword', '"Port" 22\n', 1],
  ['a carriage return', 'User bob\rPort 5\n', 1],
  ['a byte order mark', '\ufeffHost a\n', 1],
  ['runs of blanks in single quotes', "ProxyCommand sh -c 'echo a  b'\n", 1],
];

/** Files on which the package throws by itself, without a line. */
const thrown: [name: string, text: string, line: number][] = [
  ['a backslash at the end', 'Host a\n  User dom\\\n', 2],
  ['Match !final', 'Port 1\nMatch !final\n', 2],
  ['Match !canonical', 'Match !canonical\n', 1],
  ['Match !all', 'Match !all\n', 1],
  ['an open quote', 'Host a\n\n  User "bob\n', 3],
  ['an empty pattern', 'Host ""\n', 1],
];

/** What the package keeps. */
const kept: [name: string, text: string][] = [
  ['nothing', ''],
  ['only comments', '# one\n\n# two'],
  ['CRLF', 'Host a\r\n  Port 1\r\n'],
  ['tabs', 'Host a\n\tPort 1\n'],
  ['no blanks around =', 'Host=a\n  Port=1\n'],
  ['blanks around =', 'Host a\n  Port = 1\n'],
  ['comments and blank lines', '# top\n\nHost a b\n  # inner\n  User "bob"\n\n'],
  ['no last line feed', 'Host a\n  Port 1'],
  ['a command', 'Host a\n  ProxyCommand ssh -W "%h:%p" --x=y gate\n'],
  ['a command in single quotes', "ProxyCommand sh -c 'nc %h %p'\n"],
  ['criteria', 'Match host a,b exec "test 1 = 1" user c\n  Port 1\n'],
  ['criteria with =', 'Match host=a\n  Port 1\n'],
  ['forwards', 'LocalForward 8001 h:1\nRemoteForward 1 h:2\n'],
  ['a quoted path', 'IdentityFile "/my keys/a"\n'],
  ['backslashes', 'IdentityFile "C:\\keys\\my key"\n'],
  ['UTF-8', 'Host a\n  User jürgen\n'],
  ['variables', 'SetEnv A=1 B="x y"\nSendEnv LANG LC_*\n'],
];

describe('a round trip', () => {
  it.each([...changed, ...thrown])('refuses %s, and names the line', (_name, text, line) => {
    const failure = caught(() => fromAst(toAst(text)));
    expect(failure).toMatchObject({ kind: 'config' });
    expect(failure?.message).toMatch(new RegExp(`^line ${line}: `));
  });

  it.each(changed)('the package would have lost something of %s', (_name, text) => {
    expect(SSHConfig.stringify(SSHConfig.parse(text)) === text && caught(() => toAst(text)) === null).toBe(
      false,
    );
  });

  it.each(kept)('keeps %s', (_name, text) => {
    expect(fromAst(toAst(text))).toBe(text);
  });

  it('gives the same keywords and arguments, or throws', () => {
    const piece = fc.constantFrom(
      ...['Host', 'Match host', 'User', 'Port', 'IdentityFile', 'ProxyCommand', 'LocalForward', 'SetEnv'],
      ...[
        'RemoteCommand',
        'Include',
        'SendEnv',
        'Foo',
        'a',
        'b=c',
        ' ',
        '  ',
        '\t',
        '=',
        '"',
        "'",
        '\\',
        '#',
      ],
      ...['\n', '\n\n', '\r\n', '\n# c\n', '\f', '\0', '1', '%h', '"x y"', "'x y'", '\u00a0', '!', ',', '*'],
    );
    let through = 0;
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 14 }), (pieces) => {
        const text = pieces.join('');
        let printed: string;
        try {
          printed = fromAst(toAst(text));
        } catch (error) {
          if (!(error instanceof FailureError)) throw error;
          return;
        }
        through += 1;
        expect(meaning(printed)).toEqual(meaning(text));
      }),
      { numRuns: 20_000, seed: 1 },
    );
    expect(through).toBeGreaterThan(1_000);
  });
});

describe('new sections', () => {
  const config = () => new SSHConfig();

  it('are composed', () => {
    const ast = config().append({
      Host: 'db',
      User: 'me',
      IdentityFile: ['/a', '/b'],
      ProxyCommand: 'nc %h %p',
    });
    expect(meaning(fromAst(ast))).toEqual([
      ['host', ['db']],
      ['user', ['me']],
      ['identityfile', ['/a']],
      ['identityfile', ['/b']],
      ['proxycommand', ['nc', '%h', '%p']],
    ]);
  });

  const bad: [name: string, section: Record<string, string | string[]>, line: number][] = [
    ['a line feed in a user', { Host: 'a', User: 'x\nProxyCommand evil' }, 2],
    ['a line feed in another option', { Host: 'a', HostName: 'x\nProxyCommand evil' }, 2],
    ['a comment in a value', { Host: 'a', HostName: 'x # y' }, 2],
    ['a path with a blank that gets no quotes', { Host: 'a', ControlPath: '/my sockets/%C' }, 2],
    ['two patterns in one string', { Host: 'a b' }, 1],
    ['keys in one line, in lower case', { Host: 'a', identityfile: ['k1', 'k2'] }, 2],
  ];
  it.each(bad)('are refused with %s', (_name, section, line) => {
    const failure = caught(() => fromAst(config().append(section)));
    expect(failure).toMatchObject({ kind: 'config' });
    expect(failure?.message).toMatch(new RegExp(`^line ${line}: `));
  });

  it('name no value of SetEnv', () => {
    const message = caught(() => toAst('SetEnv "A=secret" "B=secret"\n'))?.message;
    expect(message).toContain('SetEnv');
    expect(message).not.toContain('secret');
  });

  // Sections that did not come from toAst: most of what the package loses shows in them too.
  const alone = changed.slice(0, 10).filter(([name]) => name !== 'double quotes inside single ones');
  it.each(alone)('of the package alone are refused with %s', (_name, text) => {
    expect(caught(() => fromAst(SSHConfig.parse(text)))).toMatchObject({ kind: 'config' });
  });
});
