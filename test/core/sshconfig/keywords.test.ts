/** Each row of both tables of keywords is held against what the resolver makes of lines of it. */

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Keyword } from '../../../src/core/sshconfig/keywords/keyword.js';
import { keywordOf, tableOf } from '../../../src/core/sshconfig/keywords/keywords.js';
import { keywordRows } from '../../../src/core/sshconfig/keywords/keywordtable.js';
import { knownReleases, rulesOf } from '../../../src/core/sshconfig/keywords/releases.js';
import { resolveClient } from '../../../src/core/sshconfig/resolve/resolve.js';
import { type FileAnswer, noAnswers } from '../../../src/core/sshconfig/resolve/resolveinput.js';
import { noServerAnswers } from '../../../src/core/sshconfig/sshd/serverinput.js';
import { serverKeywordOf, serverKeywords } from '../../../src/core/sshconfig/sshd/serverkeywords.js';
import { resolveServer } from '../../../src/core/sshconfig/sshd/serverresolve.js';
import { optionOf } from '../../../src/core/sshconfig/syntax/lines.js';
import { statementOf } from '../../../src/core/sshconfig/syntax/statements.js';
import { lowerCase } from '../../../src/core/text/pattern.js';
import { sha1 } from '../../../src/io/machine.js';
import { valuesOf } from '../../support/configvalues.js';

const releases = ['8.4', '9.2', '10.0'];

interface Outcome {
  /** By key; null: refused. */
  readonly values: ReadonlyMap<string, string> | null;
  /** What came of each header, and the commands that were to run. */
  readonly headers: readonly string[];
}

/** A configuration of one file; every name is found under two others, and no command may run. */
function outcome(text: string, release: string, host = 'web.corp'): Outcome {
  const file: FileAnswer = { type: 'file', text, mode: 0o600, uid: 1, groupIsPrivate: false };
  const facts = { user: 'me', uid: 1, home: '/h', machine: 'box', sha1, env: { HF: 'x' }, release };
  const input = {
    host,
    user: null,
    port: null,
    options: [],
    files: { type: 'one', path: '/c' } as const,
    facts,
  };
  const answers = {
    ...noAnswers,
    files: new Map([['/c', file]]),
    names: new Map(),
    commands: new Map(),
    exists: new Map(),
    homes: new Map<string, string | null>(),
    services: new Map<string, number | null>(),
    globs: new Map<string, readonly string[]>(),
  };
  for (let round = 0; round < 50; round += 1) {
    const found = resolveClient(input, answers);
    if (found.type === 'refused') return { values: null, headers: ['refused'] };
    if (found.type === 'resolved') {
      const { options, sections } = found.answer;
      const values = [...options].map(
        ([key, option]) => [key, option.lines.map((line) => `${line};`).join('')] as const,
      );
      const activities = sections.map(({ pass, block, activity }) => `${pass} ${block?.line} ${activity}`);
      return { values: new Map(values), headers: [...activities, ...answers.commands.keys()] };
    }
    for (const need of found.needs) {
      if (need.type === 'command') answers.commands.set(need.command, 'not allowed');
      else if (need.type === 'name') {
        const isFound = need.name.includes('corp');
        answers.names.set(
          `${need.family} ${need.name}`,
          isFound ? { type: 'found', cname: 'real.alias' } : { type: 'missing' },
        );
      } else if (need.type === 'exists') answers.exists.set(need.path, false);
      else if (need.type === 'home') answers.homes.set(need.user, null);
      else if (need.type === 'service') answers.services.set(need.name, 80);
      else if (need.type === 'glob') answers.globs.set(need.pattern, []);
      else throw new Error(`the test has no ${JSON.stringify(need)}`);
    }
  }
  throw new Error('no end');
}

const made = new Map<string, readonly string[]>();

