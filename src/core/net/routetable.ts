/** /proc/net/route: IPv4 addresses as numbers, and the route that Linux takes to one. */

export interface KernelRoute {
  readonly device: string;
  readonly destination: number;
  /** 0: none is needed. */
  readonly gateway: number;
  /** Length of the network's part; 0: the default route. */
  readonly bits: number;
  readonly metric: number;
}

/** Null: it is no IPv4 address. */
export function number4(address: string): number | null {
  const parts = address.split('.');
  if (parts.length !== 4 || !parts.every((part) => /^\d{1,3}$/.test(part))) return null;
  return parts.reduce((sum, part) => sum * 256 + Number(part), 0);
}

export function text4(address: number): string {
  return [24, 16, 8, 0].map((shift) => Math.floor(address / 2 ** shift) % 256).join('.');
}

export function isIn(address: number, network: number, bits: number): boolean {
  const size = 2 ** (32 - bits);
  return Math.floor(address / size) === Math.floor(network / size);
}

/** Those that are up. Rules and further tables (ip-rule(8)) are not in that file. */
export function routesOf(table: string): readonly KernelRoute[] {
  return table.split('\n').flatMap((line) => {
    const [device = '', destination = '', gateway = '', flags = '', , , metric = '', mask = ''] = line
      .trim()
      .split(/\s+/);
    const isUp = (Number.parseInt(flags, 16) & 1) === 1;
    if (!/^[0-9A-F]{8}$/i.test(destination) || !isUp) return [];
    return [
      {
        device,
        destination: swapped(destination),
        gateway: swapped(gateway),
        bits: swapped(mask).toString(2).replaceAll('0', '').length,
        metric: Number(metric),
      },
    ];
  });
}

/** The longest mask, then the smallest metric. `address` null: not known, so the default route. Null: there is none. */
export function routeTo(routes: readonly KernelRoute[], address: number | null): KernelRoute | null {
  const [best = null] = routes
    .filter(({ destination, bits }) => (address === null ? bits === 0 : isIn(address, destination, bits)))
    .sort((a, b) => b.bits - a.bits || a.metric - b.metric);
  return best;
}

/** The table is in host byte order: little-endian on all machines we know. */
function swapped(hex: string): number {
  const [a = '0', b = '0', c = '0', d = '0'] = hex.match(/../g) ?? [];
  return [d, c, b, a].reduce((sum, byte) => sum * 256 + Number.parseInt(byte, 16), 0);
}
