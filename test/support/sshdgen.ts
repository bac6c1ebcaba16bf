/** Trees of sshd_config as nobody writes them: every keyword, criterion and way to combine, and one in five refused. */
import fc from 'fast-check';

/** One tree of files and one question about it. Texts are latin1; `@D@` is the folder, the main file is `main`. */
export interface ServerCase {
  files: Record<string, string>;
  user: string | undefined;
  host: string | undefined;
  addr: string | undefined;
  laddr: string | undefined;
  lport: number | undefined;
}

/** The accounts that both sides see, besides root and sshd. */
export const people = {
  passwd: [
    'alice:x:64010:64110::/home/alice:/bin/sh',
    'bob:x:64011:64111::/home/bob:/bin/sh',
    'carol:x:64012:64110::/home/carol:/bin/sh',
  ],
  group: ['staff2:x:64110:bob', 'plain:x:64111:', 'admins:x:64112:alice,carol', 'ops:x:64113:carol'],
};

const users = ['alice', 'bob', 'carol', 'nobody-here', 'root'];
const names = ['web.example.org', 'WEB.example.org', 'gate', 'x'];
const addresses = ['10.0.0.1', '10.1.2.3', '192.168.7.9', '::1', 'fe80::1', '2001:db8::5', 'junk'];
const ports = [22, 2222, 443];

const pick = <T>(...of: T[]) => fc.constantFrom(...of);
const some = (from: fc.Arbitrary<string>, minLength: number, maxLength: number, by = ' ') =>
  fc.array(from, { minLength, maxLength }).map((words) => words.join(by));
const any = (...of: (string | fc.Arbitrary<string>)[]) =>
  fc.oneof(...of.map((each) => (typeof each === 'string' ? fc.constant(each) : each)));

const yesNo = pick('yes', 'no', 'YES', 'No', '"yes"');
const numbers = any('0', '1', '3', '010', '25', '2147483647', '+4', "'7'");
const times = any('0', '30', '2m', '1h30m', '1W', '010', '5S', '"10"', '+9');
const paths = any(
  'none',
  'None',
  '/etc/motd',
  'relative/file',
  '~/file',
  '~',
  '~root/x',
  '"/a b/c"',
  "'/q'",
  '/p\\ q',
);
const commands = any('/usr/bin/cmd %u', 'none', 'NONE', '/bin/x "a b" # tail', "/bin/y 'z'");
const patterns = any(
  'alice',
  'bob',
  'a*',
  '?ob',
  'alice@10.0.0.0/8',
  'b@*.example.org',
  'x@10.*,!10.1.2.3',
  '*',
);
const groupNames = any('staff2', 'admins', 'o?s', '*', 'plain');
const variables = any('LANG', 'LC_*', 'FOO', 'BAR_?');
const algorithms = (...all: string[]) =>
  fc
    .tuple(pick('', '', '', '+', '+', '-', '-', '^', '^', '-*'), some(pick(...all), 1, 3, ','))
    .map(([sign, list]) => (sign === '-*' ? sign : sign + (sign === '-' ? list.replace(/,.*/, '') : list)));
const keyTypes = algorithms('ssh-ed25519', 'ssh-rsa', 'rsa-sha2-512', 'ssh-*', 'ecdsa-*', 'ssh-dss');
const methods = some(
  any(
    'publickey',
    'publickey,password',
    'keyboard-interactive:pam',
    'password',
    'none',
    'gssapi-with-mic',
    'hostbased',
  ),
  1,
  2,
);
const opens = any('any', 'none', some(any('host:22', '10.0.0.1:*', '[::1]:80', '*:5432', 'db:http'), 1, 3));
const levels = pick('QUIET', 'fatal', 'INFO', 'VERBOSE', 'debug', 'DEBUG3', 'error');
const scaled = any('default', '1G', '1.5M', '16', '500K', '0', '64k');

