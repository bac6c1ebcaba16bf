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
 *               dialing       handshake, login                          reached, greeted; each phase has connectTimeout
 *               dialing       open: it is `current`                     opened
 *               dialing       closed                                    the suspect spoke first, timeout, stop
 *               dialing       draining: it was the `trial`              opened, for clients that were left behind
 *               open          suspect                                   its answer is later than max(1 s, 4 round trips)
 *               suspect       open                                      a byte came: recovered
 *               suspect       draining                                  a successor opened: replaced
 *               draining      gone                                      empty, or more than four and the emptiest
 *               any           gone                                      ended, or silent for interval x (countMax + 1)
 *   held        waits         channel asked for                         a link answers (open, not suspect)
 *               asked for     waits                                     the link ended or was replaced
 *               asked for     asked for twice, on a link of its own     left behind for 2 s: its name may freeze a link
 *               any           gone                                      channel opened or refused, client left, hold over
 *   forwards    idle          asking -> bound | refused -> asking ...   local: once; remote: on each link that answers
 *   told        no            up                                        each forward that must be there is bound
 *   retry       -             at                                        a loss, a failed attempt
 *               at            sooner                                    client waits, network or wake-up, nudged
 *   question    none          open, outlives its link                   asked, answered
 *   wanted      running       stopping -> stopped                       stop asked, permanent failure, gave up
 */

import { drainingRules } from './draining.js';
import type { Effect } from './effect.js';
import type { Event } from './event.js';
import {
  askAtOnce,
  forwardRules,
  listened,
  listenFailed,
  remoteBound,
  remoteRefused,
} from './forwardrules.js';
import { arrived, channelOpened, channelRefused, clientRules, left } from './heldclients.js';
import {
  advance,
  answered,
  asked,
  emptied,
  greeted,
  hurry,
  linkRules,
  lose,
  opened,
  reached,
  turnedTo,
} from './linkrules.js';
import { excuse, forgetSilence, livenessRules, observe, ponged, probeAll, recover } from './liveness.js';
import type { Policy } from './policy.js';
import { trialRules } from './separatelink.js';
import type { State } from './state.js';
import {
  atOnce,
  begin,
  type Moment,
  never,
  perform,
  type Rule,
  stop,
  type Turn,
  tell,
} from './stepcontext.js';
import { served, turnAway, turnedAwayRules } from './turnedaway.js';
import { upRules } from './up.js';

const finish: Rule = {
  name: 'finish',
  due: ({ wanted, links }, policy) => {
    if (wanted.at !== 'stopping') return never;
    return links.size === 0 ? atOnce : wanted.since + policy.drainMs;
  },
  act: (turn) => {
    const { state } = turn;
    if (state.wanted.at !== 'stopping') return;
    const { outcome } = state.wanted;
    for (const link of state.links.keys()) perform(turn, { do: 'close', link, how: 'goodbye' });
    state.links.clear();
    state.current = null;
    state.question = null;
    state.wanted = { at: 'stopped', outcome };
    tell(turn, { type: 'stopped', outcome });
    perform(turn, { do: 'finish', outcome });
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
  if (before.wanted.at === 'stopped') return { state: before, effects: [] };
  const turn = begin(before, moment, policy);
  excuse(turn);
  observe(turn);
  recover(turn);
  if (!('link' in event) || turn.state.links.has(event.link)) record(turn, event);
  if (moment.lateMs > policy.asleepMs && event.type !== 'woke') wake(turn, 0);
  settle(turn);
  return { state: turn.state, effects: turn.effects };
}

/** When the next rule is due if nothing happens; Infinity when nothing is left to happen. */
export function deadline(state: State, policy: Policy): number {
  return Math.min(...rules.map((rule) => rule.due(state, policy)));
}

function settle(turn: Turn): void {
  for (let round = 0; round < maxRounds; round++) {
    const due = rules.filter((rule) => rule.due(turn.state, turn.policy) <= turn.now);
    if (due.length === 0) return;
    for (const rule of due) if (rule.due(turn.state, turn.policy) <= turn.now) rule.act(turn);
  }
  const spinning = rules.filter((rule) => rule.due(turn.state, turn.policy) <= turn.now);
  throw new Error(`the machine does not settle: ${spinning.map((rule) => rule.name).join(', ')}`);
}

function record(turn: Turn, event: Event): void {
  switch (event.type) {
    case 'started':
    case 'ticked':
      return;
    case 'listened':
      return listened(turn, event.forward, event.port);
    case 'listenFailed':
      return listenFailed(turn, event.forward, event.failure);
    case 'rereading':
      return advance(turn, event.link, 'reading');
    case 'lookingUp':
      return advance(turn, event.link, 'lookup');
    case 'found':
      return advance(turn, event.link, 'tcp');
    case 'turnedTo':
      return turnedTo(turn, event.link, event.server);
    case 'queued':
      return advance(turn, event.link, 'turn');
    case 'reached':
      return reached(turn, event.link);
    case 'greeted':
      return greeted(turn, event.link);
    case 'asked':
      return asked(turn, event.link, event.text);
    case 'answered':
      return answered(turn, event.given);
    case 'opened':
      return opened(turn, event.link, event.byPerson);
    case 'ponged':
      ponged(turn, event.link, event.rttMs);
      return recover(turn);
    case 'ended':
      return lose(turn, event.link, event.failure);
    case 'emptied':
      return emptied(turn, event.link);
    case 'arrived':
      return arrived(turn, event.client, event.forward, event.doubtful);
    case 'left':
      return left(turn, event.client);
    case 'channelOpened':
      return channelOpened(turn, event.client, event.link);
    case 'channelRefused':
      return channelRefused(turn, event.client, event.link, event.reason);
    case 'remoteBound':
      return remoteBound(turn, event.forward, event.link, event.port);
    case 'remoteRefused':
      return remoteRefused(turn, event.forward, event.link, event.reason);
    case 'remoteClientServed':
      return served(turn, event.forward);
    case 'remoteClientRefused':
      return turnAway(turn, null, event.forward, event.reason);
    case 'woke':
      return wake(turn, event.sleptMs);
    case 'networkChanged':
      if (event.gone.length > 0) probeAll(turn);
      if (event.came.length > 0) hurry(turn, 1_000, false);
      return;
    case 'nudged':
      probeAll(turn);
      askAtOnce(turn);
      return hurry(turn, 0, true);
    case 'stopAsked':
      return stopAsked(turn, event);
  }
}

/** Timers stood still, the network may be another one: ask what is still true instead of assuming either way. */
function wake(turn: Turn, sleptMs: number): void {
  for (const [number, link] of turn.state.links) {
    if (link.at === 'dialing') turn.state.links.set(number, { ...link, phaseAt: turn.now });
  }
  forgetSilence(turn);
  probeAll(turn, sleptMs);
  hurry(turn, 1_000, false);
}

function stopAsked(turn: Turn, event: Extract<Event, { type: 'stopAsked' }>): void {
  const { state } = turn;
  if (state.wanted.at === 'running') {
    stop(turn, event.outcome);
    tell(turn, { type: 'stopping' });
  }
  if (event.now && state.wanted.at === 'stopping') state.wanted = { ...state.wanted, since: atOnce };
}
