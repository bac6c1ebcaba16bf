import type { Forward, Listen } from './request.js';

/** The same forward twice is one forward, as in ssh (`add_local_forward` in readconf.c). The first one stays. */
export function withoutRepeats(forwards: readonly Forward[]): readonly Forward[] {
  const seen = new Set<string>();
  return forwards.filter(({ side, listen, target }) => {
    // Two requests for any free port are two ports.
    if (listen.type === 'tcp' && listen.port === 0) return true;
    const key = JSON.stringify([
      side,
      endpointKey(listen),
      target.type === 'socks' ? 'socks' : endpointKey(target),
    ]);
    if (seen.has(key)) return false;
    seen.add(key);
    return true;
  });
}

/** The first two forwards that cannot both listen, or null. */
export function clash(forwards: readonly Forward[]): readonly [Forward, Forward] | null {
  for (const [index, first] of forwards.entries()) {
    const second = forwards
      .slice(index + 1)
      .find((other) => other.side === first.side && meet(first.listen, other.listen));
    if (second) return [first, second];
  }
  return null;
}

function endpointKey(end: Listen): readonly (string | number)[] {
  if (end.type === 'stdio') return [];
  return end.type === 'unix' ? [end.path] : [end.host, end.port];
}

function meet(a: Listen, b: Listen): boolean {
  if (a.type === 'stdio' || b.type === 'stdio') return false;
  if (a.type === 'unix' || b.type === 'unix')
    return a.type === 'unix' && b.type === 'unix' && a.path === b.path;
  return a.port === b.port && a.port !== 0 && hostsMeet(a.host.toLowerCase(), b.host.toLowerCase());
}

/** A listener on every address is in the way of one on a single address, as far as they share a family. */
function hostsMeet(a: string, b: string): boolean {
  if (a === b) return true;
  const families = familiesOf(b);
  if (!familiesOf(a).some((family) => families.includes(family))) return false;
  if (everywhere.includes(a) || everywhere.includes(b)) return true;
  return (a === 'localhost' && loopback.includes(b)) || (b === 'localhost' && loopback.includes(a));
}

const everywhere = ['', '0.0.0.0', '::'];
const loopback = ['127.0.0.1', '::1'];

function familiesOf(host: string): readonly (4 | 6)[] {
  if (host.includes(':')) return [6];
  return /^\d+\.\d+\.\d+\.\d+$/.test(host) ? [4] : [4, 6];
}
