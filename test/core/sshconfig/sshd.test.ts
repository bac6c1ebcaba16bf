/**
 * The rules of sshd_config, one table each, with where they stand: servconf.c and its neighbours of OpenSSH 9.2, or
 * sshd_config(5). That sshd itself says the same, test/judge/sshdconfig.test.ts sees.
 */
import { describe, expect, it } from 'vitest';
import type { Refusal } from '../../../src/core/sshconfig/resolve/resolvedconfig.js';
import type { SshdConnection } from '../../../src/core/sshconfig/sshd/serverinput.js';
import { serverKeywordOf } from '../../../src/core/sshconfig/sshd/serverkeywords.js';
import { withoutNul } from '../../../src/core/sshconfig/sshd/serverlines.js';
import { resolveServer } from '../../../src/core/sshconfig/sshd/serverresolve.js';
import { suggestServerKeyword } from '../../../src/core/sshconfig/sshd/serversuggest.js';
import { type ServerWorld, serverAnswers, serverQuestion } from '../../support/sshdanswer.js';

const people = { alice: ['staff', 'admins'], bob: ['plain'], carol: ['staff'] };

function resolved(files: ServerWorld['files'] | string, known: Partial<SshdConnection> = {}) {
  const world = { files: typeof files === 'string' ? { '/main': files } : files, people };
  return serverAnswers(world, (answers) => resolveServer(serverQuestion(known), answers));
}

/** What `sshd -T` would print of one option, one value a line; or why it is refused. */
function printed(
  key: string,
  files: ServerWorld['files'] | string,
  known: Partial<SshdConnection> = {},
): readonly string[] {
  const found = resolved(files, known);
  if (found.type === 'refused') return found.errors.map(({ line, reason }) => `refused ${line}: ${reason}`);
  return found.answer.options.get(key)?.lines ?? [];
}

function refusals(
  files: ServerWorld['files'] | string,
  known: Partial<SshdConnection> = {},
): readonly Refusal[] {
  const found = resolved(files, known);
  return found.type === 'refused' ? found.errors : [];
}

const places = (errors: readonly Refusal[]) => errors.map(({ file, line }) => `${file}:${line}`);

describe('lines and words', () => {
  it.each([
    ['Port 1\0 x "\n2\nPort 3\n', 'Port 12\nPort 3\n'],
    ['Port 1\0\n \t\r2\n', 'Port 12\n'],
    ['Port 1\0\n\0x\n2', 'Port 12'],
    ['Port 1\n\0\0\0', 'Port 1\n'],
    ['Port 1\n', 'Port 1\n'],
  ])('a NUL takes the line feed with it: %j (load_server_config in servconf.c)', (text, read) => {
    expect(withoutNul(text)).toBe(read);
  });

  it.each<[rule: string, text: string, key: string, lines: readonly string[]]>([
    ['a keyword has no case (parse_token)', 'MAXSESSIONS 3\n', 'maxsessions', ['3']],
    ['an = may stand between (strdelim)', 'MaxSessions=3\n', 'maxsessions', ['3']],
    ['and blanks around it', 'MaxSessions = 3\n', 'maxsessions', ['3']],
    ['a keyword in quotes', '"MaxSessions" 3\n', 'maxsessions', ['3']],
    ['white space in front (process_server_config_line_depth)', ' \t\rMaxSessions 3\n', 'maxsessions', ['3']],
    ['a form feed behind', 'MaxSessions 3\f\n', 'maxsessions', ['3']],
    ['a carriage return behind', 'MaxSessions 3\r\n', 'maxsessions', ['3']],
    ['no line feed at the end', 'MaxSessions 3', 'maxsessions', ['3']],
    ['a comment behind (argv_split)', 'MaxSessions 3 # three\n', 'maxsessions', ['3']],
    ['double quotes (argv_split)', 'Banner "/a b"\n', 'banner', ['/a b']],
    ['single quotes (argv_split)', "Banner '/a b'\n", 'banner', ['/a b']],
    ['a backslash before a blank (argv_split)', 'Banner /a\\ b\n', 'banner', ['/a b']],
    ['a # inside a word', 'Banner /a#b\n', 'banner', ['/a#b']],
    [
      'a command keeps all of it (sForceCommand)',
      'ForceCommand x "a b" # c\n',
      'forcecommand',
      ['x "a b" # c'],
    ],
    ['the version, too (sVersionAddendum)', 'VersionAddendum a # b\n', 'versionaddendum', ['a # b']],
    ['lines of nothing', '\n   \n# MaxSessions 4\n', 'maxsessions', ['10']],
    ['an empty file (fill_default_server_options)', '', 'clientalivecountmax', ['3']],
  ])('%s', (_rule, text, key, lines) => {
    expect(printed(key, text)).toEqual(lines);
  });
});

