/** Several connections in a row, each inside the one before, as one: that of the last server. */
import type { SshConnection } from '../io/ssh/session.js';

export interface Ring {
  /** As it is written in the configuration. */
  readonly name: string;
  readonly connection: SshConnection;
}

/** `rings`: the outermost first. What ends one of them ends all at once. */
export function chained(rings: readonly Ring[], last: Ring, now: () => number): SshConnection {
  const all = [...rings, last];
  const pending = new Map<Ring, { readonly at: number; answered: boolean }>();
  const owes = (ring: Ring): boolean => {
    const question = pending.get(ring);
    if (!question || question.answered) return false;
    return ring.connection.socketStats().heardAt <= question.at;
  };
  const unanswered = (ring: Ring): boolean => pending.get(ring)?.answered === false;
  const probe = (ring: Ring, onAnswer: (rttMs: number) => void) => {
    const question = { at: now(), answered: false };
    pending.set(ring, question);
    ring.connection.probe((rttMs) => {
      question.answered = true;
      onAnswer(rttMs);
    });
  };
  // What waits in any of them waits in front of the heartbeat.
  const full = () => all.find(({ connection }) => connection.gate.full());
  const whenRoom = (go: () => void): void => {
    const ring = full();
    if (ring) ring.connection.gate.whenRoom(() => whenRoom(go));
    else go();
  };

  const { connection } = last;
  const chain: SshConnection = {
    gate: { full: () => full() !== undefined, whenRoom },
    socketStats: () => ({ ...connection.socketStats(), mute: all.find(owes)?.name ?? null }),
    probe(onAnswer) {
      for (const ring of rings) probe(ring, () => {});
      probe(last, (rttMs) => {
        // Its answer came through the others, and theirs would have come before.
        for (const ring of rings) if (unanswered(ring)) ring.connection.probeByChannel();
        onAnswer(rttMs);
      });
    },
    probeByChannel() {
      for (const ring of all) if (unanswered(ring)) ring.connection.probeByChannel();
    },
    open: (target, from) => connection.open(target, from),
    bind: (at) => connection.bind(at),
    unbind: (at) => connection.unbind(at),
    onIncoming: (incoming) => incoming.reject(),
    onEnded: () => {},
    disconnect() {
      // The innermost first: its DISCONNECT travels inside the others.
      for (const ring of all.toReversed()) ring.connection.disconnect();
    },
    reset() {
      for (const ring of all) ring.connection.reset();
    },
  };
  connection.onIncoming = (incoming) => chain.onIncoming(incoming);
  for (const ring of all) {
    ring.connection.onEnded = (why) => {
      chain.reset();
      chain.onEnded({ ...why, message: `${ring.name}: ${why.message}` });
    };
  }
  return chain;
}
