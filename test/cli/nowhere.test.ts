/** Where this process has no working folder, or its user no name: an answer, and never a bug. */
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { scratch } from '../support/guard.js';
import { bin, plainEnv } from '../support/holdfast.js';
import { needs, program } from '../support/machine.js';
import { type Finished, here } from '../support/place.js';

const once = ['--max-attempts', '1', '-F', 'none', '-L', '0:a:1', '-p', '1', 'me@127.0.0.1'];
/** Each command, and the exit codes that are an answer. */
const lines: readonly (readonly [words: readonly string[], exits: readonly number[]])[] = [
  [['--help'], [0]],
  [['--version'], [0]],
  [['demo', '--help'], [0]],
  [['run', '--print', '-F', 'none', '-L', '0:a:1', 'me@h'], [0]],
  [['run', '-i', 'key', '-i', '~/key', ...once], [5]],
  [['run', '-f', ...once], [5]],
  [['run', '-F', 'relative', '-L', '0:a:1', 'me@h'], [2]],
  [['run', '--log-file', 'relative/log', ...once], [2]],
  [['config', 'list', '-F', 'none'], [0]],
  [['config', 'why', 'h', 'User', '-F', 'none'], [0]],
  [['config', 'lint', '-F', 'none'], [0]],
  [['config', 'history', '-F', 'relative'], [0]],
  [
    ['config', 'set', 'h', 'Port', '23', '--dry-run', '-F', 'relative'],
    [0, 2],
  ],
  [
    ['config', 'keepalive', '--dry-run', '-F', 'none'],
    [0, 2],
  ],
  [['sshd', 'lint', '-f', 'relative'], [2]],
  [
    ['doctor', 'h', '-F', 'none', '--offline'],
    [0, 1],
  ],
  [['tcp', 'list'], [0]],
  [['completion', 'bash'], [0]],
];
const rows = lines.map(([words, exits]) => [words.join(' '), words, exits] as const);

function expectAnswer(found: Finished, exits: readonly number[]) {
  expect(`${found.stdout}${found.stderr}`).not.toMatch(/bug in holdfast|\n\s+at /);
  expect(exits, found.stderr).toContain(found.code);
}

describe('a working folder that was deleted', () => {
  it.each(rows)('holdfast %s', async (_, words, exits) => {
    const { dir, remove } = scratch('gone');
    const folder = path.join(dir, 'here');
    mkdirSync(folder);
    const line = 'cd "$1" && rmdir "$1" && shift && exec "$@"';
    const found = await here.exec('/bin/sh', ['-c', line, 'sh', folder, process.execPath, bin, ...words], {
      env: plainEnv(),
      detached: true,
    });
    expect(readdirSync(dir)).toEqual([]);
    remove();
    expectAnswer(found, exits);
  });

  it('a relative name is nothing of another folder', async () => {
    const { dir, remove } = scratch('gone');
    const folder = path.join(dir, 'here');
    mkdirSync(folder);
    writeFileSync(path.join(dir, 'config'), 'Host h\n Port 23\n');
    const line = 'cd "$1" && rmdir "$1" && exec "$2" "$3" run --print -F config -L 0:a:1 h';
    const found = await here.exec('/bin/sh', ['-c', line, 'sh', folder, process.execPath, bin]);
    remove();
    expect(found.code).toBe(2);
    expect(found.stderr).toContain('config: it cannot be opened');
  });
});

needs('setpriv').describe('a user without a name', () => {
  let dir = '';
  let remove = () => {};
  beforeAll(() => {
    ({ dir, remove } = scratch('nameless'));
  });
  afterAll(() => remove());
  const as = ['--reuid=4242', '--regid=4242', '--clear-groups', 'env', '-u', 'HOME'];
  const nameless = (...words: readonly string[]) =>
    here.exec(program('setpriv'), [...as, process.execPath, bin, ...words], {
      env: plainEnv(),
      detached: true,
      cwd: path.dirname(dir),
    });

  it.each(rows)('holdfast %s', async (_, words, exits) => {
    expectAnswer(await nameless(...words), exits);
  });

  it('has to say whom to log in as', async () => {
    const { code, stderr } = await nameless('run', '-F', 'none', '-L', '0:a:1', 'h');
    expect({ code, stderr }).toEqual({
      code: 2,
      stderr:
        'holdfast: h: the user 4242 of this process has no name (passwd): want user@host, or the option User\n',
    });
  });
});
