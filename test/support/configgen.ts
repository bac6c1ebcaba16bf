/** Configurations as nobody writes them: every keyword, criterion, quoting and way to combine, and one in five refused. */
import fc from 'fast-check';
import { join, list, pick, type Text, valuesOf } from './configvalues.js';

/** One tree of files and one question about it. Texts are latin1; `@D@` stands for the folder they end up in. */
export interface ConfigCase {
  /** Path inside the folder -> bytes. `main` is -F's; `home` is $HOME. */
  files: Record<string, string>;
  /** Modes other than 0600. */
  modes: Record<string, number>;
  /** Links: path -> target. */
  links: Record<string, string>;
  host: string;
  options: string[];
  /** Without -F: `home/.ssh/config` is the user's file and `etc/ssh_config` the system's. */
  usual: boolean;
  /** A line that ssh refuses was put in somewhere, though it may stand where ssh never looks. */
  spoiled: boolean;
}

export const hosts = [
  'web',
  'db',
  'WEB',
  'web.corp',
  'a',
  'a.b.c',
  'x-1',
  '10.0.0.1',
  '::1',
  '1',
  'a,b',
  '0x7f.1',
  'fe80:0::1',
  'jump',
];

/** What the names mean that CanonicalizeHostname asks for: a hosts(5) file, canonical name first. */
export const namesTable: readonly (readonly [address: string, canonical: string, ...names: string[]])[] = [
  ['10.1.1.1', 'web.corp.example.'],
  ['10.1.1.2', 'canon.other.example', 'db.corp.example.', 'db', 'alias.corp.example'],
  ['10.1.1.3', 'a.second.example.', 'a'],
];

/** The environment of ssh and of the resolver, beside HOME. */
export const environment: Record<string, string> = {
  PATH: '/usr/bin:/bin',
  SHELL: '/bin/sh',
  HF_WORD: 'word',
  HF_PATH: '/tmp/socket',
  HF_PORT: '8080',
  HF_EMPTY: '',
};

const cased = (name: string): Text =>
  fc.constantFrom(name, name, name, name.toLowerCase(), name.toUpperCase(), `"${name}"`);
const separator = fc.oneof(
  { weight: 12, arbitrary: fc.constant(' ') },
  { weight: 1, arbitrary: pick('=', ' = ', '\t', '  ', ' =', '= ', '\t=\t') },
);
/** Behind a quoted keyword ssh takes a `=` for the value: seldom. */
const keywordAnd = (name: string): Text =>
  fc
    .tuple(cased(name), separator, fc.nat(9))
    .map(([word, sign, rarely]) => word + (word.startsWith('"') && rarely > 0 ? ' ' : sign));
const indent = fc.oneof(
  { weight: 4, arbitrary: fc.constant('') },
  { weight: 3, arbitrary: fc.constant('  ') },
  { weight: 1, arbitrary: pick('\t', ' \t ', '\r', '=', ' =') },
);
const ending = fc.oneof(
  { weight: 10, arbitrary: fc.constant('\n') },
  { weight: 1, arbitrary: pick('\r\n', ' \n', '\t\n', '\f\n', ' \f \r\n', '\0junk "\n') },
);
/** One byte more, less, or other: what a slip of the keyboard does. */
interface Mutation {
  readonly at: number;
  readonly remove: number;
  readonly insert: string;
}

const mutation: fc.Arbitrary<Mutation> = fc.record({
  at: fc.double({ min: 0, max: 1, noNaN: true }),
  remove: fc.constantFrom(0, 0, 1, 2),
  insert: fc.constantFrom(
    '',
    ' ',
    '"',
    "'",
    '\\',
    '#',
    '=',
    ',',
    '!',
    '\t',
    '\r',
    '\f',
    '\0',
    '\n',
    '%',
    '*',
    '\xff',
    '-',
    ':',
    '[',
    '0',
  ),
});

