/**
 * Every keyword of sshd_config, and what the server does with it: OpenSSH 9.2 as in Debian (servconf.c, sshd_config(5)),
 * in the order in which `sshd -T` prints them. Debian's own: GSSAPIKeyExchange and its like, DebianBanner.
 */
import type { AlgorithmKind } from '../keywords/algorithms.js';
import { type KeywordRow, type SharedForm, takesOf, type Words } from '../keywords/keyword.js';
import type { Release } from '../keywords/releases.js';
import type { Warning } from '../resolve/resolvedconfig.js';

/** What a value looks like. `values.ts` reads each. */
export type ServerForm =
  | { readonly type: 'choice'; readonly words: Words; readonly exact: boolean }
  | { readonly type: 'algorithms'; readonly kind: AlgorithmKind }
  | {
      readonly type:
        | SharedForm
        | 'path'
        | 'provider'
        | 'principalsFile'
        | 'idle'
        | 'listen'
        | 'raw'
        | 'userEnvironment'
        | 'users'
        | 'groups'
        | 'keyFiles'
        | 'keyOptions'
        | 'methods'
        | 'opens'
        | 'listens'
        | 'subsystem'
        | 'startups'
        | 'perSource'
        | 'netBlock'
        | 'domain';
    };

/**
 * How several lines make one value. `first`: the first line in force wins. `last`: the last one. `each`: every line adds
 * to the list, repetitions too. `list`: the first line with a word in it wins as a whole. `none`: it is no value.
 */
export type ServerCombination = 'first' | 'last' | 'each' | 'list' | 'none';

export interface ServerKeyword extends KeywordRow<ServerForm, ServerCombination> {
  /** May it stand in a Match block? Then a block that matches overrides the global lines. */
  readonly inMatch: boolean;
  /** The release since which it may, where that is after 9.2. */
  readonly inMatchSince: Release | null;
  /** The release since which it has this name (release notes). */
  readonly namedSince: Release | null;
  /** Do several lines of it make one value, or does a word of it take back what a line before has said? */
  readonly merges: boolean;
  /** The key that sshd looks at to see whether a line of it comes first; null: its own. */
  readonly secondTo: string | null;
  /** Words that `sshd -T` prints by an old name, each with the one that people write. */
  readonly today: Words;
  /** Which of two values lets less happen; null: it depends. */
  readonly strict: Strictness | null;
}

/**
 * Words from the strictest on, those of one place with a blank between them; `less`, `more`: the smaller or the greater
 * number is the stricter one; `any`: no value restricts a user.
 */
export type Strictness = readonly string[] | 'less' | 'more' | 'any';

/** The columns that most rows leave out. */
interface Extra
  extends Partial<
    Pick<
      ServerKeyword,
      'combine' | 'printed' | 'strict' | 'today' | 'since' | 'namedSince' | 'inMatchSince' | 'secondTo'
    >
  > {
  /** Not in a Match block. */
  readonly global?: boolean;
  readonly clearedByNone?: boolean;
}

const row = (
  name: string,
  form: ServerForm,
  usual: string | null,
  { global = false, ...extra }: Extra = {},
): ServerKeyword => ({
  name,
  key: name.toLowerCase(),
  form,
  combine: 'first',
  usual,
  printed: true,
  inMatch: !global,
  inMatchSince: null,
  since: null,
  namedSince: null,
  takes: takesOf(form),
  merges: form.type === 'startups' || form.type === 'idle' || form.type === 'userEnvironment',
  secondTo: null,
  clearedByNone: false,
  strict: null,
  today: {},
  ...extra,
});

const of = (words: Words, exact = false): ServerForm => ({ type: 'choice', words, exact });
const same = (...words: readonly string[]): Words => Object.fromEntries(words.map((word) => [word, word]));
const onOff = of(same('yes', 'no'));
const forwarding = of({ yes: 'yes', all: 'yes', no: 'no', remote: 'remote', local: 'local' });

const global: Extra = { global: true };
const flag = (name: string, usual: 'yes' | 'no', extra?: Extra) => row(name, onOff, usual, extra);
/** A flag whose yes lets something happen, and one whose yes forbids it. */
const permits = (name: string, usual: 'yes' | 'no', extra?: Extra) =>
  flag(name, usual, { ...extra, strict: ['no', 'yes'] });
