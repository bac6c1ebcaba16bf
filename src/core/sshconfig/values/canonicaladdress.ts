/**
 * Numeric addresses in every writing that getaddrinfo(3) takes, and their canonical text: ssh replaces a HostName that is
 * an address by it (`resolve_addr` in ssh.c). Nothing is looked up.
 */
import { dottedEnd, ipv6Text, parseIpv6 } from '../../net/ipv6.js';
import type { Bytes } from '../bytes.js';

export type Family = 'any' | 'inet' | 'inet6';

/** Can only be an address, and is never looked up (`is_addr_fast`). */
export function looksNumeric(name: Bytes): boolean {
  return /[%:]/.test(name) || /^[0-9.]*$/.test(name);
}

/**
 * The canonical text of an address of that family; null for what is none. Scopes (`fe80::1%eth0`) need the machine's
 * interfaces and stay as they are written: null.
 */
export function canonicalAddress(name: Bytes, family: Family): Bytes | null {
  const four = parseIpv4(name);
  if (four !== null) return family === 'inet6' ? null : four.join('.');
  const groups = parseIpv6(name);
  if (groups === null) return null;
  if (family !== 'inet') return ipv6Text(groups);
  // glibc hands a mapped address out as the IPv4 address that it is.
  return isMapped(groups) ? dottedEnd(groups) : null;
}

/** The family that a value of AddressFamily names; `any` where it names none. */
export function familyOf(word: string | null): Family {
  return word === 'inet' || word === 'inet6' ? word : 'any';
}

/** inet_aton(3): one to four numbers, decimal, octal or hexadecimal; the last one fills what is left. */
export function parseIpv4(name: Bytes): readonly number[] | null {
  const fields = name.split('.', 5);
  if (fields.length > 4) return null;
  const numbers: number[] = [];
  for (const field of fields) {
    if (!/^(?:0[xX][0-9a-fA-F]+|0[0-7]*|[1-9][0-9]*)$/.test(field)) return null;
    const digits = /^0[xX]/.test(field) ? field : field.replace(/^0+(?=.)/, '0o');
    numbers.push(Number(digits === '0o0' ? 0 : digits));
  }
  const last = numbers.pop() ?? 0;
  if (numbers.some((number) => number > 255) || last >= 256 ** (4 - numbers.length)) return null;
  const bytes = [...numbers];
  for (let left = 3 - numbers.length; left >= 0; left -= 1) bytes.push(Math.floor(last / 256 ** left) % 256);
  return bytes;
}

function isMapped(groups: readonly number[]): boolean {
  return groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xffff;
}
