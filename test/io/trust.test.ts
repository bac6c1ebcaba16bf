import { execFileSync } from 'node:child_process';
import { chmod, mkdir, readFile, stat, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { TrustRequest } from '../../src/core/request/request.js';
import { keyTypeOf } from '../../src/core/trust/hostkey.js';
import { fingerprint, readTrust } from '../../src/io/trust.js';
import { scratch } from '../support/guard.js';
import { needs, program } from '../support/machine.js';

const { dir, remove } = scratch('trust');
afterAll(remove);

let count = 0;
/** A path nobody used yet. */
function fresh(): string {
  count += 1;
  return path.join(dir, `kh-${count}`);
}

async function file(text: string): Promise<string> {
  const at = fresh();
  await writeFile(at, text);
  return at;
}

function request(userFiles: string[], name = 'db', more: Partial<TrustRequest> = {}): TrustRequest {
  return {
    strict: 'ask',
    userFiles,
    globalFiles: [],
    hash: false,
    revoked: null,
    leastRsaBits: 1_024,
    name,
    ...more,
  };
}

function keygen(...args: string[]): string {
  return execFileSync(program('ssh-keygen'), args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
}

interface Key {
  /** `ssh-ed25519 AAAA...` */
  readonly text: string;
  readonly blob: Buffer;
}

const keys: Key[] = [];

function key(index: number): Key {
  const found = keys[index];
  if (found === undefined) throw new Error(`no key ${index}`);
  return found;
}

beforeAll(async () => {
  for (const kind of ['ed25519', 'ed25519', 'rsa', 'ecdsa']) {
    const at = fresh();
    keygen('-q', '-t', kind, '-N', '', '-C', '', '-f', at);
    const text = (await readFile(`${at}.pub`, 'utf8')).trim();
    keys.push({ text, blob: Buffer.from(text.split(' ')[1] ?? '', 'base64') });
  }
});

/** What `ssh-keygen -l -F` finds for a name: line, marker and fingerprint, in order. */
function found(at: string, name: string): { line: number; marker: string; print: string }[] {
  let out = '';
  try {
    out = keygen('-l', '-F', name, '-f', at);
  } catch (error) {
    // It ends with 1 when there is nothing.
    if (!(error instanceof Error && 'status' in error && error.status === 1)) throw error;
  }
  const pairs = out.matchAll(/^# Host .* found: line (\d+) ?(\w*)\n(\S+ \S+ (SHA256:\S+))?/gm);
  return Array.from(pairs, ([, line, marker = '', , print = '']) => ({ line: Number(line), marker, print }));
}

/** What ssh-keygen's findings mean for a key that is offered (hostfile.c), in one line. */
function expected(at: string, name: string, blob: Buffer): string {
  const all = found(at, name);
  const same = all.filter(({ print }) => print === fingerprint(blob));
  const revoked = same.find(({ marker }) => marker === 'REVOKED');
  if (revoked !== undefined) return `revoked ${revoked.line}`;
  const known = same.find(({ marker }) => marker === '');
  if (known !== undefined) return `known ${known.line}`;
  const others = all.filter(({ marker }) => marker === '');
  if (others.length > 0) return `changed ${others.map(({ line, print }) => `${line} ${print}`).join(', ')}`;
  const bare = /^\[(.*)\]:\d+$/.exec(name)?.[1];
  const loose = bare === undefined ? '' : expected(at, bare, blob);
  return /^(known|revoked)/.test(loose) ? loose : 'unknown';
}

async function judged(at: string, name: string, blob: Buffer): Promise<string> {
  const judgement = (await readTrust(request([at], name))).judge(blob);
  expect(judgement.offered).toEqual({ keyType: keyTypeOf(blob), fingerprint: fingerprint(blob) });
  switch (judgement.type) {
    case 'known':
    case 'revoked':
      return `${judgement.type} ${judgement.line}`;
    case 'changed':
      return `changed ${judgement.known.map((each) => `${each.line} ${each.fingerprint}`).join(', ')}`;
    case 'unknown':
      return 'unknown';
  }
}

needs('ssh-keygen').describe('known_hosts, with ssh-keygen as the judge', () => {
  it('fingerprints and types are those of ssh-keygen -l', async () => {
    for (const { text, blob } of keys) {
      const [, print, ...rest] = keygen('-l', '-f', await file(`${text}\n`))
        .trim()
        .split(' ');
      expect(fingerprint(blob)).toBe(print);
      expect(`(${keyTypeOf(blob)})`).toBe(rest.at(-1));
    }
  });

  const names = [
    'db',
    'DB',
    'db.example.com',
    'bad.example.com',
    '10.0.0.7',
    '[db]:2222',
    '[db]:2223',
    '[x.com]:22',
  ];

  it('finds the same lines in a file of everything, plain and hashed', async () => {
    const sound = [
      '# a comment',
      `db,Db.example.com ${key(0).text} somebody@home`,
      `*.example.com,!bad.example.com ${key(1).text}`,
      `10.0.0.? ${key(2).text}`,
      `[db]:2222\t${key(3).text}\r`,
      `[*.com]:22 ${key(2).text}`,
      `@revoked * ${key(1).text}`,
      `@cert-authority *.example.com ${key(2).text}`,
      `db rsa-sha2-512 ${key(2).text.split(' ')[1]}`,
      `  db ${key(3).text}`,
    ];
    // ssh-keygen -H refuses a file with lines it cannot read.
    const broken = [
      `@other db ${key(2).text}`,
      `db ssh-rsa ${key(0).text.split(' ')[1]}`,
      'db ssh-ed25519',
      'db',
      '@revoked',
    ];
    const plain = await file([...broken, ...sound].join('\n'));
    const hashed = await file(`${sound.join('\n')}\n`);
    keygen('-q', '-H', '-f', hashed);
    expect((await readFile(hashed, 'utf8')).match(/^\|1\|/gm)?.length).toBeGreaterThanOrEqual(4);
    const seen = new Set<string>();
    for (const at of [plain, hashed]) {
      // A hash is over a name as it is: ssh-keygen finds no `DB` among hashes, we do (HostKeyAlias may be of any case).
      for (const name of at === hashed ? names.filter((each) => each !== 'DB') : names) {
        for (const { blob } of keys) {
          const ours = await judged(at, name, blob);
          expect(`${name}: ${ours}`).toBe(`${name}: ${expected(at, name, blob)}`);
          seen.add(ours.split(' ')[0] ?? '');
        }
      }
    }
    expect([...seen].sort()).toEqual(['changed', 'known', 'revoked', 'unknown']);
  });

  it('finds the same lines in files made at random', async () => {
    const pattern = fc.oneof(
      fc.constantFrom(
        ...names,
        '*',
        '!db',
        '!*.com',
        '[*]:2222',
        '?b',
        'd*',
        '*.example.com',
        '!!db',
        '',
        '!',
      ),
      fc.string({ unit: fc.constantFrom('d', 'b', '*', '?', '.', '[', ']', ':', '2', '|'), maxLength: 6 }),
    );
    const line = fc
      .tuple(
        fc.constantFrom('', '', '', '@revoked ', '@cert-authority ', '@x ', '#', ' ', '\t'),
        fc.array(pattern, { minLength: 1, maxLength: 3 }).map((list) => list.join(',')),
        fc.constantFrom(' ', '\t', '  \t'),
        fc.nat(3),
        fc.constantFrom('', '', '\r', ' comment', '\tcomment\r'),
      )
      .map(([start, hosts, gap, index, end]) => `${start}${hosts}${gap}${key(index).text}${end}`);
    await fc.assert(
      fc.asyncProperty(fc.array(line, { maxLength: 6 }), fc.constantFrom(...names), async (lines, name) => {
        const at = await file(lines.join('\n'));
        for (const { blob } of keys.slice(0, 2)) {
          expect(await judged(at, name, blob)).toBe(expected(at, name, blob));
        }
      }),
      { numRuns: 150 },
    );
  });
});

needs('ssh-keygen').describe('a new key', () => {
  it('is found by ssh-keygen and by us, plain and hashed', async () => {
    for (const hash of [false, true]) {
      const at = fresh();
      const asked = request([at], '[db]:2222', { hash });
      expect(await (await readTrust(asked)).remember(key(0).blob)).toBeNull();
      expect(found(at, '[db]:2222')).toEqual([{ line: 1, marker: '', print: fingerprint(key(0).blob) }]);
      expect(found(at, 'db')).toEqual([]);
      expect((await readTrust(asked)).judge(key(0).blob)).toMatchObject({ type: 'known', file: at, line: 1 });
      expect((await readFile(at, 'utf8')).startsWith('|1|')).toBe(hash);
      expect((await stat(at)).mode & 0o777).toBe(0o600);
    }
  });

  it('is appended; no other byte of the file changes, and its mode stays', async () => {
    for (const before of [
      '',
      'web x\n',
      '# no line end',
      'a\r\nb\r\n',
      Buffer.from([0x77, 0xff, 0x00, 0x0a, 0x80]),
    ]) {
      const at = fresh();
      await writeFile(at, before, { mode: 0o644 });
      await chmod(at, 0o644);
      expect(await (await readTrust(request([at]))).remember(key(0).blob)).toBeNull();
      const bytes = Buffer.from(before);
      const gap = bytes.length === 0 || bytes.at(-1) === 0x0a ? '' : '\n';
      expect(await readFile(at)).toEqual(Buffer.concat([bytes, Buffer.from(`${gap}db ${key(0).text}\n`)]));
      expect((await stat(at)).mode & 0o777).toBe(0o644);
    }
  });

  it('goes into the first user file, which is made with its folder when it is missing', async () => {
    const at = path.join(dir, 'home', '.ssh', 'known_hosts');
    await mkdir(path.join(dir, 'home'));
    const other = await file('');
    expect(await (await readTrust(request([at, other]))).remember(key(0).blob)).toBeNull();
    expect(await readFile(at, 'utf8')).toBe(`db ${key(0).text}\n`);
    expect(await readFile(other, 'utf8')).toBe('');
    expect((await stat(path.dirname(at))).mode & 0o777).toBe(0o700);
    expect((await stat(at)).mode & 0o777).toBe(0o600);
  });

  it('learned by many at once is written once by each that came first, and no line is lost', async () => {
    const at = await file('# no line end');
    const names = Array.from({ length: 20 }, (_, index) => `host-${index}`);
    const trusts = await Promise.all(names.map((name) => readTrust(request([at], name))));
    expect(await Promise.all(trusts.map((trust) => trust.remember(key(0).blob)))).toEqual(
      names.map(() => null),
    );
    for (const name of names) expect(found(at, name)).toHaveLength(1);
    expect(await trusts[0]?.remember(key(0).blob)).toBeNull();
    expect(found(at, 'host-0')).toHaveLength(1);
  });

  it('follows a link to the file', async () => {
    const at = await file('');
    const link = fresh();
    await symlink(at, link);
    expect(await (await readTrust(request([link]))).remember(key(0).blob)).toBeNull();
    expect(await readFile(at, 'utf8')).toBe(`db ${key(0).text}\n`);
  });

  it('that cannot be written is a note with the file and the reason', async () => {
    const trust = await readTrust(request([path.join(dir, 'nowhere', 'deep', 'known_hosts')]));
    expect(await trust.remember(key(0).blob)).toMatch(
      /nowhere\/deep\/known_hosts: the host key of db could not be added: ENOENT/,
    );
    expect(await (await readTrust(request([dir]))).remember(key(0).blob)).toMatch(/EISDIR/);
    expect(await (await readTrust(request([]))).remember(key(0).blob)).toMatch(/UserKnownHostsFile/);
  });

  it('sent to /dev/null is no error, as people write who want to forget', async () => {
    const trust = await readTrust(request(['/dev/null']));
    expect(trust.judge(key(0).blob).type).toBe('unknown');
    expect(await trust.remember(key(0).blob)).toBeNull();
  });
});

describe('the files', () => {
  it('that are missing are normal; those that cannot be read are noted', async () => {
    const good = await file(`db ${key(0).text}\n`);
    const missing = [path.join(dir, 'no'), path.join(good, 'under-a-file')];
    const trust = await readTrust(request([...missing, dir], 'db', { globalFiles: [good] }));
    expect(trust.notes).toEqual([expect.stringMatching(/^\/.*: known host keys could not be read: EISDIR/)]);
    expect(trust.judge(key(0).blob)).toMatchObject({ type: 'known', file: good });
  });

  it('are read anew each time', async () => {
    const at = await file(`db ${key(0).text}\n`);
    expect((await readTrust(request([at]))).judge(key(1).blob).type).toBe('changed');
    await writeFile(at, `db ${key(1).text}\n`);
    expect((await readTrust(request([at]))).judge(key(1).blob).type).toBe('known');
  });

  it('give the order of algorithms', async () => {
    const trust = await readTrust(request([await file(`db ${key(2).text}\n`)]));
    expect(trust.orderAlgorithms(['ssh-ed25519', 'rsa-sha2-512'])).toEqual(['rsa-sha2-512', 'ssh-ed25519']);
  });
});
