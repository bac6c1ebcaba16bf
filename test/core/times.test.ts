import { describe, expect, it } from 'vitest';
import { parseTime } from '../../src/core/times.js';

describe('times as ssh writes them', () => {
  it.each([
    ['0', 0],
    ['00', 0],
    ['30', 30_000],
    ['030', 30_000],
    ['+5', 5_000],
    ['30s', 30_000],
    ['2m', 120_000],
    ['1M', 60_000],
    ['1h30m', 5_400_000],
    ['1m30', 90_000],
    ['30m5', 1_805_000],
    ['1h2h', 10_800_000],
    ['1d', 86_400_000],
    ['1w', 604_800_000],
    ['2147483647', 2_147_483_647_000],
    ['35791394m', 2_147_483_640_000],
  ])('%s is %d ms', (text, ms) => {
    expect(parseTime(text)).toBe(ms);
  });

  it.each([
    '',
    'none',
    '-5',
    '1.5',
    '100ms',
    '1 m',
    ' 5',
    '5 ',
    's',
    'm1',
    '5x',
    '0x10',
    '2147483648',
    '3551w',
    '9'.repeat(400),
  ])('%j is no time', (text) => {
    expect(parseTime(text)).toBeNull();
  });

  it('a long text of digits is read once', () => {
    const started = performance.now();
    expect(parseTime(`${'1'.repeat(100_000)}x`)).toBeNull();
    expect(performance.now() - started).toBeLessThan(2_000); // it once took seconds for 28 digits
  });
});
