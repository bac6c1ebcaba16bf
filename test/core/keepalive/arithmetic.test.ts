/** What interval and count come to, and which idle time-outs they outlive. */
import { describe, expect, it } from 'vitest';
import { arithmetic } from '../../../src/core/keepalive/arithmetic.js';

const verdictOf = (intervalMs: number, middlebox: string) =>
  arithmetic(intervalMs, 3).idleTimeouts.find((meeting) => meeting.middlebox === middlebox)?.verdict;

describe('a silent server', () => {
  it.each([
    [15_000, 3, 60_000],
    [1_000, 1, 2_000],
    [300_000, 3, 1_200_000],
    [30_000, 0, 30_000],
    [30_000, -2, 30_000],
    [0, 3, null],
    // The kernel gives up a heartbeat in flight 924.6 s after it was sent, as Linux is shipped.
    [30_000, 120, 954_600],
    [30_000, 30, 930_000],
    [30_000, 31, 954_600],
  ])('interval %i ms, count %i: noticed after %s ms', (intervalMs, countMax, noticedAfterMs) => {
    expect(arithmetic(intervalMs, countMax)).toMatchObject({ intervalMs, countMax, noticedAfterMs });
  });
});

it.each([
  [15_000, 5_760, 1_601_280],
  [30_000, 2_880, 800_640],
  [7_000, 12_343, 3_431_314],
  [0, 0, 0],
])('beats %i ms apart: %i a day, %i bytes', (intervalMs, beatsPerDay, bytesPerDay) => {
  expect(arithmetic(intervalMs, 3)).toMatchObject({ beatsPerDay, bytesPerDay });
});

describe('a middlebox of 350 s', () => {
  it.each([
    [174_999, 'survivesLoss'],
    [175_000, 'survives'],
    [280_000, 'survives'],
    [280_001, 'tooSlow'],
    [0, 'tooSlow'],
  ] as const)('and beats %i ms apart: %s', (intervalMs, verdict) => {
    expect(verdictOf(intervalMs, 'AWS NAT Gateway')).toBe(verdict);
  });
});

it('15 s outlive every middlebox, and all but those of 30 s with one beat lost', () => {
  const { idleTimeouts } = arithmetic(15_000, 3);
  expect(idleTimeouts.filter(({ verdict }) => verdict === 'tooSlow')).toEqual([]);
  const once = idleTimeouts.filter(({ verdict }) => verdict === 'survives');
  expect(once.length).toBeGreaterThan(0);
  expect(once.filter(({ idleMs }) => idleMs !== 30_000)).toEqual([]);
});
