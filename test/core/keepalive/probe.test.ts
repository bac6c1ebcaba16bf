/** The search for an idle time-out: whatever it is, it is found to its resolution, at no more cost than was announced. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  intervalFor,
  type Mode,
  matchingMiddleboxes,
  outcomeOf,
} from '../../../src/core/keepalive/probe/outcome.js';
import { type Direction, type ProbeGoal, planOf } from '../../../src/core/keepalive/probe/probing.js';
import {
  bracketOf,
  nextRound,
  resolutionMs,
  type SearchResolution,
} from '../../../src/core/keepalive/probe/search.js';
import { measure, type Path } from '../../support/path.js';

const seconds = (s: number) => s * 1_000;
const both: readonly Direction[] = ['server', 'client'];
const asked = (more: Partial<ProbeGoal['range']> = {}, directions = both): ProbeGoal => ({
  range: { leastMs: seconds(30), mostMs: seconds(900), resolution: { part: 0.1 }, ...more },
  directions,
  width: 6,
  graceMs: 5_000,
});
const modes: readonly Mode[] = ['drop', 'reset', 'loose', 'close'];

const resolutions: fc.Arbitrary<SearchResolution> = fc.oneof(
  fc.constantFrom({ part: 0.1 }, { part: 0.05 }, { part: 0.3 }),
  fc.constantFrom({ lengthMs: 1_000 }, { lengthMs: 5_000 }, { lengthMs: 30_000 }),
);
const ranges = fc
  .record({
    leastMs: fc.integer({ min: 2_000, max: 120_000 }),
    factor: fc.double({ min: 1, max: 60, noNaN: true }),
    resolution: resolutions,
  })
  .map(({ leastMs, factor, resolution }) => ({ leastMs, mostMs: Math.round(leastMs * factor), resolution }));
const scenes = fc.record({
  range: ranges,
  width: fc.integer({ min: 3, max: 8 }),
  directions: fc.constantFrom<readonly Direction[]>(['server', 'client'], ['client'], ['server']),
  mode: fc.constantFrom(...modes),
  part: fc.double({ min: 0, max: 1.2, noNaN: true }),
  late: fc.infiniteStream(fc.double({ min: 0, max: 0.99, noNaN: true })),
});
type Scene = typeof scenes extends fc.Arbitrary<infer T> ? T : never;

/** Between the bounds, at one of them, or above. */
const timeoutOf = ({ range: { leastMs, mostMs }, part }: Scene) =>
  Math.round(leastMs + (mostMs - leastMs) * part) + (part > 1 ? 1_000 : 0);
const pathOf = (scene: Scene): Path => ({
  timeoutMs: timeoutOf(scene),
  mode: scene.mode,
  late: () => scene.late.next().value,
});
const askedOf = ({ range, width, directions }: Scene): ProbeGoal => ({
  range,
  width,
  directions,
  graceMs: 5_000,
});

/** The bounds hold what is true, and are as close as was asked. */
function check(scene: Scene, more: Partial<Path> = {}): void {
  const what = askedOf(scene);
  const path = { ...pathOf(scene), ...more };
  const { state, logins } = measure(what, path);
  const { safeMs, deadMs, mode, complete, logins: told } = outcomeOf(state);
  expect(told).toBe(logins);
  expect(logins).toBeLessThanOrEqual(planOf(what).mostLogins);
  expect(complete).toBe(true);
  // From the client's side a loose middlebox forgets nothing.
  const hidden = scene.mode === 'loose' && !scene.directions.includes('server');
  const timeoutMs = hidden ? Number.POSITIVE_INFINITY : (path.timeoutMs ?? Number.POSITIVE_INFINITY);
  const { leastMs, mostMs, resolution } = scene.range;
  expect(safeMs ?? 0).toBeLessThanOrEqual(timeoutMs);
  if (timeoutMs >= mostMs + 200) {
    expect({ safeMs, deadMs, mode }).toEqual({ safeMs: mostMs, deadMs: null, mode: null });
    return;
  }
  if (timeoutMs > mostMs) return;
  expect(deadMs ?? 0).toBeGreaterThanOrEqual(timeoutMs);
  expect((deadMs ?? 0) - (safeMs ?? leastMs)).toBeLessThanOrEqual(
    resolutionMs(resolution, safeMs ?? leastMs),
  );
  const told1 = scene.directions.includes('client') || scene.mode === 'close';
  expect(mode).toBe(told1 ? scene.mode : null);
}

const anHour: Path = { timeoutMs: seconds(3_600), mode: 'drop' };
const runs = { numRuns: 400 };

