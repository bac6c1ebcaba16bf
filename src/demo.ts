/**
 * The verb behind `holdfast demo`: an ssh server, a web server, a faulty wire and a tunnel, all in this process and on
 * loopback, and a client that requests a page ten times a second while the wire fails. Needs no network and no set-up,
 * and neither reads nor writes the user's ~/.ssh.
 */
import type { TunnelOptions } from './core/request/tunneloptions.js';
import type { Notice } from './core/tunnel/notice.js';
import { scheduleOf, type WireFault } from './demo/schedule.js';
import { clock, pause } from './io/clock.js';
import { type LossyWire, openWire } from './io/lossywire.js';
import { makeScratch, type Scratch } from './io/scratch.js';
import { type SshServer, startServer } from './io/ssh/demoserver.js';
import { fetchPage, type PageResult, serveWeb } from './io/web.js';
import { openTunnel, type Tunnel } from './open.js';

export type { WireFault } from './demo/schedule.js';

/** How often the client sends a request. */
const requestEveryMs = 100;

/** A request that waits longer than this is reported. */
const slowMs = 300;

/** How long the last requests may take after the last one was sent. */
const answerTimeoutMs = 5_000;

/** ServerAliveInterval and ServerAliveCountMax: of the tunnel, and of the ssh that it is compared with. */
const heartbeat = { interval: 15, countMax: 3 } as const;

/** One thing that happened. Lengths in ms; times count from the start of the demo. */
export type DemoNews =
  /** The parts run; the tunnel opens. `lastsMs`: about how long the rest takes. */
  | {
      readonly type: 'began';
      readonly seed: number;
      readonly lastsMs: number;
      readonly everyMs: number;
    }
  | { readonly type: 'notice'; readonly notice: Notice }
  | { readonly type: 'wire'; readonly fault: WireFault; readonly connections: number }
  /** A request has its answer, or has none: `why`. `inFlight`: it was unanswered when its connection was lost for good. */
  | {
      readonly type: 'page';
      readonly number: number;
      readonly waitMs: number;
      readonly answered: boolean;
      readonly inFlight: boolean;
      readonly why: string | null;
    }
  /** Requests have waited for a while and are still unanswered. */
  | { readonly type: 'pages-wait'; readonly count: number }
  /** No request waits any more. */
  | {
      readonly type: 'pages-served';
      readonly count: number;
      readonly failed: number;
      readonly longestMs: number;
    };

export interface DemoSummary {
  readonly sent: number;
  readonly answered: number;
  readonly failed: number;
  /** Of the failed: unanswered when their connection was lost for good. No tunnel can save those. */
  readonly inFlight: number;
  readonly longestMs: number;
  /** Logins that the ssh server accepted. */
  readonly logins: number;
  readonly lastedMs: number;
  /** Computed, not run: when ssh gives a silent server up (clientloop.c: interval x (count + 1)). */
  readonly ssh: { readonly interval: number; readonly countMax: number; readonly givesUpAfterMs: number };
}

export interface DemoOptions {
  /** Any integer; changes the times of the faults. Default 1. */
  readonly seed?: number;
  readonly onNews: (news: DemoNews, atMs: number) => void;
  /** Ends it early; the summary then covers what was. */
  readonly signal?: AbortSignal;
}

/** Runs it, in under 30 s. Rejects when a part cannot be started, or with the tunnel's failure when it does not come up. */
export async function demonstrate({ seed = 1, onNews, signal }: DemoOptions): Promise<DemoSummary> {
  const startedAt = clock.now();
  const schedule = scheduleOf(seed);
  const emit = (news: DemoNews) => onNews(news, clock.now() - startedAt);
  const stage = await startParts();
  try {
    const options = { ...stage.options, onNotice: (notice: Notice) => emit({ type: 'notice', notice }) };
    emit({ type: 'began', seed, lastsMs: schedule.endMs, everyMs: requestEveryMs });
    stage.tunnel = openTunnel(options);
    await stage.tunnel.ready;

    const client = new PageClient(stage.tunnel.snapshot().forwards[0]?.port ?? 0, emit);
    const upAt = clock.now();
    for (const { atMs, fault } of schedule.faults) {
      await until(upAt + atMs, signal);
      if (signal?.aborted) break;
      const connections = stage.wire.connections();
      if (fault === 'forget' || fault === 'cut') client.markInFlight();
      await stage.wire[fault]();
      emit({ type: 'wire', fault, connections });
    }
    await until(upAt + schedule.endMs, signal);
    const counted = signal?.aborted ? client.withdraw() : await client.finish(answerTimeoutMs);
    await stage.tunnel.stop({ now: signal?.aborted ?? false });
    return {
      ...counted,
      logins: stage.server.logins(),
      lastedMs: clock.now() - startedAt,
      ssh: { ...heartbeat, givesUpAfterMs: heartbeat.interval * (heartbeat.countMax + 1) * 1_000 },
    };
  } finally {
    await stage.clear();
  }
}

interface Stage {
  readonly options: TunnelOptions;
  readonly server: SshServer;
  readonly wire: LossyWire;
  tunnel: Tunnel | null;
  clear(): Promise<void>;
}

