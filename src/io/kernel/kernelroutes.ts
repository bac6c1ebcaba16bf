/** The kernel's tables of the way out: routes, and the hosts that answer on the link. */
import { networkInterfaces } from 'node:os';
import { isIn, number4, routesOf, routeTo, text4 } from '../../core/net/routetable.js';
import { readIfThere } from '../base/ifthere.js';

/** The router that packets to a server go to. */
export interface NextHop {
  /** The router's hardware address where it is known, else its address; null: none is needed, or it cannot be seen. */
  readonly gateway: string | null;
  /** The network on this side: `192.168.1.0/24`; null: it cannot be seen. */
  readonly network: string | null;
}

/** To an IPv4 address; for a name or another address as to what has no route of its own. */
export function nextHop(host: string): NextHop {
  const tables = routeTables();
  const routes = routesOf(tables.routes);
  const best = routeTo(routes, number4(host));
  if (best === null) return { gateway: null, network: firstNetwork() };
  const near = routes.find(
    ({ device, gateway, bits, destination }) =>
      device === best.device &&
      gateway === 0 &&
      bits !== 0 &&
      (best.gateway === 0 || isIn(best.gateway, destination, bits)),
  );
  const router = text4(best.gateway);
  return {
    gateway: best.gateway === 0 ? null : (hardwareOf(tables.neighbours, router) ?? router),
    network: near === undefined ? null : `${text4(near.destination)}/${near.bits}`,
  };
}

/** /proc/net/arp: address, type, flags, hardware address, mask, device. Flag 2: complete. */
function hardwareOf(table: string, address: string): string | null {
  for (const line of table.split('\n')) {
    const [found, , flags, hardware] = line.trim().split(/\s+/);
    if (found === address && flags !== '0x0' && hardware !== undefined) return hardware;
  }
  return null;
}

function firstNetwork(): string | null {
  const all = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? []);
  return all.find(({ internal, family }) => !internal && family === 'IPv4')?.cidr ?? null;
}

/** /proc/net/route and /proc/net/arp; empty where there are none. */
export function routeTables(): { readonly routes: string; readonly neighbours: string } {
  return { routes: readIfThere('/proc/net/route') ?? '', neighbours: readIfThere('/proc/net/arp') ?? '' };
}
