/** The life of links: dialled, opened, promoted, drained, lost; and when to dial the next one. */

import { type Failure, failure, retryOf } from '../failure.js';
import { nameDraining } from './draining.js';
import { moveFrom, release } from './heldclients.js';
import type { LinkId } from './ids.js';
import type { Policy } from './policy.js';
import { trialOpened } from './separatelink.js';
import { type Dialing, type DialPhase, type LinkState, type Open, openLink, type State } from './state.js';
import {
  cancelRemotes,
  change,
  emit,
  never,
  notify,
  type Rule,
  running,
  type StepContext,
  stopFor,
} from './stepcontext.js';

export function tcpConnected(context: StepContext, link: LinkId): void {
  const { state, now } = context;
  advance(context, link, 'handshake');
  if (link !== state.next) return;
  state.retry = { ...state.retry, reached: true };
  if (state.current !== null) state.successorAt = now;
}

export function hostKeyAccepted(context: StepContext, link: LinkId): void {
  advance(context, link, 'login');
}

/** The next server in the row has its own time for each phase. */
export function hopStarted(context: StepContext, link: LinkId, server: string): void {
  const linkState = context.state.links.get(link);
  if (linkState?.type !== 'dialing') return;
  context.state.links.set(link, { ...linkState, phase: 'tcp', phaseAt: context.now, server });
}

export function advance(context: StepContext, link: LinkId, phase: DialPhase): void {
  const linkState = context.state.links.get(link);
  if (linkState?.type === 'dialing')
    context.state.links.set(link, { ...linkState, phase, phaseAt: context.now });
}

export function promptOpened(context: StepContext, link: LinkId, text: string): void {
  context.state.prompt = { since: context.now, text, link };
  notify(context, { type: 'needs-you', text });
}

/** A prompt may outlive its link: the server gave up waiting. Then the answer starts the next attempt. */
export function answered(context: StepContext, given: boolean): void {
  const { state, now } = context;
  const { prompt: question } = state;
  if (!question) return;
  state.prompt = null;
  if (given) state.answeredOnce = true;
  state.promptedMs += now - Math.max(question.since, state.downAt);
  const linkState = state.links.get(question.link);
  if (linkState?.type === 'dialing') {
    state.links.set(question.link, { ...linkState, phaseAt: now });
  } else if (given) {
    state.retry = { ...state.retry, at: now };
  } else if (running(state) && state.next === null && state.current === null) {
    attemptFailed(context, failure('denied', `nobody answered: ${question.text.trim().replace(/:$/, '')}`));
  }
}

export function opened(context: StepContext, link: LinkId, byPerson: boolean): void {
  const { state, now } = context;
  if (link !== state.next && link !== state.trial) return;
  const linkState: Open = {
    type: link === state.next ? 'open' : 'draining',
    openedAt: now,
    heardAt: now,
    quietAt: now,
    flushed: 0,
    flushedAt: now,
    idleMs: 0,
    probeAt: null,
    byChannelAt: Number.NEGATIVE_INFINITY,
    srttMs: null,
    suspect: null,
  };
  state.links.set(link, linkState);
  if (link === state.trial) return trialOpened(context, link);
  state.next = null;
  state.byPerson = byPerson;
  state.everOpen = true;
  state.retry = { ...state.retry, attempt: 0, denials: 0, at: now, failure: null };
  const old = state.current;
  const before = openLink(state, old);
  state.current = link;
  if (old === null || !before) return;
  change(context, old, { type: 'draining' });
  cancelRemotes(context, old);
  emit(context, { type: 'drain', link: old });
  moveFrom(context, old, before);
  notify(context, { type: 'replaced', link, old, quietMs: Math.round(now - before.heardAt) });
  nameDraining(context);
}

/** A draining link carries nothing any more. */
export function emptied(context: StepContext, link: LinkId): void {
  const { state } = context;
  const linkState = state.links.get(link);
  if (linkState?.type !== 'draining' && running(state)) return;
  emit(context, { type: 'close', link, how: 'disconnect' });
  state.links.delete(link);
  if (state.current === link) state.current = null;
  release(context, link);
  if (running(state)) notify(context, { type: 'drained', link, failure: null });
}

/** The one road of every ending of a link. */
export function lose(context: StepContext, link: LinkId, why: Failure): void {
  const { state, now } = context;
  const linkState = state.links.get(link);
  state.links.delete(link);
  release(context, link);
  if (link === state.next) {
    state.next = null;
    if (running(state)) attemptFailed(context, why);
    return;
  }
  if (link === state.trial) {
    state.trial = null;
    // No faster than the server, and the account, would bear.
    const waits = why.kind === 'penalty' || retryOf(why) !== 'soon';
    if (waits) state.trialAt = context.now + context.policy.maxRetryMs;
    notify(context, { type: 'detail', link, text: why.message });
    return;
  }
  if (link !== state.current) {
    notify(context, { type: 'drained', link, failure: why, ...owed(linkState) });
    return;
  }
  state.current = null;
  state.upAnnounced = false;
  state.downAt = now;
  state.promptedMs = 0;
  forgetRemotes(context);
  notify(context, { type: 'down', link, failure: why, ...owed(linkState) });
  if (!running(state)) return;
  if (retryOf(why) === 'never') {
    stopFor(context, why);
    return;
  }
  const wasStable = linkState?.type === 'open' && now - linkState.openedAt >= context.policy.stableMs;
  scheduleAfterLoss(context, wasStable, why);
}

