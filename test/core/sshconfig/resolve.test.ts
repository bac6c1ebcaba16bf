/** What the answer says beside its values: where each comes from, who lost, what nobody could decide. */

import { describe, expect, it } from 'vitest';
import { resolveClient } from '../../../src/core/sshconfig/resolve/resolve.js';
import type { Effective, Place, ResolvedConfig } from '../../../src/core/sshconfig/resolve/resolvedconfig.js';
import {
  type FileAnswer,
  noAnswers,
  type ResolveInput,
} from '../../../src/core/sshconfig/resolve/resolveinput.js';
import { sha1 } from '../../../src/io/machine.js';
import { answerOf } from '../../support/configanswer.js';

const at = (place: Place | null | undefined) =>
  place ? `${place.source.file}:${place.line}${place.pass === 'final' ? ' again' : ''}` : null;

function option(answer: ResolvedConfig, key: string): Effective {
  const found = answer.options.get(key);
  if (!found) throw new Error(`no ${key}`);
  return found;
}

const winners = (answer: ResolvedConfig, key: string) =>
  option(answer, key).settings.map(({ place }) => at(place));
const losers = (answer: ResolvedConfig, key: string) =>
  option(answer, key).lost.map(({ place, why, by }) => [at(place), why, at(by)]);

describe('who wins', () => {
  it('is the first line in force, across Include, with the losing line named', () => {
    const answer = answerOf({
      '/c/main': 'Host db\n  Include /c/inner\n  Port 3\nHost *\n  Port 4\n  ServerAliveInterval 60\n',
      '/c/inner': 'Port 2\n',
    });
    expect(option(answer, 'port').lines).toEqual(['2']);
    expect(winners(answer, 'port')).toEqual(['/c/inner:1']);
    expect(option(answer, 'port').settings[0]?.place.source.includes).toEqual([{ file: '/c/main', line: 2 }]);
    expect(losers(answer, 'port')).toEqual([
      ['/c/main:3', 'shadowed', '/c/inner:1'],
      ['/c/main:5', 'shadowed', '/c/inner:1'],
    ]);
    expect(winners(answer, 'serveraliveinterval')).toEqual(['/c/main:6']);
    expect(winners(answer, 'loglevel')).toEqual([]);
  });

  it('may be known only in the second reading, and lines of the first are not their own losers', () => {
    const answer = answerOf({
      '/c/main':
        'Match final\n  Port 5\nHost real.example\n  User final\nHost db\n  HostName real.example\n  Port 6\n',
    });
    expect(answer.secondPass).toBe(true);
    expect(winners(answer, 'port')).toEqual(['/c/main:7']);
    expect(losers(answer, 'port')).toEqual([['/c/main:2 again', 'shadowed', '/c/main:7']]);
    expect(winners(answer, 'user')).toEqual(['/c/main:4 again']);
  });

  it('is an option of the command line before any file', () => {
    const answer = answerOf({ '/c/main': 'Port 2\n' }, { options: ['Port=7'] });
    expect(winners(answer, 'port')).toEqual(['command-line:0']);
    expect(losers(answer, 'port')).toEqual([['/c/main:1', 'shadowed', 'command-line:0']]);
  });

  it.each<[string, string, string, (string | null)[][]]>([
    [
      'an alias',
      'KeepAlive no\nTCPKeepAlive yes\n',
      'tcpkeepalive',
      [['/c/main:2', 'shadowed', '/c/main:1']],
    ],
    [
      'a repetition',
      'IdentityFile a\nIdentityFile a\n',
      'identityfile',
      [['/c/main:2', 'duplicate', '/c/main:1']],
    ],
    ['a removal', 'SendEnv A\nSendEnv -A\n', 'sendenv', [['/c/main:1', 'removed', '/c/main:2']]],
    [
      'the other proxy',
      'ProxyJump a\nProxyCommand b\n',
      'proxycommand',
      [['/c/main:2', 'displaced', '/c/main:1']],
    ],
    ['none as a time', 'ServerAliveInterval none\n', 'serveraliveinterval', [['/c/main:1', 'empty', null]]],
    [
      'no forwards',
      'LocalForward 1 a:1\nClearAllForwardings yes\n',
      'localforward',
      [['/c/main:1', 'cleared', '/c/main:2']],
    ],
  ])('%s', (_, text, key, lost) => {
    expect(losers(answerOf({ '/c/main': text }), key)).toEqual(lost);
  });
});

