/**
 * The tests of the machine are tested: each mutant is the machine with one of its ideas broken, and the tables or the
 * random lives must notice.
 */
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { liveOne, lives } from '../support/lives.js';
import { Life, local, type Machine, policy, remote } from '../support/world.js';

const root = join(import.meta.dirname, '../..');
mkdirSync(join(root, '.cache'), { recursive: true });
const folder = mkdtempSync(join(root, '.cache/mutants-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Mutant {
  readonly file: string;
  readonly from: string;
  readonly to: string;
}

/** The machine with `from` replaced by `to`; with neither, a plain copy. */
async function grow(
  name: string,
  mutant: Mutant | null,
): Promise<Machine & { backoff: (a: number, b: number, p: typeof policy) => number }> {
  const core = join(folder, name.replace(/\W+/g, '-'));
  cpSync(join(root, 'src/core'), core, { recursive: true });
  if (mutant) {
    const path = join(core, mutant.file);
    const before = readFileSync(path, 'utf8');
    const after = before.replace(mutant.from, mutant.to);
    expect(after, `${mutant.file} no longer holds: ${mutant.from}`).not.toBe(before);
    writeFileSync(path, after);
  }
  const { step, deadline } = await import(join(core, 'tunnel/step.ts'));
  const { start } = await import(join(core, 'tunnel/state.ts'));
  const { backoff } = await import(join(core, 'tunnel/linkrules.ts'));
  return { step, deadline, start, backoff };
}

function livesOf(machine: Machine, numRuns: number): void {
  fc.assert(
    fc.property(lives, (story) => liveOne(story, machine)),
    { numRuns, endOnFailure: true },
  );
}

function suspect(machine: Machine): Life {
  const life = new Life([remote], {}, machine).up();
  life.until(life.due());
  life.until(life.due());
  return life;
}

describe('a plain copy passes what the mutants must not', async () => {
  const machine = await grow('plain', null);
  it('lives', () => livesOf(machine, 300));
  it('tables', () => {
    oldNews(machine);
    spokeFirst(machine);
    lateTimer(machine);
    jitter(machine);
  });
});

/** What a link that is gone still reports changes nothing and is told to nobody. */
function oldNews(machine: Machine): void {
  const life = suspect(machine);
  life.report({ type: 'keepaliveReply', link: 1, rttMs: 1_100 }); // link 2 is closed
  life.all.length = 0;
  const before = JSON.stringify([life.state, [...life.state.links]]);
  const why = { kind: 'lost', message: '' } as const;
  for (const event of [
    { type: 'ended', link: 2, failure: why },
    { type: 'tcpConnected', link: 2 },
    { type: 'promptOpened', link: 2, text: '?' },
    { type: 'opened', link: 2, byPerson: true },
    { type: 'emptied', link: 2 },
    { type: 'keepaliveReply', link: 2, rttMs: 1 },
    { type: 'remoteRefused', forward: 0, link: 2, reason: '' },
  ] as const) {
    life.report(event);
    expect(life.all, event.type).toEqual([]);
    expect(JSON.stringify([life.state, [...life.state.links]]), event.type).toBe(before);
  }
}

/** The suspect speaks: its successor is closed. */
function spokeFirst(machine: Machine): void {
  const life = suspect(machine);
  life.now += 100;
  expect(life.report({ type: 'keepaliveReply', link: 1, rttMs: 1_100 })).toContain('close 2 reset');
}

/** We could not run for 3 s: the answer may lie in the kernel. */
function lateTimer(machine: Machine): void {
  const life = new Life([remote], {}, machine).up();
  life.until(life.due());
  life.now += 4_000;
  expect(life.report({ type: 'ticked' }, 3_000)).toEqual([]);
}

/** Those who wait longest do not all come back at once. */
function jitter(machine: Awaited<ReturnType<typeof grow>>): void {
  const waits = [0.5, 0.7, 0.9, 0.99].map((roll) => machine.backoff(60_000, roll, policy));
  expect(new Set(waits).size).toBe(4);
  for (const wait of waits) expect(wait).toBeLessThan(60_000);
}

const mutants: readonly (Mutant & {
  readonly name: string;
  readonly notices: (machine: Awaited<ReturnType<typeof grow>>) => void;
})[] = [
  {
    name: 'the number guard is dropped',
    file: 'tunnel/step.ts',
    from: "if (!('link' in event) || context.state.links.has(event.link)) record(context, event);",
    to: 'record(context, event);',
    notices: oldNews,
  },
  {
    name: 'the successor is forgotten when the old link speaks',
    file: 'tunnel/liveness.ts',
    from: "emit(context, { type: 'close', link: state.next, how: 'reset' });\n    state.links.delete(state.next);\n    state.next = null;",
    to: '',
    notices: spokeFirst,
  },
  {
    name: 'jitter comes before the cap',
    file: 'tunnel/linkrules.ts',
    from: 'return policy.minRetryMs + random * (highest - policy.minRetryMs);',
    to: 'return Math.min(policy.maxRetryMs, policy.minRetryMs + random * 3 * Math.max(beforeMs, policy.minRetryMs));',
    notices: jitter,
  },
  {
    name: 'a late timer counts as a missed beat',
    file: 'tunnel/step.ts',
    from: 'excuse(context);',
    to: '',
    notices: lateTimer,
  },
  {
    name: 'a client of a link that ended is not released',
    file: 'tunnel/linkrules.ts',
    from: 'release(context, link);\n  if (link === state.next)',
    to: 'if (number === state.next)',
    notices: (machine) => livesOf(machine, 2_000),
  },
  {
    name: 'stopping does not wait for links, nor ends them',
    file: 'tunnel/step.ts',
    from: 'return links.size === 0 ? atOnce : lifecycle.since + policy.drainMs;',
    to: 'return links.size === 0 ? atOnce : never;',
    notices: (machine) => livesOf(machine, 2_000),
  },
  {
    name: 'successors are not rationed',
    file: 'tunnel/linkrules.ts',
    from: 'return Math.max(due, state.successorAt + policy.successorEveryMs);',
    to: 'return due;',
    notices: (machine) => livesOf(machine, 2_000),
  },
  {
    name: 'a question stops nobody from dialling',
    file: 'tunnel/linkrules.ts',
    from: 'state.next !== null || state.prompt) return never;',
    to: 'state.next !== null) return never;',
    notices: (machine) => {
      const life = new Life([remote], {}, machine).up();
      life.report({ type: 'ended', link: 1, failure: { kind: 'lost', message: '' } });
      life.until(life.due());
      life.report({ type: 'promptOpened', link: 2, text: '?' });
      life.report({ type: 'ended', link: 2, failure: { kind: 'lost', message: '' } });
      expect(life.until(3_600_000)).toEqual([]);
    },
  },
  {
    name: 'up is told although a forward is refused',
    file: 'tunnel/up.ts',
    from: 'if (policy.exitOnForwardFailure) return all.every((index) => isBound(state, index));',
    to: 'if (policy.exitOnForwardFailure) return all.every((index) => isAnswered(state, index));',
    notices: (machine) => {
      const life = new Life([local, remote], {}, machine);
      life.report({ type: 'started' });
      life.report({ type: 'listened', forward: 0, port: 5432 });
      for (const type of ['tcpConnected', 'hostKeyAccepted'] as const) life.report({ type, link: 1 });
      life.report({ type: 'opened', link: 1, byPerson: false });
      life.report({ type: 'remoteRefused', forward: 1, link: 1, reason: 'taken' });
      expect(life.told()).not.toContain('up');
    },
  },
  {
    name: 'clients that are turned away are named without end',
    file: 'tunnel/turnedaway.ts',
    from: 'known.named < policy.namedMax',
    to: 'true',
    notices: (machine) => {
      const life = new Life([remote], {}, machine).up();
      for (let turn = 0; turn < 9; turn++)
        life.report({ type: 'remoteClientRefused', forward: 0, reason: 'refused' });
      expect(life.told().filter((type) => type === 'client-refused')).toHaveLength(3);
    },
  },
];

describe('is noticed:', () => {
  it.each(mutants)('$name', async ({ name, notices, ...mutant }) => {
    const machine = await grow(name, mutant);
    expect(() => notices(machine)).toThrow();
  });
});
