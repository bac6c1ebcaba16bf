/** What holdfast changed in a file: kept, listed, compared, taken back. */
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { bytesOf } from '../../src/core/sshconfig/bytes.js';
import { ChangedSinceError, diffOfEdit, listEdits, restoreEdit, undoEdits } from '../../src/edit/history.js';
import { writeContext } from '../../src/edit/writing.js';
import { FailureError, WriteRefusedError } from '../../src/edit.js';
import { bounds, journalFolder } from '../../src/io/replace/journal.js';
import { readStamped, replaceFiles } from '../../src/io/replace.js';
import { scratch } from '../support/guard.js';

const { dir, remove } = scratch('history');
const given = process.env.XDG_STATE_HOME;
afterAll(() => {
  remove();
  if (given === undefined) delete process.env.XDG_STATE_HOME;
  else process.env.XDG_STATE_HOME = given;
});

let count = 0;
let file = '';
let options = { configFile: '' };
beforeEach(() => {
  count += 1;
  process.env.XDG_STATE_HOME = path.join(dir, `state${count}`);
  mkdirSync(path.join(dir, String(count)));
  file = path.join(dir, String(count), 'config');
  options = { configFile: file };
});

async function edit(
  texts: Readonly<Record<string, string | null>>,
  command = 'config set db Port',
): Promise<void> {
  const changes = Object.entries(texts).map(([name, bytes]) => ({
    stamp: readStamped(bytesOf(name)).stamp,
    bytes,
  }));
  await replaceFiles(changes, { command }, writeContext());
}
/** The file as these texts, one edit each. */
async function edits(...texts: readonly string[]): Promise<void> {
  for (const text of texts) await edit({ [file]: text }, `config set ${text.trim()}`);
}
const content = (name = file) => (existsSync(name) ? readFileSync(name, 'latin1') : null);
const states = async () => (await listEdits(options)).edits.map(({ number, state }) => `${number} ${state}`);
const thrownBy = (act: Promise<unknown>) =>
  act.then(
    () => {
      throw new Error('nothing was thrown');
    },
    (thrown: unknown) => thrown,
  );
const folderOf = (name: string) => journalFolder(writeContext().stateFolder, bytesOf(name));

