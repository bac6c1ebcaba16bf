/** Hosts as a whole: added, removed, renamed, copied. */
import { describe, expect, it } from 'vitest';
import type { Change } from '../../../src/core/sshconfig/edit/change.js';
import { edited } from '../../support/editing.js';

type Row = readonly [title: string, change: Change, before: string, after: string];

function check(rows: readonly Row[]): void {
  it.each(rows)('%s', (_, change, before, after) => {
    const found = edited({ '/c/main': before }, change);
    expect(found.refusal).toBeNull();
    expect(found.files['/c/main']).toBe(after);
  });
}

const add = (host: string, options: Record<string, string>, like?: string): Change => ({
  type: 'add',
  host,
  options: Object.entries(options).map(([option, value]) => ({ option, values: [value] })),
  ...(like === undefined ? {} : { like }),
});
const remove = (host: string): Change => ({ type: 'remove', host });
const rename = (from: string, to: string): Change => ({ type: 'rename', from, to });
const copy = (from: string, to: string): Change => ({ type: 'copy', from, to });

describe('a new host', () => {
  check([
    [
      'goes to the end',
      add('new', { HostName: '10.0.0.1', user: 'bo b' }),
      'Host a\n  User x\n',
      'Host a\n  User x\n\nHost new\n  HostName 10.0.0.1\n  User "bo b"\n',
    ],
    [
      'goes above the wildcards at the end',
      add('new', { HostName: 'n' }),
      'Host a\n  User x\n\nHost *.corp\n  User y\n\nHost *\n  User z\n',
      'Host a\n  User x\n\nHost new\n  HostName n\n\nHost *.corp\n  User y\n\nHost *\n  User z\n',
    ],
    [
      'goes above the wildcard that would shadow it',
      add('new', { User: 'n' }),
      'Host *\n  User z\n\nHost a\n  Port 3\n',
      'Host new\n  User n\n\nHost *\n  User z\n\nHost a\n  Port 3\n',
    ],
    [
      'goes on top, closed, where a line above all headers would shadow it',
      add('new', { User: 'n' }),
      'User z\n\nHost a\n  Port 3\n',
      'Host new\n  User n\nMatch all\n\nUser z\n\nHost a\n  Port 3\n',
    ],
    [
      'is like another one but for what is said',
      add('new', { HostName: 'n' }, 'a'),
      'Host a\n  HostName h\n  User x # me\n  Port 3\n',
      'Host a\n  HostName h\n  User x # me\n  Port 3\n\nHost new\n  HostName n\n  User x # me\n  Port 3\n',
    ],
  ]);

  it('is refused where the name is taken', () => {
    const found = edited({ '/c/main': 'Host a b\n  User x\n' }, add('b', { HostName: 'n' }));
    expect(found.refusal).toEqual({ type: 'exists', host: 'b', at: { file: '/c/main', line: 1 } });
  });
});

describe('a host that goes (ssh-config remove takes the comments of the next one along)', () => {
  check([
    [
      'goes with both of its blocks at the end, and the blank lines between them',
      remove('b'),
      'Host a\n  User x\n\n\nHost b\n  Port 1\n\n\nHost b\n  User y\n',
      'Host a\n  User x\n',
    ],
    [
      'goes with blocks that nothing stands between, and from a line that says it twice',
      remove('b'),
      'Host a b c b\n  User x\n\nHost b\nHost b\n\nHost b\n\n',
      'Host a c\n  User x\n',
    ],
    [
      'takes its comments along and leaves those of others',
      remove('b'),
      '# a\nHost a\n  User x\n\n# b\nHost b\n  Port 3\n\n# c\nHost c\n  User y\n',
      '# a\nHost a\n  User x\n\n# c\nHost c\n  User y\n',
    ],
    [
      'leaves no blank lines at the end',
      remove('b'),
      'Host a\n  User x\n\nHost b\n  Port 3\n',
      'Host a\n  User x\n',
    ],
    [
      'leaves a block that it shares',
      remove('b'),
      'Host a b c # all\n  User x\n',
      'Host a c # all\n  User x\n',
    ],
    [
      'goes from the front of a block that it shares',
      remove('b'),
      'Host  b  a\n  User x\n',
      'Host  a\n  User x\n',
    ],
    [
      'goes from every block',
      remove('b'),
      'Host b\n  Port 3\nHost a b\n  User x\nHost b\n  Port 4\n',
      'Host a\n  User x\n',
    ],
  ]);

  it('is refused where there is none', () => {
    expect(edited({ '/c/main': 'Host a\n' }, remove('b')).refusal).toMatchObject({
      type: 'absent',
      host: 'b',
    });
  });
});

