/**
 * Is a link alive? Any byte counts as life. A late answer makes the current link suspect, which is cheap; only silence for
 * ServerAliveInterval x (ServerAliveCountMax + 1) ends it, which is what OpenSSH does (clientloop.c; its manual says
 * interval x count).
 */

import { failure } from '../failure.js';
import type { LinkId } from './ids.js';
import { lose } from './linkrules.js';
import type { Policy } from './policy.js';
import { type Open, openLink } from './state.js';
import { change, emit, never, notify, type Rule, type StepContext, sendProbe } from './stepcontext.js';

/** Takes in what the sockets heard and sent since the last step. */
export function observe(context: StepContext): void {
  const { state, moment, now } = context;
  for (const [link, socketStats] of moment.socketStats) {
    const linkState = openLink(state, link);
    if (!linkState) continue;
    // Only a queue that shrinks is a sign of life: without a queue the number grows by our own probe.
    const shrinks = socketStats.queued > 0 && socketStats.flushed > linkState.flushed;
    // A byte that left the server after the probe had reached it answers the probe as well as its reply does.
    const settled =
      linkState.probeAt !== null && socketStats.heardAt > linkState.probeAt + (linkState.srttMs ?? 0);
    change(context, link, {
      probeAt: settled ? null : linkState.probeAt,
      heardAt: Math.max(linkState.heardAt, socketStats.heardAt),
      quietAt: Math.max(linkState.quietAt, socketStats.heardAt),
      flushed: socketStats.flushed,
      flushedAt: shrinks ? now : linkState.flushedAt,
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
  const shift = (at: number) => Math.min(now, at + lateMs + policy.lateMs);
  for (const [link, linkState] of state.links) {
    if (linkState.type === 'dialing') {
      state.links.set(link, { ...linkState, phaseAt: shift(linkState.phaseAt) });
    } else {
      const probeAt = linkState.probeAt === null ? null : shift(linkState.probeAt);
      state.links.set(link, { ...linkState, quietAt: shift(linkState.quietAt), probeAt });
    }
  }
}

/** Asks every link for a sign of life, unless it owes one already: asking again must not extend its time. */
export function probeAll(context: StepContext, sleptMs = 0): void {
  for (const [link, linkState] of context.state.links) {
    if (linkState.type !== 'dialing' && linkState.probeAt === null) sendProbe(context, link, sleptMs);
  }
}

/** The machine slept: what was outstanding belongs to another time. */
export function forgetSilence(context: StepContext): void {
  for (const [link, linkState] of context.state.links) {
    if (linkState.type !== 'dialing') change(context, link, { quietAt: context.now, probeAt: null });
  }
}

export function keepaliveReply(context: StepContext, link: LinkId, rttMs: number): void {
  const linkState = openLink(context.state, link);
  if (!linkState) return;
  // An answer that was overdue measures an outage rather than the path, so it moves the figure only a little.
  const overdueMs = replyTimeout(linkState, context.policy);
  const sampleMs = Math.min(rttMs, 2 * overdueMs);
  const beforeMs = linkState.srttMs ?? (rttMs <= overdueMs ? sampleMs : 0);
  const srttMs = beforeMs * 0.875 + sampleMs * 0.125;
  change(context, link, { probeAt: null, srttMs, heardAt: context.now, quietAt: context.now });
  const idleMs = Math.round(linkState.idleMs);
  notify(context, { type: 'heartbeat', link, rttMs: Math.round(rttMs * 10) / 10, idleMs });
}

/** A suspect link that speaks is trusted again, and its successor is not needed. */
export function recover(context: StepContext): void {
  const { state } = context;
  for (const [link, linkState] of state.links) {
    if (linkState.type === 'dialing' || !linkState.suspect || linkState.heardAt < linkState.suspect.at)
      continue;
    change(context, link, { suspect: null });
    if (link === state.current) recovered(context, link, linkState.heardAt - linkState.suspect.heardAt);
  }
}

function recovered(context: StepContext, link: LinkId, quietMs: number): void {
  const { state } = context;
  notify(context, { type: 'recovered', link, quietMs: Math.round(quietMs) });
  if (state.next !== null) {
    emit(context, { type: 'close', link: state.next, how: 'reset' });
    state.links.delete(state.next);
    state.next = null;
  }
}

function replyTimeout(linkState: Open, policy: Policy): number {
  return Math.max(policy.replyTimeoutMs, 4 * (linkState.srttMs ?? 0));
}

type LinkDue = (linkState: Open, link: LinkId) => number;

/** A rule for each authenticated link by itself: due at the earliest of their times. */
function linkRule(
  name: string,
  dueBy: (policy: Policy) => LinkDue,
  act: (context: StepContext, link: LinkId, linkState: Open) => void,
): Rule {
  return {
    name,
    due: (state, policy) => {
      const due = dueBy(policy);
      let first = never;
      for (const [link, linkState] of state.links) {
        if (linkState.type !== 'dialing') first = Math.min(first, due(linkState, link));
      }
      return first;
    },
    act: (context) => {
      const due = dueBy(context.policy);
      for (const [link, linkState] of [...context.state.links]) {
        if (linkState.type !== 'dialing' && due(linkState, link) <= context.now)
          act(context, link, linkState);
      }
    },
  };
}

/** Of several servers in a row the first that owes an answer: those behind it cannot be heard. */
function muteOf(context: StepContext, link: LinkId): string | null {
  return context.moment.socketStats.get(link)?.mute ?? null;
}

function silentAt({ intervalMs, countMax }: Policy): LinkDue {
  const limitMs = intervalMs * (countMax + 1);
  return ({ quietAt }) => (limitMs === 0 ? never : quietAt + limitMs);
}

const silence = linkRule('silence', silentAt, (context, link, { heardAt }) => {
  const { intervalMs, countMax } = context.policy;
  const seconds = Math.round((context.now - heardAt) / 1000);
  // DISCONNECT and FIN: when the path heals, the kernel's retransmission tells the server, which frees our ports.
  emit(context, { type: 'close', link, how: 'disconnect' });
  const law = `ServerAliveInterval ${intervalMs / 1000} x (ServerAliveCountMax ${countMax} + 1)`;
  const silent = muteOf(context, link) ?? 'the server';
  lose(context, link, failure('silent', `nothing heard from ${silent} for ${seconds} s (${law})`));
});

function beatAt({ intervalMs }: Policy): LinkDue {
  return ({ probeAt, quietAt }) => (intervalMs === 0 || probeAt !== null ? never : quietAt + intervalMs);
}

/** As OpenSSH: a probe after an interval in which nothing came. */
const beat = linkRule('heartbeat', beatAt, (context, link) => sendProbe(context, link));

function byChannelDueAt({ byChannelMs }: Policy): LinkDue {
  return ({ probeAt, byChannelAt, srttMs }) =>
    probeAt === null || srttMs !== null || byChannelAt >= probeAt ? never : probeAt + byChannelMs;
}

/**
 * Some servers leave `keepalive@openssh.com` without an answer. A link that has never answered a probe is probed by a
 * request that has to be answered, before it is suspected: else such a server would be left for a fresh login for ever.
 */
const byChannel = linkRule('probe by channel', byChannelDueAt, (context, link) => {
  change(context, link, { byChannelAt: context.now });
  emit(context, { type: 'probeByChannel', link });
});

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
