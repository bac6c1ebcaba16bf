/** A forward to a name that nobody resolves freezes a whole session of sshd; the other clients must not wait. */
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, expect, it } from 'vitest';
import { figures } from '../support/figures.js';
import { needs } from '../support/machine.js';
import { backWithinMs, Story, successorEveryMs } from '../support/story.js';
import { account } from '../support/verdicts.js';
import type { Visit } from '../support/visitors.js';

/** Its name server never answers: 2 attempts of 5 s. */
const lookupPort = 18_090;

needs('netns', 'sshd', 'ssh', 'ssh-keygen', 'conntrack').describe(
  'a target whose name is looked up in vain',
  () => {
    const measured = figures();
    afterAll(() => measured.print());

    it('costs the other clients little, and the server one login per 10 s', async () => {
      const story = await Story.begin(['-L', `${lookupPort}:nobody.example:80`]);
      try {
        const line = await story.line();
        const visits: Visit[] = [];
        const struckAt = Date.now();
        const lost = story.ask(lookupPort);
        for (const at of [1_000, 3_000, 5_000, 10_000, 15_000, 20_000, 25_000]) {
          await sleep(Math.max(0, struckAt + at - Date.now()));
          visits.push(story.ask());
        }
        await story.over([...visits, lost]);
        const why = account(story, { struckAt, healedAt: struckAt, withinMs: 0, visits: [lost, ...visits] });
        for (const { marker, answered, askedAt, firstAt } of visits) {
          expect(answered, `${marker}${why}`).toBe(true);
          const waitedMs = (firstAt ?? Number.NaN) - askedAt;
          measured.add(
            `${marker}, ${((askedAt - struckAt) / 1_000).toFixed(0)} s after the lookup began`,
            waitedMs,
          );
          // A second session may be frozen as well; the third one is let in 10 s after the second.
          expect(waitedMs, `${marker}${why}`).toBeLessThan(backWithinMs);
        }
        expect(lost.how).toBe('ECONNRESET');
        expect(await line.echoes('after\n', 15_000)).toBe(true);
        expect(story.lab.logins(), why).toBeLessThanOrEqual(
          1 + Math.ceil((Date.now() - struckAt) / successorEveryMs),
        );
        line.close();
        expect(await story.tunnel.stop()).toBe(0);
      } finally {
        await story.end();
      }
    }, 90_000);
  },
);