/** A link that ended while it owed an answer may have been idle for too long. */
function owed(linkState: LinkState | undefined): { readonly idleMs?: number } {
  if (linkState === undefined || linkState.type === 'dialing' || linkState.probeAt === null) return {};
  return { idleMs: Math.round(linkState.idleMs) };
}

/** What the server held for a link that is gone is to be requested again. */
function forgetRemotes(context: StepContext): void {
  context.state.forwards.forEach((forward, index) => {
    if (forward.side !== 'remote') return;
    context.state.status[index] = { type: 'idle' };
    context.state.refusals[index] = null;
  });
  context.state.refusedAt = null;
}

function scheduleAfterLoss(context: StepContext, wasStable: boolean, why: Failure): void {
  const { state, now, moment, policy } = context;
  const beforeMs = wasStable ? 0 : state.retry.delayMs;
  const first = beforeMs === 0;
  const delayMs = first ? moment.random * policy.firstRetryMs : backoff(beforeMs, moment.random, policy);
  const floorMs = why.kind === 'penalty' ? policy.penaltyMs : 0;
  state.retry = {
    ...state.retry,
    delayMs: first ? policy.minRetryMs : delayMs,
    at: now + Math.max(delayMs, floorMs),
    failure: why,
  };
}

/** An attempt failed: the first, a reconnect, or a successor's (which never ends the tunnel: the old link may live). */
function attemptFailed(context: StepContext, why: Failure): void {
  const { state, policy } = context;
  const retry = retryOf(why);
  const before = state.retry.failure;
  // A waiting client's attempts come on top of the schedule and change nothing in it, unless the answer calls for it.
  const extra = state.retry.early && retry === 'soon' && why.kind !== 'penalty';
  if (state.current !== null) {
    if (!extra) schedule(context, retry === 'soon' ? delayAfter(context, why) : policy.maxRetryMs);
    state.retry = { ...state.retry, failure: why };
    notify(context, { type: 'detail', link: null, text: `the second connection failed: ${why.message}` });
    return;
  }
  const attempt = state.retry.attempt + (extra ? 0 : 1);
  const denials = state.retry.denials + (retry === 'later' ? 1 : 0);
  state.retry = { ...state.retry, attempt, denials, failure: why };
  const exhausted = policy.maxAttempts !== null && attempt >= policy.maxAttempts;
  // A user who answered a prompt reads why, and may start again; else there may be no reader.
  const goesOn = state.everOpen || (policy.unattended && !state.answeredOnce);
  if (retry === 'never' || exhausted || (retry === 'later' && !goesOn)) {
    stopFor(context, why);
    return;
  }
  if (retry === 'later') notify(context, { type: 'needs-you', text: why.message });
  if (!extra) schedule(context, delayAfter(context, why));
  if (extra && before?.message === why.message) {
    notify(context, {
      type: 'detail',
      link: null,
      text: `tried at once for a waiting client: ${why.message}`,
    });
    return;
  }
  const delayMs = Math.round(Math.max(0, dialAt(state, policy) - context.now));
  notify(context, { type: 'waiting', attempt, delayMs, failure: why });
}

function schedule(context: StepContext, delayMs: number): void {
  context.state.retry = { ...context.state.retry, delayMs, at: context.now + delayMs };
}

function delayAfter(context: StepContext, why: Failure): number {
  const { state, moment, policy } = context;
  // Slow enough to stay below every ban, and it goes on: a short outage of a directory must not end a reverse tunnel.
  if (retryOf(why) === 'later') {
    return policy.deniedMs[Math.min(state.retry.denials, policy.deniedMs.length) - 1] ?? policy.maxRetryMs;
  }
  const delayMs = backoff(state.retry.delayMs, moment.random, policy);
  return why.kind === 'penalty' ? Math.max(policy.penaltyMs, delayMs) : delayMs;
}

/** Good news about the network, or a person: whatever waits for time to pass waits no longer. */
export function hurry(context: StepContext, withinMs: number, force: boolean): void {
  const { state, now, moment, policy } = context;
  if (force || cuttable(state)) {
    const at = Math.min(state.retry.at, now + moment.random * withinMs);
    state.retry = { ...state.retry, at, delayMs: Math.min(state.retry.delayMs, policy.minRetryMs) };
  }
  if (force) state.successorAt = Number.NEGATIVE_INFINITY;
  const next = state.next === null ? undefined : state.links.get(state.next);
  if (state.next !== null && next?.type === 'dialing' && next.phase === 'tcp' && next.triedAt < now) {
    state.links.set(state.next, { ...next, triedAt: now });
    emit(context, { type: 'dialAgain', link: state.next });
  }
}

/** A waiting client shortens a wait, but not one that the server imposed or that protects an account. */
function cuttable(state: State): boolean {
  const { failure: why } = state.retry;
  return why === null || (why.kind !== 'penalty' && retryOf(why) === 'soon');
}

