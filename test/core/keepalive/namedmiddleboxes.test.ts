/** Names of middleboxes on the way, and the named pairs of interval and count. */
import { describe, expect, it } from 'vitest';
import { arithmetic } from '../../../src/core/keepalive/arithmetic.js';
import { idleTimeoutVerdict } from '../../../src/core/keepalive/idletimeouts.js';
import { middleboxes, namedMiddleboxes } from '../../../src/core/keepalive/middleboxes.js';
import { profiles } from '../../../src/core/keepalive/profiles.js';

describe('names of middleboxes', () => {
  it('each lead to a middlebox of their own', () => {
    const named = middleboxes.filter(({ name }) => name !== undefined);
    expect(named.length).toBe(46);
    expect(namedMiddleboxes.size).toBe(named.length);
    expect(new Set(namedMiddleboxes.values()).size).toBe(named.length);
  });

  it.each([
    ['aws-nat', 350],
    ['azure-lb', 240],
    ['cgnat', 30],
    ['gcp-firewall', 600],
    ['aws-nlb', 350],
    ['linux', 432_000],
  ])('%s forgets after %i s', (name, seconds) => {
    expect(namedMiddleboxes.get(name)?.idleMs).toBe(seconds * 1_000);
  });
});

describe('profiles keep what they say', () => {
  const of = (name: string) => {
    const profile = profiles.find((each) => each.name === name);
    if (profile === undefined) throw new Error(name);
    return profile;
  };
  const intervalMs = (name: string) => of(name).intervalS * 1_000;

  it('default outlives every known middlebox', () => {
    const { idleTimeouts } = arithmetic(intervalMs('default'), of('default').countMax);
    expect(idleTimeouts.filter(({ verdict }) => verdict === 'tooSlow')).toEqual([]);
  });

  it('strict-nat outlives 30 s even where a beat is lost, default does not', () => {
    expect(idleTimeoutVerdict(intervalMs('strict-nat'), 30_000)).toBe('survivesLoss');
    expect(idleTimeoutVerdict(intervalMs('default'), 30_000)).toBe('survives');
  });

  it('mobile outlives 75 s and nothing shorter', () => {
    expect(idleTimeoutVerdict(intervalMs('mobile'), 75_000)).toBe('survives');
    expect(idleTimeoutVerdict(intervalMs('mobile'), 74_000)).toBe('tooSlow');
  });

  it('none has a count with which ssh ends a healthy connection', () => {
    for (const { countMax, intervalS } of profiles) expect(countMax >= 3 && intervalS >= 3).toBe(true);
  });
});
