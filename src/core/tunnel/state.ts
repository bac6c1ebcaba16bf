import { type Failure, type Outcome, retryOf } from '../failure.js';
import type { Forward } from '../request/request.js';
import type { ClientId, ForwardIndex, LinkId } from './ids.js';
import type { Phase } from './notice.js';

/** All times are ms of a monotonic clock. */
export type LinkState = Dialing | Open;

/**
 * `reading`: the configuration is read. `lookup`: the name is looked up. `tcp`: no server yet. `queued`: other handshakes with
 * this host go first. `handshake`: banner and key exchange. `login`: user authentication.
 */
export type DialPhase = 'reading' | 'lookup' | 'tcp' | 'queued' | 'handshake' | 'login';

export interface Dialing {
  readonly type: 'dialing';
  readonly phase: DialPhase;
  /** When the phase began. */
  readonly phaseAt: number;
  /** The server it is about, where there are several in a row. */
  readonly server?: string;
  /** When the last TCP attempt of this link started. */
  readonly triedAt: number;
}

/** A link whose login is done. */
export interface Open {
  /** `draining`: no new clients; its pipes live on until they end or the link is silent. */
  readonly type: 'open' | 'draining';
  readonly openedAt: number;
  /** When a byte last came from the server. */
  readonly heardAt: number;
  /** Silence counts from here: heardAt, moved forward by the time in which we ourselves could not listen. */
  readonly quietAt: number;
  /** Bytes that left for the kernel so far, and when that number last grew. */
  readonly flushed: number;
  readonly flushedAt: number;
  /** How long it was idle, nothing heard and nothing sent, when it was last probed. */
  readonly idleMs: number;
  /** When the unanswered probe was sent. Moved forward like quietAt. */
  readonly probeAt: number | null;
  /** When it was last probed by a channel, too. */
  readonly byChannelAt: number;
  /** Smoothed round-trip time; null: no probe was answered yet. */
  readonly srttMs: number | null;
  /** Its answer is overdue: since when, and when a byte had come last then. */
  readonly suspect: { readonly at: number; readonly heardAt: number } | null;
}

/** A client of a local forward without a confirmed channel. */
export interface Held {
  readonly forward: ForwardIndex;
  readonly since: number;
  /** The link its channel is being opened on; null = waits for one. */
  readonly link: LinkId | null;
  /** When its channel was requested there. */
  readonly channelRequestedAt: number;
  /** The server will look up a name that it has never been seen to find: that may freeze the whole link. */
  readonly needsRemoteLookup: boolean;
  /** The client moved from a suspect link once already. One with `needsRemoteLookup` is not moved again. */
  readonly moved: boolean;
}

/** How far one forward has come; for remote ones on the link of that number. */
export type ForwardState =
  | { readonly type: 'idle' }
  /** The system (link null: a local forward) or the server has the request and has not answered yet. */
  | { readonly type: 'requested'; readonly link: LinkId | null; readonly since: number }
  | { readonly type: 'bound'; readonly link: LinkId | null; readonly port: number | null }
  /** Why stands in `refusals`. */
  | { readonly type: 'refused'; readonly link: LinkId | null; readonly retryAt: number };

/** A forward that has been refused without a break. */
export interface ForwardRefusal {
  readonly since: number;
  /** When a notice last reported it. */
  readonly saidAt: number;
  /** What the system or the server said last. */
  readonly reason: string;
}

/** Clients of one forward that could not be served. */
export interface TurnedAway {
  /** The first of them, or when a client was last served. */
  readonly since: number;
  readonly lastAt: number;
  /** A client was served after the last of them. */
  readonly servedSince: boolean;
  /** How many were named, each in a notice of its own, and when something was last said. */
  readonly named: number;
  readonly saidAt: number;
  /** Not said yet: how many, and what the last one met. */
  readonly more: number;
  readonly reason: string;
}

