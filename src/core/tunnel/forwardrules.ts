/**
 * Each forward has its own truth. Local ones are bound before the first connect and stay bound. Remote ones are requested
 * on each new link; a refused one is requested again on the same connection, without a login, and delays no client.
 */

import type { Failure } from '../failure.js';
import type { ForwardIndex, LinkId } from './ids.js';
import type { ForwardStatus } from './notice.js';
import type { Policy } from './policy.js';
import { remindAt } from './reminder.js';
import type { ForwardRefusal, State } from './state.js';
import {
  answering,
  atOnce,
  emit,
  never,
  notify,
  type Rule,
  running,
  type StepContext,
  stopFor,
} from './stepcontext.js';

/** A forward that is requested again still counts as refused. */
export function statusAt(state: State, index: ForwardIndex): ForwardStatus {
  const status = state.status[index];
  const refusal = state.refusals[index];
  if (status?.type === 'bound') return { type: 'bound', port: status.port };
  return refusal ? { type: 'refused', reason: refusal.reason } : { type: 'pending' };
}

export function listened(context: StepContext, forward: ForwardIndex, port: number | null): void {
  context.state.status[forward] = { type: 'bound', link: null, port };
  report(context, forward);
}

export function listenFailed(context: StepContext, forward: ForwardIndex, why: Failure): void {
  const { state, now, policy } = context;
  if (policy.exitOnForwardFailure && !state.everUp) {
    stopFor(context, why);
    return;
  }
  refused(context, forward, why.message);
  state.status[forward] = { type: 'refused', link: null, retryAt: now + policy.listenAgainMs };
}

export function remoteBound(
  context: StepContext,
  forward: ForwardIndex,
  link: LinkId,
  port: number | null,
): void {
  const { state } = context;
  const listen = state.forwards[forward]?.listen;
  if (!isRequestedOn(state, forward, link)) {
    // The server bound it too late, and must not keep the port from the link it is requested on.
    emit(context, { type: 'cancelForward', forward, link });
    return;
  }
  state.status[forward] = { type: 'bound', link, port };
  if (listen?.type === 'tcp' && listen.port === 0) state.ports[forward] = port;
  report(context, forward);
}

export function remoteRefused(
  context: StepContext,
  forward: ForwardIndex,
  link: LinkId,
  reason: string,
): void {
  const { state, now, moment, policy } = context;
  if (!isRequestedOn(state, forward, link)) return;
  if (!state.everUp) state.refusedAt ??= now;
  const refusedMs = now - refused(context, forward, reason).since;
  const pauseMs = Math.min(policy.maxForwardRetryMs / 2, Math.max(policy.forwardRetryMs, refusedMs / 4));
  state.status[forward] = { type: 'refused', link, retryAt: now + pauseMs * (1 + moment.random) };
}

/** At `retryRequested`: refused forwards are requested again at once. */
export function retryForwardsNow(context: StepContext): void {
  context.state.status.forEach((status, index) => {
    if (status.type === 'refused') context.state.status[index] = { ...status, retryAt: atOnce };
  });
}

function isRequestedOn(state: State, forward: ForwardIndex, link: LinkId): boolean {
  const status = state.status[forward];
  return status?.type === 'requested' && status.link === link;
}

/** Only the first refusal in a row is news; `remind` says the others. */
function refused(context: StepContext, index: ForwardIndex, reason: string): ForwardRefusal {
  const { state, now } = context;
  const before = state.refusals[index] ?? null;
  const refusal = before === null ? { since: now, saidAt: now, reason } : { ...before, reason };
  state.refusals[index] = refusal;
  if (before === null) report(context, index);
  return refusal;
}

function report(context: StepContext, index: ForwardIndex, refusedMs?: number): void {
  const { state } = context;
  const forward = state.forwards[index];
  if (!forward) return;
  if (state.status[index]?.type === 'bound') state.refusals[index] = null;
  const reminder = refusedMs === undefined ? {} : { refusedMs };
  notify(context, { type: 'forward', index, forward, status: statusAt(state, index), ...reminder });
}

/** When a forward is to be requested: local ones of the system, remote ones of the link that answers. */
function requestAt(state: State, index: ForwardIndex): number {
  const status = state.status[index];
  if (!running(state) || !status) return never;
  if (state.forwards[index]?.side === 'local') {
    if (status.type === 'idle') return atOnce;
    return status.type === 'refused' ? status.retryAt : never;
  }
  const link = answering(state);
  if (link === null) return never;
  if (status.type === 'idle' || status.link !== link) return atOnce;
  return status.type === 'refused' ? status.retryAt : never;
}

const requestForwards: Rule = {
  name: 'ask for forwards',
  due: (state) => Math.min(never, ...state.forwards.map((_, index) => requestAt(state, index))),
  act: (context) => {
    const { state, now, policy } = context;
    state.forwards.forEach((forward, index) => {
      if (requestAt(state, index) > now) return;
      if (forward.side === 'local') {
        state.status[index] = { type: 'requested', link: null, since: now };
        emit(context, { type: 'listen', forward: index });
        return;
      }
      const link = answering(state);
      if (link === null) return;
      // A port that the server once chose is requested again; when it stays refused, any other is better than none.
      const since = state.refusals[index]?.since ?? now;
      if (now - since >= policy.forwardGraceMs) state.ports[index] = null;
      state.status[index] = { type: 'requested', link, since: now };
      emit(context, { type: 'requestForward', forward: index, link, port: state.ports[index] ?? null });
    });
  },
};

/** Every server has to answer the request (RFC 4254 section 7.1); one that does not must not keep the tunnel waiting. */
const unanswered: Rule = {
  name: 'forward not answered',
  due: (state, policy) => {
    if (!running(state) || answering(state) === null) return never;
    const requestedAt = state.status.map((status) =>
      status.type === 'requested' && status.link !== null && status.link === answering(state)
        ? status.since
        : never,
    );
    return Math.min(never, ...requestedAt) + policy.forwardReplyTimeoutMs;
  },
  act: (context) => {
    const { state, now, policy } = context;
    state.status.forEach((status, forward) => {
      if (status.type !== 'requested' || status.link === null || status.link !== answering(state)) return;
      if (status.since + policy.forwardReplyTimeoutMs > now) return;
      remoteRefused(
        context,
        forward,
        status.link,
        `the server did not answer within ${policy.forwardReplyTimeoutMs / 1000} s`,
      );
    });
  },
};

function remindOf(state: State, index: ForwardIndex, policy: Policy): number {
  const refusal = state.refusals[index];
  return refusal && running(state) ? remindAt(refusal, policy) : never;
}

const remind: Rule = {
  name: 'say that a forward is still refused',
  due: (state, policy) =>
    Math.min(never, ...state.refusals.map((_, index) => remindOf(state, index, policy))),
  act: (context) => {
    const { state, now, policy } = context;
    state.refusals.forEach((refusal, index) => {
      if (!refusal || remindOf(state, index, policy) > now) return;
      state.refusals[index] = { ...refusal, saidAt: now };
      report(context, index, Math.round(now - refusal.since));
    });
  },
};

export const forwardRules: readonly Rule[] = [unanswered, requestForwards, remind];