/** Value by keyword; in a Match block, too. */
const everywhere: Record<string, fc.Arbitrary<string>> = {
  PermitRootLogin: pick('yes', 'no', 'without-password', 'Prohibit-Password', 'forced-commands-only'),
  LogLevel: levels,
  LogVerbose: any('none', some(any('auth.c:*:10', 'kex.c:*', '*:f()'), 1, 2)),
  HostbasedAuthentication: yesNo,
  HostbasedUsesNameFromPacketOnly: yesNo,
  HostbasedAcceptedAlgorithms: keyTypes,
  HostbasedAcceptedKeyTypes: keyTypes,
  PubkeyAuthentication: yesNo,
  PubkeyAcceptedAlgorithms: keyTypes,
  PubkeyAcceptedKeyTypes: keyTypes,
  PubkeyAuthOptions: any('none', 'touch-required', 'Verify-Required touch-required', 'none verify-required'),
  KerberosAuthentication: yesNo,
  GSSAPIAuthentication: yesNo,
  PasswordAuthentication: yesNo,
  KbdInteractiveAuthentication: yesNo,
  ChallengeResponseAuthentication: yesNo,
  SkeyAuthentication: yesNo,
  IgnoreRhosts: any(yesNo, 'shosts-only'),
  X11Forwarding: yesNo,
  X11DisplayOffset: numbers,
  X11UseLocalhost: yesNo,
  PermitEmptyPasswords: yesNo,
  RekeyLimit: any(
    scaled,
    fc.tuple(scaled, any(times, 'none')).map((two) => two.join(' ')),
  ),
  AllowTcpForwarding: pick('yes', 'all', 'no', 'Local', 'remote'),
  AllowStreamLocalForwarding: pick('yes', 'all', 'no', 'local', 'remote'),
  AllowAgentForwarding: yesNo,
  AllowUsers: some(patterns, 0, 3).map((list) => list || '#'),
  DenyUsers: some(patterns, 1, 3),
  AllowGroups: some(groupNames, 1, 3),
  DenyGroups: some(groupNames, 1, 3),
  GatewayPorts: any(yesNo, 'ClientSpecified'),
  MaxAuthTries: numbers,
  MaxSessions: numbers,
  Banner: paths,
  ClientAliveInterval: times,
  ClientAliveCountMax: numbers,
  AuthorizedKeysFile: some(any('.ssh/k', '/etc/keys/%u', 'none', '~/k', '~root/k', '"a b"'), 1, 3),
  AcceptEnv: some(variables, 1, 3),
  SetEnv: some(any('A=1', 'B=2', 'A=3', '"C=x y"', "D='q'", 'E='), 1, 3),
  PermitTunnel: pick('yes', 'no', 'point-to-point', 'ethernet'),
  PermitTTY: yesNo,
  PermitUserRC: yesNo,
  PermitOpen: opens,
  PermitListen: any(opens, '8080', '8080 *:22 *', 'localhost:http'),
  ForceCommand: any('internal-sftp', 'none', 'None', '/bin/x -l # y', '"quoted cmd" z', "echo 'a b'"),
  ChrootDirectory: any('none', 'NONE', '/srv/%u', '~/x', '"/a b"'),
  RevokedKeys: paths,
  TrustedUserCAKeys: paths,
  AuthorizedPrincipalsFile: any('none', 'None', '~/p', '.ssh/p', '/etc/p/%u'),
  IPQoS: any('af21', 'lowdelay throughput', 'CS1 0x10', 'none', '16 ef', 'le'),
  AuthorizedKeysCommand: commands,
  AuthorizedKeysCommandUser: pick('nobody', 'alice', 'none'),
  AuthorizedPrincipalsCommand: commands,
  AuthorizedPrincipalsCommandUser: pick('nobody', 'bob'),
  AuthenticationMethods: any('any', methods),
  StreamLocalBindMask: any('0177', '0', '077', '777x', '1'),
  StreamLocalBindUnlink: yesNo,
  DisableForwarding: yesNo,
  ExposeAuthInfo: yesNo,
  CASignatureAlgorithms: keyTypes,
  RequiredRSASize: any('1024', '2048', '0'),
  ChannelTimeout: any(
    'none',
    'None',
    some(any('session:*=5m', 'x11-connection=0', '*=1h'), 0, 2).map((l) => l || '#'),
  ),
  UnusedConnectionTimeout: any(times, 'none', 'None'),
  RSAAuthentication: yesNo,
  RhostsRSAAuthentication: yesNo,
  AuthorizedKeysFile2: paths,
};

