/** Verb 1: opens a tunnel and keeps it up. The parts of one tunnel are introduced to each other here. */

import { makeCarrier } from './carrier.js';
import { asFailure, type Failure, FailureError, type Outcome } from './core/failure.js';
import type { Request } from './core/request/request.js';
import { redacted } from './core/request/route.js';
import type { TunnelOptions } from './core/request/tunneloptions.js';
import { statusAt } from './core/tunnel/forwardrules.js';
import type { LinkId } from './core/tunnel/ids.js';
import type { ForwardStatus, Phase } from './core/tunnel/notice.js';
import { type Policy, policyOf } from './core/tunnel/policy.js';
import { openLink, phaseOf, type State } from './core/tunnel/state.js';
import { KeyMemory } from './dial/keymemory.js';
import { clock, watchSleep } from './io/clock.js';
import { watchAddresses } from './io/interfaces.js';
import { type UserEnvironment, userEnvironment } from './io/machine.js';
import type { AutoInterval } from './open/auto.js';
import { Notifier } from './open/notifier.js';
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
    /** As given: `-L 5432:db:5432`. */
    readonly text: string;
    readonly status: ForwardStatus['type'];
    /** The port in force, also where 0 was requested; null for unix sockets and as long as it is not bound. */
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
  const tunnel = new OpenTunnel(options);
  void tunnel.run();
  return {
    ready: tunnel.ready.promise,
    done: tunnel.done.promise,
    get state() {
      return tunnel.phase();
    },
    stop: (how) => tunnel.stop(how?.now ?? false),
    reconnect: () => tunnel.reconnect(),
    snapshot: () => tunnel.snapshot(),
    async [Symbol.asyncDispose]() {
      await tunnel.stop(true);
    },
  };
}

/** What a tunnel is begun with, once the configuration is read. */
interface Beginning {
  readonly request: Request;
  readonly policy: Policy;
  readonly configuration: Rereading;
  readonly auto: AutoInterval | null;
  readonly environment: UserEnvironment;
}

class OpenTunnel {
  readonly ready = deferred<void>();
  readonly done = deferred<Outcome>();
  readonly #options: TunnelOptions;
  readonly #notifier: Notifier;
  /** Aborted when the configuration need not be read any more. */
  readonly #reading = new AbortController();
  #supervisor: Supervisor | null = null;
  #carrier: ReturnType<typeof makeCarrier> | null = null;
  #configuration: Rereading | null = null;
  /** How to end each watcher of the machine. */
  #watchers: readonly (() => void)[] = [];
  #stopRequested = false;
  #outcome: Outcome | null = null;

  constructor(options: TunnelOptions) {
    this.#options = options;
    this.#notifier = new Notifier(options);
    this.ready.promise.catch(() => {}); // a program that does not wait for it must not be crashed by it
  }

  async run(): Promise<void> {
    try {
      await this.#begin();
    } catch (thrown) {
      if (!this.#outcome) this.#end({ ok: false, failure: asFailure(thrown) });
    }
  }

  async #begin(): Promise<void> {
    const environment = userEnvironment();
    this.#notifier.env = environment.env;
    const read = () => requestFor(this.#options, environment, this.#reading.signal);
    const first = await read();
    if (this.#stopRequested) return;
    const auto = await this.#autoInterval(first, environment);
    if (this.#stopRequested) return;
    const request = auto?.request() ?? first;
    // Read at each step: the interval may change while the tunnel is up.
    const policy = { ...policyOf(request) };
    const configuration = new Rereading(first, {
      read,
      note: (text) => {
        if (!this.#stopRequested && !this.#outcome) this.#notifier.note(text);
      },
      connected: () => (this.#supervisor?.state().current ?? null) !== null,
      onChanged: (fresh) => {
        auto?.follow(fresh);
        Object.assign(policy, policyOf(fresh), auto?.beat);
      },
    });
    this.#configuration = configuration;
    this.#notifier.notify({ type: 'understood', request: redacted(request) });
    // The listener may have stopped the tunnel.
    if (this.#stopRequested) return;
    if (auto !== null) this.#notifier.note(auto.because());
    for (const text of request.notes) this.#notifier.note(text);
    this.#supervise({ request, policy, configuration, auto, environment });
  }

  async #autoInterval(request: Request, environment: UserEnvironment): Promise<AutoInterval | null> {
    if (this.#options.interval === undefined) return null;
    const { AutoInterval } = await import('./open/auto.js');
    return new AutoInterval(request, environment);
  }

  #supervise({ request, policy, configuration, auto, environment }: Beginning): void {
    const supervisor = supervise({
      forwards: request.forwards,
      policy,
      clock,
      carrier: (report) => {
        const carrier = makeCarrier(
          {
            request,
            inForce: () => configuration.request,
            reread: () => configuration.again(),
            env: environment.env,
            memory,
            confirmed,
            ignoreKeepalive,
            ask: this.#options.ask ?? null,
            ...clock,
          },
          { report, notify: (notice) => this.#notifier.notifyOnce(notice) },
        );
        this.#carrier = carrier;
        return carrier;
      },
      onNotice: (notice) => {
        this.#notifier.notify(notice);
        const lesson = auto?.hear(notice) ?? null;
        if (auto !== null) Object.assign(policy, auto.beat);
        if (lesson !== null) this.#notifier.note(lesson);
      },
      onReady: () => this.ready.resolve(),
      onDone: (outcome) => this.#end(outcome),
    });
    this.#supervisor = supervisor;
    this.#watchers = [
      watchSleep((sleptMs) => supervisor.report({ type: 'woke', sleptMs })),
      watchAddresses(
        (look) => clock.every(lookEveryMs, look),
        (gone, came) => supervisor.report({ type: 'networkChanged', gone, came }),
      ),
    ];
    supervisor.report({ type: 'started' });
  }

  #end(outcome: Outcome): void {
    this.#outcome = outcome;
    // A command of the configuration may still run.
    this.#reading.abort();
    for (const endWatcher of this.#watchers) endWatcher();
    const why: Failure = outcome.ok
      ? { kind: 'lost', message: 'the tunnel was stopped before it was up' }
      : outcome.failure;
    this.ready.reject(new FailureError(why));
    this.done.resolve(outcome);
  }

  stop(now: boolean): Promise<Outcome> {
    this.#stopRequested = true;
    this.#reading.abort();
    if (!this.#supervisor && !this.#outcome) this.#end({ ok: true });
    this.#supervisor?.report({ type: 'stopRequested', now, outcome: { ok: true } });
    return this.done.promise;
  }

  reconnect(): void {
    if (!this.#outcome) void this.#configuration?.again();
    this.#supervisor?.report({ type: 'retryRequested' });
  }

  phase(): Phase {
    if (this.#outcome) return 'stopped';
    return this.#supervisor ? phaseOf(this.#supervisor.state()) : 'connecting';
  }

  snapshot(): Snapshot {
    const state = this.#supervisor?.state() ?? null;
    return { state: this.phase(), ...detailOf(state, (link) => this.#carrier?.pipes(link) ?? 0) };
  }
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
