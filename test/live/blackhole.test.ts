/** A path that swallows packets, for a while or for good. Each test has its own lab; they run side by side. */
import { afterAll, expect, it } from 'vitest';
import { thorough } from '../support/amount.js';
import { figures } from '../support/figures.js';
import { needs } from '../support/machine.js';
import { Story } from '../support/story.js';
import { account, expectFewLogins, expectLine, expectServed } from '../support/verdicts.js';

needs('netns', 'sshd', 'ssh', 'ssh-keygen', 'conntrack').describe('a black hole', () => {
  const measured = figures();
  afterAll(() => measured.print());

  for (const seconds of thorough ? [40, 15, 3] : [15, 3]) {
    it.concurrent(`heals after ${seconds} s: everybody within the hold time is served, the idle pipe carries on`, async () => {
      const story = await Story.begin();
      try {
        const line = await story.line();
        const suffered = await story.suffer({
          strike: () => story.lab.blackhole(true),
          heal: () => story.lab.blackhole(false),
          // Attempts start once a second since the first client came: not at the end of the fault.
          lengthMs: seconds * 1_000 + 500,
        });
        await story.over(suffered.visits);
        measured.add(`longest wait after ${seconds} s without a path`, expectServed(story, suffered));
        // The kernel's next retransmission comes after at most as long again.
        await expectLine(line, 'carries on', seconds * 1_000 + 10_000);
        expect(story.losses(), account(story, suffered)).toEqual([]);
        expectFewLogins(story, suffered);
        expect(story.lab.logins()).toBeLessThanOrEqual(2);
        expect(await story.tunnel.stop()).toBe(0);
      } finally {
        await story.end();
      }
    }, 140_000);
  }

  const short = [
    '-oServerAliveInterval=1',
    '-oServerAliveCountMax=1',
    '-oConnectTimeout=2',
    ...['--hold', '4s'],
  ];
  for (const [option, value, words] of [
    ['--give-up-after', '6s', /no link for 6 s \(--give-up-after\): .*ConnectTimeout/],
    ['--max-attempts', '2', /ConnectTimeout/],
  ] as const) {
    it.concurrent(`for good: ${option} ${value} ends the run with code 5`, async () => {
      const story = await Story.begin([...short, option, value]);
      try {
        const line = await story.line();
        const suffered = await story.suffer({
          strike: () => story.lab.blackhole(true),
          heal: null,
          lengthMs: 3_000,
        });
        expect(await story.tunnel.watched.end(30_000)).toBe(5);
        const [last] = story.tunnel.told('stopped').slice(-1);
        expect(last?.notice.outcome).toMatchObject({ ok: false, failure: { kind: 'timeout' } });
        expect(last?.notice.outcome.ok === false && last.notice.outcome.failure.message).toMatch(words);
        // The link was given up by its own heartbeat: 1 x (1 + 1) s.
        expect(story.losses(), account(story, suffered)).toEqual(['silent']);
        await story.over(suffered.visits);
        expect(suffered.visits.map(({ how }) => how)).toEqual(suffered.visits.map(() => 'ECONNRESET'));
        await expectLine(line, 'reset', 1_000);
        expect(story.lab.logins()).toBe(1);
      } finally {
        await story.end();
      }
    }, 60_000);
  }
});