const guards = (name: string, usual: 'yes' | 'no', extra?: Extra) =>
  flag(name, usual, { ...extra, strict: ['yes', 'no'] });
const number = (name: string, usual: string, strict: Strictness, extra?: Extra) =>
  row(name, { type: 'number' }, usual, { strict, ...extra });
const path = (name: string, usual: string | null = 'none', extra?: Extra) =>
  row(name, { type: 'path' }, usual, extra);
const harmless: Extra = { strict: 'any' };
const algorithms = (name: string, kind: AlgorithmKind, extra?: Extra) =>
  row(name, { type: 'algorithms', kind }, null, extra);

/** In the order of the lines of `sshd -T`; those it does not print come last. */
export const serverKeywords: readonly ServerKeyword[] = [
  row('Port', { type: 'port' }, '22', { global: true, combine: 'each' }),
  row('AddressFamily', of(same('inet', 'inet6', 'any')), 'any', global),
  row('ListenAddress', { type: 'listen' }, null, { global: true, combine: 'each' }),
  flag('UsePAM', 'no', global),
  row('LoginGraceTime', { type: 'time' }, '120', global),
  number('X11DisplayOffset', '10', 'any'),
  number('MaxAuthTries', '6', 'less'),
  number('MaxSessions', '10', 'less'),
  row('ClientAliveInterval', { type: 'time' }, '0', harmless),
  number('ClientAliveCountMax', '3', 'any'),
  number('RequiredRSASize', '1024', 'more', { since: '9.1' }),
  row('StreamLocalBindMask', { type: 'mask' }, '0177', { combine: 'last' }),
  row('UnusedConnectionTimeout', { type: 'idle' }, 'none', { since: '9.2' }),
  row(
    'PermitRootLogin',
    of({
      'without-password': 'without-password',
      'prohibit-password': 'without-password',
      'forced-commands-only': 'forced-commands-only',
      yes: 'yes',
      no: 'no',
    }),
    'without-password',
    {
      strict: ['no', 'forced-commands-only', 'without-password', 'yes'],
      today: { 'without-password': 'prohibit-password' },
    },
  ),
  row('IgnoreRhosts', of(same('yes', 'no', 'shosts-only')), 'yes', {
    strict: ['yes', 'shosts-only', 'no'],
  }),
  guards('IgnoreUserKnownHosts', 'no', global),
  permits('HostbasedAuthentication', 'no'),
  permits('HostbasedUsesNameFromPacketOnly', 'no'),
  permits('PubkeyAuthentication', 'yes'),
  permits('KerberosAuthentication', 'no'),
  permits('KerberosOrLocalPasswd', 'yes', global),
  guards('KerberosTicketCleanup', 'yes', global),
  permits('GSSAPIAuthentication', 'no'),
  guards('GSSAPICleanupCredentials', 'yes', global),
  permits('GSSAPIKeyExchange', 'no', global),
  guards('GSSAPIStrictAcceptorCheck', 'yes', global),
  flag('GSSAPIStoreCredentialsOnRekey', 'no', global),
  row(
    'GSSAPIKexAlgorithms',
    { type: 'gssExchanges' },
    'gss-group14-sha256-,gss-group16-sha512-,gss-nistp256-sha256-,gss-curve25519-sha256-,gss-group14-sha1-,gss-gex-sha1-',
    global,
  ),
  permits('PasswordAuthentication', 'yes'),
  permits('KbdInteractiveAuthentication', 'yes', { namedSince: '8.7' }),
  flag('PrintMotd', 'yes', { ...global, ...harmless }),
  flag('PrintLastLog', 'yes', { ...global, ...harmless }),
  permits('X11Forwarding', 'no'),
  guards('X11UseLocalhost', 'yes'),
  permits('PermitTTY', 'yes'),
  permits('PermitUserRC', 'yes'),
  guards('StrictModes', 'yes', global),
  flag('TCPKeepAlive', 'yes', { ...global, ...harmless }),
  permits('PermitEmptyPasswords', 'no'),
  row('Compression', of({ yes: 'yes', delayed: 'yes', no: 'no' }), 'yes', { ...global, ...harmless }),
  row('GatewayPorts', of(same('clientspecified', 'yes', 'no')), 'no', {
    strict: ['no', 'clientspecified', 'yes'],
  }),
  flag('UseDNS', 'no', global),
  row('AllowTcpForwarding', forwarding, 'yes', { strict: ['no', 'local remote', 'yes'] }),
  permits('AllowAgentForwarding', 'yes'),
  guards('DisableForwarding', 'no'),
  row('AllowStreamLocalForwarding', forwarding, 'yes', { strict: ['no', 'local remote', 'yes'] }),
  flag('StreamLocalBindUnlink', 'no'),
  row('FingerprintHash', { type: 'hash' }, 'SHA256', { global: true, combine: 'last', ...harmless }),
  flag('ExposeAuthInfo', 'no'),
  path('PidFile', '/run/sshd.pid', global),
  path('ModuliFile', '/etc/ssh/moduli', { ...global, since: '8.5' }),
  path('XAuthLocation', '/usr/bin/xauth', global),
  algorithms('Ciphers', 'cipher', global),
  algorithms('MACs', 'mac', global),
  path('Banner', 'none', harmless),
  row('ForceCommand', { type: 'raw' }, 'none', { clearedByNone: true }),
  row('ChrootDirectory', { type: 'text' }, 'none', { clearedByNone: true }),
  path('TrustedUserCAKeys'),
  path('RevokedKeys'),
  row('SecurityKeyProvider', { type: 'provider' }, 'internal', { ...global, since: '8.2' }),
  row('AuthorizedPrincipalsFile', { type: 'principalsFile' }, 'none'),
  row('VersionAddendum', { type: 'addendum' }, 'none', global),
  row('AuthorizedKeysCommand', { type: 'command' }, 'none'),
  row('AuthorizedKeysCommandUser', { type: 'text' }, 'none'),
  // sshd 9.2 looks at AuthorizedKeysCommand, whichever of the two commands the line is about.
  row('AuthorizedPrincipalsCommand', { type: 'command' }, 'none', { secondTo: 'authorizedkeyscommand' }),
  row('AuthorizedPrincipalsCommandUser', { type: 'text' }, 'none'),
  row('HostKeyAgent', { type: 'agent' }, 'none', global),
  algorithms('KexAlgorithms', 'kex', global),
  algorithms('CASignatureAlgorithms', 'signature'),
  algorithms('HostbasedAcceptedAlgorithms', 'key', { since: '8.5' }),
  algorithms('HostKeyAlgorithms', 'key', global),
  algorithms('PubkeyAcceptedAlgorithms', 'key', { since: '8.5' }),
  row('LogLevel', { type: 'level' }, 'INFO', harmless),
  row('SyslogFacility', { type: 'facility' }, 'AUTH', { ...global, ...harmless }),
  row('AuthorizedKeysFile', { type: 'keyFiles' }, '.ssh/authorized_keys .ssh/authorized_keys2', {
    combine: 'list',
  }),
  path('HostKey', null, { global: true, combine: 'each' }),
  path('HostCertificate', null, { global: true, combine: 'each' }),
  row('AllowUsers', { type: 'users' }, null, { combine: 'each' }),
  row('DenyUsers', { type: 'users' }, null, { combine: 'each' }),
  row('AllowGroups', { type: 'groups' }, null, { combine: 'each' }),
  row('DenyGroups', { type: 'groups' }, null, { combine: 'each' }),
  row('AcceptEnv', { type: 'sendEnv' }, null, { combine: 'each' }),
  row('SetEnv', { type: 'setEnv' }, null, { combine: 'list' }),
  row('AuthenticationMethods', { type: 'methods' }, 'any', { combine: 'list' }),
  row('LogVerbose', { type: 'verbose' }, null, { combine: 'list', since: '8.5' }),
  row('ChannelTimeout', { type: 'channelTimeout' }, null, { combine: 'list', since: '9.2' }),
  row('Subsystem', { type: 'subsystem' }, null, { global: true, inMatchSince: '9.5', combine: 'each' }),
  row('MaxStartups', { type: 'startups' }, '10:30:100', { global: true, combine: 'last' }),
  row('PerSourceMaxStartups', { type: 'perSource' }, 'none', { global: true, combine: 'last', since: '8.5' }),
  row('PerSourceNetBlockSize', { type: 'netBlock' }, '32:128', {
    global: true,
    combine: 'last',
    since: '8.5',
  }),
  row('PermitTunnel', of(same('no', 'point-to-point', 'ethernet', 'yes'), true), 'no', {
    strict: ['no', 'point-to-point ethernet', 'yes'],
  }),
  row('IPQoS', { type: 'qos' }, 'lowdelay throughput', { combine: 'last', ...harmless }),
  row('RekeyLimit', { type: 'rekey' }, '0 0'),
  row('PermitOpen', { type: 'opens' }, 'any', { combine: 'list' }),
  row('PermitListen', { type: 'listens' }, 'any', { combine: 'list' }),
  row('PermitUserEnvironment', { type: 'userEnvironment' }, 'no', global),
  row('PubkeyAuthOptions', { type: 'keyOptions' }, 'none', { since: '8.2' }),
  flag('DebianBanner', 'yes', { global: true, printed: false }),
  row('RDomain', { type: 'domain' }, null, { printed: false }),
  row('Match', { type: 'match' }, null, { combine: 'none', printed: false }),
  row('Include', { type: 'include' }, null, { combine: 'none', printed: false, since: '8.2' }),
];

