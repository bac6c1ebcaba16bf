/** What is wrong with ssh's configuration: what it says for the host, and what the linter says of it. */
import { endOfSilence, largestCount, leastRetransmissionMs } from '../keepalive/arithmetic.js';
import { idleDetectionMs, retransmissionModel } from '../keepalive/detection.js';
import { usableShare } from '../keepalive/idletimeouts.js';
import { commonMiddlebox } from '../keepalive/middleboxes.js';
import { shippedTimes } from '../keepalive/outlook.js';
import { intervalFor } from '../keepalive/probe/outcome.js';
import { shellWord } from '../text/shellword.js';
import {
  andMore,
  commandLine,
  type DoctorFinding,
  finding,
  lateness,
  lintFindings,
} from './doctorfinding.js';
import type { DoctorFacts, HeartbeatFacts, LintFact } from './facts.js';
import type { RelayWay } from './relaycommand.js';

export function configFindings({ config, host, kernel, path }: DoctorFacts): DoctorFinding[] {
  const { file } = config;
  // -F none is no file that could be written.
  const fileWords = file === null || file.toLowerCase() === 'none' ? null : `-F ${shellWord(file)}`;
  const { state } = config;
  const command = commandLine('holdfast config lint --fix', fileWords);
  if (state.type === 'unreadable') {
    const sentence = `ssh's configuration cannot be read: ${state.reason}`;
    const byHand = 'let its owner read it, and nobody else write it';
    return [finding({ code: 'config-unreadable', sentence, command: null, byHand })];
  }
  if (state.type === 'refused') {
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
    commandLine(
      'holdfast config keepalive',
      host === null ? null : shellWord(host.name),
      ...words,
      fileWords,
    );
  return [
    ...found,
    ...heartbeatFindings(state.heartbeat, {
      relay: path?.relay ?? null,
      host: host?.name ?? null,
      keepalive,
      limit: limitOf(path),
      kernelMs: idleDetectionMs(kernel.times ?? kernel.shipped),
      flightMs: retransmissionModel(kernel.times ?? shippedTimes).ms,
    }),
  ];
}

/** The line of a value that is judged by itself. */
function isOfValues({ code, at }: LintFact, { interval, countMax }: HeartbeatFacts): boolean {
  if (code === 'count-beyond-kernel') return at === countMax.from;
  if (code === 'count-max-zero') return at === countMax.from && interval.value > 0;
  return code === 'interval-too-long' && at === interval.from;
}

/** How long an interval may be, and the source of that limit. */
interface Limit {
  readonly longestS: number;
  readonly source: string;
  readonly afterS: number;
}

interface HeartbeatSubject {
  /** null: every host without lines of its own. */
  readonly host: string | null;
  readonly keepalive: (...words: readonly string[]) => string;
  readonly limit: Limit;
  readonly relay: RelayWay | null;
  /** TCP keepalive alone, with the values in force. */
  readonly kernelMs: number;
  /** How long the kernel lets data be in flight, a heartbeat too. */
  readonly flightMs: number;
}

/** What was measured on this way counts; where nothing was, the shortest common time-out does, as for the linter. */
function limitOf(path: DoctorFacts['path']): Limit {
  const { safeMs = null, deadMs = null } = path?.measured ?? {};
  if (safeMs !== null && deadMs !== null) {
    const longestS = intervalFor(safeMs) ?? 1;
    return { longestS, source: 'this way, as measured,', afterS: Math.round(deadMs / 1_000) };
  }
  const { vendor, product, idleMs } = commonMiddlebox ?? { vendor: 'a', product: 'NAT', idleMs: 240_000 };
  const longestS = Math.floor((idleMs / 1_000) * usableShare);
  return { longestS, source: `${vendor} ${product.replace(/ \(.*/, '')}`, afterS: idleMs / 1_000 };
}

function heartbeatFindings(
  { interval, countMax, tcpKeepAlive }: HeartbeatFacts,
  { host, keepalive, limit, relay, kernelMs, flightMs }: HeartbeatSubject,
): DoctorFinding[] {
  const server = host ?? 'a server without lines of its own';
  if (interval.value === 0) {
    if (relay?.idleMs != null) {
      return [
        finding({
          code: 'heartbeat-off',
          level: 'advice',
          sentence: `ssh sends ${server} no heartbeat: its relay notices a dead machine after ${relay.idleMs / 1_000} s, and an sshd that hangs never`,
          command: keepalive('--interval 15'),
        }),
      ];
    }
    const otherwise = tcpKeepAlive.value
      ? `only the kernel notices that it is dead, after ${lateness(kernelMs)}`
      : 'nothing notices that it is dead';
    return [
      finding({
        code: 'heartbeat-off',
        sentence: `ssh sends ${server} no heartbeat (ServerAliveInterval 0, ${interval.from}): ${otherwise}`,
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
        sentence: `ServerAliveCountMax 0 (${countMax.from}) ends a healthy connection to ${server} at the first quiet interval`,
        command: keepalive(`--interval ${isLong ? better : interval.value}`, '--count 3'),
      }),
    );
  } else if (!isLong && interval.value * countMax.value < 5) {
    found.push(
      finding({
        code: 'heartbeat-hasty',
        level: 'advice',
        sentence: `${interval.value} s x ${countMax.value} ends a healthy connection to ${server} in an outage of ${interval.value * countMax.value} s`,
        command: keepalive('--interval 15', '--count 3'),
      }),
    );
  }
  const [intervalMs, count] = [interval.value * 1_000, countMax.value];
  const end = endOfSilence(intervalMs, count, flightMs);
  const isLimited = (relay?.userTimeoutMs ?? 0) > 0 || flightMs < leastRetransmissionMs;
  if (!isLong && !isLimited && end.by === 'kernel') {
    const most = largestCount(intervalMs, flightMs);
    found.push(
      finding({
        code: 'count-beyond-kernel',
        sentence: `ServerAliveCountMax ${count} (${countMax.from}) is never reached: the heartbeat is data in flight, and the kernel gives ${server} up after ${lateness(end.ms)} (tcp_retries2), not after ${interval.value} s x (${count} + 1)`,
        command: keepalive(`--interval ${interval.value}`, `--count ${most}`),
      }),
    );
  }
  if (isLong) {
    found.push(
      finding({
        code: 'interval-too-long',
        sentence: `a heartbeat each ${interval.value} s (${interval.from}) is too seldom: ${limit.source} forgets a quiet connection after ${limit.afterS} s`,
        command: keepalive(`--interval ${better}`, ...(countMax.value === 0 ? ['--count 3'] : [])),
      }),
    );
  }
  return found;
}
