/**
 * Each forward has its own truth. Local ones are bound before the first connect and stay bound. Remote ones are asked for
 * on each new link; a refused one is asked for again on the same connection, without a login, and delays nobody.
 */
import type { Failure } from '../failure.js';
import type { ForwardStatus } from './notice.js';
import type { Policy } from './policy.js';
import { remindAt } from './reminder.js';
import type { Refusal, State } from './state.js';
import {
  answering,
  atOnce,
  never,
  perform,
  type Rule,
  running,
  stopFor,
  type Turn,
  tell,
} from './stepcontext.js';

/** One that is asked for again is still refused. */
export function statusAt(state: State, index: number): ForwardStatus {
  const status = state.status[index];
  const refusal = state.refusals[index];
  if (status?.at === 'bound') return { at: 'bound', port: status.port };
  return refusal ? { at: 'refused', reason: refusal.reason } : { at: 'pending' };
}

export function listened(turn: Turn, forward: number, port: number | null): void {
  turn.state.status[forward] = { at: 'bound', link: null, port };
  report(turn, forward);
}

export function listenFailed(turn: Turn, forward: number, why: Failure): void {
  const { state, now, policy } = turn;
  if (policy.exitOnForwardFailure && !state.everUp) {
    stopFor(turn, why);
    return;
  }
  refused(turn, forward, why.message);
  state.status[forward] = { at: 'refused', link: null, askAt: now + policy.listenAgainMs };
}

export function remoteBound(turn: Turn, forward: number, link: number, port: number | null): void {
  const { state } = turn;
  const asked = state.forwards[forward]?.listen;
  if (!asksFor(state, forward, link)) {
    // it came too late to be wanted, and it must not keep the port from the link that is
    perform(turn, { do: 'cancelRemote', forward, link });
    return;
  }
  state.status[forward] = { at: 'bound', link, port };
  if (asked?.kind === 'tcp' && asked.port === 0) state.ports[forward] = port;
  report(turn, forward);
}

export function remoteRefused(turn: Turn, forward: number, link: number, reason: string): void {
  const { state, now, moment, policy } = turn;
  if (!asksFor(state, forward, link)) return;
  if (!state.everUp) state.refusedAt ??= now;
  const refusedMs = now - refused(turn, forward, reason).since;
  const pauseMs = Math.min(policy.maxAskAgainMs / 2, Math.max(policy.askAgainMs, refusedMs / 4));
  state.status[forward] = { at: 'refused', link, askAt: now + pauseMs * (1 + moment.roll) };
}

/** A person wants news now. */
export function askAtOnce(turn: Turn): void {
  turn.state.status.forEach((status, index) => {
    if (status.at === 'refused') turn.state.status[index] = { ...status, askAt: atOnce };
  });
}

function asksFor(state: State, forward: number, link: number): boolean {
  const status = state.status[forward];
  return status?.at === 'asking' && status.link === link;
}

/** Only the first refusal in a row is news; `remind` says the others. */
function refused(turn: Turn, index: number, reason: string): Refusal {
  const { state, now } = turn;
  const before = state.refusals[index] ?? null;
  const refusal = before === null ? { since: now, saidAt: now, reason } : { ...before, reason };
  state.refusals[index] = refusal;
  if (before === null) report(turn, index);
  return refusal;
}

function report(turn: Turn, index: number, refusedMs?: number): void {
  const { state } = turn;
  const forward = state.forwards[index];
  if (!forward) return;
  if (state.status[index]?.at === 'bound') state.refusals[index] = null;
  const reminder = refusedMs === undefined ? {} : { refusedMs };
  tell(turn, { type: 'forward', index, forward, status: statusAt(state, index), ...reminder });
}

/** When a forward is to be asked for: local ones of the system, remote ones of the link that answers. */
function askAt(state: State, index: number): number {
  const status = state.status[index];
  if (!running(state) || !status) return never;
  if (state.forwards[index]?.side === 'local') {
    if (status.at === 'idle') return atOnce;
    return status.at === 'refused' ? status.askAt : never;
  }
  const link = answering(state);
  if (link === null) return never;
  if (status.at === 'idle' || status.link !== link) return atOnce;
  return status.at === 'refused' ? status.askAt : never;
}

const ask: Rule = {
  name: 'ask for forwards',
  due: (state) => Math.min(never, ...state.forwards.map((_, index) => askAt(state, index))),
  act: (turn) => {
    const { state, now, policy } = turn;
    state.forwards.forEach((forward, index) => {
      if (askAt(state, index) > now) return;
      if (forward.side === 'local') {
        state.status[index] = { at: 'asking', link: null, since: now };
        perform(turn, { do: 'listen', forward: index });
        return;
      }
      const link = answering(state);
      if (link === null) return;
      // A port that the server once chose is asked for again; when it stays refused, any other is better than none.
      const since = state.refusals[index]?.since ?? now;
      if (now - since >= policy.forwardGraceMs) state.ports[index] = null;
      state.status[index] = { at: 'asking', link, since: now };
      perform(turn, { do: 'askRemote', forward: index, link, port: state.ports[index] ?? null });
    });
  },
};

/** Every server has to answer the request (RFC 4254 section 7.1); one that does not must not keep the tunnel waiting. */
const unanswered: Rule = {
  name: 'forward not answered',
  due: (state, policy) => {
    if (!running(state) || answering(state) === null) return never;
    const asked = state.status.map((status) =>
      status.at === 'asking' && status.link !== null && status.link === answering(state)
        ? status.since
        : never,
    );
    return Math.min(never, ...asked) + policy.askAnswerMs;
  },
  act: (turn) => {
    const { state, now, policy } = turn;
    state.status.forEach((status, forward) => {
      if (status.at !== 'asking' || status.link === null || status.link !== answering(state)) return;
      if (status.since + policy.askAnswerMs > now) return;
      remoteRefused(
        turn,
        forward,
        status.link,
        `the server did not answer within ${policy.askAnswerMs / 1000} s`,
      );
    });
  },
};

function remindOf(state: State, index: number, policy: Policy): number {
  const refusal = state.refusals[index];
  return refusal && running(state) ? remindAt(refusal, policy) : never;
}

const remind: Rule = {
  name: 'say that a forward is still refused',
  due: (state, policy) =>
    Math.min(never, ...state.refusals.map((_, index) => remindOf(state, index, policy))),
  act: (turn) => {
    const { state, now, policy } = turn;
    state.refusals.forEach((refusal, index) => {
      if (!refusal || remindOf(state, index, policy) > now) return;
      state.refusals[index] = { ...refusal, saidAt: now };
      report(turn, index, Math.round(now - refusal.since));
    });
  },
};

export const forwardRules: readonly Rule[] = [unanswered, ask, remind];
