/** Values of every keyword, good and bad, in every way to write them. The rules: readconf.c and misc.c of OpenSSH 9.2. */
import fc from 'fast-check';
import { tableOf } from '../../src/core/sshconfig/keywords/keywords.js';

export type Text = fc.Arbitrary<string>;

export const pick = (...words: string[]): Text => fc.constantFrom(...words);
export const join = (...parts: Text[]): Text => fc.tuple(...parts).map((all) => all.join(''));
export const list = (word: Text, min: number, max: number, by: string): Text =>
  fc.array(word, { minLength: min, maxLength: max }).map((words) => words.join(by));

export interface Values {
  good: Text;
  bad: Text;
}

/** Other names for some of them. */
const spellings: Record<string, string> = {
  KeepAlive: 'TCPKeepAlive',
  IdentityFile2: 'IdentityFile',
  DSAAuthentication: 'PubkeyAuthentication',
  ChallengeResponseAuthentication: 'KbdInteractiveAuthentication',
  SKeyAuthentication: 'KbdInteractiveAuthentication',
  TISAuthentication: 'KbdInteractiveAuthentication',
  HostbasedKeyTypes: 'HostbasedAcceptedAlgorithms',
  PubkeyAcceptedKeyTypes: 'PubkeyAcceptedAlgorithms',
  SmartcardDevice: 'PKCS11Provider',
  ProtocolKeepAlives: 'ServerAliveInterval',
  SetupTimeOut: 'ServerAliveInterval',
};

