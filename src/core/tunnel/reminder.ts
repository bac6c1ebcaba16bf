import type { Policy } from './policy.js';

/**
 * When something that has gone on since `since` is said again: after a minute, then whenever twice the time has passed, and
 * each quarter of an hour at least.
 */
export function remindAt(
  { since, saidAt }: { readonly since: number; readonly saidAt: number },
  policy: Policy,
): number {
  return saidAt + Math.min(policy.maxReminderMs, Math.max(policy.minReminderMs, saidAt - since));
}
