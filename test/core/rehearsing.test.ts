/** The demo in virtual time, over many seeds: nobody waits much longer than the fault lasts. */
import { describe, expect, it } from 'vitest';
import { amount } from '../support/amount.js';
import { rehearse } from '../support/rehearsing.js';
import { machine } from '../support/world.js';

/** Of every so many clients one has a target with a name that the server has never found; 0: none has. */
function waitsTooLong(seed: number, every: number): string | null {
  const { waits, unserved, faultMs } = rehearse(machine, {
    seed,
    needsRemoteLookup: (client) => every > 0 && client % every === 0,
  });
  const longestMs = Math.max(...waits);
  if (unserved === 0 && longestMs <= faultMs + 1_500) return null;
  return `seed ${seed}: ${Math.round(longestMs)} ms, the fault ${faultMs} ms, ${unserved} not served`;
}

describe('the longest wait is the length of the fault and 1.5 s at most', () => {
  it.each([
    ['addresses, or names that the server has found', 0, 800],
    ['in part names that may freeze the server', 3, 400],
    ['all of them such names', 1, 400],
  ])(
    'where targets are %s',
    (_, every, runs) => {
      const seeds = Array.from({ length: amount(runs) }, (_, index) => index + 1);
      expect(seeds.flatMap((seed) => waitsTooLong(seed, every) ?? [])).toEqual([]);
    },
    60_000,
  );
});
