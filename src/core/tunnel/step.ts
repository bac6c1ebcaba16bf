/**
 * The machine of one tunnel. `step` takes one event into the state and returns what is to be done; `deadline` says when to
 * call again if nothing happens. Both are pure.
 *
 * A step has four parts: take in what the sockets heard; drop old news; record the event; let every rule act that is due.
 * Rules are level-triggered: each says from the state alone when it is due, so nothing is ever armed or forgotten.
 *
 *   part        is            becomes                                   when
 *   ----------  ------------  ----------------------------------------  ------------------------------------------------
 *   links       (none)        dialing tcp: it is `next`                 no current link, or the current one is suspect
 *               dialing       handshake, login                          tcpConnected, hostKeyAccepted; each phase has connectTimeout
 *               dialing       open: it is `current`                     opened
 *               dialing       closed                                    the suspect spoke first, timeout, stop
 *               dialing       draining: it was the `trial`              opened, for clients that were left behind
 *               open          suspect                                   its answer is later than max(1 s, 4 round trips)
 *               suspect       open                                      a byte came: recovered
 *               suspect       draining                                  a successor opened: replaced
 *               draining      gone                                      empty, or more than four and the emptiest
 *               any           gone                                      ended, or silent for interval x (countMax + 1)
 *   held        waits         channel requested                         a link answers (open, not suspect)
 *               requested     waits                                     the link ended or was replaced
 *               requested     requested twice, on a link of its own     left behind for 2 s: its name may freeze a link
 *               any           gone                                      channel opened or refused, client left, hold over
 *   forwards    idle          requested -> bound | refused -> requested   local: once; remote: on each link that answers
 *   announced   no            up                                        each forward that must be there is bound
 *   retry       -             at                                        a loss, a failed attempt
 *               at            sooner                                    client waits, network or wake-up, retryRequested
 *   prompt      none          open, outlives its link                   promptOpened, answered
 *   lifecycle   running       stopping -> stopped                       stop requested, permanent failure, gave up
 */

import { drainingRules } from './draining.js';
import type { Effect } from './effect.js';
import type { Event } from './event.js';
import {
  forwardRules,
  listened,
  listenFailed,
  remoteBound,
  remoteRefused,
  retryForwardsNow,
} from './forwardrules.js';
import { arrived, channelOpened, channelRefused, clientRules, left } from './heldclients.js';
import {
  advance,
  answered,
  emptied,
  hopStarted,
  hostKeyAccepted,
  hurry,
  linkRules,
  lose,
  opened,
  promptOpened,
  tcpConnected,
} from './linkrules.js';
import {
  excuse,
  forgetSilence,
  keepaliveReply,
  livenessRules,
  observe,
  probeAll,
  recover,
} from './liveness.js';
import type { Policy } from './policy.js';
import { trialRules } from './separatelink.js';
import type { State } from './state.js';
import {
  atOnce,
  begin,
  emit,
  type Moment,
  never,
  notify,
  type Rule,
  type StepContext,
  stop,
} from './stepcontext.js';
import { served, turnAway, turnedAwayRules } from './turnedaway.js';
import { upRules } from './up.js';

const finish: Rule = {
  name: 'finish',
  due: ({ lifecycle, links }, policy) => {
    if (lifecycle.type !== 'stopping') return never;
    return links.size === 0 ? atOnce : lifecycle.since + policy.drainMs;
  },
  act: (context) => {
    const { state } = context;
    if (state.lifecycle.type !== 'stopping') return;
    const { outcome } = state.lifecycle;
    for (const link of state.links.keys()) emit(context, { type: 'close', link, how: 'disconnect' });
    state.links.clear();
    state.current = null;
    state.prompt = null;
    state.lifecycle = { type: 'stopped', outcome };
    notify(context, { type: 'stopped', outcome });
    emit(context, { type: 'finish', outcome });
  },
};

/** In the order in which they act: endings first, then new links, then what waits for a link. */
const rules: readonly Rule[] = [
  ...livenessRules,
  ...linkRules,
  ...drainingRules,
  ...clientRules,
  ...trialRules,
  ...forwardRules,
  ...upRules,
  ...turnedAwayRules,
  finish,
];

/** More rounds than any event can need: beyond this a rule does not settle what it is due for. */
const maxRounds = 50;

