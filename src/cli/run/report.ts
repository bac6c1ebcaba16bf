import { withReason } from '../../edit/tunnelrequest.js';
import type { Request } from '../../edit.js';
import type { Endpoint, Forward, Notice } from '../../open.js';
import { length } from '../terminal/duration.js';

/**
 * `failure`: shown even with `-q`. `news`: what people want to know. `detail`: for `-v`.
 */
export type Level = 'failure' | 'news' | 'detail';

/** Which colour a line starts with, on a terminal. */
export type Tone = 'good' | 'odd' | 'bad' | 'plain';

export function levelOf(notice: Notice): Level {
  switch (notice.type) {
    case 'detail':
    case 'heartbeat':
    case 'connecting':
      return 'detail';
    case 'drained':
      return notice.failure === null ? 'detail' : 'news';
    case 'forward':
      return notice.status.type === 'pending' ? 'detail' : 'news';
    case 'needs-you':
      return 'failure';
    case 'stopped':
      return notice.outcome.ok ? 'news' : 'failure';
    default:
      return 'news';
  }
}

export function toneOf(notice: Notice): Tone {
  switch (notice.type) {
    case 'up':
      return notice.statuses.some((status) => status.type === 'refused') ? 'odd' : 'good';
    case 'recovered':
    case 'replaced':
      return 'good';
    case 'incomplete':
      return 'odd';
    case 'forward':
      return notice.status.type === 'refused' ? 'bad' : 'plain';
    case 'suspect':
    case 'waiting':
    case 'needs-you':
    case 'client-refused':
      return 'odd';
    case 'down':
      return 'bad';
    case 'drained':
      return notice.failure === null ? 'plain' : 'odd';
    case 'stopped':
      return notice.outcome.ok ? 'plain' : 'bad';
    default:
      return 'plain';
  }
}

/** A notice as a sentence for people. `forwards` are those of the request: notices name them by their place in it. */
export function sentence(notice: Notice, forwards: readonly Forward[]): string {
  // What a server says may end as it likes.
  return notice.type === 'banner' ? bannerLines(notice) : withReason(sentenceOf(notice, forwards));
}

/** Lines of their own are set in, so that none looks like a line of ours. A link stays whole. */
function bannerLines({ server, text }: Extract<Notice, { type: 'banner' }>): string {
  const lines = text.split('\n');
  return lines.length === 1
    ? `${server} says: ${text}`
    : [`${server} says:`, ...lines.map((line) => `  ${line}`)].join('\n');
}

function sentenceOf(notice: Exclude<Notice, { type: 'banner' }>, forwards: readonly Forward[]): string {
  switch (notice.type) {
    case 'understood':
      return `keeping ${notice.request.host}: ${summary(notice.request)}`;
    case 'note':
      return `note: ${notice.text}`;
    case 'forward':
      return forwardLine(notice);
    case 'connecting':
      return notice.attempt > 1
        ? `connecting (link ${notice.link}, attempt ${notice.attempt})`
        : `connecting (link ${notice.link})`;
    case 'up':
      return up(notice, forwards);
    case 'incomplete':
      return incomplete(notice, forwards);
    case 'suspect':
      return (
        `link ${notice.link} has been silent for ${length(notice.quietMs)}` +
        (notice.server === undefined ? '' : `; ${notice.server} does not answer`)
      );
    case 'recovered':
      return `link ${notice.link} answers again after ${length(notice.quietMs)}`;
    case 'replaced':
      return `link ${notice.link} took over; open connections stay on link ${notice.old}`;
    case 'drained':
      return notice.failure === null
        ? `link ${notice.link} is done: nothing was left on it`
        : `link ${notice.link} ended, with the connections on it: ${notice.failure.message}`;
    case 'down':
      return `down: ${notice.failure.message} (link ${notice.link})`;
    case 'waiting':
      return `trying again in ${length(notice.delayMs)} (attempt ${notice.attempt + 1}): ${notice.failure.message}`;
    case 'needs-you':
      return `needs you: ${oneLine(notice.text).replace(/:$/, '')}`;
    case 'client-refused':
      return turnedAway(notice, nameOf(forwards, notice.index));
    case 'stopping':
      return 'stopping: no new clients; open connections have 10 s to end';
    case 'stopped':
      return notice.outcome.ok ? 'stopped' : `stopped: ${notice.outcome.failure.message}`;
    case 'detail':
      return notice.link === null ? notice.text : `link ${notice.link}: ${notice.text}`;
    case 'heartbeat':
      return `link ${notice.link}: answered in ${length(notice.rttMs)}`;
  }
}

type Of<T extends Notice['type']> = Extract<Notice, { type: T }>;

/** The first time each forward is named; later only what differs is worth a word. */
function up(notice: Of<'up'>, forwards: readonly Forward[]): string {
  const { bound, refused } = sorted(notice, forwards);
  const link = `(link ${notice.link})`;
  if (notice.downMs === null) {
    return `up: ${[...bound, ...refused.map((forward) => `${forward.text} refused, and requested again`)].join(', ')} ${link}`;
  }
  const missing =
    refused.length === 0 ? '' : `, without ${refused.map((forward) => forward.text).join(', ')}`;
  return `up again after ${length(notice.downMs)}${missing} ${link}`;
}

