/** Words for people and lines for programs. */
import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { NoticeLines } from '../../src/cli/run/noticelines.js';
import {
  checkLogFile,
  type JournalOptions,
  jsonLine,
  longTime,
  NoticeLog,
} from '../../src/cli/run/noticelog.js';
import { described, promise, sentence, summary } from '../../src/cli/run/report.js';
import { wrapLines } from '../../src/cli/terminal/columns.js';
import { length } from '../../src/cli/terminal/duration.js';
import { FailureError, failure } from '../../src/core/failure.js';
import { wholeNotice } from '../../src/core/tunnel/notice.js';
import type { Request } from '../../src/edit.js';
import type { Failure, Forward, Notice } from '../../src/open.js';
import { scratch } from '../support/guard.js';

const db: Forward = {
  side: 'local',
  listen: { type: 'tcp', host: '127.0.0.1', port: 5432 },
  target: { type: 'tcp', host: 'db', port: 5432 },
  text: '-L 5432:db:5432',
};
const web: Forward = {
  side: 'remote',
  listen: { type: 'tcp', host: '', port: 0 },
  target: { type: 'unix', path: '/run/web.sock' },
  text: '-R 0:/run/web.sock',
};
const socks: Forward = {
  side: 'local',
  listen: { type: 'tcp', host: '::1', port: 1080 },
  target: { type: 'socks' },
  text: '-D [::1]:1080',
};
const refused: Failure = { kind: 'unreachable', message: 'connect ECONNREFUSED 127.0.0.1:22' };
const forwards = [db, web];
const bound = (port: number) => ({ type: 'bound', port }) as const;

const requestOf = (intervalMs: number, countMax: number, holdMs: number, all: readonly Forward[]) =>
  ({
    host: 'db',
    keepalive: { intervalMs, countMax, tcp: true },
    holdMs,
    forwards: all,
  }) as unknown as Request;
const understood = { type: 'understood', request: requestOf(15_000, 3, 30_000, forwards) } as const;

