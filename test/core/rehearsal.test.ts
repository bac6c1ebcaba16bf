import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { scheduleOf } from '../../src/demo/schedule.js';

const seed = fc.integer({ min: Number.MIN_SAFE_INTEGER, max: Number.MAX_SAFE_INTEGER });

describe('the plan of the demo', () => {
  it('is silent, reset and back, in this order, in less than half a minute, whatever the seed', () => {
    fc.assert(
      fc.property(seed, (value) => {
        const { faults, endMs } = scheduleOf(value);
        expect(faults.map(({ fault }) => fault)).toEqual(['forget', 'silence', 'restore', 'cut', 'restore']);
        const times = [0, ...faults.map(({ atMs }) => atMs), endMs];
        const pauses = times.slice(1).map((at, index) => at - (times[index] ?? at));
        expect(Math.min(...pauses)).toBeGreaterThanOrEqual(1_000);
        expect(endMs).toBeLessThanOrEqual(22_500);
        // Longer than it takes to become suspicious, shorter than a client's hold time.
        expect(pauses[2]).toBeGreaterThan(2_000);
        expect(pauses[2]).toBeLessThan(30_000);
      }),
    );
  });

  it('is the same for the same seed and another for another', () => {
    fc.assert(
      fc.property(seed, (value) => {
        expect(scheduleOf(value)).toEqual(scheduleOf(value));
      }),
    );
    const plans = [1, 2, 3, -1, 2 ** 32 + 1, 2 ** 40].map((value) => JSON.stringify(scheduleOf(value)));
    expect(new Set(plans).size).toBe(plans.length);
  });
});
