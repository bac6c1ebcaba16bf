import { shellWord } from '../../core/text/shellword.js';
import { type DoctorFinding, type DoctorReport, retransmissionModel, systemName } from '../../inspect.js';
import { exactly } from '../tcp/showreport.js';
import { escapeControls, wrapText } from '../terminal/columns.js';
import { length } from '../terminal/duration.js';
import { pathLines, serverLines } from './pathreport.js';

const indent = 12;

/** One part of the page: its name, and lines with a hanging indent. */
function part(name: string, lines: readonly string[]): string {
  return lines
    .map((line, at) => wrapText((at === 0 ? name : '').padEnd(indent), escapeControls(line)))
    .map((text) => `${text}\n`)
    .join('');
}

/** `holdfast doctor`: the verdict, what it rests on, and what to type. */
export function doctorText(report: DoctorReport): string {
  const { host, path } = report;
  const lines = [
    `${wrapText('', escapeControls(headText(report)))}\n`,
    part('kernel', kernelLines(report)),
    part('config', configLines(report)),
    part('server', serverLines(report)),
    ...(path === null ? [] : [part('path', pathLines(path, report))]),
    part('time-outs', timeoutLines(report)),
  ];
  const head =
    host === null
      ? 'If a server died now, without a word, that is noticed'
      : `If ${escapeControls(host.name)} died now, without a word, that is noticed`;
  return `${lines[0]}\n${lines.slice(1).join('')}\n${head}\n${deathText(report)}\n${changesText(report)}`;
}

function headText({ host, findings, system }: DoctorReport): string {
  const count = findings.filter(({ level }) => level === 'change').length;
  const subject =
    host === null
      ? `This machine (${systemName(system)})`
      : `${host.name}${host.hostName === host.name ? '' : ` (${host.hostName})`}`;
  if (count === 0) return `${subject}: nothing has to change.`;
  return `${subject}: ${count === 1 ? 'one thing' : `${count} things`} should change; what to type is at the end.`;
}

function kernelLines({ kernel, system }: DoctorReport): string[] {
  const { times, changed, connections } = kernel;
  if (times === null) {
    const { idleMs, intervalMs, probes } = kernel.shipped;
    return [
      `the values in force: not available on ${systemName(system)}, only on Linux`,
      `as shipped: TCP keepalive ${idleMs / 1_000} s + ${probes} x ${intervalMs / 1_000} s = ${exactly(idleMs + probes * intervalMs)}`,
    ];
  }
  const seconds = times.idleMs / 1_000;
  const idleMs = times.idleMs + times.probes * times.intervalMs;
  const sources = changed.map(({ name, value, from }) => `${name} ${value} (${from})`);
  return [
    `TCP keepalive ${seconds} s + ${times.probes} x ${times.intervalMs / 1_000} s = ${exactly(idleMs)}`,
    `in flight ${exactly(retransmissionModel(times).ms)}, by tcp_retries2 ${times.retries2}`,
    sources.length === 0 ? 'all as Linux ships it' : `not as shipped: ${sources.join(', ')}`,
    ...(connections === null ? [] : [connectionLines(connections)]),
  ];
}

function connectionLines({ all, never }: NonNullable<DoctorReport['kernel']['connections']>): string {
  if (all === 0) return 'no connections now';
  const now = all === 1 ? '1 connection now' : `${all} connections now`;
  if (never === 0) return `${now}: each would notice a dead peer`;
  const some = all === 1 ? 'it' : `${never} of them`;
  return `${now}, ${some} would never notice a dead peer: holdfast tcp list --no-keepalive`;
}

function configLines({ config, host }: DoctorReport): string[] {
  const { state, lint, file } = config;
  const linted =
    lint.length === 0
      ? 'lint: nothing found'
      : `lint: ${lint.length === 1 ? '1 finding' : `${lint.length} findings`}; holdfast config lint${fileWords(file)}`;
  if (state.type === 'refused') return [`ssh refuses it: ${state.reasons.join('; ')}`, linted];
  if (state.type === 'unreadable') return [state.reason];
  const { interval, countMax, tcpKeepAlive } = state.heartbeat;
  return [
    ...(host === null ? ['for hosts without lines of their own:'] : []),
    `ServerAliveInterval ${interval.value}  (${interval.from})`,
    `ServerAliveCountMax ${countMax.value}  (${countMax.from})`,
    `TCPKeepAlive ${tcpKeepAlive.value ? 'yes' : 'no'}  (${tcpKeepAlive.from})`,
    ...state.undecided.map((block) => `not decided, as its command is not run: ${block}`),
    linted,
  ];
}

/** The file that was named, for a command to be typed. */
function fileWords(file: string | null): string {
  return file === null ? '' : ` -F ${shellWord(file)}`;
}

const mostNamed = 2;

