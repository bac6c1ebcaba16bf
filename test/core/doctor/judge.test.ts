/** Facts -> findings, ranked, each with what to type: tables. */
import { describe, expect, it } from 'vitest';
import { deathOf } from '../../../src/core/doctor/death.js';
import type {
  ConfigFacts,
  DoctorFacts,
  HeartbeatFacts,
  LintFact,
  OwnServer,
} from '../../../src/core/doctor/facts.js';
import { judge } from '../../../src/core/doctor/findings.js';
import { relayIn } from '../../../src/core/doctor/relaycommand.js';
import { arithmetic } from '../../../src/core/keepalive/arithmetic.js';
import { shippedTimes } from '../../../src/core/keepalive/outlook.js';
import { clientAlive } from '../../../src/core/keepalive/serverkeepalive.js';

const heart = (interval: number, countMax: number, tcpKeepAlive = true): HeartbeatFacts => ({
  interval: { value: interval, from: '/c:1' },
  countMax: { value: countMax, from: '/c:2' },
  tcpKeepAlive: { value: tcpKeepAlive, from: 'default' },
  sum: arithmetic(interval * 1_000, countMax),
});

const lintFact = (code: string, line: number, mendable = true): LintFact => ({
  code,
  at: `/c:${line}`,
  sentence: `${code} it is`,
  fix: `mend ${code}`,
  mendable,
});

const read = (heartbeat: HeartbeatFacts, remoteForwards = 0): ConfigFacts['state'] => ({
  type: 'read',
  heartbeat,
  forwards: remoteForwards,
  remoteForwards,
  undecided: [],
});

interface Given {
  readonly state?: ConfigFacts['state'];
  readonly lint?: readonly LintFact[];
  readonly file?: string;
  readonly times?: Partial<typeof shippedTimes>;
  readonly changed?: DoctorFacts['kernel']['changed'];
  readonly host?: string | null;
  readonly own?: OwnServer;
  readonly isRoot?: boolean;
  readonly system?: string;
}

function facts(given: Given = {}): DoctorFacts {
  const { state = read(heart(15, 3)), lint = [], file = null, host = 'db', isRoot = true } = given;
  const system = given.system ?? 'linux';
  return {
    system,
    isRoot,
    host: host === null ? null : { name: host, hostName: 'db.example.org', port: 22 },
    kernel: {
      release: '6.18.0',
      times: system === 'linux' ? { ...shippedTimes, ...given.times } : null,
      shipped: shippedTimes,
      changed: given.changed ?? [],
      connections: null,
    },
    config: { file, lint, state },
    server: { banner: null, flaws: [], own: given.own ?? null },
    path: null,
  };
}

const own = (state: OwnServer['state'], more: Partial<OwnServer> = {}): OwnServer => ({
  file: '/etc/ssh/sshd_config',
  named: false,
  listens: true,
  state,
  ...more,
});

const serves = (interval: number, countMax: number, lint: readonly LintFact[] = []): OwnServer['state'] => ({
  type: 'read',
  clientAlive: clientAlive(interval * 1_000, countMax, 1),
  interval: { value: interval, from: 'default' },
  countMax: { value: countMax, from: 'default' },
  tcpKeepAlive: true,
  limits: [],
  lint,
});

const told = (given: Given) =>
  judge(facts(given)).findings.map(({ code, level, command, byHand }) => [
    code,
    level === 'change' ? (command ?? `by hand ${byHand}`) : `advice: ${command}`,
  ]);

it('without a heartbeat the kernel notices as late as its values say', () => {
  const late = (times: Partial<typeof shippedTimes>) =>
    judge(facts({ state: read(heart(0, 3)), times })).findings.find(({ code }) => code === 'heartbeat-off')
      ?.sentence;
  expect(late({})).toMatch(/only the kernel notices that it is dead, after hours$/);
  expect(late({ idleMs: 120_000, intervalMs: 15_000, probes: 5 })).toMatch(/it is dead, after 3 min$/);
  expect(late({ idleMs: 60_000, intervalMs: 10_000, probes: 3 })).toMatch(/it is dead, after 90 s$/);
});