describe('the history of a file', () => {
  it('is empty at first, and asking makes nothing', async () => {
    writeFileSync(file, 'Host a\n', { mode: 0o600 });
    expect(await listEdits(options)).toEqual({ file, edits: [], changedSince: false });
    expect(await diffOfEdit(null, options)).toEqual({ file, diff: '' });
    expect(await undoEdits(1, options)).toMatchObject({ changed: false, edits: [] });
    expect(existsSync(path.join(dir, `state${count}`))).toBe(false);
  });

  it('has each edit with its words, the newest first', async () => {
    const begun = Date.now();
    writeFileSync(file, 'a\n', { mode: 0o600 });
    await edits('b\n', 'c\n');
    const { edits: found, changedSince } = await listEdits(options);
    expect(found.map(({ number, command, kind, state }) => [number, command, kind, state])).toEqual([
      [2, 'config set c', 'edit', 'kept'],
      [1, 'config set b', 'edit', 'kept'],
    ]);
    expect(Date.parse(found[0]?.at ?? '')).toBeGreaterThanOrEqual(begun - 1);
    expect(found[0]?.before).toEqual(found[1]?.after);
    expect(changedSince).toBe(false);
    writeFileSync(file, 'theirs\n');
    expect((await listEdits(options)).changedSince).toBe(true);
  });

  it('is the same by any link, and another for another file', async () => {
    await edits('b\n');
    const link = path.join(dir, String(count), 'link');
    symlinkSync('config', link);
    expect((await listEdits({ configFile: link })).edits).toHaveLength(1);
    expect((await listEdits({ configFile: link })).file).toBe(file);
    expect((await listEdits({ configFile: `${file}2` })).edits).toEqual([]);
  });

  it('can be read by its owner alone, and lies in the state folder', async () => {
    const state = path.join(dir, `state${count}`);
    mkdirSync(path.join(state, 'holdfast'), { recursive: true });
    chmodSync(path.join(state, 'holdfast'), 0o755);
    await edits('b\n', 'c\n');
    const all = readdirSync(path.join(state, 'holdfast'), { recursive: true, withFileTypes: true });
    expect(all.length).toBeGreaterThan(5);
    for (const one of all) {
      const mode = statSync(path.join(one.parentPath, one.name)).mode & 0o777;
      expect([one.name, mode]).toEqual([one.name, one.isDirectory() ? 0o700 : 0o600]);
    }
    expect(statSync(path.join(state, 'holdfast')).mode & 0o777).toBe(0o700);
    expect(readdirSync(path.dirname(file))).toEqual(['config']);
  });

  it('keeps each content once, and no more edits and bytes than its bounds', async () => {
    for (let number = 0; number < bounds.entries + 5; number += 1) await edits(number % 2 ? 'a\n' : 'b\n');
    const { edits: found } = await listEdits(options);
    expect([found.length, found[0]?.number]).toEqual([bounds.entries, bounds.entries + 5]);
    expect(readdirSync(path.join(folderOf(file), 'copies'))).toHaveLength(2);
    const big = bounds.bytes / 4;
    for (const letter of 'pqrstu') await edit({ [file]: letter.repeat(big) }, letter);
    const kept = readdirSync(path.join(folderOf(file), 'copies'));
    const bytes = kept.reduce(
      (sum, name) => sum + statSync(path.join(folderOf(file), 'copies', name)).size,
      0,
    );
    expect(bytes).toBeLessThanOrEqual(bounds.bytes);
    expect((await listEdits(options)).edits.map(({ command }) => command)).toEqual(['u', 't', 's']);
    await undoEdits(3, options);
    expect(content()?.charAt(0)).toBe('r');
  }, 60_000);

  it('holds no values of what was asked', async () => {
    await edit({ [file]: 'Host db\n  ProxyCommand secret\n' }, 'config set db ProxyCommand');
    expect(readFileSync(path.join(folderOf(file), 'journal.json'), 'utf8')).not.toContain('secret');
  });

  it('that is not ours is left alone, and nothing is written', async () => {
    await edits('b\n');
    for (const text of ['{', '{"version":2,"entries":[]}', '{"version":1,"entries":[{"number":1}]}']) {
      writeFileSync(path.join(folderOf(file), 'journal.json'), text);
      const thrown = await thrownBy(edits('c\n'));
      expect(thrown).toBeInstanceOf(WriteRefusedError);
      expect(String(thrown)).toContain('journal.json is no history of this holdfast');
      expect(content()).toBe('b\n');
    }
  });
});

describe('diff', () => {
  it('is that of the newest edit, or of the one with that number, as people read it', async () => {
    await edits(bytesOf('Host ä\n'), 'Host b\n');
    expect(await diffOfEdit(null, options)).toEqual({
      file,
      diff: `--- ${file}\n+++ ${file}\n@@ -1,1 +1,1 @@\n-Host ä\n+Host b\n`,
    });
    expect((await diffOfEdit(1, options)).diff).toContain('\n+Host ä\n');
  });

  it('of a number that is not there is refused with those that are', async () => {
    await edits('a\n', 'b\n');
    const thrown = await thrownBy(diffOfEdit(3, options));
    expect(thrown).toBeInstanceOf(FailureError);
    expect(thrown).toMatchObject({
      kind: 'usage',
      message: `no edit 3 in the history of ${file}; there are 1 to 2`,
    });
  });
});

