/**
 * Each forward has its own truth. Local ones are bound before the first connect and stay bound. Remote ones are asked for
 * on each new link; a refused one is asked for again on the same connection, without a login, and delays nobody.
 */
import { type Failure, failure } from '../failure.js';
import type { ForwardStatus } from './notice.js';
import { type ForwardState, openLink, type State } from './state.js';
import { answering, atOnce, never, perform, type Rule, running, stopFor, type Turn, tell } from './turn.js';

export function statusOf(state: ForwardState): ForwardStatus {
  if (state.at === 'bound') return { at: 'bound', port: state.port };
  if (state.at === 'refused') return { at: 'refused', reason: state.reason };
  return { at: 'pending' };
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
  refused(turn, forward, null, why.message, now + policy.listenAgainMs);
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
  refused(turn, forward, link, reason, now + policy.askAgainMs * (1 + moment.roll));
}

function asksFor(state: State, forward: number, link: number): boolean {
  const status = state.status[forward];
  return status?.at === 'asking' && status.link === link;
}

function refused(turn: Turn, forward: number, link: number | null, reason: string, askAt: number): void {
  const { state, now } = turn;
  const since = state.refusals[forward] ?? now;
  const news = state.refusals[forward] === null;
  state.refusals[forward] = since;
  state.status[forward] = { at: 'refused', link, reason, askAt };
  if (news) report(turn, forward);
}

function report(turn: Turn, index: number): void {
  const forward = turn.state.forwards[index];
  const status = turn.state.status[index];
  if (!forward || !status) return;
  if (status.at === 'bound') turn.state.refusals[index] = null;
  tell(turn, { type: 'forward', index, forward, status: statusOf(status) });
}

function remotes(state: State): number[] {
  return [...state.forwards.keys()].filter((index) => state.forwards[index]?.side === 'remote');
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
      const since = state.refusals[index];
      if (typeof since === 'number' && now - since >= policy.forwardGraceMs) state.ports[index] = null;
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

/** Every forward has its first answer on the current link, yes or no. */
function allAnswered(state: State): boolean {
  return state.forwards.every((forward, index) => {
    const status = state.status[index];
    if (!status || status.at === 'idle' || status.at === 'asking') {
      // asked again after a refusal: the first answer is there already
      return forward.side === 'remote' && status?.at === 'asking' && state.refusals[index] !== null;
    }
    return forward.side === 'local' || status.link === state.current;
  });
}

const up: Rule = {
  name: 'up',
  due: (state) =>
    running(state) && openLink(state, state.current) && !state.told && allAnswered(state) ? atOnce : never,
  act: (turn) => {
    const { state, now } = turn;
    if (state.current === null) return;
    state.told = true;
    const downMs = state.everUp ? Math.round(now - state.downAt) : null;
    tell(turn, { type: 'up', link: state.current, downMs, statuses: state.status.map(statusOf) });
  },
};

/** First up for good: with ExitOnForwardFailure a refused forward still counts as a failure to come. */
const firstUp: Rule = {
  name: 'first up',
  due: (state, policy) => {
    if (!running(state) || state.everUp || !state.told) return never;
    return policy.exitOnForwardFailure && state.status.some((status) => status.at !== 'bound')
      ? never
      : atOnce;
  },
  act: (turn) => {
    turn.state.everUp = true;
    turn.state.refusedAt = null;
  },
};

const refusedTooLong: Rule = {
  name: 'forward refused',
  due: (state, policy) => {
    if (!running(state) || state.everUp || !policy.exitOnForwardFailure) return never;
    return state.refusedAt === null ? never : state.refusedAt + policy.forwardGraceMs;
  },
  act: (turn) => {
    const { state, policy } = turn;
    const index = remotes(state).find((i) => state.refusals[i] !== null);
    const status = index === undefined ? undefined : state.status[index];
    const text = index === undefined ? 'a remote forward' : (state.forwards[index]?.text ?? '');
    const reason = status?.at === 'refused' ? `: ${status.reason}` : '';
    const seconds = policy.forwardGraceMs / 1000;
    stopFor(
      turn,
      failure(
        'forward',
        `${text}: the server refused it for ${seconds} s (ExitOnForwardFailure yes)${reason}`,
      ),
    );
  },
};

export const forwardRules: readonly Rule[] = [unanswered, ask, up, firstUp, refusedTooLong];
