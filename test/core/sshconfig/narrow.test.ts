/** Files without the blocks that say nothing to a host give that host the same values. */

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { printAnswer } from '../../../src/core/sshconfig/explain/print.js';
import { rulesOf } from '../../../src/core/sshconfig/keywords/releases.js';
import { NarrowFiles } from '../../../src/core/sshconfig/resolve/narrow.js';
import { resolveClient } from '../../../src/core/sshconfig/resolve/resolve.js';
import {
  type FileAnswer,
  noAnswers,
  type ResolveInput,
} from '../../../src/core/sshconfig/resolve/resolveinput.js';
import { sha1 } from '../../../src/io/machine.js';

const main = '/c/main';
const fileOf = (text: string): FileAnswer => ({
  type: 'file',
  text,
  mode: 0o600,
  uid: 1_000,
  groupIsPrivate: false,
});

const input = (host: string, release: string): ResolveInput => ({
  host,
  user: null,
  port: null,
  options: [],
  files: { type: 'one', path: main },
  facts: { user: 'me', uid: 1_000, home: '/home/me', machine: 'here', sha1, env: {}, release },
});

function said(host: string, files: ReadonlyMap<string, FileAnswer>, release: string) {
  const globs = new Map([['/c/part', ['/c/part']]]);
  const commands = new Map([['yes', 0]]);
  const services = new Map<string, number | null>([['ssh', 22]]);
  const resolution = resolveClient(input(host, release), { ...noAnswers, files, globs, commands, services });
  if (resolution.type === 'resolved') return { lines: printAnswer(resolution.answer), ...resolution.answer };
  return { lines: [resolution.type], hostName: '', secondPass: false };
}

function narrowly(host: string, files: ReadonlyMap<string, FileAnswer>, release: string): readonly string[] {
  const narrow = new NarrowFiles(files, rulesOf(release));
  const first = said(host, narrow.for([host]), release);
  if (!first.secondPass) return first.lines;
  return said(host, narrow.for([host, first.hostName]), release).lines;
}

const line = fc.constantFrom(
  'Host a',
  'Host b c',
  'Host "d"',
  'Host = e # f',
  'Host *',
  'Host a* !ab',
  "Host 'e' a\\ b",
  'Tag t',
  'Match tagged t host=a',
  'Host',
  'Host "',
  'Match all',
  'Match final',
  'Match host b,d',
  'Match exec yes',
  'HostName d',
  'HostName %h',
  'Port ssh',
  'Port 1',
  'User u',
  'User w',
  'SyslogFacility USER',
  'SyslogFacility AUTH',
  'StreamLocalBindMask 0111',
  'StreamLocalBindMask 0177',
  'SendEnv A',
  'SendEnv -A',
  'IdentityFile x',
  'LocalForward 1 a:1',
  'IgnoreUnknown Bogus',
  'Include /c/part',
  'Protocol 2',
  '# a comment',
  '',
  '  ServerAliveInterval 5',
  'ServerAliveInterval 5 6',
  'Bogus x',
);
const text = fc.array(line, { maxLength: 14 }).map((lines) => lines.join('\n'));

describe('narrow files', () => {
  it.each([
    ['9.2', 600],
    ['8.4', 200],
    ['10.0', 200],
  ])(
    'give every host the values, and the refusals, that ssh of %s reads in the whole ones',
    { timeout: 120_000 },
    (release, numRuns) => {
      let resolved = 0;
      fc.assert(
        fc.property(text, text, (first, second) => {
          const files = new Map([
            [main, fileOf(first)],
            ['/c/part', fileOf(second)],
          ]);
          for (const host of ['a', 'b', 'd', 'ab', 'e', 'x']) {
            const whole = said(host, files, release).lines;
            if (whole.length > 1) resolved += 1;
            expect(narrowly(host, files, release)).toEqual(whole);
          }
        }),
        { numRuns, seed: 1 },
      );
      expect(resolved).toBeGreaterThan(numRuns / 2);
    },
  );

  it('are without the blocks of other hosts', () => {
    const whole = 'User u\nHost a\nPort 1\n# of b\nHost b\nPort 2\nHost c\nBogus x\nHost d*\nPort 4\n';
    const found = new NarrowFiles(new Map([[main, fileOf(whole)]])).for(['a']).get(main);
    expect(found).toMatchObject({
      text: 'User u\nHost a\nPort 1\n# of b\nHost c\nBogus x\nHost d*\nPort 4\n',
    });
  });
});
