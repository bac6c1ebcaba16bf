/** What else happens to tunnels. Each test has its own lab; they run side by side. */
import { afterAll, expect, it } from 'vitest';
import type { FailureKind } from '../../src/open.js';
import { figures } from '../support/figures.js';
import { needs } from '../support/machine.js';
import { end } from '../support/processes.js';
import { type Fault, Story } from '../support/story.js';
import { until } from '../support/until.js';
import { account, expectFewLogins, expectLine, expectServed } from '../support/verdicts.js';

interface Case {
  readonly name: string;
  /** Options of `holdfast run`. Default: none, so ServerAliveInterval 15 and ServerAliveCountMax 3. */
  readonly options?: readonly string[];
  readonly fault: (story: Story) => Fault;
  /** What becomes of a connection that has been idle since before. */
  readonly line: 'carries on' | 'reset' | 'stays open';
  /** Why links ended, current or draining. */
  readonly losses: readonly FailureKind[];
  /** How many logins the server may see at most; the number that the design allows is checked as well. */
  readonly logins: number;
  /** Notices that must be there. */
  readonly tells?: readonly ('suspect' | 'replaced' | 'recovered' | 'down' | 'waiting')[];
}

/** A server that is silent for 8 s is given up: 2 x (3 + 1). */
const eight = ['-oServerAliveInterval=2', '-oServerAliveCountMax=3'];
/** 4 s: 2 x (1 + 1). */
const four = ['-oServerAliveInterval=2', '-oServerAliveCountMax=1'];

const cases: readonly Case[] = [
  {
    name: 'a NAT entry dropped silently: a second link takes over, the first is found dead later',
    options: eight,
    fault: ({ lab }) => ({ strike: () => lab.forget('silent'), heal: null, lengthMs: 12_000 }),
    line: 'reset',
    losses: ['silent'],
    logins: 2,
    tells: ['suspect', 'replaced'],
  },
  {
    name: 'the client has another address: a second link takes over, the first is found dead later',
    options: eight,
    fault: ({ lab }) => ({ strike: () => lab.moveClient(), heal: null, lengthMs: 12_000 }),
    line: 'reset',
    losses: ['silent'],
    logins: 2,
    tells: ['suspect', 'replaced'],
  },
  {
    name: 'the server loses its power for longer than its silence is borne',
    options: four,
    fault: ({ lab }) => ({ strike: () => lab.powerOff(), heal: () => lab.powerOn(), lengthMs: 12_000 }),
    line: 'reset',
    losses: ['silent'],
    logins: 2,
    tells: ['suspect', 'down'],
  },
  {
    name: 'the server loses its power for a short time: the old link meets a RST',
    fault: ({ lab }) => ({ strike: () => lab.powerOff(), heal: () => lab.powerOn(), lengthMs: 8_000 }),
    line: 'reset',
    losses: ['lost'],
    logins: 2,
    tells: ['suspect'],
  },
  {
    name: 'sshd is frozen for longer than its silence is borne',
    options: four,
    fault: ({ lab }) => ({
      strike: () => lab.sshd.freeze(),
      heal: () => lab.sshd.thaw(),
      lengthMs: 12_000,
    }),
    line: 'reset',
    losses: ['silent'],
    logins: 3,
    tells: ['suspect', 'down'],
  },
  {
    name: 'sshd is frozen for a while: the old link speaks again',
    fault: ({ lab }) => ({ strike: () => lab.sshd.freeze(), heal: () => lab.sshd.thaw(), lengthMs: 8_000 }),
    line: 'carries on',
    losses: [],
    logins: 2,
    tells: ['suspect'],
  },
  {
    name: 'a NAT entry dropped silently, defaults: who comes 5 s into the silence is served',
    fault: ({ lab }) => ({
      strike: () => lab.forget('silent'),
      heal: null,
      lengthMs: 11_000,
      visitsAt: [5_000, 10_000],
    }),
    line: 'stays open',
    losses: [],
    logins: 2,
    tells: ['suspect', 'replaced'],
  },
  {
    name: 'a NAT entry gone, and packets answered with RST',
    fault: ({ lab }) => ({ strike: () => lab.forget('rst'), heal: null, lengthMs: 7_000 }),
    line: 'reset',
    losses: ['lost'],
    logins: 2,
    tells: ['down'],
  },
  {
    name: 'a reset',
    fault: ({ lab }) => ({
      strike: () => lab.reset(),
      heal: null,
      lengthMs: 7_000,
      visitsAt: [0, 1_000, 6_000],
    }),
    line: 'reset',
    losses: ['lost'],
    logins: 2,
    tells: ['down'],
  },
  {
    name: "a FIN: sshd's session ends",
    fault: (story) => ({
      strike: () => end(story.sessions()),
      heal: null,
      lengthMs: 7_000,
      visitsAt: [0, 1_000, 6_000],
    }),
    line: 'reset',
    losses: ['lost'],
    logins: 2,
    tells: ['down'],
  },
  {
    name: 'sshd is killed, and started again',
    fault: ({ lab }) => ({
      strike: () => lab.sshd.kill(),
      heal: () => lab.sshd.start(),
      lengthMs: 8_000,
      visitsAt: [0, 1_000, 6_000],
    }),
    line: 'reset',
    losses: ['lost'],
    logins: 2,
    tells: ['down', 'waiting'],
  },
  {
    name: 'what the server says is lost, and what the client says arrives',
    fault: ({ lab }) => ({
      strike: () => lab.blackhole(true, 'toClient'),
      heal: () => lab.blackhole(false),
      lengthMs: 8_500,
    }),
    line: 'carries on',
    losses: [],
    logins: 2,
    tells: ['suspect'],
  },
  {
    name: "the client's link goes down and up",
    fault: ({ lab }) => ({ strike: () => lab.linkDown(), heal: () => lab.linkUp(), lengthMs: 8_000 }),
    line: 'carries on',
    losses: [],
    logins: 2,
    tells: ['suspect'],
  },
];

needs('netns', 'sshd', 'ssh', 'ssh-keygen', 'conntrack').describe('faults', () => {
  const measured = figures();
  afterAll(() => measured.print());

  for (const { name, options = [], fault, line: fate, losses, logins, tells = [] } of cases) {
    it.concurrent(name, async () => {
      const story = await Story.begin(options);
      try {
        const line = await story.line();
        const suffered = await story.suffer(fault(story));
        await story.over(suffered.visits);
        measured.add(`${name}: longest wait`, expectServed(story, suffered));
        if (fate === 'stays open') expect(line.ended()).toBeNull();
        else await expectLine(line, fate, 25_000);
        // The line's end is seen a moment before the notice of it is read.
        await until('the losses are told', () => story.losses().length >= losses.length).catch(() => {});
        const why = account(story, suffered);
        expect(story.losses(), why).toEqual(losses);
        for (const type of tells) expect(story.tunnel.told(type), `${type}${why}`).not.toEqual([]);
        expectFewLogins(story, suffered);
        expect(story.lab.logins(), why).toBeLessThanOrEqual(logins);
        line.close();
        expect(await story.tunnel.stop()).toBe(0);
        expect(story.tunnel.watched.stderr).toBe('');
      } finally {
        await story.end();
      }
    }, 90_000);
  }
});
