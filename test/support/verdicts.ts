/** What every story of a fault has to end like. Times in the messages are ms since the fault began. */
import { expect } from 'vitest';
import { holdMs, type Story, type Suffered } from './story.js';
import { until } from './until.js';
import type { Line } from './visitors.js';

/** Everything that was told, for people who look for a mistake. */
export function account(story: Story, { struckAt, healedAt, visits }: Suffered): string {
  const notices = story.tunnel
    .notices()
    .map(({ toldAt, notice }) => `${toldAt - struckAt} ${JSON.stringify(notice)}`);
  const came = visits.map(({ marker, askedAt, firstAt, endedAt, how }) => {
    const first = firstAt === null ? 'no answer' : `answer ${firstAt - struckAt}`;
    return `${marker}: came ${askedAt - struckAt}, ${first}, ended ${(endedAt ?? 0) - struckAt} (${how})`;
  });
  const logins = `logins ${story.lab.logins()}, connections ${story.lab.sshd.connections()}`;
  return ['', ...notices, `healed ${healedAt - struckAt}`, ...came, logins].join('\n');
}

/**
 * Who could still be held when the server was back was answered soon after; who could not was reset, when
 * the hold time was over and not before. Nobody met anything else. Gives the longest wait after the return.
 */
export function expectServed(story: Story, suffered: Suffered): number {
  const { healedAt, withinMs, visits } = suffered;
  const waits = visits.map(({ marker, askedAt, firstAt, endedAt, answered, how }) => {
    const why = `${marker}: ${how}${account(story, suffered)}`;
    const heldUntil = askedAt + holdMs;
    if (answered) {
      const waitedMs = (firstAt ?? Number.NaN) - Math.max(askedAt, healedAt);
      expect(waitedMs, why).toBeLessThan(withinMs);
      return waitedMs;
    }
    expect(how, why).toBe('ECONNRESET');
    expect(heldUntil, why).toBeLessThan(healedAt + withinMs);
    expect((endedAt ?? Number.NaN) - askedAt, why).toBeGreaterThan(holdMs - 100);
    return 0;
  });
  return Math.max(...waits);
}

/** The server saw no login that the design does not allow, and no attempt that it would have to punish. */
export function expectFewLogins(story: Story, suffered: Suffered): void {
  const why = account(story, suffered);
  expect(story.lab.logins(), why).toBeLessThanOrEqual(story.allowedLogins());
  expect(story.lab.sshd.connections(), why).toBeGreaterThanOrEqual(story.lab.logins());
}

/** `carries on`: the same connection still echoes. `reset`: it ended, and not as data ends. */
export async function expectLine(line: Line, fate: 'carries on' | 'reset', withinMs: number): Promise<void> {
  if (fate === 'carries on') {
    expect(await line.echoes('after\n', withinMs), 'the idle connection carries on').toBe(true);
    expect(line.heard()).toBe('before\nafter\n');
    return;
  }
  const ended = await until('the end of the idle connection', line.ended, { withinMs });
  expect(ended.how, 'a lost connection must not look complete').toBe('ECONNRESET');
}
