/**
 * Random lives of the machine: a small world of servers, networks, clients and people answers its effects, kindly or not,
 * and after each step the promises that hold in every life are checked.
 */
import fc from 'fast-check';
import { type FailureKind, failure } from '../../src/core/failure.js';
import type { Effect } from '../../src/core/tunnel/effect.js';
import type { Event } from '../../src/core/tunnel/event.js';
import { type Policy, policyDefaults } from '../../src/core/tunnel/policy.js';
import { brief, Life, local, type Machine, remote, remoteAny } from './world.js';

/** What the world does with what it is asked. */
export interface Weather {
  /** Packets of open links arrive. */
  readonly carries: boolean;
  /** How a dial goes. */
  readonly dial: 'opens' | 'silent' | 'mute after tcp' | 'asks' | FailureKind;
  readonly remotes: 'binds' | 'refuses' | 'silent';
  readonly channels: 'open' | 'refuse' | 'silent';
  /** The server leaves `keepalive@openssh.com` without an answer. */
  readonly ignoresKeepalive: boolean;
}

export const kind: Weather = {
  carries: true,
  dial: 'opens',
  remotes: 'binds',
  channels: 'open',
  ignoresKeepalive: false,
};

export type Act =
  | { readonly do: 'wait'; readonly ms: number; readonly lateMs: number }
  | { readonly do: 'weather'; readonly weather: Weather }
  | { readonly do: 'arrive' | 'leave' | 'answer' | 'decline' | 'nudge' | 'wake' | 'change' }
  | { readonly do: 'end'; readonly which: number; readonly kind: FailureKind }
  | { readonly do: 'empty'; readonly which: number }
  | { readonly do: 'bytes'; readonly which: number }
  | { readonly do: 'stop'; readonly now: boolean };

const network: readonly FailureKind[] = ['unreachable', 'timeout', 'lost', 'penalty'];

const weather: fc.Arbitrary<Weather> = fc.record({
  carries: fc.boolean(),
  dial: fc.constantFrom('opens', 'opens', 'silent', 'mute after tcp', 'asks', 'denied', ...network),
  remotes: fc.constantFrom('binds', 'binds', 'refuses', 'silent'),
  channels: fc.constantFrom('open', 'open', 'refuse', 'silent'),
  ignoresKeepalive: fc.constantFrom(false, false, false, true),
});

const act: fc.Arbitrary<Act> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      do: fc.constant('wait' as const),
      ms: fc.integer({ min: 0, max: 40_000 }),
      lateMs: fc.constantFrom(0, 0, 0, 300, 20_000),
    }),
  },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('weather' as const), weather }) },
  {
    weight: 4,
    arbitrary: fc.constantFrom(
      { do: 'arrive' } as const,
      { do: 'arrive' } as const,
      { do: 'leave' } as const,
    ),
  },
  {
    weight: 2,
    arbitrary: fc.constantFrom(
      { do: 'answer' } as const,
      { do: 'decline' } as const,
      { do: 'nudge' } as const,
      { do: 'wake' } as const,
      { do: 'change' } as const,
    ),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('end' as const),
      which: fc.nat(3),
      kind: fc.constantFrom(...network),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constantFrom('empty' as const, 'bytes' as const), which: fc.nat(3) }),
  },
);

export const lives = fc.record({
  acts: fc.array(act, { maxLength: 40 }),
  rolls: fc.infiniteStream(fc.double({ min: 0, max: 0.999_999, noNaN: true })),
  policy: fc.constantFrom<Partial<Policy>>(
    {},
    { intervalMs: 0 },
    { intervalMs: 3_000, countMax: 1 },
    { holdMs: 0 },
    { exitOnForwardFailure: false },
  ),
  stops: fc.constantFrom<'kindly' | 'at once' | null>(null, null, 'kindly', 'at once'),
});

export type LifeStory = typeof lives extends fc.Arbitrary<infer T> ? T : never;

interface Coming {
  readonly at: number;
  readonly event: Event;
}

