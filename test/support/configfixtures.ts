/**
 * Configurations written by hand, one for each rule of ssh_config that readers of it get wrong. Texts are latin1; `@D@`
 * stands for the folder of the files. `home` is $HOME, so `~/.ssh` is not where relative Includes look.
 */
import type { ConfigCase } from './configgen.js';

export interface Fixture {
  readonly rule: string;
  readonly main: string;
  /** Lines of `ssh -G` for each host: the keyword and its value, `!` in front where there is none such. */
  readonly says: Readonly<Record<string, string | readonly string[]>>;
  readonly options?: readonly string[];
  readonly files?: Readonly<Record<string, string>>;
  readonly modes?: Readonly<Record<string, number>>;
  readonly links?: Readonly<Record<string, string>>;
}

const db = (rule: string, main: string, ...says: readonly string[]): Fixture => ({
  rule,
  main,
  says: { db: says },
});
const each = (rule: string, main: string, says: Fixture['says']): Fixture => ({ rule, main, says });

const lines: readonly Fixture[] = [
  db('a comment behind a value', 'Port 23 # c\n', 'port 23'),
  each('a comment behind Host is no pattern', 'Host a # db\nPort 23\n', { a: 'port 23', db: 'port 22' }),
  db('a comment behind a time', 'ServerAliveInterval 30 # c\n', 'serveraliveinterval 30'),
  db('a comment behind Match', 'Match host db # x\nPort 23\n', 'port 23'),
  { ...db('a comment behind Include', 'Include @D@/one # mine\n', 'port 23'), files: { one: 'Port 23\n' } },
  db('# inside a word', 'User bo#b\n', 'user bo#b'),
  db('\\" in quotes', 'User "a\\"b"\n', 'user a"b'),
  db('\\" in a command stays', 'ProxyCommand sh -c "echo \\"x\\""\n', 'proxycommand sh -c "echo \\"x\\""'),
  db(
    'double quotes inside single ones',
    'ProxyCommand sh -c \'echo "x y"; nc %h %p\'\n',
    'proxycommand sh -c \'echo "x y"; nc %h %p\'',
  ),
  db('quotes in the middle of a word', 'IdentityFile /k/"a b"/k\n', 'identityfile /k/a b/k'),
  db('two quoted parts are one word', 'User bo"b s"x\n', 'user bob sx'),
  db('quoted forward', 'LocalForward "8001" "h:1"\n', 'localforward 8001 [h]:1'),
  db('single quotes', "IdentityFile '/my key'\n", 'identityfile /my key'),
  each('one quoted pattern with a blank', 'Host "my host"\nPort 23\n', { my: 'port 22', host: 'port 22' }),
  db('an escaped blank', 'IdentityFile /k/a\\ b\n', 'identityfile /k/a b'),
  db('other backslashes stay', 'IdentityFile /k/a\\b\n', 'identityfile /k/a\\b'),
  db('a backslash at the end stays', 'IdentityFile dom\\\n', 'identityfile dom\\'),
  db('a NUL ends the line', 'User bo\0b zzz\nPort 23\n', 'user bo', 'port 23'),
  db('no line feed at the end', 'Port 23', 'port 23'),
  db('CRLF, and a form feed', 'Host db\r\n\tPort 23\f\r\n', 'port 23'),
  db('an empty file', '', 'port 22'),
  db('blanks in front and behind', ' \t Port \t 23 \t \n', 'port 23'),
  db('only comments', '# a\n  # b\n', 'port 22'),
  db('key=value', 'Port=23\n', 'port 23'),
  db('key = value', 'Port  =  23\n', 'port 23'),
  db('a second = belongs to the value', 'User ==x\n', 'user =x'),
  db('a quoted keyword', '"Port" 23\n', 'port 23'),
  db('a quoted keyword, glued', '"Port"23\n', 'port 23'),
  db('keywords in any case', 'pOrT 23\n', 'port 23'),
  db('a long line', `IdentityFile /${'k'.repeat(5_000)}\n`),
  db('bytes that are no UTF-8', 'User b\xff\xfe\n', 'user b\xff\xfe'),
  db('a command keeps # and runs of blanks', 'ProxyCommand  a  b # c  \n', 'proxycommand a  b # c'),
  db('a command after =', 'ProxyCommand=nc %h %p\n', 'proxycommand nc %h %p'),
  db('a command in quotes keeps them', 'LocalCommand "a b"\n', 'localcommand "a b"'),
  db('ProxyJump loses its comment', 'ProxyJump a # b\n', 'proxyjump a'),
];

