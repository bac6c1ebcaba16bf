/** What one release of OpenSSH reads otherwise than another: a row for each rule, with its source. */
import { describe, expect, it } from 'vitest';
import {
  judgedBefore,
  knownReleases,
  nearestRelease,
  releaseOf,
  rulesOf,
  ruleTable,
} from '../../../src/core/sshconfig/keywords/releases.js';
import { answerOf } from '../../support/configanswer.js';

const refusedBy = (text: string, release: string): boolean => {
  try {
    answerOf({ '/c/main': text }, { release });
    return false;
  } catch {
    return true;
  }
};

const given = (text: string, key: string, release: string, banner?: string): string | undefined =>
  answerOf({ '/c/main': text }, { release, ...(banner === undefined ? {} : { banner }) })
    .options.get(key)
    ?.lines.join('|');

describe('a release refuses what another one takes', () => {
  it.each<[line: string, refusing: string[], taking: string[], source: string]>([
    ['Port 22 # comment', ['8.4'], ['8.7', '9.2', '10.0'], 'release notes of 8.5 and 8.7'],
    ["Port '22'", ['8.4'], ['8.7', '9.2', '10.0'], 'misc.c, argv_split, 8.7'],
    ['Port 22 "x', ['8.7', '9.2', '10.0'], ['8.4'], 'misc.c, strdelim, 8.4'],
    ['RekeyLimit "1G"', ['8.4'], ['9.2', '10.0'], 'readconf.c of 8.4, oRekeyLimit'],
    ['AddKeysToAgent "yes"', ['8.4'], ['9.2', '10.0'], 'readconf.c of 8.4, oAddKeysToAgent'],
    ['SessionType none', ['8.4'], ['8.7', '9.2', '10.0'], 'release notes of 8.7'],
    ['PubkeyAcceptedAlgorithms ssh-rsa', ['8.4'], ['8.7', '10.0'], 'release notes of 8.5'],
    ['RequiredRSASize 2048', ['8.4', '9.0'], ['9.1', '9.2'], 'release notes of 9.1'],
    ['Tag x', ['9.2', '9.3'], ['9.4', '10.0'], 'release notes of 9.4'],
    ['Match tagged x', ['8.4', '9.2'], ['9.4', '10.0'], 'release notes of 9.4'],
    ['ObscureKeystrokeTiming interval:80', ['9.2', '9.4'], ['9.5', '10.0'], 'release notes of 9.5'],
    ['ChannelTimeout session=10m', ['9.2', '9.5'], ['9.6', '10.0'], 'release notes of 9.6'],
    ['VersionAddendum x', ['9.2', '9.9'], ['10.0'], 'release notes of 10.0'],
    ['Match sessiontype shell', ['9.2', '9.9'], ['10.0'], 'release notes of 10.0'],
    ["Match user 'a b'", ['9.2'], ['9.8', '10.0'], 'readconf.c, match_cfg_line with argv_split'],
    ['Match host=db', ['9.8', '9.9'], ['8.4', '9.2', '10.0'], 'release notes of 10.0: a regression of 9.8'],
    ['Match tagged ""', ['9.4'], ['10.0'], 'release notes of 10.0'],
    ['ServerAliveInterval +5', ['10.0'], ['8.4', '9.2'], 'misc.c of 10.0, convtime'],
    ['ServerAliveInterval 99999999999', ['9.2', '10.0'], ['8.4'], 'misc.c of 8.4, convtime'],
    ['HostKeyAlgorithms ssh-dss', ['10.0'], ['8.4', '9.2'], 'release notes of 10.0'],
    ['CASignatureAlgorithms ssh-rsa-cert-v01@openssh.com', ['9.4', '10.0'], ['9.2'], 'release notes of 9.4'],
    ['IPQoS 0x10', ['10.0'], ['8.4', '9.2'], 'Debian 10.0p1-7+deb13u3; misc.c, parse_ipqos'],
    ['SendEnv #x', ['10.0'], ['9.2'], 'readconf.c of 10.0, oSendEnv'],
    ['RemoteCommand "ls', ['9.2', '10.0'], ['8.4'], 'misc.c, strdelim, 8.4'],
    ['PubkeyAuthentication unbound', ['8.4', '8.8'], ['8.9', '10.0'], 'release notes of 8.9'],
  ])('%s', (line, refusing, taking) => {
    for (const release of refusing) expect([release, refusedBy(line, release)]).toEqual([release, true]);
    for (const release of taking) expect([release, refusedBy(line, release)]).toEqual([release, false]);
  });
});