/** Those that are there, with the ports in force, and those that are not. */
function sorted({ statuses }: Of<'up' | 'incomplete'>, forwards: readonly Forward[]) {
  const bound = forwards.flatMap((forward, index) => {
    const status = statuses[index];
    return status?.type === 'bound' ? [described(forward, status.port)] : [];
  });
  return { bound, refused: forwards.filter((_, index) => statuses[index]?.type === 'refused') };
}

function incomplete(notice: Of<'incomplete'>, forwards: readonly Forward[]): string {
  const { bound, refused } = sorted(notice, forwards);
  const again = notice.downMs === null ? '' : ` again after ${length(notice.downMs)}`;
  const missing = `without ${refused.map((forward) => forward.text).join(', ')}, which ${refused.length === 1 ? 'is' : 'are'} requested again`;
  const there = notice.downMs === null && bound.length > 0 ? `; there: ${bound.join(', ')}` : '';
  return `connected${again}, but not up: ${missing}${there} (link ${notice.link})`;
}

function turnedAway({ client, reason, more, inMs }: Of<'client-refused'>, forward: string): string {
  if (more === undefined)
    return `${client === null ? 'a client' : `client ${client}`} of ${forward} was turned away: ${reason}`;
  const clients = more === 1 ? '1 more client' : `${more} more clients`;
  return `${clients} of ${forward} turned away in ${length(inMs ?? 0)}; the last: ${reason}`;
}

function forwardLine({ forward, status, refusedMs }: Of<'forward'>): string {
  if (status.type === 'refused') {
    const still = refusedMs === undefined ? 'refused' : `still refused after ${length(refusedMs)}`;
    return `${forward.text} ${still}: ${without(status.reason, forward.text)}`;
  }
  if (status.type === 'pending') return `${described(forward, null)} is requested`;
  return forward.side === 'local'
    ? `${described(forward, status.port)} listens`
    : `${described(forward, status.port)} listens on the server`;
}

/** A reason may name its forward itself; once is enough. */
function without(reason: string, name: string): string {
  return reason.startsWith(`${name}: `) ? reason.slice(name.length + 2) : reason;
}

function nameOf(forwards: readonly Forward[], index: number): string {
  return forwards[index]?.text ?? `forward ${index}`;
}

/** `-L 127.0.0.1:5432 -> db:5432`, with the port in force where 0 was requested. */
export function described(forward: Forward, port: number | null): string {
  if (forward.listen.type === 'stdio') return forward.text;
  const socks = forward.target.type === 'socks';
  const option = forward.side === 'remote' ? '-R' : socks ? '-D' : '-L';
  const target = forward.target.type === 'socks' ? 'SOCKS' : endpoint(forward.target, null);
  return `${option} ${endpoint(forward.listen, port)} -> ${target}`;
}

function endpoint(end: Endpoint, port: number | null): string {
  if (end.type === 'unix') return end.path;
  const host = end.host === '' ? '*' : end.host.includes(':') ? `[${end.host}]` : end.host;
  return `${host}:${port ?? end.port}`;
}

function oneLine(text: string): string {
  return text.trim().replace(/\s*\n\s*/g, ' ');
}

/** -W: this process's own standard input and output are the client. */
export function speaksItself(forwards: readonly Forward[]): boolean {
  return forwards.some(({ listen }) => listen.type === 'stdio');
}

/** The first line's part of the promise: what fits a terminal beside the host. */
export function summary(request: Request): string {
  const { intervalMs, countMax } = request.keepalive;
  const noticed =
    intervalMs > 0
      ? `dead server noticed in ${length(intervalMs * (countMax + 1))}`
      : 'no heartbeat (ServerAliveInterval 0)';
  if (!hasClients(request)) return noticed;
  return `${noticed}, ${request.holdMs > 0 ? `clients held ${length(request.holdMs)}` : 'clients not held'}`;
}

/** Clients of our own, which can be held. */
function hasClients({ forwards }: Request): boolean {
  return !speaksItself(forwards) && forwards.some((forward) => forward.side === 'local');
}

/** The promise in numbers, from the request: what a user may expect of this tunnel. */
export function promise(request: Request): string {
  if (speaksItself(request.forwards)) return noticed(request, '');
  // How soon the server lets go of what it held for the connection before is its own affair (ClientAliveInterval there).
  const ports = request.forwards.some(({ side }) => side === 'remote')
    ? '; its ports there as soon as it lets go of the old ones'
    : '';
  return hasClients(request)
    ? `${noticed(request, ` (by a client in ${length(firstSuspicionMs)})`)}; ` +
        `back ${length(servedMs)} after its return (${length(retryCapMs)} if no client waits); ` +
        (request.holdMs > 0 ? `clients held for ${length(request.holdMs)}` : 'clients not held') +
        ports
    : `${noticed(request, '')}; back within ${length(retryCapMs)} of its return${ports}`;
}

function noticed(request: Request, byClient: string): string {
  const { intervalMs, countMax } = request.keepalive;
  if (intervalMs > 0) return `a dead server is noticed in ${length(intervalMs * (countMax + 1))}${byClient}`;
  return `a dead server is not looked for, ServerAliveInterval is 0${byClient}`;
}

/** A client that finds no answer makes a link suspect after this. */
const firstSuspicionMs = 1_000;
/** While a client waits, an attempt to connect starts each second. */
const servedMs = 1_500;
/** The longest pause between two attempts to connect. */
const retryCapMs = 60_000;