const patterns: readonly Fixture[] = [
  each('? is exactly one', 'Host web?\nPort 23\n', { web: 'port 22', web1: 'port 23', web12: 'port 22' }),
  each('brackets are literal', 'Host w[12]\nPort 23\n', { w1: 'port 22' }),
  // Newer builds take no name with a comma: releases.test.ts has that.
  each('a comma in Host is literal', 'Host a,b\nPort 23\n', { a: 'port 22', b: 'port 22' }),
  each('Host sees case', 'Host DB\nPort 23\n', { db: 'port 22', DB: 'port 23' }),
  each('Match host does not', 'Match host DB\nPort 23\n', { db: 'port 23', Db: 'port 23' }),
  each('Match originalhost does not', 'Match originalhost dB\nPort 23\n', { DB: 'port 23' }),
  each('a negation vetoes wherever it stands', 'Host * !db\nPort 23\n', { db: 'port 22', web: 'port 23' }),
  each('a negation in front', 'Host !db *\nPort 23\n', { db: 'port 22', web: 'port 23' }),
  each('negations alone match nothing', 'Host !db\nPort 23\n', { web: 'port 22' }),
  each('many stars', 'Host *a*a*a*b\nPort 23\n', { aaab: 'port 23', aaaaaaaaaaaaaaaac: 'port 22' }),
  each('Host with nothing but a comment matches nothing', 'Port 24\nHost # x\nPort 23\nUser u\n', {
    db: ['port 24', '!user u'],
  }),
  each('Host sees the name as typed', 'Host db\nHostName real\nHost real\nPort 23\n', {
    db: ['hostname real', 'port 22'],
  }),
  each('Match host sees HostName', 'Host db\nHostName real\nMatch host real\nPort 23\n', { db: 'port 23' }),
  each('HostName in lower case letters does too', 'hostname real\nMatch host real\nPort 23\n', {
    db: 'port 23',
  }),
  each('%h in HostName', 'HostName %h.corp\nMatch host db.corp\nPort 23\n', {
    db: ['hostname db.corp', 'port 23'],
  }),
  each('originalhost does not see HostName', 'HostName real\nMatch originalhost real\nPort 23\n', {
    db: 'port 22',
  }),
  each('Match host with a list', 'Match host a,d*,!dx\nPort 23\n', {
    db: 'port 23',
    dx: 'port 22',
    a: 'port 23',
  }),
  each('the name is lower-cased for HostName', '', { WEB: 'hostname web' }),
];