describe('the search', () => {
  it('finds any time-out in range to its resolution, in every mode, within the logins it announced', () => {
    fc.assert(
      fc.property(scenes, (scene) => check(scene)),
      runs,
    );
  });

  it('and so with verdicts that are lost', () => {
    fc.assert(
      fc.property(scenes, fc.uniqueArray(fc.integer({ min: 1, max: 20 }), { maxLength: 2 }), (scene, lost) =>
        check(scene, { lost: new Set(lost) }),
      ),
      runs,
    );
  });

  it('with any number of lost verdicts and one death of another cause: never beyond the logins, and what is safe is', () => {
    const many = fc.record({
      lost: fc.uniqueArray(fc.integer({ min: 1, max: 60 }), { maxLength: 40 }),
      killed: fc.integer({ min: 1, max: 30 }),
      cutAt: fc.option(fc.integer({ min: 1, max: 30 }), { nil: undefined }),
    });
    fc.assert(
      fc.property(scenes, many, (scene, { lost, killed, cutAt }) => {
        const what = askedOf(scene);
        const more = {
          lost: new Set(lost),
          killed: new Set([killed]),
          ...(cutAt === undefined ? {} : { cutAt }),
        };
        const { state, logins } = measure(what, { ...pathOf(scene), ...more });
        const { safeMs, deadMs, complete } = outcomeOf(state);
        expect(logins).toBeLessThanOrEqual(planOf(what).mostLogins);
        expect(state.end).not.toBeNull();
        const hidden = scene.mode === 'loose' && !(scene.directions[0] === 'server' && complete);
        if (!hidden) expect(safeMs ?? 0).toBeLessThanOrEqual(timeoutOf(scene));
        // Where both directions were to be seen a death with another cause is told from theirs.
        if (complete && deadMs !== null && scene.directions.length === 1 && scene.mode !== 'loose')
          expect(deadMs).toBeGreaterThanOrEqual(Math.min(timeoutOf(scene), scene.range.mostMs));
      }),
      runs,
    );
  });

  it('350 s between 30 and 900: three rounds, and the other direction at the bounds alone', () => {
    const { state, rounds, trials } = measure(asked(), { timeoutMs: seconds(350), mode: 'reset' });
    const { safeMs, deadMs, mode, intervalS, complete } = outcomeOf(state);
    expect({ mode, complete, rounds }).toEqual({ mode: 'reset', complete: true, rounds: 4 });
    expect((deadMs ?? 0) - (safeMs ?? 0)).toBeLessThanOrEqual((safeMs ?? 0) * 0.1);
    expect(intervalS).toBe(Math.floor((safeMs ?? 0) * 0.0008));
    expect(trials.filter(({ direction }) => direction === 'client').map(({ idleMs }) => idleMs)).toEqual([
      safeMs,
      deadMs,
    ]);
    expect(trials.length).toBeLessThan(planOf(asked()).likelyLogins);
  });

  it('no limit in range: one round, and one look from the other side', () => {
    const { state, rounds } = measure(asked(), { timeoutMs: null, mode: 'drop' });
    expect(outcomeOf(state)).toMatchObject({
      ...{ safeMs: 900_000, deadMs: null, mode: null, intervalS: 300, complete: true, logins: 8 },
      directions: { server: { safeMs: 900_000 }, client: { safeMs: 900_000 } },
    });
    expect(rounds).toBe(2);
  });

  it('dead from the shortest on: nothing is safe, and nothing is promised', () => {
    const { state } = measure(asked(), { timeoutMs: seconds(20), mode: 'drop' });
    expect(outcomeOf(state)).toMatchObject({
      ...{ safeMs: null, deadMs: 30_400, mode: 'drop', intervalS: null, complete: true },
    });
  });

  it('from the client alone a loose middlebox hides its time-out; the server sees it', () => {
    const path = { timeoutMs: seconds(60), mode: 'loose' } as const;
    const alone = outcomeOf(measure(asked({}, ['client']), path).state);
    expect(alone).toMatchObject({ safeMs: 900_000, deadMs: null, mode: null });
    const seen = outcomeOf(measure(asked(), path).state);
    expect(seen).toMatchObject({ mode: 'loose', directions: { client: { deadMs: null } } });
    expect(seen.safeMs).toBeLessThanOrEqual(60_000);
    expect(seen.deadMs).toBeGreaterThanOrEqual(60_000);
  });

  it('the longer ones are given up when a shorter one died', () => {
    const { trials, state } = measure(asked({}, ['server']), { timeoutMs: seconds(50), mode: 'drop' });
    const told = state.findings.server.map(({ idleMs }) => idleMs);
    expect(Math.max(...told)).toBeLessThan(seconds(70));
    expect(Math.max(...trials.map(({ idleMs }) => idleMs))).toBe(seconds(900));
  });
});

