import { shellWord } from '../../core/text/shellword.js';
import { type Consequences, retransmissionModel, topics } from '../../inspect/consequences.js';
import { systemName } from '../../inspect/tcptimes.js';
import type { HostTimes, Topic } from '../../inspect.js';
import { escapeControls, width, wrapText } from '../terminal/columns.js';
import { length } from '../terminal/duration.js';
import { exactly, modelText } from './showreport.js';

const say = (name: string, text: string): string => wrapText(`  ${name.padEnd(12)}`, text);
const mostNamed = 4;

/** What the numbers are where the kernel does not say its own. */
export function assumedText(system: string): string {
  if (system === 'linux') return '';
  const name = systemName(system);
  return `${wrapText('note: ', `what is in force is not available on ${name}: counted as Linux does, as it is shipped. What ${name} ships: holdfast tcp show`)}\n`;
}

/** `holdfast tcp explain 600 60 20`. */
export function consequencesText(of: Consequences): string {
  const seconds = (ms: number) => `${ms / 1_000} s`;
  const { idleMs, intervalMs, probes, userTimeoutMs, retransmission } = of;
  const [idle, interval] = [seconds(idleMs), seconds(intervalMs)];
  const lines = [
    `idle ${idle}, interval ${interval}, ${counted(probes)}${userTimeoutMs > 0 ? `, user timeout ${seconds(userTimeoutMs)} (TCP_USER_TIMEOUT ${userTimeoutMs})` : ''}`,
  ];
  lines.push('', 'A dead peer is noticed');
  if (userTimeoutMs > 0) {
    const ticks = (of.idleDetectionMs - idleMs) / intervalMs;
    lines.push(
      say(
        'idle',
        `${idle} + ${ticks} x ${interval} = ${exactly(of.idleDetectionMs)} after its last word: the first tick that is not before the user timeout, which replaces the count (${counted(probes)} alone: ${exactly(of.countDetectionMs)})`,
      ),
      say(
        'in flight',
        `${seconds(userTimeoutMs)} after the first retransmission, about ${exactly(of.inFlightDetectionMs)} after it was sent; also when the peer answers but takes no data for so long (zero window)`,
      ),
    );
  } else {
    lines.push(
      say(
        'idle',
        `${idle} + ${probes} x ${interval} = ${exactly(of.idleDetectionMs)} after its last word, data or acknowledgement`,
      ),
      say(
        'in flight',
        `${modelText(retransmissionModel(retransmission), retransmission.rtoMaxMs)} = ${exactly(retransmissionModel(retransmission).ms)} by tcp_retries2 ${retransmission.retries2}, and up to one pause more; keepalive plays no part`,
      ),
    );
  }
  lines.push(
    '',
    say(
      'outages',
      `${of.outage.safeMs === 0 ? 'one lost probe ends an idle connection' : `an idle connection outlives each below ${exactly(of.outage.safeMs)}`}, and none of ${exactly(of.outage.deadlyMs)} or longer: it ends when all probes are lost`,
    ),
    say(
      'traffic',
      `a probe each ${idle} while the peer answers: ${of.probesPerDay.toLocaleString('en-US')} a day, ${size(of.bytesPerDay)} (${of.bytesPerProbe} bytes with the answer)`,
    ),
    ...idleTimeoutsText(of),
    '',
    `Set it: holdfast tcp set --time ${idleMs / 1_000} --interval ${intervalMs / 1_000} --probes ${probes}`,
    `On one socket: holdfast tcp snippet ${[idleMs, intervalMs].map((ms) => ms / 1_000).join(' ')} ${probes}${userTimeoutMs > 0 ? ` ${userTimeoutMs / 1_000}` : ''} --for c`,
  );
  return `${lines.join('\n')}\n`;
}

function idleTimeoutsText({ idleTimeouts }: Consequences): string[] {
  const named = (verdict: Consequences['idleTimeouts'][number]['verdict'], first: boolean): string | null => {
    const middleboxes = idleTimeouts.filter((one) => one.verdict === verdict);
    if (middleboxes.length === 0) return null;
    const shown = (first ? middleboxes.slice(0, mostNamed) : middleboxes.slice(-mostNamed)).map(
      ({ middlebox, idleMs }) => `${middlebox.replace(/ \([^)]*\)/g, '')}, ${length(idleMs)}`,
    );
    const more = middleboxes.length - shown.length;
    return `${shown.join('; ')}${more > 0 ? `; and ${more} more` : ''}`;
  };
  const count = (...verdicts: string[]) =>
    idleTimeouts.filter(({ verdict }) => verdicts.includes(verdict)).length;
  const lines = [
    say(
      'NATs',
      `outlives ${count('survivesLoss', 'survives')} of ${idleTimeouts.length} known idle time-outs, ${count('survivesLoss')} of them though a probe is lost`,
    ),
  ];
  const fragile = named('survives', true);
  const slow = named('tooSlow', true);
  const payloadOnly = named('payloadOnly', true);
  if (fragile !== null) lines.push(say('', `only while none is lost: ${fragile}`));
  if (slow !== null) lines.push(say('', `forgotten first by: ${slow}`));
  if (payloadOnly !== null) {
    lines.push(say('', `no matter how often, as these proxies count payload alone: ${payloadOnly}`));
  }
  return lines;
}

