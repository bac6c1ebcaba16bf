import { shellWord } from '../../core/text/shellword.js';
import type { DoctorReport } from '../../inspect.js';
import { exactly } from '../tcp/showreport.js';
import { length } from '../terminal/duration.js';

type Path = NonNullable<DoctorReport['path']>;

/** The server, as far as it is seen without a login. */
export function serverLines({ server, host, path, triage }: DoctorReport): string[] {
  const { banner, flaws, own } = server;
  const lines: string[] = [];
  if (banner !== null) {
    lines.push(`${banner.software}, by its banner (no login was made)`);
    lines.push(...flaws.map(({ sentence, releases }) => `${releases}: ${sentence}`));
  } else if (host !== null && path !== null) {
    if (path.through.length > 0 && path.banner !== null)
      lines.push(`${path.to.name}, the first on the way: ${path.banner.software}, by its banner`);
    lines.push(unseenText(path, triage));
  }
  if (own !== null) lines.push(...ownServerLines(own));
  else if (host !== null) {
    lines.push(`ClientAlive: not seen without a login (ssh ${host.name} sudo sshd -T)`);
  }
  return lines.length === 0 ? ['not tried'] : lines;
}

function unseenText({ through, to, contact }: Path, triage: DoctorReport['triage']): string {
  if (through.length > 0) return `version unknown: behind ${through.at(-1)} that would take a login there`;
  if (contact.type === 'skipped' && contact.why === 'ProxyCommand')
    return 'version unknown: its ProxyCommand is not run';
  if (triage === 'not tried') return 'version unknown (--offline)';
  if (contact.type === 'mute' && contact.said !== '')
    return `no ssh banner; it says ${JSON.stringify(contact.said.slice(0, 60))}`;
  return `no banner from ${to.hostName} port ${to.port}`;
}

function ownServerLines({
  file,
  state,
  listens,
  named,
}: NonNullable<DoctorReport['server']['own']>): string[] {
  switch (state.type) {
    case 'missing':
      return [`no sshd of its own: there is no ${file}`];
    case 'unreadable':
      return [`its own sshd: ${state.reason}`];
    case 'refused':
      return [`its own sshd would not start: ${state.reasons.join('; ')}`];
    case 'read':
      break;
  }
  const { clientAlive, interval, countMax, tcpKeepAlive, limits, lint } = state;
  const sum =
    clientAlive.noticedAfterMs === null
      ? tcpKeepAlive
        ? 'a dead client is given up by TCP keepalive alone (TCPKeepAlive yes)'
        : 'a dead client is never given up'
      : `a dead client is given up after ${clientAlive.stride === 2 ? '2 x ' : ''}${interval.value} s x (${countMax.value} + 1) = ${exactly(clientAlive.heartbeatMs ?? 0)}${clientAlive.noticedAfterMs === clientAlive.heartbeatMs ? '' : `, or by the kernel before that, after ${exactly(clientAlive.noticedAfterMs)} (tcp_retries2)`}`;
  return [
    `this machine's own sshd${listens === false ? ', which does not run' : ''}: ${file}`,
    `ClientAliveInterval ${interval.value}  (${interval.from})`,
    `ClientAliveCountMax ${countMax.value}  (${countMax.from})`,
    sum,
    ...limits.map((limit) => `${limit}: ends or forbids forwards whatever the heartbeat`),
    ...(lint.length === 0
      ? ['lint: nothing found']
      : [
          `lint: ${lint.length === 1 ? '1 finding' : `${lint.length} findings`}; holdfast sshd lint${named ? ` -f ${shellWord(file)}` : ''}`,
        ]),
  ];
}

const nat: Readonly<Record<NonNullable<Path['nat']>, string>> = {
  'same machine': 'this machine itself: no network between',
  'same link': 'on the same link: no router, and so no NAT, between',
  nat: 'a NAT is on the way: a private address here (RFC 1918), a public one there',
  'carrier nat': "a provider's NAT is on the way: the address here is shared (RFC 6598); they forget soon",
  'private ends': 'private addresses at both ends: a NAT or a tunnel may be between, no more can be seen',
  'none here': 'a public address here: no NAT at this end; a firewall may still forget',
};

/** Where it goes first, whether that answers, how far it is, and what stands between. */
export function pathLines(path: Path, { triage, host }: DoctorReport): string[] {
  const { relay, through, to, addresses, contact, local, remote, step, hops } = path;
  const lines: string[] = [];
  if (through.length > 0) {
    lines.push(
      `through ${through.join(', then ')}: TCP keepalive ends at ${to.name}, the heartbeat goes on to ${host?.name ?? ''}`,
    );
  }
  if (relay !== null) lines.push(relayText(relay));
  if (contact.type === 'skipped') {
    lines.push(
      contact.why === 'offline'
        ? `to ${to.hostName} port ${to.port}: not tried (--offline)`
        : 'by ProxyCommand: TCP keepalive is its matter, and where it goes cannot be seen',
    );
    return lines;
  }
  if (contact.type === 'no address') {
    return [...lines, `${to.hostName}: no address found for this name; no name server, or a wrong name`];
  }
  const from = [local ?? 'here', step?.gateway, `${remote ?? to.hostName} port ${to.port}`];
  lines.push(from.filter((one) => one != null).join(' > '));
  if (addresses.length > 1)
    lines.push(`${addresses.length} addresses, tried in turn: ${addresses.join(', ')}`);
  lines.push(`${answerText(path, triage)}${distanceText(hops, path.nat, remote)}`);
  if (path.nat !== null) lines.push(nat[path.nat]);
  return lines;
}

function relayText({ keepalive, idleMs }: NonNullable<Path['relay']>): string {
  if (keepalive === null || idleMs === null) return 'by holdfast relay, with the TCP keepalive of the system';
  const { idleS, intervalS, probes } = keepalive;
  return `by holdfast relay: TCP keepalive ${idleS}:${intervalS}:${probes} of its own, ${exactly(idleMs)}`;
}

function answerText({ contact, step, gatewayAnswers, to }: Path, triage: DoctorReport['triage']): string {
  const gateway =
    step?.gateway == null || gatewayAnswers === null
      ? ''
      : `; the gateway ${step.gateway} ${gatewayAnswers ? 'answers' : 'does not answer'}`;
  const code = contact.type === 'failed' ? ` (${contact.code})` : '';
  switch (triage) {
    case 'up':
      return `answers in ${length('roundTripMs' in contact ? contact.roundTripMs : 0)}`;
    case 'service mute':
      return 'takes the connection and says nothing: its kernel is up, its sshd is not, or something else is there';
    case 'service down':
      return `up, and nothing listens at port ${to.port}${code}`;
    case 'this network down':
      return `this machine's own network is down${code}${gateway}`;
    case 'host down':
      return `down: on this link no machine answers for its address${code}`;
    case 'unreachable':
      return `a router says that it cannot be reached${code}${gateway}`;
    default:
      return `no answer${code}: down, cut off, or behind a firewall, which one socket cannot tell apart${gateway}`;
  }
}

function distanceText(hops: Path['hops'], kind: Path['nat'], remote: string | null): string {
  if (kind === 'same machine' || remote === null || isLoopback(remote)) return '';
  if (hops === null) return '; how far: not available (no answer to ping, tracepath or traceroute)';
  const routers = hops.routers === 1 ? '1 router' : `${hops.routers} routers`;
  if (hops.exact) return `; ${routers} on the way (${hops.by})`;
  return `; about ${routers} on the way (its answer has TTL ${hops.ttl})`;
}

function isLoopback(address: string): boolean {
  return /^127\.|^::1$/.test(address);
}
