/** The edits of `sshd lint`, made until there is none, judged by the real `sshd -T`. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { sshdLint } from '../../src/edit.js';
import { amount } from '../support/amount.js';
import { scratch } from '../support/guard.js';
import { needs } from '../support/machine.js';
import { canMountPrivately, program } from '../support/parts.js';
import { here } from '../support/place.js';
import { type ServerJudge, serverJudge, sshdSays } from '../support/sshdjudge.js';
import { filesWithTails, writtenForAll } from '../support/sshdtails.js';

const count = amount(60);
const mostRounds = 30;

/** Every edit of a look at once, from the last one of a file on. */
async function makeEdits(configFile: string): Promise<void> {
  for (let round = 0; round < mostRounds; round += 1) {
    const edits = (await sshdLint({ configFile })).flatMap(({ fix }) =>
      fix.edit === null ? [] : [fix.edit],
    );
    if (edits.length === 0) return;
    for (const { file, from, to, text } of edits.sort((a, b) => b.from - a.from)) {
      const before = readFileSync(file, 'latin1');
      writeFileSync(file, before.slice(0, from) + text + before.slice(to), 'latin1');
    }
  }
  throw new Error(`edits without an end: ${readFileSync(configFile, 'latin1')}`);
}

needs('sshd', 'unshare').describe('what is written for everybody', () => {
  let place: ReturnType<typeof scratch>;
  let judge: ServerJudge;
  beforeAll(async () => {
    place = scratch('sshd-lint-edits');
    const key = path.join(place.dir, 'key');
    await here.must(program('ssh-keygen'), ['-q', '-t', 'ed25519', '-N', '', '-f', key]);
    judge = serverJudge(place.dir, key);
  });
  afterAll(() => place.remove());

  it.runIf(canMountPrivately())(
    'holds for everybody once the edits are made',
    { timeout: 600_000 },
    async () => {
      let held = 0;
      for (const [at, files] of fc.sample(filesWithTails, { seed: 3, numRuns: count }).entries()) {
        const dir = path.join(place.dir, String(at));
        mkdirSync(dir);
        const main = path.join(dir, 'main');
        writeFileSync(
          main,
          `HostKey ${judge.key}\n${(files['/main'] ?? '').replace('/more', path.join(dir, 'more'))}`,
        );
        writeFileSync(path.join(dir, 'more'), files['/more'] ?? '');
        await makeEdits(main);
        const spec = 'user=root,host=x,addr=198.51.100.1';
        const { refused, lines, stderr } = await sshdSays(['-T', '-f', main, '-C', spec], judge);
        for (const [option, values] of writtenForAll(files)) {
          const [only, ...others] = values;
          if (others.length > 0 || refused) continue;
          expect(lines, `${JSON.stringify(files)}\n${stderr}`).toContain(`${option} ${only}`);
          held += 1;
        }
      }
      expect(held).toBeGreaterThan(count);
    },
  );
});