it('a server without ClientAlive: TCP keepalive ends a dead client late, and without that nobody does', () => {
  const sentence = (tcpKeepAlive: boolean, times: Partial<typeof shippedTimes> = {}) => {
    const state = { ...serves(0, 3), tcpKeepAlive } as OwnServer['state'];
    return judge(facts({ own: own(state), times })).findings.find(({ code }) => code === 'server-silent')
      ?.sentence;
  };
  expect(sentence(true)).toContain('; only TCP keepalive does, after hours: its remote ports stay taken');
  expect(sentence(true, { idleMs: 60_000, intervalMs: 10_000, probes: 3 })).toContain('does, after 90 s:');
  expect(sentence(false)).toMatch(/never gives up a dead client \(.*\): its remote ports stay taken$/);
});

describe('one finding each, with what to type', () => {
  it.each<[string, Given, readonly (readonly string[])[]]>([
    ['all is well', {}, []],
    [
      'no heartbeat',
      { state: read(heart(0, 3)) },
      [['heartbeat-off', 'holdfast config keepalive db --interval 15']],
    ],
    [
      'no heartbeat for anyone, and the late kernel is no more than advice',
      { state: read(heart(0, 3)), host: null, isRoot: false },
      [
        ['heartbeat-off', 'holdfast config keepalive --interval 15'],
        ['kernel-late', 'advice: sudo holdfast tcp set --time 120 --interval 15 --probes 5 --persist'],
      ],
    ],
    [
      'another file, a name that a shell would take apart',
      { state: read(heart(0, 3)), file: '/my files/c', host: 'a*' },
      [['heartbeat-off', "holdfast config keepalive 'a*' --interval 15 -F '/my files/c'"]],
    ],
    [
      'no file read: it is the own one that is written',
      { state: read(heart(0, 3)), file: 'none' },
      [['heartbeat-off', 'holdfast config keepalive db --interval 15']],
    ],
    [
      'count 0',
      { state: read(heart(20, 0)) },
      [['count-max-zero', 'holdfast config keepalive db --interval 20 --count 3']],
    ],
    [
      'a count that the kernel does not wait for',
      { state: read(heart(30, 120)), lint: [lintFact('count-beyond-kernel', 2)] },
      [['count-beyond-kernel', 'holdfast config keepalive db --interval 30 --count 30']],
    ],
    ['the largest count that it waits for', { state: read(heart(30, 30)) }, []],
    [
      'too seldom, by the same bound as the linter',
      { state: read(heart(193, 3)) },
      [['interval-too-long', 'holdfast config keepalive db --interval 15']],
    ],
    ['just often enough', { state: read(heart(192, 3)) }, []],
    [
      'too seldom and count 0: one command',
      { state: read(heart(300, 0)) },
      [['count-max-zero', 'holdfast config keepalive db --interval 15 --count 3']],
    ],
    [
      'hasty is advice',
      { state: read(heart(1, 1)) },
      [['heartbeat-hasty', 'advice: holdfast config keepalive db --interval 15 --count 3']],
    ],
    [
      'lint: those with an edit in one command, the others by hand',
      {
        lint: [lintFact('dead-line', 4), lintFact('comma-in-host', 9), lintFact('duplicate-host', 12, false)],
      },
      [
        ['lint', 'holdfast config lint --fix'],
        ['lint', 'by hand /c:12: mend duplicate-host'],
      ],
    ],
    [
      'the linter says of a value what was said already',
      { state: read(heart(20, 0)), lint: [lintFact('count-max-zero', 2)] },
      [['count-max-zero', 'holdfast config keepalive db --interval 20 --count 3']],
    ],
    [
      'refused, and the linter can mend it',
      { state: { type: 'refused', reasons: ['/c:4: no'] }, lint: [lintFact('unknown-option', 4)] },
      [['config-refused', 'holdfast config lint --fix']],
    ],
    [
      'refused, by hand',
      {
        state: { type: 'refused', reasons: ['/c:4: no', '/c:5: no'] },
        lint: [lintFact('refused-line', 4, false)],
      },
      [['config-refused', 'by hand /c:4: mend refused-line']],
    ],
    [
      'cannot be read',
      { state: { type: 'unreadable', reason: 'EACCES' } },
      [['config-unreadable', 'by hand let its owner read it, and nobody else write it']],
    ],
    [
      'one probe',
      { times: { probes: 1 }, isRoot: false },
      [['kernel-probes', 'sudo holdfast tcp set --probes 9']],
    ],
    [
      'no probe, from a file: it has to last',
      {
        times: { probes: 0 },
        changed: [{ name: 'tcp_keepalive_probes', value: '0', from: '/etc/sysctl.d/9.conf:1' }],
      },
      [['kernel-probes', 'holdfast tcp set --probes 9 --persist']],
    ],
    [
      'retries2 below R2 of RFC 9293',
      { times: { retries2: 7 } },
      [['kernel-retries', 'sysctl -w net.ipv4.tcp_retries2=15']],
    ],
    ['retries2 8 is 102.2 s', { times: { retries2: 8 } }, []],
    ['quick enough a kernel', { host: null, times: { idleMs: 600_000 } }, []],
    ['another system: nothing is said of its kernel', { system: 'darwin', host: null }, []],
    [
      'a server that never gives up',
      { own: own(serves(0, 3)), isRoot: false },
      [['server-silent', 'sudo holdfast sshd keepalive --interval 15 --count 3 --reload']],
    ],
    [
      'the same with count 0, and in a file of its own',
      { own: own(serves(15, 0), { named: true, file: '/s/sshd_config' }) },
      [['server-silent', 'holdfast sshd keepalive --interval 15 --count 3 -f /s/sshd_config --reload']],
    ],
    ['a server that does not run', { own: own(serves(0, 3), { listens: false }) }, []],
    [
      'one of which nobody knows whether it runs',
      { own: own(serves(0, 3), { listens: null }) },
      [['server-silent', 'advice: holdfast sshd keepalive --interval 15 --count 3 --reload']],
    ],
    [
      'its linter: what the heartbeat mends, and the rest',
      { own: own(serves(600, 3, [lintFact('interval-too-long', 3), lintFact('never-matches', 8)])) },
      [
        ['server-lint', 'holdfast sshd keepalive --interval 15 --count 3 --reload'],
        ['server-lint', 'by hand /c:8: mend never-matches'],
      ],
    ],
    [
      'it would not start again',
      { own: own({ type: 'refused', reasons: ['/s:3: no'] }, { listens: null }) },
      [['server-refused', 'by hand mend what is named: holdfast sshd lint']],
    ],
    [
      'a remote forward, and a server that is not seen',
      { state: read(heart(15, 3), 1) },
      [['server-unseen', 'advice: holdfast sshd keepalive --interval 15 --count 3 --print']],
    ],
    [
      'a remote forward to this machine, which gives up dead clients',
      { state: read(heart(15, 3), 1), own: own(serves(15, 3)) },
      [],
    ],
    ['no server', { own: own({ type: 'missing' }, { listens: null }) }, []],
  ])('%s', (_name, given, expected) => {
    expect(told(given)).toEqual(expected);
  });
});

