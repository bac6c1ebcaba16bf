/**
 * Numeric addresses in every writing that getaddrinfo(3) takes, and their canonical text: ssh replaces a HostName that is
 * an address by it (`resolve_addr` in ssh.c). Nothing is looked up.
 */
import { type Bytes, isSpace } from '../bytes.js';

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
  const four = inet4(name);
  if (four !== null) return family === 'inet6' ? null : four.join('.');
  const groups = inet6(name);
  if (groups === null) return null;
  if (family !== 'inet') return printed(groups);
  // glibc hands a mapped address out as the IPv4 address that it is.
  return isMapped(groups) ? tail(groups) : null;
}

/** inet_aton(3): one to four numbers, decimal, octal or hexadecimal; the last one fills what is left. */
function inet4(name: Bytes): readonly number[] | null {
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

/** inet_pton(3): eight groups, `::` once for any number of zeros, dotted decimal for the last two. */
function inet6(name: Bytes): readonly number[] | null {
  if (name.length > 45 || !/^[0-9a-fA-F:.]+$/.test(name) || isSpace(name.charCodeAt(0))) return null;
  const halves = name.split('::');
  if (halves.length > 2) return null;
  const [head = '', rest] = halves;
  const front = groupsOf(head, rest === undefined);
  const back = rest === undefined ? [] : groupsOf(rest, true);
  if (front === null || back === null) return null;
  const missing = 8 - front.length - back.length;
  if (rest === undefined ? missing !== 0 : missing < 1) return null;
  return [...front, ...new Array<number>(missing).fill(0), ...back];
}

function groupsOf(text: Bytes, last: boolean): readonly number[] | null {
  if (text === '') return [];
  const groups: number[] = [];
  const fields = text.split(':');
  for (const [at, field] of fields.entries()) {
    if (last && at === fields.length - 1 && field.includes('.')) {
      const bytes = /^(?:(?:0|[1-9][0-9]{0,2})(?:\.(?!$)|$)){4}$/.test(field)
        ? field.split('.').map(Number)
        : [];
      const [a = 256, b = 256, c = 256, d = 256] = bytes;
      if (Math.max(a, b, c, d) > 255) return null;
      groups.push(a * 256 + b, c * 256 + d);
    } else if (/^[0-9a-fA-F]{1,4}$/.test(field)) {
      groups.push(Number.parseInt(field, 16));
    } else {
      return null;
    }
  }
  return groups;
}

function isMapped(groups: readonly number[]): boolean {
  return groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xffff;
}

function tail(groups: readonly number[]): Bytes {
  const [high = 0, low = 0] = groups.slice(6);
  return [high >> 8, high & 255, low >> 8, low & 255].join('.');
}

/** inet_ntop(3): the longest run of zeros, from two on, as `::`; the last two groups dotted where they hold IPv4. */
function printed(groups: readonly number[]): Bytes {
  let best = { at: -1, length: 1 };
  for (let at = 0; at < 8; at += 1) {
    let length = 0;
    while (at + length < 8 && groups[at + length] === 0) length += 1;
    if (length > best.length) best = { at, length };
  }
  const dotted = best.at === 0 && (best.length === 6 || (best.length === 5 && groups[5] === 0xffff));
  const words = groups.map((group) => group.toString(16));
  if (dotted) words.splice(6, 2, tail(groups));
  if (best.at === -1) return words.join(':');
  return `${words.slice(0, best.at).join(':')}::${words.slice(best.at + best.length).join(':')}`;
}
