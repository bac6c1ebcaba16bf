/** What doctor makes of its facts: findings in the order of their weight, and what to type. */
import { usable } from '../keepalive/arithmetic.js';
import { commonBox } from '../keepalive/boxes.js';
import { idleDetectionMs, retransmissionModel } from '../keepalive/detection.js';
import { intervalFor } from '../keepalive/probe/outcome.js';
import { type Death, deathOf } from './death.js';
import type { DoctorFacts, HeartbeatFacts, KernelFacts, LintFact, OwnServer } from './facts.js';
import type { RelayWay } from './relaycommand.js';

/** The heaviest first: of what should change, the first is the most useful. */
export const findingCodes = [
  'config-refused',
  'config-unreadable',
  'heartbeat-off',
  'count-max-zero',
  'interval-too-long',
  'kernel-probes',
  'kernel-retries',
  'server-refused',
  'server-silent',
  'lint',
  'server-lint',
  'heartbeat-hasty',
  'kernel-late',
] as const;

export type FindingCode = (typeof findingCodes)[number];

/** Something that should change (`level` change), or that could be better (`advice`). */
export interface DoctorFinding {
  readonly code: FindingCode;
  readonly level: 'change' | 'advice';
  readonly sentence: string;
  /** What to type; null: it is done by hand. */
  readonly command: string | null;
  /** By hand: what to do; null: the command does it. */
  readonly byHand: string | null;
}

export interface Judgement {
  /** What should change before what could be better; one for each command. */
  readonly findings: readonly DoctorFinding[];
  /** The first three. */
  readonly changes: readonly DoctorFinding[];
  /** Should anything change? Advice does not count. */
  readonly shouldChange: boolean;
  /** null: ssh's configuration could not be read. */
  readonly death: Death | null;
}

const most = 3;

export function judge(facts: DoctorFacts): Judgement {
  const findings = [...configFindings(facts), ...kernelFindings(facts), ...serverFindings(facts)]
    .sort((a, b) => rank(a) - rank(b))
    .filter(isFirstOfItsKind);
  const { state } = facts.config;
  const { times, shipped } = facts.kernel;
  return {
    findings,
    changes: findings.slice(0, most),
    shouldChange: findings.some(({ level }) => level === 'change'),
    death:
      state.at === 'read'
        ? deathOf(state.heartbeat, facts.path?.relay ?? null, times ?? shipped, times)
        : null,
  };
}

function rank({ code, level }: DoctorFinding): number {
  return (level === 'change' ? 0 : findingCodes.length) + findingCodes.indexOf(code);
}

/** A command need not be typed twice. */
function isFirstOfItsKind({ command }: DoctorFinding, at: number, all: readonly DoctorFinding[]): boolean {
  return command === null || all.findIndex((other) => other.command === command) === at;
}

type Draft = Omit<DoctorFinding, 'level' | 'byHand'> & Partial<Pick<DoctorFinding, 'level' | 'byHand'>>;

function finding(draft: Draft): DoctorFinding {
  return { level: 'change', byHand: null, ...draft };
}

