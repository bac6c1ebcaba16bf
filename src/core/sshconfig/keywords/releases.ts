/** Releases of OpenSSH whose rules are known, and the rules that differ between them, each with its source. */
import type { Bytes } from '../bytes.js';

/** Two numbers, as `9.2`. */
export type Release = string;

/** What differs between releases, and cannot be said by a row of the table of keywords. */
export interface Rules {
  readonly release: Release;
  /** Words by `argv_split`, comments at the end of a line; every fault of a file is counted. Before: `strdelim`, the first ends all. */
  readonly newWords: boolean;
  /** The words of Match are those of any line. */
  readonly matchWords: boolean;
  /** `Match host=web` in one word. */
  readonly matchEquals: boolean;
  readonly tagCriteria: boolean;
  readonly sessionCriteria: boolean;
  /** UpdateHostKeys may be on without a line. */
  readonly updateHostKeys: boolean;
  /** `%j`, and ProxyJump in `%C`. */
  readonly jumpToken: boolean;
  /** `%h` and `${NAME}` in Include. */
  readonly includeTokens: boolean;
  /** The same in User, SetEnv and RevokedHostKeys. */
  readonly moreTokens: boolean;
  /** CASignatureAlgorithms takes no certificates. */
  readonly plainSignatures: boolean;
  /** A ProxyCommand counts behind `ProxyJump none`. */
  readonly commandAfterNoJump: boolean;
  /** The names in a ProxyJump of the command line are checked, and no host has a comma. */
  readonly checkedNames: boolean;
  /** IPQoS takes lowdelay and its like for `none`, and decimal numbers alone. */
  readonly plainQos: boolean;
  /** How lengths of time are read. */
  readonly times: 'long' | 'int' | 'digits';
  /** What `Match version` sees. */
  readonly banner: Bytes;
}

type Rule = Exclude<keyof Rules, 'release' | 'banner' | 'times'>;

/** Since when a rule holds, and the source that says so. Judged by Debian's ssh of 8.4, 9.2 and 10.0; between them the notes decide. */
export const ruleTable: Readonly<Record<Rule, { readonly since: Release; readonly source: string }>> = {
  newWords: { since: '8.7', source: 'release notes of 8.7 and 8.5; readconf.c, misc.c (argv_split)' },
  matchWords: {
    since: '9.8',
    source: 'release notes of 10.0 on a regression of 9.8; readconf.c (match_cfg_line)',
  },
  matchEquals: { since: '10.0', source: 'release notes of 10.0; readconf.c (match_cfg_line)' },
  tagCriteria: { since: '9.4', source: 'release notes of 9.4' },
  sessionCriteria: { since: '10.0', source: 'release notes of 10.0' },
  updateHostKeys: { since: '8.5', source: 'release notes of 8.5; readconf.c (fill_default_options)' },
  jumpToken: { since: '9.6', source: 'release notes of 9.6; readconf.c (ssh_connection_hash)' },
  includeTokens: { since: '9.9', source: 'release notes of 9.9; readconf.c (oInclude)' },
  moreTokens: { since: '10.0', source: 'release notes of 10.0; ssh.c (main)' },
  plainSignatures: { since: '9.4', source: 'release notes of 9.4; sshkey.c (sshkey_names_valid2)' },
  commandAfterNoJump: { since: '10.3', source: 'release notes of 10.3; Debian backports it' },
  checkedNames: { since: '10.3', source: 'release notes of 10.3; Debian backports it' },
  plainQos: {
    since: '10.1',
    source: 'release notes of 10.1; Debian backports it to 10.0; misc.c (parse_ipqos)',
  },
};

/** Judged: our answers are held against Debian's own ssh of that release. */
export const judgedReleases: readonly Release[] = ['8.4', '9.2', '10.0'];