/** Values of an option that ssh takes by themselves, as lines. */
function linesOf(row: Keyword, release: string): readonly string[] {
  const known = made.get(`${release} ${row.key}`);
  if (known !== undefined) return known;
  const lines = sampled(row, release);
  made.set(`${release} ${row.key}`, lines);
  return lines;
}

function sampled(row: Keyword, release: string): readonly string[] {
  const generated = valuesOf(release).generated[row.name];
  const values = generated === undefined ? [] : fc.sample(generated.good, { numRuns: 8, seed: 7 });
  const more =
    row.key === 'localforward'
      ? ['8001 socks:9']
      : row.form.type === 'text'
        ? ['probe']
        : row.form.type === 'choice'
          ? Object.keys(row.form.words)
          : [];
  const lines = [...new Set([...values, ...more, 'none'])].map((value) => `${row.name} ${value}`);
  return lines.filter((line) => outcome(`${line}\n`, release).values !== null);
}

const structures: readonly string[] = ['host', 'match', 'include', 'ignored'];
const rowsOf = (release: string) =>
  tableOf(release).keywords.filter(({ form }) => !structures.includes(form.type));

/** What else is set while a line is looked at. */
const backgrounds = [
  '',
  'ProxyCommand c\nProxyUseFdpass yes\nUpdateHostKeys ask\nControlPath /c\nTunnel yes\nLocalForward 1 a:1\nRemoteForward 3 b:3\nDynamicForward 2\n',
  'ProxyJump j\nProxyUseFdpass yes\nUpdateHostKeys ask\nControlPersist yes\n',
  'UpdateHostKeys ask\nControlPersist yes\nRemoteCommand x\n',
];