describe('a release gives another value', () => {
  it.each<[text: string, key: string, values: Record<string, string>, source: string]>([
    ['', 'checkhostip', { '8.4': 'yes', '9.2': 'no', '10.0': 'no' }, 'release notes of 8.5'],
    ['', 'updatehostkeys', { '8.4': 'false', '9.2': 'true' }, 'release notes of 8.5'],
    ['', 'ipqos', { '9.2': 'lowdelay throughput', '10.0': 'ef cs1' }, 'Debian 10.0p1-7+deb13u3'],
    ['IPQoS lowdelay', 'ipqos', { '9.2': 'lowdelay lowdelay', '10.0': 'none none' }, 'misc.c, parse_ipqos'],
    ['IPQoS af11\nIPQoS af21', 'ipqos', { '8.4': 'af21 af21', '9.2': 'af11 af11' }, 'release notes of 8.7'],
    ['SetEnv A=%h', 'setenv', { '9.2': 'A=%h', '10.0': 'A=db' }, 'release notes of 10.0'],
    ['User u%h', 'user', { '9.2': 'u%h', '10.0': 'udb' }, 'release notes of 10.0'],
    [
      'SetupTimeOut 7',
      'connecttimeout',
      { '9.2': 'none', '10.0': '7' },
      'keepalive-extensions.patch of Debian',
    ],
    [
      'IdentityAgent ~root',
      'identityagent',
      { '8.4': '/home/me/root' },
      'misc.c of 8.4, tilde_expand_filename: a user has a slash behind',
    ],
    ['ProxyJump a b', 'proxyjump', { '8.4': 'a b', '9.2': 'a', '10.0': 'a' }, 'misc.c, rtrim'],
    [
      'ServerAliveInterval 4294967301',
      'serveraliveinterval',
      { '8.4': '5' },
      'misc.c of 8.4: a long kept in an int',
    ],
    ['Match version OpenSSH_10.*\nTag x', 'tag', { '10.0': 'x' }, 'release notes of 10.0'],
    ['Tag y\nMatch !tagged x\nPort 7', 'port', { '10.0': '7' }, 'release notes of 9.4'],
  ])('%s', (text, key, values) => {
    for (const [release, value] of Object.entries(values)) {
      expect([release, given(text, key, release)]).toEqual([release, value]);
    }
  });

  it('lets a ProxyCommand follow ProxyJump none where Debian has the change', () => {
    const text = 'ProxyJump none\nProxyCommand nc';
    expect(given(text, 'proxycommand', '9.2', 'OpenSSH_9.2p1 Debian-2+deb12u6')).toBe('');
    expect(given(text, 'proxycommand', '9.2', 'OpenSSH_9.2p1 Debian-2+deb12u10')).toBe('nc');
    expect(given(text, 'proxycommand', '9.9')).toBe('');
  });
});

describe('releases', () => {
  it('names a source for each rule', () => {
    for (const { since, source } of Object.values(ruleTable)) {
      expect(since).toMatch(/^\d+\.\d+$/);
      expect(source).not.toBe('');
    }
  });

  it.each([
    ['OpenSSH_9.2p1 Debian-2+deb12u6, OpenSSL 3.0.19', '9.2'],
    ['OpenSSH_for_Windows_9.5p1, LibreSSL 3.8.2', '9.5'],
    ['OpenSSH_10.0p2 Debian-7+deb13u4', '10.0'],
    ['dropbear', null],
  ])('reads %s', (banner, release) => expect(releaseOf(banner)).toBe(release));

  it('stands the next known release in for one that is not known', () => {
    expect(['7.9', '8.5', '9.2', '9.10', '10.3'].map(nearestRelease)).toEqual([
      '8.4',
      '8.7',
      '9.2',
      '10.0',
      '10.0',
    ]);
  });

  it('takes lists from the judged release before', () => {
    expect(['8.9', '9.2', '9.9', '10.0'].map(judgedBefore)).toEqual(['8.4', '9.2', '9.2', '10.0']);
    expect(knownReleases.map((release) => rulesOf(release).release)).toEqual(knownReleases);
  });
});

describe('names on the command line (CVE-2026-35386-1.patch of Debian, release notes of 10.3)', () => {
  const old = 'OpenSSH_9.2p1 Debian-2+deb12u6';
  const asked = (banner: string | undefined, given: { host?: string; options?: string[] }) => () =>
    answerOf({ '/c/main': '' }, { release: '9.2', ...(banner === undefined ? {} : { banner }), ...given });

  it.each([{ host: 'a,b' }, { options: ['ProxyJump=a;b'] }])('%j is refused since then', (given) => {
    expect(asked(undefined, given)).toThrow();
    expect(asked(old, given)).not.toThrow();
  });

  it('before, a comma in Host is a letter of the name', () => {
    const answer = answerOf(
      { '/c/main': 'Host a,b\nPort 23\n' },
      { release: '9.2', banner: old, host: 'a,b' },
    );
    expect(answer.options.get('port')?.lines).toEqual(['23']);
  });

  it('a quote is refused before, too', () => {
    expect(asked(old, { host: "a'b" })).toThrow();
  });
});