const match: readonly Fixture[] = [
  db('criteria are all needed', 'Match host db host web\nPort 23\n', 'port 22'),
  db('a criterion may come twice', 'Match host d* host *b\nPort 23\n', 'port 23'),
  each('!host', 'Match !host db\nPort 23\n', { db: 'port 22', web: 'port 23' }),
  db('!user', 'Match !user nobody-here\nPort 23\n', 'port 23'),
  db('user sees User', 'User bob\nMatch user bob\nPort 23\n', 'port 23'),
  { ...db('user sees the command line', 'Match user eve\nPort 23\n', 'port 23'), options: ['User eve'] },
  db('localuser does not see User', 'User bob\nMatch localuser bob\nPort 23\n', 'port 22'),
  db('all', 'Match all\nPort 23\n', 'port 23'),
  db('!all is as good as all', 'Match !all\nPort 23\n'),
  db('host and all', 'Match host db all\nPort 23\n', 'port 23'),
  db('final all', 'Match final all\nPort 23\n', 'port 23'),
  db('canonical without a second reading', 'Match canonical\nPort 23\n', 'port 22'),
  db('canonical in a second reading', 'Match canonical\nPort 23\nMatch final\nUser u\n', 'port 23', 'user u'),
  db('!final', 'Match !final all\nPort 23\n', 'port 23'),
  db('!canonical', 'Match !canonical all\nPort 23\n', 'port 23'),
  db('exec true', 'Match exec true\nPort 23\n', 'port 23'),
  db('exec false', 'Match exec false\nPort 23\n', 'port 22'),
  db('!exec', 'Match !exec false\nPort 23\n', 'port 23'),
  db('exec with quotes and tokens', 'Match exec "test %h:%n:%p = db:db:22"\nPort 23\n', 'port 23'),
  db('exec sees HostName', 'HostName real\nMatch exec "test %h = real"\nPort 23\n', 'port 23'),
  db('criteria with =', 'Match host=db\nPort 23\n', 'port 23'),
  db('keywords of criteria in any case', 'Match HOST db USER *\nPort 23\n', 'port 23'),
  db('Match host ends a Host block', 'Host web\nUser u\nMatch host db\nPort 23\n', 'port 23', '!user u'),
  db(
    'the second reading sees HostName in Host',
    'Host db\nHostName real.ex\nMatch final\nUser u\nHost real.ex\nPort 23\n',
    'port 23',
  ),
  db('the second reading overrides nothing', 'Port 23\nMatch final\nPort 24\n', 'port 23'),
  db(
    'Match final in a block that does not match still counts',
    'Host db\nHostName real\nHost real\nPort 23\nMatch host nobody final\nUser u\n',
    'port 23',
  ),
  db(
    'the second reading adds no identity twice',
    'IdentityFile /k\nMatch final\nIdentityFile /l\n',
    'identityfile /k',
  ),
  db('SendEnv comes twice in two readings', 'SendEnv A\nMatch final\nUser u\n', 'sendenv A'),
  db(
    'CanonicalizeHostname without domains reads again',
    'Match canonical\nPort 23\nMatch all\nCanonicalizeHostname yes\n',
    'port 23',
  ),
  db(
    'CanonicalizeHostname finds a name',
    'CanonicalizeHostname yes\nCanonicalDomains corp.example\nHost web.corp.example\nPort 23\n',
  ),
  each(
    'CanonicalizeMaxDots',
    'CanonicalizeHostname yes\nCanonicalDomains corp.example\nCanonicalizeMaxDots 0\n',
    { 'db.x': 'hostname db.x', db: [] },
  ),
  db(
    'CanonicalizePermittedCNAMEs',
    'CanonicalizeHostname always\nCanonicalDomains corp.example\nCanonicalizePermittedCNAMEs *.corp.example:*.other.example\n',
  ),
];

