/**
 * Is a link alive? Any byte counts as life. A late answer makes the current link suspect, which is cheap; only silence for
 * ServerAliveInterval x (ServerAliveCountMax + 1) ends it, which is what OpenSSH does (clientloop.c; its manual says
 * interval x count).
 */
import { failure } from '../failure.js';
import { lose } from './linkrules.js';
import type { Policy } from './policy.js';
import { type Open, openLink, type State } from './state.js';
import { change, never, perform, probe, type Rule, type Turn, tell } from './stepcontext.js';

/** Takes in what the sockets heard and sent since the last step. */
export function observe(turn: Turn): void {
  const { state, moment, now } = turn;
  for (const [number, vitals] of moment.vitals) {
    const link = openLink(state, number);
    if (!link) continue;
    // Only a queue that shrinks is a sign of life: without a queue the number grows by our own probe.
    const shrinks = vitals.queued > 0 && vitals.flushed > link.flushed;
    // A byte that left the server after the probe had reached it answers the probe as well as its reply does.
    const settled = link.probeAt !== null && vitals.heardAt > link.probeAt + (link.srttMs ?? 0);
    change(turn, number, {
      probeAt: settled ? null : link.probeAt,
      heardAt: Math.max(link.heardAt, vitals.heardAt),
      quietAt: Math.max(link.quietAt, vitals.heardAt),
      flushed: vitals.flushed,
      flushedAt: shrinks ? now : link.flushedAt,
    });
  }
}

/**
 * Our own process could not run for a while, so what the server said may still lie unread in the kernel. That time is not
 * counted against the server, and a little more is given to read it.
 */
export function excuse(turn: Turn): void {
  const { state, moment, policy, now } = turn;
  const { lateMs } = moment;
  if (lateMs <= policy.lateMs) return;
  const forward = (at: number) => Math.min(now, at + lateMs + policy.lateMs);
  for (const [number, link] of state.links) {
    if (link.at === 'dialing') {
      state.links.set(number, { ...link, phaseAt: forward(link.phaseAt) });
    } else {
      const probeAt = link.probeAt === null ? null : forward(link.probeAt);
      state.links.set(number, { ...link, quietAt: forward(link.quietAt), probeAt });
    }
  }
}

/** Asks every link for a sign of life, unless it owes one already: asking again must not extend its time. */
export function probeAll(turn: Turn, sleptMs = 0): void {
  for (const [number, link] of turn.state.links) {
    if (link.at !== 'dialing' && link.probeAt === null) probe(turn, number, sleptMs);
  }
}

/** The machine slept: what was outstanding belongs to another time. */
export function forgetSilence(turn: Turn): void {
  for (const [number, link] of turn.state.links) {
    if (link.at !== 'dialing') change(turn, number, { quietAt: turn.now, probeAt: null });
  }
}

export function ponged(turn: Turn, number: number, rttMs: number): void {
  const link = openLink(turn.state, number);
  if (!link) return;
  // An answer that was overdue measures an outage rather than the path, so it moves the figure only a little.
  const overdueMs = patience(link, turn.policy);
  const sampleMs = Math.min(rttMs, 2 * overdueMs);
  const beforeMs = link.srttMs ?? (rttMs <= overdueMs ? sampleMs : 0);
  const srttMs = beforeMs * 0.875 + sampleMs * 0.125;
  change(turn, number, { probeAt: null, srttMs, heardAt: turn.now, quietAt: turn.now });
  const idleMs = Math.round(link.idleMs);
  tell(turn, { type: 'heartbeat', link: number, rttMs: Math.round(rttMs * 10) / 10, idleMs });
}

/** A suspect link that speaks is trusted again, and its successor is not needed. */
export function recover(turn: Turn): void {
  const { state } = turn;
  for (const [number, link] of state.links) {
    if (link.at === 'dialing' || !link.suspect || link.heardAt < link.suspect.at) continue;
    change(turn, number, { suspect: null });
    if (number === state.current) recovered(turn, number, link.heardAt - link.suspect.heardAt);
  }
}

function recovered(turn: Turn, link: number, quietMs: number): void {
  const { state } = turn;
  tell(turn, { type: 'recovered', link, quietMs: Math.round(quietMs) });
  if (state.next !== null) {
    perform(turn, { do: 'close', link: state.next, how: 'reset' });
    state.links.delete(state.next);
    state.next = null;
  }
}