describe('values', () => {
  it.each<[rule: string, text: string, key: string, lines: readonly string[]]>([
    ['a time in seconds (convtime in misc.c)', 'ClientAliveInterval 90\n', 'clientaliveinterval', ['90']],
    ['with units', 'ClientAliveInterval 1m30s\n', 'clientaliveinterval', ['90']],
    ['units of either case', 'LoginGraceTime 1H\n', 'logingracetime', ['3600']],
    ['weeks and days', 'ClientAliveInterval 1w1d\n', 'clientaliveinterval', ['691200']],
    [
      'none as a time is for UnusedConnectionTimeout',
      'UnusedConnectionTimeout none\n',
      'unusedconnectiontimeout',
      ['none'],
    ],
    ['a whole number (parse_int)', 'MaxAuthTries 010\n', 'maxauthtries', ['10']],
    ['yes and no have no case (multistate_flag)', 'X11Forwarding YES\n', 'x11forwarding', ['yes']],
    [
      'prohibit-password is without-password',
      'PermitRootLogin prohibit-password\n',
      'permitrootlogin',
      ['without-password'],
    ],
    ['all is yes (multistate_tcpfwd)', 'AllowTcpForwarding all\n', 'allowtcpforwarding', ['yes']],
    ['a relative path gets the folder (derelativise_path)', 'PidFile x\n', 'pidfile', ['/here/x']],
    ['none is no path', 'Banner None\n', 'banner', ['none']],
    ['a ~ is the home of the server (tilde_expand_filename)', 'Banner ~/b\n', 'banner', ['/root/b']],
    ['a user and its home', 'Banner ~bob/b\n', 'banner', ['/home/bob/b']],
    [
      'a list that is empty in the end is the default (assemble_algorithms, twice)',
      'CASignatureAlgorithms -*\n',
      'casignaturealgorithms',
      printed('casignaturealgorithms', ''),
    ],
    ['but not in a block', 'Match all\nCASignatureAlgorithms -*\n', 'casignaturealgorithms', ['']],
    ['a mask in octal (sStreamLocalBindMask)', 'StreamLocalBindMask 0111\n', 'streamlocalbindmask', ['0111']],
    ['MaxStartups with three numbers', 'MaxStartups 5:50:90\n', 'maxstartups', ['5:50:90']],
    ['and with one (sMaxStartups)', 'MaxStartups 7\n', 'maxstartups', ['7:30:7']],
    ['a name of a service is a port (a2port)', 'Port ssh\n', 'port', ['22']],
    [
      'PermitOpen prints what is said (sPermitOpen)',
      'PermitOpen h:1 [::1]:*\n',
      'permitopen',
      ['h:1 [::1]:*'],
    ],
    ['a port alone is for any address (sPermitListen)', 'PermitListen 8080\n', 'permitlisten', ['*:8080']],
    ['two classes of traffic (parse_ipqos)', 'IPQoS af11 cs1\n', 'ipqos', ['af11 cs1']],
    ['bytes and time of RekeyLimit', 'RekeyLimit 1G 1h\n', 'rekeylimit', ['1073741824 3600']],
  ])('%s', (_rule, text, key, lines) => {
    expect(printed(key, text)).toEqual(lines);
  });
});