/** One row at least for each type: a new type without a row does not compile. */
const sentences: { readonly [T in Notice['type']]: readonly [Extract<Notice, { type: T }>, string][] } = {
  understood: [[understood, 'keeping db: dead server noticed in 60 s, clients held 30 s']],
  note: [[{ type: 'note', text: 'no agent' }, 'note: no agent']],
  forward: [
    [{ type: 'forward', index: 0, forward: db, status: bound(5432) }, '-L 127.0.0.1:5432 -> db:5432 listens'],
    [
      { type: 'forward', index: 1, forward: web, status: bound(40001) },
      '-R *:40001 -> /run/web.sock listens on the server',
    ],
    [
      { type: 'forward', index: 1, forward: web, status: { type: 'refused', reason: 'the server said no' } },
      '-R 0:/run/web.sock refused: the server said no',
    ],
    [
      {
        type: 'forward',
        index: 0,
        forward: db,
        status: { type: 'refused', reason: '-L 5432:db:5432: in use' },
      },
      '-L 5432:db:5432 refused: in use',
    ],
    [
      {
        type: 'forward',
        index: 1,
        forward: web,
        status: { type: 'refused', reason: 'the server said no' },
        refusedMs: 240_300,
      },
      '-R 0:/run/web.sock still refused after 4 min: the server said no',
    ],
    [
      { type: 'forward', index: 1, forward: web, status: { type: 'pending' } },
      '-R *:0 -> /run/web.sock is requested',
    ],
  ],
  connecting: [
    [{ type: 'connecting', link: 1, attempt: 1 }, 'connecting (link 1)'],
    [{ type: 'connecting', link: 5, attempt: 3 }, 'connecting (link 5, attempt 3)'],
  ],
  incomplete: [
    [
      {
        type: 'incomplete',
        link: 1,
        downMs: null,
        statuses: [bound(5432), { type: 'refused', reason: 'no' }],
      },
      'connected, but not up: without -R 0:/run/web.sock, which is requested again; there: -L 127.0.0.1:5432 -> db:5432 (link 1)',
    ],
    [
      {
        type: 'incomplete',
        link: 4,
        downMs: 3_200,
        statuses: [bound(5432), { type: 'refused', reason: 'no' }],
      },
      'connected again after 3.2 s, but not up: without -R 0:/run/web.sock, which is requested again (link 4)',
    ],
  ],
  up: [
    [
      { type: 'up', link: 1, downMs: null, statuses: [bound(5432), bound(40001)] },
      'up: -L 127.0.0.1:5432 -> db:5432, -R *:40001 -> /run/web.sock (link 1)',
    ],
    [
      {
        type: 'up',
        link: 1,
        downMs: null,
        statuses: [bound(5432), { type: 'refused', reason: 'the server said no' }],
      },
      'up: -L 127.0.0.1:5432 -> db:5432, -R 0:/run/web.sock refused, and requested again (link 1)',
    ],
    [
      { type: 'up', link: 4, downMs: 3_200, statuses: [bound(5432), bound(40001)] },
      'up again after 3.2 s (link 4)',
    ],
    [
      { type: 'up', link: 4, downMs: 3_200, statuses: [bound(5432), { type: 'refused', reason: 'no' }] },
      'up again after 3.2 s, without -R 0:/run/web.sock (link 4)',
    ],
  ],
  suspect: [[{ type: 'suspect', link: 1, quietMs: 2_100 }, 'link 1 has been silent for 2.1 s']],
  recovered: [[{ type: 'recovered', link: 1, quietMs: 2_340 }, 'link 1 answers again after 2.3 s']],
  replaced: [
    [
      { type: 'replaced', link: 2, old: 1, quietMs: 3_000 },
      'link 2 took over; open connections stay on link 1',
    ],
  ],
  drained: [
    [{ type: 'drained', link: 1, failure: null }, 'link 1 is done: nothing was left on it'],
    [
      { type: 'drained', link: 1, failure: { kind: 'silent', message: 'silent for 60 s' } },
      'link 1 ended, with the connections on it: silent for 60 s',
    ],
  ],
  down: [
    [
      { type: 'down', link: 1, failure: { kind: 'lost', message: 'the server closed the connection' } },
      'down: the server closed the connection (link 1)',
    ],
  ],
  waiting: [
    [
      { type: 'waiting', attempt: 1, delayMs: 3_000, failure: refused },
      'trying again in 3 s (attempt 2): connect ECONNREFUSED 127.0.0.1:22',
    ],
  ],
  banner: [
    [{ type: 'banner', server: 'db', text: 'Welcome: ' }, 'db says: Welcome: '],
    [
      { type: 'banner', server: 'db', text: 'To log in visit:\n\n  https://login.example.org/a' },
      'db says:\n  To log in visit:\n  \n    https://login.example.org/a',
    ],
  ],
  'needs-you': [
    [{ type: 'needs-you', text: "me@db's password: " }, "needs you: me@db's password"],
    [
      { type: 'needs-you', text: 'The key is unknown.\nContinue? ' },
      'needs you: The key is unknown. Continue?',
    ],
  ],
  'client-refused': [
    [
      { type: 'client-refused', client: 7, index: 0, reason: 'waited 30 s' },
      'client 7 of -L 5432:db:5432 was turned away: waited 30 s',
    ],
    [
      { type: 'client-refused', client: null, index: 1, reason: 'web:80: connection refused (ECONNREFUSED)' },
      'a client of -R 0:/run/web.sock was turned away: web:80: connection refused (ECONNREFUSED)',
    ],
    [
      { type: 'client-refused', client: null, index: 0, reason: 'db:5432: refused', more: 59, inMs: 60_000 },
      '59 more clients of -L 5432:db:5432 turned away in 60 s; the last: db:5432: refused',
    ],
    [
      { type: 'client-refused', client: null, index: 0, reason: 'db:5432: refused', more: 1, inMs: 60_000 },
      '1 more client of -L 5432:db:5432 turned away in 60 s; the last: db:5432: refused',
    ],
  ],
  stopping: [[{ type: 'stopping' }, 'stopping: no new clients; open connections have 10 s to end']],
  stopped: [
    [{ type: 'stopped', outcome: { ok: true } }, 'stopped'],
    [
      { type: 'stopped', outcome: { ok: false, failure: refused } },
      'stopped: connect ECONNREFUSED 127.0.0.1:22',
    ],
  ],
  detail: [
    [{ type: 'detail', link: null, text: 'native crypto' }, 'native crypto'],
    [{ type: 'detail', link: 2, text: 'TCP is there' }, 'link 2: TCP is there'],
  ],
  heartbeat: [[{ type: 'heartbeat', link: 1, rttMs: 12.4, idleMs: 0 }, 'link 1: answered in 12 ms']],
};