const combining: readonly Fixture[] = [
  db('the first value wins', 'Port 23\nPort 24\n', 'port 23'),
  db('whatever the case', 'Port 23\nport 24\n', 'port 23'),
  db('Host * on top shadows', 'Host *\nPort 23\nHost db\nPort 24\n', 'port 23'),
  { ...db('the command line wins', 'Port 23\n', 'port 24'), options: ['Port 24'] },
  { ...db('its first option wins', '', 'port 24'), options: ['Port=24', 'port 25'] },
  db(
    'IdentityFile adds up',
    'IdentityFile /a\nIdentityFile /b\nIdentityFile /a\n',
    'identityfile /a',
    'identityfile /b',
  ),
  db(
    'IdentityFile none is one more',
    'IdentityFile none\nIdentityFile /a\n',
    'identityfile none',
    'identityfile /a',
  ),
  db('CertificateFile adds up', 'CertificateFile /a\nCertificateFile /b\n', 'certificatefile /b'),
  db(
    'forwards add up',
    'LocalForward 1 a:1\nLocalForward 2 b:2\nLocalForward 1 a:1\n',
    'localforward 2 [b]:2',
  ),
  db('RemoteForward without a target', 'RemoteForward 1080\n', 'remoteforward 1080 [socks]:0'),
  db('DynamicForward with an address', 'DynamicForward [::1]:1080\n', 'dynamicforward [::1]:1080'),
  db('sockets as forwards', 'LocalForward /a/b /c/d\n', 'localforward /a/b /c/d'),
  db('SendEnv adds up', 'SendEnv A B\nSendEnv C\n', 'sendenv A', 'sendenv B', 'sendenv C'),
  db('SendEnv - takes away', 'SendEnv A B\nSendEnv -A\n', '!sendenv A', 'sendenv B'),
  db('SetEnv: the first line', 'SetEnv A=1 B=2\nSetEnv C=3\n', 'setenv A=1', 'setenv B=2', '!setenv C=3'),
  db('SetEnv: the first of equal names', 'SetEnv A=1 A=2\n', 'setenv A=1', '!setenv A=2'),
  db(
    'UserKnownHostsFile: the first line',
    'UserKnownHostsFile /a /b\nUserKnownHostsFile /c\n',
    'userknownhostsfile /a /b',
  ),
  db('GlobalKnownHostsFile', 'GlobalKnownHostsFile /a\n', 'globalknownhostsfile /a'),
  db('PermitRemoteOpen', 'PermitRemoteOpen a:1 b:*\nPermitRemoteOpen none\n', 'permitremoteopen a:1 b:*'),
  db('LogVerbose', 'LogVerbose a.c:*:1\nLogVerbose b\n', 'logverbose a.c:*:1'),
  db(
    'ProxyJump switches ProxyCommand off',
    'ProxyJump a\nProxyCommand x\n',
    'proxyjump a',
    '!proxycommand x',
  ),
  db(
    'ProxyCommand switches ProxyJump off',
    'ProxyCommand x\nProxyJump a\n',
    'proxycommand x',
    '!proxyjump a',
  ),
  db('ProxyJump none', 'ProxyJump none\nProxyJump a\n', '!proxyjump a'),
  db('ProxyCommand none', 'ProxyCommand none\nProxyCommand x\n', '!proxycommand x'),
  db('a chain of jumps', 'ProxyJump a@b:1,ssh://c:2,d\n', 'proxyjump a@b:1,ssh://c:2,d'),
  db(
    'SyslogFacility of a block that does not match',
    'Host web\nSyslogFacility AUTH\n',
    'syslogfacility AUTH',
  ),
  db(
    'StreamLocalBindMask: the last one',
    'StreamLocalBindMask 0111\nHost web\nStreamLocalBindMask 0122\n',
    'streamlocalbindmask 0122',
  ),
  db('ClearAllForwardings', 'LocalForward 1 a:1\nClearAllForwardings yes\n', '!localforward 1 [a]:1'),
  db('IgnoreUnknown before', 'IgnoreUnknown Bogus,Use*\nBogus x\nUseKeychain yes\nPort 23\n', 'port 23'),
  db('IgnoreUnknown in any case', 'IgnoreUnknown bogus\nBOGUS x y "z"\n', 'port 22'),
  ...[
    ['KeepAlive no\nTCPKeepAlive yes', 'tcpkeepalive no'],
    ['ProtocolKeepAlives 7\nServerAliveInterval 8', 'serveraliveinterval 7'],
    ['SetupTimeOut 7\nServerAliveInterval 8', 'serveraliveinterval 7'],
    ['IdentityFile2 /a', 'identityfile /a'],
    ['ChallengeResponseAuthentication no', 'kbdinteractiveauthentication no'],
    ['SkeyAuthentication no', 'kbdinteractiveauthentication no'],
    ['DSAAuthentication no', 'pubkeyauthentication false'],
    ['PubkeyAcceptedKeyTypes ssh-rsa', 'pubkeyacceptedalgorithms ssh-rsa'],
    ['HostbasedKeyTypes ssh-rsa', 'hostbasedacceptedalgorithms ssh-rsa'],
    ['SmartcardDevice /x', 'pkcs11provider /x'],
  ].map(([text = '', says = '']) => db(`another name: ${text}`, `${text}\n`, says)),
  ...['Protocol 2', 'Cipher x', 'UseRoaming no', 'UsePrivilegedPort no', 'FallBackToRsh no', 'UseRsh no'].map(
    (text) => db(`accepted, no effect: ${text}`, `${text}\nPort 23\n`, 'port 23'),
  ),
  ...['RSAAuthentication yes', 'CompressionLevel 6', 'RhostsRSAAuthentication no', 'AFSTokenPassing yes'].map(
    (text) => db(`accepted with a message: ${text}`, `${text}\nPort 23\n`, 'port 23'),
  ),
];