export function step(
  before: State,
  event: Event,
  moment: Moment,
  policy: Policy,
): { readonly state: State; readonly effects: readonly Effect[] } {
  if (before.lifecycle.type === 'stopped') return { state: before, effects: [] };
  const context = begin(before, moment, policy);
  excuse(context);
  observe(context);
  recover(context);
  if (!('link' in event) || context.state.links.has(event.link)) record(context, event);
  if (moment.lateMs > policy.asleepMs && event.type !== 'woke') wake(context, 0);
  settle(context);
  return { state: context.state, effects: context.effects };
}

/** When the next rule is due if nothing happens; Infinity when nothing is left to happen. */
export function deadline(state: State, policy: Policy): number {
  return Math.min(...rules.map((rule) => rule.due(state, policy)));
}

function settle(context: StepContext): void {
  for (let round = 0; round < maxRounds; round++) {
    const due = rules.filter((rule) => rule.due(context.state, context.policy) <= context.now);
    if (due.length === 0) return;
    for (const rule of due) if (rule.due(context.state, context.policy) <= context.now) rule.act(context);
  }
  const spinning = rules.filter((rule) => rule.due(context.state, context.policy) <= context.now);
  throw new Error(`the machine does not settle: ${spinning.map((rule) => rule.name).join(', ')}`);
}

function record(context: StepContext, event: Event): void {
  switch (event.type) {
    case 'started':
    case 'ticked':
      return;
    case 'listened':
      return listened(context, event.forward, event.port);
    case 'listenFailed':
      return listenFailed(context, event.forward, event.failure);
    case 'rereading':
      return advance(context, event.link, 'reading');
    case 'lookingUp':
      return advance(context, event.link, 'lookup');
    case 'found':
      return advance(context, event.link, 'tcp');
    case 'hopStarted':
      return hopStarted(context, event.link, event.server);
    case 'queued':
      return advance(context, event.link, 'queued');
    case 'tcpConnected':
      return tcpConnected(context, event.link);
    case 'hostKeyAccepted':
      return hostKeyAccepted(context, event.link);
    case 'promptOpened':
      return promptOpened(context, event.link, event.text);
    case 'answered':
      return answered(context, event.given);
    case 'opened':
      return opened(context, event.link, event.byPerson);
    case 'keepaliveReply':
      keepaliveReply(context, event.link, event.rttMs);
      return recover(context);
    case 'ended':
      return lose(context, event.link, event.failure);
    case 'emptied':
      return emptied(context, event.link);
    case 'arrived':
      return arrived(context, event.client, event.forward, event.needsRemoteLookup);
    case 'left':
      return left(context, event.client);
    case 'channelOpened':
      return channelOpened(context, event.client, event.link);
    case 'channelRefused':
      return channelRefused(context, event.client, event.link, event.reason);
    case 'remoteBound':
      return remoteBound(context, event.forward, event.link, event.port);
    case 'remoteRefused':
      return remoteRefused(context, event.forward, event.link, event.reason);
    case 'remoteClientServed':
      return served(context, event.forward);
    case 'remoteClientRefused':
      return turnAway(context, null, event.forward, event.reason);
    case 'woke':
      return wake(context, event.sleptMs);
    case 'networkChanged':
      if (event.gone.length > 0) probeAll(context);
      if (event.came.length > 0) hurry(context, 1_000, false);
      return;
    case 'retryRequested':
      probeAll(context);
      retryForwardsNow(context);
      return hurry(context, 0, true);
    case 'stopRequested':
      return stopRequested(context, event);
  }
}

/** Timers stood still, the network may be another one: ask what is still true instead of assuming either way. */
function wake(context: StepContext, sleptMs: number): void {
  for (const [link, linkState] of context.state.links) {
    if (linkState.type === 'dialing') context.state.links.set(link, { ...linkState, phaseAt: context.now });
  }
  forgetSilence(context);
  probeAll(context, sleptMs);
  hurry(context, 1_000, false);
}

function stopRequested(context: StepContext, event: Extract<Event, { type: 'stopRequested' }>): void {
  const { state } = context;
  if (state.lifecycle.type === 'running') {
    stop(context, event.outcome);
    notify(context, { type: 'stopping' });
  }
  if (event.now && state.lifecycle.type === 'stopping')
    state.lifecycle = { ...state.lifecycle, since: atOnce };
}