describe('a new name', () => {
  check([
    [
      'keeps the server',
      rename('a', 'new'),
      'Host a\n  HostName h\n  User x\n',
      'Host new\n  HostName h\n  User x\n',
    ],
    [
      'keeps the server that the old name was',
      rename('a', 'new'),
      '# a\nHost a # x\n    User x\n',
      '# a\nHost new # x\n    HostName a\n    User x\n',
    ],
    [
      'counts in every block, in quotes and with ! too',
      rename('a', 'new'),
      'Host a\n  HostName h\nHost "a" b\n  User x\nHost * !a\n  Port 3\n',
      'Host new\n  HostName h\nHost new b\n  User x\nHost * !new\n  Port 3\n',
    ],
    [
      'gets a block of its own where the old one is shared',
      rename('a', 'new'),
      'Host a b\n  User x\n',
      'Host new\n  HostName a\n\nHost new b\n  User x\n',
    ],
  ]);

  it('is refused where a wildcard fits only one of the names', () => {
    const text = 'Host a.corp\n  HostName h\nHost *.corp\n  User x\n';
    expect(edited({ '/c/main': text }, rename('a.corp', 'a')).refusal).toMatchObject({
      ...{ type: 'not-as-requested', host: 'a', option: 'User', requested: ['x'] },
    });
  });
});

describe('a copy', () => {
  check([
    [
      'says what the other one says',
      copy('a', 'new'),
      'Host a\n  HostName h\n  User x\n\nHost *\n  Port 3\n',
      'Host a\n  HostName h\n  User x\n\nHost new\n  HostName h\n  User x\n\nHost *\n  Port 3\n',
    ],
    [
      'keeps the server that the name was',
      copy('a', 'new'),
      'Host a\n  User x\n',
      'Host a\n  User x\n\nHost new\n  HostName a\n  User x\n',
    ],
    [
      'gathers what stands in shared blocks',
      copy('a', 'new'),
      'Host a\n  HostName h\nHost a b\n  User x\n  IdentityFile k\nHost c\n  User y\n',
      'Host a\n  HostName h\nHost a b\n  User x\n  IdentityFile k\nHost c\n  User y\nHost new\n  HostName h\n  User x\n  IdentityFile k\n',
    ],
  ]);
});

describe('a host that others jump through', () => {
  const text =
    'Host gate\n  Port 2222\nHost a\n  ProxyJump bob@gate:2022\nHost b\n  ProxyJump x,ssh://gate\nHost c\n  ProxyJump gateway\n';
  const left = [
    { at: { file: '/c/main', line: 4 }, text: 'ProxyJump bob@gate:2022' },
    { at: { file: '/c/main', line: 6 }, text: 'ProxyJump x,ssh://gate' },
  ];

  it('is renamed, and the lines that name it still are told, by their numbers afterwards', () => {
    const { planned } = edited({ '/c/main': text }, rename('gate', 'door'));
    // HostName gate is one line more.
    const moved = left.map(({ at, text }) => ({ at: { ...at, line: at.line + 1 }, text }));
    expect(planned?.lostJumps).toEqual(moved);
  });

  it('is removed, and they are told, too', () => {
    const { planned } = edited({ '/c/main': text }, { type: 'remove', host: 'gate' });
    expect(planned?.lostJumps).toEqual(
      left.map(({ at, text }) => ({ at: { ...at, line: at.line - 2 }, text })),
    );
    expect(edited({ '/c/main': text }, { type: 'remove', host: 'c' }).planned?.lostJumps).toEqual([]);
  });
});