function patience(link: Open, policy: Policy): number {
  return Math.max(policy.patienceMs, 4 * (link.srttMs ?? 0));
}

/** When each authenticated link is due, and the earliest of them. */
function earliest(state: State, due: (link: Open, number: number) => number): number {
  let first = never;
  for (const [number, link] of state.links) {
    if (link.at !== 'dialing') first = Math.min(first, due(link, number));
  }
  return first;
}

function each(
  turn: Turn,
  due: (link: Open, number: number) => number,
  act: (number: number, link: Open) => void,
) {
  for (const [number, link] of [...turn.state.links]) {
    if (link.at !== 'dialing' && due(link, number) <= turn.now) act(number, link);
  }
}

/** Of several servers in a row the first that owes an answer: those behind it cannot be heard. */
function muteOf(turn: Turn, number: number): string | null {
  return turn.moment.vitals.get(number)?.mute ?? null;
}

function silentAt(policy: Policy): (link: Open) => number {
  const limitMs = policy.intervalMs * (policy.countMax + 1);
  return (link) => (limitMs === 0 ? never : link.quietAt + limitMs);
}

const silence: Rule = {
  name: 'silence',
  due: (state, policy) => earliest(state, silentAt(policy)),
  act: (turn) =>
    each(turn, silentAt(turn.policy), (number, link) => {
      const { intervalMs, countMax } = turn.policy;
      const seconds = Math.round((turn.now - link.heardAt) / 1000);
      // DISCONNECT and FIN: when the path heals, the kernel's retransmission tells the server, which frees our ports.
      perform(turn, { do: 'close', link: number, how: 'goodbye' });
      const law = `ServerAliveInterval ${intervalMs / 1000} x (ServerAliveCountMax ${countMax} + 1)`;
      const who = muteOf(turn, number) ?? 'the server';
      lose(turn, number, failure('silent', `nothing heard from ${who} for ${seconds} s (${law})`));
    }),
};

function beatAt(policy: Policy): (link: Open) => number {
  return (link) =>
    policy.intervalMs === 0 || link.probeAt !== null ? never : link.quietAt + policy.intervalMs;
}

/** As OpenSSH: a probe after an interval in which nothing came. */
const beat: Rule = {
  name: 'heartbeat',
  due: (state, policy) => earliest(state, beatAt(policy)),
  act: (turn) => each(turn, beatAt(turn.policy), (number) => probe(turn, number)),
};

function byChannelDueAt(policy: Policy): (link: Open) => number {
  return ({ probeAt, byChannelAt, srttMs }) =>
    probeAt === null || srttMs !== null || byChannelAt >= probeAt ? never : probeAt + policy.byChannelMs;
}

/**
 * Some servers leave `keepalive@openssh.com` without an answer. A link that has never answered a probe is asked by a
 * request that has to be answered, before it is suspected: else such a server would be left for a fresh login for ever.
 */
const byChannel: Rule = {
  name: 'probe by channel',
  due: (state, policy) => earliest(state, byChannelDueAt(policy)),
  act: (turn) =>
    each(turn, byChannelDueAt(turn.policy), (number) => {
      change(turn, number, { byChannelAt: turn.now });
      perform(turn, { do: 'probeByChannel', link: number });
    }),
};

const suspicion: Rule = {
  name: 'suspicion',
  due: (state, policy) => {
    const current = openLink(state, state.current);
    if (state.wanted.at !== 'running' || !current) return never;
    if (current.probeAt === null || current.suspect) return never;
    return Math.max(current.probeAt, current.quietAt, current.flushedAt) + patience(current, policy);
  },
  act: (turn) => {
    const { state, now, policy } = turn;
    const current = openLink(state, state.current);
    if (state.current === null || !current) return;
    change(turn, state.current, { suspect: { at: now, heardAt: current.heardAt } });
    // What failed before this link is forgiven; what fails beside it counts anew.
    if (now - current.openedAt >= policy.calmMs) state.retry = { ...state.retry, delayMs: 0 };
    const server = muteOf(turn, state.current);
    tell(turn, {
      type: 'suspect',
      link: state.current,
      quietMs: Math.round(now - current.heardAt),
      ...(server === null ? {} : { server }),
    });
  },
};

export const livenessRules: readonly Rule[] = [silence, byChannel, suspicion, beat];