it('three changes, what should change before what could be better', () => {
  const judged = judge(
    facts({
      state: read(heart(0, 3)),
      lint: [lintFact('dead-line', 4)],
      host: null,
      times: { probes: 9, retries2: 3 },
      own: own(serves(0, 3)),
    }),
  );
  expect(judged.findings.map(({ code }) => code)).toEqual([
    'heartbeat-off',
    'kernel-retries',
    'server-silent',
    'lint',
    'kernel-late',
  ]);
  expect(judged.changes).toEqual(judged.findings.slice(0, 3));
  expect(judged.shouldChange).toBe(true);
});

it('advice alone changes no exit code', () => {
  const judged = judge(facts({ host: null }));
  expect(judged.findings.map(({ code }) => code)).toEqual(['kernel-late']);
  expect(judged.shouldChange).toBe(false);
});

it('every finding has a command or a deed by hand, never both', () => {
  for (const given of [
    { lint: [lintFact('a', 1), lintFact('b', 2, false)], state: read(heart(0, 0)) },
    { state: { type: 'refused', reasons: ['x'] } as const },
  ]) {
    for (const { command, byHand } of judge(facts(given)).findings)
      expect((command === null) !== (byHand === null)).toBe(true);
  }
});

describe('if the server died now', () => {
  const times = shippedTimes;
  it.each([
    ['heartbeat', heart(15, 3), times, ['heartbeat', 60_000], ['heartbeat', 60_000]],
    ['no heartbeat', heart(0, 3), times, ['TCP keepalive', 7_875_000], ['retransmission', 924_600]],
    ['nothing at all', heart(0, 3, false), times, ['nobody', null], ['retransmission', 924_600]],
    [
      'a heartbeat that tcp_retries2 ends: it is in flight itself',
      heart(15, 9),
      { ...times, retries2: 5 },
      ['retransmission', 27_600],
      ['retransmission', 12_600],
    ],
    [
      'TCP keepalive that rings before the first beat',
      heart(60, 3),
      { ...times, idleMs: 10_000, intervalMs: 5_000, probes: 3 },
      ['TCP keepalive', 25_000],
      ['heartbeat', 240_000],
    ],
  ] as const)('%s', (_name, heartbeat, given, idle, inFlight) => {
    const death = deathOf(heartbeat, null, given, given);
    expect([death.idle.by, death.idle.ms]).toEqual(idle);
    expect([death.inFlight.by, death.inFlight.ms]).toEqual(inFlight);
  });

  it.each([
    [15, 3, shippedTimes],
    [30, 120, shippedTimes],
    [30, 30, shippedTimes],
    [30, 31, shippedTimes],
    [15, 9, { ...shippedTimes, retries2: 5 }],
    [100, 8, { ...shippedTimes, retries2: 8 }],
  ])('is what config why says of %i s x %i, too', (interval, countMax, given) => {
    const { ms, by } = deathOf(heart(interval, countMax), null, given, given).idle;
    const { noticedAfterMs, noticedBy } = arithmetic(interval * 1_000, countMax, given);
    expect([noticedAfterMs, noticedBy]).toEqual([ms, by === 'retransmission' ? 'kernel' : by]);
  });

  it('a system that does not say what it does with data in flight', () => {
    expect(deathOf(heart(0, 3), null, times, null).inFlight).toEqual({ by: 'not known', ms: null });
    expect(deathOf(heart(15, 3), null, times, null).inFlight).toEqual({ by: 'heartbeat', ms: 60_000 });
  });

  it('with a relay by its own keepalive, before the first beat alone', () => {
    const relay = relayIn('holdfast relay %h %p');
    expect(deathOf(heart(0, 3, false), relay, times, times).idle).toEqual({
      by: 'TCP keepalive',
      ms: 30_000,
    });
    expect(deathOf(heart(15, 3), relay, times, times).idle).toEqual({ by: 'heartbeat', ms: 60_000 });
    expect(deathOf(heart(60, 3), relay, times, times).idle).toEqual({ by: 'TCP keepalive', ms: 30_000 });
    // A user timeout of its socket takes the place of tcp_retries2.
    const limited = relayIn('holdfast relay --tcp-user-timeout 20s %h %p');
    expect(deathOf(heart(0, 3), limited, times, times).inFlight).toEqual({ by: 'user timeout', ms: 20_200 });
    const asked = relayIn('holdfast relay --tcp-keepalive system --tcp-user-timeout 5s %h %p');
    expect(deathOf(heart(15, 3), asked, times, times).inFlight).toEqual({ by: 'user timeout', ms: 5_200 });
  });
});

it.each<[string, number | null | 'another command']>([
  ['holdfast relay %h %p', 30_000],
  ['/usr/bin/holdfast relay --tcp-keepalive 10:5:2 -v %h %p', 20_000],
  ['exec holdfast relay --tcp-keepalive=1m:10s:3 %h %p', 90_000],
  ['holdfast relay --tcp-user-timeout 20s %h %p', 20_000],
  ['holdfast relay --tcp-keepalive system %h %p', null],
  ['holdfast relay --tcp-keepalive nonsense %h %p', 'another command'],
  ['holdfast relay gateway 22', 'another command'],
  ['holdfast relay %h %p; touch /tmp/x', 'another command'],
  ['nc %h %p', 'another command'],
])('ProxyCommand %s', (command, idleMs) => {
  const relay = relayIn(command);
  expect(relay === null ? 'another command' : relay.idleMs).toBe(idleMs);
});
