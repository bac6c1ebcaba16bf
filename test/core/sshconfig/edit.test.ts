/** Where lines go. Each row: a file, what is wanted, and what a careful person would have written. */
import { describe, expect, it } from 'vitest';
import type { Change } from '../../../src/core/sshconfig/edit/change.js';
import { ConfigIndex } from '../../../src/core/sshconfig/edit/configindex.js';
import { planEdits } from '../../../src/core/sshconfig/edit/planedits.js';
import { noAnswers } from '../../../src/core/sshconfig/resolve/resolveinput.js';
import { edited, editedFor, editedWith, questionFor } from '../../support/editing.js';

const set = (host: string, option: string, ...values: string[]): Change => ({
  type: 'set',
  host,
  option,
  values,
});
const interval = (host: string, value = '30') => set(host, 'ServerAliveInterval', value);
const unset = (host: string, option: string): Change => ({ type: 'unset', host, option });
const append = (host: string, option: string, ...values: string[]): Change => ({
  type: 'append',
  host,
  option,
  values,
});
const drop = (host: string, option: string, ...values: string[]): Change => ({
  type: 'drop',
  host,
  option,
  values,
});

type Row = readonly [title: string, change: Change, before: string, after: string];

function check(rows: readonly Row[]): void {
  it.each(rows)('%s', (_, change, before, after) => {
    const found = edited({ '/c/main': before }, change);
    expect(found.refusal).toBeNull();
    expect(found.files['/c/main']).toBe(after);
  });
}

describe('a value in place (ssh_config(5): the first value wins)', () => {
  check([
    [
      'keeps what is around it',
      interval('web'),
      'Host web\n  ServerAliveInterval 60\n',
      'Host web\n  ServerAliveInterval 30\n',
    ],
    [
      'keeps spelling and separator',
      interval('web'),
      'Host web\n\tserveraliveINTERVAL =\t60\n',
      'Host web\n\tserveraliveINTERVAL =\t30\n',
    ],
    [
      'keeps quotes',
      interval('web'),
      'Host web\n  ServerAliveInterval "60"\n',
      'Host web\n  ServerAliveInterval "30"\n',
    ],
    [
      'keeps a comment behind it',
      interval('web'),
      'Host web\n  ServerAliveInterval 60 # NAT\n',
      'Host web\n  ServerAliveInterval 30 # NAT\n',
    ],
    [
      'keeps an alias',
      set('web', 'TCPKeepAlive', 'no'),
      'Host web\n  KeepAlive yes\n',
      'Host web\n  KeepAlive no\n',
    ],
    [
      'keeps CRLF',
      interval('web'),
      'Host web\r\n  ServerAliveInterval 60\r\n',
      'Host web\r\n  ServerAliveInterval 30\r\n',
    ],
    [
      'keeps a missing line feed',
      interval('web'),
      'Host web\n  ServerAliveInterval 60',
      'Host web\n  ServerAliveInterval 30',
    ],
    [
      'keeps bytes that are no UTF-8',
      interval('web'),
      '# \xff\xfe\nHost web\n  ServerAliveInterval 60\n',
      '# \xff\xfe\nHost web\n  ServerAliveInterval 30\n',
    ],
    [
      'takes the line of an indented = too',
      interval('web'),
      'Host web\n =ServerAliveInterval=60\n',
      'Host web\n =ServerAliveInterval=30\n',
    ],
    [
      'is one word of several in quotes',
      set('web', 'User', 'a b'),
      'Host web\n  User "c d" # x\n',
      'Host web\n  User "a b" # x\n',
    ],
    [
      'replaces a command to the end of its line',
      set('web', 'ProxyCommand', 'nc %h %p # not a comment'),
      'Host web\n  ProxyCommand = nc -x y # z \n',
      'Host web\n  ProxyCommand = nc %h %p # not a comment \n',
    ],
    [
      'replaces a ProxyJump up to its comment',
      set('web', 'ProxyJump', 'b'),
      'Host web\n  ProxyJump a # c\n',
      'Host web\n  ProxyJump b # c\n',
    ],
    [
      'makes a line of the rival this one',
      set('web', 'ProxyJump', 'b'),
      'Host web\n  ProxyCommand nc %h %p\n  User x\n',
      'Host web\n  ProxyJump b\n  User x\n',
    ],
    [
      'replaces forwards by forwards',
      set('web', 'LocalForward', '8081', 'db:81'),
      'Host web\n  LocalForward 8080 db:80\n',
      'Host web\n  LocalForward 8081 db:81\n',
    ],
    [
      'writes one IdentityFile for each',
      set('web', 'IdentityFile', 'a', 'b c'),
      'Host web\n  IdentityFile x\n  User me\n',
      'Host web\n  IdentityFile a\n  IdentityFile "b c"\n  User me\n',
    ],
  ]);
});

