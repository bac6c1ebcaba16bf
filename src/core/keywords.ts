/**
 * What holdfast does with each keyword of ssh_config(5). Keys are lower case, as keywords have no case.
 * - `honoured`: it means what it means in ssh.
 * - `silent`: without meaning for forwards alone (sessions, terminals, words on the screen), or already done when the files
 *   are read, or a default of distributions that nobody chose.
 * Every other keyword that is set to something else than ssh's default is named in one note.
 */
export const honoured: Readonly<Record<string, string>> = keyed([
  'AddressFamily',
  'BatchMode',
  'BindAddress',
  'ClearAllForwardings',
  'ConnectTimeout',
  'DynamicForward',
  'ExitOnForwardFailure',
  'ForkAfterAuthentication',
  'GatewayPorts',
  'GlobalKnownHostsFile',
  'HashKnownHosts',
  'HostKeyAlias',
  'HostName',
  'IdentitiesOnly',
  'IdentityAgent',
  'IdentityFile',
  'LocalForward',
  'NumberOfPasswordPrompts',
  'Port',
  'ProxyCommand',
  'ProxyJump',
  'RemoteForward',
  'ServerAliveCountMax',
  'ServerAliveInterval',
  'StrictHostKeyChecking',
  'TCPKeepAlive',
  'User',
  'UserKnownHostsFile',
]);

export const silent: Readonly<Record<string, string>> = keyed([
  'CanonicalDomains',
  'CanonicalizeFallbackLocal',
  'CanonicalizeHostname',
  'CanonicalizeMaxDots',
  'CanonicalizePermittedCNAMEs',
  'CheckHostIP',
  'ConnectionAttempts',
  'ControlPath',
  'ControlPersist',
  'EnableEscapeCommandline',
  'EscapeChar',
  'FingerprintHash',
  'ForwardAgent',
  'ForwardX11',
  'ForwardX11Timeout',
  'ForwardX11Trusted',
  'GSSAPIAuthentication',
  'GSSAPIDelegateCredentials',
  'GSSAPIKeyExchange',
  'GSSAPIRenewalForcesRekey',
  'GSSAPITrustDns',
  'Host',
  'IgnoreUnknown',
  'LogLevel',
  'LogVerbose',
  'ObscureKeystrokeTiming',
  'Protocol',
  'ProxyUseFdpass',
  'RequestTTY',
  'SendEnv',
  'SessionType',
  'SetEnv',
  'StdinNull',
  'SyslogFacility',
  'Tag',
  'UpdateHostKeys',
  'VisualHostKey',
  'WarnWeakCrypto',
  'XAuthLocation',
]);

function keyed(names: readonly string[]): Readonly<Record<string, string>> {
  return Object.fromEntries(names.map((name) => [name.toLowerCase(), name]));
}
