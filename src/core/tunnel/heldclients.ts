/**
 * Clients of local forwards that have no confirmed channel yet. No byte of such a client has been sent, so it can move
 * to another link without anybody noticing. With its channel confirmed it is a pipe and no concern of the machine.
 */

import { failure } from '../failure.js';
import { type Held, type Open, openLink, type State } from './state.js';
import { answering, atOnce, never, perform, probe, type Rule, stopFor, type Turn } from './stepcontext.js';
import { served, turnAway } from './turnedaway.js';

export function arrived(turn: Turn, client: number, forward: number, doubtful: boolean): void {
  const { state, policy, now } = turn;
  if (state.wanted.at !== 'running') {
    perform(turn, { do: 'resetClient', client });
    return;
  }
  if (
    state.held.size >= policy.heldMax &&
    [...state.held.values()].filter((held) => waits(state, held)).length >= policy.heldMax
  ) {
    refuse(turn, client, forward, `${policy.heldMax} clients are waiting already`);
    return;
  }
  state.held.set(client, { forward, since: now, link: null, askedAt: now, doubtful, moved: false });
  const current = openLink(state, state.current);
  // The arrival is a question: on a link that was quiet the answer to a probe tells soon whether it still lives.
  if (
    current &&
    state.current !== null &&
    current.probeAt === null &&
    now - current.heardAt > policy.quietMs
  ) {
    probe(turn, state.current);
  }
}

export function left(turn: Turn, client: number): void {
  turn.state.held.delete(client);
}

export function channelOpened(turn: Turn, client: number, link: number): void {
  const { held: all, current } = turn.state;
  const held = all.get(client);
  // One that waits elsewhere than on the current link takes the first channel there is.
  if (held && (held.link === link || held.link !== current)) {
    all.delete(client);
    served(turn, held.forward);
    perform(turn, { do: 'pipe', client, link });
  } else {
    perform(turn, { do: 'closeChannel', client, link });
  }
}

export function channelRefused(turn: Turn, client: number, link: number, reason: string): void {
  const held = turn.state.held.get(client);
  if (held?.link !== link) return;
  turn.state.held.delete(client);
  refuse(turn, client, held.forward, reason);
}

/** A link that ended leaves its waiting clients free to move. */
export function release(turn: Turn, link: number): void {
  for (const [client, held] of turn.state.held) {
    if (held.link === link) turn.state.held.set(client, { ...held, link: null });
  }
}

/**
 * A successor took over from a suspect link, and its clients move. But one of them may be the reason for the silence: a
 * target whose name lookup takes long freezes the whole sshd session. It must not take the next link along, so one whose
 * name is doubtful is left behind for a while if it was asked for before the server spoke last, if others wait whose
 * name is not, or if it moved before.
 */
export function moveFrom(turn: Turn, number: number, link: Open): void {
  const waiting = [...turn.state.held].filter(([, held]) => held.link === number);
  const others = waiting.some(([, held]) => !held.doubtful);
  for (const [client, held] of waiting) {
    const blamed = held.doubtful && (held.moved || others || held.askedAt < link.heardAt);
    if (!blamed) move(turn, client, held);
  }
}

function move(turn: Turn, client: number, held: Held): void {
  turn.state.held.set(client, { ...held, link: null, moved: true });
}

/** It waits on a link that drains, and may still get a channel elsewhere. */
export function staysBehind(state: State, held: Held): boolean {
  return held.link !== null && !held.moved && state.links.get(held.link)?.at === 'draining';
}

/** A name server that does not answer is given up after 10 s or so; whoever still waits then waits for a dead link. */
const moveLate: Rule = {
  name: 'move a client late',
  due: (state, policy) => {
    let due = never;
    for (const held of state.held.values()) {
      if (staysBehind(state, held)) due = Math.min(due, held.askedAt + policy.stayMs);
    }
    return due;
  },
  act: (turn) => {
    const { state, policy, now } = turn;
    for (const [client, held] of state.held) {
      if (staysBehind(state, held) && held.askedAt + policy.stayMs <= now) move(turn, client, held);
    }
  },
};

function refuse(turn: Turn, client: number, forward: number, reason: string): void {
  perform(turn, { do: 'resetClient', client });
  const asked = turn.state.forwards[forward];
  // It was the one client that the tunnel is there for.
  if (asked?.listen.kind === 'stdio') stopFor(turn, failure('forward', `${asked.text}: ${reason}`));
  else turnAway(turn, client, forward, reason);
}

function risk(held: Held): number {
  return (held.doubtful ? 2 : 0) + (held.moved ? 1 : 0);
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
    for (const held of state.held.values()) if (held.link === null) return atOnce;
    return never;
  },
  act: (turn) => {
    const link = answering(turn.state);
    if (link === null) return;
    const free = [...turn.state.held].filter(([, held]) => held.link === null);
    free.sort(([, a], [, b]) => risk(a) - risk(b));
    for (const [client, held] of free) {
      turn.state.held.set(client, { ...held, link, askedAt: turn.now });
      perform(turn, { do: 'openChannel', client, link });
    }
  },
};

/**
 * When a client's channel was asked for on a link that had just been heard, nothing else was asked. If nothing has come since, it is time to.
 * One answer is enough: from then on only the target is slow.
 */
const wonder: Rule = {
  name: 'probe for a client that waits',
  due: (state, policy) => {
    const current = openLink(state, state.current);
    if (!current || current.probeAt !== null || state.wanted.at !== 'running') return never;
    let due = never;
    for (const held of state.held.values()) {
      if (held.link !== state.current || current.heardAt > held.askedAt) continue;
      due = Math.min(due, held.askedAt + policy.quietMs);
    }
    return due;
  },
  act: (turn) => {
    if (turn.state.current !== null) probe(turn, turn.state.current);
  },
};

/** How long standard input and output wait is the tunnel's to say: it gives up, and says what is wrong. */
function expires(state: State, held: Held): boolean {
  return waits(state, held) && state.forwards[held.forward]?.listen.kind !== 'stdio';
}

/** The hold time counts from the client's arrival, whatever has happened since. */
const expire: Rule = {
  name: 'hold time',
  due: (state, policy) => {
    let due = never;
    for (const held of state.held.values()) {
      if (expires(state, held)) due = Math.min(due, held.since + policy.holdMs);
    }
    return due;
  },
  act: (turn) => {
    const { state, policy, now } = turn;
    for (const [client, held] of state.held) {
      if (!expires(state, held) || held.since + policy.holdMs > now) continue;
      state.held.delete(client);
      const waited =
        policy.holdMs === 0 ? 'no link answers' : `no link answered within ${policy.holdMs / 1000} s`;
      refuse(turn, client, held.forward, waited);
    }
  },
};

export const clientRules: readonly Rule[] = [moveLate, assign, wonder, expire];
