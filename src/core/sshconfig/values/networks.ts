/** Addresses against lists of networks and patterns (`addr_match_list` in addrmatch.c, `addr_pton_cidr` in addr.c). */
import { parseIpv6 } from '../../net/ipv6.js';
import { matchPattern } from '../../text/pattern.js';
import type { Bytes } from '../bytes.js';
import { parseIpv4 } from './canonicaladdress.js';

/** A network, its address as a number. `bits`: 32 or 128. */
interface Network {
  readonly bits: 32 | 128;
  readonly address: bigint;
  readonly mask: number;
}

/** ssh's buffer for one of them. */
const longest = 63;

/** Null: it is no address, so a pattern. */
function networkOf(text: Bytes): Network | 'inconsistent' | null {
  if (text.length > longest) return null;
  const slash = text.indexOf('/');
  const digits = slash === -1 ? null : text.slice(slash + 1);
  if (digits !== null && (!/^[0-9]+$/.test(digits) || Number(digits) > 128)) return null;
  const found = addressOf(slash === -1 ? text : text.slice(0, slash));
  if (found === null) return null;
  const mask = digits === null ? found.bits : Number(digits);
  if (mask > found.bits) return 'inconsistent';
  const behind = (1n << BigInt(found.bits - mask)) - 1n;
  return (found.address & behind) === 0n ? { ...found, mask } : 'inconsistent';
}

function addressOf(text: Bytes): Pick<Network, 'bits' | 'address'> | null {
  const four = parseIpv4(text);
  if (four !== null) return { bits: 32, address: numberOf(four, 8n) };
  const groups = parseIpv6(text);
  return groups === null ? null : { bits: 128, address: numberOf(groups, 16n) };
}

function numberOf(parts: readonly number[], bits: bigint): bigint {
  return parts.reduce((sum, part) => (sum << bits) | BigInt(part), 0n);
}

/** Is it an address or a network, no pattern (`addr_match_cidr_list` in addrmatch.c)? No bits may stand behind the mask. */
export function isNetwork(entry: Bytes): boolean {
  if (entry.length > 49 || !/^[0-9a-fA-F.:]+(?:\/[0-9]+)?$/.test(entry)) return false;
  const network = networkOf(entry);
  return network !== null && network !== 'inconsistent';
}

/** Does sshd take the list? Nothing in it may be empty, and no network may have bits behind its mask. */
export function validAddresses(list: Bytes): boolean {
  return list.split(',').every((each) => {
    const pattern = each.startsWith('!') ? each.slice(1) : each;
    return pattern !== '' && networkOf(pattern) !== 'inconsistent';
  });
}

/** Is the address in the list, and not excluded by a `!`? The first one that excludes it ends the matter. */
export function matchAddresses(address: Bytes, list: Bytes): boolean {
  const host = addressOf(address);
  if (host === null) return false;
  let found = false;
  for (const each of list.split(',')) {
    const negated = each.startsWith('!');
    const pattern = negated ? each.slice(1) : each;
    const network = networkOf(pattern);
    if (network === 'inconsistent') return false;
    const matched =
      network === null
        ? matchPattern(address, pattern)
        : network.bits === host.bits &&
          host.address >> BigInt(host.bits - network.mask) ===
            network.address >> BigInt(host.bits - network.mask);
    if (!matched) continue;
    if (negated) return false;
    found = true;
  }
  return found;
}