/** Before 8.7: double quotes alone, which end the word; a `=` ends it too. */
function writtenOfOld(word: string): Text {
  const quoted = word.replaceAll('"', '');
  const half = Math.floor(quoted.length / 2);
  const front = quoted.slice(0, half);
  const forms = [
    fc.constant(`"${quoted}"`),
    fc.constant(/[\s=]/.test(front) ? `"${quoted}"` : `${front}"${quoted.slice(half)}"`),
  ];
  if (word === '' || /[\s"=]/.test(word) || word.startsWith('#')) return fc.oneof(...forms);
  return fc.oneof(
    { weight: 9, arbitrary: fc.constant(word) },
    ...forms.map((arbitrary) => ({ weight: 1, arbitrary })),
  );
}

export interface ReleaseValues {
  /** Keyword -> how its values look. */
  readonly generated: Record<string, Values>;
  readonly otherNames: Record<string, string>;
  readonly idle: readonly string[];
  readonly patterns: Text;
  readonly several: (word: Text, min: number, max: number) => Text;
}

/** All values of a release. */
export function valuesOf(release: string): ReleaseValues {
  const old = release === '8.4';
  const dsaGone = release === '10.0';
  /** A word as one may write it: plain, in either quotes, in part, with escapes. */
  function written(word: string): Text {
    if (old) return writtenOfOld(word);
    const escaped = word.replace(/["'\\]/g, '\\$&');
    const forms: Text[] = [
      fc.constant(`"${escaped}"`),
      fc.constant(`'${escaped}'`),
      fc.constant(word.length > 1 ? `${mid(word, 0)}"${mid(word, 1)}"` : `"${escaped}"`),
    ];
    const plain = word.replace(/["'\\ ]/g, '\\$&');
    const safe = word !== '' && !word.startsWith('#') && !word.includes('\t');
    return safe
      ? fc.oneof(
          { weight: 6, arbitrary: fc.constant(plain) },
          ...forms.map((arbitrary) => ({ weight: 1, arbitrary })),
        )
      : fc.oneof(...forms);
  }

  function mid(word: string, half: 0 | 1): string {
    const at = Math.floor(word.length / 2);
    const part = half === 0 ? word.slice(0, at) : word.slice(at);
    const escaped = part.replace(/["'\\]/g, '\\$&');
    return half === 0 ? escaped.replace(/ /g, '\\ ').replace(/^#/, '"#"') : escaped;
  }

  const one = (word: Text): Text => word.chain(written);
  const several = (word: Text, min: number, max: number): Text =>
    fc.array(one(word), { minLength: min, maxLength: max }).map((words) => words.join(' '));

  const yesNo = pick('yes', 'no', 'true', 'false', 'YES', 'No');
  const time = pick(
    '0',
    '1',
    '30',
    '2m',
    '1h30m',
    '1d',
    '1w',
    '030',
    '+5',
    '1H',
    '10s5',
    'none',
    ' 7',
    '90S',
  );
  const badTime = pick('x', '1x', '-1', '1.5', 'None', '99999999999', '1 m', '100ms', '');
  const whole = pick('0', '1', '2', '3', '7', '010', '+4', ' 5', '2147483647');
  const badWhole = pick('x', '-1', '2147483648', '1.5', '0x10', '');
  const path = pick(
    '~/.ssh/k',
    '/k/a b',
    '/etc/k',
    '%d/k',
    'k',
    '~/x#y',
    '/k/"q"',
    "/k/it's",
    'none',
    '~root/k',
  );
  const patterns = pick('*', 'w*', 'web', 'we?', '?', '*.corp', '*b*', 'real*', 'a*', 'WEB', '[ab]', '*a*a*');
  const word = pick(
    'word',
    'a b',
    'x',
    'none',
    'NONE',
    '#x',
    'a#b',
    'a=b',
    '=x',
    'é',
    'q"t',
    "it's",
    'back\\slash',
    'end\\',
    '\xff\xfe',
  );

  const algorithm = (good: string[], bad: string[]): [Text, Text] => [
    join(pick('', '', '+', '^', '-'), list(pick(...good), 1, 3, ',')),
    join(pick('', '+', '^'), list(pick(...bad), 1, 2, ',')),
  ];
  const [ciphers, badCiphers] = algorithm(
    ['aes128-ctr', 'aes256-ctr', '3des-cbc', 'aes128-cbc', 'aes256-gcm@openssh.com'],
    ['aes*', 'none', 'x'],
  );
  const [macs, badMacs] = algorithm(
    ['hmac-sha1', 'hmac-md5', 'umac-64@openssh.com', 'hmac-sha2-256'],
    ['hmac-*', 'x', 'none'],
  );
  const [kex, badKex] = algorithm(
    ['curve25519-sha256', 'diffie-hellman-group1-sha1', 'ecdh-sha2-nistp256', 'gss-gex-sha1-x'],
    ['x', 'curve*'],
  );
  const [keys, badKeys] = algorithm(
    ['ssh-rsa', 'ssh-ed25519', 'rsa-*', '*', 'ecdsa-*', 'ssh-dss', 'sk-*'],
    ['x', '', 'ed255'],
  );

  const port = pick('1', '22', '2222', '65535', '8080', 'http', 'ssh', ' 33', '+44', '007');
  const badPort = pick('0', '65536', '-1', 'x', '22x', '', '99999999999999999999', 'no-such');
  const target = pick(
    'db:5432',
    '[::1]:80',
    'localhost:22',
    '/var/run/x',
    '/a\\:b',
    'h:http',
    '${HF_WORD}:81',
    'socks:9',
    '/p/%h/%p',
    '*:80',
  );
  const badTarget = pick('db', 'db:0', 'db:x', ':', 'a:b:c:d', '${NOPE}:1', 'h:99999');
  const listening = pick(
    '8001',
    '127.0.0.1:8002',
    '[::1]:8003',
    '*:8004',
    ':8005',
    '/tmp/l',
    '${HF_PORT}',
    '/tmp/%r',
    'localhost:8006',
    '8007',
    'http',
  );
  const badListening = pick('0', '99999', 'x', 'a:b:c:d:e', '[::1', '8001x', `/${'l'.repeat(108)}`);
  const agent = pick(
    '/run/agent',
    '$HF_PATH',
    '${HF_PATH}',
    'none',
    'SSH_AUTH_SOCK',
    '~/a',
    '%d/a',
    '${HF_WORD}/x',
    '$HF_NOPE',
  );
  const badAgent = pick('${NOPE}', '${', '$', '$a-b', '${}', '$ ');
  const command = pick(
    'nc %h %p',
    "sh -c 'x y' # no comment",
    'echo "a b"',
    'none',
    'NONE',
    'a  b',
    '=x',
    'echo a=b #',
    '%%',
    'true',
    '-',
  );
  const badCommand = pick("it's", 'echo "x');
  const hop = pick(
    'jump',
    'bob@jump',
    'jump:2222',
    'bob@jump:22',
    '[::1]:22',
    'ssh://bob@jump:2200',
    'ssh://jump',
    '10.0.0.9',
    'a@b@jump',
    'jump:',
    '[::1]',
    'jump:http',
    'ssh://u%41@jump',
  );
  const badHop = pick(
    '@jump',
    'jump:0',
    'jump:x',
    ':22',
    'a,,b',
    'jump/x',
    'ssh://jump/path',
    'ssh://@jump',
    'a,',
    '[::1',
    'ssh://-x',
    'jump:22:33',
  );

  const values = (good: Text, bad: Text): Values => ({ good: one(good), bad });
  const flag = values(yesNo, pick('maybe', '1', '""', 'yes no', 'on', '# x'));
  const words = (...good: string[]): Values => values(pick(...good), pick('nope', '""', '# x'));
  const text: Values = { good: one(word), bad: pick('""', 'two words', '# none') };
  const file: Values = { good: one(path), bad: pick('""', 'two words', '# none') };
  const files: Values = {
    good: several(
      path.filter((each) => each !== 'none'),
      1,
      3,
    ),
    bad: pick('none /x', '/x ""', '/x none', 'none none'),
  };
  const times = values(
    time,
    fc.oneof(
      badTime.map((each) => `"${each}"`),
      pick('30 40', '# x'),
    ),
  );
  const wholes = values(
    whole,
    fc.oneof(
      badWhole.map((each) => `"${each}"`),
      pick('3 4', '# x'),
    ),
  );
  const raw: Values = { good: command, bad: badCommand };
  const yesNoAsk = words('yes', 'no', 'ask', 'true', 'false', 'ASK');

  /** Keyword -> how its values look. Every keyword of the client is here: a test holds this against the table. */
  const generated: Record<string, Values> = {
    User: { good: one(pick('bob', 'alice', 'real', 'admin user', 'root', 'b#b')), bad: text.bad },
    HostName: {
      good: one(
        pick(
          'real.example',
          'REAL.example',
          '%h.corp',
          'web',
          '10.0.0.7',
          '0x0a.1',
          'FE80::0:1',
          '%%h',
          '::ffff:1.2.3.4',
          '010.1.1.1',
          '1.2.3',
          'a-b_c',
          '::',
          'dead:beef::',
          '1::2:0:0:3',
          '300.1.1.1',
        ),
      ),
      bad: text.bad,
    },
    Port: values(
      port,
      badPort.map((each) => `"${each}"`),
    ),
    AddressFamily: words('inet', 'inet6', 'any', 'ANY'),
    BatchMode: flag,
    CanonicalizeFallbackLocal: flag,
    CanonicalizeHostname: words('yes', 'no', 'always', 'false'),
    CheckHostIP: flag,
    Compression: { good: one(pick('yes', 'no', 'YES')), bad: pick('true', 'false', '6') },
    ControlMaster: words('yes', 'no', 'auto', 'ask', 'autoask', 'true'),
    EnableSSHKeysign: flag,
    ClearAllForwardings: flag,
    ExitOnForwardFailure: flag,
    FingerprintHash: words('md5', 'SHA256', 'sha512', 'sha1', 'Sha384'),
    ForwardX11: flag,
    ForwardX11Trusted: flag,
    GatewayPorts: flag,
    GSSAPIAuthentication: flag,
    GSSAPIKeyExchange: flag,
    GSSAPIDelegateCredentials: flag,
    GSSAPITrustDns: flag,
    GSSAPIRenewalForcesRekey: flag,
    GSSAPIClientIdentity: text,
    GSSAPIServerIdentity: text,
    GSSAPIKexAlgorithms: {
      good: one(pick('gss-gex-sha1-', 'gss-group14-sha256-,gss-gex-sha1-x')),
      bad: pick('gss-x', 'curve25519-sha256', '""'),
    },
    HashKnownHosts: flag,
    HostbasedAuthentication: flag,
    IdentitiesOnly: flag,
    KbdInteractiveAuthentication: flag,
    NoHostAuthenticationForLocalhost: flag,
    PasswordAuthentication: flag,
    PermitLocalCommand: flag,
    ProxyUseFdpass: flag,
    PubkeyAuthentication: words('yes', 'no', 'unbound', 'host-bound', 'true'),
    RequestTTY: words('yes', 'no', 'force', 'auto', 'true'),
    SessionType: words('none', 'subsystem', 'default', 'None'),
    StdinNull: flag,
    ForkAfterAuthentication: { good: one(pick('no', 'no', 'no', 'yes')), bad: flag.bad },
    StreamLocalBindUnlink: flag,
    StrictHostKeyChecking: words('yes', 'no', 'ask', 'off', 'accept-new', 'true'),
    TCPKeepAlive: flag,
    Tunnel: words('yes', 'no', 'ethernet', 'point-to-point', 'true'),
    VerifyHostKeyDNS: yesNoAsk,
    VisualHostKey: flag,
    UpdateHostKeys: yesNoAsk,
    EnableEscapeCommandline: flag,
    CanonicalizeMaxDots: wholes,
    ConnectionAttempts: { good: one(pick('1', '2', '3', '010')), bad: wholes.bad },
    ForwardX11Timeout: times,
    NumberOfPasswordPrompts: wholes,
    ServerAliveCountMax: wholes,
    ServerAliveInterval: times,
    RequiredRSASize: wholes,
    BindAddress: text,
    BindInterface: text,
    Ciphers: { good: one(ciphers), bad: one(badCiphers) },
    ControlPath: {
      good: one(pick('~/.ssh/%C', '%d/c-%r@%h:%p', 'none', '${HF_PATH}.%n', '/tmp/%i-%k-%l-%L-%u', '%%')),
      bad: pick('""'),
    },
    HostKeyAlgorithms: { good: one(keys), bad: one(badKeys.filter((each) => each !== '')) },
    HostKeyAlias: { good: one(pick('alias', 'ALIAS', 'a.b')), bad: text.bad },
    HostbasedAcceptedAlgorithms: { good: one(keys), bad: one(badKeys) },
    IdentityAgent: { good: one(agent.filter((each) => !each.includes('NOPE'))), bad: one(badAgent) },
    IgnoreUnknown: {
      good: one(pick('Use*,Hf*', 'hf?nknown', '*', 'other', '!hfunknown,*', 'HFUNKNOWN')),
      bad: text.bad,
    },
    KbdInteractiveDevices: text,
    KexAlgorithms: { good: one(kex), bad: one(badKex) },
    CASignatureAlgorithms: {
      good: one(pick('ssh-rsa', 'ssh-ed25519', '+ssh-rsa', '-rsa*', 'rsa*', '^ssh-dss')),
      bad: one(badKeys),
    },
    LocalCommand: raw,
    RemoteCommand: { good: pick('ls %h', 'echo %%', 'none', 'a #b', '"x y" %r'), bad: badCommand },
    LogLevel: words('QUIET', 'info', 'DEBUG', 'debug1', 'DEBUG3', 'verbose', 'silent', 'Error', 'fatal'),
    MACs: { good: one(macs), bad: one(badMacs) },
    PKCS11Provider: text,
    SecurityKeyProvider: text,
    PreferredAuthentications: text,
    PubkeyAcceptedAlgorithms: { good: one(keys), bad: one(badKeys) },
    RevokedHostKeys: file,
    XAuthLocation: file,
    KnownHostsCommand: raw,
    DynamicForward: { good: one(listening), bad: fc.oneof(one(badListening), pick('1080 x', '""')) },
    LocalForward: {
      good: fc.tuple(one(listening), one(target)).map((both) => both.join(' ')),
      bad: fc.oneof(
        fc.tuple(one(listening), one(badTarget)).map((both) => both.join(' ')),
        fc.tuple(one(badListening), one(target)).map((both) => both.join(' ')),
        pick('8001', '8001 db:1 x', '8001 ""'),
      ),
    },
    RemoteForward: {
      good: fc.oneof(
        fc.tuple(one(fc.oneof(listening, fc.constant('0'))), one(target)).map((both) => both.join(' ')),
        one(listening),
      ),
      bad: fc.oneof(
        fc.tuple(one(listening), one(badTarget)).map((both) => both.join(' ')),
        pick('8001 db:1 x', 'x'),
      ),
    },
    IdentityFile: file,
    CanonicalDomains: {
      good: several(pick('corp.example', 'Second.Example.', 'none-such'), 1, 2),
      bad: pick('none x', '-x', 'a..b', '""', 'x none', 'a/b'),
    },
    CertificateFile: file,
    GlobalKnownHostsFile: files,
    UserKnownHostsFile: {
      good: fc.oneof(
        files.good.filter((each) => !each.includes('"q')),
        one(pick('none', 'NONE', '~/.ssh/known_hosts', '%d/%h', '${HF_PATH}')),
      ),
      bad: files.bad,
    },
    SendEnv: {
      good: several(pick('LANG', 'LC_*', 'X', 'Y', '-LANG', '-*', '-L?NG', 'LANG'), 1, 4),
      bad: pick('A=b', '""', 'X ""'),
    },
    SetEnv: {
      good: several(pick('A=b', 'A=c', 'B=x y', 'C=', '=d', 'A=b=c'), 1, 3),
      bad: pick('A', 'A=b C'),
    },
    LogVerbose: {
      good: several(pick('a.c:*', 'kex.c', '*:f:1'), 1, 3),
      bad: pick('none x', 'x ""', 'x none'),
    },
    PermitRemoteOpen: {
      good: fc.oneof(
        several(pick('h:80', '[::1]:http', '*:*', 'h:*', ':80'), 1, 3),
        one(pick('any', 'none', 'ANY')),
      ),
      bad: pick('h', 'h/80', 'any x:1', '[::1', 'h:0', 'x:1 none', '# x'),
    },
    AddKeysToAgent: {
      good: fc.oneof(one(pick('yes', 'no', 'ask', 'confirm', '5m', '0')), pick('confirm 1h', 'confirm 0')),
      bad: pick('x', 'yes 5m', 'confirm x', '""', '5m confirm', 'confirm 1h x'),
    },
    ForwardAgent: { good: one(fc.oneof(yesNo, agent)), bad: one(badAgent) },
    ConnectTimeout: times,
    Tag: { good: one(pick('work', 'home', 'a,b')), bad: text.bad },
    VersionAddendum: {
      good: pick('x', 'a b # c', '"q"', 'none', 'NONE', '%h ${HF_WORD}', "it's '"),
      bad: pick("it's", 'x "'),
    },
    ObscureKeystrokeTiming: values(
      pick('yes', 'no', 'true', 'interval:20', 'interval:1000', 'interval:7'),
      pick('YES', 'interval:0', 'interval:1001', 'interval:', 'x', '""', 'yes no', '# x'),
    ),
    ChannelTimeout: {
      good: fc.oneof(
        several(pick('session=10m', '*=1h', 'x11-connection=0', 'a b=5'), 1, 3),
        one(pick('none', 'NONE')),
      ),
      bad: pick('session', '=5', 'x=', 'none a=1', 'a=1 none', 'a=x', '# x'),
    },
    ChallengeResponseAuthentication: flag,
    HostbasedKeyTypes: { good: one(keys), bad: one(badKeys) },
    PubkeyAcceptedKeyTypes: { good: one(keys), bad: one(badKeys) },
    TunnelDevice: values(
      pick('any', '0', '1:2', 'any:3', '4:any', 'ANY:any', '5'),
      pick('x', '1:x', '1:2:3', '-1', '""'),
    ),
    CanonicalizePermittedCNAMEs: {
      good: fc.oneof(
        several(pick('*.corp.example:*.other.example', '*', 'A:B', 'a:b,c'), 1, 2),
        one(pick('none', 'NONE')),
      ),
      bad: pick('x', 'a:', 'none x', '""', 'a:b none'),
    },
    ControlPersist: values(
      pick('yes', 'no', '0', '10m', 'true', 'false', '30'),
      pick('YES', 'x', '""', 'none'),
    ),
    EscapeChar: {
      good: one(
        pick('none', '~', '^A', '^[', '^?', 'x', '\\', ' ', '\xe9', '"', '\x01', '\xff', '\xa0', '^@'),
      ),
      bad: pick('ab', '^a1', '""', '^\x80', '# x'),
    },
    IPQoS: {
      good: fc.oneof(
        one(pick('af21', 'EF', '0x10', '020', 'none', 'le', 'cs7', '255', '0', 'lowdelay')),
        several(pick('af11', 'cs1', 'throughput', '9'), 2, 2),
      ),
      bad: pick('x', 'af11 x', '256', '""', 'ef ef ef', '0x', '1x'),
    },
    RekeyLimit: {
      good: fc.oneof(
        one(pick('default', '1G', '1.5M', '16', '500k', '0', '10K', '1.25g', '2T')),
        several(pick('default', '1G', '64k'), 1, 1).chain((limit) =>
          pick('none', '1h', '0', '30').map((every) => `${limit} ${every}`),
        ),
      ),
      bad: pick('x', '1', '15', '1X', '1G x', '-1G', '1.2.3G', '""', '1G 1h x', '9E', '1Gx'),
    },
    StreamLocalBindMask: {
      good: one(pick('0177', '0', '777', '0077', '12x', ' 7')),
      bad: pick('x', '1777', '-1', '""', '9'),
    },
    SyslogFacility: words('USER', 'daemon', 'LOCAL7', 'Auth', 'authpriv'),
    ProxyCommand: raw,
    ProxyJump: {
      good: fc.oneof(list(hop, 1, 3, ','), pick('none', 'NONE', 'jump # x', 'a,b#c', 'none # x')),
      bad: fc.oneof(badHop, join(badHop, pick(',jump'))),
    },
  };

  const idle = [
    'Protocol',
    'Cipher',
    'FallBackToRsh',
    'GlobalKnownHostsFile2',
    'RhostsAuthentication',
    'UseBlacklistedKeys',
    'UserKnownHostsFile2',
    'UseRoaming',
    'UseRsh',
    'UsePrivilegedPort',
    'AFSTokenPassing',
    'KerberosAuthentication',
    'KerberosTgtPassing',
    'RSAAuthentication',
    'RhostsRSAAuthentication',
    'CompressionLevel',
  ];

  const table = tableOf(release);
  const names = new Set(table.keywords.filter(({ combine }) => combine !== 'none').map(({ name }) => name));
  for (const name of Object.keys(generated)) if (!names.has(name)) delete generated[name];
  if (old) generated.PubkeyAuthentication = flag;
  if (dsaGone) {
    // Tokens of User and SetEnv, and what became wrong.
    generated.User = {
      good: one(
        pick('bob', 'alice', 'real', 'admin user', 'root', 'b#b', 'u%h', '%%x', '${HF_WORD}', '%n%p%u'),
      ),
      bad: fc.oneof(text.bad, pick('u%r', '%C', '${HF_NOPE}', '%h;x', '%')),
    };
    generated.SetEnv = {
      good: several(pick('A=b', 'A=c', 'B=x y', 'C=', '=d', 'A=%h-%r', 'D=${HF_WORD}', 'E=%j%%'), 1, 3),
      bad: pick('A', 'A=b C', '#x', 'A=${HF_NOPE}'),
    };
  }
  return {
    generated,
    otherNames: otherNamesOf(table),
    idle: old ? [...idle, 'SKeyAuthentication'] : idle,
    patterns,
    several,
  };
}

/** Name -> keyword, as both are spelled. */
function otherNamesOf({ aliases, keywords }: ReturnType<typeof tableOf>): Record<string, string> {
  const spelled = new Map(Object.keys(spellings).map((name) => [name.toLowerCase(), name]));
  return Object.fromEntries(
    aliases.map(({ key, means }) => [
      spelled.get(key) ?? key,
      keywords.find((each) => each.key === means)?.name ?? means,
    ]),
  );
}