describe('a new line (comments behind a block belong to what follows: storm, ssh-config append)', () => {
  check([
    [
      'goes below the last option',
      interval('web'),
      'Host web\n  HostName w\n\n# about db\nHost db\n',
      'Host web\n  HostName w\n  ServerAliveInterval 30\n\n# about db\nHost db\n',
    ],
    [
      'has the indentation of its block',
      interval('web'),
      'Host db\n  User x\nHost web\n\tHostName w\n',
      'Host db\n  User x\nHost web\n\tHostName w\n\tServerAliveInterval 30\n',
    ],
    [
      'has the line ending of its block',
      interval('web'),
      'Host web\r\n\tHostName w\r\n',
      'Host web\r\n\tHostName w\r\n\tServerAliveInterval 30\r\n',
    ],
    [
      'leaves the end of the file as it was',
      interval('web'),
      'Host web\n  HostName w',
      'Host web\n  HostName w\n  ServerAliveInterval 30',
    ],
    [
      'goes into an empty block with the indentation of others',
      interval('web'),
      'Host web\n\nHost db\n    User x\n',
      'Host web\n    ServerAliveInterval 30\n\nHost db\n    User x\n',
    ],
    [
      'goes above what wins further down',
      interval('web'),
      'Host web\n  HostName w\nHost *\n  ServerAliveInterval 60\n',
      'Host web\n  HostName w\n  ServerAliveInterval 30\nHost *\n  ServerAliveInterval 60\n',
    ],
    [
      'is quoted when it has to be',
      set('web', 'IdentityFile', '~/my keys/#1'),
      'Host web\n  HostName w\n',
      'Host web\n  HostName w\n  IdentityFile "~/my keys/#1"\n',
    ],
    [
      'goes beside its like',
      append('web', 'IdentityFile', 'b'),
      'Host web\n  IdentityFile a\n  User x\n',
      'Host web\n  IdentityFile a\n  IdentityFile b\n  User x\n',
    ],
  ]);
});

describe('a new block (order: vscode-remote-release#4592 #10640, devpod#1180)', () => {
  check([
    [
      'stands above the block that wins, and above its comments',
      interval('web'),
      '# first\n\n# both\nHost web db\n  ServerAliveInterval 60\n',
      '# first\n\nHost web\n  ServerAliveInterval 30\n\n# both\nHost web db\n  ServerAliveInterval 60\n',
    ],
    [
      'is closed above lines that stand above all headers',
      interval('web'),
      'ServerAliveInterval 60\nUser x\n\nHost db\n  Port 2\n',
      'Host web\n  ServerAliveInterval 30\nMatch all\n\nServerAliveInterval 60\nUser x\n\nHost db\n  Port 2\n',
    ],
    [
      'stands above a wildcard, however late its own block is',
      interval('web'),
      'Host w*\n  ServerAliveInterval 60\n\nHost web\n  User x\n',
      'Host web\n  ServerAliveInterval 30\n\nHost w*\n  ServerAliveInterval 60\n\nHost web\n  User x\n',
    ],
    [
      'stands above a Host * on top, not in it',
      interval('web'),
      '# all\nHost *\n  Port 5\n  ServerAliveInterval 60\n\nHost web\n  User x\n',
      'Host web\n  ServerAliveInterval 30\n\n# all\nHost *\n  Port 5\n  ServerAliveInterval 60\n\nHost web\n  User x\n',
    ],
    [
      'stands above a Match all that closes a block',
      interval('web'),
      'Host db\n  User x\nMatch all\n  Port 5\n  ServerAliveInterval 60\n',
      'Host db\n  User x\nHost web\n  ServerAliveInterval 30\nMatch all\n  Port 5\n  ServerAliveInterval 60\n',
    ],
    [
      'of an unknown host goes above the wildcards at the end',
      interval('new'),
      'Host web\n  User x\n\n# all\nHost *\n  Port 2\n',
      'Host web\n  User x\n\nHost new\n  ServerAliveInterval 30\n\n# all\nHost *\n  Port 2\n',
    ],
    [
      'of an unknown host goes to the end',
      interval('new'),
      'Host web\n  User x\n',
      'Host web\n  User x\n\nHost new\n  ServerAliveInterval 30\n',
    ],
    [
      'is tight where blocks are tight',
      interval('new'),
      'Host a\n  User x\nHost b\n  User y\nHost c\n  User z\n',
      'Host a\n  User x\nHost b\n  User y\nHost c\n  User z\nHost new\n  ServerAliveInterval 30\n',
    ],
    [
      'stands above a command that may decide',
      interval('web'),
      'Match exec "on-vpn"\n  ServerAliveInterval 60\nHost web\n  User x\n',
      'Host web\n  ServerAliveInterval 30\nMatch exec "on-vpn"\n  ServerAliveInterval 60\nHost web\n  User x\n',
    ],
    [
      'for one pattern of several',
      interval('*.corp'),
      'Host *.corp *.lan\n  ServerAliveInterval 60\n',
      'Host *.corp\n  ServerAliveInterval 30\n\nHost *.corp *.lan\n  ServerAliveInterval 60\n',
    ],
  ]);
});