describe('how lines come together', () => {
  it.each<[rule: string, text: string, key: string, lines: readonly string[]]>([
    [
      'the first value wins (sshd_config(5): "the first obtained value")',
      'MaxSessions 1\nMaxSessions 2\n',
      'maxsessions',
      ['1'],
    ],
    ['an alias is its option (keywords[])', 'KeepAlive no\nTCPKeepAlive yes\n', 'tcpkeepalive', ['no']],
    ['ports add up (sPort)', 'Port 22\nPort 2222\n', 'port', ['22', '2222']],
    [
      'users add up, repetitions too (opt_array_append)',
      'AllowUsers a b\nAllowUsers a\n',
      'allowusers',
      ['a', 'b', 'a'],
    ],
    ['AcceptEnv adds up', 'AcceptEnv A\nAcceptEnv B\n', 'acceptenv', ['A', 'B']],
    ['host keys add up (servconf_add_hostkey)', 'HostKey /a\nHostKey /b\n', 'hostkey', ['/a', '/b']],
    ['SetEnv is the first line as a whole', 'SetEnv A=1 B=2\nSetEnv C=3\n', 'setenv', ['A=1', 'B=2']],
    ['PermitOpen, too', 'PermitOpen a:1\nPermitOpen b:2\n', 'permitopen', ['a:1']],
    [
      'AuthorizedKeysFile, too',
      'AuthorizedKeysFile a b\nAuthorizedKeysFile c\n',
      'authorizedkeysfile',
      ['a b'],
    ],
    [
      'a ChannelTimeout, too',
      'ChannelTimeout session=1m\nChannelTimeout x11=2m\n',
      'channeltimeout',
      ['session=1m'],
    ],
    [
      'FingerprintHash is the last line',
      'FingerprintHash md5\nFingerprintHash sha256\n',
      'fingerprinthash',
      ['SHA256'],
    ],
    ['IPQoS, too', 'IPQoS af11\nIPQoS cs1\n', 'ipqos', ['cs1 cs1']],
    [
      'one number of MaxStartups leaves the rate above',
      'MaxStartups 5:50:90\nMaxStartups 9\n',
      'maxstartups',
      ['9:50:9'],
    ],
    [
      'bytes and time of RekeyLimit are each set once',
      'RekeyLimit 1G\nRekeyLimit 2G 1h\n',
      'rekeylimit',
      ['1073741824 3600'],
    ],
    [
      'none takes a time back (sUnusedConnectionTimeout)',
      'UnusedConnectionTimeout 5m\nUnusedConnectionTimeout none\n',
      'unusedconnectiontimeout',
      ['none'],
    ],
    [
      'each address with each Port (add_listen_addr)',
      'Port 1\nPort 2\nListenAddress 127.0.0.1\nListenAddress ::1\n',
      'listenaddress',
      ['127.0.0.1:1', '127.0.0.1:2', '[::1]:1', '[::1]:2'],
    ],
    ['an address with a port of its own', 'Port 1\nListenAddress [::1]:9\n', 'listenaddress', ['[::1]:9']],
    [
      'AddressFamily chooses (fill_default_server_options)',
      'AddressFamily inet\n',
      'listenaddress',
      ['0.0.0.0:22'],
    ],
    [
      'the addresses of one name, backwards',
      'ListenAddress twohomes\n',
      'listenaddress',
      ['192.0.2.2:22', '192.0.2.1:22'],
    ],
    [
      'routing domains (sListenAddress)',
      'ListenAddress 127.0.0.1 rdomain vrf0\n',
      'listenaddress',
      ['127.0.0.1:22 rdomain vrf0'],
    ],
  ])('%s', (_rule, text, key, lines) => {
    expect(printed(key, text)).toEqual(lines);
  });
});

