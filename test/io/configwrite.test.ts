/** Edits of files on disk: one call plans, proves and writes. */
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { type ConfigChange, EditRefusedError } from '../../src/edit/configchange.js';
import { editConfig } from '../../src/edit/configwrite.js';
import { listEdits, undoEdits } from '../../src/edit/history.js';
import { WriteRefusedError } from '../../src/io/replace.js';
import { scratch } from '../support/guard.js';

const { dir, remove } = scratch('configwrite');
const stateBefore = process.env.XDG_STATE_HOME;
afterAll(() => {
  if (stateBefore === undefined) delete process.env.XDG_STATE_HOME;
  else process.env.XDG_STATE_HOME = stateBefore;
  remove();
});

let count = 0;
let folder = '';
let file = '';
beforeEach(() => {
  count += 1;
  folder = path.join(dir, String(count));
  mkdirSync(folder);
  file = path.join(folder, 'config');
  process.env.XDG_STATE_HOME = path.join(folder, 'state');
});

const set = (host: string, option: string, ...values: string[]): ConfigChange => ({
  ...{ type: 'set', host, option, values },
});
const write = (name: string, text: string) => writeFileSync(path.join(folder, name), text, { mode: 0o600 });
const content = (name = 'config') => readFileSync(path.join(folder, name), 'latin1');

describe('editConfig on a file', () => {
  it('writes it, and gives the text, the diff, who is different, and where the new line stands', async () => {
    write('config', 'Host db\n  Port 22 # old\n');
    const edited = await editConfig({ path: file }, [set('db', 'Port', '2222')]);
    expect(content()).toBe('Host db\n  Port 2222 # old\n');
    expect(edited).toMatchObject({
      ...{ changed: true, written: true, configFile: file, text: content(), confirmed: null },
      changedHosts: [{ host: 'db', option: 'Port', before: ['22'], after: ['2222'] }],
      lines: [{ file, line: 2, text: 'Port 2222 # old', header: 'Host db' }],
      files: [{ file, created: false, number: 1, diff: edited.diff }],
    });
    expect(edited.diff).toContain('-  Port 22 # old\n+  Port 2222 # old\n');
    expect((await listEdits({ configFile: file })).edits).toMatchObject([
      { number: 1, command: 'config set db Port' },
    ]);
  });

  it('as a dry run gives the same and writes nothing, not even a history', async () => {
    write('config', 'Host db\n');
    const dry = await editConfig({ path: file }, [set('db', 'Port', '2222')], { dryRun: true });
    expect(content()).toBe('Host db\n');
    expect(existsSync(path.join(folder, 'state'))).toBe(false);
    const wet = await editConfig({ path: file }, [set('db', 'Port', '2222')]);
    expect(wet).toEqual({ ...dry, written: true, files: [{ ...dry.files[0], number: 1 }] });
  });

  it('writes all files of an edit under one entry, and undo takes all of them back', async () => {
    write('config', `Include ${folder}/more\n\nHost web\n  User w\n`);
    write('more', 'Host db\n  User d\n');
    const old = [content(), content('more')];
    await editConfig({ path: file }, [set('db', 'Port', '1'), set('web', 'Port', '2')]);
    expect(content()).toContain('Port 2');
    expect(content('more')).toBe('Host db\n  User d\n  Port 1\n');
    await undoEdits(1, { configFile: file });
    expect([content(), content('more')]).toEqual(old);
  });

  it('writes nothing where there is nothing to do', async () => {
    write('config', 'Host db\n  ServerAliveInterval 0m30s\n');
    const edited = await editConfig({ path: file }, [set('db', 'ServerAliveInterval', '30')]);
    expect(edited).toMatchObject({ changed: false, written: false, diff: '', idle: [{ why: 'already' }] });
    expect(existsSync(path.join(folder, 'state'))).toBe(false);
  });

  it('makes a file that is not there, for its owner alone', async () => {
    const made = await editConfig({ path: file }, [set('*', 'ServerAliveInterval', '30')]);
    expect(made.files).toMatchObject([{ created: true }]);
    expect(content()).toBe('Host *\n  ServerAliveInterval 30\n');
    expect(statSync(file).mode & 0o777).toBe(0o600);
  });

  it('keeps a link, and writes where it leads', async () => {
    write('real', 'Host db\r\n');
    symlinkSync('real', file);
    await editConfig({ path: file }, [set('db', 'Port', '2')]);
    expect(lstatSync(file).isSymbolicLink()).toBe(true);
    expect(content('real')).toBe('Host db\r\n  Port 2\r\n');
  });

  it('refuses a file that group may write, with the reason as data', async () => {
    write('config', 'Host db\n');
    chmodSync(file, 0o622);
    const refused = await editConfig({ path: file }, [set('db', 'Port', '2')]).catch(
      (thrown: unknown) => thrown,
    );
    // ssh refuses it before anything can be planned.
    expect(refused instanceof EditRefusedError || refused instanceof WriteRefusedError).toBe(true);
    expect(content()).toBe('Host db\n');
  });

  it('refuses one file under two names: the proof took it for two', async () => {
    write('real', 'Host db\n  User d\n');
    symlinkSync('real', path.join(folder, 'alias'));
    write('config', `Include ${folder}/real\nMatch all\nInclude ${folder}/alias\n`);
    const refused = await editConfig({ path: file }, [set('db', 'Port', '2')]).catch(
      (thrown: unknown) => thrown,
    );
    expect(refused).toBeInstanceOf(WriteRefusedError);
    expect((refused as WriteRefusedError).message).toContain('are one file');
    expect(content('real')).toBe('Host db\n  User d\n');
  });

  it('is refused when the file changed between the reading and the writing', async () => {
    write('config', 'Host db\n');
    const options = { onPlanned: async () => write('config', 'Host db\n  Port 7\n') };
    const refused = await editConfig({ path: file }, [set('db', 'Port', '2')], options).catch(
      (thrown: unknown) => thrown,
    );
    expect(refused).toBeInstanceOf(WriteRefusedError);
    expect((refused as WriteRefusedError).reason).toBe('changed');
    expect(content()).toBe('Host db\n  Port 7\n');
  });

  it('is refused, too, when a file changed that it only reads', async () => {
    write('config', `Include ${folder}/more\n\nHost db\n`);
    write('more', 'Host web\n  Port 7\n');
    const options = { onPlanned: async () => write('more', 'Port 9\n') };
    await expect(editConfig({ path: file }, [set('db', 'Port', '2')], options)).rejects.toThrow(
      'more changed since it was read',
    );
    expect(content()).not.toContain('Port 2');
  });

  it('takes no dry run together with a look of ssh, which reads what is written', async () => {
    write('config', 'Host db\n');
    const options = { dryRun: true, verifyWithSsh: true };
    await expect(editConfig({ path: file }, [set('db', 'Port', '2')], options)).rejects.toThrow(
      'want one of them',
    );
  });

  it.each([['none'], ['NONE']])('refuses the file %s', async (name) => {
    await expect(editConfig({ path: name }, [set('db', 'Port', '2')])).rejects.toThrow(
      'there is no file to change',
    );
  });
});
