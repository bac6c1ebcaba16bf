/** Generated configurations against the real `sshd -T`. HOLDFAST_FUZZ=n: n cases of a random seed. */
import path from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { amount } from '../support/amount.js';
import { scratch } from '../support/guard.js';
import { needs } from '../support/machine.js';
import { canMountPrivately, program } from '../support/parts.js';
import { here } from '../support/place.js';
import { type ServerCase, serverCase, serverWords } from '../support/sshdgen.js';
import { judgeServer, type ServerJudge, type ServerJudgement, serverJudge } from '../support/sshdjudge.js';

const longer = Number(process.env.HOLDFAST_FUZZ ?? 0);
const count = longer > 0 ? longer : amount(2_000);
const seed = Number(process.env.HOLDFAST_SEED ?? (longer > 0 ? Date.now() % 2 ** 31 : 1));
const atOnce = 3;

needs('sshd', 'unshare').describe('sshd -T of the same files', () => {
  let place: ReturnType<typeof scratch>;
  let judge: ServerJudge;
  beforeAll(async () => {
    place = scratch('sshd-config');
    const key = path.join(place.dir, 'key');
    await here.must(program('ssh-keygen'), ['-q', '-t', 'ed25519', '-N', '', '-f', key]);
    judge = serverJudge(place.dir, key);
  });
  afterAll(() => place.remove());

  it.runIf(canMountPrivately())(
    `says the same on ${count} generated configurations (seed ${seed})`,
    {
      timeout: 3_600_000,
    },
    async () => {
      const cases = fc.sample(serverCase, { seed, numRuns: count });
      const found: { each: ServerCase; judgement: ServerJudgement }[] = [];
      const tally = new Map<string, { seen: number; resolved: number }>();
      let refused = 0;
      let matched = 0;
      let next = 0;
      const work = async () => {
        while (next < cases.length && found.length < 10) {
          const at = next;
          next += 1;
          const each = cases[at];
          if (!each) continue;
          const judgement = await judgeServer(each, String(at), judge);
          const { ours } = judgement;
          if (ours.type === 'refused') refused += 1;
          else if (ours.answer.sections.some(({ block, activity }) => block && activity === 'yes'))
            matched += 1;
          for (const word of wordsIn(each)) {
            const row = tally.get(word) ?? { seen: 0, resolved: 0 };
            tally.set(word, {
              seen: row.seen + 1,
              resolved: row.resolved + (ours.type === 'resolved' ? 1 : 0),
            });
          }
          if (judgement.difference !== null || judgement.lintDifference !== null) {
            found.push({ each, judgement });
          }
        }
      };
      await Promise.all(Array.from({ length: atOnce }, work));

      const rows = [...tally].sort(([a], [b]) => (a < b ? -1 : 1));
      console.log(rows.map(([word, { seen, resolved }]) => `${word} ${seen}/${resolved}`).join('  '));
      console.log(
        `${next} trees, ${refused} refused, ${matched} with a block that matches; above: trees/resolved`,
      );
      for (const { each, judgement } of found) {
        console.log(JSON.stringify(each), judgement.difference, judgement.lintDifference);
      }
      expect(found.map(({ judgement }) => judgement.difference ?? judgement.lintDifference)).toEqual([]);
      const wanted = [...serverWords.keywords, ...serverWords.criteria.map((each) => `Match ${each}`)];
      const unseen = wanted.filter(
        (word) => (tally.get(word.toLowerCase())?.resolved ?? 0) < (longer > 0 ? 0 : 3),
      );
      expect(unseen).toEqual([]);
      expect(refused / next).toBeGreaterThan(0.15);
      expect(refused / next).toBeLessThan(0.4);
    },
  );
});

/** Keywords and criteria of a tree, each once, lower case. */
function wordsIn(each: ServerCase): Iterable<string> {
  const words = new Set<string>();
  for (const line of Object.values(each.files).join('').split(/\r?\n/)) {
    const keyword = /^\s*([a-z0-9]+)/i.exec(line)?.[1]?.toLowerCase();
    if (keyword === undefined) continue;
    if (keyword !== 'match') words.add(keyword);
    else
      for (const [, criterion = ''] of line.matchAll(
        /\b(all|user|group|host|address|localaddress|localport|rdomain)\b/gi,
      ))
        words.add(`match ${criterion.toLowerCase()}`);
  }
  return words;
}