describe('criteria of Match (match_cfg_line)', () => {
  const alice: Partial<SshdConnection> = {
    ...{ user: 'alice', host: 'Web.Example.org', address: '10.1.2.3' },
    ...{ localAddress: '192.168.7.9', localPort: 2222, routingDomain: 'vrf0' },
  };
  const holds = (criteria: string, known = alice) =>
    printed('maxsessions', `Match ${criteria}\n  MaxSessions 1\n`, known).join();

  it.each<[rule: string, criteria: string]>([
    ['all', 'all'],
    ['all has no case', 'ALL'],
    ['a user', 'user alice'],
    ['a list of users (match_pattern_list)', 'user bob,alice'],
    ['a pattern', 'user a?ice,x*'],
    ['an exclusion of others', 'user *,!bob'],
    ['an = in place of the blank (strdelim)', 'user=alice'],
    ['a value in quotes', 'user "alice"'],
    ['a group (ga_match_pattern_list)', 'group admins'],
    ['a pattern for groups', 'group st*'],
    ['the host in lower case (match_hostname)', 'host *.example.ORG'],
    ['an address', 'address 10.1.2.3'],
    ['a network (addr_match_list)', 'address 10.0.0.0/8'],
    ['a list of networks without some', 'address 10.0.0.0/8,!10.9.0.0/16'],
    ['a pattern for addresses', 'address 10.1.*'],
    ['the local address', 'localaddress 192.168.0.0/16'],
    ['the local port', 'localport 2222'],
    ['the routing domain', 'rdomain vrf*'],
    ['all of several', 'user alice group staff address 10.0.0.0/8'],
    ['a comment behind', 'user alice # me'],
  ])('holds: %s', (_rule, criteria) => expect(holds(criteria)).toBe('1'));

  it.each<[rule: string, criteria: string]>([
    ['another user', 'user bob'],
    ['users have a case', 'user Alice'],
    ['exclusions alone match nobody', 'user !bob'],
    ['an exclusion wins, wherever it stands', 'user !alice,alice'],
    ['one excluded group decides', 'group staff,!admins'],
    ['another host', 'host web'],
    ['another network', 'address 192.0.2.0/24,10.2.0.0/16'],
    ['a network of the other family', 'address 2001:db8::/32'],
    ['another port', 'localport 22'],
    ['one of several', 'user alice group plain'],
  ])('does not hold: %s', (_rule, criteria) => expect(holds(criteria)).toBe('10'));

  it.each<[rule: string, criteria: string, known: Partial<SshdConnection>]>([
    ['no user', 'user *', { host: 'x' }],
    ['no host', 'host *', { user: 'alice' }],
    ['no address', 'address *', { user: 'alice' }],
    ['a user that there is not', 'group *', { user: 'nobody-here' }],
  ])('does not hold where it is not known: %s', (_rule, criteria, known) => {
    expect(holds(criteria, known)).toBe('10');
  });

  it.each<[rule: string, criteria: string, reason: string]>([
    ['nothing', ' # x', 'there is no criterion'],
    ['all with others', 'all user bob', '"all" stands with other criteria'],
    ['others with all', 'user bob all', '"all" stands with other criteria'],
    ['no value', 'user', '"user" has no value'],
    ['what ssh has, and sshd has not', 'exec x', '"exec" is no criterion'],
    ['invalid-user, which came with 9.9', 'invalid-user', '"invalid-user" has no value'],
    ['bits behind the mask', 'address 10.1.2.3/8', '"10.1.2.3/8" is no list of addresses'],
    ['a mask too long', 'address 10.0.0.0/33', '"10.0.0.0/33" is no list of addresses'],
    ['no port', 'localport many', '"many" is no port'],
  ])('is refused: %s', (_rule, criteria, reason) => {
    const [error] = refusals(`MaxSessions 1\nMatch ${criteria}\n  PermitTTY no\n`, alice);
    expect(error).toMatchObject({ file: '/main', line: 2 });
    expect(error?.reason).toContain(reason);
  });

  it('asks for the local port where a line does', () => {
    const [error] = refusals('Match localport 22\n', { user: 'alice' });
    expect(error).toMatchObject({ line: 1, suggestion: 'the question with lport=' });
  });
});

describe('blocks and global lines (parse_server_match_config, copy_set_server_options)', () => {
  const bob = { user: 'bob' };

  it.each<[rule: string, text: string, key: string, lines: readonly string[]]>([
    [
      'a block overrides the global line',
      'MaxSessions 1\nMatch user bob\nMaxSessions 2\n',
      'maxsessions',
      ['2'],
    ],
    [
      'a block that does not match leaves it',
      'MaxSessions 1\nMatch user eve\nMaxSessions 2\n',
      'maxsessions',
      ['1'],
    ],
    [
      'of two blocks the first one wins',
      'Match user bob\nMaxSessions 2\nMatch all\nMaxSessions 3\n',
      'maxsessions',
      ['2'],
    ],
    [
      'a block goes on to the end, indented or not',
      'Match user eve\n  PermitTTY no\n\nMaxSessions 2\n',
      'maxsessions',
      ['10'],
    ],
    [
      'a list in a block replaces the global one',
      'AllowUsers a\nMatch user bob\nAllowUsers b\n',
      'allowusers',
      ['b'],
    ],
    ['global options below Match all (SSHCFG_GLOBAL)', 'Match all\nPrintMotd no\n', 'printmotd', ['no']],
  ])('%s', (_rule, text, key, lines) => {
    expect(printed(key, text, bob)).toEqual(lines);
  });

  it.each(['Port 1', 'TCPKeepAlive no', 'UsePAM yes', 'Subsystem x /y', 'HostKey /k', 'MaxStartups 3'])(
    'may not stand in a block, whether it matches or not: %s',
    (line) => {
      const [error] = refusals(`Match user eve\n${line}\n`, bob);
      expect(error).toMatchObject({ line: 2 });
      expect(error?.suggestion).toContain('above the first Match');
    },
  );

  it('the losing lines are named with the winner', () => {
    const found = resolved(
      'MaxSessions 1\nMaxSessions 5\nMatch user bob\n  MaxSessions 2\n  MaxSessions 3\n',
      bob,
    );
    if (found.type !== 'resolved') throw new Error('refused');
    const option = found.answer.options.get('maxsessions');
    expect(option?.settings.map(({ place }) => place.line)).toEqual([4]);
    expect(option?.lost.map(({ place, by, why }) => [place.line, why, by?.line]).sort()).toEqual([
      [1, 'shadowed', 4],
      [2, 'shadowed', 1],
      [5, 'shadowed', 4],
    ]);
  });
});

