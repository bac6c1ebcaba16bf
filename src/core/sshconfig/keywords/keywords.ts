/** The names that a line of ssh_config may begin with, in each release. */
import type { Alias, Form, Keyword } from './keyword.js';
import { keywordRows, row } from './keywordtable.js';
import { compareReleases, isSince, type Release } from './releases.js';
import { silent } from './treatments.js';

/** Names that only ssh of others has, by whose it is. */
const foreignNames: readonly (readonly [build: string, names: readonly string[]])[] = [
  ["Apple's ssh", ['UseKeychain', 'KeychainIntegration', 'AskPassGUI']],
  ["Red Hat's ssh", ['RSAMinSize']],
  [
    'HPN-SSH',
    [
      'HPNDisabled',
      'HPNBufferSize',
      'TcpRcvBuf',
      'TcpRcvBufPoll',
      'NoneEnabled',
      'NoneSwitch',
      'NoneMacEnabled',
      'DisableMTAES',
      'Fallback',
      'FallbackPort',
      'MetricsPath',
      'MetricsInterval',
    ],
  ],
];

/** Options of releases after those whose rules are known, with the first release that has them (release notes). */
export const laterNames: Readonly<Record<string, Release>> = {
  warnweakcrypto: '10.1',
  refuseconnection: '10.1',
};

/** Keywords that are read and do nothing: `silent` and `deprecated` without a word, `unsupported` with a message. */
const withoutEffect: Readonly<Record<string, 'silent' | 'deprecated' | 'unsupported'>> = {
  protocol: 'silent',
  cipher: 'deprecated',
  fallbacktorsh: 'deprecated',
  globalknownhostsfile2: 'deprecated',
  rhostsauthentication: 'deprecated',
  useblacklistedkeys: 'deprecated',
  userknownhostsfile2: 'deprecated',
  useroaming: 'deprecated',
  usersh: 'deprecated',
  useprivilegedport: 'deprecated',
  afstokenpassing: 'unsupported',
  kerberosauthentication: 'unsupported',
  kerberostgtpassing: 'unsupported',
  rsaauthentication: 'unsupported',
  rhostsrsaauthentication: 'unsupported',
  compressionlevel: 'unsupported',
};

const debian = "Debian's ssh";

/** Other names (the table of readconf.c; the last ones are Debian's). A line with one sets the keyword itself. */
const otherNames: readonly Alias[] = (
  [
    ['KeepAlive', 'TCPKeepAlive'],
    ['IdentityFile2', 'IdentityFile'],
    ['DSAAuthentication', 'PubkeyAuthentication'],
    ['ChallengeResponseAuthentication', 'KbdInteractiveAuthentication', '8.7'],
    ['SKeyAuthentication', 'KbdInteractiveAuthentication', '8.7'],
    ['TISAuthentication', 'ChallengeResponseAuthentication', null, '8.7'],
    ['TISAuthentication', 'KbdInteractiveAuthentication', '8.7'],
    ['HostbasedKeyTypes', 'HostbasedAcceptedAlgorithms', '8.5'],
    ['PubkeyAcceptedKeyTypes', 'PubkeyAcceptedAlgorithms', '8.5'],
    ['SmartcardDevice', 'PKCS11Provider'],
    ['ProtocolKeepAlives', 'ServerAliveInterval', null, null, debian],
    ['SetupTimeOut', 'ServerAliveInterval', null, '10.0', debian],
    ['SetupTimeOut', 'ConnectTimeout', '10.0', null, debian],
  ] as const
).map(([name, means, since = null, until = null, build = null]) => ({
  key: name.toLowerCase(),
  name,
  means: means.toLowerCase(),
  build,
  since,
  until,
}));

/** The keywords of one release. */
export interface KeywordTable {
  /** In the order of `ssh -G`. */
  readonly keywords: readonly Keyword[];
  readonly aliases: readonly Alias[];
  readonly byName: ReadonlyMap<string, Keyword>;
}

const ignored: Form = { type: 'ignored' };
const tables = new Map<Release, KeywordTable>();

/** Those that a release knows. */
export function tableOf(release: Release): KeywordTable {
  const made = tables.get(release);
  if (made) return made;
  const there = ({ since, until }: { readonly since: Release | null; readonly until: Release | null }) =>
    isSince(release, since) && (until === null || compareReleases(release, until) < 0);
  const own = keywordRows.filter(there);
  const others = otherNames.filter(there);
  const byName = new Map(own.map((keyword) => [keyword.key, keyword]));
  for (const { key, means } of others) {
    const keyword = byName.get(means);
    if (keyword) byName.set(key, keyword);
  }
  const unused = isSince(release, '8.7') ? [] : ['skeyauthentication'];
  for (const key of [...Object.keys(withoutEffect), ...unused]) {
    if (!byName.has(key))
      byName.set(key, row(key, silent, ignored, null, { combine: 'none', printed: false }));
  }
  const table = { keywords: own, aliases: others, byName };
  if (tables.size < 100) tables.set(release, table);
  return table;
}

/** Why a line without effect has none, in words of a warning. */
export function idleness(key: string): 'silent' | 'deprecated' | 'unsupported' | undefined {
  return key === 'skeyauthentication' ? 'unsupported' : withoutEffect[key];
}

/** Those of 9.2, where no release is given. */
export const { keywords, aliases } = tableOf('9.2');

/** The keyword of a name in lower case, aliases too. */
export function keywordOf(name: string, release: Release = '9.2'): Keyword | undefined {
  return tableOf(release).byName.get(name);
}

/** Every name that a line may begin with, lower case. */
export function allNames(release: Release = '9.2'): readonly string[] {
  return [...tableOf(release).byName.keys()];
}

/** The option of ssh_config that is meant where people write its counterpart of sshd_config, lower case; null: none. */
export function meantByServerName(name: string): string | null {
  return keywordRows.find(({ ofServer }) => ofServer?.toLowerCase() === name)?.name ?? null;
}

/** The build of ssh that alone has a name, lower case, with the name as its manual writes it; null: every build, or none. */
export function buildWith(name: string): { readonly build: string; readonly name: string } | null {
  for (const row of [...keywordRows, ...otherNames]) {
    if (row.key === name && row.build !== null) return { build: row.build, name: row.name };
  }
  const foreign = foreignNames.find(([, names]) => names.some((each) => each.toLowerCase() === name));
  if (foreign === undefined) return null;
  const [build, names] = foreign;
  return { build, name: names.find((each) => each.toLowerCase() === name) ?? name };
}
