/** `tcp list` against ss, on many connections, and what it says to people and to programs. */
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect } from 'vitest';
import { parseSocketTable } from '../../src/core/keepalive/sockets.js';
import { Watched } from '../support/client.js';
import { bin, plainEnv } from '../support/holdfast.js';
import { needs, program } from '../support/machine.js';
import { Namespace } from '../support/place.js';
import { until } from '../support/until.js';

interface Listed {
  family: number;
  localAddress: string;
  localPort: number;
  remoteAddress: string;
  remotePort: number;
  state: string;
  sendQueue: number;
  receiveQueue: number;
  timer: string;
  timerLeftMs: number;
  unanswered: number;
  uid: number;
  inode: number;
  process: { pid: number; command: string } | null;
  quietMs: number | null;
  outlook: { kind: string; withinMs: number | null };
}

needs('netns', 'setpriv').describe('tcp list', () => {
  let place: Namespace;
  let crowd: Watched;
  const connections = 500;

  beforeAll(async () => {
    place = await Namespace.open();
    await place.must(program('ip'), ['link', 'set', 'lo', 'up']);
    const script = fileURLToPath(new URL('../support/tcpcrowd.mjs', import.meta.url));
    crowd = new Watched(place.spawn(process.execPath, [script, String(connections)], { stdio: 'pipe' }));
    await crowd.says('up', 30_000);
  });
  afterAll(() => place.close());

  const tcp = (...args: string[]) =>
    place.exec(process.execPath, [bin, 'tcp', 'list', ...args], { env: plainEnv() });
  const list = async (...args: string[]) => {
    const { code, stdout, stderr } = await tcp('--json', ...args);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    return (JSON.parse(stdout) as { connections: Listed[] }).connections;
  };

  needs('netns').it(
    'agrees with ss -tnoe on 1,000 sockets: ends, state, queues, user, inode, timer',
    async () => {
      const ours = await list();
      const theirs = parsed(await place.must(program('ss'), ['-Htnoe']));
      expect(ours).toHaveLength(2 * connections);
      expect(theirs.size).toBe(2 * connections);
      const spelled = ours.map((one) => {
        const end = (address: string, port: number) =>
          `${one.family === 6 ? `[${address}]` : address}:${port}`;
        const ends = `${end(one.localAddress, one.localPort)} ${end(one.remoteAddress, one.remotePort)}`;
        return [
          ends,
          `${one.state} ${one.receiveQueue} ${one.sendQueue} ${one.timer} ${one.unanswered} ${one.uid} ${one.inode}`,
        ] as const;
      });
      expect(Object.fromEntries(spelled)).toEqual(Object.fromEntries(theirs));
      // Two hours, less the time that the test takes.
      const left = ours.filter(({ timer }) => timer === 'keepalive').map(({ timerLeftMs }) => timerLeftMs);
      expect(left).toHaveLength(connections / 2);
      expect(Math.min(...left)).toBeGreaterThan(7_100_000);
      expect(Math.max(...left)).toBeLessThanOrEqual(7_200_000);
    },
  );

  needs('netns').it('reads 1,000 rows in under 100 ms', async () => {
    const tables = await Promise.all(
      (['tcp', 'tcp6'] as const).map((name) => place.must('cat', [`/proc/net/${name}`])),
    );
    const took = Array.from({ length: 5 }, () => {
      const start = performance.now();
      const rows = [...parseSocketTable(tables[0] ?? '', 4), ...parseSocketTable(tables[1] ?? '', 6)];
      expect(rows.length).toBeGreaterThanOrEqual(2 * connections);
      return performance.now() - start;
    });
    expect(Math.min(...took)).toBeLessThan(100);
  });

  needs('netns').it(
    'names the process, what is unread, when it was last heard, and who never notices',
    async () => {
      const ours = await list();
      expect(
        ours.every((one) => one.process?.pid === crowd.child.pid && one.process?.command === 'node'),
      ).toBe(true);
      expect(ours.every(({ quietMs }) => quietMs !== null)).toBe(true);
      expect(ours.filter(({ receiveQueue }) => receiveQueue === 'unread'.length)).toHaveLength(
        connections / 10,
      );
      const kinds = (kind: string) => ours.filter(({ outlook }) => outlook.kind === kind);
      expect(kinds('never')).toHaveLength(1.5 * connections);
      expect(kinds('notices')).toHaveLength(connections / 2);
      for (const { outlook } of kinds('notices')) {
        expect(outlook.withinMs).toBeGreaterThan(7_700_000);
        expect(outlook.withinMs).toBeLessThanOrEqual(7_875_000);
      }
    },
  );

  needs('netns').it('--no-keepalive, --port, --pid and --state choose', async () => {
    expect(await list('--no-keepalive')).toHaveLength(1.5 * connections);
    const [first] = await list();
    const port = first?.localPort ?? 0;
    const ports = await list('--port', String(port));
    expect(ports.length).toBeGreaterThan(0);
    expect(ports.every(({ localPort, remotePort }) => [localPort, remotePort].includes(port))).toBe(true);
    expect(await list('--pid', String(crowd.child.pid))).toHaveLength(2 * connections);
    expect(await list('--pid', '1')).toEqual([]);
    expect((await list('--state', 'listen')).map(({ family }) => family).sort()).toEqual([4, 6]);
    expect(await list('--state', 'ESTABLISHED')).toHaveLength(2 * connections);
    expect(await list('--state', 'syn-sent')).toEqual([]);
  });

  needs('netns').it('for people: at most 80 columns, those that need attention first', async () => {
    const { code, stdout, stderr } = await tcp();
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const lines = stdout.split('\n');
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(80);
    expect(lines[0]).toBe('1000 connections: 750 will never notice a dead peer, 250 will notice one');
    expect(lines[2]).toMatch(/^never notices {2}\S+ > \S+ {2}node \d+$/);
    expect(stdout).toMatch(/^will notice {4}\[::1\]:\d+ > \[::1\]:\d+ {2}node \d+$/m);
    expect(stdout).toMatch(/within 2 h 1[01] min, keepalive in (2 h|1 h 59 min), heard/);
  });

  needs('netns').it('without root: all connections, and whose they are', async () => {
    const as = ['--reuid=65534', '--regid=65534', '--clear-groups', '--inh-caps=-all'];
    const { code, stdout, stderr } = await place.exec(
      program('setpriv'),
      [...as, process.execPath, bin, 'tcp', 'list', '--port', String((await list())[0]?.localPort)],
      { env: plainEnv() },
    );
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(/^never notices .* of root$/m);
    expect(stdout).toContain('only root sees those of other users');
  });

  needs('netns').it('--watch looks again each second and ends when asked', async () => {
    const child = place.spawn(process.execPath, [bin, 'tcp', 'list', '--watch', '--json', '--port', '1'], {
      env: plainEnv(),
      stdio: 'pipe',
    });
    const watched = new Watched(child);
    await until('three looks', () => watched.stdout.split('\n').length > 3);
    child.kill('SIGINT');
    expect(await watched.end()).toBe(0);
    for (const line of watched.stdout.trim().split('\n'))
      expect(JSON.parse(line)).toMatchObject({ connections: [] });
  });

  needs('netns').it('without ss: everything but what was last heard', async () => {
    const env = plainEnv({ PATH: '/nowhere' });
    const { stdout, stderr } = await place.exec(process.execPath, [bin, 'tcp', 'list', '--json'], { env });
    expect(stderr).toBe('');
    const found = JSON.parse(stdout) as { connections: Listed[]; hasInfo: boolean };
    expect(found.hasInfo).toBe(false);
    expect(found.connections).toHaveLength(2 * connections);
    expect(found.connections.every(({ quietMs }) => quietMs === null)).toBe(true);
    const text = await place.must(process.execPath, [bin, 'tcp', 'list'], { env });
    expect(text).toContain('there is no ss here');
  });
});

const timers: Readonly<Record<string, string>> = {
  on: 'retransmit',
  keepalive: 'keepalive',
  persist: 'window',
};
const states: Readonly<Record<string, string>> = { ESTAB: 'established' };

/** Ends -> the rest of what ss says. */
function parsed(text: string): Map<string, string> {
  return new Map(
    text
      .trim()
      .split('\n')
      .map((line) => {
        const [state = '', receive, send, local, remote] = line.split(/\s+/);
        const [, timer = '', count = '0'] = /timer:\((\w+),[^,]*,(\d+)\)/.exec(line) ?? [];
        const [, uid = '0'] = /uid:(\d+)/.exec(line) ?? [];
        const [, inode] = /ino:(\d+)/.exec(line) ?? [];
        const rest = `${states[state] ?? state} ${receive} ${send} ${timers[timer] ?? 'none'} ${count} ${uid} ${inode}`;
        return [`${local} ${remote}`, rest];
      }),
  );
}
