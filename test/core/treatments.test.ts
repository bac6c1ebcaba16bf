/** What `run` does with each keyword of ssh_config: the row says it, and each row is asked. */

import { createRequire } from 'node:module';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { algorithms } from '../../src/core/request/algorithmrequest.js';
import { buildRequest, type RequestResult } from '../../src/core/request/buildrequest.js';
import type { Keyword } from '../../src/core/sshconfig/keywords/keyword.js';
import { tableOf } from '../../src/core/sshconfig/keywords/keywords.js';
import { judgedReleases, knownReleases } from '../../src/core/sshconfig/keywords/releases.js';
import { sha1 } from '../../src/io/machine.js';
import { answerOf } from '../support/configanswer.js';
import { valuesOf } from '../support/configvalues.js';

function understood(text: string, release = '10.0', options: readonly string[] = []): RequestResult {
  const answer = answerOf({ '/c/main': text }, { host: 'db', release, options });
  const places = { home: '/home/me', homes: new Map(), directory: '/cwd', env: {} };
  const facts = { answer, places, user: 'me', uid: 1000, machine: 'box.lan', sha1 };
  return buildRequest({ host: 'db', forwards: [{ dynamic: '1080' }] }, facts);
}

function failureOf(result: RequestResult): string {
  return result.ok ? 'understood' : `${result.failure.kind}: ${result.failure.message}`;
}

const sorts = (each: Keyword['run']['type']) => (keyword: Keyword) => keyword.run.type === each;

/** Lines that forbid something, one for each keyword of that sort. */
const forbidding: Readonly<Record<string, readonly [line: string, harmless: readonly string[]]>> = {
  BindInterface: ['eth1', []],
  KnownHostsCommand: ['/usr/bin/keys %H', ['none', 'NONE']],
  VerifyHostKeyDNS: ['yes', ['no', 'false']],
  CheckHostIP: ['yes', ['no']],
  ChannelTimeout: [
    'session=5m direct-tcpip=10m',
    ['none', 'session=5m', 'x11-connection=1m session=2h', 'direct-tcpip=0'],
  ],
};

describe('a keyword that forbids what holdfast cannot prevent', () => {
  it('is each one with a line here', () => {
    const names = new Set(
      knownReleases
        .flatMap((release) => tableOf(release).keywords.filter(sorts('restricting')))
        .map(({ name }) => name),
    );
    expect([...names].sort()).toEqual(Object.keys(forbidding).sort());
  });

  it.each(Object.entries(forbidding))(
    '%s is refused, with its place and what to do',
    (name, [value, harmless]) => {
      const { run } = tableOf('10.0').keywords.find((each) => each.name === name) ?? {};
      const instead = run?.type === 'restricting' ? run.instead : 'no row';
      const inFile = failureOf(understood(`Host db\n  ${name} ${value}\n`));
      expect(inFile).toMatch(new RegExp(`^config: /c/main:2: ${name} `));
      expect(inFile).toContain('holdfast cannot hold to it');
      expect(inFile).toContain(instead);
      expect(failureOf(understood('', '10.0', [`${name} ${value}`]))).toMatch(
        new RegExp(`^usage: option ${name} `),
      );
      for (const each of harmless) {
        expect([each, failureOf(understood(`${name} ${each}\n`))]).toEqual([each, 'understood']);
      }
      expect(failureOf(understood(`Host other\n  ${name} ${value}\n`))).toBe('understood');
    },
  );

  it('is looked at in no time, however long its line', () => {
    const line = `${'session=0 '.repeat(60)}direct-tcpip=5m`;
    expect(failureOf(understood(`ChannelTimeout ${line}\n`))).toContain('holdfast cannot hold to it');
  });

  it('is not refused where nobody set it, in any release', () => {
    for (const release of knownReleases) {
      expect(failureOf(understood('', release))).toBe('understood');
      const debian = 'Host *\n    SendEnv LANG LC_*\n    HashKnownHosts yes\n    GSSAPIAuthentication yes\n';
      expect(understood(debian, release)).toMatchObject({ ok: true, request: { notes: [] } });
    }
  });
});