/** As a shell takes it. */
export function shellWord(text: string): string {
  return /^[\w@%+=:,./~-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}

function typed(...words: readonly (string | null)[]): string {
  return words.filter((word) => word !== null && word !== '').join(' ');
}

function configFindings({ config, host, path }: DoctorFacts): DoctorFinding[] {
  const fileWords = config.file === null ? null : `-F ${shellWord(config.file)}`;
  const { state } = config;
  const command = typed('holdfast config lint --fix', fileWords);
  if (state.at === 'unreadable') {
    const sentence = `ssh's configuration cannot be read: ${state.reason}`;
    const byHand = 'let its owner read it, and nobody else write it';
    return [finding({ code: 'config-unreadable', sentence, command: null, byHand })];
  }
  if (state.at === 'refused') {
    const [first = '', ...others] = state.reasons;
    const about = config.lint.find(({ at }) => first.startsWith(`${at}:`));
    const refused = finding({
      code: 'config-refused',
      sentence: `ssh refuses its configuration, for every host: ${first}${andMore(others.length)}`,
      command: about?.mendable === true ? command : null,
      byHand: about?.mendable === true ? null : `${about?.at ?? first}: ${about?.fix ?? 'mend the line'}`,
    });
    const rest = config.lint.filter((one) => one !== about);
    return [refused, ...lintFindings(rest, 'lint', command)];
  }
  const lint = config.lint.filter((one) => !isOfValues(one, state.heartbeat));
  const found = lintFindings(lint, 'lint', command);
  const keepalive = (...words: readonly string[]) =>
    typed('holdfast config keepalive', host === null ? null : shellWord(host.name), ...words, fileWords);
  return [
    ...found,
    ...heartbeatFindings(state.heartbeat, {
      relay: path?.relay ?? null,
      host: host?.name ?? null,
      keepalive,
      limit: limitOf(path),
    }),
  ];
}

/** The line of a value that is judged by itself. */
function isOfValues({ code, at }: LintFact, { interval, countMax }: HeartbeatFacts): boolean {
  if (code === 'count-max-zero') return at === countMax.from && interval.value > 0;
  return code === 'interval-too-long' && at === interval.from;
}

/** How long an interval may be, and who says so. */
interface Limit {
  readonly longestS: number;
  readonly who: string;
  readonly afterS: number;
}

interface HeartbeatSubject {
  /** null: every host without lines of its own. */
  readonly host: string | null;
  readonly keepalive: (...words: readonly string[]) => string;
  readonly limit: Limit;
  readonly relay: RelayWay | null;
}

/** What was measured on this way counts; where nothing was, the shortest common time-out does, as for the linter. */
function limitOf(path: DoctorFacts['path']): Limit {
  const { safeMs = null, deadMs = null } = path?.measured ?? {};
  if (safeMs !== null && deadMs !== null) {
    const longestS = intervalFor(safeMs) ?? 1;
    return { longestS, who: 'this way, as measured,', afterS: Math.round(deadMs / 1_000) };
  }
  const { vendor, product, idleMs } = commonBox ?? { vendor: 'a', product: 'NAT', idleMs: 240_000 };
  const longestS = Math.floor((idleMs / 1_000) * usable);
  return { longestS, who: `${vendor} ${product.replace(/ \(.*/, '')}`, afterS: idleMs / 1_000 };
}

function heartbeatFindings(
  { interval, countMax, tcpKeepAlive }: HeartbeatFacts,
  { host, keepalive, limit, relay }: HeartbeatSubject,
): DoctorFinding[] {
  const whom = host ?? 'a server without lines of its own';
  if (interval.value === 0) {
    if (relay?.idleMs != null) {
      return [
        finding({
          code: 'heartbeat-off',
          level: 'advice',
          sentence: `ssh sends ${whom} no heartbeat: its relay notices a dead machine after ${relay.idleMs / 1_000} s, and an sshd that hangs never`,
          command: keepalive('--interval 15'),
        }),
      ];
    }
    const who = tcpKeepAlive.value
      ? 'only the kernel notices that it is dead, after hours'
      : 'nobody notices that it is dead';
    return [
      finding({
        code: 'heartbeat-off',
        sentence: `ssh sends ${whom} no heartbeat (ServerAliveInterval 0, ${interval.from}): ${who}`,
        command: keepalive('--interval 15'),
      }),
    ];
  }
  const found: DoctorFinding[] = [];
  const isLong = interval.value > limit.longestS;
  const better = Math.min(15, limit.longestS);
  if (countMax.value === 0) {
    found.push(
      finding({
        code: 'count-max-zero',
        sentence: `ServerAliveCountMax 0 (${countMax.from}) ends a healthy connection to ${whom} at the first quiet interval`,
        command: keepalive(`--interval ${isLong ? better : interval.value}`, '--count 3'),
      }),
    );
  } else if (!isLong && interval.value * countMax.value < 5) {
    found.push(
      finding({
        code: 'heartbeat-hasty',
        level: 'advice',
        sentence: `${interval.value} s x ${countMax.value} ends a healthy connection to ${whom} in an outage of ${interval.value * countMax.value} s`,
        command: keepalive('--interval 15', '--count 3'),
      }),
    );
  }
  if (isLong) {
    found.push(
      finding({
        code: 'interval-too-long',
        sentence: `a heartbeat each ${interval.value} s (${interval.from}) is too seldom: ${limit.who} forgets a quiet connection after ${limit.afterS} s`,
        command: keepalive(`--interval ${better}`, ...(countMax.value === 0 ? ['--count 3'] : [])),
      }),
    );
  }
  return found;
}

/** R2 of RFC 9293 3.8.3 should be 100 s at least (SHLD-11). */
const leastRetransmissionMs = 100_000;

function kernelFindings({ kernel, host, isRoot, system }: DoctorFacts): DoctorFinding[] {
  const { times } = kernel;
  if (times === null || system !== 'linux') return [];
  const root = isRoot ? null : 'sudo';
  const found: DoctorFinding[] = [];
  if (times.probes < 2) {
    found.push(
      finding({
        code: 'kernel-probes',
        sentence:
          times.probes === 0
            ? `tcp_keepalive_probes 0 ends every idle connection with keepalive, healthy or not, after ${times.idleMs / 1_000} s`
            : 'tcp_keepalive_probes 1: one lost probe ends a healthy connection',
        command: typed(root, 'holdfast tcp set --probes 9', persist(kernel, 'tcp_keepalive_probes')),
      }),
    );
  }
  const { ms } = retransmissionModel(times);
  if (ms < leastRetransmissionMs) {
    found.push(
      finding({
        code: 'kernel-retries',
        sentence: `tcp_retries2 ${times.retries2} ends every connection with data in flight in an outage of ${Math.round(ms / 100) / 10} s, the heartbeat's own too; RFC 9293 wants 100 s at least`,
        command: typed(root, 'sysctl -w net.ipv4.tcp_retries2=15'),
      }),
    );
  }
  // With a host there is a heartbeat, or a finding that wants one.
  if (host === null && times.probes > 1 && idleDetectionMs(times) > lateMs) {
    found.push(
      finding({
        code: 'kernel-late',
        level: 'advice',
        sentence: `programs that leave it to TCP keepalive notice a dead peer after ${hours(idleDetectionMs(times))}, and NATs forget long before the first probe`,
        command: typed(root, 'holdfast tcp set --time 120 --interval 15 --probes 5 --persist'),
      }),
    );
  }
  return found;
}

const lateMs = 1_800_000;

function hours(ms: number): string {
  const minutes = Math.round(ms / 60_000);
  return minutes < 120 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** What a file of sysctl.d says would come back at the next start. */
function persist({ changed }: KernelFacts, name: string): string | null {
  return changed.some((one) => one.name === name && one.from.startsWith('/')) ? '--persist' : null;
}

/** Those that `sshd keepalive` mends. */
const ofHeartbeat = ['count-max-zero', 'interval-zero', 'interval-too-long', 'tcp-keepalive'];

function serverFindings({ server: { own }, isRoot }: DoctorFacts): DoctorFinding[] {
  // Nobody is harmed by the files of a server that does not run.
  if (own === null || own.listens === false) return [];
  const { state, file } = own;
  const root = isRoot ? null : 'sudo';
  const fileWords = own.named ? `-f ${shellWord(file)}` : null;
  const lintCommand = typed('holdfast sshd lint', fileWords);
  if (state.at === 'refused') {
    const [first = '', ...others] = state.reasons;
    const sentence = `sshd of this machine would not start again: ${first}${andMore(others.length)}`;
    const byHand = `mend what is named: ${lintCommand}`;
    return [finding({ code: 'server-refused', sentence, command: null, byHand })];
  }
  if (state.at !== 'read') return [];
  const keepalive = typed(root, 'holdfast sshd keepalive --interval 15 --count 3', fileWords, '--reload');
  const found: DoctorFinding[] = [];
  const isSilent = state.clientAlive.noticedAfterMs === null;
  if (isSilent) found.push(silentServer(own, state, keepalive));
  const beats = state.lint.filter(({ code }) => ofHeartbeat.includes(code));
  const rest = state.lint.filter(({ code }) => !ofHeartbeat.includes(code));
  if (!isSilent && beats[0] !== undefined) {
    found.push(finding({ code: 'server-lint', sentence: lintSentence(beats), command: keepalive }));
  }
  return [...found, ...lintFindings(rest, 'server-lint', null)].map((one) =>
    own.listens === null ? { ...one, level: 'advice' as const } : one,
  );
}

function silentServer(
  { file }: OwnServer,
  state: Extract<OwnServer['state'], { at: 'read' }>,
  command: string,
): DoctorFinding {
  const { interval, countMax } = state;
  const why =
    interval.value === 0
      ? `ClientAliveInterval 0, ${interval.from}`
      : `ClientAliveCountMax ${countMax.value}, ${countMax.from}`;
  return finding({
    code: 'server-silent',
    sentence: `sshd of this machine never gives up a dead client (${why}; ${file}): its remote ports stay taken`,
    command,
  });
}

/** What a command mends in one, and the first of the others. `command` null: there is none. */
function lintFindings(
  lint: readonly LintFact[],
  code: 'lint' | 'server-lint',
  command: string | null,
): DoctorFinding[] {
  const mended = command === null ? [] : lint.filter(({ mendable }) => mendable);
  const others = lint.filter((one) => !mended.includes(one));
  const [first] = others;
  return [
    ...(mended.length === 0 ? [] : [finding({ code, sentence: lintSentence(mended), command })]),
    ...(first === undefined
      ? []
      : [
          finding({
            code,
            sentence: lintSentence(others),
            command: null,
            byHand: `${first.at}: ${first.fix}`,
          }),
        ]),
  ];
}

function lintSentence([first, ...others]: readonly LintFact[]): string {
  return first === undefined ? '' : `${first.at}: ${first.sentence}${andMore(others.length)}`;
}

function andMore(count: number): string {
  return count === 0 ? '' : ` (and ${count} more)`;
}
