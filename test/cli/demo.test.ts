/** `holdfast demo` as a person and as a program see it. */
import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { scratch } from '../support/guard.js';
import { bin, holdfast, plainEnv, started } from '../support/holdfast.js';
import { marked, pageOf } from '../support/pages.js';
import { type Finished, here } from '../support/place.js';
import { until } from '../support/until.js';

const preload = fileURLToPath(new URL('../support/openings.cjs', import.meta.url));

interface Line {
  readonly type: string;
  readonly [field: string]: unknown;
}

function linesOf(text: string): Line[] {
  return text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Line);
}

/** Both at once: each takes its twenty seconds. */
describe('holdfast demo', () => {
  const { dir, remove } = scratch('demo-test');
  const temp = path.join(dir, 'tmp');
  const openings = path.join(dir, 'openings');
  let forPeople: Finished;
  let forPrograms: Finished;
  let tookMs = 0;

  beforeAll(async () => {
    mkdirSync(temp);
    const run = (args: readonly string[], env: NodeJS.ProcessEnv) =>
      here.exec(process.execPath, [bin, 'demo', ...args], { env: plainEnv(env), timeoutMs: 45_000 });
    const startedAt = performance.now();
    [forPeople, forPrograms] = await Promise.all([
      run([], { TMPDIR: temp }),
      run(['--json', '--seed', '7'], {
        NODE_OPTIONS: `--require ${preload}`,
        OPENINGS: openings,
        TMPDIR: temp,
      }),
    ]);
    tookMs = performance.now() - startedAt;
  }, 60_000);
  afterAll(remove);

  it('ends well, in less than half a minute, and says nothing on stderr', () => {
    expect(forPeople).toMatchObject({ code: 0, stderr: '' });
    expect(forPrograms).toMatchObject({ code: 0, stderr: '' });
    expect(tookMs).toBeLessThan(30_000);
  });

  it('nobody waits much longer than the fault lasts', () => {
    const lines = linesOf(forPrograms.stdout);
    const at = (fault: string) =>
      Number(lines.find((line) => line.type === 'wire' && line.fault === fault)?.ms);
    const faultMs = at('restore') - at('silence');
    expect(Number(lines.at(-1)?.longestMs)).toBeLessThan(2 * faultMs);
  });

  it('the summary is the sum of the lines', () => {
    const lines = linesOf(forPrograms.stdout);
    const pages = lines.filter(({ type }) => type === 'page');
    const answered = pages.filter((page) => page.answered === true);
    const failed = pages.filter((page) => page.answered === false);
    const logins = lines.filter(({ type }) => type === 'up' || type === 'replaced');
    expect(lines.at(-1)).toMatchObject({
      type: 'summary',
      sent: pages.length,
      answered: answered.length,
      failed: failed.length,
      inFlight: failed.filter((page) => page.inFlight === true).length,
      longestMs: Math.max(...pages.map((page) => Number(page.waitMs))),
      ssh: { interval: 15, countMax: 3, givesUpAfterMs: 60_000 },
    });
    expect(Number(lines.at(-1)?.logins)).toBeGreaterThanOrEqual(logins.length);
    expect(new Set(pages.map((page) => page.number)).size).toBe(pages.length);
    // Ten a second for at least 17 s; a busy machine may skip some.
    expect(pages.length).toBeGreaterThan(100);
  });

  it('a request fails only when it was in flight on a connection that was lost', () => {
    const failed = linesOf(forPrograms.stdout).filter(
      (line) => line.type === 'page' && line.answered === false,
    );
    expect(failed.filter((page) => page.inFlight !== true)).toEqual([]);
    // At one moment there is hardly ever more than one.
    expect(failed.length).toBeLessThan(10);
  });

  it('shows a second connection beside the silent one, a reset, and the way back', () => {
    const types = linesOf(forPrograms.stdout).map((line) => (line.type === 'wire' ? line.fault : line.type));
    const story = types.filter((type) => type !== 'page');
    const follows = (first: string, then: string) => story.indexOf(then, story.indexOf(first));
    expect(follows('forget', 'suspect')).toBeGreaterThan(0);
    expect(follows('suspect', 'replaced')).toBeGreaterThan(0);
    expect(follows('cut', 'down')).toBeGreaterThan(0);
    expect(follows('down', 'up')).toBeGreaterThan(0);
    expect(story.filter((type) => type === 'up')).toHaveLength(2);
    expect(story.filter((type) => type === 'stopped')).toHaveLength(1);
  });

  it("a request during the silence waits for the tunnel's suspicion, not for ssh's 60 s", () => {
    const longest = Number(linesOf(forPrograms.stdout).at(-1)?.longestMs);
    // At least the 2 s until it is suspicious; far less than ssh, also where a machine is slow.
    expect(longest).toBeGreaterThan(1_500);
    expect(longest).toBeLessThan(15_000);
  });

  it('tells people the same', () => {
    const { stdout } = forPeople;
    const [, sent, answered, failed] =
      /^requests +(\d+) sent, (\d+) answered, (\d+) failed/m.exec(stdout) ?? [];
    expect(Number(answered) + Number(failed)).toBe(Number(sent));
    expect(stdout.match(/client +request \d+ failed: /g)?.length ?? 0).toBe(Number(failed));
    expect(stdout.match(/ s {2}wire /g)).toHaveLength(5);
    expect(stdout).toMatch(/ s {2}run {5}up: -L 127\.0\.0\.1:\d+ -> 127\.0\.0\.1:\d+ \(link 1\)\n/);
    expect(stdout).toMatch(/ s {2}run {5}link 2 took over; /);
    expect(stdout).toMatch(/ s {2}run {5}up again after /);
    // The longest wait of the summary is that of a line.
    const longest = /^longest wait +(.+)$/m.exec(stdout)?.[1];
    expect([...stdout.matchAll(/; the longest (.+)$/gm)].map(([, wait]) => wait)).toContain(longest);
    expect(stdout).toMatch(/^ssh would wait +60 s on/m);
    expect(stdout).toContain('Computed, not run');
  });

  it('says what the README shows', () => {
    const shape = (line: string) =>
      line
        .replace(/[\d.]+ (ms|s)\b/g, '#')
        .replace(/\d+/g, '#')
        .trim();
    const shown = marked(pageOf('README.md'), 'lines of the demo').map(shape);
    expect(shown.length).toBeGreaterThan(8);
    const said = forPeople.stdout.split('\n').map(shape);
    expect(shown.filter((line) => !said.includes(line))).toEqual([]);
  });

  it("neither reads nor writes the user's ~/.ssh, and leaves nothing behind", () => {
    const opened = readFileSync(openings, 'utf8').trimEnd().split('\n');
    const ours = path.join(userInfo().homedir, '.ssh');
    expect(opened.filter((one) => one.includes('known_hosts')).length).toBeGreaterThan(0);
    expect(opened.filter((one) => one.includes(ours))).toEqual([]);
    expect(opened.filter((one) => /^\S*ssh /.test(one))).toEqual([]);
    expect(readdirSync(temp)).toEqual([]);
  });
});

