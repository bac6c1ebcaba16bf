/** `holdfast relay` in namespaces, against the real kernel, and as the ProxyCommand of the system's ssh. */
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import {
  idleDetectionMs,
  inFlightDetectionMs,
  userTimeoutDetectionMs,
} from '../../src/core/keepalive/detection.js';
import { Watched } from '../support/client.js';
import { bin, plainEnv } from '../support/holdfast.js';
import { needs, program } from '../support/machine.js';
import { type Netlab, net, openNetlab } from '../support/netlab.js';
import { here } from '../support/place.js';
import { alive, family } from '../support/processes.js';
import { socketOf } from '../support/sockopts.js';
import { type Sshd, startSshd } from '../support/sshd.js';
import { address, type Fate, TcpLab } from '../support/tcplab.js';
import { until } from '../support/until.js';

interface Case {
  readonly name: string;
  readonly options: readonly string[];
  readonly fate: Fate;
  /** Sends something once the fate holds. */
  readonly sends?: boolean;
  /** null: not within the time of the test. */
  readonly expectedMs: number | null;
  readonly error?: string;
}

const of = (idleS: number, intervalS: number, probes: number) => ({
  idleMs: idleS * 1_000,
  intervalMs: intervalS * 1_000,
  probes,
});
const keepalive = (value: string, ...more: string[]) => ['--tcp-keepalive', value, ...more];

const cases: readonly Case[] = [
  {
    name: 'a black hole: idle + interval x probes',
    options: keepalive('2:1:2'),
    fate: 'drop',
    expectedMs: idleDetectionMs(of(2, 1, 2)),
    error: 'ETIMEDOUT',
  },
  {
    name: 'a user timeout below that: the first tick that is not before it',
    options: keepalive('2:1:9', '--tcp-user-timeout', '4'),
    fate: 'drop',
    expectedMs: userTimeoutDetectionMs(of(2, 1, 9), 4_000),
    error: 'ETIMEDOUT',
  },
  {
    name: 'a user timeout above that: it replaces the probes',
    options: keepalive('2:1:2', '--tcp-user-timeout', '7'),
    fate: 'drop',
    expectedMs: userTimeoutDetectionMs(of(2, 1, 2), 7_000),
    error: 'ETIMEDOUT',
  },
  {
    name: 'data in flight, a user timeout: so long after the first retransmission',
    options: keepalive('2:1:2', '--tcp-user-timeout', '5'),
    fate: 'drop',
    sends: true,
    expectedMs: inFlightDetectionMs({ retries2: 5, rtoMaxMs: 120_000 }, { userTimeoutMs: 5_000 }),
    error: 'ETIMEDOUT',
  },
  {
    name: 'a reset answers the first probe: not ETIMEDOUT',
    options: keepalive('2:1:2'),
    fate: 'reset',
    expectedMs: 2_000,
    error: 'ECONNRESET',
  },
  {
    name: 'a black hole with the values of the system: for 2 h and more',
    options: keepalive('system'),
    fate: 'drop',
    expectedMs: null,
  },
  {
    name: 'a peer that answers the probes: for ever',
    options: keepalive('2:1:2'),
    fate: 'pass',
    expectedMs: null,
  },
];

const firstPort = 7_300;
const watchMs = 9_500;
const toleranceMs = 1_500;