describe('a command nobody allowed', () => {
  const files = {
    '/c/main':
      'Match exec "test -e /x"\n  HostName far\n  Port 9\nMatch host far\n  User far\nHost *\n  Port 1\n  User near\n',
  };

  it('leaves its lines out of the values, and names them', () => {
    const answer = answerOf(files);
    expect(option(answer, 'port').lines).toEqual(['1']);
    expect(option(answer, 'port').undecided.map(at)).toEqual(['/c/main:3']);
    expect(answer.hostName).toBe('db');
    // What hangs on the name that an undecided line may have set is undecided too.
    expect(option(answer, 'user').undecided.map(at)).toEqual(['/c/main:5']);
    expect(answer.undecided.map(({ line, activity }) => [line, activity])).toEqual([
      [1, 'undecided'],
      [4, 'undecided'],
    ]);
  });

  it.each([
    [0, '9', 'far'],
    [1, '1', 'near'],
  ])('exits with %i: decided', (commands, port, user) => {
    const answer = answerOf(files, { commands });
    expect(option(answer, 'port').lines).toEqual([port]);
    expect(option(answer, 'user').lines).toEqual([user]);
    expect(answer.undecided).toEqual([]);
  });

  it('is not asked about once a criterion before it fails', () => {
    expect(answerOf({ '/c/main': 'Match host other exec "x"\n  Port 9\n' }).undecided).toEqual([]);
  });
});

describe('sections', () => {
  it('hold every stretch of lines with what decided about it', () => {
    const { sections } = answerOf({
      '/c/main': 'Port 1\nHost other\n  Include /c/inner\nMatch user me\n  Port 2\n',
      '/c/inner': 'Port 3\n',
    });
    expect(
      sections.map(({ source, from, to, activity, block }) => [
        source.file,
        from + 1,
        to,
        activity,
        block?.why ?? null,
      ]),
    ).toEqual([
      ['/c/main', 1, 1, 'yes', null],
      ['/c/inner', 1, 1, 'no', 'no pattern matches'],
      ['/c/main', 2, 3, 'no', 'no pattern matches'],
      ['/c/main', 4, 5, 'yes', 'every criterion holds'],
    ]);
  });
});

describe('refusals', () => {
  const input: ResolveInput = {
    host: 'db',
    user: null,
    port: null,
    options: [],
    files: { type: 'one', path: '/c' },
    facts: { user: 'me', uid: 1_000, home: '/home/me', machine: 'here', sha1, env: {}, release: '9.2' },
  };
  const refusalsOf = (text: string) => {
    const file = { type: 'file', text, mode: 0o600, uid: 1_000, groupIsPrivate: false } as const;
    const resolution = resolveClient(input, { ...noAnswers, files: new Map([['/c', file]]) });
    return resolution.type === 'refused' ? resolution.errors : [];
  };

  it.each([
    ['Port 0', 'Port: "0" is no port', 'a port from 1 to 65535, or the name of a service'],
    ['SeverAliveInterval 3', 'there is no option "SeverAliveInterval"', 'ServerAliveInterval'],
    [
      'ClientAliveInterval 3',
      'there is no option "ClientAliveInterval"',
      'ServerAliveInterval: the one with Client belongs in sshd_config',
    ],
    ['User "a', 'User: a quote is not closed', 'quotes in pairs, or a backslash before one'],
    ['Port', 'Port: there is no value', 'a value behind the keyword'],
    ['BatchMode maybe', 'BatchMode: "maybe" is no value', 'yes, true, no, false'],
  ])('%s', (text, reason, suggestion) => {
    const errors = refusalsOf(`# first\n${text}\n`);
    expect(errors.map((error) => [error.file, error.line, error.reason, error.suggestion])).toEqual([
      ['/c', 2, reason, suggestion],
    ]);
  });

  it('are all told, up to the end of the file', () => {
    expect(refusalsOf('Port 0\nPort 1\nHost other\nPort 65536\n').map(({ line }) => line)).toEqual([1, 4]);
  });
});

describe('needs', () => {
  it('are told all at once, where they are known', () => {
    const input: ResolveInput = {
      host: 'db',
      user: null,
      port: null,
      options: [],
      files: { type: 'usual', user: '/home/me/.ssh/config', system: '/etc/ssh/ssh_config' },
      facts: {
        user: 'me',
        uid: 1_000,
        home: '/home/me',
        machine: 'here',
        sha1,
        env: { HOME: '/h' },
        release: '9.2',
      },
    };
    const first = resolveClient(input, noAnswers);
    expect(first.type === 'needs' && first.needs.map((need) => JSON.stringify(need)).sort()).toEqual([
      '{"type":"file","path":"/etc/ssh/ssh_config"}',
      '{"type":"file","path":"/home/me/.ssh/config"}',
    ]);
    const text = 'Include a ~/b\n';
    const file = { type: 'file', text, mode: 0o600, uid: 1_000, groupIsPrivate: false } as const;
    const missing = { type: 'missing' } as const;
    const second = resolveClient(input, {
      ...noAnswers,
      files: new Map<string, FileAnswer>([
        ['/home/me/.ssh/config', file],
        ['/etc/ssh/ssh_config', missing],
      ]),
    });
    // `~` follows $HOME, though the main file does not.
    expect(second).toEqual({
      type: 'needs',
      needs: [
        { type: 'glob', pattern: '/h/.ssh/a' },
        { type: 'glob', pattern: '/h/b' },
      ],
    });
  });
});
