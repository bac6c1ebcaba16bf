/**
 * Clients of local forwards that have no confirmed channel yet. No byte of such a client has been sent, so it can move
 * to another link and neither end notices. With its channel confirmed it is a pipe and no concern of the machine.
 */

import { failure } from '../failure.js';
import type { ClientId, ForwardIndex, LinkId } from './ids.js';
import { type Held, type Open, openLink, type State } from './state.js';
import {
  answering,
  atOnce,
  emit,
  never,
  type Rule,
  type StepContext,
  sendProbe,
  stopFor,
} from './stepcontext.js';
import { served, turnAway } from './turnedaway.js';

export function arrived(
  context: StepContext,
  client: ClientId,
  forward: ForwardIndex,
  needsRemoteLookup: boolean,
): void {
  const { state, policy, now } = context;
  if (state.lifecycle.type !== 'running') {
    emit(context, { type: 'resetClient', client });
    return;
  }
  if (
    state.held.size >= policy.heldMax &&
    [...state.held.values()].filter((held) => waits(state, held)).length >= policy.heldMax
  ) {
    refuse(context, client, forward, `${policy.heldMax} clients are waiting already`);
    return;
  }
  state.held.set(client, {
    forward,
    since: now,
    link: null,
    channelRequestedAt: now,
    needsRemoteLookup,
    moved: false,
  });
  const current = openLink(state, state.current);
  // The arrival is a question: on a link that was quiet the answer to a probe tells soon whether it still lives.
  if (
    current &&
    state.current !== null &&
    current.probeAt === null &&
    now - current.heardAt > policy.quietMs
  ) {
    sendProbe(context, state.current);
  }
}

export function left(context: StepContext, client: ClientId): void {
  context.state.held.delete(client);
}

export function channelOpened(context: StepContext, client: ClientId, link: LinkId): void {
  const { held: all, current } = context.state;
  const held = all.get(client);
  // One that waits elsewhere than on the current link takes the first channel there is.
  if (held && (held.link === link || held.link !== current)) {
    all.delete(client);
    served(context, held.forward);
    emit(context, { type: 'pipe', client, link });
  } else {
    emit(context, { type: 'closeChannel', client, link });
  }
}

export function channelRefused(context: StepContext, client: ClientId, link: LinkId, reason: string): void {
  const held = context.state.held.get(client);
  if (held?.link !== link) return;
  context.state.held.delete(client);
  refuse(context, client, held.forward, reason);
}

/** A link that ended leaves its waiting clients free to move. */
export function release(context: StepContext, link: LinkId): void {
  for (const [client, held] of context.state.held) {
    if (held.link === link) context.state.held.set(client, { ...held, link: null });
  }
}

/**
 * A successor took over from a suspect link, and its clients move. But one of them may be the reason for the silence: a
 * target whose name lookup takes long freezes the whole sshd session. It must not take the next link along, so a client
 * whose target needs a remote lookup is left behind for a while: if its channel was requested before the server spoke last,
 * if others wait whose target needs none, or if it moved before.
 */
export function moveFrom(context: StepContext, link: LinkId, linkState: Open): void {
  const waiting = [...context.state.held].filter(([, held]) => held.link === link);
  const others = waiting.some(([, held]) => !held.needsRemoteLookup);
  for (const [client, held] of waiting) {
    const blamed =
      held.needsRemoteLookup && (held.moved || others || held.channelRequestedAt < linkState.heardAt);
    if (!blamed) move(context, client, held);
  }
}

function move(context: StepContext, client: ClientId, held: Held): void {
  context.state.held.set(client, { ...held, link: null, moved: true });
}

/** It waits on a link that drains, and may still get a channel elsewhere. */
export function staysBehind(state: State, held: Held): boolean {
  return held.link !== null && !held.moved && state.links.get(held.link)?.type === 'draining';
}

/** When the first of those that stay behind had its channel requested. */
export function firstLeftBehindAt(state: State): number {
  return earliestOf(state, (held) => (staysBehind(state, held) ? held.channelRequestedAt : never));
}

function earliestOf(state: State, due: (held: Held) => number): number {
  let first = never;
  for (const held of state.held.values()) first = Math.min(first, due(held));
  return first;
}

/** A name server that does not answer is given up after 10 s or so; a client that still waits then waits for a dead link. */
const moveLate: Rule = {
  name: 'move a client late',
  due: (state, policy) => firstLeftBehindAt(state) + policy.stayMs,
  act: (context) => {
    const { state, policy, now } = context;
    for (const [client, held] of state.held) {
      if (staysBehind(state, held) && held.channelRequestedAt + policy.stayMs <= now)
        move(context, client, held);
    }
  },
};

function refuse(context: StepContext, client: ClientId, forward: ForwardIndex, reason: string): void {
  emit(context, { type: 'resetClient', client });
  const spec = context.state.forwards[forward];
  // It was the one client that the tunnel is there for.
  if (spec?.listen.type === 'stdio') stopFor(context, failure('forward', `${spec.text}: ${reason}`));
  else turnAway(context, client, forward, reason);
}

function risk(held: Held): number {
  return (held.needsRemoteLookup ? 2 : 0) + (held.moved ? 1 : 0);
}

/** Waits for a link that answers: not for its target, which may take its time. */
function waits(state: State, held: Held): boolean {
  return held.link === null || held.link !== answering(state);
}

/** Clients without a channel get one on the link that answers; those that may freeze it last. */
const assign: Rule = {
  name: 'assign clients',
  due: (state) => {
    if (answering(state) === null) return never;
    return earliestOf(state, (held) => (held.link === null ? atOnce : never));
  },
  act: (context) => {
    const link = answering(context.state);
    if (link === null) return;
    const free = [...context.state.held].filter(([, held]) => held.link === null);
    free.sort(([, a], [, b]) => risk(a) - risk(b));
    for (const [client, held] of free) {
      context.state.held.set(client, { ...held, link, channelRequestedAt: context.now });
      emit(context, { type: 'openChannel', client, link });
    }
  },
};

/**
 * A channel requested on a link that had just been heard comes without a probe. If nothing has come since, a probe is due.
 * One answer is enough: from then on only the target is slow.
 */
const wonder: Rule = {
  name: 'probe for a client that waits',
  due: (state, policy) => {
    const current = openLink(state, state.current);
    if (!current || current.probeAt !== null || state.lifecycle.type !== 'running') return never;
    return earliestOf(state, ({ link, channelRequestedAt: at }) =>
      link !== state.current || current.heardAt > at ? never : at + policy.quietMs,
    );
  },
  act: (context) => {
    if (context.state.current !== null) sendProbe(context, context.state.current);
  },
};

/** How long standard input and output wait is the tunnel's to say: it gives up, and says what is wrong. */
function expires(state: State, held: Held): boolean {
  return waits(state, held) && state.forwards[held.forward]?.listen.type !== 'stdio';
}

/** The hold time counts from the client's arrival, whatever has happened since. */
const expire: Rule = {
  name: 'hold time',
  due: (state, policy) =>
    earliestOf(state, (held) => (expires(state, held) ? held.since + policy.holdMs : never)),
  act: (context) => {
    const { state, policy, now } = context;
    for (const [client, held] of state.held) {
      if (!expires(state, held) || held.since + policy.holdMs > now) continue;
      state.held.delete(client);
      const waited =
        policy.holdMs === 0 ? 'no link answers' : `no link answered within ${policy.holdMs / 1000} s`;
      refuse(context, client, held.forward, waited);
    }
  },
};

export const clientRules: readonly Rule[] = [moveLate, assign, wonder, expire];
