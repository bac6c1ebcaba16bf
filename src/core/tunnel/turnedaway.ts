/**
 * Clients that could not be served. The first few are named; a health check that asks a dead service each second then makes
 * one line a minute, and later fewer.
 */
import type { ClientId, ForwardIndex } from './ids.js';
import { remindAt } from './reminder.js';
import type { TurnedAway } from './state.js';
import { never, notify, type Rule, running, type StepContext } from './stepcontext.js';

/** @param client null: it came to a port of the server */
export function turnAway(
  context: StepContext,
  client: ClientId | null,
  index: ForwardIndex,
  reason: string,
): void {
  const { state, policy, now } = context;
  const before = state.turnedAway[index] ?? null;
  const worked = before?.servedSince && now - before.lastAt >= policy.minReminderMs;
  const known: TurnedAway =
    before === null || worked
      ? { since: now, lastAt: now, servedSince: false, named: 0, saidAt: now, more: 0, reason }
      : { ...before, lastAt: now, servedSince: false, reason };
  const rare = known.more === 0 && remindAt(known, policy) <= now;
  if (known.named < policy.namedMax || rare) {
    state.turnedAway[index] = { ...known, named: known.named + 1, saidAt: now };
    notify(context, { type: 'client-refused', client, index, reason });
    return;
  }
  state.turnedAway[index] = { ...known, more: known.more + 1 };
  const name = state.forwards[index]?.text ?? `forward ${index}`;
  notify(context, { type: 'detail', link: null, text: `a client of ${name} was turned away: ${reason}` });
}

/** One was served. What is counted is said soon; failures in between do not begin again with names. */
export function served(context: StepContext, index: ForwardIndex): void {
  const { state } = context;
  const known = state.turnedAway[index];
  if (known) state.turnedAway[index] = { ...known, since: known.saidAt, servedSince: true };
}

const count: Rule = {
  name: 'count clients turned away',
  due: (state, policy) =>
    running(state)
      ? Math.min(
          never,
          ...state.turnedAway.map((known) => (known && known.more > 0 ? remindAt(known, policy) : never)),
        )
      : never,
  act: (context) => {
    const { state, policy, now } = context;
    state.turnedAway.forEach((known, index) => {
      if (!known || known.more === 0 || remindAt(known, policy) > now) return;
      state.turnedAway[index] = { ...known, saidAt: now, more: 0 };
      const { more, reason } = known;
      const inMs = Math.round(now - known.saidAt);
      notify(context, { type: 'client-refused', client: null, index, reason, more, inMs });
    });
  },
};

export const turnedAwayRules: readonly Rule[] = [count];
