/** Up: each forward that must be there is. What is said when one is not, and when that ends the tunnel. */

import { failure } from '../failure.js';
import { statusAt } from './forwardrules.js';
import type { ForwardIndex } from './ids.js';
import type { Policy } from './policy.js';
import { openLink, type State } from './state.js';
import { atOnce, never, notify, type Rule, running, type StepContext, stopFor } from './stepcontext.js';

/** The forward listens: here, or on the server of the current link. */
function isBound(state: State, index: ForwardIndex): boolean {
  const status = state.status[index];
  if (status?.type !== 'bound') return false;
  return state.forwards[index]?.side === 'local' || status.link === state.current;
}

/** Yes or no, on the current link. One that is requested again has had its first answer. */
function isAnswered(state: State, index: ForwardIndex): boolean {
  return isBound(state, index) || (state.refusals[index] ?? null) !== null;
}

/** Without ExitOnForwardFailure a forward may be missing, but a tunnel with none is not up. */
function isUp(state: State, policy: Policy): boolean {
  const all = [...state.forwards.keys()];
  if (policy.exitOnForwardFailure) return all.every((index) => isBound(state, index));
  return all.every((index) => isAnswered(state, index)) && all.some((index) => isBound(state, index));
}

function undecided(state: State): boolean {
  return running(state) && openLink(state, state.current) !== null && !state.upAnnounced;
}

function summary({ state, now }: StepContext) {
  return {
    link: state.current ?? 0,
    downMs: state.everUp ? Math.round(now - state.downAt) : null,
    statuses: state.forwards.map((_, index) => statusAt(state, index)),
  };
}

const up: Rule = {
  name: 'up',
  due: (state, policy) => (undecided(state) && isUp(state, policy) ? atOnce : never),
  act: (context) => {
    const { state } = context;
    notify(context, { type: 'up', ...summary(context) });
    state.upAnnounced = true;
    state.everUp = true;
    state.refusedAt = null;
  },
};

const incomplete: Rule = {
  name: 'incomplete',
  due: (state, policy) => {
    if (!undecided(state) || state.incompleteOn === state.current || isUp(state, policy)) return never;
    return state.forwards.every((_, index) => isAnswered(state, index)) ? atOnce : never;
  },
  act: (context) => {
    context.state.incompleteOn = context.state.current;
    notify(context, { type: 'incomplete', ...summary(context) });
  },
};

const refusedTooLong: Rule = {
  name: 'forward refused',
  due: (state, policy) => {
    if (!running(state) || state.everUp || !policy.endOnRefusedRemote) return never;
    return state.refusedAt === null ? never : state.refusedAt + policy.forwardGraceMs;
  },
  act: (context) => {
    const { state, policy } = context;
    const index = state.forwards.findIndex(
      ({ side }, at) => side === 'remote' && state.refusals[at] !== null,
    );
    const text = state.forwards[index]?.text ?? 'a remote forward';
    const reason = state.refusals[index]?.reason;
    const seconds = policy.forwardGraceMs / 1000;
    const said = `${text}: the server refused it for ${seconds} s (ExitOnForwardFailure yes)`;
    stopFor(context, failure('forward', reason === undefined ? said : `${said}: ${reason}`));
  },
};

export const upRules: readonly Rule[] = [up, incomplete, refusedTooLong];