describe.each(releases)('the rows of ssh_config, ssh %s:', (release) => {
  it('affects, clears, rival: the values of no other option hang on a line', () => {
    const seen = new Set<string>();
    for (const row of rowsOf(release)) {
      const { key, rival, clears, affects } = row;
      const changed = new Set<string>();
      for (const background of backgrounds) {
        const before = outcome(background, release).values;
        for (const line of linesOf(row, release)) {
          const after = outcome(`${line}\n${background}`, release).values;
          for (const [other, value] of after ?? []) {
            if (other !== key && value !== before?.get(other)) changed.add(other);
          }
        }
      }
      // What is switched off has no effects of its own any more.
      const off = rival === null ? [] : [rival, ...(keywordOf(rival, release)?.affects ?? [])];
      const broken = rowsOf(release).filter(
        ({ assembled }) => row.assembled > 0 && assembled > row.assembled,
      );
      const stated = [...clears, ...affects, ...off, ...broken.map((other) => other.key)];
      expect(
        [...changed].filter((other) => !stated.includes(other)),
        key,
      ).toEqual([]);
      for (const other of changed) seen.add(`${key} ${other}`);
    }
    const stated = rowsOf(release).flatMap(({ key, rival, clears, affects }) =>
      [...clears, ...affects, ...(rival === null ? [] : [rival])].map((other) => `${key} ${other}`),
    );
    const unprinted = [
      // What a forward listens on is not printed, and a dynamic one is never taken for a local one.
      'gatewayports localforward',
      'gatewayports dynamicforward',
      'dynamicforward localforward',
      // UpdateHostKeys is off without a line before 8.5.
      ...(release === '8.4' ? ['verifyhostkeydns updatehostkeys', 'userknownhostsfile updatehostkeys'] : []),
    ];
    const unseen = stated.filter((each) => !seen.has(each) && !unprinted.includes(each));
    expect(unseen).toEqual([]);
  });

  it('refusedWith: what ssh refuses together', () => {
    const partners = [
      'ForkAfterAuthentication yes',
      'SessionType default',
      'ForwardAgent /nowhere',
      'ExitOnForwardFailure yes',
      'ProxyCommand -',
      'ProxyUseFdpass yes',
      'ProxyJump web.corp',
      'RemoteCommand none',
    ].filter((line) => outcome(`${line}\n`, release).values !== null);
    for (const row of rowsOf(release)) {
      for (const line of linesOf(row, release)) {
        for (const partner of partners) {
          if (outcome(`${line}\n${partner}\n`, release).values !== null) continue;
          const other = keywordOf(lowerCase(partner.split(' ')[0] ?? ''), release);
          const group = [row, ...(other ? [other] : [])].flatMap(({ refusedWith }) => refusedWith);
          expect(group.includes(row.key) || group.includes(other?.key ?? ''), `${line}; ${partner}`).toBe(
            true,
          );
        }
      }
    }
  });

  it('feeds headers or canonical names: what decides about blocks', () => {
    const probes = [
      'Match host probe',
      'Match user probe',
      ...(release === '8.4' || release === '9.2' ? [] : ['Match tagged probe', 'Match sessiontype none']),
      'Match exec "%C %h %k %n %p %r"',
      'Match final host web.corp',
      'Match final host real.alias',
      'Match final host 1.2.3.4',
    ];
    const tail = probes.map((probe) => `${probe}\n  Compression no\n`).join('');
    const tops = [
      { top: '', hosts: ['web', '::ffff:1.2.3.4', 'a.b.c'] },
      { top: 'CanonicalizeHostname yes\nCanonicalDomains corp\n', hosts: ['web', 'a.b.c'] },
      { top: 'CanonicalizeHostname yes\nCanonicalDomains other\n', hosts: ['web'] },
      {
        top: 'CanonicalizeHostname yes\nCanonicalDomains corp\nCanonicalizePermittedCNAMEs *:*\n',
        hosts: ['web', 'a.corp'],
      },
      { top: 'CanonicalizePermittedCNAMEs *:*\nCanonicalizeHostname always\n', hosts: ['a.corp'] },
    ];
    for (const row of rowsOf(release)) {
      let feeds = false;
      for (const { top, hosts } of tops) {
        for (const host of hosts) {
          const before = outcome(`#\n${top}${tail}`, release, host).headers;
          for (const line of linesOf(row, release)) {
            const after = outcome(`${line}\n${top}${tail}`, release, host).headers;
            if (JSON.stringify(after) === JSON.stringify(before)) continue;
            // Some values no file may have for this host.
            if (outcome(`${line}\n`, release, host).values !== null) feeds = true;
          }
        }
      }
      // Where ssh has no criterion for it yet, nothing can be fed.
      const none = row.key === 'sessiontype' && release === '9.2';
      expect(feeds, row.key).toBe(none ? false : row.feeds === 'headers' || row.feeds === 'canonical');
    }
  });

  it('feeds names: what makes an unknown option one that is passed over', () => {
    for (const row of rowsOf(release)) {
      const passed = [...linesOf(row, release), `${row.name} *`].some(
        (line) => outcome(`${line}\nHost other\n  Unheard of\n`, release).values !== null,
      );
      expect(passed, row.key).toBe(row.feeds === 'names');
    }
  });

  it('beyondBlocks: what counts where its block does not apply, or for lines of other blocks', () => {
    const plain = outcome('', release).values;
    for (const row of rowsOf(release)) {
      const counts = linesOf(row, release).some((line) => {
        const values = outcome(`Host other\n  ${line}\n`, release).values;
        return JSON.stringify([...(values ?? [])]) !== JSON.stringify([...(plain ?? [])]);
      });
      expect(counts || row.feeds === 'names', row.key).toBe(row.beyondBlocks);
    }
  });

  it('clearedByNone: `none` is the same as no line', () => {
    for (const row of rowsOf(release)) {
      const values = outcome(`${row.name} none\n`, release).values;
      if (values === null || !row.printed) continue;
      expect(values.get(row.key) === '', row.key).toBe(row.clearedByNone);
    }
  });

  it('takes, twofold: how many words and values a line has', () => {
    const context = { env: { HF: 'x' }, services: () => 80, onCommandLine: false, rules: rulesOf(release) };
    for (const row of rowsOf(release)) {
      let most = 0;
      let two = false;
      for (const line of linesOf(row, release)) {
        const option = optionOf(line, 0, line.length);
        const statement = option === null ? null : statementOf(line, option, context);
        if (statement?.type !== 'value') continue;
        most = Math.max(most, statement.reading.used);
        if (statement.reading.second !== null) two = true;
      }
      expect(two, row.key).toBe(row.twofold);
      if (row.takes === 'one') expect(most, row.key).toBeLessThan(2);
      if (row.takes === 'pair') expect(most, row.key).toBe(2);
      if (row.takes === 'list') expect(most, row.key).toBeGreaterThan(1);
    }
  });
});