needs('netns', 'koffi').describe('relay against the kernel', () => {
  let lab: TcpLab;
  let sinceMs = 0;
  const runs: { readonly relay: Watched; endedMs: number | null }[] = [];
  let asked = '';

  beforeAll(async () => {
    lab = await TcpLab.open(
      { 'ipv4/tcp_retries2': 5 },
      cases.map((_one, index) => ({ port: firstPort + index, kind: 'echo' })),
    );
    for (const [index, { options }] of cases.entries()) {
      const words = [bin, 'relay', ...options, address.server, String(firstPort + index)];
      const child = lab.client.spawn(process.execPath, words, { stdio: 'pipe', env: plainEnv() });
      runs.push({ relay: new Watched(child), endedMs: null });
    }
    for (const run of runs) {
      run.relay.child.once('close', () => {
        run.endedMs = performance.now();
      });
      run.relay.child.stdin?.write('word\n');
    }
    await Promise.all(runs.map(({ relay }) => relay.says('word')));
    sinceMs = performance.now();
    await lab.fate(Object.fromEntries(cases.map(({ fate }, index) => [firstPort + index, fate])));
    for (const [index, { sends }] of cases.entries()) {
      if (sends) runs[index]?.relay.child.stdin?.write('more\n');
    }
    // The one whose user timeout lets it ask longest.
    const longest = runs[2]?.relay;
    await until(
      'an unanswered probe on USR1',
      () => {
        longest?.child.kill('SIGUSR1');
        asked = longest?.stderr ?? '';
        return /[1-9] probes? unanswered/.test(asked);
      },
      { everyMs: 200 },
    );
    await sleep(sinceMs + watchMs - performance.now());
  }, 60_000);
  afterAll(() => lab.close());

  for (const [index, { name, expectedMs, error }] of cases.entries()) {
    it(expectedMs === null ? name : `${name}: ${expectedMs / 1_000} s, ${error}`, () => {
      const run = runs[index];
      if (expectedMs === null) {
        expect(run?.endedMs).toBeNull();
        return;
      }
      const tookMs = (run?.endedMs ?? Number.POSITIVE_INFINITY) - sinceMs;
      expect(run?.relay.stderr).toMatch(
        new RegExp(`10\\.78\\.2\\.2 port ${firstPort + index}: .* \\(${error}\\); silent for .*, round trip`),
      );
      expect(Math.abs(tookMs - expectedMs), `took ${tookMs} ms`).toBeLessThan(toleranceMs);
      expect(run?.relay.child.exitCode).toBe(5);
      expect(run?.relay.stdout).toBe('word\n');
    });
  }

  it('says on USR1 how many probes nobody answered', () => {
    expect(asked).toMatch(/silent for [2-9](\.\d)? s, [1-5] probes? unanswered, round trip [\d.]+ ms, /);
  });
});

needs('sshd', 'ssh').describe("relay as the ProxyCommand of the system's ssh", () => {
  let sshd: Sshd;
  beforeAll(async () => {
    sshd = await startSshd();
  });
  afterAll(() => sshd.stop());

  const through = (...options: string[]) => [
    '-o',
    `ProxyCommand=${process.execPath} ${bin} relay ${options.join(' ')} %h %p`,
  ];

  it('a command runs, its output and its code come back, and nothing is said', async () => {
    const args = [...sshd.sshArgs(...through('--tcp-keepalive=system')), 'cat; echo over; exit 7'];
    const { code, stdout, stderr } = await here.exec(program('ssh'), args, { input: 'x'.repeat(1_000_000) });
    expect({ code, stderr }).toEqual({ code: 7, stderr: '' });
    expect(stdout).toBe(`${'x'.repeat(1_000_000)}over\n`);
  });

  needs('perl', 'koffi', 'netns').it('its socket has 15:5:3, or what was asked', async () => {
    for (const [options, values] of [
      [[], [15, 5, 3]],
      [
        ['--tcp-keepalive', '40:8:2'],
        [40, 8, 2],
      ],
    ] as const) {
      const ssh = new Watched(here.spawn(program('ssh'), sshd.sshArgs('-v', '-N', ...through(...options))));
      await ssh.says('Entering interactive session');
      const [pid] = family([ssh.child.pid ?? 0]).filter((one) => one !== ssh.child.pid);
      const { keepAlive, idle, interval, probes } = await socketOf(pid, sshd.port);
      expect([keepAlive, idle, interval, probes]).toEqual([1, ...values]);
      ssh.child.kill('SIGTERM');
      await ssh.end();
      await until('the end of the relay', () => pid !== undefined && !alive(pid));
    }
  });
});

needs('netns', 'sshd', 'ssh', 'koffi').describe('ssh through relay in a black hole', () => {
  let lab: Netlab;
  beforeAll(async () => {
    lab = await openNetlab();
  });
  afterAll(() => lab.close());

  it('ends in idle + interval x probes, with the name that ssh itself throws away', async () => {
    const proxy = `ProxyCommand=${process.execPath} ${bin} relay --tcp-keepalive 2:1:2 %h %p`;
    const [command, args] = lab.ssh('-v', '-N', '-o', proxy);
    const ssh = new Watched(lab.client.spawn(command, args, { stdio: 'pipe', env: plainEnv() }));
    await ssh.says('Entering interactive session');
    const since = performance.now();
    await lab.blackhole(true);
    await ssh.says('ETIMEDOUT');
    const tookMs = performance.now() - since;
    expect(await ssh.end()).toBe(255);
    expect(ssh.stderr).toMatch(
      new RegExp(
        `holdfast relay: ${net.server} port ${net.sshPort}: connection timed out \\(ETIMEDOUT\\); silent for`,
      ),
    );
    // Its last segment may be up to 1 s older than the hole.
    expect(Math.abs(tookMs - idleDetectionMs(of(2, 1, 2))), `took ${tookMs} ms`).toBeLessThan(toleranceMs);
  });
});
