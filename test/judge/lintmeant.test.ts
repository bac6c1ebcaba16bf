/** Lines that mean something else than they say: ssh itself takes the file that `lint --fix` makes of it, with what was meant. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fixConfig, lint } from '../../src/edit.js';
import { environment } from '../support/configgen.js';
import { scratch } from '../support/guard.js';
import { sshAnswers } from '../support/sshanswers.js';

let place: ReturnType<typeof scratch>;
const before = { ...process.env };
beforeAll(() => {
  place = scratch('lintmeant');
  Object.assign(process.env, environment, {
    PATH: before.PATH,
    XDG_STATE_HOME: path.join(place.dir, 'state'),
  });
});
afterAll(() => {
  place.remove();
  process.env = before;
});

const utf16 = (text: string) => Buffer.from(text, 'utf16le').toString('latin1');
const bigEndian = (text: string) => Buffer.from(text, 'utf16le').swap16().toString('latin1');

interface Slip {
  readonly text: string;
  readonly after: string;
  /** Lines of `ssh -G db`. */
  readonly says: readonly string[];
  /** ssh takes the file as it is, and understands something else. */
  readonly taken?: true;
}

const slips: Readonly<Record<string, Slip>> = {
  'an option of another build': {
    text: 'Host db\n  UseKeychain yes\n  Port 2222\n',
    after: 'IgnoreUnknown UseKeychain\nHost db\n  UseKeychain yes\n  Port 2222\n',
    says: ['port 2222'],
  },
  'three of them, and a list that counts above': {
    text: 'IgnoreUnknown Foo # mine\nHost db\n  UseKeychain yes\n  HPNDisabled yes\n  NoneSwitch no\n  Foo 1\n',
    after:
      'IgnoreUnknown Foo,UseKeychain,HPNDisabled,NoneSwitch # mine\nHost db\n  UseKeychain yes\n  HPNDisabled yes\n  NoneSwitch no\n  Foo 1\n',
    says: ['user root'],
  },
  'a list in quotes': {
    text: 'IgnoreUnknown "Foo"\nUseKeychain yes\nFoo 1\nPort 23\n',
    after: 'IgnoreUnknown "Foo,UseKeychain"\nUseKeychain yes\nFoo 1\nPort 23\n',
    says: ['port 23'],
  },
  'a list that only counts for another host': {
    text: 'Host db\n  IgnoreUnknown Foo\n  Foo 1\nHost web\n  UseKeychain yes\n',
    after: 'IgnoreUnknown Foo,UseKeychain\nHost db\n  Foo 1\nHost web\n  UseKeychain yes\n',
    says: ['user root'],
  },
  'a second list, which never counts': {
    text: 'IgnoreUnknown Foo\nFoo 1\nIgnoreUnknown UseKeychain\nUseKeychain yes\n',
    after: 'IgnoreUnknown Foo,UseKeychain\nFoo 1\nUseKeychain yes\n',
    says: ['user root'],
  },
  'a colon behind the keyword': {
    text: 'Host db\n  HostName: db.example.org\n  User:me\n  Port : 2222\n',
    after: 'Host db\n  HostName db.example.org\n  User me\n  Port 2222\n',
    says: ['hostname db.example.org', 'user me', 'port 2222'],
  },
  'forwards in one word': {
    text: 'Host db\n  LocalForward 8888:localhost:9999\n  RemoteForward [::1]:80:[::2]:90 # why\n',
    after: 'Host db\n  LocalForward 8888 localhost:9999\n  RemoteForward [::1]:80 [::2]:90 # why\n',
    says: ['localforward 8888 [localhost]:9999', 'remoteforward [::1]:80 [::2]:90'],
  },
  'the echo of somebody, in one line': {
    text: 'Host db\\n\\tHostName db.example.org\\n\\tPort 2222\nHost *\n  User me\n',
    after: 'Host db\n  HostName db.example.org\n  Port 2222\nHost *\n  User me\n',
    says: ['hostname db.example.org', 'port 2222', 'user me'],
    taken: true,
  },
  'UTF-16 with a mark': {
    text: utf16('\ufeffHost db\r\n  User me\r\n'),
    after: 'Host db\r\n  User me\r\n',
    says: ['user me'],
  },
  'UTF-16, big endian, of which ssh sees nothing': {
    text: bigEndian('Host db\n  User me\n'),
    after: 'Host db\n  User me\n',
    says: ['user me'],
    taken: true,
  },
  'byte order marks in front of words': {
    text: '\xef\xbb\xbfHost db\n  User \xef\xbb\xbfme\n',
    after: 'Host db\n  User me\n',
    says: ['user me'],
  },
};

describe('lint --fix writes the line that was meant, and ssh takes it', () => {
  it.each(Object.entries(slips))('%s', async (name, { text, after, says, taken }) => {
    const dir = path.join(place.dir, name.replace(/\W+/g, '-'));
    mkdirSync(path.join(dir, 'home'), { recursive: true, mode: 0o700 });
    const configFile = path.join(dir, 'main');
    writeFileSync(configFile, text, { encoding: 'latin1', mode: 0o600 });
    const ask = async () => (await sshAnswers([{ dir, host: 'db', option: null }]))[0]?.split('\n') ?? [];
    const old = await ask();
    expect(old[0]).toBe(taken ? '0' : '255');
    expect(says.every((line) => old.includes(line))).toBe(false);
    await fixConfig({ configFile, decide: () => true });
    expect(readFileSync(configFile, 'latin1')).toBe(after);
    const fresh = await ask();
    expect(fresh[0]).toBe('0');
    for (const line of says) expect(fresh).toContain(line);
    expect(await lint({ configFile })).toEqual([]);
  });

  it.each([
    ['Host\n  User me\n', 'name the host, as in Host db, or all of them: Host *'],
    ['Port:\n', 'write Port and a value, without the colon'],
    ['LocalForward 8888:db\n', 'want'],
  ])('and where nobody can know, it says what is missing and changes nothing: %j', async (text, said) => {
    const configFile = path.join(place.dir, 'open');
    writeFileSync(configFile, text, { encoding: 'latin1', mode: 0o600 });
    const { changed, left } = await fixConfig({ configFile, decide: () => true });
    expect({ changed, text: readFileSync(configFile, 'latin1') }).toEqual({ changed: false, text });
    expect(left.map(({ fix }) => fix.sentence).join('\n')).toContain(said);
  });
});
