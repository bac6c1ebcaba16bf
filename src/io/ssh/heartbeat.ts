/** Probes a server by the request that it answers. */
import type { Client } from 'ssh2';
import { openUnknown, ping } from './internals.js';

/** What this process knows of a server: some leave `keepalive@openssh.com` without an answer. */
export interface KeepaliveSupport {
  /** Is this server known not to answer? */
  readonly ignored: () => boolean;
  /** This server was found not to answer. */
  readonly onIgnored: () => void;
}

interface Probe {
  readonly onAnswer: (rttMs: number) => void;
  answered: boolean;
  byChannel: boolean;
}

/** The probes of one connection. Holds no timer: the machine says when. */
export class LinkHeartbeat {
  readonly #client: Client;
  readonly #now: () => number;
  readonly #keepalive: KeepaliveSupport;
  /** How to stop waiting for each keepalive that has no answer. */
  readonly #unanswered = new Set<() => void>();
  #last: Probe | null = null;

  constructor(client: Client, now: () => number, keepalive: KeepaliveSupport) {
    this.#client = client;
    this.#now = now;
    this.#keepalive = keepalive;
  }

  /** By `keepalive@openssh.com`, unless the server is known to ignore it. */
  probe(onAnswer: (rttMs: number) => void): void {
    const probe: Probe = { onAnswer, answered: false, byChannel: this.#keepalive.ignored() };
    this.#last = probe;
    if (probe.byChannel) return this.#open(probe);
    const sentAt = this.#now();
    const forget = ping(this.#client, () => {
      this.#unanswered.delete(forget);
      this.#answer(probe, sentAt);
    });
    this.#unanswered.add(forget);
  }

  /** The last probe has no answer: asks once more, by the opening of a channel that the server has to refuse. */
  probeByChannel(): void {
    const probe = this.#last;
    if (!probe || probe.answered || probe.byChannel) return;
    probe.byChannel = true;
    this.#open(probe);
  }

  #open(probe: Probe): void {
    const sentAt = this.#now();
    openUnknown(this.#client, () => {
      // The keepalive came first, and the server answers in order.
      if (!probe.answered && !this.#keepalive.ignored()) this.#keepalive.onIgnored();
      if (this.#keepalive.ignored()) {
        for (const forget of this.#unanswered) forget();
        this.#unanswered.clear();
      }
      this.#answer(probe, sentAt);
    });
  }

  #answer(probe: Probe, sentAt: number): void {
    if (probe.answered) return;
    probe.answered = true;
    probe.onAnswer(this.#now() - sentAt);
  }
}
