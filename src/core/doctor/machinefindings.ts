/** What is wrong with this machine: its kernel, and its own sshd. */
import { leastRetransmissionMs } from '../keepalive/arithmetic.js';
import { idleDetectionMs, retransmissionModel } from '../keepalive/detection.js';
import { shellWord } from '../text/shellword.js';
import {
  andMore,
  commandLine,
  type DoctorFinding,
  finding,
  lateness,
  lintFindings,
  lintSentence,
} from './doctorfinding.js';
import type { DoctorFacts, KernelFacts, OwnServer } from './facts.js';

export function kernelFindings({ kernel, host, isRoot, system }: DoctorFacts): DoctorFinding[] {
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
        command: commandLine(root, 'holdfast tcp set --probes 9', persist(kernel, 'tcp_keepalive_probes')),
      }),
    );
  }
  const { ms } = retransmissionModel(times);
  if (ms < leastRetransmissionMs) {
    found.push(
      finding({
        code: 'kernel-retries',
        sentence: `tcp_retries2 ${times.retries2} ends every connection with data in flight in an outage of ${Math.round(ms / 100) / 10} s, the heartbeat's own too; RFC 9293 wants 100 s at least`,
        command: commandLine(root, 'sysctl -w net.ipv4.tcp_retries2=15'),
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
        command: commandLine(root, 'holdfast tcp set --time 120 --interval 15 --probes 5 --persist'),
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
const ofHeartbeat = [
  'count-max-zero',
  'count-beyond-kernel',
  'interval-zero',
  'interval-too-long',
  'tcp-keepalive',
];

export function serverFindings({
  server: { own },
  isRoot,
  config,
  host,
  kernel,
}: DoctorFacts): DoctorFinding[] {
  if (own === null) return unseenFindings(config.state, host?.name ?? '');
  // The files of a server that does not run do no harm.
  if (own.listens === false) return [];
  const { state, file } = own;
  const root = isRoot ? null : 'sudo';
  const fileWords = own.named ? `-f ${shellWord(file)}` : null;
  const lintCommand = commandLine('holdfast sshd lint', fileWords);
  if (state.type === 'refused') {
    const [first = '', ...others] = state.reasons;
    const sentence = `sshd of this machine would not start again: ${first}${andMore(others.length)}`;
    const byHand = `mend what is named: ${lintCommand}`;
    return [finding({ code: 'server-refused', sentence, command: null, byHand })];
  }
  if (state.type !== 'read') return [];
  const keepalive = commandLine(
    root,
    'holdfast sshd keepalive --interval 15 --count 3',
    fileWords,
    '--reload',
  );
  const found: DoctorFinding[] = [];
  const isSilent = state.clientAlive.noticedAfterMs === null;
  if (isSilent) found.push(silentServer(own, state, kernel, keepalive));
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
  state: Extract<OwnServer['state'], { type: 'read' }>,
  { times, shipped }: KernelFacts,
  command: string,
): DoctorFinding {
  const { interval, countMax } = state;
  const why =
    interval.value === 0
      ? `ClientAliveInterval 0, ${interval.from}`
      : `ClientAliveCountMax ${countMax.value}, ${countMax.from}`;
  const kernel = state.tcpKeepAlive
    ? `; only TCP keepalive does, after ${lateness(idleDetectionMs(times ?? shipped))}`
    : '';
  return finding({
    code: 'server-silent',
    sentence: `sshd of this machine never gives up a dead client (${why}; ${file})${kernel}: its remote ports stay taken`,
    command,
  });
}

/** The sshd of another machine keeps the ports of -R; without a login nothing more is known of it. */
function unseenFindings(state: DoctorFacts['config']['state'], host: string): DoctorFinding[] {
  if (state.type !== 'read' || state.remoteForwards === 0) return [];
  return [
    finding({
      code: 'server-unseen',
      level: 'advice',
      sentence: `the sshd of ${host} keeps remote ports of a dead connection taken unless its ClientAlive is on, which is not seen from here; the file for it, if it is yours`,
      command: 'holdfast sshd keepalive --interval 15 --count 3 --print',
    }),
  ];
}