const values: readonly Fixture[] = [
  ...[
    ['ServerAliveInterval 1m30s', 'serveraliveinterval 90'],
    ['ServerAliveInterval 2M', 'serveraliveinterval 120'],
    ['ServerAliveInterval 030', 'serveraliveinterval 30'],
    ['ServerAliveInterval +30', 'serveraliveinterval 30'],
    ['ServerAliveInterval none', 'serveraliveinterval 0'],
    ['ServerAliveInterval 1w', 'serveraliveinterval 604800'],
    ['ServerAliveCountMax 010', 'serveralivecountmax 10'],
    ['ServerAliveCountMax 0', 'serveralivecountmax 0'],
    ['BatchMode yes', 'serveraliveinterval 300'],
    ['BatchMode yes\nServerAliveInterval 0', 'serveraliveinterval 0'],
    ['ConnectTimeout none', 'connecttimeout none'],
    ['Port "4"', 'port 4'],
    ["Port '4'", 'port 4'],
    ['Port https', 'port 443'],
    ['TCPKeepAlive false', 'tcpkeepalive no'],
    ['TCPKeepAlive true', 'tcpkeepalive yes'],
    ['StrictHostKeyChecking off', 'stricthostkeychecking false'],
    ['StrictHostKeyChecking accept-new', 'stricthostkeychecking accept-new'],
    ['ControlPersist 2m', 'controlpersist 120'],
    ['ControlMaster autoask', 'controlmaster autoask'],
    ['ControlPath none', '!controlpath none'],
    ['RekeyLimit 1G 1h', 'rekeylimit 1073741824 3600'],
    ['RekeyLimit default none', 'rekeylimit 0 0'],
    ['EscapeChar ^B', null],
    ['EscapeChar none', 'escapechar none'],
    ['IPQoS af21 cs1', 'ipqos af21 cs1'],
    ['AddKeysToAgent 1h', 'addkeystoagent 3600'],
    ['ForwardAgent $SSH_AUTH_SOCK', 'forwardagent $SSH_AUTH_SOCK'],
    ['IdentityAgent none', 'identityagent none'],
    ['RequestTTY force', 'requesttty force'],
    ['SessionType none', 'sessiontype none'],
    ['Tunnel ethernet\nTunnelDevice 1:any', 'tunneldevice 1:any'],
    ['Ciphers ^aes256-ctr', null],
    ['Ciphers -*cbc*', null],
    ['KexAlgorithms +diffie-hellman-group1-sha1', null],
    ['HostKeyAlgorithms ssh-ed25519', 'hostkeyalgorithms ssh-ed25519'],
    ['LogLevel DEBUG3', 'loglevel DEBUG3'],
    ['AddressFamily inet6', 'addressfamily inet6'],
    ['HostName 010.1', null],
    ['HostName ::0001', null],
    ['IdentityFile ~/.ssh/%h_%r', null],
    ['User %r', null],
    ['IdentityFile /${HF_WORD}/k', null],
    ['LocalForward ${HF_PATH} /b', null],
    ['GatewayPorts yes\nLocalForward 1 a:1', 'localforward 1 [a]:1'],
    ['CanonicalDomains a b\nCanonicalDomains c', 'canonicaldomains a b'],
    ['Compression yes', 'compression yes'],
    ['VisualHostKey yes', 'visualhostkey yes'],
    ['XAuthLocation /x', 'xauthlocation /x'],
    ['ForwardX11Timeout 1d', 'forwardx11timeout 86400'],
    ['NumberOfPasswordPrompts 1', 'numberofpasswordprompts 1'],
    ['RemoteCommand none', '!remotecommand none'],
    ['KnownHostsCommand /bin/x %H', 'knownhostscommand /bin/x %H'],
    ['EnableEscapeCommandline yes', 'enableescapecommandline yes'],
    ['RequiredRSASize 2048', 'requiredrsasize 2048'],
  ].map(([text = '', says]) => db(text ?? '', `${text}\n`, ...(says ? [says] : []))),
];

