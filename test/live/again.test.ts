/** Faults that come at a bad time: one after another, right after a sign of life, or in our own process. */
import { expect, it } from 'vitest';
import { needs } from '../support/machine.js';
import { Story } from '../support/story.js';
import { account, expectServed } from '../support/verdicts.js';

needs('netns', 'sshd', 'ssh', 'ssh-keygen', 'conntrack').describe('a second fault', () => {
  it.concurrent('after a link recovered: the round trip over the first fault is not the patience of the next', async () => {
    const story = await Story.begin();
    try {
      const { sshd } = story.lab;
      await story.line();
      const first = await story.suffer({
        strike: () => sshd.freeze(),
        heal: () => sshd.thaw(),
        lengthMs: 8_000,
        visitsAt: [2_000],
      });
      await story.over(first.visits);
      expect(story.tunnel.told('recovered'), account(story, first)).not.toEqual([]);
      const second = await story.suffer({
        strike: () => story.lab.forget('silent'),
        heal: null,
        lengthMs: 4_000,
        visitsAt: [3_000],
      });
      await story.over(second.visits);
      expectServed(story, second);
    } finally {
      await story.end();
    }
  }, 90_000);
});

needs('netns', 'sshd', 'ssh', 'ssh-keygen', 'conntrack').describe('bad timing', () => {
  it.concurrent('a link dies right after it spoke: who comes within a second of that is served as others are', async () => {
    const story = await Story.begin();
    try {
      const line = await story.line();
      expect(await line.echoes('spoken\n')).toBe(true);
      const suffered = await story.suffer({
        strike: () => story.lab.forget('silent'),
        heal: null,
        // Nobody else comes before that one is served, so nobody else's arrival can be what helps.
        lengthMs: 12_000,
        visitsAt: [200],
      });
      await story.over(suffered.visits);
      expectServed(story, suffered);
    } finally {
      await story.end();
    }
  }, 90_000);

  it.concurrent('our own process stands still for longer than the silence of a server is borne: nobody is blamed', async () => {
    const story = await Story.begin(['-oServerAliveInterval=2', '-oServerAliveCountMax=1']);
    try {
      const line = await story.line();
      const { child } = story.tunnel.watched;
      const suffered = await story.suffer({
        strike: () => void child.kill('SIGSTOP'),
        heal: () => void child.kill('SIGCONT'),
        lengthMs: 10_000,
      });
      await story.over(suffered.visits);
      expectServed(story, suffered);
      expect(await line.echoes('after\n')).toBe(true);
      const why = account(story, suffered);
      expect(story.tunnel.told('suspect'), why).toEqual([]);
      expect(story.losses(), why).toEqual([]);
      expect(story.lab.logins(), why).toBe(1);
      line.close();
      expect(await story.tunnel.stop()).toBe(0);
    } finally {
      await story.end();
    }
  }, 60_000);
});