/** Only above the first Match, or below Match all. */
const globally: Record<string, fc.Arbitrary<string>> = {
  UsePAM: yesNo,
  Port: any('22', '2222', '"80"', 'ssh', '+443'),
  HostKey: any('@D@/none-such', 'none', '~/hk', 'rel/hk'),
  HostDSAKey: any('@D@/none-such'),
  HostKeyAgent: any('SSH_AUTH_SOCK', 'none', '/run/agent', 'rel/agent'),
  HostCertificate: any('none', '@D@/cert', 'rel/cert'),
  PidFile: paths,
  ModuliFile: paths,
  LoginGraceTime: times,
  SyslogFacility: pick('AUTH', 'daemon', 'LOCAL3', 'AuthPriv'),
  HostKeyAlgorithms: keyTypes,
  DSAAuthentication: yesNo,
  KerberosOrLocalPasswd: yesNo,
  KerberosTicketCleanup: yesNo,
  KerberosGetAFSToken: yesNo,
  GSSAPICleanupCredentials: yesNo,
  GSSAPICleanupCreds: yesNo,
  GSSAPIStrictAcceptorCheck: yesNo,
  GSSAPIKeyExchange: yesNo,
  GSSAPIStoreCredentialsOnRekey: yesNo,
  GSSAPIKexAlgorithms: any('gss-gex-sha1-', 'gss-nistp256-sha256-,gss-group16-sha512-'),
  ListenAddress: any(
    '10.0.0.1',
    '0.0.0.0:2222',
    '::',
    '[::1]:80',
    '::1',
    '127.1',
    '[10.0.0.2]',
    '10.0.0.3:ssh',
    '1.2.3.4 rdomain lo',
  ),
  AddressFamily: pick('any', 'any', 'Any', 'inet', 'inet6'),
  PrintMotd: yesNo,
  PrintLastLog: yesNo,
  IgnoreUserKnownHosts: yesNo,
  XAuthLocation: paths,
  StrictModes: yesNo,
  PermitUserEnvironment: pick('yes', 'no', 'LANG,LC_*', 'Yes', '"X*"'),
  Compression: pick('yes', 'delayed', 'no'),
  TCPKeepAlive: yesNo,
  KeepAlive: yesNo,
  Ciphers: algorithms('aes128-ctr', 'aes256-gcm@openssh.com', 'aes*', '3des-cbc').map((list) =>
    list.replace('aes*', list.startsWith('-') ? 'aes*' : 'aes192-ctr'),
  ),
  MACs: algorithms('hmac-sha2-256', 'hmac-sha1', 'umac-64@openssh.com'),
  KexAlgorithms: algorithms('curve25519-sha256', 'ecdh-sha2-nistp256', 'diffie-hellman-group1-sha1'),
  Protocol: pick('2', '1,2'),
  Subsystem: any('sftp /usr/lib/sftp-server', 'sftp internal-sftp -f AUTH "-l x"', 'other /bin/o # c'),
  MaxStartups: any('5', '10:30:60', '7x', '3:100:3', '20'),
  PerSourceMaxStartups: any('none', '5', '0'),
  PerSourceNetBlockSize: any('24:56', '0:0', '32:128x'),
  UseDNS: yesNo,
  FingerprintHash: pick('md5', 'SHA256', 'sha512', 'Sha1'),
  VersionAddendum: any('none', 'None', 'text # tail', '"quoted text"', 'a  b'),
  SecurityKeyProvider: any('internal', 'Internal', 'none', '/lib/sk.so', 'rel.so'),
  DebianBanner: yesNo,
  UseLogin: yesNo,
  UsePrivilegeSeparation: yesNo,
  GSSUseSessionCCache: yesNo,
};