describe('Include (sInclude)', () => {
  const bob = { user: 'bob' };
  const drop = (name: string, text: string) => ({ [`/etc/ssh/sshd_config.d/${name}`]: text });

  it.each<[rule: string, files: ServerWorld['files'], key: string, lines: readonly string[]]>([
    [
      'relative to /etc/ssh, whatever file it stands in',
      { '/main': 'Include sshd_config.d/a\n', ...drop('a', 'MaxSessions 1\n') },
      'maxsessions',
      ['1'],
    ],
    [
      'drop-ins in the order of their names: the first value wins',
      {
        '/main': 'Include /etc/ssh/sshd_config.d/*.conf\nMaxSessions 9\n',
        ...drop('99-mine.conf', 'MaxSessions 3\n'),
        ...drop('50-cloud-init.conf', 'MaxSessions 2\n'),
      },
      'maxsessions',
      ['2'],
    ],
    [
      'a line above the Include wins over it',
      { '/main': 'MaxSessions 9\nInclude /etc/ssh/sshd_config.d/*\n', ...drop('a', 'MaxSessions 3\n') },
      'maxsessions',
      ['9'],
    ],
    [
      'a pattern without files is nothing',
      { '/main': 'Include /none/*.conf\nMaxSessions 2\n' },
      'maxsessions',
      ['2'],
    ],
    [
      'several paths on a line',
      { '/main': 'Include /b /a\n', '/a': 'MaxSessions 1\n', '/b': 'MaxSessions 2\n' },
      'maxsessions',
      ['2'],
    ],
    [
      'a Match ends with its file',
      { '/main': 'Include /a\nMaxSessions 2\n', '/a': 'Match user eve\nPermitTTY no\n' },
      'maxsessions',
      ['2'],
    ],
    [
      'in a block that matches its lines count for the block',
      { '/main': 'MaxSessions 1\nMatch user bob\nInclude /a\n', '/a': 'MaxSessions 2\n' },
      'maxsessions',
      ['2'],
    ],
    [
      'in a block that does not match nothing of it counts, not even its Match (SSHCFG_NEVERMATCH)',
      { '/main': 'Match user eve\nInclude /a\n', '/a': 'MaxSessions 2\nMatch all\nMaxSessions 3\n' },
      'maxsessions',
      ['10'],
    ],
    [
      'a block in an included file overrides the global lines of the main file',
      { '/main': 'Include /a\nMaxSessions 1\n', '/a': 'Match user bob\nMaxSessions 2\n' },
      'maxsessions',
      ['2'],
    ],
  ])('%s', (_rule, files, key, lines) => {
    expect(printed(key, files, bob)).toEqual(lines);
  });

  it('of itself is refused at the seventeenth file (SERVCONF_MAX_DEPTH)', () => {
    const [error] = refusals('Include /main\n');
    expect(error).toMatchObject({ file: '/main', line: 1 });
    expect(error?.reason).toContain('more than 16 deep');
  });

  it('of a file with faults is refused with the lines of that file', () => {
    const files = { '/main': 'Include /a\n', '/a': 'MaxSessions 1\nBogus 1\nBogus 2\n' };
    expect(places(refusals(files))).toEqual(['/a:2', '/a:3']);
  });
});