/** All that may be given as the release, oldest first. 8.5 and 8.6 cut comments off in a way of their own. */
export const knownReleases: readonly Release[] = [
  ...['8.4', '8.7', '8.8', '8.9', '9.0', '9.1', '9.2', '9.3', '9.4', '9.5', '9.6', '9.7', '9.8', '9.9'],
  '10.0',
];

export const newestRelease: Release = '10.0';

/** Debian's ssh of the judged releases, where the output of `ssh -V` is not given. */
const banners: Readonly<Record<Release, string>> = {
  '8.4': 'OpenSSH_8.4p1 Debian-5+deb11u7',
  '9.2': 'OpenSSH_9.2p1 Debian-2+deb12u10',
  '10.0': 'OpenSSH_10.0p2 Debian-7+deb13u4',
};

/** Debian's builds with what 10.3 says of ProxyJump and of names, from that one on (CVE-2026-35386-1.patch). */
const backported = /Debian-(?:5\+deb11u([7-9]|\d\d)|2\+deb12u(\d\d)|7\+deb13u([4-9]|\d\d))/;
/** Debian's build that brought the IPQoS of 10.1 to 10.0 (debian/changelog). */
const quality = /Debian-7\+deb13u([3-9]|\d\d)/;

/** Negative: `a` came before `b`. Releases are two numbers: 9.10 is after 9.9. */
export function compareReleases(a: Release, b: Release): number {
  const [major = 0, minor = 0] = a.split('.').map(Number);
  const [otherMajor = 0, otherMinor = 0] = b.split('.').map(Number);
  return major - otherMajor || minor - otherMinor;
}

export function isSince(release: Release, since: Release | null): boolean {
  return since === null || compareReleases(release, since) >= 0;
}

/** The release whose rules come next to those of any other: the first known one that is not older, else the newest. */
export function nearestRelease(release: Release): Release {
  return knownReleases.find((known) => compareReleases(known, release) >= 0) ?? newestRelease;
}

/** The judged release whose lists of algorithms and defaults a release has: the last one not after it. */
export function judgedBefore(release: Release): Release {
  return judgedReleases.findLast((judged) => isSince(release, judged)) ?? '8.4';
}

/** The release that `ssh -V` names; null: it names none. */
export function releaseOf(banner: string): Release | null {
  return /OpenSSH_(?:for_Windows_)?(\d+\.\d+)/.exec(banner)?.[1] ?? null;
}

const made = new Map<string, Rules>();

/** `banner`: what that ssh calls itself, where it is known; Debian's own changes hang on the build. */
export function rulesOf(release: Release, banner: Bytes | null = null): Rules {
  const key = `${release} ${banner ?? ''}`;
  const known = made.get(key);
  if (known) return known;
  const named =
    banner !== null && releaseOf(banner) === release ? banner : (banners[release] ?? `OpenSSH_${release}p1`);
  const holds = (rule: Rule) => isSince(release, ruleTable[rule].since);
  const rules: Rules = {
    release,
    newWords: holds('newWords'),
    matchWords: holds('matchWords'),
    matchEquals: holds('matchEquals'),
    tagCriteria: holds('tagCriteria'),
    sessionCriteria: holds('sessionCriteria'),
    updateHostKeys: holds('updateHostKeys'),
    jumpToken: holds('jumpToken'),
    includeTokens: holds('includeTokens'),
    moreTokens: holds('moreTokens'),
    plainSignatures: holds('plainSignatures'),
    commandAfterNoJump: holds('commandAfterNoJump') || backported.test(named),
    checkedNames: holds('checkedNames') || backported.test(named),
    plainQos: holds('plainQos') || quality.test(named),
    // misc.c (convtime) of the judged releases.
    times: isSince(release, '10.0') ? 'digits' : isSince(release, '8.7') ? 'int' : 'long',
    banner: named,
  };
  if (made.size < 100) made.set(key, rules);
  return rules;
}

/** The rules where no release is given: those of 9.2. */
export const usualRules: Rules = rulesOf('9.2');