describe('the default of all', () => {
  check([
    [
      'is a Host * of its own at the end',
      interval('*'),
      'Host web\n  HostName w\n',
      'Host web\n  HostName w\n\nHost *\n  ServerAliveInterval 30\n',
    ],
    ['is all of an empty file', interval('*'), '', 'Host *\n  ServerAliveInterval 30\n'],
    [
      'is one more line of the Host * at the end',
      interval('*'),
      'Host web\n  HostName w\n\nHost *\n    User me\n',
      'Host web\n  HostName w\n\nHost *\n    User me\n    ServerAliveInterval 30\n',
    ],
    [
      'replaces the value that stands for all',
      interval('*'),
      'ServerAliveInterval 60\nHost web\n  User x\n',
      'ServerAliveInterval 30\nHost web\n  User x\n',
    ],
    [
      'replaces it in a Host * that is not the last',
      interval('*'),
      'Host *\n  ServerAliveInterval 60\nHost web\n  User x\n',
      'Host *\n  ServerAliveInterval 30\nHost web\n  User x\n',
    ],
    [
      'follows a last line without a line feed',
      interval('*'),
      'Host web\n  HostName w',
      'Host web\n  HostName w\n\nHost *\n  ServerAliveInterval 30',
    ],
  ]);

  it.each(['30', '30s', '0m30s', '"30"'])('stays when it is %s already', (value) => {
    const before = `Host web\n  HostName w\n\nHost *\n  ServerAliveInterval ${value}\n`;
    const found = edited({ '/c/main': before }, interval('*'));
    expect(found.files['/c/main']).toBe(before);
    expect(found.planned?.idle).toMatchObject([{ why: 'already', at: { file: '/c/main', line: 5 } }]);
  });

  it('says who keeps another value, and where', () => {
    const text = 'Host a\n  ServerAliveInterval 5\nHost b\n  HostName x\nHost c\n  ServerAliveInterval 30\n';
    const { planned } = edited({ '/c/main': text }, interval('*'));
    expect(planned?.kept).toEqual([
      { host: 'a', option: 'ServerAliveInterval', values: ['5'], at: { file: '/c/main', line: 2 } },
    ]);
    expect(planned?.changed).toEqual([
      { host: '*', option: 'ServerAliveInterval', before: ['0'], after: ['30'] },
      { host: 'b', option: 'ServerAliveInterval', before: ['0'], after: ['30'] },
    ]);
  });

  it('tells of every host that the files name, whatever it is called, and of no other', () => {
    const text = 'Host holdfast-q7.invalid\n  User x\n\nHost *.corp\n  User y\n';
    const { planned } = edited({ '/c/main': text }, interval('*'));
    expect(planned?.changed.map(({ host }) => host).filter((host) => host !== '*')).toEqual([
      'holdfast-q7.invalid',
    ]);
  });

  it('names the line that a host keeps by its number in the whole file, whatever else is read', () => {
    const files = {
      '/c/main': 'Include /c/more\n\nHost a\n  HostName x\n  ServerAliveInterval 5\n\nHost b\n  User u\n',
      '/c/more': 'Host *\n  BatchMode no\n',
    };
    expect(edited(files, interval('*')).planned?.kept).toEqual([
      { host: 'a', option: 'ServerAliveInterval', values: ['5'], at: { file: '/c/main', line: 5 } },
    ]);
  });

  it('goes on top by force, and says whom it overrules', () => {
    const text = '# mine\n\nHost a\n  ServerAliveInterval 5\n\nHost b\n  HostName x\n';
    const found = edited({ '/c/main': text }, { ...interval('*'), force: true } as Change);
    expect(found.files['/c/main']).toBe(`# mine\n\nServerAliveInterval 30\n\n${text.slice(8)}`);
    expect(found.planned?.changed.map(({ host, before }) => [host, ...before])).toEqual([
      ['*', '0'],
      ['a', '5'],
      ['b', '0'],
    ]);
  });
});

