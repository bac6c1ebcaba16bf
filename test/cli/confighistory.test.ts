/** `holdfast config history`, `diff`, `undo` and `restore` as built, on files of their own. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { bytesOf } from '../../src/core/sshconfig/bytes.js';
import { ownProcess } from '../../src/io/machine.js';
import { readStamped, replaceFiles } from '../../src/io/replace.js';
import { scratch } from '../support/guard.js';
import { bin, plainEnv } from '../support/holdfast.js';
import { here } from '../support/place.js';

const { dir, remove } = scratch('confighistory');
afterAll(remove);

let count = 0;
let file = '';
let state = '';
beforeEach(async () => {
  count += 1;
  const folder = path.join(dir, String(count));
  mkdirSync(folder);
  file = path.join(folder, 'config');
  state = path.join(folder, 'state');
  writeFileSync(file, 'Host db\n', { mode: 0o600 });
  await edit('Host db\n  Port 1\n', 'config set db Port');
  await edit('Host db\n  Port 1\n  User me\n', 'config set db User');
});

async function edit(bytes: string, command: string): Promise<void> {
  const desk = {
    stateFolder: path.join(state, 'holdfast'),
    process: ownProcess,
    pause: (ms: number) => sleep(ms),
  };
  await replaceFiles([{ stamp: readStamped(bytesOf(file)).stamp, bytes }], { command }, desk);
}
const content = () => readFileSync(file, 'utf8');
const run = (...args: readonly string[]) =>
  here.exec(process.execPath, [bin, 'config', ...args], {
    env: plainEnv({ XDG_STATE_HOME: state }),
    detached: true,
  });
const config = (...args: readonly string[]) => run(...args, '-F', file);
const said = (text: string) => text.replaceAll(file, 'FILE');

describe('history', () => {
  it('is a table with the newest on top', async () => {
    await config('undo');
    writeFileSync(file, 'theirs\n');
    const { code, stdout, stderr } = await config('history');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(said(stdout).replace(/\d{4}-\d\d-\d\d \d\d:\d\d:\d\d/g, 'TIME')).toBe(
      [
        'FILE',
        '3  TIME  config undo',
        '2  TIME  config set db User  (undone)',
        '1  TIME  config set db Port',
        'Something else changed the file since edit 3.',
        '',
      ].join('\n'),
    );
  });

  it('of a file that holdfast never changed says so', async () => {
    const { code, stdout } = await run('history', '-F', `${file}2`);
    expect({ code, stdout: stdout.replace(/\s+/g, ' ') }).toEqual({
      code: 0,
      stdout: `${file}2: holdfast has changed nothing in it. `,
    });
  });

  it('with --json has the names of the library', async () => {
    const { code, stdout } = await config('history', '--json');
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      file,
      changedSince: false,
      edits: [
        { number: 2, command: 'config set db User', kind: 'edit', state: 'kept', others: [] },
        { number: 1, before: { is: 'file', size: 8 } },
      ],
    });
  });
});

describe('diff', () => {
  it('shows what an edit changed, which patch can take back', async () => {
    const { code, stdout, stderr } = await config('diff', '1');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(said(stdout)).toBe('--- FILE\n+++ FILE\n@@ -1,1 +1,2 @@\n Host db\n+  Port 1\n');
    expect((await config('diff')).stdout).toContain('\n+  User me\n');
  });

  it('shows no control characters of the file to the terminal', async () => {
    await edit('Host \x1b[31mdb\n', 'config set db Port');
    expect((await config('diff')).stdout).toContain('+Host ^[[31mdb\n');
  });
});

describe('undo', () => {
  it('takes the last edit back and says so', async () => {
    const { code, stdout, stderr } = await config('undo');
    expect({ code, stdout, stderr: said(stderr) }).toEqual({
      code: 0,
      stdout: '',
      stderr: 'holdfast: undone: edit 2 of FILE\n',
    });
    expect(content()).toBe('Host db\n  Port 1\n');
    expect((await config('undo', '--json')).stdout).toBe(
      `${JSON.stringify({ changed: true, files: [{ file, diff: `--- ${file}\n+++ ${file}\n@@ -1,2 +1,1 @@\n Host db\n-  Port 1\n` }], edits: [1] })}\n`,
    );
    expect(content()).toBe('Host db\n');
    const last = await config('undo');
    expect({ code: last.code, stderr: said(last.stderr) }).toEqual({
      code: 0,
      stderr: 'holdfast: nothing to undo: holdfast has changed nothing in FILE that still stands\n',
    });
  });

  it('with --dry-run shows the diff and changes nothing', async () => {
    const { code, stdout, stderr } = await config('undo', '2', '--dry-run');
    expect({ code, stdout: said(stdout), stderr: said(stderr) }).toEqual({
      code: 0,
      stdout: '--- FILE\n+++ FILE\n@@ -1,3 +1,1 @@\n Host db\n-  Port 1\n-  User me\n',
      stderr: 'holdfast: this would undo edits 2, 1 of FILE\n',
    });
    expect(content()).toBe('Host db\n  Port 1\n  User me\n');
  });

  it('is refused with 2 and the difference when something else changed the file', async () => {
    writeFileSync(file, 'Host db\n  Port 1\n  User me\n  Compression yes\n');
    const { code, stdout, stderr } = await config('undo');
    expect(code).toBe(2);
    expect(said(stdout)).toContain('\n+  Compression yes\n');
    expect(said(stderr)).toBe(
      'holdfast: FILE was changed by something else after edit 2 (config set db User), which undo would lose; holdfast config restore 2 takes the whole file back to before that edit\n',
    );
    const json = await config('undo', '--json');
    expect([json.code, JSON.parse(json.stdout)]).toMatchObject([
      2,
      { error: { kind: 'config', reason: 'changed', file, diff: expect.stringContaining('Compression') } },
    ]);
    expect(content()).toContain('Compression');
  });
});

describe('restore', () => {
  it('gives the file what it was before an edit', async () => {
    const dry = await config('restore', '1', '--dry-run');
    expect([dry.code, said(dry.stderr)]).toEqual([0, 'holdfast: FILE would be what it was before edit 1\n']);
    expect(dry.stdout).toContain('\n-  Port 1\n');
    const { code, stderr } = await config('restore', '1');
    expect([code, said(stderr)]).toEqual([0, 'holdfast: FILE is what it was before edit 1\n']);
    expect(content()).toBe('Host db\n');
    const again = await config('restore', '1');
    expect([again.code, said(again.stderr)]).toEqual([
      0,
      'holdfast: nothing to do: FILE is already what it was before edit 1\n',
    ]);
  });
});

describe('what makes no sense is refused with 2', () => {
  it.each([
    [['undo', '0'], 'undo: "0" is no number from 1'],
    [['undo', '1.5'], 'undo: "1.5" is no number from 1'],
    [['undo', '99999999999999999999'], 'is no number from 1'],
    [['undo', '3'], 'has 2 edits to undo'],
    [['undo', '1', '2'], 'is one word too many; it takes [count]'],
    [['restore'], 'restore: no number; as in holdfast config restore 3'],
    [['restore', '7'], 'there are 1 to 2'],
    [['diff', 'x'], 'diff: "x" is no number from 1'],
    [['history', '--dry-run'], '--dry-run is for '],
    [['undo', '-p', '22'], '-p is for effective, why, list, show, verify'],
    [['undo', '-F', 'none'], '-F none: there is no file to change'],
  ])('%j', async (args, words) => {
    const { code, stdout, stderr } = await run('-F', file, ...args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain(words);
    expect(content()).toBe('Host db\n  Port 1\n  User me\n');
  });
});
