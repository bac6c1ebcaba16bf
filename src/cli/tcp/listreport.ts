import type { Connection, ConnectionList, OutlookKind } from '../../inspect.js';
import { escapeControls, wrapText } from '../terminal/columns.js';
import { length } from '../terminal/duration.js';

const labels: Readonly<Record<OutlookKind, string>> = {
  dying: 'dying',
  stuck: 'stuck',
  never: 'never notices',
  connecting: 'connecting',
  notices: 'will notice',
  leaving: 'leaving',
  passive: 'no connection',
};

const indent = 15;

/** `holdfast tcp list`: two lines or so for each connection, those that need attention first. */
export function connectionsText(list: ConnectionList, isRoot: boolean): string {
  const { connections, times, hasInfo, hidden } = list;
  if (connections.length === 0) return 'no connections\n';
  const rows = connections.map((one) => rowText(one, times.probes));
  const notes: string[] = [];
  if (connections.some(({ outlook }) => outlook.basis === 'system')) {
    notes.push(
      `Times of keepalive count with the system's ${times.idleMs / 1_000} s + ${times.probes} x ${times.intervalMs / 1_000} s; a program may have set its own on its socket, which no other program can read.${times.probes === 0 ? ' With 0 probes a healthy connection ends at that time, too.' : ''}`,
    );
  }
  if (connections.some(({ outlook }) => outlook.kind === 'never')) {
    notes.push(
      'never notices: idle, and no timer runs; only a heartbeat of the program would show a dead peer.',
    );
  }
  if (!hasInfo)
    notes.push('When something was last heard is not known: there is no ss here (iproute2 5.2 or later).');
  if (hidden > 0 && !isRoot)
    notes.push(`The processes of ${hidden} are hidden: only root sees those of other users.`);
  return `${[summary(connections), '', ...rows, ...(notes.length > 0 ? [''] : []), ...notes.map((note) => wrapText('', note))].join('\n')}\n`;
}

function summary(connections: readonly Connection[]): string {
  const counts = new Map<OutlookKind, number>();
  for (const { outlook } of connections) counts.set(outlook.kind, (counts.get(outlook.kind) ?? 0) + 1);
  const said: Readonly<Record<OutlookKind, string>> = {
    dying: 'dying',
    stuck: 'stuck on a closed window',
    never: 'will never notice a dead peer',
    connecting: 'connecting',
    notices: 'will notice one',
    leaving: 'leaving',
    passive: 'no connection, or no more',
  };
  const kinds = (Object.keys(said) as OutlookKind[]).flatMap((kind) => {
    const count = counts.get(kind);
    return count === undefined ? [] : [`${count} ${said[kind]}`];
  });
  if (connections.every(({ outlook }) => outlook.kind === 'passive')) {
    return connections.length === 1
      ? '1 socket that is no connection'
      : `${connections.length} sockets that are no connections, or no more`;
  }
  const all = connections.length === 1 ? '1 connection' : `${connections.length} connections`;
  return wrapText('', `${all}: ${kinds.join(', ')}`);
}

function rowText(one: Connection, probes: number): string {
  const label = one.outlook.kind === 'passive' ? one.state : labels[one.outlook.kind];
  const first = wrapText(label.padEnd(indent), escapeControls(endsText(one)));
  return `${first}\n${wrapText(' '.repeat(indent), escapeControls(factsText(one, probes)))}`;
}

/** `10.0.0.2:22 > 10.0.0.7:51234  sshd 812` */
export function endsText(one: Connection): string {
  const end = (address: string, port: number) =>
    `${one.family === 6 ? `[${address}]` : address}:${port === 0 ? '*' : port}`;
  const holder =
    one.process !== null
      ? `${one.process.command} ${one.process.pid}`
      : one.inode === 0
        ? // A connection without a process that is not being closed waits in the queue of its listener.
          one.state === 'established' || one.state === 'close-wait'
          ? 'not accepted yet'
          : 'no process'
        : `of ${one.user ?? `uid ${one.uid}`}`;
  const remote = end(one.remoteAddress, one.remotePort);
  return `${end(one.localAddress, one.localPort)} > ${remote}  ${holder}`;
}

function factsText(one: Connection, probes: number): string {
  const { outlook, quietMs, sendQueue, receiveQueue, retransmissions, unanswered } = one;
  const facts = [verdictText(one, probes), timerText(one)];
  if (outlook.kind !== 'dying' && unanswered > 0) facts.push(`${unanswered} unanswered`);
  if (retransmissions > 0 && outlook.kind !== 'dying') facts.push(`sent again ${retransmissions} x`);
  if (sendQueue > 0 || receiveQueue > 0) facts.push(`queues ${sendQueue} out ${receiveQueue} in`);
  if (quietMs !== null) facts.push(`heard ${length(quietMs)} ago`);
  return facts.filter((fact) => fact !== '').join(', ');
}

function verdictText({ outlook, unanswered, timer }: Connection, probes: number): string {
  const within = outlook.withinMs === null ? '' : length(outlook.withinMs);
  switch (outlook.kind) {
    case 'notices':
      return `within ${within}`;
    case 'dying':
      if (outlook.basis === 'system')
        return `${unanswered} of ${probes} probes unanswered, ends in ${within}`;
      if (within === '') return `${outlook.sentence}, with a count of its own: its end cannot be seen`;
      return `${outlook.sentence}${outlook.basis === 'observed' ? ', with times of its own' : ''}, ends in ${within}`;
    case 'never':
      return '';
    case 'connecting':
      return `${outlook.sentence}, gives up in ${within}`;
    case 'leaving':
      return within === '' || timer === 'timewait'
        ? outlook.sentence
        : `${outlook.sentence}, gone in ${within} without an answer`;
    default:
      return outlook.sentence;
  }
}

function timerText({ timer, timerLeftMs, outlook }: Connection): string {
  const left = length(timerLeftMs);
  switch (timer) {
    case 'keepalive':
      return `keepalive in ${left}`;
    case 'retransmit':
      return `sends again in ${left}`;
    case 'window':
      return `asks for room in ${left}`;
    case 'timewait':
      return `over in ${left}`;
    case 'none':
      return outlook.kind === 'passive' ? '' : 'no timer';
  }
}
