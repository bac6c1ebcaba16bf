/** How much time `tcp list` says is left, against the kernel: where pauses have grown as far as they may, and after a close. */
import { existsSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Watched } from '../support/client.js';
import { bin, plainEnv } from '../support/holdfast.js';
import { needs } from '../support/machine.js';
import { TcpLab } from '../support/tcplab.js';
import { until } from '../support/until.js';

const ports = { inFlight: 7_301, window: 7_302, closed: 7_303 } as const;
const toleranceMs = 1_500;

interface Listed {
  readonly remotePort: number;
  readonly sendQueue: number;
  readonly info: { readonly backoff: number } | null;
  readonly outlook: { readonly kind: string; readonly withinMs: number | null };
}

/** What was said to be left, by a look that began and ended then: a busy machine takes its time for one. */
interface Said {
  readonly from: number;
  readonly to: number;
  readonly kind: string;
  readonly withinMs: number | null;
}

// Since Linux 6.15; a long pause without it would make this test as long.
const shortPauses = existsSync('/proc/sys/net/ipv4/tcp_rto_max_ms') ? describe : describe.skip;

shortPauses('what tcp list says is left', () => {
  needs('netns', 'socat').describe('pauses of 1 s at most, tcp_retries2 10', () => {
    let lab: TcpLab;
    const said = new Map<number, Said[]>(Object.values(ports).map((port) => [port, []]));
    /** The end of the look that did not see it any more. */
    const goneAt = new Map<number, number>();

    async function look(): Promise<readonly Listed[]> {
      const from = performance.now();
      const args = [bin, 'tcp', 'list', '--json'];
      const text = await lab.client.must(process.execPath, args, { env: plainEnv() });
      const to = performance.now();
      const { connections } = JSON.parse(text) as { connections: Listed[] };
      for (const [port, times] of said) {
        const row = connections.find(({ remotePort }) => remotePort === port);
        if (row !== undefined)
          times.push({ from, to, kind: row.outlook.kind, withinMs: row.outlook.withinMs });
        else if (times.length > 0 && !goneAt.has(port)) goneAt.set(port, to);
      }
      return connections;
    }

    beforeAll(async () => {
      lab = await TcpLab.open({ 'ipv4/tcp_retries2': 10, 'ipv4/tcp_rto_max_ms': 1_000 }, [
        { port: ports.inFlight, kind: 'echo' },
        { port: ports.window, kind: 'deaf' },
        { port: ports.closed, kind: 'echo' },
      ]);
      const connect = async (port: number): Promise<Watched> => {
        const client = lab.connect(port, []);
        if (port === ports.window) return client;
        client.child.stdin?.write('word\n');
        await client.says('word');
        return client;
      };
      const [inFlight, window, closed] = await Promise.all(Object.values(ports).map(connect));
      window?.child.stdin?.write(Buffer.alloc(8_000_000));
      const row = async (port: number) => (await look()).find(({ remotePort }) => remotePort === port);
      await until(
        'the pauses of the closed window, which grow while the peer answers, are the longest',
        async () => ((await row(ports.window))?.info?.backoff ?? 0) >= 4,
        { withinMs: 20_000 },
      );
      await lab.fate({ [ports.inFlight]: 'drop', [ports.window]: 'drop', [ports.closed]: 'drop' });
      for (const client of [inFlight, closed]) client?.child.stdin?.write('more\n');
      await until('data is in flight', async () => (await row(ports.closed))?.sendQueue);
      closed?.child.kill('SIGKILL');
      for (const times of said.values()) times.splice(0);
      await until('all have ended', async () => (await look()).length === 0, { withinMs: 30_000 });
    }, 60_000);
    afterAll(() => lab.close());

    it.each([
      ['data in flight', ports.inFlight, 'dying'],
      ['a closed window whose peer is gone', ports.window, 'dying'],
      ['closed by its program', ports.closed, 'leaving'],
    ] as const)('%s', (_name, port, kind) => {
      const times = said.get(port) ?? [];
      const latest = goneAt.get(port) ?? Number.POSITIVE_INFINITY;
      const earliest = times.at(-1)?.from ?? 0;
      const told = times.filter((one) => one.kind === kind && one.withinMs !== null);
      expect(told.length).toBeGreaterThan(1);
      const wrong = told.filter(
        ({ from, to, withinMs }) =>
          from + (withinMs ?? 0) > latest + toleranceMs || to + (withinMs ?? 0) < earliest - toleranceMs,
      );
      expect(wrong, `it ended between ${earliest} and ${latest}`).toEqual([]);
    });
  });
});