function timeoutLines({ config, likelyMiddleboxes, host, path }: DoctorReport): string[] {
  if (config.state.type !== 'read') return ['not known, as the configuration is not'];
  const { idleTimeouts, intervalMs } = config.state.heartbeat.sum;
  const named = (middleboxes: readonly { readonly middlebox: string; readonly idleMs: number }[]) =>
    middleboxes
      .slice(0, mostNamed)
      .map(({ middlebox, idleMs }) => `${middlebox.replace(/ \([^)]*\)/g, '')}, ${length(idleMs)}`)
      .join('; ');
  const likely = likelyMiddleboxes.length === 0 ? [] : [`likely on this way: ${named(likelyMiddleboxes)}`];
  const way =
    host === null || path === null
      ? []
      : [measuredText(path.measured, `${shellWord(host.name)}${fileWords(config.file)}`)];
  if (intervalMs === 0) {
    return [
      `no heartbeat: each of ${idleTimeouts.length} known middleboxes forgets a quiet connection, first ${named(idleTimeouts)}`,
      ...likely,
      ...way,
    ];
  }
  const of = (verdict: string) => idleTimeouts.filter((one) => one.verdict === verdict);
  const outlived = idleTimeouts.length - of('tooSlow').length;
  return [
    `a heartbeat each ${length(intervalMs)} outlives ${outlived} of ${idleTimeouts.length} known ones, ${of('survivesLoss').length} of them though one is lost`,
    ...(of('tooSlow').length === 0 ? [] : [`not: ${named(of('tooSlow'))}`]),
    ...likely,
    ...way,
  ];
}

/** What this way itself was seen to do, rather than the middleboxes of the table. */
function measuredText(
  { safeMs, deadMs, mode }: NonNullable<DoctorReport['path']>['measured'],
  words: string,
): string {
  if (safeMs === null && deadMs === null) {
    return `what this way does to a quiet connection (drop, reset, picked up again): holdfast probe ${words}`;
  }
  const safe = safeMs === null ? '' : `quiet for ${length(safeMs)} is survived`;
  const dead =
    deadMs === null
      ? 'no end was met'
      : `forgotten after ${length(deadMs)}${mode === null ? '' : `: ${fates[mode]}`}`;
  return `measured on this way: ${[safe, dead].filter((one) => one !== '').join('; ')}`;
}

const fates = {
  drop: 'its next packet is dropped',
  reset: 'its next packet is reset',
  close: 'it is closed',
  loose: 'picked up again when this end speaks, dropped when the server does',
} as const;

function deathText({ death, config, server, system, path, kernel }: DoctorReport): string {
  const say = (name: string, text: string) =>
    `${wrapText(`  ${name.padEnd(indent - 2)}`, escapeControls(text))}\n`;
  if (death === null || config.state.type !== 'read') return say('', 'ssh would not connect at all');
  const { interval, countMax } = config.state.heartbeat;
  const noticed = ({ by, ms }: NonNullable<DoctorReport['death']>['idle']) => {
    if (ms === null) return by === 'nobody' ? 'never' : `not available on ${systemName(system)}`;
    const noticer = {
      heartbeat: `the heartbeat: ${interval.value} s x (${countMax.value} + 1)`,
      'TCP keepalive': path?.relay == null ? 'TCP keepalive alone' : 'TCP keepalive of the relay',
      retransmission: 'tcp_retries2 alone',
      'user timeout': "TCP_USER_TIMEOUT of the relay's socket",
      nobody: '',
      'not known': '',
    }[by];
    return `after ${exactly(ms)} at the latest, by ${noticer}`;
  };
  const isSame = death.idle.by === death.inFlight.by && death.idle.ms === death.inFlight.ms;
  return [
    ...(isSame
      ? [say('by ssh', noticed(death.idle))]
      : [say('idle', noticed(death.idle)), say('in flight', noticed(death.inFlight))]),
    say(
      'service',
      'never, if only what is behind a forward dies: TCP keepalive asks the kernel there, the heartbeat asks sshd. Ask the service itself, through its port',
    ),
    say('server', `and at the server, if this end dies: ${otherSide(server.own, kernel)}`),
  ].join('');
}

/** When the server notices that its client is gone, and frees what it held for it. */
function otherSide(own: DoctorReport['server']['own'], kernel: DoctorReport['kernel']): string {
  if (own?.state.type !== 'read')
    return 'by ClientAlive, which is off as shipped; the ports of -R stay taken';
  const { clientAlive, tcpKeepAlive } = own.state;
  const { noticedAfterMs } = clientAlive;
  if (noticedAfterMs === null) {
    const { idleMs, intervalMs, probes } = kernel.times ?? kernel.shipped;
    return tcpKeepAlive
      ? `this sshd never gives up a dead client, TCP keepalive alone does after ${exactly(idleMs + probes * intervalMs)}; until then the ports of -R stay taken`
      : 'this sshd never gives up a dead client; the ports of -R stay taken';
  }
  return `this sshd gives up its client after ${exactly(noticedAfterMs)}`;
}

function changesText({ changes, findings, shouldChange }: DoctorReport): string {
  if (changes.length === 0) return 'Nothing to change.\n';
  const more = findings.length - changes.length;
  const head = shouldChange
    ? `${changes.length === 1 ? 'The change that helps' : 'What to change, the most useful first'}`
    : 'Nothing has to change. What could be better';
  return `${head}\n${changes.map((change, at) => changeText(change, at, shouldChange)).join('')}${more > 0 ? `and ${more} more then: holdfast doctor again, or --json\n` : ''}`;
}

/** The command stands on a line of its own, whole, to be copied. */
function changeText({ sentence, command, byHand, level }: DoctorFinding, at: number, among: boolean) {
  const what = among && level === 'advice' ? `${sentence} (advice)` : sentence;
  const how =
    command === null
      ? wrapText('     by hand: ', escapeControls(byHand ?? ''))
      : `     ${escapeControls(command)}`;
  return `${wrapText(`${at + 1}. `, escapeControls(what))}\n${how}\n`;
}