function mutated(text: string, { at, remove, insert }: Mutation): string {
  const place = Math.floor(at * text.length);
  return text.slice(0, place) + insert + text.slice(place + remove);
}

/** What 10.0 alone refuses. */
const lateFaults = [
  'Match localnetwork 10.0.0.1/8',
  'Match localnetwork web',
  'Match localnetwork !10.0.0.0/8',
  'Match sessiontype=shell',
  'Match tagged',
  'Match host=',
  'Match exec=""',
  'Match host a all ""  x',
  'Match "all" "" x',
  'SendEnv #x',
  'CanonicalDomains # x',
  'CanonicalizePermittedCNAMEs #',
  'Include @D@/${x',
  'Include @D@/%z',
  'CASignatureAlgorithms ssh-ed25519-cert-v01@openssh.com',
  'HostKeyAlgorithms ssh-dss',
  'IPQoS 0x10',
  'ServerAliveInterval +5',
];
/** What 8.4 alone refuses, and what it alone takes. */
const oldFaults = [
  'RekeyLimit "1G"',
  'AddKeysToAgent "yes"',
  'IPQoS "af11"',
  'Port 22 # comment',
  'Match all # comment',
  'Host a # comment',
  'Port 22 "x',
  'SendEnv A "b',
  'SendEnv A "" B',
  'SendEnv A ""',
  'UserKnownHostsFile none x',
  'ServerAliveInterval 99999999999',
  'ServerAliveInterval 4294967295',
  "User 'bob'",
  'CanonicalDomains none x',
  'CanonicalizePermittedCNAMEs none',
  'ProxyCommand=',
  'Protocol',
  'SessionType none',
  'KnownHostsCommand x',
  'Match all "" ""',
];

