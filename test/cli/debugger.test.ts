/** SIGUSR1 is Node's word for opening a debugger, which any user of the machine may enter. Here it never is. */
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Watched } from '../support/client.js';
import { guard, release, scratch } from '../support/guard.js';
import { bin, plainEnv, watched } from '../support/holdfast.js';
import { listening } from '../support/listening.js';
import { here } from '../support/place.js';
import { alive, end } from '../support/processes.js';
import { until } from '../support/until.js';

const early = fileURLToPath(new URL('../support/earlysignal.cjs', import.meta.url));

describe.runIf(process.platform === 'linux')('SIGUSR1 opens no debugger', () => {
  const { dir, remove } = scratch('debugger');
  /** Takes connections and says nothing: a tunnel to it is being opened until it is stopped. */
  let silent: Server;
  let port = 0;
  const sockets = new Set<Socket>();
  const running: Watched[] = [];
  const pids: number[] = [];
  beforeAll(async () => {
    silent = createServer((socket) => {
      sockets.add(socket);
      socket.on('error', () => {});
    }).listen(0, '127.0.0.1');
    await once(silent, 'listening');
    const address = silent.address();
    port = address instanceof Object ? address.port : 0;
  });
  afterEach(async () => {
    for (const one of running.splice(0)) await one.kill();
    await end(pids.filter(alive));
    for (const pid of pids.splice(0)) release(`pid ${pid}`);
  });
  afterAll(() => {
    for (const socket of sockets) socket.destroy();
    silent.close();
    remove();
  });

  /** Port 0: a debugger opens whoever has 9229. What this process listens on is the debugger, and nothing else. */
  const run = (node: readonly string[], ...more: readonly string[]): Watched => {
    const words = ['-F', 'none', '-N', '-v', '-R', '0:127.0.0.1:9', '-p', String(port), 'nobody@127.0.0.1'];
    const args = ['--inspect-port=0', ...node, bin, 'run', ...more, ...words];
    const one = watched(process.execPath, args, { env: plainEnv(), detached: true });
    running.push(one);
    return one;
  };
  const pidOf = (one: Watched): number => one.child.pid ?? 0;
  const connecting = /connecting \(link 1\)/;
  const closedNote = /note: Node's debugger was open .*; it is closed/;

  it('at 20 moments of the start: nothing listens then, whether the process lives or was ended by the signal', async () => {
    // Five at once: with them a start takes as long as that of the five before.
    const starts = await Promise.all(
      Array.from({ length: 5 }, async () => {
        const begun = performance.now();
        await run([]).says(connecting, 30_000);
        return performance.now() - begun;
      }),
    );
    const startMs = Math.max(...starts);
    const signalAt = async (moment: number) => {
      const one = run([]);
      await sleep((moment / 19) * startMs);
      one.child.kill('SIGUSR1');
      await until('a tunnel or an end', () => connecting.test(one.stderr) || one.ended, { withinMs: 30_000 });
      // Before Node itself listens for it, the signal does what it does to every process.
      if (one.ended) expect(one.child.signalCode).toBe('SIGUSR1');
      else expect(listening(pidOf(one))).toEqual([]);
      await one.kill();
    };
    for (const first of [0, 1, 2, 3])
      await Promise.all([0, 4, 8, 12, 16].map((more) => signalAt(first + more)));
  }, 120_000);

  it('before the first statement of the command: it is closed, and said', async () => {
    const one = run(['--require', early]);
    await one.says(connecting);
    expect(one.stderr).toContain('Debugger listening on');
    expect(one.stderr).toMatch(closedNote);
    expect(listening(pidOf(one))).toEqual([]);
    one.child.kill('SIGUSR1');
    one.child.kill('SIGTERM');
    expect(await one.end()).toBe(0);
  });

  it('before the first statement of a command that is no tunnel', async () => {
    const { code, stdout, stderr } = await here.exec(
      process.execPath,
      ['--inspect-port=0', '--require', early, bin, 'config', 'effective', '-F', 'none', 'db'],
      { env: plainEnv() },
    );
    expect(code).toBe(0);
    expect(stdout).toContain('hostname db');
    expect(stderr).toMatch(closedNote);
  });

  it('as soon as the pid file is there', async () => {
    for (let round = 0; round < 3; round += 1) {
      const file = path.join(dir, `pid${round}`);
      const one = run([], '--pid-file', file);
      await until('the pid file', () => existsSync(file), { everyMs: 1 });
      process.kill(Number(readFileSync(file, 'utf8')), 'SIGUSR1');
      await one.says(connecting);
      expect(listening(pidOf(one))).toEqual([]);
      expect(one.stderr).not.toContain('Debugger listening on');
      await one.kill();
    }
  });

  it('of the process in the background, whose debugger would tell nobody its address', async () => {
    const file = path.join(dir, 'background');
    const one = run(['--require', early], '-f', '--pid-file', file);
    await until('the pid file', () => existsSync(file));
    const pid = Number(readFileSync(file, 'utf8'));
    pids.push(pid);
    guard(`pid ${pid}`);
    expect(readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0')).toContain(
      '--inspect-publish-uid=stderr',
    );
    await one.says(connecting);
    // Of both processes, and again where Node 22 opens it a second time.
    expect(one.stderr.match(new RegExp(closedNote, 'g'))?.length).toBeGreaterThanOrEqual(2);
    expect([...listening(pid), ...listening(pidOf(one))]).toEqual([]);
    process.kill(pid, 'SIGUSR1');
    one.child.kill('SIGUSR1');
    one.child.kill('SIGTERM');
    expect(await one.end()).toBe(0);
  });

  it.each([
    ['--inspect', ['--inspect=0'], {}],
    ['--inspect in NODE_OPTIONS', [], { NODE_OPTIONS: '--trace-warnings --inspect=0' }],
  ])('one that was asked for by %s stays open', async (_, node, env) => {
    const words = [
      ...node,
      bin,
      'run',
      '-F',
      'none',
      '-v',
      '-R',
      '0:127.0.0.1:9',
      '-p',
      String(port),
      'nobody@127.0.0.1',
    ];
    const one = watched(process.execPath, words, { env: plainEnv(env), detached: true });
    running.push(one);
    await one.says(connecting);
    expect(one.stderr).not.toMatch(closedNote);
    expect(listening(pidOf(one))).toHaveLength(1);
  });
});