const criteria = any(
  some(any('alice', 'a*', '!bob', '*', 'root'), 1, 2, ',').map((list) => `user ${list}`),
  some(any('staff2', 'admins', '!ops', '*', 'plain'), 1, 2, ',').map((list) => `Group ${list}`),
  some(any('*.example.org', 'WEB*', '!gate', 'x'), 1, 2, ',').map((list) => `host "${list}"`),
  some(
    any(
      '10.0.0.0/8',
      '!10.1.2.3',
      '192.168.*',
      '::1',
      'fe80::/10',
      '2001:db8::/32',
      '10.1.2.3/32',
      '*',
      '0/0',
    ),
    1,
    3,
    ',',
  ).map((list) => `Address=${list}`),
  some(any('10.0.0.0/8', '192.168.7.9', '::1', '!::/0'), 1, 2, ',').map((list) => `LocalAddress ${list}`),
  any('localport 22', 'LocalPort 2222', 'localport ssh'),
  any('rdomain x', 'RDomain *'),
);
const header = any(
  some(criteria, 1, 2),
  some(criteria, 1, 1),
  some(criteria, 1, 1),
  'all',
  'ALL # always',
  criteria.map((each) => `${each} # why`),
);

/** Lines that sshd refuses, wherever they stand above the blocks. */
const spoilers = any(
  'NoSuchOption yes',
  'ServerAliveInterval 30',
  'Port',
  'Port 0',
  'Port 70000',
  'Port 22 23',
  'X11Forwarding true',
  'X11Forwarding maybe',
  'ClientAliveInterval none',
  'ClientAliveInterval 1x',
  'ClientAliveCountMax -1',
  'MaxStartups 10:30',
  'MaxStartups 0',
  'MaxStartups 10:101:20',
  'MaxSessions many',
  'Ciphers aes*',
  'Ciphers nothing',
  'HostKeyAlgorithms none-such',
  'AcceptEnv A=1',
  'SetEnv A',
  'AllowUsers x@10.0.0.1/8',
  'AllowUsers ""',
  'DenyGroups ""',
  'PermitOpen host',
  'PermitOpen any host:22',
  'PermitOpen h/22',
  'ListenAddress h/22',
  'PermitListen x:y',
  'ListenAddress 10.0.0.1:x',
  'ListenAddress 10.0.0.1 rdomain nosuch0',
  'ListenAddress 10.0.0.1 other',
  'AddressFamily inet7',
  'PermitTunnel Yes',
  'Subsystem sftp',
  'Subsystem twice /a\nSubsystem twice /b',
  'AuthenticationMethods nothing',
  'AuthenticationMethods publickey any',
  'AuthenticationMethods publickey\nAuthenticationMethods any',
  'AuthenticationMethods #',
  'HostbasedAuthentication no\nAuthenticationMethods hostbased',
  'AuthorizedKeysCommand relative',
  'AuthorizedPrincipalsCommand /bin/p',
  'AuthorizedKeysFile ~no-such-user/x',
  'Banner ~no-such-user/x',
  'ChannelTimeout none session:*=1',
  'ChannelTimeout session',
  'LogVerbose none x',
  'LogVerbose ""',
  'LogLevel loud',
  'SyslogFacility NOWHERE',
  'PubkeyAuthOptions touch',
  'StreamLocalBindMask 1000',
  'StreamLocalBindMask x',
  'IPQoS best',
  'RekeyLimit 5',
  'RekeyLimit 1G soon',
  'FingerprintHash crc',
  'GSSAPIKexAlgorithms group1',
  'PerSourceNetBlockSize 33:1',
  'PerSourceMaxStartups -1',
  'RDomain none',
  'Banner',
  'Banner "open',
  "Ciphers 'open",
  'PermitUserEnvironment ""',
  'Include',
  'Include ""',
  'Include #',
  'Include @D@/main',
  'Match',
  'Match user',
  'Match nobody x',
  'Match !user x',
  'Match user alice all',
  'Match all user alice',
  'Match address 10.0.0.1/8',
  'Match address 10.0.0.0/8,',
  'Match localaddress ::1/64',
  'Match localport x',
  'Match user x ""y',
  'Match user alice\nPort 22',
  'Match user alice\nUsePAM yes',
  'Match group ops\nNoSuchOption 1\nX11Forwarding maybe',
  'Match user alice\nX11Forwarding maybe',
  'Match user alice\nUseLogin yes',
  '\xef\xbb\xbfX11Forwarding yes',
);