describe('less (an unset option falls back to what others say)', () => {
  check([
    [
      'takes the line away',
      unset('web', 'serveraliveinterval'),
      'Host web\n  ServerAliveInterval 5\n  User x\n',
      'Host web\n  User x\n',
    ],
    [
      'takes every line of its own',
      unset('web', 'Port'),
      'Host web\n  Port 5\nHost db\n  Port 5\nHost web\n  Port 6\n',
      'Host db\n  Port 5\nHost web\n',
    ],
    ['takes an alias', unset('web', 'TCPKeepAlive'), 'Host web\n  KeepAlive no\n', 'Host web\n'],
    [
      'takes the default of all',
      unset('*', 'Port'),
      'Host web\n  Port 5\nHost *\n  Port 6\n',
      'Host web\n  Port 5\n',
    ],
    [
      'takes a block away that carried nothing else, as the host is named elsewhere',
      unset('web', 'Port'),
      'Host a\n  User x\n\nHost web\n  Port 5\n\n# both\nHost web db\n  Port 6\n',
      'Host a\n  User x\n\n# both\nHost web db\n  Port 6\n',
    ],
    [
      'takes two such blocks away that stand at the end',
      unset('web', 'Port'),
      'Host web\n  User x\n\nHost web\n  Port 5\n\n\nHost web\n  Port 6\n',
      'Host web\n  User x\n',
    ],
    [
      'takes such a block away with the Match all that closed it',
      unset('web', 'Port'),
      'Compression yes\nHost web\n  Port 5\nMatch all\nPort 6\nHost web\n  User x\n',
      'Compression yes\nPort 6\nHost web\n  User x\n',
    ],
    [
      'leaves a Match all that closes something else',
      unset('web', 'Port'),
      'Host b\n  Port 7\nHost web\n  Port 5\nMatch all\nPort 6\nHost web\n  User x\n',
      'Host b\n  Port 7\nMatch all\nPort 6\nHost web\n  User x\n',
    ],
    [
      'leaves the only block of a host, which remove takes away',
      unset('web', 'Port'),
      'Host db\n  User x\n\nHost web\n  Port 5\n',
      'Host db\n  User x\n\nHost web\n',
    ],
    [
      'leaves a block in which somebody wrote a comment',
      unset('web', 'Port'),
      'Host web\n  # why\n  Port 5\nHost web db\n  User x\n',
      'Host web\n  # why\nHost web db\n  User x\n',
    ],
    [
      'leaves a header with a comment above it',
      unset('web', 'Port'),
      '# why\nHost web\n  Port 5\nHost web db\n  User x\n',
      '# why\nHost web\nHost web db\n  User x\n',
    ],
    [
      'drops a forward with the block that carried nothing else',
      drop('web', 'LocalForward', '8080', 'db:80'),
      'Host web\n  LocalForward 8080 db:80\n\nHost web db\n  User x\n',
      'Host web db\n  User x\n',
    ],
    [
      'drops one forward, however it is written',
      drop('web', 'LocalForward', '8080', 'db:80'),
      'Host web\n  LocalForward 8080 [db]:80\n  LocalForward 8081 db:80\n',
      'Host web\n  LocalForward 8081 db:80\n',
    ],
    [
      'drops one word of a list',
      drop('web', 'SendEnv', 'B'),
      'Host web\n  SendEnv A B C\n',
      'Host web\n  SendEnv A C\n',
    ],
  ]);

  it.each([
    ['Host a\n  User x\n\nHost web db\n  Port 22\n', 'web'],
    ['Host a\n  User x\n\nHost web db\n  Port 22\n', '*'],
    ['Port 22\nHost web\n  User x\n', 'web'],
    ['Include /c/inc\n', '*'],
    ['Host web db\n  User x\nMatch user x\n  Port 22\n', 'web'],
  ])('takes back what set put into %j for %s', (text, host) => {
    const files = { '/c/main': text, '/c/inc': 'Host web\n  User x\n' };
    const made = edited(files, set(host, 'Port', '2222'));
    expect(made.files['/c/main']).not.toBe(text);
    expect(edited(made.files, unset(host, 'Port')).files['/c/main']).toBe(text);
  });

  it('leaves what others share, and says where it stands', () => {
    const text = 'Host web db\n  IdentityFile a\n';
    expect(edited({ '/c/main': text }, drop('web', 'IdentityFile', 'a')).refusal).toEqual({
      ...{ type: 'shared', host: 'web', option: 'IdentityFile', at: { file: '/c/main', line: 2 } },
    });
    expect(edited({ '/c/main': text }, unset('web', 'Port')).planned?.idle).toMatchObject([
      { why: 'not there' },
    ]);
  });
});

