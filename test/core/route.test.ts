import { expect, it } from 'vitest';
import { HostOptions } from '../../src/core/request/hostoptions.js';
import type { Request, Route } from '../../src/core/request/request.js';
import { type Gone, loopFault, redacted, wayOf } from '../../src/core/request/route.js';
import { answerOf } from '../support/configanswer.js';

/** What the lines of `/c/main` and the options, each as after -o, say of the way to `db`. */
function way(text: string, options: readonly string[] = []): unknown {
  const settings = new HostOptions(answerOf({ '/c/main': text }, { options }));
  const found = wayOf(settings, { h: 'db.lan', k: 'alias', n: 'db', p: '2222', r: 'bob' });
  const [failure] = settings.failures;
  if (failure) return `${failure.kind}: ${failure.message}`;
  if (found.type === 'direct') return 'direct';
  if (found.type === 'command') return found.command;
  const { last, before } = found.jump;
  return [last.user, last.host, last.port, before];
}

it.each<[string, string[], unknown]>([
  ['', [], 'direct'],
  ['ProxyJump none', [], 'direct'],
  ['ProxyJump gate', [], [null, 'gate', null, null]],
  ['ProxyJump bob@gate:77', [], ['bob', 'gate', 77, null]],
  ['ProxyJump a@one:1,two,c@[::1]:3', [], ['c', '::1', 3, 'a@one:1,two']],
  ['ProxyJump ssh://c%40d@gate:3', [], ['c@d', 'gate', 3, null]],
  ['', ['ProxyJump one,ssh://two'], [null, 'two', null, 'one']],
  ['ProxyJump gate', ['ProxyJump NONE'], 'direct'],
  // The first of the two counts.
  ['ProxyJump gate\nProxyCommand nc', [], [null, 'gate', null, null]],
  ['ProxyCommand nc\nProxyJump gate', [], 'nc'],
  ['ProxyJump gate', ['ProxyCommand nc'], 'nc'],
  ['ProxyCommand nc', ['ProxyJump gate'], [null, 'gate', null, null]],
  ['ProxyCommand none', [], 'direct'],
  ['ProxyCommand NONE\nProxyJump gate', [], 'direct'],
  [
    'ProxyCommand nc -x "%%" %h %p %r %n %k \'a b\' $PORT',
    [],
    'nc -x "%" db.lan 2222 bob db alias \'a b\' $PORT',
  ],
  [
    'Host db\n  ProxyCommand -',
    [],
    'config: /c/main:2: ProxyCommand - is the standard input of ssh: want a command',
  ],
  [
    'ProxyCommand nc secret %z',
    [],
    'config: /c/main:1: ProxyCommand has the token "%z": want %%, %h, %k, %n, %p or %r',
  ],
  [
    '',
    ['ProxyCommand nc secret %z'],
    'config: option ProxyCommand has the token "%z": want %%, %h, %k, %n, %p or %r',
  ],
  ['ProxyCommand nc secret %', [], expect.stringMatching(/ has the token "%": want [^s]*$/)],
  [
    'ProxyCommand nc secret\nProxyUseFdpass yes',
    [],
    'config: /c/main:1: ProxyCommand with ProxyUseFdpass yes hands over a socket, which holdfast cannot take: want ProxyUseFdpass no',
  ],
  ['ProxyUseFdpass yes', [], 'direct'],
])('%j and %j: %j', (text, options, wanted) => {
  expect(way(text, options)).toEqual(wanted);
});

it('finds a loop, and no loop in a way that gets shorter', () => {
  const step = (host: string, before: string | null = null): Gone => ({
    host,
    user: null,
    port: null,
    before,
  });
  const jump = (host: string, before: string | null = null) => ({
    last: { host, user: null, port: null },
    before,
  });
  expect(loopFault([step('a')], jump('b'))).toBeNull();
  expect(loopFault([step('a')], jump('a'))?.message).toContain('a is reached through itself');
  expect(loopFault([step('a'), step('b')], jump('a'))?.kind).toBe('config');
  expect(loopFault([step('t'), step('a', 'a,a')], jump('a', 'a'))).toBeNull();
  const many = Array.from({ length: 17 }, (_, index) => step(`h${index}`));
  expect(loopFault(many, jump('other'))?.message).toBe('ProxyJump: more than 16 hops');
});

it.each<[Route]>([
  [{ type: 'command', command: 'nc -x bob:hunter2@proxy' }],
  [{ type: 'command', command: 'PASS=hunter2 nc' }],
  [{ type: 'jump', hops: [], command: ' /bin/nc hunter2' }],
])('%j keeps its secret', (route) => {
  const shown = JSON.stringify(redacted({ route } as unknown as Request).route);
  expect(shown).not.toContain('hunter2');
  expect(shown).toContain('..."');
});