/** One tunnel, whole: `step` needs nothing else that it remembers. Instants are ms of a monotonic clock. */
export interface State {
  readonly forwards: readonly Forward[];
  readonly lifecycle:
    | { readonly type: 'running' }
    | { readonly type: 'stopping'; readonly since: number; readonly outcome: Outcome }
    | { readonly type: 'stopped'; readonly outcome: Outcome };
  /** The number of the link that was dialled last; 0 before the first. */
  readonly lastLink: LinkId;
  readonly links: ReadonlyMap<LinkId, LinkState>;
  /** The link that takes new clients: open. */
  readonly current: LinkId | null;
  /** The link being dialled: to become current, because there is none or because it is suspect. */
  readonly next: LinkId | null;
  readonly retry: {
    /** Failed attempts since a link was last open. */
    readonly attempt: number;
    /** The next delay grows from this one; 0 = no failure counts. Forgiven only after `stableMs` of use. */
    readonly delayMs: number;
    /** When the next attempt is due, unless something cuts it short. */
    readonly at: number;
    /** When the last attempt started, and whether it got as far as SSH. */
    readonly triedAt: number;
    readonly reached: boolean;
    /** It was made before its time, because a client waits: it leaves the schedule as it is. */
    readonly early: boolean;
    readonly failure: Failure | null;
    /** Refused logins in a row. */
    readonly denials: number;
  };
  /** When a successor was last let near the server's login. */
  readonly successorAt: number;
  /** A prompt is open: on behalf of a link, which may be gone by now. */
  readonly prompt: { readonly since: number; readonly text: string; readonly link: LinkId } | null;
  /** The link being dialled for clients that were left behind, and when the last such dial began. */
  readonly trial: LinkId | null;
  readonly trialAt: number;
  /** A login has worked. */
  readonly everOpen: boolean;
  /** A person answered a question of a login. */
  readonly answeredOnce: boolean;
  /** The last login took an answer that is not kept. */
  readonly byPerson: boolean;
  readonly held: ReadonlyMap<ClientId, Held>;
  /** In step with `forwards`. */
  readonly status: readonly ForwardState[];
  /** The port that the server last gave a remote forward of port 0; it is requested again. */
  readonly ports: readonly (number | null)[];
  /** In step with `forwards`; null = it is not refused. */
  readonly refusals: readonly (ForwardRefusal | null)[];
  /** In step with `forwards`; null = all were served. */
  readonly turnedAway: readonly (TurnedAway | null)[];
  /** When remote forwards were first refused in a row, before the first up. */
  readonly refusedAt: number | null;
  /** `up` was announced for the current link. */
  readonly upAnnounced: boolean;
  /** The link on which `incomplete` was announced: a forward that must be there is refused. */
  readonly incompleteOn: LinkId | null;
  /** The tunnel was up at least once. */
  readonly everUp: boolean;
  /** Since when there is no link that is up; the start, before the first. */
  readonly downAt: number;
  /** How long prompts have been open since then: that time does not count towards giving up. */
  readonly promptedMs: number;
}

/** The state before the first event. */
export function start(forwards: readonly Forward[], now: number): State {
  return {
    forwards,
    lifecycle: { type: 'running' },
    lastLink: 0,
    links: new Map(),
    current: null,
    next: null,
    retry: {
      attempt: 0,
      delayMs: 0,
      at: now,
      triedAt: Number.NEGATIVE_INFINITY,
      reached: false,
      early: false,
      failure: null,
      denials: 0,
    },
    successorAt: Number.NEGATIVE_INFINITY,
    trial: null,
    trialAt: Number.NEGATIVE_INFINITY,
    prompt: null,
    everOpen: false,
    answeredOnce: false,
    byPerson: false,
    held: new Map(),
    status: forwards.map(() => ({ type: 'idle' })),
    ports: forwards.map(() => null),
    refusals: forwards.map(() => null),
    turnedAway: forwards.map(() => null),
    refusedAt: null,
    upAnnounced: false,
    incompleteOn: null,
    everUp: false,
    downAt: now,
    promptedMs: 0,
  };
}

/** What people see: derived from the finer truth. */
export function phaseOf(state: State): Phase {
  if (state.lifecycle.type !== 'running') return state.lifecycle.type;
  const current = openLink(state, state.current);
  if (current) {
    if (current.suspect) return 'suspect';
    return state.upAnnounced ? 'up' : 'connecting';
  }
  if (state.prompt) return 'needs you';
  if (state.next !== null) return 'connecting';
  if (state.retry.failure && retryOf(state.retry.failure) === 'later') return 'needs you';
  return state.retry.failure ? 'waiting' : 'connecting';
}

/** The link's state if it is authenticated. */
export function openLink(state: State, link: LinkId | null): Open | null {
  const linkState = link === null ? undefined : state.links.get(link);
  return linkState && linkState.type !== 'dialing' ? linkState : null;
}
