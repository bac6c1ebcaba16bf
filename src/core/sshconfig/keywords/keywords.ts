/**
 * Every keyword of ssh_config, and what the client does with it: OpenSSH 8.4 to 10.0 as in Debian (readconf.c,
 * ssh_config(5)), in the order in which `ssh -G` prints them. Debian's own: GSSAPI*, ProtocolKeepAlives, SetupTimeOut.
 */

import type { ForwardSide } from '../values/forward.js';
import type { AlgorithmKind } from './algorithms.js';
import { compareReleases, isSince, type Release } from './releases.js';
import { honoured, noted, refused, silent, type Treatment } from './treatments.js';

/** Word as written, lower case -> the word that `ssh -G` prints. */
export type Words = Readonly<Record<string, string>>;

/** What a value looks like. `values.ts` reads each. */
export type Form =
  | { readonly type: 'choice'; readonly words: Words }
  | { readonly type: 'algorithms'; readonly kind: AlgorithmKind }
  | { readonly type: 'forward'; readonly side: ForwardSide }
  | {
      readonly type:
        | 'text'
        | 'command'
        | 'time'
        | 'number'
        | 'port'
        | 'files'
        | 'verbose'
        | 'jump'
        | 'gssExchanges'
        | 'hash'
        | 'rekey'
        | 'escape'
        | 'mask'
        | 'qos'
        | 'tunnelDevice'
        | 'controlPersist'
        | 'addKeys'
        | 'agent'
        | 'forwardAgent'
        | 'sendEnv'
        | 'setEnv'
        | 'domains'
        | 'cnames'
        | 'remoteOpen'
        | 'keystrokes'
        | 'channelTimeout'
        | 'addendum'
        | 'facility'
        | 'level'
        | 'host'
        | 'match'
        | 'include'
        | 'ignored';
    };

/**
 * How several lines make one value. `first`: the first line in force wins. `each`: every line adds one, exact repetitions
 * do not count. `list`: the first line wins as a whole. `environment`: every line adds, and `-name` takes away. `leading`:
 * the first line wins even in a block that does not match. `trailing`: the last line wins, even there. `none`: it is no
 * value.
 */
export type Combination = 'first' | 'each' | 'list' | 'environment' | 'leading' | 'trailing' | 'none';

export interface Keyword {
  /** As ssh_config(5) spells it. */
  readonly name: string;
  /** Lower case: the name in files, in maps, and in what `ssh -G` prints. */
  readonly key: string;
  /** What `run` does with a line of it. */
  readonly run: Treatment;
  readonly form: Form;
  readonly combine: Combination;
  /** What `ssh -G` prints without a line; null: nothing. Some depend on others, see finish.ts. */
  readonly usual: string | null;
  /** Does `ssh -G` print it? */
  readonly printed: boolean;
  /** The release it came with, where that is after 8.4 (OpenSSH's release notes). */
  readonly since: Release | null;
  /** The release from which on another row has taken its place. */
  readonly until: Release | null;
}

/** A name that means another keyword. */
export interface Alias {
  readonly key: string;
  readonly means: string;
  readonly since: Release | null;
  readonly until: Release | null;
}