describe('undo', () => {
  it('gives the bytes before the last edit, then those before the one before, mode kept', async () => {
    writeFileSync(file, 'a\r\n\xff', 'latin1');
    chmodSync(file, 0o640);
    await edits('b\n', 'c\n');
    expect(await undoEdits(1, options)).toMatchObject({ changed: true, edits: [2] });
    expect(content()).toBe('b\n');
    expect(await states()).toEqual(['3 kept', '2 undone', '1 kept']);
    expect(await undoEdits(1, options)).toMatchObject({ changed: true, edits: [1] });
    expect([content(), statSync(file).mode & 0o777]).toEqual(['a\r\n\xff', 0o640]);
    expect(await undoEdits(1, options)).toMatchObject({ changed: false });
  });

  it('goes back over several at once, and not over more than there are', async () => {
    writeFileSync(file, 'a\n', { mode: 0o600 });
    await edits('b\n', 'c\n', 'd\n');
    expect(await thrownBy(undoEdits(4, options))).toMatchObject({
      kind: 'usage',
      message: `undo 4: the history of ${file} has 3 edits to undo`,
    });
    await undoEdits(2, options);
    expect(content()).toBe('b\n');
    await edits('e\n');
    await undoEdits(2, options);
    expect(content()).toBe('a\n');
  });

  it('of the edit that made the file removes it', async () => {
    await edits('a\n');
    await undoEdits(1, options);
    expect(content()).toBe(null);
    await restoreEdit(2, options);
    expect(content()).toBe('a\n');
  });

  it('is refused when something else changed the file, with what that did', async () => {
    await edits('a\n', 'b\n');
    writeFileSync(file, 'b\ntheirs\n');
    for (const dryRun of [true, false]) {
      const thrown = await thrownBy(undoEdits(1, { ...options, dryRun }));
      expect(thrown).toBeInstanceOf(ChangedSinceError);
      expect(thrown).toMatchObject({ reason: 'changed', kind: 'config', file });
      expect(thrown instanceof ChangedSinceError && thrown.diff).toContain('\n+theirs\n');
    }
    expect(content()).toBe('b\ntheirs\n');
    expect(await states()).toEqual(['2 kept', '1 kept']);
  });

  it('is refused when something else changed the file between two of its edits', async () => {
    await edits('a\n');
    writeFileSync(file, 'theirs\n');
    await edits('b\n');
    expect(await thrownBy(undoEdits(2, options))).toBeInstanceOf(ChangedSinceError);
    await undoEdits(1, options);
    expect(content()).toBe('theirs\n');
  });

  it('takes back an edit of several files in all of them, or in none', async () => {
    const other = path.join(dir, String(count), 'other');
    writeFileSync(file, 'a\n', { mode: 0o600 });
    writeFileSync(other, 'x\n', { mode: 0o600 });
    await edit({ [file]: 'b\n', [other]: 'y\n' });
    expect((await listEdits(options)).edits[0]?.others).toEqual([other]);
    await edit({ [other]: 'z\n' }, 'config set web Port');
    expect(await thrownBy(undoEdits(1, options))).toMatchObject({
      reason: 'changed',
      message: expect.stringContaining(`${other}, which has a later edit (2: config set web Port)`) as string,
    });
    expect([content(), content(other)]).toEqual(['b\n', 'z\n']);
    await undoEdits(1, { configFile: other });
    expect((await undoEdits(1, options)).files.map((one) => one.file)).toEqual([file, other]);
    expect([content(), content(other)]).toEqual(['a\n', 'x\n']);
    expect((await listEdits({ configFile: other })).edits.map(({ state }) => state)).toEqual([
      'kept',
      'kept',
      'undone',
      'undone',
    ]);
  });

  it('as a dry run changes nothing and shows the diff', async () => {
    await edits('a\n', 'b\n');
    const { changed, files } = await undoEdits(1, { ...options, dryRun: true });
    expect([changed, files[0]?.diff]).toEqual([true, `--- ${file}\n+++ ${file}\n@@ -1,1 +1,1 @@\n-b\n+a\n`]);
    expect([content(), (await listEdits(options)).edits.length]).toEqual(['b\n', 2]);
  });

  it('is refused when its copy is damaged', async () => {
    await edits('a\n', 'b\n');
    const copies = path.join(folderOf(file), 'copies');
    for (const name of readdirSync(copies)) writeFileSync(path.join(copies, name), 'damaged');
    expect(await thrownBy(undoEdits(1, options))).toMatchObject({
      reason: 'no-history',
      message: expect.stringContaining('is gone or damaged') as string,
    });
    expect(content()).toBe('b\n');
  });
});

