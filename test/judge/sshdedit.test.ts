/** Generated edits of generated trees against the real `sshd -T`. HOLDFAST_FUZZ=n: n edits of a random seed. */
import path from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { amount } from '../support/amount.js';
import { scratch } from '../support/guard.js';
import { needs } from '../support/machine.js';
import { canMountPrivately, program } from '../support/parts.js';
import { here } from '../support/place.js';
import { type EditJudgement, judgeServerEdit } from '../support/sshdeditjudge.js';
import { type ServerCase, type ServerEditCase, serverCase, serverEditCase } from '../support/sshdgen.js';
import { type ServerJudge, serverJudge } from '../support/sshdjudge.js';

const longer = Number(process.env.HOLDFAST_FUZZ ?? 0);
const count = longer > 0 ? longer : amount(500);
const seed = Number(process.env.HOLDFAST_SEED ?? (longer > 0 ? Date.now() % 2 ** 31 : 1));
const atOnce = 3;

needs('sshd', 'unshare').describe('edits of sshd_config', () => {
  let place: ReturnType<typeof scratch>;
  let judge: ServerJudge;
  beforeAll(async () => {
    place = scratch('sshd-edit');
    const key = path.join(place.dir, 'key');
    await here.must(program('ssh-keygen'), ['-q', '-t', 'ed25519', '-N', '', '-f', key]);
    judge = serverJudge(place.dir, key);
  });
  afterAll(() => place.remove());

  it.runIf(canMountPrivately())(
    `take effect and change nothing else, says sshd -T, for ${count} edits (seed ${seed})`,
    { timeout: 3_600_000 },
    async () => {
      const trees = fc.sample(serverCase, { seed, numRuns: count * 2 });
      const edits = fc.sample(serverEditCase, { seed: seed + 1, numRuns: count * 2 });
      const came = new Map<string, number>();
      const refusals: string[] = [];
      const differences: string[] = [];
      let judged = 0;
      let next = 0;
      const work = async () => {
        while (next < trees.length && judged < count && differences.length < 10) {
          const at = next;
          next += 1;
          const [tree, edit] = [trees[at], edits[at]];
          if (tree === undefined || edit === undefined) continue;
          const judgement: EditJudgement = await judgeServerEdit(
            tree,
            aimed(edit, tree, at),
            String(at),
            judge,
          );
          if (judgement.came === 'no case') continue;
          judged += 1;
          came.set(judgement.came, (came.get(judgement.came) ?? 0) + 1);
          if (judgement.message !== '')
            refusals.push(`${judgement.came}: ${judgement.message} ${JSON.stringify(edit)}`);
          if (judgement.difference !== null) {
            differences.push(`${at} ${judgement.difference}\n${JSON.stringify({ tree, edit })}`);
          }
        }
      };
      await Promise.all(Array.from({ length: atOnce }, work));
      console.log(`${next} trees, ${judged} edits: ${JSON.stringify(Object.fromEntries(came))}`);
      for (const each of [...refusals, ...differences]) console.log(each);
      expect(differences).toEqual([]);
      expect(judged).toBeGreaterThanOrEqual(count);
      expect(refusals.length / judged).toBeLessThanOrEqual(0.05);
      expect(came.get('changed') ?? 0).toBeGreaterThan(count / 2);
    },
  );
});

/** What is taken out of a tree is something that is in it. */
function aimed(edit: ServerEditCase, { files }: ServerCase, at: number): ServerEditCase {
  if (edit.value !== null) return edit;
  const words = Object.values(files).flatMap((text) => text.match(/^[ \t]*[A-Za-z0-9]+/gm) ?? []);
  const options = words
    .map((word) => word.trim())
    .filter((word) => !/^(?:host(?:dsa)?key|.*commanduser)$/i.test(word));
  return { ...edit, option: options[at % options.length] ?? edit.option };
}
