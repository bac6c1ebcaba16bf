/** IPv6 addresses as eight numbers of 16 bits, as inet_pton(3) and inet_ntop(3) have them. */

/** Eight groups, `::` once for any number of zeros, dotted decimal for the last two; null: it is none. A scope is not taken. */
export function parseIpv6(name: string): readonly number[] | null {
  if (name.length > 45 || !/^[0-9a-fA-F:.]+$/.test(name)) return null;
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

function groupsOf(text: string, last: boolean): readonly number[] | null {
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

/** The two last groups in dotted decimal. */
export function dottedEnd(groups: readonly number[]): string {
  const [high = 0, low = 0] = groups.slice(6);
  return [high >> 8, high & 255, low >> 8, low & 255].join('.');
}

/** The longest run of zeros, from two on, as `::`; the last two groups dotted where they hold IPv4. */
export function ipv6Text(groups: readonly number[]): string {
  let best = { at: -1, length: 1 };
  for (let at = 0; at < 8; at += 1) {
    let length = 0;
    while (at + length < 8 && groups[at + length] === 0) length += 1;
    if (length > best.length) best = { at, length };
  }
  const dotted = best.at === 0 && (best.length === 6 || (best.length === 5 && groups[5] === 0xffff));
  const words = groups.map((group) => group.toString(16));
  if (dotted) words.splice(6, 2, dottedEnd(groups));
  if (best.at === -1) return words.join(':');
  return `${words.slice(0, best.at).join(':')}::${words.slice(best.at + best.length).join(':')}`;
}