/** Cases for one release: its keywords, criteria and quotes. */
export function configCaseOf(release: '8.4' | '9.2' | '10.0'): fc.Arbitrary<ConfigCase> {
  const { generated, otherNames, idle, patterns, several } = valuesOf(release);
  const old = release === '8.4';
  const late = release === '10.0';
  const comment = old
    ? fc.constant('')
    : fc.oneof(
        { weight: 8, arbitrary: fc.constant('') },
        { weight: 1, arbitrary: pick(' # comment', '\t#x', ' #"un') },
      );

  const rawForms = new Set([
    'ProxyCommand',
    'LocalCommand',
    'RemoteCommand',
    'KnownHostsCommand',
    'ProxyJump',
    'VersionAddendum',
  ]);

  /** Weighted: those that feed Match, combine, or push each other away come often. */
  const frequent = [
    'HostName',
    'User',
    'Port',
    'IdentityFile',
    'SendEnv',
    'ProxyJump',
    'ProxyCommand',
    'LocalForward',
    'DynamicForward',
    'SetEnv',
    'UserKnownHostsFile',
    'ServerAliveInterval',
    'IgnoreUnknown',
    'HostKeyAlias',
    'RekeyLimit',
    'ForwardAgent',
    'CanonicalizeMaxDots',
  ];
  const anyName = fc.oneof(
    { weight: 5, arbitrary: fc.constantFrom(...Object.keys(generated)) },
    { weight: 3, arbitrary: fc.constantFrom(...frequent) },
    { weight: 1, arbitrary: fc.constantFrom(...Object.keys(otherNames)) },
  );

  const optionBody = (spoiled: boolean): Text =>
    anyName.chain((name) => {
      const key = otherNames[name] ?? name;
      const form = generated[key];
      if (!form) throw new Error(`no values for ${name}`);
      const value = spoiled ? form.bad : form.good;
      const tail = rawForms.has(key) ? fc.constant('') : comment;
      return join(keywordAnd(name), value, tail);
    });

  const idleLine = join(pick(...idle), separator, pick('yes', '1', 'a b c', '2,1'));
  const unknownLine = pick('HfUnknown x', 'HfUnknown "a b" c', 'UseKeychain yes', 'hfunknown=1');
  const strangeLine = pick(
    '',
    '# comment',
    '  # indented',
    '\t',
    '#',
    '=',
    ' "unclosed keyword',
    '"" ""',
    '==x',
    '\0x',
    '\r',
    '=#c',
    ' = # c',
    '"#c" x',
  );
  const brokenLine = pick(
    'Port',
    'Bogus x',
    'ClientAliveInterval 30',
    '\xef\xbb\xbfPort 22',
    '; Port 22',
    '// x',
    '\f',
    'User "a',
    "Cipher 'x",
    'Host ""',
    'Host a ""',
    'Match',
    'Match all host a',
    'Match host',
    'Match bogus x',
    'Match host a all x',
    'Match host a user b all',
    'Match tagged x',
    'Match # x',
    'Match all x',
    'Include ""',
    'Include x ""',
    'Port=',
    'Port # 22',
    'Port ==22',
    '\xa0Port 22',
    'Host #',
    'Include @D@/odd/dangling.conf',
    'Match exec',
    'Match exec "%q"',
    'Match host ""',
    'Protocol',
    '\x0bPort 22',
    'ServerAliveInterval = = 30',
    'Match "final" all x',
    'Include @D@/odd/loop.conf',
    'Match host "" x',
    'Match !',
    "Match host 'a\"b'",
    ...(late ? lateFaults : []),
    ...(old ? oldFaults : []),
  );

  const hostPattern = fc.oneof(
    { weight: 6, arbitrary: patterns },
    { weight: 1, arbitrary: patterns.map((each) => `!${each}`) },
    { weight: 2, arbitrary: pick(...hosts, 'real.example', 'web,db', 'web#1') },
    // Letters like others to 8.4.
    { weight: old ? 1 : 0, arbitrary: pick("'web'", '#', "it's", 'a\\') },
  );
  const hostLine = join(keywordAnd('Host'), several(hostPattern, 1, 3), comment);

  const patternList = list(
    fc.oneof(
      { weight: 5, arbitrary: patterns },
      { weight: 1, arbitrary: patterns.map((each) => `!${each}`) },
      { weight: 2, arbitrary: pick('real.example', 'bob', 'root', 'alice', 'web', '*.corp', 'admin?user') },
    ),
    1,
    3,
    ',',
  );
  const dash = late ? pick(' ', ' ', ' ', ' ', '=', '\t') : pick(' ', ' ', ' ', '=', '\t');
  const lateCriteria: Text[] = [
    join(pick('tagged ', 'Tagged=', '!tagged '), pick('work', 'home,work', '*', '""', 'w*', '"a,b"')),
    join(
      pick('localnetwork ', '!localnetwork='),
      pick('127.0.0.0/8', '10.99.0.0/16', '::1/128', '0.0.0.0/0,::/0', '192.0.2.1'),
    ),
    join(pick('version ', '!version ', 'version='), pick('OpenSSH_10.*', '"*Debian*"', 'OpenSSH_9*', '*')),
    join(pick('sessiontype ', '!sessiontype '), pick('shell', 'none,subsystem', 'exec', '*')),
    join(pick('command ', '!command ', 'command='), pick('""', 'ls', '*')),
  ];
  const argument = fc.oneof(
    { weight: 4, arbitrary: patternList },
    { weight: 1, arbitrary: patternList.map((each) => `"${each}"`) },
    { weight: late ? 1 : 0, arbitrary: patternList.map((each) => `'${each}'`) },
    { weight: late ? 1 : 0, arbitrary: patternList.map((each) => `${each.slice(0, 1)}"${each.slice(1)}"`) },
  );
  const negation = fc.oneof(
    { weight: 4, arbitrary: fc.constant('') },
    { weight: 1, arbitrary: fc.constant('!') },
  );
  const criterion = fc.oneof(
    {
      weight: 5,
      arbitrary: join(
        negation,
        pick('host', 'Host', 'originalhost', 'user', 'localuser', 'USER', 'originalHost'),
        dash,
        argument,
      ),
    },
    { weight: 1, arbitrary: join(negation, pick('canonical', 'final', 'Final')) },
    {
      weight: 1,
      arbitrary: join(
        negation,
        fc.constant('exec'),
        dash,
        pick(
          'true',
          'false',
          '"true "',
          '"test %n = web"',
          '"test %h = real.example"',
          '"exit 3"',
          '"test %p -gt 100"',
          '"test %r = bob -o %u = x"',
          '"test %k = alias"',
          '"test x%C != x%L%l%i%d%%"',
          "'true'",
        ),
      ),
    },
  );
  const anyCriterion = late
    ? fc.oneof({ weight: 3, arbitrary: criterion }, { weight: 1, arbitrary: fc.oneof(...lateCriteria) })
    : criterion;
  const matchBody = fc.oneof(
    { weight: 1, arbitrary: join(negation, fc.constant('all')) },
    { weight: 1, arbitrary: join(anyCriterion, fc.constant(' all')) },
    { weight: 8, arbitrary: list(anyCriterion, 1, 3, ' ') },
  );
  const matchLine = join(keywordAnd('Match'), matchBody, comment);

  const includeWord = pick(
    '@D@/a.conf',
    '@D@/b.conf',
    '@D@/*.conf',
    '~/c.conf',
    'rel.conf',
    'rel*',
    '@D@/d/[xy].conf',
    '@D@/none/*',
    '@D@/missing',
    '~/.ssh/rel.conf',
    '@D@/d',
    '@D@/d/*',
    '@D@/d/[!x].*',
    '@D@/d/.hidden*',
    '@D@/?.conf',
    '@D@/d/[[:alpha:]].conf',
    '@D@/lin[k].conf',
    '@D@/d/\\\\x.conf',
    '~root/nope-*',
    ...(late ? ['@D@/%n.conf', '@D@/${HF_WORD}.conf', '@D@/a%%.conf', '~/${HF_NOPE}', 'rel%j.conf'] : []),
  );
  const includeLine = join(keywordAnd('Include'), several(includeWord, 1, 2), comment);

  const bodyLine = (spoiled: boolean): Text =>
    fc.oneof(
      { weight: 12, arbitrary: optionBody(false) },
      { weight: 2, arbitrary: strangeLine },
      { weight: 1, arbitrary: idleLine },
      ...(spoiled
        ? [
            { weight: 1, arbitrary: optionBody(true) },
            { weight: 1, arbitrary: brokenLine },
          ]
        : []),
    );

  const whole_ = (body: Text): Text => fc.tuple(indent, body, ending).map((parts) => parts.join(''));
  /** Strange lines bring their own indentation. */
  const lineOf = (body: Text): Text => fc.tuple(body, ending).map((parts) => parts.join(''));

  const includes = fc.oneof(
    { weight: 2, arbitrary: fc.constant('') },
    { weight: 1, arbitrary: lineOf(includeLine) },
  );
  const linesOfBlock = (spoiled: boolean) =>
    fc.array(
      fc.oneof(
        { weight: 5, arbitrary: whole_(optionBody(false)) },
        { weight: 2, arbitrary: lineOf(bodyLine(spoiled)) },
      ),
      { maxLength: 6 },
    );
  const block = (spoiled: boolean): Text =>
    fc
      .tuple(fc.oneof(whole_(hostLine), whole_(matchLine)), linesOfBlock(spoiled), includes)
      .map(([header, lines, include]) => header + lines.join('') + include);

  /** Unknown words only behind an IgnoreUnknown that comes first, mostly. */
  const ignoring = fc.oneof(
    { weight: 5, arbitrary: fc.constant('') },
    { weight: 1, arbitrary: unknownLine.map((line) => `IgnoreUnknown Use*,hfunknown\n${line}\n`) },
  );

  const fileText = (spoiled: boolean, blocks: number): Text =>
    fc
      .tuple(
        ignoring,
        linesOfBlock(spoiled),
        includes,
        fc.array(block(spoiled), { maxLength: blocks }),
        fc.boolean(),
      )
      .map(([first, top, include, rest, cut]) => {
        const text = first + top.join('') + include + rest.join('');
        return cut ? text.replace(/\n$/, '') : text;
      });
  /** Without Include: what is included ends there, so that few trees are endless. */
  const leaf = (spoiled: boolean): Text =>
    fc
      .tuple(linesOfBlock(spoiled), fc.array(block(spoiled), { maxLength: 2 }))
      .map(([top, rest]) => (top.join('') + rest.join('')).replace(/^[ \t=]*"?include.*\n?/gim, ''));

  const optionOnCommandLine = fc.oneof(
    { weight: 8, arbitrary: optionBody(false) },
    {
      weight: 1,
      arbitrary: pick(
        'Port=2200',
        'User=alice',
        'HostName real.example',
        'IgnoreUnknown *',
        'ServerAliveInterval 17',
      ),
    },
  );
  const badOption = fc.oneof(
    optionBody(true),
    pick(
      'Host x',
      'Match all',
      'Include /x',
      'Bogus',
      'Bogus y',
      'SessionType subsystem',
      'User $(x',
      'User a;b',
    ),
  );

  return fc
    .constantFrom(true, ...new Array<boolean>(11).fill(false))
    .chain((spoiled) =>
      fc.record({
        spoiled: fc.constant(spoiled),
        usual: fc.constantFrom(true, ...new Array<boolean>(9).fill(false)),
        mutations: fc.oneof(
          { weight: 19, arbitrary: fc.constant<Mutation[]>([]) },
          { weight: 1, arbitrary: fc.array(mutation, { minLength: 1, maxLength: 2 }) },
        ),
        host: fc.constantFrom(...hosts),
        options: fc.oneof(
          { weight: 5, arbitrary: fc.constant([]) },
          { weight: 2, arbitrary: fc.array(optionOnCommandLine, { minLength: 1, maxLength: 3 }) },
          { weight: spoiled ? 1 : 0, arbitrary: fc.array(badOption, { minLength: 1, maxLength: 1 }) },
        ),
        main: fileText(spoiled, 4),
        others: fc.record({
          'a.conf': fileText(false, 2),
          'b.conf': leaf(spoiled),
          'home/c.conf': leaf(false),
          'home/.ssh/rel.conf': leaf(false),
          'd/x.conf': leaf(false),
          'd/y.conf': leaf(false),
          'd/.hidden': leaf(false),
          system: fileText(spoiled, 2),
        }),
        mode: fc.constantFrom(
          0o600,
          0o600,
          0o600,
          0o600,
          0o644,
          0o640,
          spoiled ? 0o666 : 0o600,
          spoiled ? 0o620 : 0o600,
        ),
      }),
    )
    .map(
      ({ spoiled, usual, mutations, host, options, main, others, mode }): ConfigCase => ({
        usual,
        spoiled,
        host,
        options: [...(options ?? [])],
        files: {
          ...Object.fromEntries(
            Object.entries(others).map(([name, body]) => [
              name,
              name === 'a.conf' ? body.replace(/@D@\/(a|\*|\?)\S*/g, '@D@/b.conf') : body,
            ]),
          ),
          main: mutations.reduce(mutated, main),
          'home/.ssh/config': usual ? others['d/y.conf'] + main : '',
          'etc/ssh_config': mutations.reduce(mutated, others['d/.hidden'] + others.system),
          'etc/rel.conf': others['d/x.conf'],
          // Only spoiled cases ask for it.
          'odd/loop.conf': 'Include @D@/odd/loop.conf\n',
        },
        modes: { 'b.conf': mode },
        links: { 'link.conf': 'd/x.conf', 'odd/dangling.conf': 'nowhere' },
      }),
    );
}

/** For 9.2. */
export const configCase: fc.Arbitrary<ConfigCase> = configCaseOf('9.2');
export const { generated } = valuesOf('9.2');