class World {
  readonly life: Life;
  readonly rolls: Iterator<number>;
  weather: Weather = kind;
  coming: Coming[] = [];
  /** client -> how it ended */
  readonly clients = new Map<number, 'pipe' | 'reset' | 'left' | null>();
  highestLink = 0;
  /** When successors came near the login. */
  readonly successors: number[] = [];
  nudgedAt = Number.NEGATIVE_INFINITY;

  constructor(story: LifeStory, machine: Machine) {
    this.life = new Life(
      [local, remote, remoteAny],
      { byChannelMs: policyDefaults.byChannelMs, ...story.policy },
      machine,
    );
    this.rolls = story.rolls[Symbol.iterator]();
  }

  fail(promise: string): never {
    const { state } = this.life;
    throw new Error(
      `${promise}\nat ${this.life.now}: ${JSON.stringify({ ...state, links: [...state.links], held: [...state.held] })}`,
    );
  }

  report(event: Event, lateMs = 0): void {
    const { life } = this;
    life.roll = this.rolls.next().value;
    const before = life.state;
    if (event.type === 'left' && this.clients.get(event.client) === null)
      this.clients.set(event.client, 'left');
    life.report(event, lateMs);
    const link = event.type === 'tcpConnected' ? life.state.links.get(event.link) : undefined;
    if (link?.type === 'dialing' && event.type === 'tcpConnected') {
      if (event.link === before.next && before.current !== null) this.successors.push(life.now);
    }
    for (const effect of life.all.splice(0)) this.carry(effect, before.lifecycle.type === 'stopped');
    this.check();
  }

  soon(event: Event, ms = 20): void {
    this.coming.push({ at: this.life.now + ms, event });
  }

  /** Links that were open when the weather was bad stay mute, as after a lost NAT entry. */
  readonly mute = new Set<number>();
  readonly unanswered: Effect[] = [];

  carry(effect: Effect, stopped: boolean): void {
    if (stopped) this.fail(`stopped is final, but: ${brief(effect)}`);
    const { weather } = this;
    const heard = 'link' in effect && weather.carries && !this.mute.has(effect.link);
    switch (effect.type) {
      case 'listen':
        return this.soon({ type: 'listened', forward: effect.forward, port: 5432 });
      case 'dial':
        if (effect.link <= this.highestLink) this.fail('numbers only rise');
        this.highestLink = effect.link;
        return this.dial(effect.link);
      case 'probe':
        if (weather.ignoresKeepalive) return;
        if (!heard) return this.later(effect);
        return this.soon({ type: 'keepaliveReply', link: effect.link, rttMs: 20 });
      case 'probeByChannel':
        if (!heard) return this.later(effect);
        return this.soon({ type: 'keepaliveReply', link: effect.link, rttMs: 20 });
      case 'drain':
        return;
      case 'openChannel':
        if (!this.life.state.links.has(effect.link))
          this.fail('a channel is asked for on a link that is there');
        if (!heard || weather.channels === 'silent') return this.later(effect);
        if (weather.channels === 'open')
          this.soon({ type: 'channelOpened', client: effect.client, link: effect.link });
        else
          this.soon({ type: 'channelRefused', client: effect.client, link: effect.link, reason: 'refused' });
        return;
      case 'pipe':
      case 'resetClient': {
        const before = this.clients.get(effect.client);
        if (before !== null) this.fail(`client ${effect.client} is ${effect.type} after ${before}`);
        this.clients.set(effect.client, effect.type === 'pipe' ? 'pipe' : 'reset');
        return;
      }
      case 'requestForward':
        if (!heard || weather.remotes === 'silent') return this.later(effect);
        if (weather.remotes === 'binds') {
          this.soon({ type: 'remoteBound', forward: effect.forward, link: effect.link, port: 40_000 });
        } else
          this.soon({ type: 'remoteRefused', forward: effect.forward, link: effect.link, reason: 'in use' });
        return;
      default:
        return;
    }
  }