describe.each(judgedReleases)('each row of %s', (release) => {
  const { generated } = valuesOf(release);
  const rows = tableOf(release).keywords.filter(({ combine }) => combine !== 'none');

  it.each(rows.map((row) => [row.name, row] as const))('%s does what it says', (name, { run }) => {
    const values = generated[name];
    if (values === undefined) throw new Error(`no values for ${name}`);
    for (const value of fc.sample(values.good, { numRuns: 12, seed: 1 })) {
      let result: RequestResult;
      try {
        result = understood(`${name} ${value}\n`, release);
      } catch {
        continue; // no line that ssh reads, with the environment here
      }
      const said = failureOf(result);
      const notes = result.ok ? result.request.notes.join() : '';
      if (run.type === 'meaningless') expect(said).toBe('understood');
      if (run.type !== 'meaningless' || !run.noted) expect(notes).not.toContain(name);
    }
  });
});

describe('the algorithms that are ours', () => {
  const constants = createRequire(import.meta.url)('ssh2/lib/protocol/constants.js') as Record<
    string,
    string[]
  >;
  it.each([
    ['kex', 'KEX', /^diffie-hellman-group1[57]-/],
    ['cipher', 'CIPHER', /^(blowfish|arcfour|cast128|aes\d+-gcm$)/],
    ['mac', 'MAC', /^hmac-(sha2-\d+-96|ripemd160)$/],
    ['hostKey', 'SERVER_HOST_KEY', /^$/],
  ] as const)('%s are those of ssh2 that OpenSSH knows by name', (kind, list, foreign) => {
    const { usual, rest } = algorithms[kind];
    const own = (names: readonly string[] = []) => names.filter((name) => !foreign.test(name)).sort();
    expect([...usual, ...rest].sort()).toEqual(own(constants[`SUPPORTED_${list}`]));
    const defaults = own(constants[`DEFAULT_${list}`]).filter((name) => name !== 'ssh-rsa');
    expect([...usual].sort()).toEqual(defaults);
  });
});

describe('the ways to log in', () => {
  const methods = (text: string, release?: string) => {
    const result = understood(text, release);
    return result.ok ? result.request.login.methods : failureOf(result);
  };

  it.each([
    ['', ['publickey', 'keyboard-interactive', 'password']],
    ['PubkeyAuthentication no\n', ['keyboard-interactive', 'password']],
    ['PubkeyAuthentication host-bound\n', ['publickey', 'keyboard-interactive', 'password']],
    ['PasswordAuthentication no\n', ['publickey', 'keyboard-interactive']],
    ['KbdInteractiveAuthentication no\n', ['publickey', 'password']],
    ['ChallengeResponseAuthentication no\n', ['publickey', 'password']],
    ['PreferredAuthentications password,publickey,hostbased\n', ['password', 'publickey']],
    ['PreferredAuthentications password,publickey\nPasswordAuthentication no\n', ['publickey']],
    ['PreferredAuthentications none\n', []],
  ])('%j', (text, expected) => {
    expect(methods(text)).toEqual(expected);
  });

  it('the old name of one counts in an old release, too', () => {
    expect(methods('ChallengeResponseAuthentication no\n', '8.4')).toEqual(['publickey', 'password']);
  });

  it('none left is refused, with its place', () => {
    expect(methods('PreferredAuthentications gssapi-with-mic\n')).toBe(
      'config: /c/main:1: PreferredAuthentications gssapi-with-mic leaves no way to log in; want one of publickey, keyboard-interactive, password',
    );
    const all = ['Password', 'Pubkey', 'KbdInteractive'].map((name) => `${name}Authentication no\n`).join('');
    expect(methods(all)).toBe(
      'config: /c/main:2: PubkeyAuthentication false with KbdInteractiveAuthentication no and PasswordAuthentication no leaves no way to log in; want one of publickey, keyboard-interactive, password',
    );
  });
});

it('RequiredRSASize goes no lower than ssh itself does', () => {
  const bitsOf = (bits: number) => {
    const result = understood(`RequiredRSASize ${bits}\n`);
    return result.ok ? [result.request.trust.leastRsaBits, result.request.login.leastRsaBits] : [];
  };
  expect([bitsOf(0), bitsOf(512), bitsOf(3_072)]).toEqual([
    [1_024, 1_024],
    [1_024, 1_024],
    [3_072, 3_072],
  ]);
});