describe('files that are included', () => {
  it('are edited where the host has its block there', () => {
    const files = { '/c/main': 'Include /c/inc\n', '/c/inc': 'Host web\n  ServerAliveInterval 60\n' };
    const found = edited(files, interval('web'));
    expect(found.planned?.files.map(({ file }) => file)).toEqual(['/c/inc']);
    expect(found.files['/c/inc']).toBe('Host web\n  ServerAliveInterval 30\n');
  });

  it('are left alone where the line is for others too: the block goes above the Include, closed', () => {
    const files = {
      '/c/main': 'Include /c/inc\n\nHost db\n  User x\n',
      '/c/inc': 'Host *\n  ServerAliveInterval 60\n',
    };
    const found = edited(files, interval('web'));
    expect(found.files['/c/inc']).toBe(files['/c/inc']);
    expect(found.files['/c/main']).toBe(
      'Host web\n  ServerAliveInterval 30\nMatch all\n\nInclude /c/inc\n\nHost db\n  User x\n',
    );
  });

  it('are not entered where a block decides about them', () => {
    const files = {
      '/c/main': 'Host w*\n  Include /c/inc\n',
      '/c/inc': 'Host web\n  ServerAliveInterval 60\n',
    };
    const found = edited(files, interval('web'));
    expect(found.files['/c/inc']).toBe(files['/c/inc']);
    expect(found.files['/c/main']).toBe(`Host web\n  ServerAliveInterval 30\n\n${files['/c/main']}`);
  });
});

const managed: readonly (readonly [by: string, start: string, end: string])[] = [
  ['Coder', '# --- START CODER VSCODE dev.coder.com ---', '# --- END CODER VSCODE dev.coder.com ---'],
  ['Coder', '# ------------START-CODER-----------', '# ------------END-CODER------------'],
  ['Coder', '# --- START CODER JETBRAINS dev.coder.com', '# --- END CODER JETBRAINS dev.coder.com'],
  ['DevPod', '# DevPod Start web.devpod', '# DevPod End web.devpod'],
  ['Ansible', '# BEGIN ANSIBLE MANAGED BLOCK', '# END ANSIBLE MANAGED BLOCK'],
  ['gcloud', '# Google Compute Engine Section', '# End of Google Compute Engine Section'],
];

