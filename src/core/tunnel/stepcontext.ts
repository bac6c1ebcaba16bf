import type { Failure, Outcome } from '../failure.js';
import type { Effect } from './effect.js';
import type { LinkId } from './ids.js';
import type { Notice } from './notice.js';
import type { Policy } from './policy.js';
import { type Open, openLink, type State } from './state.js';

/** What a link's socket knows without an event for each packet. */
export interface SocketStats {
  /** When a byte last came from the server. */
  readonly heardAt: number;
  /** When something was last sent; absent: not known to have been. */
  readonly sentAt?: number;
  /** Bytes that left for the kernel so far. */
  readonly flushed: number;
  /** Bytes that wait to leave. */
  readonly queued: number;
  /** Clients it carries; absent: none. */
  readonly pipes?: number;
  /** Of several servers in a row, the first that owes an answer; absent for a link to one server alone. */
  readonly mute?: string | null;
}

/** The world at the time of a step: handed in, because core has no clock and no chance of its own. */
export interface Moment {
  readonly now: number;
  /** 0 <= random < 1 */
  readonly random: number;
  /** How late the timer is by now, because our own process could not run; 0 if it is not. */
  readonly lateMs: number;
  /** Of each authenticated link. */
  readonly socketStats: ReadonlyMap<LinkId, SocketStats>;
}

type Changeable<T> =
  T extends ReadonlyMap<infer Key, infer Value>
    ? Map<Key, Value>
    : T extends readonly (infer Entry)[]
      ? Entry[]
      : T;

/** A state that is being changed within one step; no caller sees it before the step is over. */
export type Draft = { readonly forwards: State['forwards'] } & {
  -readonly [Name in Exclude<keyof State, 'forwards'>]: Changeable<State[Name]>;
};

/** One step while its rules act: the state so far, and the effects so far. */
export interface StepContext {
  readonly moment: Moment;
  readonly now: number;
  readonly policy: Policy;
  readonly state: Draft;
  readonly effects: Effect[];
}

/**
 * Something that becomes due at a time which the state alone determines. The machine's timer is set to the earliest
 * `due` of all rules, and a rule that is due acts in the same step: no timer can outlive the state that set it.
 */
export interface Rule {
  readonly name: string;
  /** When to act: a time, -Infinity at once, Infinity not at all. */
  readonly due: (state: State, policy: Policy) => number;
  /** Acts. Must change the state so that it is no longer due. */
  readonly act: (context: StepContext) => void;
}

/** Times of `due`: not at all, and without waiting. */
export const never = Number.POSITIVE_INFINITY;
export const atOnce = Number.NEGATIVE_INFINITY;

export function begin(before: State, moment: Moment, policy: Policy): StepContext {
  const state: Draft = {
    ...before,
    links: new Map(before.links),
    held: new Map(before.held),
    status: [...before.status],
    ports: [...before.ports],
    refusals: [...before.refusals],
    turnedAway: [...before.turnedAway],
  };
  return { moment, now: moment.now, policy, state, effects: [] };
}

/** Adds an effect to the step. */
export function emit(context: StepContext, effect: Effect): void {
  context.effects.push(effect);
}

/** Adds a notice for the user to the effects of the step. */
export function notify(context: StepContext, notice: Notice): void {
  context.effects.push({ type: 'notify', notice });
}

/** Changes fields of an authenticated link. */
export function change(context: StepContext, link: LinkId, fields: Partial<Open>): void {
  const linkState = openLink(context.state, link);
  if (linkState) context.state.links.set(link, { ...linkState, ...fields });
}

/** Asks a link for a sign of life, now. `sleptMs`: the clock stood still for so long. */
export function sendProbe(context: StepContext, link: LinkId, sleptMs = 0): void {
  const linkState = openLink(context.state, link);
  const sentAt = context.moment.socketStats.get(link)?.sentAt ?? 0;
  const idleMs = linkState ? Math.max(0, context.now - Math.max(linkState.heardAt, sentAt)) + sleptMs : 0;
  change(context, link, { probeAt: context.now, idleMs });
  emit(context, { type: 'probe', link });
}

export function running(state: State): boolean {
  return state.lifecycle.type === 'running';
}

/** The current link when new clients may use it: open, and no answer of it is overdue. */
export function answering(state: State): LinkId | null {
  const current = openLink(state, state.current);
  return current && !current.suspect ? state.current : null;
}

/** Begins to stop. What is still carried may end within the drain time; the rule `finish` does the rest. */
export function stop(context: StepContext, outcome: Outcome): void {
  const { state } = context;
  if (!running(state)) return;
  state.lifecycle = { type: 'stopping', since: context.now, outcome };
  emit(context, { type: 'closeListeners' });
  for (const client of state.held.keys()) emit(context, { type: 'resetClient', client });
  state.held.clear();
  for (const [link, linkState] of state.links) {
    if (linkState.type !== 'dialing') continue;
    emit(context, { type: 'close', link, how: 'reset' });
    state.links.delete(link);
  }
  state.next = null;
  state.trial = null;
  if (state.current !== null) cancelRemotes(context, state.current);
  for (const [link, linkState] of state.links) {
    if (linkState.type === 'draining' && linkState.suspect) {
      // replaced because it did not answer, and it has not answered since: nothing is left to wait for
      emit(context, { type: 'close', link, how: 'disconnect' });
      state.links.delete(link);
    } else {
      emit(context, { type: 'drain', link });
    }
  }
}

export function stopFor(context: StepContext, failure: Failure): void {
  stop(context, { ok: false, failure });
}

/** Asks the server to give back the ports it holds for this link's remote forwards. */
export function cancelRemotes(context: StepContext, link: LinkId): void {
  context.state.status.forEach((status, forward) => {
    if (status.type !== 'idle' && status.type !== 'refused' && status.link === link) {
      emit(context, { type: 'cancelForward', forward, link });
    }
  });
}