describe('restore', () => {
  it('gives the file what it was before an edit, whatever came since, and can be undone', async () => {
    writeFileSync(file, 'a\n', { mode: 0o600 });
    await edits('b\n', 'c\n');
    writeFileSync(file, 'theirs\n');
    expect((await restoreEdit(1, { ...options, dryRun: true })).files[0]?.diff).toContain('-theirs\n+a\n');
    expect(content()).toBe('theirs\n');
    await restoreEdit(1, options);
    expect(content()).toBe('a\n');
    await undoEdits(1, options);
    expect(content()).toBe('theirs\n');
  });

  it('does nothing when the file is so already', async () => {
    await edits('a\n', 'b\n');
    await undoEdits(1, options);
    expect(await restoreEdit(2, options)).toMatchObject({ changed: false });
    expect((await listEdits(options)).edits).toHaveLength(3);
  });
});

describe('a writer that was killed', () => {
  const journalFile = () => path.join(folderOf(file), 'journal.json');
  /** The last entry as a writer leaves it that dies before it says that it has written. */
  function begun(): void {
    const journal = JSON.parse(readFileSync(journalFile(), 'utf8')) as { entries: { state: string }[] };
    const last = journal.entries.at(-1);
    if (last) last.state = 'begun';
    writeFileSync(journalFile(), JSON.stringify(journal));
  }

  it('before it wrote has no place in the history', async () => {
    await edits('a\n', 'b\n');
    begun();
    writeFileSync(file, 'a\n');
    expect(await states()).toEqual(['1 kept']);
    await edits('c\n');
    expect(await states()).toEqual(['2 kept', '1 kept']);
    await undoEdits(2, options);
    expect(content()).toBe(null);
  });

  it('after it wrote can be undone', async () => {
    await edits('a\n', 'b\n');
    begun();
    expect(await states()).toEqual(['2 kept', '1 kept']);
    await undoEdits(1, options);
    expect(content()).toBe('a\n');
  });

  it('and whose file is neither is shown, with its copy', async () => {
    await edits('a\n', 'b\n');
    begun();
    writeFileSync(file, 'b\n\n\n');
    expect(await states()).toEqual(['2 interrupted', '1 kept']);
    await restoreEdit(2, options);
    expect(content()).toBe('a\n');
  });

  it('and whose write in place was cut is told from a change of somebody else, and restored', async () => {
    await edits('a\n', 'Host b\n Port 1\n');
    begun();
    const partialWrite = { name: 'WriteRefusedError', reason: 'partial-write' };
    for (const [text, expected] of [
      ['Host b', partialWrite],
      ['Hos\n\n\n\n', partialWrite],
      ['a', { reason: 'changed' }],
      ['Host b\n Port 2\n', { reason: 'changed' }],
    ] as const) {
      writeFileSync(file, text);
      expect(await thrownBy(undoEdits(1, options)), text).toMatchObject(expected);
      if (expected === partialWrite) {
        expect(await thrownBy(edits('c\n'))).toMatchObject({
          ...partialWrite,
          message: `${file} holds only a part of edit 2 (config set Host b\n Port 1), which was killed while it wrote; holdfast config restore 2 gives back what it held before`,
        });
      }
    }
    writeFileSync(file, 'Host b\n Po');
    await restoreEdit(2, options);
    expect(content()).toBe('a\n');
    await edits('c\n');
    expect(content()).toBe('c\n');
  });
});

describe('which file', () => {
  it('is refused for none, and where $HOME is not the home that ssh reads', async () => {
    expect(await thrownBy(listEdits({ configFile: 'none' }))).toMatchObject({ kind: 'usage' });
    const home = process.env.HOME;
    process.env.HOME = dir;
    try {
      expect(await thrownBy(listEdits({}))).toMatchObject({
        kind: 'usage',
        message: expect.stringContaining(`HOME is ${dir}, but ssh reads `) as string,
      });
    } finally {
      if (home === undefined) delete process.env.HOME;
      else process.env.HOME = home;
    }
  });

  it('a relative XDG_STATE_HOME is not heeded', () => {
    process.env.XDG_STATE_HOME = 'somewhere';
    expect(writeContext().stateFolder).toMatch(/^\/.*\/\.local\/state\/holdfast$/);
  });
});