/** Keywords that are read and do nothing: `silent` and `deprecated` without a word, `unsupported` with a message. */
export const withoutEffect: Readonly<Record<string, 'silent' | 'deprecated' | 'unsupported'>> = {
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

const onOff = { yes: 'yes', true: 'yes', no: 'no', false: 'no' };
const trueFalse = { yes: 'true', true: 'true', no: 'false', false: 'false' };
const askable = { ...trueFalse, ask: 'ask' };
const strict = { ...askable, off: 'false', 'accept-new': 'accept-new' };
const families = { inet: 'inet', inet6: 'inet6', any: 'any' };
const tunnels = {
  ethernet: 'ethernet',
  'point-to-point': 'point-to-point',
  yes: 'point-to-point',
  true: 'point-to-point',
  no: 'false',
  false: 'false',
};

interface Extra {
  readonly combine?: Combination;
  readonly since?: Release;
  readonly until?: Release;
  readonly printed?: false;
}

const row = (name: string, run: Treatment, form: Form, usual: string | null, extra: Extra = {}): Keyword => ({
  name,
  key: name.toLowerCase(),
  run,
  form,
  combine: extra.combine ?? 'first',
  usual,
  printed: extra.printed ?? true,
  since: extra.since ?? null,
  until: extra.until ?? null,
});
const of = (words: Words): Form => ({ type: 'choice', words });
const flag = (name: string, run: Treatment, usual: 'yes' | 'no', extra?: Extra) =>
  row(name, run, of(onOff), usual, extra);
const number = (name: string, run: Treatment, usual: string, extra?: Extra) =>
  row(name, run, { type: 'number' }, usual, extra);
const text = (name: string, run: Treatment, usual: string | null = null, extra?: Extra) =>
  row(name, run, { type: 'text' }, usual, extra);
const algorithms = (name: string, run: Treatment, kind: AlgorithmKind, extra?: Extra) =>
  row(name, run, { type: 'algorithms', kind }, null, extra);
const forward = (name: string, side: ForwardSide) =>
  row(name, honoured, { type: 'forward', side }, null, { combine: 'each' });

/** Of all releases, in the order of `ssh -G`'s lines; those it does not print come last. */
const rows: readonly Keyword[] = [
  text('User', honoured),
  text('HostName', honoured),
  row('Port', honoured, { type: 'port' }, '22'),
  row('AddressFamily', honoured, of(families), 'any'),
  flag('BatchMode', honoured, 'no'),
  flag('CanonicalizeFallbackLocal', honoured, 'yes'),
  row('CanonicalizeHostname', honoured, of({ ...trueFalse, always: 'always' }), 'false'),
  flag('ChallengeResponseAuthentication', honoured, 'yes', { until: '8.7' }),
  flag('CheckHostIP', refused.checkHostIp, 'yes', { until: '8.5' }),
  flag('CheckHostIP', refused.checkHostIp, 'no', { since: '8.5' }),
  row('Compression', noted, of({ yes: 'yes', no: 'no' }), 'no'),
  row('ControlMaster', noted, of({ ...askable, auto: 'auto', autoask: 'autoask' }), 'false'),
  flag('EnableSSHKeysign', silent, 'no'),
  flag('ClearAllForwardings', honoured, 'no'),
  flag('ExitOnForwardFailure', honoured, 'no'),
  row('FingerprintHash', silent, { type: 'hash' }, 'SHA256'),
  flag('ForwardX11', silent, 'no'),
  flag('ForwardX11Trusted', silent, 'yes'),
  flag('GatewayPorts', honoured, 'no'),
  flag('GSSAPIAuthentication', silent, 'no'),
  flag('GSSAPIKeyExchange', silent, 'no'),
  flag('GSSAPIDelegateCredentials', silent, 'no'),
  flag('GSSAPITrustDns', silent, 'no'),
  flag('GSSAPIRenewalForcesRekey', silent, 'no'),
  text('GSSAPIClientIdentity', silent),
  text('GSSAPIServerIdentity', silent),
  row(
    'GSSAPIKexAlgorithms',
    silent,
    { type: 'gssExchanges' },
    'gss-group14-sha256-,gss-group16-sha512-,gss-nistp256-sha256-,gss-curve25519-sha256-,gss-group14-sha1-,gss-gex-sha1-',
  ),
  flag('HashKnownHosts', honoured, 'no'),
  flag('HostbasedAuthentication', noted, 'no'),
  flag('IdentitiesOnly', honoured, 'no'),
  flag('KbdInteractiveAuthentication', honoured, 'yes'),
  flag('NoHostAuthenticationForLocalhost', noted, 'no'),
  flag('PasswordAuthentication', honoured, 'yes'),
  flag('PermitLocalCommand', noted, 'no'),
  flag('ProxyUseFdpass', silent, 'no'),
  flag('PubkeyAuthentication', honoured, 'yes', { until: '8.9' }),
  row(
    'PubkeyAuthentication',
    honoured,
    of({ ...trueFalse, unbound: 'unbound', 'host-bound': 'host-bound' }),
    'true',
    {
      since: '8.9',
    },
  ),
  row('RequestTTY', silent, of({ ...trueFalse, force: 'force', auto: 'auto' }), 'auto'),
  row('SessionType', silent, of({ none: 'none', subsystem: 'subsystem', default: 'default' }), 'default', {
    since: '8.7',
  }),
  flag('StdinNull', silent, 'no', { since: '8.7' }),
  flag('ForkAfterAuthentication', honoured, 'no', { since: '8.7' }),
  flag('StreamLocalBindUnlink', honoured, 'no'),
  row('StrictHostKeyChecking', honoured, of(strict), 'ask'),
  flag('TCPKeepAlive', honoured, 'yes'),
  row('Tunnel', noted, of(tunnels), 'false'),
  row('VerifyHostKeyDNS', refused.verifyHostKeyDns, of(askable), 'false'),
  flag('VisualHostKey', silent, 'no'),
  row('UpdateHostKeys', silent, of(askable), 'true'),
  flag('EnableEscapeCommandline', silent, 'no', { since: '9.2' }),
  number('CanonicalizeMaxDots', honoured, '1'),
  number('ConnectionAttempts', silent, '1'),
  row('ForwardX11Timeout', silent, { type: 'time' }, '1200'),
  number('NumberOfPasswordPrompts', honoured, '3'),
  number('ServerAliveCountMax', honoured, '3'),
  row('ServerAliveInterval', honoured, { type: 'time' }, '0'),
  number('RequiredRSASize', honoured, '1024', { since: '9.1' }),
  row('ObscureKeystrokeTiming', silent, { type: 'keystrokes' }, 'yes', { since: '9.5' }),
  text('BindAddress', honoured),
  text('BindInterface', refused.bindInterface),
  algorithms('Ciphers', honoured, 'cipher'),
  text('ControlPath', silent),
  algorithms('HostKeyAlgorithms', honoured, 'key'),
  text('HostKeyAlias', honoured),
  algorithms('HostbasedKeyTypes', silent, 'key', { until: '8.5' }),
  algorithms('HostbasedAcceptedAlgorithms', silent, 'key', { since: '8.5' }),
  row('IdentityAgent', honoured, { type: 'agent' }, null),
  text('IgnoreUnknown', honoured),
  text('KbdInteractiveDevices', noted),
  algorithms('KexAlgorithms', honoured, 'kex'),
  // No certificate is accepted, whoever has signed it.
  algorithms('CASignatureAlgorithms', silent, 'signature'),
  row('LocalCommand', noted, { type: 'command' }, null),
  row('RemoteCommand', noted, { type: 'command' }, null),
  row('LogLevel', silent, { type: 'level' }, 'INFO'),
  algorithms('MACs', honoured, 'mac'),
  text('PKCS11Provider', noted),
  text('SecurityKeyProvider', noted, 'internal'),
  text('PreferredAuthentications', honoured),
  algorithms('PubkeyAcceptedKeyTypes', honoured, 'key', { until: '8.5' }),
  algorithms('PubkeyAcceptedAlgorithms', honoured, 'key', { since: '8.5' }),
  text('RevokedHostKeys', honoured),
  text('XAuthLocation', silent, '/usr/bin/xauth'),
  row('KnownHostsCommand', refused.knownHostsCommand, { type: 'command' }, null, { since: '8.5' }),
  text('Tag', honoured, null, { since: '9.4' }),
  row('VersionAddendum', noted, { type: 'addendum' }, null, { since: '10.0' }),
  forward('DynamicForward', 'dynamic'),
  forward('LocalForward', 'local'),
  forward('RemoteForward', 'remote'),
  text('IdentityFile', honoured, null, { combine: 'each' }),
  row('CanonicalDomains', honoured, { type: 'domains' }, '', { combine: 'list', until: '8.7' }),
  row('CanonicalDomains', honoured, { type: 'domains' }, 'none', { combine: 'list', since: '8.7' }),
  text('CertificateFile', noted, null, { combine: 'each' }),
  row(
    'GlobalKnownHostsFile',
    honoured,
    { type: 'files' },
    '/etc/ssh/ssh_known_hosts /etc/ssh/ssh_known_hosts2',
    {
      combine: 'list',
    },
  ),
  row('UserKnownHostsFile', honoured, { type: 'files' }, '~/.ssh/known_hosts ~/.ssh/known_hosts2', {
    combine: 'list',
  }),
  row('SendEnv', silent, { type: 'sendEnv' }, null, { combine: 'environment' }),
  row('SetEnv', silent, { type: 'setEnv' }, null, { combine: 'list' }),
  row('LogVerbose', silent, { type: 'verbose' }, 'none', { combine: 'list', since: '8.5' }),
  row('ChannelTimeout', refused.channelTimeout, { type: 'channelTimeout' }, 'none', {
    combine: 'list',
    since: '9.6',
  }),
  row('PermitRemoteOpen', honoured, { type: 'remoteOpen' }, 'any', { combine: 'list', since: '8.5' }),
  row('AddKeysToAgent', noted, { type: 'addKeys' }, 'false'),
  row('ForwardAgent', silent, { type: 'forwardAgent' }, 'no'),
  row('ConnectTimeout', honoured, { type: 'time' }, 'none'),
  row('TunnelDevice', silent, { type: 'tunnelDevice' }, 'any:any'),
  row('CanonicalizePermittedCNAMEs', honoured, { type: 'cnames' }, null, { combine: 'list', until: '8.7' }),
  row('CanonicalizePermittedCNAMEs', honoured, { type: 'cnames' }, 'none', { combine: 'list', since: '8.7' }),
  row('ControlPersist', silent, { type: 'controlPersist' }, 'no'),
  row('EscapeChar', silent, { type: 'escape' }, '~'),
  row('IPQoS', noted, { type: 'qos' }, 'lowdelay throughput'),
  // It bounds the life of a session key and forbids nothing to anybody; sshd renews keys by itself.
  row('RekeyLimit', noted, { type: 'rekey' }, '0 0'),
  row('StreamLocalBindMask', honoured, { type: 'mask' }, '0177', { combine: 'trailing' }),
  row('SyslogFacility', silent, { type: 'facility' }, 'USER', { combine: 'leading' }),
  row('ProxyCommand', honoured, { type: 'command' }, null),
  row('ProxyJump', honoured, { type: 'jump' }, null),
  row('Host', honoured, { type: 'host' }, null, { combine: 'none', printed: false }),
  row('Match', honoured, { type: 'match' }, null, { combine: 'none', printed: false }),
  row('Include', honoured, { type: 'include' }, null, { combine: 'none', printed: false }),
];

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
    ['ProtocolKeepAlives', 'ServerAliveInterval'],
    ['SetupTimeOut', 'ServerAliveInterval', null, '10.0'],
    ['SetupTimeOut', 'ConnectTimeout', '10.0'],
  ] as const
).map(([name, means, since = null, until = null]) => ({
  key: name.toLowerCase(),
  means: means.toLowerCase(),
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
  const own = rows.filter(there);
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

/** Those of 9.2, where nobody names a release. */
export const { keywords, aliases } = tableOf('9.2');

/** The keyword of a name in lower case, aliases too. */
export function keywordOf(name: string, release: Release = '9.2'): Keyword | undefined {
  return tableOf(release).byName.get(name);
}

/** Every name that a line may begin with, lower case. */
export function allNames(release: Release = '9.2'): readonly string[] {
  return [...tableOf(release).byName.keys()];
}