/** Starts the parts, one behind the other: tunnel, wire, ssh server, web server. */
async function startParts(): Promise<Stage> {
  const ending: (() => void)[] = [];
  const clear = () => {
    for (const end of ending.reverse()) end();
  };
  try {
    const web = await serveWeb();
    ending.push(web.close);
    const server = await startServer(web.port);
    ending.push(server.close);
    const wire = await openWire(server.port);
    ending.push(wire.close);
    const scratch = makeScratch('holdfast-demo');
    ending.push(scratch.remove);
    const stage: Stage = {
      options: optionsFor(web.port, server, wire, scratch),
      server,
      wire,
      tunnel: null,
      async clear() {
        await stage.tunnel?.stop({ now: true });
        clear();
      },
    };
    return stage;
  } catch (error) {
    clear();
    throw error;
  }
}

/** An ordinary tunnel, except that no file of the user is read. */
function optionsFor(webPort: number, server: SshServer, wire: LossyWire, scratch: Scratch): TunnelOptions {
  return {
    host: 'demo',
    forwards: [{ local: `127.0.0.1:0:127.0.0.1:${webPort}` }],
    configFile: 'none',
    options: {
      HostName: '127.0.0.1',
      HostKeyAlias: 'demo',
      Port: wire.port,
      User: 'demo',
      IdentityFile: scratch.write('id_ed25519', server.userKey),
      IdentitiesOnly: 'yes',
      IdentityAgent: 'none',
      UserKnownHostsFile: scratch.write('known_hosts', `demo ${server.hostKey}\n`),
      GlobalKnownHostsFile: 'none',
      StrictHostKeyChecking: 'yes',
      BatchMode: 'yes',
      ServerAliveInterval: heartbeat.interval,
      ServerAliveCountMax: heartbeat.countMax,
    },
  };
}

/** Resolves at `at` (ms of the clock), or when the signal is aborted. */
function until(at: number, signal: AbortSignal | undefined): Promise<void> {
  return pause(at - clock.now(), signal);
}

/** A request without an answer yet. */
interface OpenRequest {
  readonly sentAt: number;
  readonly page: PageResult;
  /** It was unanswered when the wire broke for good. */
  inFlight: boolean;
}

/** Sends a request for a page every {@link requestEveryMs}, whether or not the ones before have their answer, and counts. */
class PageClient {
  readonly #port: number;
  readonly #emit: (news: DemoNews) => void;
  readonly #stop: () => void;
  readonly #open = new Map<number, OpenRequest>();
  #count = { sent: 0, answered: 0, failed: 0, inFlight: 0, longestMs: 0 };
  /** The slow ones since all were served. */
  #slow = { count: 0, failed: 0, longestMs: 0 };
  /** Was `pages-wait` reported since all were served? */
  #waitReported = false;
  #whenEmpty = () => {};

  constructor(port: number, emit: (news: DemoNews) => void) {
    this.#port = port;
    this.#emit = emit;
    this.#stop = clock.every(requestEveryMs, () => {
      this.#reportWaiting();
      void this.#request();
    });
  }

  /** The wire is about to break for good: what is unanswered now may have been lost with it. */
  markInFlight(): void {
    for (const request of this.#open.values()) request.inFlight = true;
  }

  /** Sends no more, waits for what is open for a while, and gives the rest up as failed. */
  async finish(withinMs: number) {
    this.#stop();
    if (this.#open.size > 0) {
      const end = clock.now() + withinMs;
      await new Promise<void>((resolve) => {
        const cancel = clock.wake(end, () => {
          for (const { page } of this.#open.values()) page.end();
        });
        this.#whenEmpty = () => {
          cancel();
          resolve();
        };
      });
    }
    return this.#count;
  }

  /** Ended early: what still waits has not failed, and does not count. */
  withdraw() {
    this.#stop();
    this.#count.sent -= this.#open.size;
    const withdrawn = [...this.#open.values()];
    this.#open.clear();
    for (const { page } of withdrawn) page.end();
    return this.#count;
  }

  async #request(): Promise<void> {
    this.#count.sent += 1;
    const number = this.#count.sent;
    const request: OpenRequest = {
      sentAt: clock.now(),
      inFlight: false,
      page: fetchPage(this.#port, number),
    };
    this.#open.set(number, request);
    const why = await request.page.answer;
    if (!this.#open.delete(number)) return;
    this.#note(number, clock.now() - request.sentAt, request.inFlight, why);
    if (this.#open.size === 0) this.#whenEmpty();
  }

  #note(number: number, waitMs: number, inFlight: boolean, why: string | null): void {
    const count = this.#count;
    if (why === null) count.answered += 1;
    else count.failed += 1;
    if (why !== null && inFlight) count.inFlight += 1;
    count.longestMs = Math.max(count.longestMs, waitMs);
    this.#emit({ type: 'page', number, waitMs, answered: why === null, inFlight, why });
    if (waitMs > slowMs || why !== null) {
      this.#slow.count += 1;
      this.#slow.failed += why === null ? 0 : 1;
      this.#slow.longestMs = Math.max(this.#slow.longestMs, waitMs);
    }
    if (this.#slow.count > 0 && this.#waiting() === 0) {
      this.#emit({ type: 'pages-served', ...this.#slow });
      this.#slow = { count: 0, failed: 0, longestMs: 0 };
      this.#waitReported = false;
    }
  }

  /** Reports once that requests wait. */
  #reportWaiting(): void {
    const count = this.#waiting();
    if (count === 0 || this.#waitReported) return;
    this.#waitReported = true;
    this.#emit({ type: 'pages-wait', count });
  }

  /** A request that was in flight when its connection was lost for good waits for nothing. */
  #waiting(): number {
    const since = clock.now() - slowMs;
    return [...this.#open.values()].filter(({ sentAt, inFlight }) => sentAt < since && !inFlight).length;
  }
}
