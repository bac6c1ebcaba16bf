/** Configuration files as they are found and opened: the names a pattern of Include matches are held against `ssh -G`. */
import { chmodSync, chownSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { homeOf } from '../../src/io/base/accounts.js';
import { pathExists, readConfigFile, servicePort } from '../../src/io/configfiles.js';
import { globPaths } from '../../src/io/glob.js';
import { scratch } from '../support/guard.js';
import { needs, program } from '../support/machine.js';
import { here } from '../support/place.js';

const place = scratch('configfiles');
afterAll(place.remove);
const at = (...names: readonly string[]) => path.join(place.dir, ...names);

const names = [
  'a.conf',
  'b.conf',
  'B.conf',
  'c1.conf',
  'c2.conf',
  'c10.conf',
  'c-d.conf',
  'c]d.conf',
  'c[d.conf',
  'c*d.conf',
  'two words.conf',
  'x#y.conf',
  '~tilde.conf',
  '.hidden.conf',
  'grün.conf',
  'noend',
  'sub/a.conf',
  'sub/z.conf',
  'sub2/a.conf',
  '.dot/a.conf',
];

const patterns = [
  '*.conf',
  '*',
  '?.conf',
  '??.conf',
  'c?.conf',
  'c*.conf',
  '[a-b].conf',
  '[!a-b].conf',
  '[^a].conf',
  '[B-a].conf',
  '[b-a].conf',
  'c[]]d.conf',
  'c[[]d.conf',
  'c[d.conf',
  'c[!a-z]d.conf',
  'c[a-z-]d.conf',
  'c[-]d.conf',
  'c\\*d.conf',
  'c\\[d.conf',
  'c[*]d.conf',
  '[[:alpha:]].conf',
  '[[:upper:]].conf',
  'c[[:digit:]].conf',
  'c[[:digit:]]*.conf',
  'c[[:nonsense:]].conf',
  '.*.conf',
  '[.]hidden.conf',
  '?hidden.conf',
  '*hidden.conf',
  'two words.conf',
  'two?words.conf',
  'x#y.conf',
  'gr*n.conf',
  'gr?n.conf',
  'gr??n.conf',
  '~*.conf',
  '*/a.conf',
  '*/*.conf',
  'sub*/a.conf',
  'sub//a.conf',
  './sub/../a.conf',
  's?b/[az].conf',
  '.*/a.conf',
  'absent.conf',
  'absent*',
  '{a,b}.conf',
  '**.conf',
  '***',
  '',
];

needs('ssh').describe('a pattern of Include', () => {
  mkdirSync(at('tree'));
  for (const [index, name] of names.entries()) {
    mkdirSync(path.dirname(at('tree', name)), { recursive: true });
    writeFileSync(at('tree', name), `IdentityFile number${index}\n`, { mode: 0o600 });
  }

  it.each(patterns)('%s finds what ssh finds, in its order', async (pattern) => {
    const whole = `${at('tree')}/${pattern}`;
    const config = at(`config${patterns.indexOf(pattern)}`);
    writeFileSync(config, `Include '${whole}'\nIdentityFile last\n`, { mode: 0o600 });
    const { stdout, code } = await here.exec(program('ssh'), ['-G', '-F', config, 'host']);
    expect(code).toBe(0);
    const asked = [...stdout.matchAll(/^identityfile number(\d+)$/gm)].map(([, index]) => Number(index));
    const found = await globPaths(Buffer.from(whole).toString('latin1'));
    // Folders are found, too: ssh opens them and finds no line in them.
    const files = found
      .map((file) => path.relative(at('tree'), Buffer.from(file, 'latin1').toString()))
      .filter((file) => names.includes(file));
    expect(files.map((file) => names.indexOf(file))).toEqual(asked);
  });

  it('matches somewhere and nowhere, so that the list above says something', async () => {
    const counts = await Promise.all(
      patterns.map(async (pattern) => (await globPaths(`${at('tree')}/${pattern}`)).length),
    );
    expect(counts.filter((count) => count === 0).length).toBeGreaterThan(5);
    expect(counts.filter((count) => count > 3).length).toBeGreaterThan(5);
  });
});

describe('what is found at a path', () => {
  it('is bytes, mode and owner of the file that links lead to', async () => {
    writeFileSync(at('plain'), Buffer.from([0x48, 0xff, 0x00, 0x0d, 0x0a]));
    chmodSync(at('plain'), 0o640);
    symlinkSync('plain', at('link'));
    symlinkSync('link', at('link of a link'));
    const found = await readConfigFile(at('link of a link'));
    expect(found).toMatchObject({
      type: 'file',
      text: 'H\xff\x00\r\n',
      mode: 0o640,
      uid: process.getuid?.(),
    });
  });

  it('is missing, a folder, or not to be read, and why', async () => {
    mkdirSync(at('folder'));
    symlinkSync('nowhere', at('dangling'));
    symlinkSync('circle', at('circle'));
    expect(await readConfigFile(at('absent'))).toEqual({ type: 'missing' });
    expect(await readConfigFile(at('dangling'))).toEqual({ type: 'missing' });
    expect(await readConfigFile(at('folder'))).toMatchObject({ type: 'directory', text: '' });
    expect(await readConfigFile(at('circle'))).toEqual({
      type: 'unreadable',
      reason: 'its links go in a circle',
    });
    writeFileSync(at('a file'), '');
    expect(await readConfigFile(at('a file', 'under'))).toEqual({
      type: 'unreadable',
      reason: 'a part of its path is no directory',
    });
    expect([await pathExists(at('folder')), await pathExists(at('dangling'))]).toEqual([true, false]);
  });

  it('a private key given for a configuration is not read beyond its first line', async () => {
    writeFileSync(
      at('key'),
      '-----BEGIN OPENSSH PRIVATE KEY-----\r\nc2VjcmV0\n-----END OPENSSH PRIVATE KEY-----\n',
    );
    writeFileSync(at('old key'), '-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n');
    expect(await readConfigFile(at('key'))).toMatchObject({ text: '-----BEGIN OPENSSH PRIVATE KEY-----' });
    expect(await readConfigFile(at('old key'))).toMatchObject({ text: '-----BEGIN RSA PRIVATE KEY-----' });
  });

  it('may have a name that is no UTF-8', async () => {
    const name = Buffer.concat([Buffer.from(at('odd')), Buffer.from([0xff])]);
    writeFileSync(name, 'Port 1\n');
    expect(await readConfigFile(name.toString('latin1'))).toMatchObject({ type: 'file', text: 'Port 1\n' });
    expect(await globPaths(Buffer.from(at('odd*')).toString('latin1'))).toEqual([name.toString('latin1')]);
  });

  it('may be a pipe that somebody writes into, as in -F <(command)', async () => {
    await here.must('mkfifo', [at('pipe')]);
    const writer = here.exec('sh', ['-c', `echo 'Port 4' > '${at('pipe')}'`]);
    expect(await readConfigFile(at('pipe'))).toMatchObject({ text: 'Port 4\n' });
    await writer;
  });

  it.runIf(process.getuid?.() === 0)(
    'belongs to a group of its own, or to one with others in it',
    async () => {
      writeFileSync(at('shared'), '');
      chmodSync(at('shared'), 0o664);
      // 65534 is nobody's and nogroup's number: its group is not root's.
      chownSync(at('shared'), 0, 65_534);
      expect(await readConfigFile(at('shared'))).toMatchObject({ groupIsPrivate: false });
      chownSync(at('shared'), 0, 0);
      expect(await readConfigFile(at('shared'))).toMatchObject({ groupIsPrivate: true });
    },
  );
});

describe('the tables of the system', () => {
  it.runIf(process.platform === 'linux')('know ports by name and alias, and homes by user', () => {
    expect(servicePort('ssh')).toBe(22);
    expect(servicePort('no-such-service')).toBeNull();
    expect(homeOf('root')).toBe('/root');
    expect(homeOf('no-such-user')).toBeNull();
    // Not the beginning of another name.
    expect(homeOf('roo')).toBeNull();
  });
});
