/** The formulas against the kernel: how long until it gives up, and with which error; and what `tcp list` says meanwhile. */
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect } from 'vitest';
import {
  connectDetectionMs,
  idleDetectionMs,
  inFlightDetectionMs,
  userTimeoutDetectionMs,
} from '../../src/core/keepalive/detection.js';
import type { Watched } from '../support/client.js';
import { bin } from '../support/holdfast.js';
import { needs, program } from '../support/machine.js';
import { type Fate, TcpLab } from '../support/tcplab.js';

const retries2 = 5;
const of = (idle: number, interval: number, probes: number) => ({
  idleMs: idle * 1_000,
  intervalMs: interval * 1_000,
  probes,
});
const keepalive = (idle: number, interval: number, probes: number) => [
  'keepalive',
  `keepidle=${idle}`,
  `keepintvl=${interval}`,
  `keepcnt=${probes}`,
];
/** TCP_USER_TIMEOUT is option 18 of level 6 (linux/tcp.h). */
const userTimeout = (ms: number) => `setsockopt-int=6:18:${ms}`;
const retransmission = { retries2, rtoMaxMs: 120_000 };

interface Case {
  readonly name: string;
  readonly kind?: 'echo' | 'deaf';
  readonly options: readonly string[];
  readonly fate: Fate;
  /** Sends something once the fate holds. */
  readonly sends?: boolean;
  /** Healed so long after the last word. */
  readonly healedAfterMs?: number;
  /** null: never. */
  readonly expectedMs: number | null;
  readonly error?: RegExp;
}

const timedOut = /Connection timed out/;

const cases: readonly Case[] = [
  {
    name: 'idle: idle + interval x probes',
    options: keepalive(2, 1, 3),
    fate: 'drop',
    expectedMs: idleDetectionMs(of(2, 1, 3)),
    error: timedOut,
  },
  {
    name: 'idle, a user timeout below the count: the first tick that is not before it',
    options: [...keepalive(2, 1, 9), userTimeout(3_500)],
    fate: 'drop',
    expectedMs: userTimeoutDetectionMs(of(2, 1, 9), 3_500),
    error: timedOut,
  },
  {
    name: 'idle, a user timeout above the count: it replaces the count',
    options: [...keepalive(2, 1, 3), userTimeout(9_000)],
    fate: 'drop',
    expectedMs: userTimeoutDetectionMs(of(2, 1, 3), 9_000),
    error: timedOut,
  },
  {
    name: 'in flight: by tcp_retries2, keepalive plays no part',
    options: keepalive(2, 1, 3),
    fate: 'drop',
    sends: true,
    expectedMs: inFlightDetectionMs(retransmission),
    error: timedOut,
  },
  {
    name: 'in flight, a user timeout: so long after the first retransmission',
    options: [...keepalive(2, 1, 3), userTimeout(5_000)],
    fate: 'drop',
    sends: true,
    expectedMs: inFlightDetectionMs(retransmission, { userTimeoutMs: 5_000 }),
    error: timedOut,
  },
  {
    name: 'a closed window, a user timeout: ended though the peer answers',
    kind: 'deaf',
    options: [...keepalive(2, 1, 3), userTimeout(5_000)],
    fate: 'pass',
    sends: true,
    expectedMs: inFlightDetectionMs(retransmission, { userTimeoutMs: 5_000 }),
    error: timedOut,
  },
  {
    name: 'a closed window, no user timeout: for ever',
    kind: 'deaf',
    options: keepalive(2, 1, 3),
    fate: 'pass',
    sends: true,
    expectedMs: null,
  },
  {
    name: 'a reset answers the first probe',
    options: keepalive(2, 1, 3),
    fate: 'reset',
    expectedMs: 2_000,
    error: /Connection reset by peer/,
  },
  {
    name: 'ICMP unreachable, idle: not heeded',
    options: keepalive(2, 1, 3),
    fate: 'unreachable',
    expectedMs: idleDetectionMs(of(2, 1, 3)),
    error: timedOut,
  },
  {
    name: 'ICMP unreachable, in flight: its error, when retransmission gives up',
    options: keepalive(2, 1, 3),
    fate: 'unreachable',
    sends: true,
    expectedMs: inFlightDetectionMs(retransmission),
    error: /No route to host|unreachable/,
  },
  {
    name: 'idle without keepalive: never, a user timeout alone is nothing',
    options: [userTimeout(1_000)],
    fate: 'drop',
    expectedMs: null,
  },
  {
    name: 'an outage that the last probe outlives',
    options: keepalive(2, 2, 3),
    fate: 'drop',
    healedAfterMs: 5_000,
    expectedMs: null,
  },
  {
    name: 'an outage that swallows all probes, and is over before the end: ended all the same',
    options: keepalive(2, 2, 2),
    fate: 'drop',
    healedAfterMs: 4_800,
    expectedMs: idleDetectionMs(of(2, 2, 2)),
    error: timedOut,
  },
];

