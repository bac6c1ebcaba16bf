/** Which hosts a configuration names, and which of its blocks apply. */
import { describe, expect, it } from 'vitest';
import { hostsOf } from '../../../src/core/sshconfig/explain/hosts.js';
import { shownBlocks } from '../../../src/core/sshconfig/explain/show.js';
import { Explainer } from '../../../src/core/sshconfig/explain/why.js';
import { rulesOf } from '../../../src/core/sshconfig/keywords/releases.js';
import { answerOf } from '../../support/configanswer.js';

const named = (files: Readonly<Record<string, string>>) =>
  hostsOf(answerOf(files).sections).map(
    ({ name, kind, from }) => `${kind} ${name} ${from.map(({ file, line }) => `${file}:${line}`).join(' ')}`,
  );

describe('the hosts', () => {
  const rows: [text: string, hosts: readonly string[]][] = [
    ['Host db web\n', ['concrete db /c/main:1', 'concrete web /c/main:1']],
    ['Host *.a !b.a c?\n', ['wildcard *.a /c/main:1', 'negation b.a /c/main:1', 'wildcard c? /c/main:1']],
    ['Host db\nPort 1\nHost db\n', ['concrete db /c/main:1 /c/main:3']],
    ['host = "a b" c # d\n', ['concrete a b /c/main:1', 'concrete c /c/main:1']],
    [
      'Match originalhost x,!y,z* user u\n',
      ['concrete x /c/main:1', 'negation y /c/main:1', 'wildcard z* /c/main:1'],
    ],
    ['Match all\nMatch user db localuser web\nMatch canonical host x\n', ['concrete x /c/main:3']],
    ['Match !host x\n', ['negation x /c/main:1']],
    ['# Host a\nPort 1\n', []],
  ];
  it.each(rows)('%j', (text, hosts) => {
    expect(named({ '/c/main': text })).toEqual(hosts);
  });

  it.each([
    // ssh of 8.4 knows no escapes; of 10.0, criterion and value in one word.
    ['8.4', 'Host a\\ b\n', ['concrete a\\', 'concrete b']],
    ['9.2', 'Host a\\ b\n', ['concrete a b']],
    ['9.2', 'Match host "x y" user u\n', ['concrete x y']],
    ['10.0', 'Match host=x,!y user u\n', ['concrete x', 'negation y']],
    ['10.0', 'Match user=u host x\n', ['concrete x']],
  ])('are those that ssh of %s reads in %j', (release, text, hosts) => {
    const found = hostsOf(answerOf({ '/c/main': text }, { release }).sections, rulesOf(release));
    expect(found.map(({ kind, name }) => `${kind} ${name}`)).toEqual(hosts);
  });

  it('are found across Includes, also where the block around does not match, and once in two readings', () => {
    const files = {
      '/c/main': 'Include /c/a*\nHost never\nInclude /c/b\nMatch final\nPort 1\n',
      '/c/a1': 'Host one\n',
      '/c/a2': 'Host two\nInclude /c/b\n',
      '/c/b': 'Host three\n',
    };
    expect(named(files)).toEqual([
      'concrete one /c/a1:1',
      'concrete two /c/a2:1',
      'concrete three /c/b:1 /c/b:1',
      'concrete never /c/main:2',
    ]);
  });
});

describe('the blocks that apply', () => {
  const files = {
    '/c/main': [
      '# first',
      'Include /c/part',
      'Host db',
      '  Port 22',
      '  Include /c/more',
      '\tUser late ',
      'Host web',
      '  Port 4',
      'Match final',
      '  Compression yes',
      'Match exec "x"',
      '  BatchMode yes',
    ].join('\n'),
    '/c/part': 'User early\n',
    '/c/more': 'Port 5\n',
  };
  const answer = answerOf(files);
  const shown = shownBlocks(answer, new Explainer(answer));

  it('stand where they stand in the files, each once', () => {
    expect(shown.map(({ file, line, block }) => [`${file}:${line}`, block?.header ?? null])).toEqual([
      ['/c/main:1', null],
      ['/c/part:1', null],
      ['/c/main:3', 'Host db'],
      ['/c/more:1', 'Host db'],
      ['/c/main:9', 'Match final'],
      ['/c/main:11', 'Match exec "x"'],
    ]);
  });

  it('each line has its status and the effective value', () => {
    const statuses = shown
      .flatMap(({ lines }) => lines)
      .filter(({ status }) => status !== 'other')
      .map(({ text, status, values, because }) => [text, status, values, because]);
    expect(statuses).toEqual([
      ['User early', 'gives', ['early'], null],
      ['  Port 22', 'gives', ['22'], null],
      ['\tUser late', 'lost', ['early'], 'shadowed by /c/part:1'],
      ['Port 5', 'lost', ['22'], 'shadowed by /c/main:4'],
      ['  Compression yes', 'gives', ['yes'], null],
      ['  BatchMode yes', 'undecided', ['no'], expect.stringContaining('exec "x" was not run')],
    ]);
  });
});