function counted(probes: number): string {
  return probes === 1 ? '1 probe' : `${probes} probes`;
}

function size(bytes: number): string {
  if (bytes < 1_000) return `${bytes} bytes`;
  if (bytes < 1_000_000) return `${Math.round(bytes / 1_000)} kB`;
  return `${(bytes / 1_000_000).toFixed(1)} MB`;
}

/** `holdfast tcp explain TCP_KEEPIDLE`. */
export function topicText({ name, title, says, rows, sources }: Topic): string {
  const lines = [wrapText('', `${name}: ${title}`)];
  for (const paragraph of says) lines.push('', wrapText('', paragraph));
  if (rows.length > 0) {
    const widest = Math.max(...rows.map(([key]) => key.length));
    lines.push('', ...rows.map(([key, text]) => wrapText(`  ${key.padEnd(widest)}  `, text)));
  }
  lines.push('', wrapText('sources: ', sources.join('; ')));
  return `${lines.join('\n')}\n`;
}

/** `holdfast tcp explain`. */
export function topicsText(): string {
  return `Topics, and other names of them by which they are found:

${topics.map(({ name, title }) => wrapText(`  ${name.padEnd(20)} `, title)).join('\n')}

Values: holdfast tcp explain 600 60 20. A host: holdfast tcp explain db.
`;
}

/** `holdfast tcp explain db`. `configFile`: as it was named, for what is to be typed. */
export function hostText(of: HostTimes, configFile: string | undefined): string {
  const { host, hostName, heartbeat, through, relay, times, inFlightMs } = of;
  const { noticedAfterMs, heartbeatMs, intervalMs, countMax } = heartbeat;
  const hostWords = `${shellWord(host)}${configFile === undefined ? '' : ` -F ${shellWord(configFile)}`}`;
  // -F none is no file that could be written.
  const where = configFile?.toLowerCase() === 'none' ? shellWord(host) : hostWords;
  const sender = relay !== null && relay.userTimeoutMs > 0 ? 'TCP_USER_TIMEOUT of its relay' : null;
  const beat =
    heartbeatMs === null
      ? 'off (ServerAliveInterval 0)'
      : `on: ${intervalMs / 1_000} s x (${countMax} + 1) = ${exactly(heartbeatMs)}`;
  const lines = [
    `${host}${hostName === host ? '' : ` (${hostName})`}: what ssh has against silence`,
    say('heartbeat', beat),
    say('TCP', keepaliveText(of)),
    say('in flight', `${exactly(inFlightMs)} by ${sender ?? `tcp_retries2 ${times.retries2}`}`),
  ];
  if (through !== null) {
    lines.push(
      say('on the way', `${through}: TCP keepalive ends at the first of them, the heartbeat crosses all`),
    );
  }
  lines.push(
    say('so', verdictText(of, sender ?? 'tcp_retries2')),
    '',
    ...(noticedAfterMs === null || noticedAfterMs > 120_000
      ? [typed('Sooner', `holdfast config keepalive ${where}`)]
      : []),
    typed('Which line says what', `holdfast config why ${hostWords}`),
    typed('What should change', `holdfast doctor ${hostWords}`),
  );
  return `${lines.map(escapeControls).join('\n')}\n`;
}

/** A command whole, to be copied: on a line of its own where it does not fit behind what it is for. */
function typed(what: string, command: string): string {
  const line = `${what}: ${command}`;
  return line.length <= width ? line : `${what}:\n  ${command}`;
}

function keepaliveText({ relay, times, idleMs }: HostTimes): string {
  if (relay?.idleMs != null) return `by its relay, with values of its own: ${exactly(relay.idleMs)}`;
  if (idleMs === null) return 'off (TCPKeepAlive no): an idle connection never notices';
  const source = relay === null ? 'on (TCPKeepAlive yes)' : 'by its relay';
  return `${source}, with the kernel's values: ${times.idleMs / 1_000} s + ${times.probes} x ${times.intervalMs / 1_000} s = ${exactly(idleMs)}`;
}

/** What comes of all three, in one sentence. */
function verdictText({ heartbeat, through, idleMs, inFlightMs }: HostTimes, sender: string): string {
  const { heartbeatMs, intervalMs } = heartbeat;
  if (heartbeatMs !== null) {
    const ends: readonly (readonly [number, string])[] = [
      [heartbeatMs, ''],
      // An unanswered heartbeat is data in flight, and stops TCP keepalive.
      [intervalMs + inFlightMs, `: the heartbeat itself is in flight, and ${sender} ends it`],
      ...(through === null && idleMs !== null && idleMs < intervalMs
        ? [[idleMs, ': TCP keepalive ends it before the first heartbeat'] as const]
        : []),
    ];
    const [ms, why] = ends.reduce((first, one) => (one[0] < first[0] ? one : first));
    return `a server that falls silent is noticed after ${exactly(ms)} at the latest${why}`;
  }
  const sending = `with data in flight after ${exactly(inFlightMs)}`;
  return idleMs === null
    ? `an idle connection never notices that the server is gone; ${sending}`
    : `a server that falls silent is noticed after ${exactly(idleMs)} while idle; ${sending}`;
}
