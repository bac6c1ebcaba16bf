/** `holdfast relay` beside nc, over pipes as ssh uses them. Each wants a whole machine, so nothing else runs meanwhile. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { scratch } from '../support/guard.js';
import { bin, plainEnv } from '../support/holdfast.js';
import { needs, program } from '../support/machine.js';
import { Service } from '../support/streams.js';

type Direction = 'from' | 'to';

const bytes = 400_000_000;
const rounds = 8;

needs('nc.openbsd', 'koffi').describe('relay and nc', () => {
  const { dir, remove } = scratch('pace');
  afterAll(remove);

  /** From the connection on, so how long Node takes to start does not count. */
  async function seconds(direction: Direction, command: string): Promise<number> {
    let connectedAt = 0;
    let received = 0;
    let allReceivedAt = 0;
    const service = await new Service((socket) => {
      connectedAt = performance.now();
      socket.on('data', (chunk) => {
        received += chunk.length;
        if (received === bytes) allReceivedAt = performance.now();
      });
      if (direction === 'to') return void socket.once('end', () => socket.end());
      const part = Buffer.alloc(1_000_000);
      let left = bytes;
      const more = () => {
        while (left > 0) {
          left -= part.length;
          if (!socket.write(part)) return void socket.once('drain', more);
        }
        socket.end();
      };
      more();
    }).listen();
    const fifo = path.join(dir, `fifo-${service.port}`);
    const copy = `dd bs=256k iflag=fullblock,count_bytes count=${bytes}`;
    const between = `${command} 127.0.0.1 ${service.port}`;
    const script = {
      // Its stdin stays open until all has come, as ssh's does.
      from: `mkfifo ${fifo}; ${between} <${fifo} | { exec 9>${fifo}; ${copy} of=/dev/null; }`,
      to: `${copy} if=/dev/zero | ${between} | cat`,
    };
    const child = spawn('sh', ['-c', script[direction]], {
      env: plainEnv(),
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    let said = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      said += text;
    });
    await once(child, 'close');
    const endedAt = performance.now();
    service.close();
    expect(said).toContain(`\n${bytes} bytes`);
    if (direction === 'to') expect(received).toBe(bytes);
    return ((direction === 'to' ? allReceivedAt : endedAt) - connectedAt) / 1_000;
  }

  it.each<Direction>(['from', 'to'])(
    'no slower, %s the peer',
    async (direction) => {
      const nc = `${program('nc.openbsd')} -N`;
      const relay = `${process.execPath} ${bin} relay`;
      let best = { nc: Number.POSITIVE_INFINITY, relay: Number.POSITIVE_INFINITY };
      for (let round = 0; round < rounds && !(best.relay < best.nc); round += 1) {
        best = {
          nc: Math.min(best.nc, await seconds(direction, nc)),
          relay: Math.min(best.relay, await seconds(direction, relay)),
        };
      }
      // A tenth for a machine that does something else too.
      expect(best.relay / best.nc, JSON.stringify(best)).toBeLessThan(1.1);
    },
    120_000,
  );
});