describe('each notice has its sentence', () => {
  const rows = Object.values(sentences).flat() as [Notice, string][];
  it.each(rows)('%j', (notice, expected) => {
    expect(sentence(notice, forwards)).toBe(expected);
  });
});

/** Every text of a notice that may come from elsewhere, emptied. */
function emptied(value: unknown, key = ''): unknown {
  if (Array.isArray(value)) return value.map((one) => emptied(one));
  if (typeof value === 'string') return ['text', 'reason', 'message'].includes(key) ? '' : value;
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => [name, name === 'forward' ? inner : emptied(inner, name)]),
  );
}

describe('a reason that is empty', () => {
  // A banner says what the server says, and an empty one is no notice.
  const rows = (Object.values(sentences).flat() as [Notice, string][]).filter(
    ([{ type }]) => type !== 'banner',
  );
  it.each(rows.map(([notice]) => emptied(notice) as Notice))('%j', (notice) => {
    expect(sentence(notice, forwards)).not.toMatch(/:\s*$|^\s*$|: \(/);
    expect(sentence(wholeNotice(notice), forwards)).not.toMatch(/:\s*$|^\s*$|: \(/);
  });

  it('of a failure has words, however it is made', () => {
    expect(failure('lost', 'db: ').message).toBe('db: no reason was given');
    expect(failure('lost', '').message).toBe('no reason was given');
    expect(new FailureError({ kind: 'lost', message: 'db:' }).message).toBe('db: no reason was given');
    expect(failure('lost', 'db: away').message).toBe('db: away');
  });
});

it('a SOCKS forward and an IPv6 address', () => {
  expect(described(socks, 1080)).toBe('-D [::1]:1080 -> SOCKS');
  expect(described({ ...socks, side: 'remote' }, null)).toBe('-R [::1]:1080 -> SOCKS');
});

describe('lengths', () => {
  const rows: [ms: number, text: string][] = [
    [0, '0 ms'],
    [999.4, '999 ms'],
    [1_000, '1 s'],
    [1_500, '1.5 s'],
    [9_940, '9.9 s'],
    [9_960, '10 s'],
    [60_000, '60 s'],
    [125_000, '2 min 5 s'],
    [3_600_000, '1 h'],
    [3_659_700, '1 h 1 min'],
    [7_800_000, '2 h 10 min'],
    [86_400_000, '1 d'],
    [273_600_000, '3 d 4 h'],
  ];
  it.each(rows)('%d ms is %s', (ms, text) => {
    expect(length(ms)).toBe(text);
  });
});

describe('the promise', () => {
  it('of the defaults', () => {
    expect(promise(requestOf(15_000, 3, 30_000, [db]))).toBe(
      'a dead server is noticed in 60 s (by a client in 1 s); back 1.5 s after its return (60 s if no client waits); clients held for 30 s',
    );
  });

  it('without clients of our own', () => {
    expect(promise(requestOf(5_000, 2, 30_000, [web]))).toBe(
      'a dead server is noticed in 15 s; back within 60 s of its return; its ports there as soon as it lets go of the old ones',
    );
  });

  it('without probes and without holding', () => {
    expect(promise(requestOf(0, 3, 0, [db]))).toBe(
      'a dead server is not looked for, ServerAliveInterval is 0 (by a client in 1 s); back 1.5 s after its return (60 s if no client waits); clients not held',
    );
  });
});

describe('the first line', () => {
  it.each<[request: Request, says: string]>([
    [requestOf(15_000, 3, 30_000, [db]), 'dead server noticed in 60 s, clients held 30 s'],
    [requestOf(15_000, 3, 0, [db, web]), 'dead server noticed in 60 s, clients not held'],
    [requestOf(5_000, 2, 30_000, [web]), 'dead server noticed in 15 s'],
    [requestOf(0, 3, 120_000, [db]), 'no heartbeat (ServerAliveInterval 0), clients held 2 min'],
  ])('%#', (request, says) => {
    expect(summary(request)).toBe(says);
  });

  it('with the time before it fits a terminal', () => {
    const request = { ...requestOf(15_000, 3, 30_000, [db]), host: 'db.example.org' };
    expect(`12:00:05 ${sentence({ type: 'understood', request }, [])}`.length).toBeLessThanOrEqual(80);
  });
});

describe('one line for each change', () => {
  /** What people read without -v. */
  const read = (...notices: Notice[]): string[] => {
    const teller = new NoticeLines();
    teller.line(understood);
    return notices
      .map((notice) => teller.line(notice))
      .filter(({ level }) => level !== 'detail')
      .map(({ text }) => text);
  };
  const isBound = (index: number, port: number): Notice => ({
    type: 'forward',
    index,
    forward: forwards[index] ?? db,
    status: bound(port),
  });
  const isRefused = (reason: string): Notice => ({
    type: 'forward',
    index: 1,
    forward: web,
    status: { type: 'refused', reason },
  });
  const up = (link: number, downMs: number | null, port: number): Notice => ({
    type: 'up',
    link,
    downMs,
    statuses: [bound(5432), bound(port)],
  });

  it('a start and a loss', () => {
    expect(
      read(
        isBound(0, 5432),
        { type: 'connecting', link: 1, attempt: 1 },
        { type: 'detail', link: 1, text: 'TCP' },
        isBound(1, 40001),
        up(1, null, 40001),
        { type: 'down', link: 1, failure: refused },
        { type: 'connecting', link: 2, attempt: 1 },
        { type: 'waiting', attempt: 1, delayMs: 1_000, failure: refused },
        { type: 'connecting', link: 3, attempt: 2 },
        isBound(1, 40001),
        up(3, 2_000, 40001),
      ),
    ).toEqual([
      'connecting (link 1)',
      'up: -L 127.0.0.1:5432 -> db:5432, -R *:40001 -> /run/web.sock (link 1)',
      'down: connect ECONNREFUSED 127.0.0.1:22 (link 1)',
      'trying again in 1 s (attempt 2): connect ECONNREFUSED 127.0.0.1:22',
      'up again after 2 s (link 3)',
    ]);
  });

  it('a suspicion says that a second connection is made beside the first', () => {
    expect(
      read(
        up(1, null, 40001),
        { type: 'suspect', link: 1, quietMs: 2_100 },
        { type: 'connecting', link: 2, attempt: 1 },
        { type: 'replaced', link: 2, old: 1, quietMs: 2_300 },
        { type: 'drained', link: 1, failure: null },
        { type: 'connecting', link: 3, attempt: 1 },
      ).slice(1),
    ).toEqual([
      'link 1 has been silent for 2.1 s',
      'connecting a second time beside link 1 (link 2)',
      'link 2 took over; open connections stay on link 1',
    ]);
  });

  it('a forward that is refused, still refused, and then granted', () => {
    expect(
      read(
        isBound(0, 5432),
        isRefused('in use'),
        isRefused('in use'),
        up(1, null, 40001),
        isRefused('in use'),
      ),
    ).toEqual([
      '-R 0:/run/web.sock refused: in use',
      'up: -L 127.0.0.1:5432 -> db:5432, -R *:40001 -> /run/web.sock (link 1)',
      '-R 0:/run/web.sock refused: in use',
    ]);
  });

  it('a port that changes with a new link', () => {
    expect(
      read(up(1, null, 40001), isBound(1, 40002), isBound(1, 40002), up(2, 1_000, 40002)).slice(1),
    ).toEqual(['-R *:40002 -> /run/web.sock listens on the server', 'up again after 1 s (link 2)']);
  });
});

describe('lines on a terminal', () => {
  const long = `down: ${'word '.repeat(30)}end`;
  it('go on below their own beginning, and lose nothing', () => {
    const line = `12:00:05 ${long}\n`;
    const rows = wrapLines(line).trimEnd().split('\n');
    expect(rows.length).toBeGreaterThan(1);
    for (const row of rows) expect(row.length).toBeLessThanOrEqual(80);
    for (const row of rows.slice(1)) expect(row).toMatch(/^ {9}\S/);
    expect(wrapLines(line).replace(/\s+/g, ' ')).toBe(line.replace(/\s+/g, ' '));
  });
  it('colours take no columns; other lines stay as they are', () => {
    const just = `12:00:05 \u001b[31m${'w'.repeat(34)}\u001b[39m ${'x'.repeat(36)}`;
    for (const text of [just, `12:00:05 short\n`, `    at ${long}`, `{"text":"${long}"}\n`])
      expect(wrapLines(text)).toBe(text);
  });
});

describe('the journal', () => {
  const at = Date.UTC(2025, 2, 1, 12, 0, 5);
  let dir = '';
  let remove = () => {};
  beforeAll(() => {
    ({ dir, remove } = scratch('journal'));
  });
  afterAll(() => remove());

  const told = (options: Partial<JournalOptions>, ...notices: Notice[]) => {
    let stdout = '';
    let stderr = '';
    const journal = new NoticeLog({
      json: false,
      quiet: false,
      verbose: false,
      colour: false,
      logFile: null,
      both: false,
      ...options,
      stdout: (text) => {
        stdout += text;
      },
      stderr: (text) => {
        stderr += text;
      },
    });
    const teller = new NoticeLines();
    teller.line(understood);
    for (const notice of notices) journal.notice(notice, teller.line(notice), at);
    return { stdout, stderr };
  };
  const note: Notice = { type: 'note', text: 'hm' };
  const beat: Notice = { type: 'heartbeat', link: 1, rttMs: 3, idleMs: 0 };
  const failed: Notice = {
    type: 'stopped',
    outcome: { ok: false, failure: { ...refused, cause: new Error('below') } },
  };

  it('is for people on stderr, with the time of day', () => {
    const { stdout, stderr } = told({}, note, beat);
    expect(stdout).toBe('');
    expect(stderr).toMatch(/^\d\d:\d\d:05 note: hm\n$/);
  });

  it('tells heartbeats with -v, failures alone with -q', () => {
    expect(told({ verbose: true }, beat).stderr).toContain('link 1: answered in 3 ms');
    expect(told({ quiet: true }, note, failed).stderr).toMatch(/^\S+ stopped: connect [^\n]+\n$/);
  });

  it('is JSON on stdout, also for the notices people are spared', () => {
    const { stdout, stderr } = told(
      { json: true },
      { type: 'forward', index: 0, forward: db, status: bound(1) },
      beat,
      failed,
    );
    const lines = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as unknown);
    expect(lines).toEqual([
      { at: '2025-03-01T12:00:05.000Z', type: 'forward', index: 0, forward: db, status: bound(1) },
      { at: '2025-03-01T12:00:05.000Z', type: 'stopped', outcome: { ok: false, failure: refused } },
    ]);
    expect(stderr).toBe('holdfast: stopped: connect ECONNREFUSED 127.0.0.1:22\n');
  });

  it('is appended to a log file instead, with the date, for its owner alone', () => {
    const logFile = path.join(dir, 'log');
    writeFileSync(path.join(dir, 'log2'), 'before\n');
    const { stderr } = told({ logFile }, note, failed);
    expect(readFileSync(logFile, 'utf8')).toBe(
      `${longTime(at)} note: hm\n${longTime(at)} stopped: ${refused.message}\n`,
    );
    expect(statSync(logFile).mode & 0o777).toBe(0o600);
    expect(stderr).toMatch(/^\S+ stopped: [^\n]+\n$/);
    told({ logFile: path.join(dir, 'log2') }, note);
    expect(readFileSync(path.join(dir, 'log2'), 'utf8')).toMatch(/^before\n\S+ \S+ note: hm\n$/);
  });

  it('a log file that cannot be written is refused before the start, and hurts nobody after it', () => {
    const logFile = path.join(dir, 'folder');
    mkdirSync(logFile);
    expect(() => checkLogFile(logFile)).toThrow(/--log-file .*folder: cannot be appended to: EISDIR/);
    expect(told({ logFile }, note).stderr).toBe('');
  });

  it('colours the first words on a terminal', () => {
    expect(told({ colour: true }, { type: 'down', link: 1, failure: refused }).stderr).toContain(
      '\u001b[31mdown\u001b[39m: connect',
    );
    expect(told({ colour: true }, note).stderr).not.toContain('\u001b');
  });

  it('never prints the error below a failure', () => {
    expect(jsonLine(failed, at)).not.toContain('cause');
  });
});