/** Options of releases whose sshd is not known, with the first release that has them (release notes). */
export const laterServerNames: Readonly<Record<string, Release>> = {
  persourcepenalties: '9.8',
  persourcepenaltyexemptlist: '9.8',
  pamservicename: '9.8',
  sshdsessionpath: '9.8',
  refuseconnection: '9.9',
  sshdauthpath: '10.0',
};

/** Other names (the table of servconf.c), with `inMatch` of their own: one differs from its keyword there. */
const aliases: readonly (readonly [name: string, means: string, inMatch?: false])[] = [
  ['HostDSAKey', 'HostKey'],
  ['HostbasedAcceptedKeyTypes', 'HostbasedAcceptedAlgorithms'],
  ['PubkeyAcceptedKeyTypes', 'PubkeyAcceptedAlgorithms'],
  ['DSAAuthentication', 'PubkeyAuthentication', false],
  ['GSSAPICleanupCreds', 'GSSAPICleanupCredentials'],
  ['ChallengeResponseAuthentication', 'KbdInteractiveAuthentication'],
  ['SkeyAuthentication', 'KbdInteractiveAuthentication'],
  ['KeepAlive', 'TCPKeepAlive'],
];

/** Keywords that are read and do nothing; the second list is those that may stand in a Match block. */
const idle: Readonly<Record<Exclude<Warning['why'], 'ignored unknown'>, readonly [string, string]>> = {
  silent: ['Protocol', ''],
  deprecated: [
    'PAMAuthenticationViaKbdInt ServerKeyBits KeyRegenerationInterval RhostsAuthentication CheckMail ' +
      'PermitBlacklistedKeys UseLogin VerifyReverseMapping ReverseMappingCheck UsePrivilegeSeparation',
    'RhostsRSAAuthentication RSAAuthentication AuthorizedKeysFile2',
  ],
  unsupported: [
    'KerberosGetAFSToken KerberosTgtPassing AFSTokenPassing GSSUseSessionCCache GSSAPIUseSessionCredCache',
    '',
  ],
};

