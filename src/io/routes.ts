/** The router that packets to a server go to, by the tables that Linux shows to everybody. */
import { readFileSync } from 'node:fs';
import { isIPv4 } from 'node:net';
import { networkInterfaces } from 'node:os';

export interface NextHop {
  /** The router's hardware address where it is known, else its address; null: none is needed, or it cannot be seen. */
  readonly gateway: string | null;
  /** The network on this side: `192.168.1.0/24`; null: it cannot be seen. */
  readonly network: string | null;
}

interface Row {
  readonly device: string;
  readonly destination: number;
  readonly gateway: number;
  readonly mask: number;
  readonly metric: number;
}

/** To an IPv4 address; for a name or another address as to what has no route of its own. */
export function nextHop(host: string): NextHop {
  const table = textOf('/proc/net/route');
  if (table === null) return { gateway: null, network: firstNetwork() };
  const rows = table.split('\n').slice(1).flatMap(rowOf);
  const target = isIPv4(host) ? numberOf(host) : 0;
  const [best] = rows
    .filter(({ destination, mask }) => (target & mask) >>> 0 === destination && (target !== 0 || mask === 0))
    .sort((a, b) => b.mask - a.mask || a.metric - b.metric);
  if (best === undefined) return { gateway: null, network: firstNetwork() };
  const router = addressOf(best.gateway);
  const near = rows.find(
    ({ device, gateway, mask, destination }) =>
      device === best.device &&
      gateway === 0 &&
      mask !== 0 &&
      (best.gateway === 0 || (best.gateway & mask) >>> 0 === destination),
  );
  return {
    gateway: best.gateway === 0 ? null : (hardwareOf(router) ?? router),
    network: near === undefined ? null : `${addressOf(near.destination)}/${bitsOf(near.mask)}`,
  };
}

/** A line of /proc/net/route: numbers in hex, addresses in the byte order of the machine (little-endian on all we know). */
function rowOf(line: string): readonly Row[] {
  const [device = '', destination = '', gateway = '', , , , metric = '', mask = ''] = line
    .trim()
    .split(/\s+/);
  if (mask === '') return [];
  return [
    {
      device,
      destination: swapped(destination),
      gateway: swapped(gateway),
      mask: swapped(mask),
      metric: Number(metric),
    },
  ];
}

function swapped(hex: string): number {
  const bytes = hex.match(/../g) ?? [];
  return Number.parseInt(bytes.toReversed().join(''), 16) >>> 0;
}

function numberOf(address: string): number {
  return address.split('.').reduce((all, byte) => ((all << 8) | Number(byte)) >>> 0, 0);
}

function addressOf(number: number): string {
  return [24, 16, 8, 0].map((shift) => (number >>> shift) & 255).join('.');
}

function bitsOf(mask: number): number {
  return mask.toString(2).replaceAll('0', '').length;
}

/** /proc/net/arp: address, type, flags, hardware address, mask, device. Flag 2: complete. */
function hardwareOf(address: string): string | null {
  for (const line of (textOf('/proc/net/arp') ?? '').split('\n')) {
    const [found, , flags, hardware] = line.trim().split(/\s+/);
    if (found === address && flags !== '0x0' && hardware !== undefined) return hardware;
  }
  return null;
}

function firstNetwork(): string | null {
  const all = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? []);
  return all.find(({ internal, family }) => !internal && family === 'IPv4')?.cidr ?? null;
}

function textOf(file: string): string | null {
  try {
    return readFileSync(file, 'latin1');
  } catch {
    return null;
  }
}
