/** Commands on news: what the news carry and what goes wrong is the command's business, never the tunnel's. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { runHook } from '../../src/io/hooks.js';
import { scratch } from '../support/guard.js';
import { until } from '../support/until.js';

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

it('a NUL in the news: the command gets the rest', async () => {
  const { dir, remove } = scratch('hooks');
  closing.push(remove);
  const failed: string[] = [];
  const at = path.join(dir, 'said');
  runHook(
    'printf %s "$HOLDFAST_REASON" > "$AT"',
    { PATH: process.env.PATH, AT: at, HOLDFAST_REASON: 'bye\0now' },
    (reason) => failed.push(reason),
  );
  await until('the command', () => readFileSync(at, 'utf8') === 'byenow', { detail: () => failed });
  expect(failed).toEqual([]);
});

it('a command that the system does not start is told of once', async () => {
  const failed: string[] = [];
  const tell = (reason: string) => failed.push(reason);
  // execve(2): one string may have 128 KiB
  runHook('true', { PATH: process.env.PATH, HOLDFAST_REASON: 'x'.repeat(200_000) }, tell);
  await until('the first', () => failed.length > 0);
  expect(failed[0]).toMatch(/E2BIG/);
  runHook('true', { PATH: '/nonexistent' }, tell);
  await until('the second', () => failed.length > 1);
  expect(failed[1]).toMatch(/ENOENT/);
  runHook('exit 7', { PATH: process.env.PATH }, tell);
  await until('the third', () => failed.length > 2);
  expect(failed.slice(2)).toEqual(['ended with exit code 7']);
});