describe('what stands in the way', () => {
  it('a server that speaks by itself bounds the measurement', () => {
    const { state } = measure(asked(), { timeoutMs: seconds(350), mode: 'drop', speaksMs: seconds(100) });
    expect(outcomeOf(state)).toMatchObject({
      safeMs: 90_000,
      deadMs: null,
      boundMs: 100_000,
      complete: true,
    });
    const often = measure(asked(), { timeoutMs: seconds(350), mode: 'drop', speaksMs: seconds(15) });
    expect(outcomeOf(often.state)).toMatchObject({
      safeMs: 13_500,
      deadMs: null,
      boundMs: 15_000,
      intervalS: 10,
    });
    const odd = measure(asked({ leastMs: 5_000, mostMs: 9_000 }), { ...anHour, speaksMs: 5_999 });
    expect(odd.trials.filter(({ direction }) => direction === 'client').length).toBe(1);
    const late = measure(asked(), { timeoutMs: seconds(60), mode: 'drop', speaksMs: seconds(100) });
    expect(outcomeOf(late.state)).toMatchObject({ mode: 'drop', boundMs: null });
  });

  it('a server that does not speak when told to: the other direction is measured', () => {
    const { state } = measure(asked(), { timeoutMs: seconds(60), mode: 'reset', refuses: true });
    const { safeMs, mode, complete, directions } = outcomeOf(state);
    expect({ mode, complete }).toEqual({ mode: 'reset', complete: false });
    expect(Object.keys(directions)).toEqual(['client']);
    expect(safeMs).toBeLessThanOrEqual(60_000);
    expect(state.refusal).toBe('prohibited');
  });

  it('a refused login ends it, with no other one', () => {
    const { state, logins } = measure(asked(), { timeoutMs: seconds(60), mode: 'drop', deniedAt: 3 });
    expect(state.end).toMatchObject({ type: 'failed', failure: { kind: 'denied' } });
    expect(logins).toBe(7);
  });

  it('stopped: what is known so far', () => {
    const { state } = measure(asked(), { timeoutMs: seconds(60), mode: 'drop', stopAt: 7 });
    expect(state.end).toEqual({ type: 'stopped' });
    expect(outcomeOf(state)).toMatchObject({ safeMs: 59_231, complete: false });
  });

  it('an outage: its round is not heard, and tried again', () => {
    const { state, logins } = measure(asked(), { timeoutMs: seconds(60), mode: 'drop', cutAt: 8 });
    expect(outcomeOf(state)).toMatchObject({ mode: 'drop', complete: true });
    expect(state.controls).toBe(2);
    expect(logins).toBeLessThanOrEqual(planOf(asked()).mostLogins);
  });

  it('nothing but outages: it ends, and says so', () => {
    const lost = new Set(Array.from({ length: 100 }, (_, at) => at));
    const { state } = measure(asked(), { timeoutMs: seconds(60), mode: 'drop', lost });
    expect(state.end).toEqual({ type: 'path' });
    expect(outcomeOf(state)).toMatchObject({ safeMs: null, deadMs: null, intervalS: null, complete: false });
  });
});

describe('what it comes to', () => {
  it.each([
    [350_000, 280],
    [60_000, 48],
    [900_000, 300],
    [6_000, 5],
    [5_000, null],
    [1_000, null],
  ])('%i ms are safe: an interval of %s s', (safeMs, intervalS) => {
    expect(intervalFor(safeMs)).toBe(intervalS);
  });

  it('the products that forget then, as shipped', () => {
    const found = matchingMiddleboxes({ safeMs: 340_000, deadMs: 355_000 }).map(({ vendor }) => vendor);
    expect(found).toContain('AWS');
    expect(matchingMiddleboxes({ safeMs: 900_000, deadMs: null })).toEqual([]);
    expect(matchingMiddleboxes({ safeMs: 401_000, deadMs: 420_000 })).toEqual([]);
  });

  it('two deaths bound it from above; what was survived since takes them back', () => {
    const dead = (idleMs: number) => ({ idleMs, alive: false });
    expect(bracketOf([dead(50), dead(40), dead(60), { idleMs: 30, alive: true }])).toEqual({
      ...{ safeMs: 30, doubtfulMs: 40, deadMs: 50 },
    });
    expect(bracketOf([dead(40), { idleMs: 45, alive: true }])).toEqual({
      ...{ safeMs: 45, doubtfulMs: null, deadMs: null },
    });
    expect(bracketOf([])).toEqual({ safeMs: null, doubtfulMs: null, deadMs: null });
  });

  it('the first round goes by a factor, the last ones evenly, with what died once again among them', () => {
    const { range } = asked();
    expect(nextRound(range, [], 6)).toEqual([30_000, 59_231, 116_942, 230_884, 455_846, 900_000]);
    const after = [30_000, 60_000].map((idleMs) => ({ idleMs, alive: true }));
    const next = nextRound(range, [...after, { idleMs: 110_000, alive: false }], 6);
    expect(next.at(-1)).toBe(110_000);
    expect(next.length).toBe(6);
  });
});