describe('blocks of other programs', () => {
  it.each(managed)('%s (%s): a new block goes above them', (_, start, end) => {
    const theirs = `${start}\nHost web\n  ServerAliveInterval 60\n${end}\n`;
    const found = edited({ '/c/main': `Host a\n  User x\n\n${theirs}` }, interval('web'));
    expect(found.files['/c/main']).toBe(
      `Host a\n  User x\n\nHost web\n  ServerAliveInterval 30\n\n${theirs}`,
    );
  });

  it.each(managed)('%s (%s): what is theirs is neither renamed nor removed', (by, start, end) => {
    const files = { '/c/main': `${start}\nHost web\n  ServerAliveInterval 60\n${end}\n` };
    const refusal = { type: 'managed', by, at: { file: '/c/main', line: 2 } };
    expect(edited(files, { type: 'remove', host: 'web' }).refusal).toEqual(refusal);
    expect(edited(files, { type: 'rename', from: 'web', to: 'new' }).refusal).toEqual(refusal);
  });

  it('nothing goes behind a mark that is never closed', () => {
    const theirs = '# ------------START-CODER-----------\nHost coder.*\n  User c\n';
    const found = edited({ '/c/main': `Host a\n  User x\n\n${theirs}` }, interval('*'));
    expect(found.files['/c/main']).toBe(`Host a\n  User x\n\nHost *\n  ServerAliveInterval 30\n\n${theirs}`);
  });
});

describe('values', () => {
  const text = 'Host web\n  HostName w\n';
  it.each([
    [interval('web', '1 m'), { type: 'value', option: 'ServerAliveInterval' }],
    [interval('web', 'soon'), { type: 'value', option: 'ServerAliveInterval' }],
    [interval('web', 'none'), { type: 'value', option: 'ServerAliveInterval' }],
    [set('web', 'Port', '70000'), { type: 'value', option: 'Port' }],
    [set('web', 'Port', '22', '23'), { type: 'value', option: 'Port' }],
    [set('web', 'Compression', 'maybe'), { type: 'value', option: 'Compression' }],
    [set('web', 'User', 'a\nProxyCommand evil'), { type: 'value', option: 'User' }],
    [set('web', 'User', 'a\0b'), { type: 'value', option: 'User' }],
    [set('web', 'ProxyCommand', "echo it's"), { type: 'value', option: 'ProxyCommand' }],
    [set('web', 'ServerAliveIntervall', '3'), { type: 'unknown-option', meant: 'ServerAliveInterval' }],
    [set('web', 'Host', 'x'), { type: 'structure', option: 'Host' }],
    [append('web', 'Port', '3'), { type: 'not-a-list', option: 'Port' }],
    [set('we b', 'Port', '3'), { type: 'name', host: 'we b' }],
    [set('*.nowhere', 'Port', '3'), { type: 'name', host: '*.nowhere' }],
    [
      set('web', 'ClientAliveInterval', '30'),
      { type: 'server-option', command: 'holdfast sshd keepalive --interval ...' },
    ],
    [
      set('web', 'clientalivecountmax', '3'),
      { type: 'server-option', command: 'holdfast sshd keepalive --count ...' },
    ],
  ] as const)('%j is refused', (change, refusal) => {
    const found = edited({ '/c/main': text }, change);
    expect(found.refusal).toMatchObject(refusal);
    expect(found.files['/c/main']).toBe(text);
  });

  it.each(['a"b', "it's", 'a\\b', 'end\\', '#x', '=x', 'a b', 'tab\tbed', 'é'])(
    '%j comes out as it went in',
    (value) => {
      const found = edited({ '/c/main': text }, set('web', 'User', value));
      expect(found.refusal).toBeNull();
      expect(found.planned?.changed.map(({ option }) => option)).toEqual(['User']);
    },
  );

  it('an unknown option may be set where that is allowed', () => {
    const change = set('web', 'UseKeychain', 'yes');
    const found = editedWith({ allowUnknown: true }, { '/c/main': text }, change);
    expect(found.files['/c/main']).toBe(`${text}  UseKeychain yes\n`);
  });

  it('a folder is no file to edit, though ssh reads it as an empty one', () => {
    const directory = {
      type: 'directory',
      text: '',
      mode: 0o40700,
      uid: 1_000,
      groupIsPrivate: false,
    } as const;
    const answers = { ...noAnswers, files: new Map([['/c/main', directory]]) };
    expect(planEdits([interval('web')], questionFor(), answers)).toMatchObject({
      type: 'refused',
      refusal: { type: 'file', errors: [{ file: '/c/main', reason: 'it is a folder' }] },
    });
  });

  it('a file that ssh refuses is not edited', () => {
    const found = edited({ '/c/main': 'Host web\n  Bogus 1\n' }, interval('web'));
    expect(found.refusal).toMatchObject({ type: 'file', errors: [{ file: '/c/main', line: 2 }] });
  });
});

