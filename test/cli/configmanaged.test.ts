/** `holdfast config managed`, and edits with --managed, as built; the meaning judged by ssh. */
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { scratch } from '../support/guard.js';
import { bin, plainEnv } from '../support/holdfast.js';
import { needs, program } from '../support/machine.js';
import { here } from '../support/place.js';

const { dir, remove } = scratch('configmanaged');
afterAll(remove);

const text = '# mine\nHost db\n  Port 22\n\nHost *\n  User me\n';
let count = 0;
let file = '';
let ours = '';
let state = '';
beforeEach(() => {
  count += 1;
  const folder = path.join(dir, String(count));
  mkdirSync(folder);
  file = path.join(folder, 'config');
  ours = path.join(folder, 'holdfast.conf');
  state = path.join(folder, 'state');
  writeFileSync(file, text, { mode: 0o600 });
});

const content = (of = file) => readFileSync(of, 'utf8');
const run = (...args: readonly string[]) =>
  here.exec(process.execPath, [bin, 'config', ...args, '-F', file], {
    env: plainEnv({ XDG_STATE_HOME: state }),
    detached: true,
  });
const said = (words: string) => words.replaceAll(file, 'FILE').replaceAll(ours, 'OURS').replace(/\s+/g, ' ');

describe('managed', () => {
  it('without a word says how things stand', async () => {
    const { code, stdout } = await run('managed');
    expect(code).toBe(0);
    expect(said(stdout)).toContain('OURS: not there FILE does not include it');
    expect(JSON.parse((await run('managed', '--json')).stdout)).toMatchObject({
      ...{ file: ours, exists: false, configFile: file, line: null, readOnly: null },
      include: `Include ${ours}`,
    });
  });

  it('init makes the file and one Include at the top; a second time there is nothing to do', async () => {
    const { code, stderr } = await run('managed', 'init');
    expect(code).toBe(0);
    expect(said(stderr)).toContain('OURS is there, and FILE:1 includes it: every host resolves as before.');
    expect(said(stderr)).toContain('holdfast config undo -F FILE takes it back.');
    expect(content()).toBe(`Include ${ours}\n${text}`);
    expect(statSync(ours).mode & 0o777).toBe(0o600);
    expect(content(ours)).toMatch(/^(?:#.*\n)+$/);
    expect(said((await run('managed', 'init')).stderr)).toBe('Nothing to do: it is there and included. ');
    expect((await run('undo')).code).toBe(0);
    expect(content()).toBe(text);
    expect(existsSync(ours)).toBe(false);
  });

  it('init --dry-run shows both files and writes neither', async () => {
    const { stdout } = await run('managed', 'init', '--dry-run');
    expect(stdout).toContain(`+Include ${ours}\n # mine`);
    expect(content()).toBe(text);
    expect(existsSync(ours)).toBe(false);
  });

  it('of a read-only configuration init makes the file and says which line is to be added', async () => {
    chmodSync(file, 0o400);
    const { code, stderr } = await run('managed', 'init');
    expect(code).toBe(0);
    expect(stderr).toContain(`\nInclude ${ours}\n`);
    expect(content()).toBe(text);
    expect(existsSync(ours)).toBe(true);
    const status = said((await run('managed')).stdout);
    expect(status).toContain('What makes it has to begin with this line: Include OURS');
    expect(status).not.toContain('managed init');
  });

  it('a link to a generated file: ours lies beside the link', async () => {
    const store = path.join(dir, `store-${count}`);
    mkdirSync(store);
    const made = path.join(store, 'config');
    writeFileSync(made, `Include ${path.join(path.dirname(file), 'more', 'holdfast.conf')}\n${text}`, {
      mode: 0o444,
    });
    mkdirSync(path.join(path.dirname(file), 'more'));
    const link = path.join(path.dirname(file), 'more', 'config');
    symlinkSync(made, link);
    const own = (...args: readonly string[]) =>
      here.exec(process.execPath, [bin, 'config', ...args, '-F', link], {
        env: plainEnv({ XDG_STATE_HOME: state }),
        detached: true,
      });
    expect((await own('managed', 'init')).code).toBe(0);
    expect((await own('set', 'db', 'Port', '33', '--managed')).code).toBe(0);
    expect(content(path.join(path.dirname(link), 'holdfast.conf'))).toContain('Host db\n  Port 33\n');
    expect(content(made)).toContain(text);
  });

  it('a file that is there already, and would change what hosts get, needs a yes', async () => {
    writeFileSync(ours, 'Host db\n  Port 33\n', { mode: 0o600 });
    const first = await run('managed', 'init');
    expect(first.code).toBe(2);
    expect(said(first.stderr)).toContain('db: Port 22 -> 33');
    expect(content()).toBe(text);
    expect((await run('managed', 'init', '--yes')).code).toBe(0);
    expect(content()).toBe(`Include ${ours}\n${text}`);
    const gone = await run('managed', 'remove');
    expect({ code: gone.code, text: said(gone.stderr) }).toMatchObject({
      code: 2,
      text: expect.stringContaining('db: Port 33 -> 22'),
    });
    expect((await run('managed', 'remove', '--yes')).code).toBe(0);
    expect(content()).toBe(text);
    expect(existsSync(ours)).toBe(false);
  });
});

describe('edits with --managed', () => {
  it('a refusal of a read-only file names the way', async () => {
    chmodSync(file, 0o400);
    const { code, stderr } = await run('set', 'db', 'Port', '33');
    expect(code).toBe(2);
    expect(said(stderr)).toContain('holdfast config managed init makes a file of your own');
    const early = await run('set', 'db', 'Port', '33', '--managed');
    expect(early.code).toBe(2);
    expect(said(early.stderr)).toContain('holdfast config managed init comes first');
  });

  it('go into the file of ours, leave the other one alone, and can be taken back', async () => {
    await run('managed', 'init');
    const before = content();
    chmodSync(file, 0o400);
    const { code, stderr } = await run('set', 'db', 'Port', '33', '--managed');
    expect(code).toBe(0);
    expect(said(stderr)).toBe('db: Port 22 -> 33 (OURS:5) holdfast config undo -F OURS takes it back. ');
    expect(content(ours)).toContain('\nHost db\n  Port 33\n');
    expect((await run('append', 'db', 'LocalForward', '80', 'a:80', '--managed')).code).toBe(0);
    expect((await run('add', 'new', '--hostname', 'n.example.org', '--managed')).code).toBe(0);
    expect(said((await run('unset', 'db', 'Port', '--managed')).stderr)).toContain('db: Port 33 -> 22');
    expect(content()).toBe(before);
  });

  it('a value that a line further up would beat is refused, and not written', async () => {
    const other = path.join(path.dirname(file), 'first');
    writeFileSync(other, 'Host db\n  Port 1\n', { mode: 0o600 });
    writeFileSync(file, `Include ${other}\nInclude ${ours}\n${text}`);
    expect((await run('managed', 'init')).code).toBe(0);
    const before = content(ours);
    const { code, stderr } = await run('set', 'db', 'Port', '33', '--managed');
    expect(code).toBe(2);
    expect(said(stderr)).toContain('Port of db would be 1');
    expect(content(ours)).toBe(before);
  });

  it.each([
    [['set', '*', 'Port', '3'], 'would win over every block'],
    [['set', 'db', 'Port', '3', '--force-all'], '--force-all and --managed: want one of them'],
    [['add', 'db'], 'is there already'],
    [['rename', 'db', 'dx'], '--managed is for set'],
    [['keepalive'], 'would win over every block'],
  ])('%j is refused', async (args, words) => {
    await run('managed', 'init');
    const before = content(ours);
    const { code, stderr } = await run(...args, '--managed');
    expect({ code, said: said(stderr) }).toEqual({ code: 2, said: expect.stringContaining(words) });
    expect(content(ours)).toBe(before);
  });

  it('ssh’s default is written where the other file says something else, and only there', async () => {
    writeFileSync(file, 'Host db\n  Port 2222\n');
    await run('managed', 'init');
    const { code, stderr } = await run('set', 'db', 'Port', '22', '--managed');
    expect(code).toBe(0);
    expect(said(stderr)).toContain('db: Port 2222 -> 22 (OURS:5)');
    expect(said((await run('set', 'db', 'Port', '22', '--managed')).stderr)).toContain('already (OURS:5)');
    const before = content(ours);
    expect(said((await run('set', 'db', 'TCPKeepAlive', 'yes', '--managed')).stderr)).toContain(
      'Nothing to do; nothing was written.',
    );
    expect(content(ours)).toBe(before);
  });

  it('--target checks the option for that release', async () => {
    await run('managed', 'init');
    const set = ['set', 'db', 'RequiredRSASize', '2048', '--managed'];
    const old = await run(...set, '--target', '8.4');
    expect({ code: old.code, said: said(old.stderr) }).toEqual({
      code: 2,
      said: expect.stringContaining('no option "RequiredRSASize"'),
    });
    expect((await run(...set, '--target', '9.2')).code).toBe(0);
  });

  it('--exec runs the commands of Match exec; without it both answers are proved', async () => {
    const mark = path.join(path.dirname(file), 'ran');
    writeFileSync(file, `${text}Match exec "touch ${mark}; false"\n  Port 1\n`);
    await run('managed', 'init');
    expect((await run('set', 'db', 'User', 'x', '--managed')).code).toBe(0);
    expect(existsSync(mark)).toBe(false);
    expect((await run('set', 'db', 'User', 'y', '--managed', '--exec')).code).toBe(0);
    expect(existsSync(mark)).toBe(true);
  });

  it('keepalive says before and after, and keeps the count of the other file', async () => {
    writeFileSync(file, 'Host db\n  ServerAliveCountMax 9\n');
    await run('managed', 'init');
    chmodSync(file, 0o400);
    const { code, stderr } = await run('keepalive', 'db', '--interval', '20', '--managed');
    expect(code).toBe(0);
    expect(said(stderr)).toContain('a dead server is noticed after 3 min 20 s instead of 2 h 11 min');
    expect(said(stderr)).toContain('holdfast config undo -F OURS takes it back.');
    expect(said(stderr)).toContain('ServerAliveCountMax 9 stays; --count sets another one');
    expect(content(ours)).toContain('\nHost db\n  ServerAliveInterval 20\n');
    expect(content(ours)).not.toContain('ServerAliveCountMax');
  });

  it('words that make no sense are refused', async () => {
    expect((await run('managed', 'start')).stderr).toContain('is none of status, init and remove');
  });
});

needs('ssh').it('the installed ssh agrees with an edit with --managed, or the old file returns', async () => {
  await run('managed', 'init');
  const set = ['set', 'db', 'Port', '33', '--managed', '--verify-with-ssh'];
  const { code, stderr } = await run(...set);
  expect(code).toBe(0);
  expect(said(stderr)).toContain('ssh -G agrees about');
  expect(said(stderr)).toContain('holdfast config undo -F OURS takes it back.');
  const before = content(ours);
  // An ssh that sees nothing of it.
  const bins = path.join(path.dirname(file), 'bin');
  mkdirSync(bins);
  const fake = `#!/bin/sh\n"${program('ssh')}" "$@" | sed 's/^port 44/port 22/'\n`;
  writeFileSync(path.join(bins, 'ssh'), fake, { mode: 0o755 });
  const wrong = await here.exec(
    process.execPath,
    [bin, 'config', 'set', 'db', 'Port', '44', '--managed', '--verify-with-ssh', '-F', file],
    { env: plainEnv({ XDG_STATE_HOME: state, PATH: `${bins}:${process.env.PATH}` }), detached: true },
  );
  expect(wrong.code).toBe(2);
  expect(said(wrong.stderr)).toContain('the old file is back');
  expect(content(ours)).toBe(before);
});

needs('ssh').it('ssh sees what an edit with --managed says, and nothing else for others', async () => {
  const ask = async (host: string) => (await here.exec(program('ssh'), ['-F', file, '-G', host])).stdout;
  const others = [await ask('web'), await ask('*')];
  const db = await ask('db');
  await run('managed', 'init');
  expect(await ask('db')).toBe(db);
  await run('set', 'db', 'ServerAliveInterval', '45', '--managed');
  expect(await ask('db')).toBe(db.replace('serveraliveinterval 0\n', 'serveraliveinterval 45\n'));
  expect([await ask('web'), await ask('*')]).toEqual(others);
});
