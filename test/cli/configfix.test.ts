/** `holdfast config lint --fix` as built, on files of its own; the meaning judged by ssh. */
import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { fixConfig } from '../../src/edit.js';
import { scratch } from '../support/guard.js';
import { bin, onTerminal, plainEnv } from '../support/holdfast.js';
import { needs, program } from '../support/machine.js';
import { here } from '../support/place.js';

const { dir, remove } = scratch('configfix');
afterAll(remove);

let count = 0;
let file = '';
let state = '';
beforeEach(() => {
  count += 1;
  const folder = path.join(dir, String(count));
  mkdirSync(folder);
  file = path.join(folder, 'config');
  state = path.join(folder, 'state');
});

const mixed = `# mine
Host db   # the database
  Port 22
  Port 2222
\tKeepAlive=yes
  ServerAliveInterval 30
  ServerAliveCountMax 0

Host a,b
  User me`;
const write = (text: string) => writeFileSync(file, text, { mode: 0o600 });
const content = () => readFileSync(file, 'utf8');
const run = (...args: readonly string[]) =>
  here.exec(process.execPath, [bin, 'config', ...args, '-F', file], {
    env: plainEnv({ XDG_STATE_HOME: state }),
    detached: true,
  });
const said = (text: string) => text.replaceAll(file, 'FILE').replace(/\s+/g, ' ');

describe('lint --fix', () => {
  it('makes the edits that change nothing, says what the others would change, and leaves them', async () => {
    write(mixed);
    const { code, stdout, stderr } = await run('lint', '--fix');
    expect(content()).toBe(mixed.replace('  Port 2222\n', '').replace('KeepAlive', 'TCPKeepAlive'));
    expect(code).toBe(1);
    const text = said(stderr);
    expect(text).toContain('FILE:4: mended: remove the line, or move it above the other [dead-line]');
    expect(text).toContain('FILE:6: changes what the file means, so it needs --yes: write 3, the default');
    expect(text).toContain('db: ServerAliveCountMax 0 -> 3');
    expect(text).toContain('Everything else resolves as before. holdfast config undo -F FILE takes it back.');
    expect(stdout.match(/\[[a-z-]+\]/g)).toEqual(['[count-max-zero]', '[comma-in-host]']);
    expect(statSync(file).mode & 0o777).toBe(0o600);
  });

  it('--yes makes all of them, one entry in the history takes them back to the byte', async () => {
    write(mixed);
    const { code, stdout } = await run('lint', '--fix', '--yes');
    expect({ code, stdout }).toEqual({ code: 0, stdout: '' });
    expect(content()).toBe(
      mixed
        .replace('  Port 2222\n', '')
        .replace('KeepAlive', 'TCPKeepAlive')
        .replace('CountMax 0', 'CountMax 3')
        .replace('a,b', 'a b'),
    );
    expect((await run('history')).stdout).toContain('config lint --fix');
    expect((await run('undo')).code).toBe(0);
    expect(content()).toBe(mixed);
  });

  it('--dry-run shows the diff and writes nothing', async () => {
    write(mixed);
    const { code, stdout, stderr } = await run('lint', '--fix', '--dry-run');
    expect(code).toBe(1);
    expect(stdout).toContain('-  Port 2222\n-\tKeepAlive=yes\n+\tTCPKeepAlive=yes\n');
    expect(said(stderr)).toContain('would be mended');
    expect(said(stderr)).toContain('Nothing was written.');
    expect(content()).toBe(mixed);
  });

  it('--json has what was done, what was not, and what is left', async () => {
    write(mixed);
    const { stdout } = await run('lint', '--fix', '--json');
    const answer = JSON.parse(stdout);
    expect(answer).toMatchObject({
      changed: true,
      written: true,
      files: [{ file, number: 1 }],
      fixed: [{ finding: { code: 'dead-line' } }, { finding: { code: 'deprecated-option' } }],
      declined: [
        {
          finding: { code: 'count-max-zero' },
          changedHosts: [{ host: 'db', option: 'ServerAliveCountMax', before: ['0'], after: ['3'] }],
        },
        { finding: { code: 'comma-in-host' } },
      ],
      refused: [],
      left: [{ code: 'count-max-zero' }, { code: 'comma-in-host' }],
    });
  });

  it('with nothing to mend says so and writes nothing', async () => {
    write('Host db\n  Port 22\n');
    const { code, stdout, stderr } = await run('lint', '--fix');
    expect({ code, stdout, stderr }).toEqual({
      code: 0,
      stdout: '',
      stderr: 'Nothing to mend; nothing was written.\n',
    });
  });

  it('mends what ssh refuses only with a yes', async () => {
    write('Host *\n  ServerAliveIntervall 30\n');
    const first = await run('lint', '--fix');
    expect(first.code).toBe(1);
    expect(said(first.stderr)).toContain('every host: ssh refuses the file now, and takes it then');
    expect((await run('lint', '--fix', '--yes')).code).toBe(0);
    expect(content()).toBe('Host *\n  ServerAliveInterval 30\n');
  });

  it('never enters the lines of another program', async () => {
    const theirs =
      '# >>> tool >>>\nHost db\n  Port 1\n  Port 2\n# <<< tool <<<\nHost web\n  Port 3\n  Port 4\n';
    write(theirs);
    const { code, stderr } = await run('lint', '--fix', '--yes');
    expect(code).toBe(1);
    expect(content()).toBe(theirs.replace('  Port 4\n', ''));
    expect(said(stderr)).toContain('not mended: FILE:1 belongs to another program');
  });

  it('moves a block past the lines of another program, which stay as they are', async () => {
    const theirs = '# >>> tool >>>\nHost tool\n  Port 1\n# <<< tool <<<\n';
    const all = 'Host *\n  ServerAliveInterval 30\n  # Port 22\n';
    write(`${all}\n${theirs}\nHost web\n  ServerAliveInterval 15\n`);
    const { stderr } = await run('lint', '--fix', '--yes');
    expect(said(stderr)).toContain('FILE:1: mended: move the block Host * to the end of the file');
    expect(content()).toBe(`${theirs}\nHost web\n  ServerAliveInterval 15\n\n${all}`);
  });

  it('shows what those get whom a block leaves out', async () => {
    const other = path.join(path.dirname(file), 'other');
    writeFileSync(other, 'Port 5\n');
    const text = `Host * !real*\n  User x\nInclude ${other}\n`;
    write(text);
    const { stderr } = await run('lint', '--fix');
    expect(content()).toBe(text);
    expect(said(stderr)).toContain('real*: Port 22 -> 5');
  });

  it('goes back to what another fault in the file was in the way of', async () => {
    write('Host db\n  Port 2222\n\nCompression yes\nClientAliveInterval 30\n');
    await run('lint', '--fix', '--yes');
    const after = content();
    expect(after).toContain('Host *\nCompression yes\nServerAliveInterval 30\n');
    await run('lint', '--fix', '--yes');
    expect(content()).toBe(after);
  });

  it('mends the file that is included, and leaves bytes that are no text as they are', async () => {
    const other = path.join(path.dirname(file), 'other');
    writeFileSync(other, Buffer.from('Host db\r\n  Port 1\r\n  Port 2 # \xff\r\n  User \xe9\r\n', 'latin1'));
    write(`Include ${other}\n`);
    expect((await run('lint', '--fix')).code).toBe(0);
    expect(readFileSync(other, 'latin1')).toBe('Host db\r\n  Port 1\r\n  User \xe9\r\n');
  });

  it('a file that changes while somebody is asked is not written', async () => {
    write(mixed);
    const decide = () => {
      writeFileSync(file, 'theirs\n');
      return true;
    };
    await expect(fixConfig({ configFile: file, decide })).rejects.toThrow('changed since it was read');
    expect(content()).toBe('theirs\n');
  });

  it.each([
    [['list', '--fix'], '--fix is for lint'],
    [['lint', '--yes'], '--yes is for --fix'],
    [['lint', '--dry-run'], '--dry-run is for --fix'],
    [['lint', '--fix', '--target', 'x'], 'is no release'],
  ])('%j is refused', async (args, words) => {
    write(mixed);
    const { code, stderr } = await run(...args);
    expect(code).toBe(2);
    expect(stderr).toContain(words);
    expect(content()).toBe(mixed);
  });
});

