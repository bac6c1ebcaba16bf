/** Verb 1: opens a tunnel and keeps it up. The parts of one tunnel are introduced to each other here. */

import { type CarrierNews, makeCarrier } from './carrier.js';
import { asFailure, type Failure, FailureError, type Outcome } from './core/failure.js';
import { redacted } from './core/request/route.js';
import type { TunnelOptions } from './core/request/tunneloptions.js';
import { statusAt } from './core/tunnel/forwardrules.js';
import type { LinkId } from './core/tunnel/ids.js';
import { type ForwardStatus, type Notice, type Phase, wholeNotice } from './core/tunnel/notice.js';
import { policyOf } from './core/tunnel/policy.js';
import { openLink, phaseOf, type State } from './core/tunnel/state.js';
import { KeyMemory } from './dial/keymemory.js';
import { clock, watchSleep } from './io/clock.js';
import { runHook } from './io/hooks.js';
import { type UserEnvironment, userEnvironment } from './io/machine.js';
import { watchAddresses } from './io/netwatch.js';
import { Rereading } from './open/rereading.js';
import { requestFor } from './read.js';
import { type Supervisor, supervise } from './supervisor.js';

export type { Failure, FailureKind, Outcome } from './core/failure.js';
export { exitCode, FailureError } from './core/failure.js';
export type { SocketKeepalive } from './core/keepalive/socketoptions.js';
export type { Ask, Prompt as Question } from './core/prompt.js';
export type { Endpoint, Forward, Hop, Request, Route, Target } from './core/request/request.js';
export type { ForwardOption, OptionValue, TunnelOptions } from './core/request/tunneloptions.js';
export type { ClientId, ForwardIndex, LinkId } from './core/tunnel/ids.js';
export type { ForwardStatus, Notice, Phase } from './core/tunnel/notice.js';

/** A tunnel as it is now. Lengths in ms. */
export interface Snapshot {
  readonly state: Phase;
  readonly forwards: readonly {
    /** As asked for: `-L 5432:db:5432`. */
    readonly text: string;
    readonly status: ForwardStatus['type'];
    /** The port in force, also where 0 was asked for; null for unix sockets and as long as it is not bound. */
    readonly port: number | null;
    readonly reason: string | null;
  }[];
  readonly links: readonly {
    readonly link: LinkId;
    readonly role: 'current' | 'next' | 'draining';
    /** Since the last byte from the server; null before the login. */
    readonly quietMs: number | null;
    /** Smoothed round trip of the heartbeat. */
    readonly rttMs: number | null;
    /** Clients it carries. */
    readonly pipes: number;
  }[];
  /** Clients that wait for a link or for their channel. */
  readonly held: number;
  /** Failed attempts since a link was last open. */
  readonly attempt: number;
  /** What the last of them said. */
  readonly failure: string | null;
}

/** One tunnel: it is kept up from `openTunnel` on until it is stopped or gives up. */
export interface Tunnel {
  /**
   * Resolves at the first `up`: each forward that must be there is. Rejects with a FailureError when the tunnel ends before
   * that; a tunnel that was stopped before resolves nothing and rejects with kind `lost`.
   */
  readonly ready: Promise<void>;
  /** How it ended. Never rejects. */
  readonly done: Promise<Outcome>;
  readonly state: Phase;
  /** Stops: no new clients; pipes may end within 10 s, `now: true` ends them at once. Resolves as `done`. */
  stop(how?: { readonly now?: boolean }): Promise<Outcome>;
  /** Reads the configuration again, and probes, reconnects or retries at once, whichever the state calls for. */
  reconnect(): void;
  snapshot(): Snapshot;
  /** Stops at once. */
  [Symbol.asyncDispose](): Promise<void>;
}

/** What a person unlocked or confirmed stays so for all tunnels of this process, and nowhere else. */
const memory = new KeyMemory();
const confirmed = new Set<string>();

/** What one tunnel found out of a server holds for all of this process. */
const ignoreKeepalive = new Set<string>();