/** Why a keyword does nothing, by its key. */
export const serverWithoutEffect = new Map<string, Warning['why']>();

const byName = new Map<string, ServerKeyword>();
for (const keyword of serverKeywords) byName.set(keyword.key, keyword);
for (const [name, means, inMatch = true] of aliases) {
  const keyword = byName.get(means.toLowerCase());
  if (keyword) byName.set(name.toLowerCase(), { ...keyword, inMatch: keyword.inMatch && inMatch });
}
for (const why of ['silent', 'deprecated', 'unsupported'] as const) {
  for (const [at, names] of idle[why].entries()) {
    for (const name of names.split(' ').filter((each) => each !== '')) {
      const extra = { combine: 'none', printed: false, global: at === 0 } as const;
      byName.set(name.toLowerCase(), row(name, { type: 'ignored' }, null, extra));
      serverWithoutEffect.set(name.toLowerCase(), why);
    }
  }
}

/** The keyword of a name in lower case; an alias gives the keyword that it means. */
export function serverKeywordOf(name: string): ServerKeyword | undefined {
  return byName.get(name);
}

/** Every name that sshd accepts, lower case. */
export function serverNames(): Iterable<string> {
  return byName.keys();
}

/** A value that `sshd -T` prints, as people write it. */
export function asWritten({ today }: ServerKeyword, printed: string): string {
  return today[printed] ?? printed;
}