describe('the words of other releases', () => {
  const winning = 'Host web\n  Port 6\n';
  it.each([
    "Match originalhost 'web'",
    'Match originalhost w"e"b',
    "Match user 'a b,me' originalhost web",
    'Match originalhost=web',
    'Match originalhost="web"',
    "Match user me originalhost='web'",
  ])('of 10.0: %s is above the own block, and wins', (header) => {
    const text = `${header}\n  Port 5\nHost web\n  User x\n`;
    const made = editedFor('10.0', { '/c/main': text }, set('web', 'Port', '6'));
    expect(made.refusal).toBeNull();
    expect(made.files['/c/main']).toBe(`${winning}${text}`);
  });

  it('of 8.4: what looks like a comment behind Host is other hosts', () => {
    const text = 'Host web # db\n  User x\n';
    const made = editedFor('8.4', { '/c/main': text }, set('web', 'User', 'y'));
    expect(made.files['/c/main']).toBe(`Host web\n  User y\n\n${text}`);
  });

  it('of 8.4: an apostrophe is a letter', () => {
    const text = "Host web it's\n  Port 5\nHost web\n  User x\n";
    const made = editedFor('8.4', { '/c/main': text }, set('web', 'Port', '6'));
    expect(made.files['/c/main']).toBe(`${winning}${text}`);
  });

  it('of 8.4: a value with a blank is written in quotes, and single quotes are letters', () => {
    const blank = editedFor('8.4', { '/c/main': 'Host web\n  User "x"\n' }, set('web', 'User', 'a b'));
    expect(blank.files['/c/main']).toBe('Host web\n  User "a b"\n');
    const single = editedFor('8.4', { '/c/main': "Host web\n  User 'x'\n" }, set('web', 'User', 'me'));
    expect(single.files['/c/main']).toBe('Host web\n  User me\n');
  });
});

describe('options that hang together', () => {
  it('forwards may go with ClearAllForwardings, which is what it is for', () => {
    const text = 'Host web\n  User x\nHost *\n  LocalForward 8080 a:1\n  Tunnel yes\n';
    const made = edited({ '/c/main': text }, set('web', 'ClearAllForwardings', 'yes'));
    expect(made.refusal).toBeNull();
    expect(made.files['/c/main']).toBe(text.replace('x\n', 'x\n  ClearAllForwardings yes\n'));
  });

  it.each([
    [
      'a fork without a command',
      'Host web\n  ForkAfterAuthentication yes\nHost *\n  SessionType none\n',
      set('*', 'SessionType', 'default'),
    ],
    [
      'a jump through itself',
      'Host gate\n  Port 2222\nHost *\n  ProxyJump me@gate:2222\n  User x\n',
      set('*', 'User', 'me'),
    ],
    [
      'the socket of an agent that is not there',
      'Host web\n  ForwardAgent /no/agent\n',
      set('*', 'ExitOnForwardFailure', 'yes'),
    ],
    [
      'a command without a file descriptor',
      'Host web\n  ProxyCommand -\n',
      set('*', 'ProxyUseFdpass', 'yes'),
    ],
  ] as const)('%s for one of all hosts is not written', (_, text, change) => {
    expect(edited({ '/c/main': text }, change).refusal).toMatchObject({ type: 'fault' });
  });
});

describe('what else is different then', () => {
  const told = (text: string, change: Change) =>
    edited({ '/c/main': text }, change).planned?.changed.map(({ option, before, after }) =>
      [option, before.join() || 'none', after.join() || 'none'].join(' '),
    );

  it('is told: what a rival switches off', () => {
    const text = 'Host web\n  User x\nHost *\n  ProxyJump gate\n';
    expect(told(text, set('web', 'ProxyCommand', 'nc %h %p'))).toEqual([
      'ProxyCommand none nc %h %p',
      'ProxyJump gate none',
    ]);
    expect(told(text, set('web', 'ProxyCommand', 'none'))).toEqual(['ProxyJump gate none']);
  });

  it('is told: forwards that are cleared', () => {
    const text = 'Host web\n  User x\nHost *\n  DynamicForward 1080\n';
    expect(told(text, set('web', 'ClearAllForwardings', 'yes'))).toEqual([
      'ClearAllForwardings no yes',
      'DynamicForward 1080 none',
    ]);
  });

  it('is reported: a block that goes by the new SessionType, where ssh has that criterion', () => {
    const text = 'Host b\n  User x\nMatch sessiontype none\n  Port 99\n';
    const { planned } = editedFor('10.0', { '/c/main': text }, set('b', 'SessionType', 'none'));
    expect(planned?.changed.map(({ option, after }) => `${option} ${after}`)).toEqual([
      'Port 99',
      'SessionType none',
    ]);
  });

  it('is told: a block that goes by the new HostName, but not a token of it', () => {
    const text =
      'Host web\n  User x\n  ControlPath ~/%h\nMatch host *.corp\n  ProxyJump gate\nHost *\n  Port 5\n';
    expect(told(text, set('web', 'HostName', 'web.corp'))).toEqual(
      expect.arrayContaining(['HostName web web.corp', 'ProxyJump none gate']),
    );
    expect(told(text, set('web', 'HostName', 'web.corp'))).toHaveLength(2);
  });
});