describe('refusals', () => {
  it.each<[rule: string, text: string, line: number, reason: string]>([
    [
      'an option that there is not (parse_token)',
      'MaxSessions 1\nBogus yes\n',
      2,
      'there is no option "Bogus"',
    ],
    ['an option of ssh_config', 'ServerAliveInterval 3\n', 1, 'there is no option "ServerAliveInterval"'],
    ['a byte order mark', '\xef\xbb\xbfPort 22\n', 1, 'there is no option'],
    ['no value', 'MaxSessions\n', 1, 'there is no value'],
    ['a quote that is not closed (argv_split)', 'Banner "/x\n', 1, 'a quote is not closed'],
    ['a word too many', 'MaxSessions 1 2\n', 1, '"2" is one word too many'],
    ['no time', 'ClientAliveInterval soon\n', 1, '"soon" is no time'],
    ['none, which ssh takes', 'ClientAliveInterval none\n', 1, '"none" is no time'],
    ['no number', 'MaxSessions -1\n', 1, 'MaxSessions'],
    ['a port too large', 'Port 65536\n', 1, '"65536" is no port'],
    ['port 0', 'Port 0\n', 1, 'is no port'],
    ['no such word', 'PermitRootLogin maybe\n', 1, '"maybe" is no value'],
    ['an algorithm that there is not', 'Ciphers rot13\n', 1, 'Ciphers'],
    ['MaxStartups the wrong way round', 'MaxStartups 9:30:5\n', 1, '"9:30:5" is no limit'],
    ['a subsystem twice', 'Subsystem a /b\nSubsystem a /c\n', 2, 'a is defined in line 1'],
    ['no such method (auth2_methods_valid)', 'AuthenticationMethods magic\n', 1, '"magic" is no method'],
    [
      'methods that are off',
      'PasswordAuthentication no\nAuthenticationMethods password\n',
      2,
      'switched off',
    ],
    ['a command that nobody runs', 'AuthorizedKeysCommand /x\n', 1, 'nobody is named to run it'],
    ['a name without address', 'ListenAddress nowhere\n', 1, '"nowhere" has no address'],
    [
      'a routing domain that there is not',
      'ListenAddress ::1 rdomain vrf9\n',
      1,
      'there is no interface "vrf9"',
    ],
    ['the home of nobody', 'Banner ~nobody-here/x\n', 1, 'there is no user "nobody-here"'],
  ])('%s', (_rule, text, line, reason) => {
    const [error] = refusals(text);
    expect(error).toMatchObject({ file: '/main', line });
    expect(error?.reason).toContain(reason);
  });

  it('unknown options are all named, up to a value that sshd does not take', () => {
    expect(places(refusals('Bogus 1\nBogus 2\nPort 0\nBogus 3\n'))).toEqual([
      '/main:1',
      '/main:2',
      '/main:3',
    ]);
  });

  it('a missing main file is refused without a line', () => {
    expect(refusals({})).toMatchObject([{ file: '/main', line: 0 }]);
  });

  it.each<[written: string, meant: string | null]>([
    ['serveraliveinterval', 'ClientAliveInterval: the one with Server belongs in ssh_config'],
    ['clientaliveintervall', 'ClientAliveInterval'],
    ['paswordauthentication', 'PasswordAuthentication'],
    ['hostname', 'HostName belongs in ssh_config'],
    ['zzz', null],
  ])('%s: what was meant', (written, meant) => expect(suggestServerKeyword(written)).toBe(meant));
});

describe('options that do nothing (sDeprecated, sUnsupported, sIgnore)', () => {
  it.each([
    ['Protocol 2', 'silent'],
    ['UsePrivilegeSeparation sandbox', 'deprecated'],
    ['RSAAuthentication yes', 'deprecated'],
    ['KerberosGetAFSToken yes', 'unsupported'],
  ])('%s is read past: %s', (line, why) => {
    const found = resolved(`${line}\n`);
    expect(found.type === 'resolved' && found.answer.warnings).toMatchObject([
      { file: '/main', line: 1, why },
    ]);
  });

  it('old names mean the option of today', () => {
    expect(serverKeywordOf('challengeresponseauthentication')?.name).toBe('KbdInteractiveAuthentication');
    expect(serverKeywordOf('pubkeyacceptedkeytypes')?.name).toBe('PubkeyAcceptedAlgorithms');
    expect(serverKeywordOf('hostdsakey')?.name).toBe('HostKey');
  });
});
