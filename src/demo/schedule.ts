/** The plan of `holdfast demo`: what happens to the wire, and when. Pure: the same seed gives the same plan. */

/**
 * - `forget`: the connections it carries fall silent for good, new ones get through: a NAT that dropped its entries.
 * - `silence`: nothing gets through, neither old nor new; nothing is lost: an outage of the network.
 * - `restore`: what was held back by `silence` or refused since `cut` gets through again.
 * - `cut`: every connection is reset and new ones are refused: a server that restarts.
 */
export type WireFault = 'forget' | 'silence' | 'restore' | 'cut';

export interface FaultSchedule {
  /** In the order of time; lengths in ms since the tunnel is up. */
  readonly faults: readonly { readonly atMs: number; readonly fault: WireFault }[];
  /** When the last request is sent. At most 22.5 s. */
  readonly endMs: number;
}

/** The pause before each fault, in ms: at least, and at most. */
const pauses: readonly (readonly [fault: WireFault, leastMs: number, mostMs: number])[] = [
  ['forget', 2_500, 3_500],
  // Long enough for the tunnel to be suspicious (2 s) and on its second connection.
  ['silence', 4_500, 5_500],
  // Shorter than a client's hold time, longer than it takes to become suspicious.
  ['restore', 3_000, 4_500],
  ['cut', 2_500, 3_500],
  ['restore', 1_000, 2_000],
];
const lastMs = 3_500;

/** The faults of one demo. `seed`: any integer; the same gives the same plan. */
export function scheduleOf(seed: number): FaultSchedule {
  const random = randomFrom(seed);
  let atMs = 0;
  const faults = pauses.map(([fault, leastMs, mostMs]) => {
    atMs += leastMs + Math.floor(random() * (mostMs - leastMs));
    return { atMs, fault };
  });
  return { faults, endMs: atMs + lastMs };
}

/** Pseudo-random numbers from 0 to below 1, all from the seed: Tommy Ettinger's mulberry32. */
export function randomFrom(seed: number): () => number {
  let state = (seed + Math.imul(Math.floor(seed / 2 ** 32), 0x9e3779b9)) >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