  /** TCP loses nothing: what a mute link carries arrives when it heals. */
  later(effect: Effect): void {
    this.unanswered.push(effect);
  }

  heal(): void {
    this.weather = kind;
    this.mute.clear();
    for (const effect of this.unanswered.splice(0)) {
      if ('link' in effect && this.life.state.links.has(effect.link)) this.carry(effect, false);
    }
  }

  dial(link: number): void {
    const { dial } = this.weather;
    if (dial === 'silent') return;
    if (dial !== 'opens' && dial !== 'mute after tcp' && dial !== 'asks') {
      return this.soon({ type: 'ended', link, failure: failure(dial, dial) });
    }
    this.soon({ type: 'tcpConnected', link }, 20);
    if (dial === 'mute after tcp') return;
    this.soon({ type: 'hostKeyAccepted', link }, 40);
    if (dial === 'asks') return this.soon({ type: 'promptOpened', link, text: 'password?' }, 50);
    this.soon({ type: 'opened', link, byPerson: false }, 60);
  }

  /** Lets time pass: what is coming comes, the timer rings. */
  pass(ms: number): void {
    const end = this.life.now + ms;
    for (let turns = 0; ; turns++) {
      if (turns > 50_000) this.fail('time does not pass');
      this.coming.sort((a, b) => a.at - b.at);
      const due = this.life.due();
      const first = this.coming[0];
      const at = Math.min(due, first?.at ?? Number.POSITIVE_INFINITY);
      if (at > end) break;
      this.life.now = Math.max(this.life.now, at);
      if (first && first.at <= due) {
        this.coming.shift();
        this.deliver(first.event);
      } else this.report({ type: 'ticked' });
    }
    this.life.now = end;
  }

  deliver(event: Event): void {
    const { state } = this.life;
    if (event.type === 'opened' && state.prompt?.link === event.link) return; // asked in between
    if ('link' in event && event.type !== 'ended' && this.life.vitals.has(event.link))
      this.life.hear(event.link);
    if (event.type === 'opened') this.life.hear(event.link);
    this.report(event);
  }

  check(): void {
    const { state, now } = this.life;
    const open = [...state.links].filter(([, link]) => link.type === 'open');
    if (open.length > 1) this.fail('never two current links');
    if (state.current !== (open[0]?.[0] ?? null)) this.fail('the open link is the current one');
    const dialled = [...state.links].filter(([, link]) => link.type === 'dialing');
    const wanted = [state.next, state.trial].filter((number) => number !== null);
    if (dialled.length !== wanted.length || dialled.some(([number]) => !wanted.includes(number)))
      this.fail('the dialled links are the next one and that of clients left behind');
    const draining = [...state.links].filter(([, link]) => link.type === 'draining').length;
    if (state.lifecycle.type === 'running' && draining > this.life.policy.drainingMax)
      this.fail('the links that drain are bounded');
    const due = this.life.due();
    if (due <= now) this.fail('what is due has been done');
    if (state.lifecycle.type !== 'stopped' && due === Number.POSITIVE_INFINITY) {
      const quiet = this.life.policy.intervalMs === 0 && state.current !== null;
      const binding = state.status.some((status) => status.type === 'requested' && status.link === null); // the system answers
      if (!state.prompt && !quiet && !binding) this.fail('an unfinished state has a deadline');
    }
    if (state.lifecycle.type === 'stopped' && (due !== Number.POSITIVE_INFINITY || state.links.size > 0))
      this.fail('stopped has nothing left');
    for (const [client, how] of this.clients) {
      if ((how === null) !== state.held.has(client)) this.fail(`client ${client} is forgotten`);
    }
    for (const held of state.held.values()) {
      if (held.link !== null && !state.links.has(held.link))
        this.fail('a client waits for a link that is gone');
    }
    const last = this.successors.at(-1) ?? 0;
    const before = this.successors.at(-2) ?? Number.NEGATIVE_INFINITY;
    // A dial may take its time to reach the server; the ration counts from there.
    if (last - before < 10_000 && before > this.nudgedAt) this.fail('one successor in 10 s');
  }

