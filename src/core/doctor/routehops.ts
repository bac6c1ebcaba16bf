/** How many routers are on the way, from what the tools of the system print. */

/** `exact`: they were counted; else it is what is missing from the time to live that the answer began with. */
export interface Hops {
  readonly routers: number;
  readonly by: 'ping' | 'tracepath' | 'traceroute';
  readonly ttl: number | null;
  readonly exact: boolean;
}

/** What systems begin with. */
const firstTtls = [64, 128, 255] as const;

/** Of the answer of one `ping`: `64 bytes from 10.0.0.2: icmp_seq=1 ttl=57 time=11 ms`, on Windows `TTL=57`. */
export function hopsFromPing(text: string): Hops | null {
  const [, digits] = /\bttl=(\d{1,3})\b/i.exec(text) ?? [];
  if (digits === undefined) return null;
  const ttl = Number(digits);
  const first = firstTtls.find((one) => ttl <= one);
  return first === undefined ? null : { routers: first - ttl, by: 'ping', ttl, exact: false };
}

/** Its last line, when it got there: `     Resume: pmtu 1500 hops 7 back 7`. The host itself is the last hop. */
export function hopsFromTracepath(text: string): Hops | null {
  const [, digits] = /Resume:.*\bhops (\d+)/.exec(text) ?? [];
  if (digits === undefined) return null;
  return { routers: Math.max(0, Number(digits) - 1), by: 'tracepath', ttl: null, exact: true };
}

/** The row of the address itself: ` 7  203.0.113.7  11.2 ms`. */
export function hopsFromTraceroute(text: string, address: string): Hops | null {
  for (const line of text.split('\n').slice(1)) {
    const [count = '', ...words] = line.trim().split(/\s+/);
    if (/^\d+$/.test(count) && words.includes(address))
      return { routers: Number(count) - 1, by: 'traceroute', ttl: null, exact: true };
  }
  return null;
}
