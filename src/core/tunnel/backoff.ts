import type { Policy } from './policy.js';

/**
 * The delay before the next attempt: decorrelated jitter, a random time between the minimum and three times the delay
 * before. The cap is applied before the dice are rolled; otherwise all clients that wait long would wait equally
 * long, and come back at the same moment.
 *
 * @param beforeMs the delay before this one; less than the minimum counts as the minimum
 * @param random 0 <= random < 1
 */
export function backoff(beforeMs: number, random: number, policy: Policy): number {
  const highest = Math.min(policy.maxRetryMs, 3 * Math.max(beforeMs, policy.minRetryMs));
  return policy.minRetryMs + random * (highest - policy.minRetryMs);
}