const written = (keyword: string, value: string) =>
  fc
    .tuple(
      pick('', '', '  ', '\t'),
      pick(' ', ' ', '=', ' = ', '\t'),
      pick(0, 0, 1, 2),
      pick('', '', '', '  ', '\r', '\t\f'),
    )
    .map(([indent, gap, letters, end]) => {
      const name = letters === 0 ? keyword : letters === 1 ? keyword.toLowerCase() : keyword.toUpperCase();
      return `${indent}${name}${gap}${value}${end}`;
    });
const lineOf = (table: Record<string, fc.Arbitrary<string>>) =>
  pick(...Object.entries(table)).chain(([keyword, value]) => value.chain((text) => written(keyword, text)));
const filler = pick('', '# comment', '   ', '\t# x', '\r');
const matchLine = header.map((text) => `Match ${text}`);
const inBlock = fc.oneof({ weight: 9, arbitrary: lineOf(everywhere) }, { weight: 1, arbitrary: filler });
const above = fc.oneof(
  { weight: 6, arbitrary: lineOf(everywhere) },
  { weight: 5, arbitrary: lineOf(globally) },
  { weight: 1, arbitrary: filler },
);
const include = any(
  'Include @D@/d/*.conf',
  'Include @D@/d/1.conf',
  'Include "@D@/d/[2-9].conf" @D@/none/*',
  'include=@D@/extra',
);

/** Null `more` times as often. */
const seldom = <T>(more: number, each: fc.Arbitrary<T>): fc.Arbitrary<T | null> =>
  fc.oneof({ weight: more, arbitrary: fc.constant(null) }, { weight: 1, arbitrary: each });

/** Few keywords at a time, so that lines meet. */
const block = (lines: fc.Arbitrary<string>, most: number) =>
  fc.array(lines, { minLength: 0, maxLength: most });
const body = (withGlobals: boolean, includes: boolean) =>
  fc
    .tuple(
      block(withGlobals ? above : inBlock, 6),
      includes ? seldom(1, include) : fc.constant(null),
      block(withGlobals ? above : inBlock, 4),
      fc.array(
        fc.tuple(
          matchLine,
          block(inBlock, 5),
          includes ? seldom(4, include) : fc.constant(null),
          block(inBlock, 2),
        ),
        { maxLength: 4 },
      ),
    )
    .map(([head, first, more, blocks]) =>
      [
        ...head,
        ...(first === null ? [] : [first]),
        ...more,
        ...blocks.flatMap(([line, lines, inner, rest]) => [
          line,
          ...lines,
          ...(inner === null ? [] : [inner]),
          ...rest,
        ]),
      ].filter((line) => line !== ''),
    );

/** Two Subsystems of one name, unmatched commands and the like refuse more than is wanted: made rare afterwards. */
const tame = (lines: string[], main: boolean): string[] => {
  const seen = new Set<string>();
  return lines.filter((line) => {
    if (/^\s*subsystem/i.test(line)) return main && !seen.has('s') && seen.add('s');
    return true;
  });
};

const hostKey = 'HostKey @D@/key';

