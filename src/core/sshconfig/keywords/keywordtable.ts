/**
 * Every keyword of ssh_config, and what the client does with it: OpenSSH 8.4 to 10.0 as in Debian (readconf.c,
 * ssh_config(5)), in the order in which `ssh -G` prints them. Debian's own: GSSAPI*, ProtocolKeepAlives, SetupTimeOut.
 */
import type { ForwardSide } from '../values/forward.js';
import type { AlgorithmKind } from './algorithmlists.js';
import { type Form, type Keyword, takesOf, type Words } from './keyword.js';
import { honoured, noted, refused, silent, type Treatment } from './treatments.js';

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

/** The columns that most rows leave out. */
type Extra = Partial<
  Pick<Keyword, 'combine' | 'since' | 'until' | 'printed' | 'clearedByNone' | 'assembled' | 'feeds'>
> &
  Partial<Pick<Keyword, 'takes' | 'clears' | 'affects' | 'refusedWith' | 'rival' | 'ofServer' | 'build'>>;

export const row = (
  name: string,
  run: Treatment,
  form: Form,
  usual: string | null,
  { combine = 'first', feeds = null, ...extra }: Extra = {},
): Keyword => ({
  name,
  key: name.toLowerCase(),
  run,
  form,
  combine,
  usual,
  printed: true,
  takes: takesOf(form),
  twofold: form.type === 'forwardAgent' || form.type === 'rekey',
  clearedByNone: false,
  assembled: 0,
  feeds,
  beyondBlocks: combine === 'leading' || combine === 'trailing' || feeds === 'names',
  rival: null,
  clears: [],
  affects: [],
  refusedWith: [],
  ofServer: null,
  build: null,
  since: null,
  until: null,
  ...extra,
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
const forward = (name: string, side: ForwardSide, extra?: Extra) =>
  row(name, honoured, { type: 'forward', side }, null, {
    combine: 'each',
    takes: side === 'dynamic' ? 'one' : 'pair',
    ...extra,
  });
const command = (name: string, run: Treatment, extra?: Extra) =>
  row(name, run, { type: 'command' }, null, { clearedByNone: true, ...extra });

const feedsHeaders: Extra = { feeds: 'headers' };
const feedsCanonical: Extra = { feeds: 'canonical' };
/** Without a line of its own, UpdateHostKeys hangs on it; with `ask` in one, too. */
const affectsHostKeys: Extra = { affects: ['updatehostkeys'] };
const gssPatch: Extra = { build: 'ssh with the GSSAPI key exchange patch (Debian, Fedora)' };

/** Of all releases, in the order of `ssh -G`'s lines; those it does not print come last. */
export const keywordRows: readonly Keyword[] = [
  text('User', honoured, null, feedsHeaders),
  text('HostName', honoured, null, feedsHeaders),
  row('Port', honoured, { type: 'port' }, '22', feedsHeaders),
  row('AddressFamily', honoured, of(families), 'any', feedsHeaders),
  // Debian's 300 s.
  flag('BatchMode', honoured, 'no', { affects: ['serveraliveinterval'] }),
  flag('CanonicalizeFallbackLocal', honoured, 'yes', feedsCanonical),
  row('CanonicalizeHostname', honoured, of({ ...trueFalse, always: 'always' }), 'false', feedsCanonical),
  flag('ChallengeResponseAuthentication', honoured, 'yes', { until: '8.7' }),
  flag('CheckHostIP', refused.checkHostIp, 'yes', { until: '8.5' }),
  flag('CheckHostIP', refused.checkHostIp, 'no', { since: '8.5' }),
  row('Compression', noted, of({ yes: 'yes', no: 'no' }), 'no'),
  row('ControlMaster', noted, of({ ...askable, auto: 'auto', autoask: 'autoask' }), 'false'),
  flag('EnableSSHKeysign', silent, 'no'),
  flag('ClearAllForwardings', honoured, 'no', {
    clears: ['localforward', 'remoteforward', 'dynamicforward', 'tunnel'],
  }),
  flag('ExitOnForwardFailure', honoured, 'no', { refusedWith: ['forwardagent'] }),
  row('FingerprintHash', silent, { type: 'hash' }, 'SHA256'),
  flag('ForwardX11', silent, 'no'),
  flag('ForwardX11Trusted', silent, 'yes'),
  flag('GatewayPorts', honoured, 'no', { affects: ['localforward', 'dynamicforward'] }),
  flag('GSSAPIAuthentication', silent, 'no'),
  flag('GSSAPIKeyExchange', silent, 'no', gssPatch),
  flag('GSSAPIDelegateCredentials', silent, 'no'),
  flag('GSSAPITrustDns', silent, 'no', gssPatch),
  flag('GSSAPIRenewalForcesRekey', silent, 'no', gssPatch),
  text('GSSAPIClientIdentity', silent, null, gssPatch),
  text('GSSAPIServerIdentity', silent, null, gssPatch),
  row(
    'GSSAPIKexAlgorithms',
    silent,
    { type: 'gssExchanges' },
    'gss-group14-sha256-,gss-group16-sha512-,gss-nistp256-sha256-,gss-curve25519-sha256-,gss-group14-sha1-,gss-gex-sha1-',
    gssPatch,
  ),
  flag('HashKnownHosts', honoured, 'no'),
  flag('HostbasedAuthentication', noted, 'no'),
  flag('IdentitiesOnly', honoured, 'no'),
  flag('KbdInteractiveAuthentication', honoured, 'yes'),
  flag('NoHostAuthenticationForLocalhost', noted, 'no'),
  flag('PasswordAuthentication', honoured, 'yes'),
  flag('PermitLocalCommand', noted, 'no'),
  flag('ProxyUseFdpass', silent, 'no', { refusedWith: ['proxycommand'] }),
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
  row('RequestTTY', silent, of({ ...trueFalse, force: 'force', auto: 'auto' }), 'auto', affectsHostKeys),
  row('SessionType', silent, of({ none: 'none', subsystem: 'subsystem', default: 'default' }), 'default', {
    since: '8.7',
    feeds: 'headers',
  }),
  flag('StdinNull', silent, 'no', { since: '8.7' }),
  flag('ForkAfterAuthentication', honoured, 'no', {
    since: '8.7',
    refusedWith: ['sessiontype', 'remotecommand'],
  }),
  flag('StreamLocalBindUnlink', honoured, 'no'),
  row('StrictHostKeyChecking', honoured, of(strict), 'ask'),
  flag('TCPKeepAlive', honoured, 'yes'),
  row('Tunnel', noted, of(tunnels), 'false'),
  row('VerifyHostKeyDNS', refused.verifyHostKeyDns, of(askable), 'false', affectsHostKeys),
  flag('VisualHostKey', silent, 'no'),
  row('UpdateHostKeys', silent, of(askable), 'true'),
  flag('EnableEscapeCommandline', silent, 'no', { since: '9.2' }),
  number('CanonicalizeMaxDots', honoured, '1', feedsCanonical),
  number('ConnectionAttempts', silent, '1'),
  row('ForwardX11Timeout', silent, { type: 'time' }, '1200'),
  number('NumberOfPasswordPrompts', honoured, '3'),
  number('ServerAliveCountMax', honoured, '3', { ofServer: 'ClientAliveCountMax' }),
  row('ServerAliveInterval', honoured, { type: 'time' }, '0', { ofServer: 'ClientAliveInterval' }),
  number('RequiredRSASize', honoured, '1024', { since: '9.1' }),
  row('ObscureKeystrokeTiming', silent, { type: 'keystrokes' }, 'yes', { since: '9.5' }),
  text('BindAddress', honoured),
  text('BindInterface', refused.bindInterface),
  algorithms('Ciphers', honoured, 'cipher', { assembled: 1 }),
  text('ControlPath', silent, null, { clearedByNone: true, affects: ['updatehostkeys'] }),
  algorithms('HostKeyAlgorithms', honoured, 'key'),
  text('HostKeyAlias', honoured, null, feedsHeaders),
  algorithms('HostbasedKeyTypes', silent, 'key', { until: '8.5', assembled: 4 }),
  algorithms('HostbasedAcceptedAlgorithms', silent, 'key', { since: '8.5', assembled: 4 }),
  row('IdentityAgent', honoured, { type: 'agent' }, null),
  text('IgnoreUnknown', honoured, null, { feeds: 'names' }),
  text('KbdInteractiveDevices', noted),
  algorithms('KexAlgorithms', honoured, 'kex', { assembled: 3 }),
  // No certificate is accepted, whichever CA has signed it.
  algorithms('CASignatureAlgorithms', silent, 'signature', { assembled: 6 }),
  command('LocalCommand', noted),
  command('RemoteCommand', noted, affectsHostKeys),
  row('LogLevel', silent, { type: 'level' }, 'INFO', affectsHostKeys),
  algorithms('MACs', honoured, 'mac', { assembled: 2 }),
  text('PKCS11Provider', noted, null, { clearedByNone: true }),
  text('SecurityKeyProvider', noted, 'internal', { clearedByNone: true }),
  text('PreferredAuthentications', honoured),
  algorithms('PubkeyAcceptedKeyTypes', honoured, 'key', { until: '8.5', assembled: 5 }),
  algorithms('PubkeyAcceptedAlgorithms', honoured, 'key', { since: '8.5', assembled: 5 }),
  text('RevokedHostKeys', honoured, null, { clearedByNone: true }),
  text('XAuthLocation', silent, '/usr/bin/xauth'),
  command('KnownHostsCommand', refused.knownHostsCommand, { since: '8.5' }),
  text('Tag', honoured, null, { since: '9.4', feeds: 'headers' }),
  row('VersionAddendum', noted, { type: 'addendum' }, null, { since: '10.0' }),
  // The two are kept in one list.
  forward('DynamicForward', 'dynamic', { affects: ['localforward'] }),
  forward('LocalForward', 'local', { affects: ['dynamicforward'] }),
  forward('RemoteForward', 'remote'),
  text('IdentityFile', honoured, null, { combine: 'each' }),
  row('CanonicalDomains', honoured, { type: 'domains' }, '', {
    combine: 'list',
    until: '8.7',
    feeds: 'canonical',
  }),
  row('CanonicalDomains', honoured, { type: 'domains' }, 'none', {
    combine: 'list',
    since: '8.7',
    feeds: 'canonical',
  }),
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
    affects: ['updatehostkeys'],
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
  row('TunnelDevice', silent, { type: 'tunnelDevice' }, 'any:any', { combine: 'last', until: '8.7' }),
  row('TunnelDevice', silent, { type: 'tunnelDevice' }, 'any:any', { since: '8.7' }),
  row('CanonicalizePermittedCNAMEs', honoured, { type: 'cnames' }, null, {
    combine: 'list',
    until: '8.7',
    feeds: 'canonical',
  }),
  row('CanonicalizePermittedCNAMEs', honoured, { type: 'cnames' }, 'none', {
    combine: 'list',
    since: '8.7',
    feeds: 'canonical',
  }),
  row('ControlPersist', silent, { type: 'controlPersist' }, 'no', affectsHostKeys),
  row('EscapeChar', silent, { type: 'escape' }, '~'),
  row('IPQoS', noted, { type: 'qos' }, 'lowdelay throughput', { combine: 'last', until: '8.7' }),
  row('IPQoS', noted, { type: 'qos' }, 'lowdelay throughput', { since: '8.7' }),
  // It bounds the life of a session key and forbids no user anything; sshd renews keys by itself.
  row('RekeyLimit', noted, { type: 'rekey' }, '0 0'),
  row('StreamLocalBindMask', honoured, { type: 'mask' }, '0177', { combine: 'trailing' }),
  row('SyslogFacility', silent, { type: 'facility' }, 'USER', { combine: 'leading' }),
  command('ProxyCommand', honoured, { feeds: 'headers', rival: 'proxyjump' }),
  row('ProxyJump', honoured, { type: 'jump' }, null, {
    feeds: 'headers',
    rival: 'proxycommand',
    clearedByNone: true,
    affects: ['proxyusefdpass'],
    // A host would jump through itself.
    refusedWith: ['hostname', 'user', 'port'],
  }),
  row('Host', honoured, { type: 'host' }, null, { combine: 'none', printed: false }),
  row('Match', honoured, { type: 'match' }, null, { combine: 'none', printed: false }),
  row('Include', honoured, { type: 'include' }, null, { combine: 'none', printed: false }),
];