function dialAt(state: State, policy: Policy): number {
  if (!running(state) || state.next !== null || state.prompt) return never;
  const unanswered = state.forwards.some((forward, index) => {
    const at = state.status[index]?.type;
    return forward.side === 'local' && (at === 'idle' || at === 'requested');
  });
  if (unanswered) return never; // listeners are bound before the first connect
  let due = state.retry.at;
  if (state.held.size > 0 && cuttable(state)) {
    const everyMs = state.retry.reached ? policy.loginEveryMs : policy.dialEveryMs;
    due = Math.min(due, state.retry.triedAt + everyMs);
  }
  if (state.current === null) return due;
  const current = openLink(state, state.current);
  // A successor beside the suspect. None that would need a person, and not more often than the server should bear.
  if (!current?.suspect || state.byPerson) return never;
  return Math.max(due, state.successorAt + policy.successorEveryMs);
}

const dial: Rule = {
  name: 'dial',
  due: dialAt,
  act: (context) => {
    const { state, now } = context;
    const link = state.lastLink + 1;
    state.lastLink = link;
    state.next = link;
    state.links.set(link, { type: 'dialing', phase: 'tcp', phaseAt: now, triedAt: now });
    const early = now < state.retry.at;
    state.retry = { ...state.retry, triedAt: now, reached: false, early };
    emit(context, { type: 'dial', link, beside: state.current !== null });
    notify(context, { type: 'connecting', link, attempt: state.retry.attempt + 1 });
  },
};

function dialing(state: State): Dialing | null {
  const next = state.next === null ? undefined : state.links.get(state.next);
  return next?.type === 'dialing' ? next : null;
}

/** While a client waits, a fresh SYN each second beats the kernel's retransmission, which doubles its pause. */
const dialAgain: Rule = {
  name: 'dial again',
  due: (state, policy) => {
    const next = dialing(state);
    if (next?.phase !== 'tcp' || state.held.size === 0) return never;
    return next.triedAt + policy.dialEveryMs;
  },
  act: (context) => {
    const next = dialing(context.state);
    if (!next || context.state.next === null) return;
    context.state.links.set(context.state.next, { ...next, triedAt: context.now });
    emit(context, { type: 'dialAgain', link: context.state.next });
  },
};

/** What is missing where a phase took too long. */
export const phaseTexts: Readonly<Record<DialPhase, string>> = {
  reading: 'the configuration was not read (Match exec, names)',
  lookup: 'no answer from the name server',
  tcp: 'no TCP connection',
  queued: 'other handshakes with this host went first, and none ended',
  handshake: 'no SSH key exchange',
  login: 'no answer to the login',
};

/** ConnectTimeout, or `lookupTimeoutMs` for what that does not cover, as in ssh. */
export function phaseMs(
  phase: DialPhase,
  policy: Pick<Policy, 'lookupTimeoutMs' | 'connectTimeoutMs'>,
): number {
  return phase === 'reading' || phase === 'lookup' || phase === 'queued'
    ? policy.lookupTimeoutMs
    : policy.connectTimeoutMs;
}

/** Each phase has its own time. It stands still while a prompt is open. */
function phaseEndsAt(state: State, policy: Policy, link: LinkId, linkState: LinkState): number {
  if (linkState.type !== 'dialing' || state.prompt?.link === link) return never;
  return linkState.phaseAt + phaseMs(linkState.phase, policy);
}

const phaseTimeout: Rule = {
  name: 'connect timeout',
  due: (state, policy) =>
    Math.min(
      never,
      ...[...state.links].map(([link, linkState]) => phaseEndsAt(state, policy, link, linkState)),
    ),
  act: (context) => {
    const { state, policy, now } = context;
    for (const [link, linkState] of [...state.links]) {
      if (linkState.type !== 'dialing' || phaseEndsAt(state, policy, link, linkState) > now) continue;
      emit(context, { type: 'close', link, how: 'reset' });
      const limitMs = phaseMs(linkState.phase, policy);
      const limit = `within ${limitMs / 1000} s${limitMs === policy.connectTimeoutMs ? ' (ConnectTimeout)' : ''}`;
      const whose = linkState.server === undefined ? '' : `${linkState.server}: `;
      lose(context, link, failure('timeout', `${whose}${phaseTexts[linkState.phase]} ${limit}`));
    }
  },
};

const giveUp: Rule = {
  name: 'give up',
  due: (state, policy) => {
    if (!running(state) || state.current !== null || state.prompt) return never;
    if (policy.giveUpAfterMs === null) return never;
    return state.downAt + state.promptedMs + policy.giveUpAfterMs;
  },
  act: (context) => {
    const seconds = (context.policy.giveUpAfterMs ?? 0) / 1000;
    const last = context.state.retry.failure;
    const why = `no link for ${seconds} s (--give-up-after)${last ? `: ${last.message}` : ''}`;
    stopFor(context, failure(last?.kind ?? 'timeout', why));
  },
};

export const linkRules: readonly Rule[] = [phaseTimeout, giveUp, dial, dialAgain];

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