const including: readonly Fixture[] = [
  {
    ...db('a glob, sorted', 'Include @D@/d/*.conf\n', 'port 23'),
    files: {
      'd/2.conf': 'Port 24\n',
      'd/10.conf': 'Port 23\n',
      'd/.0.conf': 'Port 25\n',
      'd/0.bak': 'Port 26\n',
    },
  },
  { ...db('brackets and ?', 'Include @D@/[ab]?\n', 'port 23'), files: { b1: 'Port 23\n', c1: 'Port 24\n' } },
  {
    ...db('several words', 'Include @D@/a "@D@/b c"\n', 'port 23', 'user u'),
    files: { a: 'Port 23\n', 'b c': 'User u\n' },
  },
  { ...db('~ follows $HOME', 'Include ~/part\n', 'port 23'), files: { 'home/part': 'Port 23\n' } },
  db('no match is nothing', 'Include @D@/nothing*\nPort 23\n', 'port 23'),
  db('a folder is nothing', 'Include @D@\nPort 23\n', 'port 23'),
  { ...db('a file of nothing', 'Include @D@/a\nPort 23\n', 'port 23'), files: { a: '' } },
  {
    ...each('inside a block it is conditional', 'Host web\nInclude @D@/a\nHost *\nUser u\n', {
      web: ['port 23', 'user u'],
      db: ['port 22', 'user u'],
    }),
    files: { a: 'Port 23\n' },
  },
  {
    ...each('a Host of an included file does not leak', 'Host db\nInclude @D@/a\nUser u\n', {
      db: ['user u', '!port 23'],
    }),
    files: { a: 'Host nobody\nPort 23\n' },
  },
  {
    ...db('Host inside an Include that does not apply', 'Host web\nInclude @D@/a\n', 'port 22'),
    files: { a: 'Host db\nPort 23\nMatch all\nUser u\n' },
  },
  {
    ...db(
      'exec of an Include that does not apply is run, and does not count',
      'Host web\nInclude @D@/a\n',
      'port 22',
    ),
    files: { a: 'Match exec true\nPort 23\n' },
  },
  { ...db('the same file twice', 'Include @D@/a @D@/a\n', 'port 23'), files: { a: 'Port 23\n' } },
  {
    ...db('16 deep', 'Include @D@/f1\n', 'port 23'),
    files: Object.fromEntries(
      Array.from({ length: 16 }, (_, at) => [
        `f${at + 1}`,
        at === 15 ? 'Port 23\n' : `Include @D@/f${at + 2}\n`,
      ]),
    ),
  },
  { ...db('a link', 'Include @D@/l\n', 'port 23'), files: { a: 'Port 23\n' }, links: { l: 'a' } },
  { ...db('a link to nothing', 'Include @D@/l\nPort 23\n', 'port 23'), links: { l: 'nowhere' } },
  { ...db('readable by all', 'Include @D@/a\n', 'port 23'), files: { a: 'Port 23\n' }, modes: { a: 0o644 } },
  {
    ...db('an Include of a folder by *', 'Include @D@/d/*\n', 'port 23'),
    files: { 'd/e/f': 'Port 9\n', 'd/g': 'Port 23\n' },
  },
  {
    ...db('the second reading takes Includes in', 'Include @D@/a\nHost db\nHostName real\n', 'port 23'),
    files: { a: 'Match final host real\nPort 23\n' },
  },
];

export const fixtures: readonly Fixture[] = [
  ...lines,
  ...patterns,
  ...match,
  ...combining,
  ...values,
  ...including,
];

/** As the judge takes them. */
export function caseOf(
  { main, files, modes, links, options }: Omit<Fixture, 'rule' | 'says'>,
  host: string,
): ConfigCase {
  return {
    files: { 'home/.ssh/x': '', ...files, main },
    modes: { ...modes },
    links: { ...links },
    host,
    options: [...(options ?? [])],
    usual: false,
    spoiled: false,
  };
}
