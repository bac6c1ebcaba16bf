/**
 * A tunnel in a lab, its clients, and one fault: a client arrives during the fault, one every five seconds
 * of it, one after it, and one has kept an idle connection open since before.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { FailureKind } from '../../src/open.js';
import { type Netlab, type NetlabOptions, net, openNetlab } from './netlab.js';
import { Running } from './running.js';
import { until } from './until.js';
import { type Line, type Visit, Visitors } from './visitors.js';

/** Where the forwards of a story listen, in the client's namespace. */
export const ports = { http: 18_080, echo: 17_007 } as const;

/** The first client of a fault comes this long after it began, then one every 5 s. */
const firstMs = 1_000;
const everyMs = 5_000;

/** At most one successor's login in this time of suspicion (the design). */
export const successorEveryMs = 10_000;

/** How long a client is held by default. */
export const holdMs = 30_000;

/** A client is served within 1.5 s of the server's return: the promise. Tests allow three times that. */
export const backWithinMs = 4_500;

/** The same where the server could be reached all the time, and only the link was dead: within 3 s. */
export const anewWithinMs = 9_000;

export interface Suffered {
  readonly struckAt: number;
  /** When the server could be reached again; `struckAt` where it could be all the time. */
  readonly healedAt: number;
  /** How long who was held may wait from then on. */
  readonly withinMs: number;
  /** In order of arrival; the last one came after the fault. */
  readonly visits: readonly Visit[];
}

export interface Fault {
  readonly strike: () => Promise<void> | void;
  /** Null: it stays, and new connections are possible all the time. */
  readonly heal: (() => Promise<void> | void) | null;
  readonly lengthMs: number;
  /** When clients come, in ms since the fault began. Default: after 1 s, then every 5 s. */
  readonly visitsAt?: readonly number[];
}

export class Story {
  readonly lab: Netlab;
  readonly tunnel: Running;
  readonly visitors: Visitors;
  readonly #listeners: readonly number[];
  #pages = 0;

  private constructor(lab: Netlab, tunnel: Running, visitors: Visitors, listeners: readonly number[]) {
    this.lab = lab;
    this.tunnel = tunnel;
    this.visitors = visitors;
    this.#listeners = listeners;
  }

  /** A lab and a tunnel in it that is up. `options` are those of `holdfast run`. */
  static async begin(options: readonly string[] = [], lab: NetlabOptions = {}): Promise<Story> {
    const opened = await openNetlab(lab);
    try {
      const forwards = [
        ...['-L', `${ports.http}:127.0.0.1:${net.httpPort}`],
        ...['-L', `${ports.echo}:127.0.0.1:${net.echoPort}`],
      ];
      const visitors = await Visitors.from(opened.client);
      const listeners = opened.sshd.pids();
      const tunnel = new Running(opened.client, opened.sshd.sshArgs(...forwards, ...options));
      await tunnel.tells('up');
      return new Story(opened, tunnel, visitors, listeners);
    } catch (error) {
      await opened.close();
      throw error;
    }
  }

  /** Somebody who asks for a page of their own, now. */
  ask(port: number = ports.http): Visit {
    this.#pages += 1;
    return this.visitors.ask(port, `page-${this.#pages}`);
  }

  /** A connection to the echo service that works, and is idle from now on. */
  async line(): Promise<Line> {
    const line = this.visitors.open(ports.echo);
    if (!(await line.echoes('before\n'))) throw new Error(`no echo\n${this.tunnel.words()}`);
    return line;
  }

  /** The processes of sshd that carry the tunnel, without the one that listens. */
  sessions(): number[] {
    return this.lab.sshd.pids().filter((pid) => !this.#listeners.includes(pid));
  }

  /** Lets the fault happen while clients come. Resolves once it is over and the last client has asked. */
  async suffer(fault: Fault): Promise<Suffered> {
    const { lengthMs } = fault;
    const regular = Array.from({ length: Math.ceil(lengthMs / everyMs) }, (_, i) => firstMs + i * everyMs);
    const times = (fault.visitsAt ?? regular).filter((at) => at < lengthMs);
    await fault.strike();
    const struckAt = Date.now();
    const visits: Visit[] = [];
    for (const at of times) {
      await sleep(Math.max(0, struckAt + at - Date.now()));
      visits.push(this.ask());
    }
    await sleep(Math.max(0, struckAt + lengthMs - Date.now()));
    await fault.heal?.();
    const healedAt = fault.heal === null ? struckAt : Date.now();
    visits.push(this.ask());
    return { struckAt, healedAt, withinMs: fault.heal === null ? anewWithinMs : backWithinMs, visits };
  }

  /** Waits until every visit is over. */
  async over(visits: readonly Visit[], withinMs = 40_000): Promise<void> {
    await until('the end of all visits', () => visits.every(({ how }) => how !== null), {
      withinMs,
      detail: () => `${JSON.stringify(visits, null, 1)}\n${this.tunnel.words()}`,
    });
  }

  /**
   * How many logins the design allows: the first, one for each loss, and one for each 10 s, begun or whole,
   * of suspicion.
   */
  allowedLogins(): number {
    let allowed = 1;
    let suspectAt: number | null = null;
    for (const { toldAt, notice } of this.tunnel.notices()) {
      if (notice.type === 'suspect') suspectAt = toldAt;
      const ends = notice.type === 'recovered' || notice.type === 'replaced' || notice.type === 'down';
      if (!ends) continue;
      if (suspectAt !== null) allowed += Math.ceil((toldAt - suspectAt) / successorEveryMs);
      suspectAt = null;
      if (notice.type === 'down') allowed += 1;
    }
    if (suspectAt !== null) allowed += Math.ceil((Date.now() - suspectAt) / successorEveryMs);
    return allowed;
  }

  /** The kinds of failure that ended links, current or draining, in order. */
  losses(): FailureKind[] {
    return this.tunnel.notices().flatMap(({ notice }) => {
      if (notice.type !== 'down' && notice.type !== 'drained') return [];
      return notice.failure === null ? [] : [notice.failure.kind];
    });
  }

  async end(): Promise<void> {
    await this.lab.close();
  }
}