needs('socat').describe('lint --fix on a terminal', () => {
  it('shows what would change, and asks about each', async () => {
    write(mixed);
    const line = `exec '${process.execPath}' '${bin}' config lint --fix -F '${file}'`;
    const watched = onTerminal(path.dirname(file), line, { XDG_STATE_HOME: state });
    await watched.says(/ServerAliveCountMax 0 -> 3\s+Change that\? \[y\/N\] /);
    watched.child.stdin?.write('y\r');
    await watched.says(/-Host a,b\s[\s\S]*Change that\? \[y\/N\] /);
    watched.child.stdin?.write('n\r');
    await watched.end();
    expect(content()).toContain('ServerAliveCountMax 3\n');
    expect(content()).toContain('Host a,b\n');
    expect(watched.stdout).toContain('left as it is');
  });
});

needs('ssh').it(
  'without a yes ssh -G says the same of every host as before',
  async () => {
    const hosts = ['db', 'web', 'a', 'b', 'a,b', 'other'];
    const ask = async () => {
      const all: string[] = [];
      for (const host of hosts) all.push((await here.exec(program('ssh'), ['-F', file, '-G', host])).stdout);
      return all;
    };
    for (const text of [
      mixed,
      'Host *\n  User all\n  Port 1\n\nHost db\n  User me\n  Port 1\n',
      'Host web\n\nCompression yes\nHost web db\n  User x\nHost web\n  User y\n  Port 9\n',
      'Match host db\n  DSAAuthentication no\n  PubkeyAuthentication yes\nHost db\n  Cipher 3des\n  BatchMode yes\n',
      'Host d*\n  ServerAliveInterval 900\n  IdentityFile a\nHost db\n  IdentityFile a\n  ServerAliveInterval 5\n',
    ]) {
      write(text);
      const before = await ask();
      expect(before[0]).toContain('hostname');
      const { changed } = await fixConfig({ configFile: file, debian: true });
      expect(changed, text).toBe(content() !== text);
      expect(await ask(), text).toEqual(before);
    }
  },
  60_000,
);
