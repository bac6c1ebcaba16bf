/**
 * Generated configurations against `ssh -G` of three releases, as Debian builds them. HOLDFAST_FUZZ=n: n cases for each, of
 * a random seed, which HOLDFAST_SEED repeats; HOLDFAST_RELEASE: of that release alone.
 */
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { amount, thorough } from '../support/amount.js';
import { Coverage, cover } from '../support/configcoverage.js';
import { configCaseOf } from '../support/configgen.js';
import { hostsText, judge } from '../support/configjudge.js';
import { scratch } from '../support/guard.js';
import { needs } from '../support/machine.js';
import { judgeOf } from '../support/parts.js';

const longer = Number(process.env.HOLDFAST_FUZZ ?? 0);
const seed = Number(process.env.HOLDFAST_SEED ?? (longer > 0 ? Date.now() % 2 ** 31 : 1));
/** Of the releases; the machine's own comes by most often. */
const counts = {
  '9.2': longer > 0 ? longer : amount(5_000),
  '8.4': longer > 0 ? longer : amount(1_000),
  '10.0': longer > 0 ? longer : amount(1_000),
};
/** Fewer need not come by everything there is. */
const covers = longer > 0 || thorough;
const only = process.env.HOLDFAST_RELEASE;
const atOnce = 4;
/** Cases are made in lots: each of them is some kilobytes. */
const lot = 1_000;
const mostDifferences = 10;

for (const release of ['9.2', '8.4', '10.0'] as const) {
  if (only !== undefined && only !== release) continue;
  needs(`openssh-${release}`).describe(`ssh -G of OpenSSH ${release} and the same files`, () => {
    const count = counts[release];
    let place: ReturnType<typeof scratch>;
    beforeAll(() => {
      place = scratch('config');
      writeFileSync(path.join(place.dir, 'hosts'), hostsText());
    });
    afterAll(() => place.remove());

    it(`says the same of ${count} generated configurations (seed ${seed})`, {
      timeout: 7_200_000,
    }, async () => {
      const debian = judgeOf(release);
      if (debian === undefined) throw new Error(`no ssh of ${release}`);
      const judging = { ...debian, release };
      const generator = configCaseOf(release);
      const coverage = new Coverage(release);
      const differences: string[] = [];
      let refused = 0;
      let judged = 0;
      for (let from = 0; from < count; from += lot) {
        const cases = fc.sample(generator, { seed: seed + from, numRuns: Math.min(lot, count - from) });
        const work = async () => {
          for (let each = cases.pop(); each && differences.length < mostDifferences; each = cases.pop()) {
            const dir = path.join(place.dir, String(judged));
            judged += 1;
            const { difference, ours, withoutLine } = await judge(
              each,
              dir,
              path.join(place.dir, 'hosts'),
              judging,
            );
            if (ours.type === 'refused') refused += 1;
            cover(coverage, each, ours, withoutLine);
            if (difference !== null) differences.push(`${difference}\n${JSON.stringify(each, null, 1)}`);
          }
        };
        await Promise.all(Array.from({ length: atOnce }, work));
      }
      console.log(
        `${debian.banner}: ${judged} configurations, ${refused} of them refused\n${coverage.table()}`,
      );
      expect(differences).toEqual([]);
      if (covers) expect(coverage.missing()).toEqual([]);
    });
  });
}