describe('both tables', () => {
  const keys = new Set(keywordRows.map(({ key }) => key));

  it('name options that are there, and rivals name each other', () => {
    for (const { key, rival, clears, affects, refusedWith, ofServer } of keywordRows) {
      for (const other of [...clears, ...affects, ...refusedWith]) expect(keys, key).toContain(other);
      if (rival !== null) expect(keywordRows.find((row) => row.key === rival)?.rival).toBe(key);
      if (ofServer !== null) expect(serverKeywordOf(ofServer.toLowerCase())?.name).toBe(ofServer);
    }
    for (const { key, secondTo } of serverKeywords) {
      if (secondTo !== null) expect(serverKeywordOf(secondTo)?.key, key).toBe(secondTo);
    }
  });

  it('have one row for each option in each release', () => {
    for (const release of knownReleases) {
      const own = tableOf(release).keywords.map(({ key }) => key);
      expect(own.length).toBe(new Set(own).size);
    }
    expect(serverKeywords.length).toBe(new Set(serverKeywords.map(({ key }) => key)).size);
  });

  it('inMatch: what sshd refuses in a block', () => {
    const connection = {
      user: 'x',
      host: null,
      address: null,
      localAddress: null,
      localPort: null,
      routingDomain: null,
    };
    for (const { name, key, inMatch } of serverKeywords) {
      const text = `Match user nobody\n  ${name} x\n`;
      const file: FileAnswer = { type: 'file', text, mode: 0o600, uid: 0, groupIsPrivate: false };
      const answers = { ...noServerAnswers, files: new Map([['/s', file]]) };
      const found = resolveServer(
        { main: '/s', connection, facts: { home: '/root', directory: '/' } },
        answers,
      );
      const refused =
        found.type === 'refused' &&
        found.errors.some(({ suggestion }) => suggestion?.includes('above the first Match'));
      expect(refused, key).toBe(!inMatch);
    }
  });

  it('secondTo, clearedByNone: what sshd makes of lines of them', () => {
    const connection = {
      user: null,
      host: null,
      address: null,
      localAddress: null,
      localPort: null,
      routingDomain: null,
    };
    const lineOf = (text: string, key: string) => {
      const file: FileAnswer = { type: 'file', text, mode: 0o600, uid: 0, groupIsPrivate: false };
      const answers = { ...noServerAnswers, files: new Map([['/s', file]]) };
      const found = resolveServer(
        { main: '/s', connection, facts: { home: '/root', directory: '/' } },
        answers,
      );
      return found.type === 'resolved' ? (found.answer.options.get(key)?.lines ?? []) : null;
    };
    for (const row of serverKeywords) {
      // A path of its own is `none` in any case, as sshd keeps it, and so is the name of a command.
      const shouted = lineOf(`${row.name} NONE\n`, row.key);
      if (row.form.type === 'text' || row.form.type === 'raw') {
        expect(shouted?.[0] === 'none', row.key).toBe(row.clearedByNone);
      }
      if (row.form.type !== 'command') continue;
      const lines = `AuthorizedKeysCommand /a\nAuthorizedKeysCommandUser u\nAuthorizedPrincipalsCommandUser u\n${row.name} /b\n`;
      expect(lineOf(lines, row.key), row.key).toEqual([row.secondTo === null ? '/a' : 'none']);
    }
  });
});
