/** What differs between two readings of the same request: one phrase each, in ssh's words, without secrets. */
import { printableLine } from '../text/printable.js';
import type { Hop, Request } from './request.js';
import { redacted } from './route.js';

/** Where a value of the configuration stands in a request. What has no name here goes by its place. */
const names: Readonly<Record<string, string>> = {
  'address.hostName': 'HostName',
  'address.port': 'Port',
  'address.family': 'AddressFamily',
  'address.bindAddress': 'BindAddress',
  'login.user': 'User',
  'login.identityFiles': 'IdentityFile',
  'login.identitiesOnly': 'IdentitiesOnly',
  'login.agent': 'IdentityAgent',
  'login.batchMode': 'BatchMode',
  'login.showsBanner': 'LogLevel shows the banner',
  'login.passwordPrompts': 'NumberOfPasswordPrompts',
  'trust.strict': 'StrictHostKeyChecking',
  'trust.userFiles': 'UserKnownHostsFile',
  'trust.globalFiles': 'GlobalKnownHostsFile',
  'trust.hash': 'HashKnownHosts',
  'trust.name': 'HostKeyAlias',
  'trust.revoked': 'RevokedHostKeys',
  'trust.leastRsaBits': 'RequiredRSASize',
  'login.methods': 'ways to log in',
  'login.keyAlgorithms': 'PubkeyAcceptedAlgorithms',
  'algorithms.kex': 'KexAlgorithms',
  'algorithms.ciphers': 'Ciphers',
  'algorithms.macs': 'MACs',
  'algorithms.hostKeys': 'HostKeyAlgorithms',
  permittedTargets: 'PermitRemoteOpen',
  socketMask: 'StreamLocalBindMask',
  socketReplace: 'StreamLocalBindUnlink',
  'keepalive.intervalMs': 'ServerAliveInterval',
  'keepalive.countMax': 'ServerAliveCountMax',
  'keepalive.tcp': 'TCPKeepAlive',
  tcpKeepAlive: 'TCPKeepAlive',
  connectTimeoutMs: 'ConnectTimeout',
  forkAfterAuthentication: 'ForkAfterAuthentication',
  exitOnForwardFailure: 'ExitOnForwardFailure',
};

/** These are compared by others, or are the command line's. */
const passedOver = ['host', 'route', 'forwards', 'notes'];

/** What null stands for, where it is not `none`. */
const unset: Readonly<Record<string, string>> = {
  permittedTargets: 'any',
  kex: 'default',
  ciphers: 'default',
  macs: 'default',
  keyAlgorithms: 'default',
};

/** What another place says already. */
const repeated = ['login.leastRsaBits', 'algorithms.knownKeysFirst', 'endOnRefusedRemote'];

/** Listeners are the tunnel's: made at its start, whatever is read later. */
const ofListeners = ['socketMask', 'socketReplace'];

export function requestChanges(before: Request, after: Request): string[] {
  return [...serverChanges(before, after), ...routeChanges(before, after)].map(printableLine);
}

/** How a forward is written, in the order of the lines: which listeners there are. */
export function forwardsOf({ forwards }: Request): string {
  return forwards.map(({ text }) => text).join(' ');
}

function serverChanges(before: Hop | Request, after: Hop | Request): string[] {
  const [old, fresh] = [leavesOf(before), leavesOf(after)];
  const places = [...new Set([...old.keys(), ...fresh.keys()])];
  const changed = places.filter((place) => old.get(place) !== fresh.get(place));
  const moved = changed.includes('address.hostName') || changed.includes('address.port');
  return changed
    .filter((place) => !(moved && place === 'trust.name'))
    .map((place) => {
      const when = ofListeners.includes(place) ? ' (at a restart)' : '';
      return `${names[place] ?? place} ${old.get(place) ?? 'unset'} -> ${fresh.get(place) ?? 'unset'}${when}`;
    });
}

function routeChanges(before: Request, after: Request): string[] {
  const [old, fresh] = [wayOf(before), wayOf(after)];
  if (old !== fresh) return [`the way there: ${old} -> ${fresh}`];
  const [one, other] = [before.route, after.route];
  const changes: string[] = [];
  if (one.type === 'jump' && other.type === 'jump') {
    for (const [index, hop] of one.hops.entries()) {
      const same = other.hops[index];
      if (same) changes.push(...serverChanges(hop, same).map((change) => `${hop.host}: ${change}`));
    }
  }
  if (one.type !== 'direct' && other.type !== 'direct' && one.command !== other.command) {
    changes.push(`arguments of ${commandOf(after)}`);
  }
  return changes;
}

function wayOf(request: Request): string {
  const { route } = request;
  if (route.type === 'direct') return 'direct';
  const command = route.command === null ? '' : commandOf(request);
  if (route.type === 'command') return command;
  const hops = `ProxyJump ${route.hops.map(({ host }) => host).join(',')}`;
  return command === '' ? hops : `${hops} by ${command}`;
}

function commandOf(request: Request): string {
  const { route } = redacted(request);
  return route.type === 'direct' ? '' : `ProxyCommand ${route.command}`;
}

/** Each value by its place, as text. */
function leavesOf(value: object, at = ''): Map<string, string> {
  const found = new Map<string, string>();
  for (const [key, part] of Object.entries(value) as [string, unknown][]) {
    const place = at === '' ? key : `${at}.${key}`;
    if ((at === '' && passedOver.includes(key)) || repeated.includes(place)) continue;
    const branch = typeof part === 'object' && part !== null && !Array.isArray(part);
    if (branch && !(place in names)) {
      for (const [below, text] of leavesOf(part, place)) found.set(below, text);
    } else if (part !== undefined) {
      found.set(place, textOf(part, key));
    }
  }
  return found;
}

function textOf(value: unknown, key: string): string {
  if (value === null) return unset[key] ?? 'none';
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  if (typeof value === 'number' && key.endsWith('Ms')) return String(value / 1000);
  if (key === 'family') return value === 0 ? 'any' : value === 4 ? 'inet' : 'inet6';
  if (Array.isArray(value))
    return value.length === 0 ? 'none' : value.map((part) => textOf(part, '')).join(' ');
  if (typeof value !== 'object') return String(value);
  const { path, socket, variable } = value as { path?: unknown; socket?: unknown; variable?: unknown };
  if ('host' in value && 'port' in value) return `${value.host ?? '*'}:${value.port ?? '*'}`;
  if (variable !== undefined) return `$${variable}`;
  return String(path ?? socket ?? JSON.stringify(value));
}