describe('the demo, ended early', () => {
  it('sums up what was, cleans up, and ends with 0', async () => {
    const { dir, remove } = scratch('demo-early');
    const child = started(['demo', '--json'], { env: plainEnv({ TMPDIR: dir }) });
    await until('some pages', () => (child.stdout.match(/"type":"page"/g)?.length ?? 0) > 3, {
      detail: () => child.stderr,
    });
    expect(readdirSync(dir)).not.toEqual([]);
    child.child.kill('SIGINT');
    expect(await child.end()).toBe(0);
    const lines = linesOf(child.stdout);
    const pages = lines.filter(({ type }) => type === 'page');
    expect(lines.at(-1)).toMatchObject({ type: 'summary', sent: pages.length });
    expect(readdirSync(dir)).toEqual([]);
    remove();
  });

  it('while requests wait: they are not told as failed', async () => {
    const child = started(['demo', '--json']);
    await until('requests wait', () => child.stdout.includes('"type":"pages-wait"'), {
      withinMs: 15_000,
      detail: () => child.stderr,
    });
    child.child.kill('SIGINT');
    expect(await child.end()).toBe(0);
    const lines = linesOf(child.stdout);
    const answered = lines.filter(({ type }) => type === 'page').length;
    expect(lines.at(-1)).toMatchObject({ type: 'summary', sent: answered, answered, failed: 0 });
  });

  it('refuses a seed that is no whole number, and names the option', async () => {
    const { code, stderr } = await holdfast('demo', '--seed', 'x');
    expect(code).toBe(2);
    expect(stderr).toContain('--seed');
  });
});