/** How often local addresses are looked at. */
const lookEveryMs = 1_000;

/**
 * Opens a tunnel and keeps it up until it is stopped or cannot go on. Returns at once and never throws: what is wrong with
 * the options, too, comes by `ready` and `done`.
 */
export function openTunnel(options: TunnelOptions): Tunnel {
  let supervisor: Supervisor | null = null;
  let carrier: ReturnType<typeof makeCarrier> | null = null;
  let reread: () => Promise<unknown> = async () => {};
  let stopped = false;
  const reading = new AbortController();
  let outcome: Outcome | null = null;
  const ending: (() => void)[] = [];
  const ready = deferred<void>();
  const done = deferred<Outcome>();
  ready.promise.catch(() => {}); // who does not wait for it must not be crashed by it

  let complained = false;
  let env: UserEnvironment['env'] = {};
  const notify = (news: Notice) => {
    const notice = wholeNotice(news);
    runHooks(options, env, notice, notify);
    // The listener's bug must neither hurt the tunnel nor end the program; it is told where news is told, once.
    const complain = (thrown: unknown) => {
      if (complained) return;
      complained = true;
      const why = thrown instanceof Error ? thrown.message : String(thrown);
      notify({ type: 'note', text: `onNotice threw at "${notice.type}": ${why}` });
    };
    try {
      const said: unknown = options.onNotice?.(notice);
      if (said instanceof Promise) said.catch(complain);
    } catch (thrown) {
      complain(thrown);
    }
  };

  const end = (how: Outcome) => {
    outcome = how;
    // A command of the configuration may still run.
    reading.abort();
    reread = async () => {};
    for (const stop of ending) stop();
    const why: Failure = how.ok
      ? { kind: 'lost', message: 'the tunnel was stopped before it was up' }
      : how.failure;
    ready.reject(new FailureError(why));
    done.resolve(how);
  };

  const begin = async () => {
    const around = userEnvironment();
    env = around.env;
    const read = await requestFor(options, around, reading.signal);
    if (stopped) return;
    const auto =
      options.interval === undefined ? null : new (await import('./open/auto.js')).AutoInterval(read, around);
    if (stopped) return;
    const request = auto?.request() ?? read;
    // Read at each step: the interval may change while the tunnel is up.
    const policy = { ...policyOf(request) };
    const configuration = new Rereading(read, {
      read: () => requestFor(options, around, reading.signal),
      note: (text) => {
        if (!stopped && !outcome) notify({ type: 'note', text });
      },
      connected: () => supervisor !== null && supervisor.state().current !== null,
      onChanged: (fresh) => {
        auto?.follow(fresh);
        Object.assign(policy, policyOf(fresh), auto?.beat);
      },
    });
    reread = () => configuration.again();
    const hear = (notice: Notice) => {
      notify(notice);
      const said = auto?.hear(notice) ?? null;
      if (auto !== null) Object.assign(policy, auto.beat);
      if (said !== null) notify({ type: 'note', text: said });
    };
    notify({ type: 'understood', request: redacted(request) });
    // Whoever heard it may have stopped the tunnel.
    if (stopped) return;
    if (auto !== null) notify({ type: 'note', text: auto.because() });
    for (const text of request.notes) notify({ type: 'note', text });
    const made = supervise({
      forwards: request.forwards,
      policy,
      clock,
      carrier: (report) => {
        const news: CarrierNews = { report, notify: unrepeated(notify) };
        carrier = makeCarrier(
          {
            request,
            inForce: () => configuration.request,
            reread: () => configuration.again(),
            env: around.env,
            memory,
            confirmed,
            ignoreKeepalive,
            ask: options.ask ?? null,
            ...clock,
          },
          news,
        );
        return carrier;
      },
      onNotice: hear,
      onReady: () => ready.resolve(),
      onDone: end,
    });
    supervisor = made;
    ending.push(
      watchSleep((sleptMs) => made.report({ type: 'woke', sleptMs })),
      watchAddresses(
        (look) => clock.every(lookEveryMs, look),
        (gone, came) => made.report({ type: 'networkChanged', gone, came }),
      ),
    );
    made.report({ type: 'started' });
  };

  begin().catch((thrown: unknown) => {
    if (!outcome) end({ ok: false, failure: asFailure(thrown) });
  });

  const stop = (how: { readonly now?: boolean } = {}): Promise<Outcome> => {
    stopped = true;
    reading.abort();
    if (!supervisor && !outcome) end({ ok: true });
    supervisor?.report({ type: 'stopRequested', now: how.now ?? false, outcome: { ok: true } });
    return done.promise;
  };

  const phase = (): Phase => {
    if (outcome) return 'stopped';
    return supervisor ? phaseOf(supervisor.state()) : 'connecting';
  };

  return {
    ready: ready.promise,
    done: done.promise,
    get state() {
      return phase();
    },
    stop,
    reconnect() {
      void reread();
      supervisor?.report({ type: 'retryRequested' });
    },
    snapshot: () => ({
      state: phase(),
      ...detailOf(supervisor?.state() ?? null, (link) => carrier?.pipes(link) ?? 0),
    }),
    async [Symbol.asyncDispose]() {
      await stop({ now: true });
    },
  };
}

