/** Addresses against lists of networks and patterns (`addr_match_list` in addrmatch.c, `addr_pton_cidr` in addr.c). */
import { matchPattern } from '../../text/pattern.js';
import type { Bytes } from '../bytes.js';
import { canonicalAddress } from './canonicaladdress.js';

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
  const canonical = canonicalAddress(text, 'any');
  if (canonical === null) return null;
  if (!canonical.includes(':')) return { bits: 32, address: dotted(canonical) };
  const [head = '', tail] = canonical.split('::');
  const front = groups(head);
  const back = groups(tail ?? '');
  const zeros = new Array<bigint>(8 - front.length - back.length).fill(0n);
  const address = [...front, ...zeros, ...back].reduce((sum, group) => (sum << 16n) | group, 0n);
  return { bits: 128, address };
}

function groups(text: Bytes): readonly bigint[] {
  if (text === '') return [];
  return text.split(':').flatMap((group) => {
    if (!group.includes('.')) return [BigInt(`0x${group}`)];
    const four = dotted(group);
    return [four >> 16n, four & 0xffffn];
  });
}

function dotted(text: Bytes): bigint {
  return text.split('.').reduce((sum, byte) => (sum << 8n) | BigInt(byte), 0n);
}

/** Does sshd take the list? Nothing in it may be empty, and no network may have bits behind its mask. */
export function validAddresses(list: Bytes): boolean {
  return list.split(',').every((each) => {
    const plain = each.startsWith('!') ? each.slice(1) : each;
    return plain !== '' && networkOf(plain) !== 'inconsistent';
  });
}

/** Is the address in the list, and not excluded by a `!`? The first one that excludes it ends the matter. */
export function matchAddresses(address: Bytes, list: Bytes): boolean {
  const host = addressOf(address);
  if (host === null) return false;
  let found = false;
  for (const each of list.split(',')) {
    const negated = each.startsWith('!');
    const plain = negated ? each.slice(1) : each;
    const network = networkOf(plain);
    if (network === 'inconsistent') return false;
    const matched =
      network === null
        ? matchPattern(address, plain)
        : network.bits === host.bits &&
          host.address >> BigInt(host.bits - network.mask) ===
            network.address >> BigInt(host.bits - network.mask);
    if (!matched) continue;
    if (negated) return false;
    found = true;
  }
  return found;
}