const firstPort = 7_100;
const watchMs = 16_500;
const toleranceMs = 1_500;

interface Run {
  readonly client: Watched;
  /** Its last word; then it is silent. */
  readonly sinceMs: number;
  endedMs: number | null;
}

needs('netns', 'socat').describe('how long until the kernel gives up', () => {
  let lab: TcpLab;
  const runs: Run[] = [];
  const looks: Look[] = [];
  let connectMs: number | null = null;
  const synLinear = 0;

  beforeAll(async () => {
    const settings = { 'ipv4/tcp_retries2': retries2, 'ipv4/tcp_syn_retries': 2 };
    lab = await TcpLab.open(
      settings,
      cases.map(({ kind = 'echo' }, index) => ({ port: firstPort + index, kind })),
    );
    await lab.fate({ 7000: 'drop' });
    const clients = cases.map((one, index) => lab.connect(firstPort + index, one.options));
    await Promise.all(
      clients.map(async (client, index) => {
        if (cases[index]?.kind === 'deaf') return;
        client.child.stdin?.write('word\n');
        await client.says('word');
      }),
    );
    const start = performance.now();
    for (const client of clients) {
      const run: Run = { client, sinceMs: start, endedMs: null };
      client.child.once('close', () => {
        run.endedMs = performance.now();
      });
      runs.push(run);
    }
    await lab.fate(Object.fromEntries(cases.map(({ fate }, index) => [firstPort + index, fate])));
    for (const [index, { sends, kind }] of cases.entries()) {
      if (sends) clients[index]?.child.stdin?.write(kind === 'deaf' ? Buffer.alloc(8_000_000) : 'more\n');
    }
    const connecting = lab.connect(7_000, []);
    const dialledMs = performance.now();
    connecting.child.once('close', () => {
      connectMs = performance.now() - dialledMs;
    });
    const heals = cases.map(async ({ healedAfterMs }, index) => {
      if (healedAfterMs === undefined) return;
      await sleep(start + healedAfterMs - performance.now());
      await lab.fate({ [firstPort + index]: 'pass' });
    });
    while (performance.now() < start + 6_000) await look();
    await Promise.all(heals);
    await sleep(start + watchMs - performance.now());
  }, 60_000);
  afterAll(() => lab.close());

  /** What `tcp list` says while all of it happens, and what ss says just before and after. */
  async function look(): Promise<void> {
    const ss = `${program('ss')} -Htno`;
    const script = `${ss}; echo ---; "$0" "$1" tcp list --json; echo ---; ${ss}`;
    const text = await lab.client.must('sh', ['-c', script, process.execPath, bin]);
    const [before = '', list = '', after = ''] = text.split('---\n');
    const { connections } = JSON.parse(list) as { connections: Listed[] };
    looks.push({ before: timersOf(before), connections, after: timersOf(after) });
  }

  for (const [index, one] of cases.entries()) {
    const name = one.expectedMs === null ? one.name : `${one.name}: ${one.expectedMs / 1_000} s`;
    needs('netns', 'socat').it(name, () => {
      const run = runs[index];
      if (run === undefined) throw new Error('the case did not run');
      if (one.expectedMs === null) {
        expect(run.endedMs).toBeNull();
        return;
      }
      expect(run.client.stderr).toMatch(one.error ?? /./);
      const tookMs = (run.endedMs ?? Number.POSITIVE_INFINITY) - run.sinceMs;
      expect(Math.abs(tookMs - one.expectedMs), `took ${tookMs} ms`).toBeLessThan(toleranceMs);
    });
  }

  needs('netns', 'socat').it('a connection attempt that nobody answers', () => {
    const expectedMs = connectDetectionMs({ synRetries: 2, synLinear, rtoMaxMs: 120_000 });
    expect(Math.abs((connectMs ?? 0) - expectedMs), `took ${connectMs} ms`).toBeLessThan(toleranceMs);
  });

  needs('netns', 'socat').it('tcp list shows the armed timer and the unanswered probes that ss shows', () => {
    let compared = 0;
    const wrong: unknown[] = [];
    for (const { before, connections, after } of looks) {
      for (const one of connections) {
        const [first, last] = [before.get(one.localPort), after.get(one.localPort)];
        // Another timer was armed between the two looks of ss: nothing to hold it against.
        if (first === undefined || first.timer !== last?.timer) continue;
        const count = one.timer === 'retransmit' ? one.retransmissions : one.unanswered;
        compared += 1;
        // A probe of a closed window counts for as long as its answer is on the way.
        const onTheWay = one.timer === 'window' ? 1 : 0;
        const [least, most] = [Math.min(first.count, last.count), Math.max(first.count, last.count)];
        const within = count >= least && count <= most + onTheWay;
        if (one.timer !== first.timer || !within) wrong.push({ one, first, last });
      }
    }
    expect(wrong).toEqual([]);
    expect(compared).toBeGreaterThan(10);
    expect(looks.some(({ before }) => [...before.values()].some(({ count }) => count > 1))).toBe(true);
  });

  needs('netns', 'socat').it('tcp list says who dies, who never notices, and who is stuck', () => {
    const kindsOf = (words: string) => {
      const port = firstPort + cases.findIndex(({ name }) => name.startsWith(words));
      const rows = looks.flatMap(({ connections }) =>
        connections.filter(({ remotePort }) => remotePort === port),
      );
      return new Set(rows.map(({ outlook }) => outlook.kind));
    };
    expect([...kindsOf('idle without keepalive')]).toEqual(['never']);
    expect([...kindsOf('a closed window, no')]).toContain('stuck');
    expect([...kindsOf('a closed window, no')]).not.toContain('never');
    expect([...kindsOf('idle, a user timeout above')]).toContain('dying');
    expect([...kindsOf('in flight: by')]).toContain('dying');
  });
});

interface Listed {
  localPort: number;
  remotePort: number;
  timer: string;
  unanswered: number;
  retransmissions: number;
  outlook: { kind: string };
}

interface Timer {
  timer: string;
  count: number;
}

interface Look {
  before: Map<number, Timer>;
  connections: Listed[];
  after: Map<number, Timer>;
}

const names: Readonly<Record<string, string>> = {
  on: 'retransmit',
  keepalive: 'keepalive',
  persist: 'window',
};

/** Local port -> timer and its count, as ss writes them: `timer:(keepalive,620ms,5)`. */
function timersOf(text: string): Map<number, Timer> {
  return new Map(
    text.split('\n').flatMap((line) => {
      const [, , , local = ''] = line.split(/\s+/);
      const port = Number(local.slice(local.lastIndexOf(':') + 1));
      if (!port) return [];
      const [, timer = '', , count = '0'] = /timer:\((\w+),([^,]*),(\d+)\)/.exec(line) ?? [];
      return [[port, { timer: timer === '' ? 'none' : (names[timer] ?? timer), count: Number(count) }]];
    }),
  );
}