  play(act: Act): void {
    const { life } = this;
    const links = [...life.state.links.keys()];
    switch (act.do) {
      case 'wait':
        if (act.lateMs > 0) {
          // our own process stands still: what came meanwhile lies in the kernel
          const from = Math.min(life.due(), life.now + act.ms);
          if (from === Number.POSITIVE_INFINITY) return;
          this.pass(Math.max(0, from - life.now));
          life.now += act.lateMs;
          return this.report({ type: 'ticked' }, act.lateMs);
        }
        return this.pass(act.ms);
      case 'weather':
        if (!act.weather.carries) for (const link of links) this.mute.add(link);
        this.weather = act.weather;
        return;
      case 'arrive': {
        if (life.state.lifecycle.type !== 'running') return;
        const client = this.clients.size + 1;
        this.clients.set(client, null);
        return this.report({ type: 'arrived', client, forward: 0, needsRemoteLookup: client % 3 === 0 });
      }
      case 'leave': {
        const client = [...life.state.held.keys()][0];
        return client === undefined ? undefined : this.report({ type: 'left', client });
      }
      case 'answer':
      case 'decline': {
        const { prompt: question } = life.state;
        if (!question) return;
        this.report({ type: 'answered', given: act.do === 'answer' });
        if (life.state.links.has(question.link)) {
          const opened = { type: 'opened', link: question.link, byPerson: true } as const;
          const denied = {
            type: 'ended',
            link: question.link,
            failure: failure('denied', 'denied'),
          } as const;
          this.soon(act.do === 'answer' ? opened : denied);
        }
        return;
      }
      case 'nudge':
        this.nudgedAt = life.now;
        return this.report({ type: 'retryRequested' });
      case 'wake':
        return this.report({ type: 'woke', sleptMs: 60_000 });
      case 'change':
        return this.report({ type: 'networkChanged', gone: ['10.0.0.2'], came: ['10.0.0.3'] });
      case 'end': {
        const link = links[act.which];
        return link === undefined
          ? undefined
          : this.report({ type: 'ended', link, failure: failure(act.kind, act.kind) });
      }
      case 'empty': {
        const link = links.find((number) => life.state.links.get(number)?.type === 'draining');
        return link === undefined ? undefined : this.report({ type: 'emptied', link });
      }
      case 'bytes': {
        const link = links[act.which];
        if (link === undefined || life.state.links.get(link)?.type === 'dialing' || this.mute.has(link))
          return;
        return life.hear(link);
      }
      case 'stop':
        return this.report({ type: 'stopRequested', now: act.now, outcome: { ok: true } });
    }
  }
}

/** Lives one life. Throws when a promise is broken. */
export function liveOne(story: LifeStory, machine: Machine): void {
  const world = new World(story, machine);
  world.report({ type: 'started' });
  for (const act of story.acts) world.play(act);
  // The world turns kind: whatever happened, the tunnel comes back, unless it has ended.
  world.heal();
  for (let minutes = 0; minutes < 20; minutes++) {
    world.pass(30_000);
    if (world.life.state.prompt) world.play({ do: 'answer' });
    world.pass(30_000);
  }
  const { state } = world.life;
  if (
    state.lifecycle.type === 'running' &&
    (state.current === null || !state.upAnnounced || state.held.size > 0)
  ) {
    world.fail('in a kind world it always comes back and serves whoever waits');
  }
  if (story.stops) world.play({ do: 'stop', now: story.stops === 'at once' });
  if (story.stops) {
    world.pass(10_000);
    if (world.life.state.lifecycle.type !== 'stopped') world.fail('a stop ends');
    if ([...world.clients.values()].includes(null)) world.fail('no held client is forgotten');
    for (const type of ['ticked', 'retryRequested'] as const) world.report({ type });
  }
}