export const serverCase: fc.Arbitrary<ServerCase> = fc
  .record({
    main: body(true, true),
    one: body(false, false),
    two: body(false, true).map((lines) => lines.filter((line) => !/\*\.conf|\[2-9\]/.test(line))),
    extra: body(false, false),
    spoiled: seldom(4, fc.tuple(spoilers, fc.nat(3), fc.nat(30))),
    cut: seldom(24, fc.nat(12)),
    all: seldom(2, fc.tuple(block(above, 4), fc.nat(1))),
    ending: pick('\n', '\n', '\n', '\r\n'),
    user: fc.option(pick(...users), { nil: undefined, freq: 6 }),
    host: fc.option(pick(...names), { nil: undefined, freq: 6 }),
    addr: fc.option(pick(...addresses), { nil: undefined, freq: 6 }),
    laddr: fc.option(pick(...addresses), { nil: undefined, freq: 6 }),
    lport: fc.option(pick(...ports), { nil: undefined, freq: 12 }),
  })
  .map(({ main, one, two, extra, spoiled, cut, all, ending, ...asked }) => {
    // A command needs its user, whatever else there is, or most trees are refused for that.
    const helped = [
      'AuthorizedKeysCommandUser nobody',
      'AuthorizedPrincipalsCommandUser nobody',
      hostKey,
      ...tame(main, true),
      ...(all === null ? [] : ['Match all', ...all[0].filter((line) => !/subsystem/i.test(line))]),
    ];
    const files: Record<string, string[]> = {
      main: spoiled === null || spoiled[2] !== 0 ? helped : helped.slice(1),
      'd/1.conf': tame(one, false),
      'd/2.conf': tame(two, false),
      extra: tame(extra, false),
    };
    if (spoiled !== null) {
      const [line, where, at] = spoiled;
      const lines = files[['main', 'main', 'd/1.conf', 'd/2.conf'][where] ?? 'main'] ?? [];
      lines.splice(Math.min(at, lines.length), 0, line);
    }
    // A NUL takes the line feed with it. Without its key sshd would say nothing else.
    if (cut !== null && files.main) {
      const spoil = (line: string) => (line === hostKey ? line : `${line}\0 x "`);
      files.main = files.main.map((line, at) => (at === cut ? spoil(line) : line));
    }
    const join = ([name, lines]: [string, string[]]) => [name, lines.map((line) => line + ending).join('')];
    return { files: Object.fromEntries(Object.entries(files).map(join)) as Record<string, string>, ...asked };
  });

export const serverWords = {
  keywords: [...Object.keys(everywhere), ...Object.keys(globally)],
  criteria: ['all', 'user', 'group', 'host', 'address', 'localaddress', 'localport', 'rdomain'],
};

/** An edit of such a tree: an option and its value, null to take it out; for all connections, or for a Match line. */
export interface ServerEditCase {
  readonly option: string;
  readonly value: string | null;
  readonly match: string | null;
}

const change = (table: Record<string, fc.Arbitrary<string>>) =>
  pick(...Object.entries(table)).chain(([option, value]) =>
    value.filter((text) => !/^#|^$/.test(text)).map((text) => ({ option, value: text })),
  );
/** Without a host key there is no sshd. */
const anywhere = { ...everywhere, ...globally, HostKey: any('@D@/key'), HostDSAKey: any('@D@/key') };
const removable = Object.keys(anywhere).filter((option) => !/^host(?:dsa)?key$/i.test(option));

/** Half of the options are those that people change, so that lines meet. */
const wantedOptions = {
  ClientAliveInterval: times,
  ClientAliveCountMax: numbers,
  PasswordAuthentication: yesNo,
  PermitRootLogin: pick('yes', 'no', 'prohibit-password'),
  X11Forwarding: yesNo,
  AllowUsers: some(patterns, 1, 3),
};

export const serverEditCase: fc.Arbitrary<ServerEditCase> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.oneof(change(anywhere), change(wantedOptions)).map((set) => ({ ...set, match: null })),
  },
  {
    weight: 2,
    arbitrary: fc
      .tuple(
        fc.oneof(change(everywhere), change(wantedOptions)),
        header.filter((text) => !text.includes('#')),
      )
      .map(([set, match]) => ({ ...set, match })),
  },
  {
    weight: 2,
    arbitrary: pick(...removable).map((option) => ({ option, value: null, match: null })),
  },
);
