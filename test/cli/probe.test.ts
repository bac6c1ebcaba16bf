/** `holdfast probe` at the command line: what it costs, what it refuses, and how a result reads. */
import { describe, expect, it } from 'vitest';
import { newsText, planText, resultText } from '../../src/cli/probe/report.js';
import { nextRound } from '../../src/core/keepalive/probe/search.js';
import { type Finding, type ProbeResult, planProbe } from '../../src/inspect/probepath.js';
import { scratch } from '../support/guard.js';
import { bin, holdfast, onTerminal } from '../support/holdfast.js';
import { needs } from '../support/machine.js';
import { blocks, pageOf } from '../support/pages.js';

const probe = (...args: string[]) => holdfast('probe', '-F', 'none', ...args);

describe('before it begins', () => {
  needs('socat').it('what it costs, and a question: without a yes nothing is done', async () => {
    const { dir, remove } = scratch('probe');
    const terminal = onTerminal(dir, `exec ${process.execPath} ${bin} probe -F none db.invalid`);
    await terminal.says('Begin? [y/N]');
    expect(terminal.stdout.replace(/\s+/g, ' ')).toContain(
      `at most ${planProbe().mostLogins} logins, about ${planProbe().likelyLogins} if nothing odd comes up`,
    );
    terminal.child.stdin?.write('\r');
    expect(await terminal.end()).toBe(0);
    expect(terminal.stdout).toContain('Nothing was done.');
    remove();
  });

  it('without a terminal it wants --yes', async () => {
    const { code, stdout, stderr } = await probe('db.invalid');
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain('pass --yes to begin');
  });

  it.each([
    [[], 'no host; as in holdfast probe db'],
    [['db', '--min', '40', '--max', '30'], '--min 40 s is above --max 30 s'],
    [['db', '--min', 'soon'], '--min "soon": want a time as 30, 90s or 10m'],
    [['db', '--max', '2d'], '--max 172800 s: want a time from 1 s to 24 h'],
    [['db', '--min', '0'], '--min 0 s: want a time from 1 s to 24 h'],
    [['db', '--resolution', '0%'], '--resolution "0%": want a part as 10%'],
    [['db', '--resolution', '500ms'], 'or a time as 5s, from 1s'],
    [['db', '--direction', 'up'], '--direction "up": want client, server or both'],
    [['db', 'uptime'], '"uptime": no command is run'],
    [['-L', '1:b:2', 'db'], '-L makes no sense here'],
    [['-p', '0', 'db'], '-p "0": want a port from 1 to 65535'],
    [['--jason', 'db'], 'unknown option --jason; did you mean --json?'],
    [['db', '--yes', '-o', 'Port=x'], 'Port'],
  ])('%j: %s', async (args, says) => {
    const { code, stdout, stderr } = await probe(...args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain(says);
  });

  it('a host that nobody knows: exit 5, with the reason', async () => {
    const { code, stderr, stdout } = await probe('--yes', '-o', 'ConnectTimeout=5', 'no-such-host.invalid');
    expect({ code, stdout }).toEqual({ code: 5, stdout: '' });
    expect(stderr).toContain('cannot connect to no-such-host.invalid port 22');
  });
});

describe('a result', () => {
  const found: ProbeResult = {
    host: 'db',
    safeMs: 340_100,
    deadMs: 359_300,
    mode: 'reset',
    logins: 15,
    intervalS: 272,
    directions: {
      server: { safeMs: 340_100, deadMs: 359_300 },
      client: { safeMs: 340_100, deadMs: 359_500 },
    },
    boundMs: null,
    complete: true,
    path: { gateway: null, network: null, host: 'db:22' },
    middleboxes: [{ name: 'AWS NAT Gateway', idleMs: 350_000, source: 'AWS', confidence: 'verified' }],
    why: null,
  };
  const said = (more: Partial<ProbeResult>, file: string | null = null) => {
    const text = resultText({ ...found, ...more }, file);
    expect(Math.max(...text.split('\n').map((line) => line.length))).toBeLessThanOrEqual(80);
    return text.replace(/\s+/g, ' ');
  };

  it('bounds, what comes later, who is known for it, and what to do', () => {
    const text = said({});
    expect(text).toContain('db: a connection may be idle for 5 min 40 s; after 5 min 59 s it is lost.');
    expect(text).toContain('What comes later is answered with a reset.');
    expect(text).toContain('AWS NAT Gateway (5 min 50 s)');
    expect(text).toContain('Use an interval of 272 s');
    expect(text).toContain('holdfast config keepalive db --interval 272 15 logins.');
  });

  it('is what the page shows', () => {
    const [block = ''] = blocks(pageOf('docs/probe.md'), 'text');
    const points = nextRound({ leastMs: 8_000, mostMs: 20_000, resolution: { lengthMs: 1_000 } }, [], 6);
    const finding = (idleMs: number, one: Finding) =>
      newsText({ type: 'finding', direction: 'server', idleMs, finding: one }, false);
    const plan = planProbe({ minMs: 8_000, maxMs: 20_000, resolution: '1s' });
    const begin = [
      planText('db', plan),
      'Begin? [y/N] y\n',
      newsText({ type: 'connected' }, false),
      newsText({ type: 'round', direction: 'server', idleMs: points, logins: 7 }, false),
      ...points.slice(0, 3).map((idleMs) => finding(idleMs, { type: 'alive', idleMs })),
      finding(points[3] ?? 0, { type: 'dead', idleMs: 0, how: 'silence' }),
    ].join('');
    const result = { ...found, safeMs: 12_781, deadMs: 13_708, intervalS: 10, middleboxes: [] };
    expect(block).toBe(`${begin}...\n${resultText(result, null)}`);
  });

  it('of a file of its own, into that file', () => {
    expect(said({}, 'other')).toContain('keepalive db --interval 272 -F other');
    expect(said({}, 'none')).toContain('keepalive db --interval 272 15 logins');
  });

  it('loose: which side keeps it, and which does not', () => {
    const directions = {
      client: { safeMs: 400_000, deadMs: null },
      server: found.directions.server,
    } as const;
    expect(said({ mode: 'loose', directions } as Partial<ProbeResult>)).toContain(
      'It dies when the server speaks first, and goes on when this side does (loose',
    );
  });

  it('no limit; nothing safe; a server that speaks; not complete; nothing at all', () => {
    const none = { deadMs: null, mode: null, middleboxes: [] };
    expect(said({ ...none, safeMs: 900_000, intervalS: 300 })).toContain(
      'idle for 15 min; no limit was found up to there.',
    );
    expect(said({ safeMs: null, deadMs: 30_200, intervalS: null, middleboxes: [] })).toContain(
      'want a smaller --min',
    );
    expect(said({ ...none, safeMs: 15_000, boundMs: 15_000, intervalS: 12 })).toContain(
      'The server itself speaks after 15 s',
    );
    expect(said({ why: 'it was stopped', complete: false })).toContain('Not complete: it was stopped.');
    expect(said({ ...none, safeMs: null, intervalS: null, why: 'the path was down too often' })).toContain(
      'db: nothing was found out. Not complete: the path was down too often.',
    );
  });

  it('what a server says reaches no terminal as it is', () => {
    const finding = { type: 'void', why: 'no\u001b[2J' } as const;
    expect(newsText({ type: 'finding', direction: 'client', idleMs: 1_000, finding }, false)).toContain(
      'no^[[2J',
    );
  });
});