describe('names that ssh refuses', () => {
  it('stand in no way of an edit for others', () => {
    const text = 'Host eu-*\n  User x\n\nHost eu-1; HostName 10.0.0.1\n  Port 5\n';
    for (const host of ['eu-*', '*']) {
      const made = edited({ '/c/main': text }, set(host, 'Compression', 'yes'));
      expect(made.refusal).toBeNull();
    }
  });
});

it('everyone else is nobody whom a pattern fits, not even one that a block leaves out', () => {
  const nobodyOf = (text: string) => {
    const main = { type: 'file', text, mode: 0o100600, uid: 1_000, groupIsPrivate: false } as const;
    return new ConfigIndex(questionFor(), {
      ...noAnswers,
      files: new Map([['/c/main', main]]),
    }).unnamedHost();
  };
  expect(nobodyOf('Host * !*.invalid\n')).toBe('zzz-holdfast');
  expect(nobodyOf('Match host *,!*-holdfast originalhost *.invalid\n')).toBe('0x-holdfast-0');
  expect(nobodyOf('Host *\n')).toBe('holdfast.invalid');
});

describe('what cannot be proved', () => {
  it('an address is meant by all its writings, once the files are read a second time', () => {
    const text = 'HostName 0x0a.1\nMatch final user nobody\n';
    const made = edited({ '/c/main': text }, set('10.0.0.1', 'Compression', 'yes'));
    expect(made.refusal).toMatchObject({ type: 'others', option: 'Compression' });
  });

  it('is refused: an option that ssh takes from blocks of others', () => {
    const found = edited({ '/c/main': 'Host a\n  User x\n' }, set('a', 'SyslogFacility', 'AUTH'));
    expect(found.refusal).toMatchObject({ type: 'others', option: 'SyslogFacility' });
  });

  it('is refused where too much hangs on commands', () => {
    const blocks = Array.from({ length: 7 }, (_, at) => `Match exec "test-${at}"\n  User u${at}\n`).join('');
    const found = edited({ '/c/main': `${blocks}Host web\n  Port 2\n` }, interval('web'));
    expect(found.refusal).toMatchObject({ type: 'undecided', host: 'web' });
  });

  it('is made for both answers of six commands', () => {
    const blocks = Array.from(
      { length: 6 },
      (_, at) => `Match exec "test-${at}"\n  ServerAliveInterval ${at}\n`,
    ).join('');
    const found = edited({ '/c/main': `${blocks}Host web\n  Port 2\n` }, interval('web'));
    expect(found.files['/c/main']).toBe(`Host web\n  ServerAliveInterval 30\n${blocks}Host web\n  Port 2\n`);
  });
});

it('what counts in blocks that do not apply is seen to go with an Include beside it', () => {
  const text = 'Host db\n  StreamLocalBindMask 7\n  Include /c/more\nHost web\n';
  const files = { '/c/main': text, '/c/more': '' };
  expect(edited(files, { type: 'remove', host: 'db' }).refusal).toMatchObject({
    ...{ type: 'others', option: 'StreamLocalBindMask' },
  });
});

it('what ssh refuses on the command line is not set, as nobody could tell whether it is so', () => {
  const text = 'ForkAfterAuthentication no\nHost db\n  Port 2\n';
  const change = { type: 'set', host: 'db', option: 'ForkAfterAuthentication', values: ['yes'] } as const;
  expect(edited({ '/c/main': text }, change).refusal).toMatchObject({ type: 'fault' });
});