function deferred<T>() {
  let resolve: (value: T) => void = () => {};
  let reject: (error: Error) => void = () => {};
  const promise = new Promise<T>((yes, no) => {
    resolve = yes;
    reject = no;
  });
  return { promise, resolve, reject };
}

const seenMax = 1_000;

/** The same note or banner is not told again with each attempt. */
function unrepeated(notify: (notice: Notice) => void): (notice: Notice) => void {
  const seen = new Set<string>();
  return (notice) => {
    if (notice.type === 'note' || notice.type === 'banner') {
      const said = notice.type === 'note' ? notice.text : `${notice.server}\n${notice.text}`;
      if (seen.has(said)) return;
      // A server may say something else at each login.
      if (seen.size >= seenMax) seen.clear();
      seen.add(said);
    }
    notify(notice);
  };
}

function runHooks(
  options: TunnelOptions,
  env: UserEnvironment['env'],
  notice: Notice,
  notify: (notice: Notice) => void,
): void {
  if (notice.type !== 'up' && notice.type !== 'down') return;
  const command = notice.type === 'up' ? options.onUp : options.onDown;
  if (command === undefined) return;
  const news = {
    HOLDFAST_EVENT: notice.type,
    HOLDFAST_HOST: options.host,
    HOLDFAST_LINK: String(notice.link),
    HOLDFAST_REASON: notice.type === 'down' ? notice.failure.message : '',
    HOLDFAST_NOTICE: JSON.stringify(notice),
  };
  runHook(command, { ...env, ...news }, (reason) => {
    notify({ type: 'note', text: `the command of --on-${notice.type} ${reason}` });
  });
}

function detailOf(state: State | null, pipesOf: (link: LinkId) => number): Omit<Snapshot, 'state'> {
  if (!state) return { forwards: [], links: [], held: 0, attempt: 0, failure: null };
  const now = clock.now();
  return {
    forwards: state.forwards.map((forward, index) => {
      const status = statusAt(state, index);
      return {
        text: forward.text,
        status: status.type,
        port: status.type === 'bound' ? status.port : null,
        reason: status.type === 'refused' ? status.reason : null,
      };
    }),
    links: [...state.links.keys()].map((link) => {
      const open = openLink(state, link);
      const role = link === state.current ? 'current' : open === null ? 'next' : 'draining';
      const quietMs = open && now - open.heardAt;
      return { link, role, quietMs, rttMs: open?.srttMs ?? null, pipes: pipesOf(link) };
    }),
    held: state.held.size,
    attempt: state.retry.attempt,
    failure: state.retry.failure?.message ?? null,
  };
}
