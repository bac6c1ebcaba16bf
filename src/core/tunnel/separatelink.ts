/**
 * Clients that were left behind on a link that drains, because their target's name may freeze the server: after a short
 * while they get a second channel on a link of their own, which can freeze no other client's. The first channel stays
 * requested; whichever is confirmed first carries the client.
 */

import { firstLeftBehindAt, staysBehind } from './heldclients.js';
import type { LinkId } from './ids.js';
import { answering, emit, never, notify, type Rule, running, type StepContext } from './stepcontext.js';

/** The link of their own is open: it drains from the beginning, so it ends behind the last of them. */
export function trialOpened(context: StepContext, link: LinkId): void {
  const { state, now } = context;
  state.trial = null;
  for (const [client, held] of state.held) {
    if (!staysBehind(state, held)) continue;
    state.held.set(client, { ...held, link, channelRequestedAt: now, moved: true });
    emit(context, { type: 'openChannel', client, link });
  }
  emit(context, { type: 'drain', link });
}

const tryApart: Rule = {
  name: 'a link for clients left behind',
  due: (state, policy) => {
    if (!running(state) || state.trial !== null || state.byPerson || answering(state) === null) return never;
    return Math.max(firstLeftBehindAt(state) + policy.trialMs, state.trialAt + policy.successorEveryMs);
  },
  act: (context) => {
    const { state, now } = context;
    const link = state.lastLink + 1;
    state.lastLink = link;
    state.trial = link;
    state.trialAt = now;
    state.links.set(link, { type: 'dialing', phase: 'tcp', phaseAt: now, triedAt: now });
    emit(context, { type: 'dial', link, beside: true });
    const text = 'dialled for clients whose names may keep the server busy';
    notify(context, { type: 'detail', link, text });
  },
};

export const trialRules: readonly Rule[] = [tryApart];
