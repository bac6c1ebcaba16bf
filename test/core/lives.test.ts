import fc from 'fast-check';
import { expect, it } from 'vitest';
import { backoff } from '../../src/core/tunnel/linkrules.js';
import { amount } from '../support/amount.js';
import { liveOne, lives } from '../support/lives.js';
import { machine, policy } from '../support/world.js';

it('every promise holds in thousands of random lives', () => {
  fc.assert(
    fc.property(lives, (story) => liveOne(story, machine)),
    { numRuns: amount(4_000) },
  );
}, 120_000);

it('backoff stays between the minimum and the cap, and keeps its jitter at the cap', () => {
  fc.assert(
    fc.property(
      fc.double({ min: 0, max: 200_000, noNaN: true }),
      fc.double({ min: 0, max: 0.999, noNaN: true }),
      (before, roll) => {
        const delayMs = backoff(before, roll, policy);
        expect(delayMs).toBeGreaterThanOrEqual(policy.minRetryMs);
        expect(delayMs).toBeLessThanOrEqual(policy.maxRetryMs);
      },
    ),
  );
  const atTheCap = [0.1, 0.3, 0.5, 0.7, 0.9].map((roll) => backoff(60_000, roll, policy));
  expect(new Set(atTheCap).size).toBe(5);
});
