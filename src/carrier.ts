/** Carries out one tunnel's effects. Decides nothing: what happens is reported, and the machine decides. */

import { Links } from './carrier/links.js';
import { LocalClients } from './carrier/localclients.js';
import { RemoteForwards } from './carrier/remotes.js';
import type { Ask } from './core/prompt.js';
import type { Request } from './core/request/request.js';
import type { Effect } from './core/tunnel/effect.js';
import type { Event } from './core/tunnel/event.js';
import type { LinkId } from './core/tunnel/ids.js';
import type { Notice } from './core/tunnel/notice.js';
import type { DialParts } from './dial/dial.js';
import { answerOf } from './dial/person.js';

/** A SOCKS client has this long to say where it wants to go. */
const negotiateMs = 30_000;

export interface CarrierParts extends DialParts {
  /** Rings once, at or after the given time of `now`; returns how to cancel. */
  readonly wake: (at: number, ring: () => void) => () => void;
  /** The request as it is in force, with the forwards of `request`. */
  readonly inForce: () => Request;
  /** The same, after another look at the configuration. Never rejects. */
  readonly reread: () => Promise<Request>;
}

export interface CarrierNews {
  readonly report: (event: Event) => void;
  readonly notify: (notice: Notice) => void;
}

/** The carrier of one tunnel. `socketStats` and `pipes` read what its links know now; `abandon` ends all of them at once. */
export function makeCarrier(parts: CarrierParts, { notify, ...news }: CarrierNews) {
  const { request } = parts;
  /** Negotiations under way, which no link ends. */
  const negotiating = new Set<() => void>();
  const promptAbort = new AbortController();
  /** Links dialled beside one that may live: a prompt opened on their behalf might outlive its use. */
  const beside = new Set<LinkId>();
  let dialled = false;
  let kept: { readonly question: string; readonly answer: string } | null = null;

  function report(event: Event): void {
    if (event.type === 'opened') kept = null;
    news.report(event);
  }

  function bound(end: () => void): () => void {
    const cancel = parts.wake(parts.now() + negotiateMs, end);
    negotiating.add(end);
    return () => {
      cancel();
      negotiating.delete(end);
    };
  }

  /**
   * A prompt may outlive the link on whose behalf it is open: a server does not wait for ever. The answer is then kept
   * for the next attempt's same question, and for nothing else.
   */
  function askFor(link: LinkId): Ask | null {
    const { ask } = parts;
    if (ask === null || beside.has(link)) return null;
    return async (question) => {
      const same = JSON.stringify(question);
      const before = kept;
      kept = null;
      if (before?.question === same) return before.answer;
      report({ type: 'promptOpened', link, text: question.text });
      const answer = await answerOf(ask, question, promptAbort.signal);
      if (answer !== null && !links.get(link)) kept = { question: same, answer };
      report({ type: 'answered', given: answer !== null });
      return answer;
    };
  }

  const clients = new LocalClients({ request, report, notify, bound });
  const remotes = new RemoteForwards({ request, inForce: parts.inForce, report, notify, bound }, () => links);
  const links = new Links({
    dial: parts,
    askFor,
    clients,
    report,
    notify,
    receive: (link, incoming) => void remotes.receive(link, incoming),
  });

  return {
    socketStats: () => links.socketStats(),
    pipes: (link: LinkId) => links.pipes(link),

    carry(effect: Exclude<Effect, { type: 'notify' | 'finish' }>): void {
      switch (effect.type) {
        case 'listen':
          return void clients.listen(effect.forward);
        case 'closeListeners':
          return clients.closeListeners();
        case 'resetClient':
          return clients.reset(effect.client);
        case 'dial':
          if (effect.beside) beside.add(effect.link);
          // The first one has just been read; a successor stays with what its link was dialled by.
          links.dial(effect.link, effect.beside || !dialled ? parts.inForce() : parts.reread());
          dialled = true;
          beside.delete(effect.link);
          return;
        case 'dialAgain':
          return links.dialAgain(effect.link);
        case 'close':
          return links.close(effect.link, effect.how);
        case 'drain':
          return links.drain(effect.link);
        case 'probe':
          return links.probe(effect.link);
        case 'probeByChannel':
          return links.probeByChannel(effect.link);
        case 'openChannel':
          return void links.openChannel(effect.client, effect.link);
        case 'pipe':
          return links.pipe(effect.client, effect.link);
        case 'closeChannel':
          return links.closeChannel(effect.client, effect.link);
        case 'requestForward':
          return void remotes.requestForward(effect.forward, effect.link, effect.port);
        case 'cancelForward':
          return remotes.cancel(effect.forward, effect.link);
      }
    },

    abandon(): void {
      promptAbort.abort();
      clients.abandon();
      links.abandon();
      for (const end of negotiating) end();
    },
  };
}
