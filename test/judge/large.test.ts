/** What a configuration of 10,000 hosts costs, beside what it costs ssh on the same machine in the same minute. */
import path from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { scratch } from '../support/guard.js';
import { bin, plainEnv } from '../support/holdfast.js';
import { layLargeConfig } from '../support/largeconfig.js';
import { program } from '../support/parts.js';
import { here } from '../support/place.js';

const { dir, remove } = scratch('large');
afterAll(remove);
const { inFiles, inOne } = layLargeConfig(dir);
const env = plainEnv({ XDG_STATE_HOME: path.join(dir, 'state') });
const rounds = 5;

async function timed(command: string, args: readonly string[]): Promise<number> {
  const startedAt = performance.now();
  await here.must(command, args, { env, cwd: dir, timeoutMs: 60_000 });
  return performance.now() - startedAt;
}

/** The least of several runs is what the work itself takes; both in turns, so that they meet the same machine. */
async function least(one: () => Promise<number>, other: () => Promise<number>): Promise<[number, number]> {
  const times: [number, number][] = [];
  for (let round = 0; round < rounds; round += 1) times.push([await one(), await other()]);
  return [Math.min(...times.map(([first]) => first)), Math.min(...times.map(([, second]) => second))];
}

const node = () => timed(process.execPath, ['-e', '0']);
const ssh = (file: string) => timed(program('ssh'), ['-F', file, '-G', 'host9999']);

it('config set with its proof takes a few times what starting Node.js and ssh -G take', async () => {
  let port = 3_000;
  const set = () => {
    port += 1;
    return timed(process.execPath, [bin, 'config', 'set', '-F', inOne, 'host5000', 'Port', String(port)]);
  };
  const [ours, theirs] = await least(set, async () => (await node()) + (await ssh(inOne)));
  expect(await here.must(program('ssh'), ['-F', inOne, '-G', 'host5000'])).toContain(`\nport ${port}\n`);
  // Four times where it takes 400 ms; three times that much is a fault.
  expect(ours / theirs).toBeLessThan(12);
}, 120_000);

it('the first resolve() of a process takes a few times what ssh -G takes', async () => {
  const configModule = path.join(path.dirname(bin), '..', 'dist', 'config.js');
  const resolve = async () => {
    const text = `
      const { resolve } = await import(${JSON.stringify(configModule)});
      const startedAt = performance.now();
      await resolve('host9999', { configFile: ${JSON.stringify(inFiles)} });
      console.log(performance.now() - startedAt);`;
    return Number(
      await here.must(process.execPath, ['--input-type=module', '--eval', text], { env, cwd: dir }),
    );
  };
  const [ours, theirs] = await least(resolve, () => ssh(inFiles));
  // About three times where it takes 150 ms; three times that much is a fault.
  expect(ours / theirs).toBeLessThan(9);
}, 120_000);
