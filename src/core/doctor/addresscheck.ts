/** What addresses and routes tell about the way between two machines. */
import { isIn, number4, routesOf, routeTo, text4 } from '../net/routetable.js';

/**
 * Which networks an address is valid in: `loopback`, `link` (of this link alone, RFC 3927, RFC 4291), `private` (RFC 1918, RFC 4193), `shared`
 * (of a provider's own NAT, RFC 6598) or `public`.
 */
export type AddressKind = 'loopback' | 'link' | 'private' | 'shared' | 'public';

const ranges4: readonly (readonly [network: string, bits: number, kind: AddressKind])[] = [
  ['127.0.0.0', 8, 'loopback'],
  ['169.254.0.0', 16, 'link'],
  ['10.0.0.0', 8, 'private'],
  ['172.16.0.0', 12, 'private'],
  ['192.168.0.0', 16, 'private'],
  ['100.64.0.0', 10, 'shared'],
];

export function kindOfAddress(address: string): AddressKind {
  const bare = withoutMapping(address);
  const four = number4(bare);
  if (four !== null) {
    return ranges4.find(([network, bits]) => isIn(four, number4(network) ?? 0, bits))?.[2] ?? 'public';
  }
  const text = bare.toLowerCase();
  if (text === '::1') return 'loopback';
  if (/^fe[89ab]/.test(text)) return 'link';
  return /^f[cd]/.test(text) ? 'private' : 'public';
}

/** `::ffff:10.0.0.1` and `fe80::1%eth0` without what is around them. */
function withoutMapping(address: string): string {
  return address.replace(/^::ffff:(?=\d+\.)/i, '').replace(/%.*$/, '');
}

/** The first step on the way to an address. `gateway` null: it is on the same link. */
export interface FirstStep {
  readonly gateway: string | null;
  readonly device: string;
}

/**
 * The route that Linux takes to an IPv4 address, by /proc/net/route: the longest mask, then the smallest metric. null: there
 * is none, or the address is of another family. Rules and further tables (ip-rule(8)) are not in that file.
 */
export function firstStep(table: string, address: string): FirstStep | null {
  const number = number4(withoutMapping(address));
  if (number === null) return null;
  const best = routeTo(routesOf(table), number);
  if (best === null) return null;
  return { device: best.device, gateway: best.gateway === 0 ? null : text4(best.gateway) };
}

/**
 * Has a machine of this link answered for its address, by /proc/net/arp? null: the table does not know it. An entry is
 * complete with flag 2 (`ATF_COM`, include/uapi/linux/if_arp.h); one without an answer stays incomplete.
 */
export function answersOnLink(table: string, address: string): boolean | null {
  for (const line of table.split('\n')) {
    const [found, , flags = ''] = line.trim().split(/\s+/);
    if (found === address) return (Number.parseInt(flags, 16) & 2) === 2;
  }
  return null;
}

/** Is there a NAT? A guess from the two ends: what stands between them cannot be seen. */
export type NatGuess =
  /** It is this machine. */
  | 'same machine'
  /** No router between the two. */
  | 'same link'
  /** Private here, public there: an address must be rewritten on the way. */
  | 'nat'
  /** The same with the address of a provider's own NAT (RFC 6598), which forgets sooner than others. */
  | 'carrier nat'
  /** Private at both ends: a NAT can be between them, and need not. */
  | 'private ends'
  /** Public here: none at this end. */
  | 'none here';

/** @param step null: not known */
export function natGuess(local: string, remote: string, step: FirstStep | null): NatGuess {
  const [here, there] = [kindOfAddress(local), kindOfAddress(remote)];
  if (there === 'loopback' || local === remote) return 'same machine';
  if (there === 'link' || (step !== null && step.gateway === null)) return 'same link';
  if (here === 'shared' && there !== 'shared') return 'carrier nat';
  if (here === 'public') return 'none here';
  return there === 'public' ? 'nat' : 'private ends';
}
