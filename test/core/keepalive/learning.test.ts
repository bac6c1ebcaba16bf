/** What a tunnel learns of its path, and the heartbeat that comes of it. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  beatOf,
  beginLearning,
  died,
  type Lesson,
  learn,
  survived,
} from '../../../src/core/keepalive/probe/learning.js';
import {
  knownOf,
  nothingKnown,
  type PathKnowledge,
  type PathRecord,
  parsePaths,
  printPaths,
  withRecord,
} from '../../../src/core/keepalive/probe/pathmemory.js';

const known = (more: Partial<PathKnowledge>): PathKnowledge => ({ ...nothingKnown, ...more });
const knownAfter = (lessons: readonly Lesson[], begin = nothingKnown) =>
  lessons.reduce(learn, beginLearning(begin)).known;
const interval = (one: PathKnowledge) => beatOf(one, 3).intervalMs;

describe('the heartbeat', () => {
  it.each([
    ['nothing is known', {}, 15_000, 3],
    ['350 s were measured', { safeMs: 340_000, deadMs: 359_000 }, 272_000, 2],
    ['no limit up to 15 min', { safeMs: 900_000 }, 300_000, 2],
    ['13 s were measured', { safeMs: 12_800, deadMs: 13_700 }, 10_000, 3],
    ['its own beats survived', { safeMs: 15_000 }, 15_000, 3],
    ['it is dead after 5 s', { safeMs: 2_000, deadMs: 5_000 }, 5_000, 3],
    ['only a death is known', { deadMs: 30_000 }, 12_000, 3],
    ['one death may have another cause', { doubtfulMs: 15_000 }, 15_000, 3],
  ])('where %s', (_what, one, intervalMs, countMax) => {
    expect(beatOf(known(one), 3)).toEqual({ intervalMs, countMax });
  });

  it('is 0.8 of what is safe, from 5 s to 5 min, whatever was learned', () => {
    const times = fc.integer({ min: 0, max: 3_600_000 });
    const lesson: fc.Arbitrary<Lesson> = fc.oneof(
      times.map((idleMs) => ({ type: 'heartbeat', idleMs }) as const),
      times.map((idleMs) => ({ type: 'drained', idleMs }) as const),
      times.map((idleMs) => ({ type: 'down', idleMs }) as const),
      times.map((downMs) => ({ type: 'up', downMs }) as const),
    );
    fc.assert(
      fc.property(fc.array(lesson, { maxLength: 40 }), fc.integer({ min: 1, max: 10 }), (lessons, most) => {
        const one = knownAfter(lessons);
        const { intervalMs, countMax } = beatOf(one, most);
        expect(intervalMs).toBeGreaterThanOrEqual(5_000);
        expect(intervalMs).toBeLessThanOrEqual(300_000);
        expect(countMax).toBeGreaterThanOrEqual(2);
        if (one.safeMs !== null && one.deadMs !== null) {
          expect(one.safeMs).toBeLessThan(one.deadMs);
          expect(intervalMs).toBeLessThanOrEqual(Math.max(5_000, one.safeMs * 0.8));
        }
      }),
    );
  });

  it('a path with any time-out above 7 s is kept open in the end, from any beginning', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 7_000, max: 900_000 }),
        fc.option(fc.integer({ min: 1_000, max: 900_000 }), { nil: null }),
        (timeoutMs, safeMs) => {
          let learning = beginLearning(known({ safeMs }));
          for (let beats = 0; beats < 40; beats += 1) {
            const idleMs = beatOf(learning.known, 3).intervalMs;
            const lessons: Lesson[] =
              idleMs < timeoutMs
                ? [{ type: 'heartbeat', idleMs }]
                : [
                    { type: 'down', idleMs },
                    { type: 'up', downMs: 100 },
                  ];
            learning = lessons.reduce(learn, learning);
          }
          expect(beatOf(learning.known, 3).intervalMs).toBeLessThan(timeoutMs);
        },
      ),
    );
  });
});

describe('what is learned', () => {
  it('a longer silence that was survived, as after a sleep of the machine', () => {
    expect(survived(known({ safeMs: 15_000 }), 400_000).safeMs).toBe(400_000);
    expect(interval(survived(known({ safeMs: 15_000 }), 400_000))).toBe(300_000);
    expect(survived(known({ safeMs: 15_000 }), 10_000)).toEqual(known({ safeMs: 15_000 }));
  });

  it('one death is a doubt, two are the end of it; what survives it takes it back', () => {
    const once = died(known({ safeMs: 340_000, deadMs: 359_000 }), 272_000);
    expect(once).toMatchObject({ safeMs: 340_000, deadMs: 359_000, doubtfulMs: 272_000 });
    expect(survived(once, 272_000).doubtfulMs).toBeNull();
    const twice = died(once, 270_000);
    expect(twice).toMatchObject({ safeMs: 136_000, deadMs: 272_000, doubtfulMs: null });
    expect(interval(twice)).toBe(108_000);
    expect(survived(twice, 280_000)).toMatchObject({ safeMs: 280_000, deadMs: null });
  });

  it('a loss counts where the path is back soon, and only then', () => {
    const lost = { type: 'down', idleMs: 15_000 } as const;
    const back = (downMs: number) => ({ type: 'up', downMs }) as const;
    expect(knownAfter([lost, back(300)]).doubtfulMs).toBe(15_000);
    expect(knownAfter([lost, back(60_000)]).doubtfulMs).toBeNull();
    expect(knownAfter([back(300)])).toEqual(nothingKnown);
    expect(knownAfter([lost, back(300), lost, back(300)])).toMatchObject({ safeMs: 7_500, deadMs: 15_000 });
    expect(knownAfter([lost, back(300), back(300)]).doubtfulMs).toBe(15_000);
  });

  it('a link that another one replaced and that never answered counts by itself', () => {
    const drained = { type: 'drained', idleMs: 20_000 } as const;
    expect(knownAfter([drained, drained])).toMatchObject({ safeMs: 10_000, deadMs: 20_000 });
  });

  it('a silence of less than 5 s tells nothing', () => {
    expect(died(nothingKnown, 4_000)).toEqual(nothingKnown);
  });
});

describe('the state file', () => {
  const record = (more: Partial<PathRecord> = {}): PathRecord => ({
    gateway: '56:39:79:d1:e1:8e',
    network: '192.168.1.0/24',
    host: 'db:22',
    safeMs: 340_000,
    deadMs: null,
    doubtfulMs: null,
    mode: null,
    at: 1_000,
    ...more,
  });

  it('is read as it was written; the path is gateway, network and host', () => {
    const records = [record({ mode: 'loose', deadMs: 350_000 }), record({ host: 'web:22', gateway: null })];
    expect(parsePaths(printPaths(records))).toEqual(records);
    expect(knownOf(records, record(), 2_000).safeMs).toBe(340_000);
    for (const other of [{ host: 'x:22' }, { gateway: null }, { network: null }])
      expect(knownOf(records, record(other), 2_000)).toEqual(nothingKnown);
  });

  it('forgets what is a month old, and all but the newest 50', () => {
    const month = 30 * 86_400_000;
    expect(knownOf([record()], record(), 1_000 + month)).toEqual(nothingKnown);
    const many = Array.from({ length: 60 }, (_, at) => record({ host: `h${at}:22`, at }));
    const kept = parsePaths(printPaths(many));
    expect(kept.length).toBe(50);
    expect(kept.some(({ host }) => host === 'h9:22')).toBe(false);
    expect(withRecord([record()], record({ safeMs: 1 }))).toEqual([record({ safeMs: 1 })]);
  });

  it('of another form is passed over', () => {
    const [one] = [record()];
    for (const text of ['', 'no', '[]', '{}', '{"paths":1}', '{"paths":[1,{}]}'])
      expect(parsePaths(text)).toEqual([]);
    for (const wrong of [
      { safeMs: -1 },
      { deadMs: 'x' },
      { mode: 'odd' },
      { host: 1 },
      { at: null },
      { gateway: 2 },
    ])
      expect(parsePaths(JSON.stringify({ paths: [{ ...one, ...wrong }, one] }))).toEqual([one]);
  });
});
