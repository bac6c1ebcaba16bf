/**
 * Is a link alive? Any byte counts as life. A late answer makes the current link suspect, which is cheap; only silence for
 * ServerAliveInterval x (ServerAliveCountMax + 1) ends it, which is what OpenSSH does (clientloop.c; its manual says
 * interval x count).
 */
import { failure } from '../failure.js';
import { lose } from './linkrules.js';
import type { Policy } from './policy.js';
import { type Open, openLink, type State } from './state.js';
import { change, emit, never, notify, probe, type Rule, type StepContext } from './stepcontext.js';

/** Takes in what the sockets heard and sent since the last step. */
export function observe(context: StepContext): void {
  const { state, moment, now } = context;
  for (const [number, socketStats] of moment.socketStats) {
    const link = openLink(state, number);
    if (!link) continue;
    // Only a queue that shrinks is a sign of life: without a queue the number grows by our own probe.
    const shrinks = socketStats.queued > 0 && socketStats.flushed > link.flushed;
    // A byte that left the server after the probe had reached it answers the probe as well as its reply does.
    const settled = link.probeAt !== null && socketStats.heardAt > link.probeAt + (link.srttMs ?? 0);
    change(context, number, {
      probeAt: settled ? null : link.probeAt,
      heardAt: Math.max(link.heardAt, socketStats.heardAt),
      quietAt: Math.max(link.quietAt, socketStats.heardAt),
      flushed: socketStats.flushed,
      flushedAt: shrinks ? now : link.flushedAt,
    });
  }
}

/**
 * Our own process could not run for a while, so what the server said may still lie unread in the kernel. That time is not
 * counted against the server, and a little more is given to read it.
 */
export function excuse(context: StepContext): void {
  const { state, moment, policy, now } = context;
  const { lateMs } = moment;
  if (lateMs <= policy.lateMs) return;
  const forward = (at: number) => Math.min(now, at + lateMs + policy.lateMs);
  for (const [number, link] of state.links) {
    if (link.type === 'dialing') {
      state.links.set(number, { ...link, phaseAt: forward(link.phaseAt) });
    } else {
      const probeAt = link.probeAt === null ? null : forward(link.probeAt);
      state.links.set(number, { ...link, quietAt: forward(link.quietAt), probeAt });
    }
  }
}

/** Asks every link for a sign of life, unless it owes one already: asking again must not extend its time. */
export function probeAll(context: StepContext, sleptMs = 0): void {
  for (const [number, link] of context.state.links) {
    if (link.type !== 'dialing' && link.probeAt === null) probe(context, number, sleptMs);
  }
}

/** The machine slept: what was outstanding belongs to another time. */
export function forgetSilence(context: StepContext): void {
  for (const [number, link] of context.state.links) {
    if (link.type !== 'dialing') change(context, number, { quietAt: context.now, probeAt: null });
  }
}

export function keepaliveReply(context: StepContext, number: number, rttMs: number): void {
  const link = openLink(context.state, number);
  if (!link) return;
  // An answer that was overdue measures an outage rather than the path, so it moves the figure only a little.
  const overdueMs = replyTimeout(link, context.policy);
  const sampleMs = Math.min(rttMs, 2 * overdueMs);
  const beforeMs = link.srttMs ?? (rttMs <= overdueMs ? sampleMs : 0);
  const srttMs = beforeMs * 0.875 + sampleMs * 0.125;
  change(context, number, { probeAt: null, srttMs, heardAt: context.now, quietAt: context.now });
  const idleMs = Math.round(link.idleMs);
  notify(context, { type: 'heartbeat', link: number, rttMs: Math.round(rttMs * 10) / 10, idleMs });
}

/** A suspect link that speaks is trusted again, and its successor is not needed. */
export function recover(context: StepContext): void {
  const { state } = context;
  for (const [number, link] of state.links) {
    if (link.type === 'dialing' || !link.suspect || link.heardAt < link.suspect.at) continue;
    change(context, number, { suspect: null });
    if (number === state.current) recovered(context, number, link.heardAt - link.suspect.heardAt);
  }
}

function recovered(context: StepContext, link: number, quietMs: number): void {
  const { state } = context;
  notify(context, { type: 'recovered', link, quietMs: Math.round(quietMs) });
  if (state.next !== null) {
    emit(context, { type: 'close', link: state.next, how: 'reset' });
    state.links.delete(state.next);
    state.next = null;
  }
}

function replyTimeout(link: Open, policy: Policy): number {
  return Math.max(policy.replyTimeoutMs, 4 * (link.srttMs ?? 0));
}

/** When each authenticated link is due, and the earliest of them. */
function earliest(state: State, due: (link: Open, number: number) => number): number {
  let first = never;
  for (const [number, link] of state.links) {
    if (link.type !== 'dialing') first = Math.min(first, due(link, number));
  }
  return first;
}

function each(
  context: StepContext,
  due: (link: Open, number: number) => number,
  act: (number: number, link: Open) => void,
) {
  for (const [number, link] of [...context.state.links]) {
    if (link.type !== 'dialing' && due(link, number) <= context.now) act(number, link);
  }
}

/** Of several servers in a row the first that owes an answer: those behind it cannot be heard. */
function muteOf(context: StepContext, number: number): string | null {
  return context.moment.socketStats.get(number)?.mute ?? null;
}

function silentAt(policy: Policy): (link: Open) => number {
  const limitMs = policy.intervalMs * (policy.countMax + 1);
  return (link) => (limitMs === 0 ? never : link.quietAt + limitMs);
}

const silence: Rule = {
  name: 'silence',
  due: (state, policy) => earliest(state, silentAt(policy)),
  act: (context) =>
    each(context, silentAt(context.policy), (number, link) => {
      const { intervalMs, countMax } = context.policy;
      const seconds = Math.round((context.now - link.heardAt) / 1000);
      // DISCONNECT and FIN: when the path heals, the kernel's retransmission tells the server, which frees our ports.
      emit(context, { type: 'close', link: number, how: 'goodbye' });
      const law = `ServerAliveInterval ${intervalMs / 1000} x (ServerAliveCountMax ${countMax} + 1)`;
      const who = muteOf(context, number) ?? 'the server';
      lose(context, number, failure('silent', `nothing heard from ${who} for ${seconds} s (${law})`));
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
  act: (context) => each(context, beatAt(context.policy), (number) => probe(context, number)),
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
  act: (context) =>
    each(context, byChannelDueAt(context.policy), (number) => {
      change(context, number, { byChannelAt: context.now });
      emit(context, { type: 'probeByChannel', link: number });
    }),
};

const suspicion: Rule = {
  name: 'suspicion',
  due: (state, policy) => {
    const current = openLink(state, state.current);
    if (state.lifecycle.type !== 'running' || !current) return never;
    if (current.probeAt === null || current.suspect) return never;
    return Math.max(current.probeAt, current.quietAt, current.flushedAt) + replyTimeout(current, policy);
  },
  act: (context) => {
    const { state, now, policy } = context;
    const current = openLink(state, state.current);
    if (state.current === null || !current) return;
    change(context, state.current, { suspect: { at: now, heardAt: current.heardAt } });
    // What failed before this link is forgiven; what fails beside it counts anew.
    if (now - current.openedAt >= policy.stableMs) state.retry = { ...state.retry, delayMs: 0 };
    const server = muteOf(context, state.current);
    notify(context, {
      type: 'suspect',
      link: state.current,
      quietMs: Math.round(now - current.heardAt),
      ...(server === null ? {} : { server }),
    });
  },
};

export const livenessRules: readonly Rule[] = [silence, byChannel, suspicion, beat];
