import { execFileSync, spawnSync } from 'node:child_process';
import {
  chmodSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import ssh2 from 'ssh2';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Identity, type OpenKey, parsePublicKey, readIdentity } from '../../src/io/identity/keyfile.js';

const passphrase = 'correct hörse';
const types = [
  ['rsa', '2048'],
  ['ecdsa', '256'],
  ['ecdsa', '384'],
  ['ecdsa', '521'],
  ['ed25519', ''],
] as const;
const ciphers = [
  '3des-cbc',
  'aes128-cbc',
  'aes192-cbc',
  'aes256-cbc',
  'aes128-ctr',
  'aes192-ctr',
  'aes256-ctr',
  'aes128-gcm@openssh.com',
  'aes256-gcm@openssh.com',
  'chacha20-poly1305@openssh.com',
];

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'holdfast-identity-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

let count = 0;
function keygen(...options: string[]): string {
  count += 1;
  const path = join(folder, `key${count}`);
  execFileSync('ssh-keygen', ['-q', '-f', path, '-C', 'a comment', ...options]);
  return path;
}

/** ssh-keygen's own opinion of the public half. */
function publicHalf(path: string, phrase = ''): Buffer {
  const line = execFileSync('ssh-keygen', ['-y', '-P', phrase, '-f', path], { encoding: 'utf8' });
  return Buffer.from(line.split(' ')[1] ?? '', 'base64');
}

/** The key as ssh2 sees it signs, the public half verifies it, and both halves are the expected ones. */
function proves(key: OpenKey, blob: Buffer): void {
  const [secret, open] = [parsed(key.text), parsed(blob)];
  expect(secret.isPrivateKey()).toBe(true);
  const hash = secret.type === 'ssh-ed25519' ? undefined : 'sha256';
  const data = Buffer.from('to be signed');
  expect(open.verify(data, secret.sign(data, hash), hash)).toBe(true);
  expect(key.blob.equals(blob)).toBe(true);
  expect(secret.getPublicSSH().equals(blob)).toBe(true);
}

function parsed(key: string | Buffer): ssh2.ParsedKey {
  const found = ssh2.utils.parseKey(key);
  const one = Array.isArray(found) ? found[0] : found;
  if (!one || one instanceof Error) throw one ?? new Error('no key');
  return one;
}

function open(identity: Identity): OpenKey {
  if (identity.type !== 'open') throw new Error(`not open: ${JSON.stringify(identity)}`);
  return identity.key;
}

function encrypted(identity: Identity) {
  if (identity.type !== 'encrypted') throw new Error(`not encrypted: ${JSON.stringify(identity)}`);
  return identity;
}

async function unlocked(identity: Identity, phrase: string): Promise<OpenKey> {
  const outcome = await encrypted(identity).decrypt(phrase);
  if (outcome.type !== 'open') throw new Error(`stays locked: ${JSON.stringify(outcome)}`);
  return outcome.key;
}

const reason = (identity: Identity) => (identity.type === 'unreadable' ? identity.reason : identity.type);

describe.each(types)('%s %s', (type, bits) => {
  const size = bits === '' ? [] : ['-b', bits];
  const formats = type === 'ed25519' ? ['RFC4716', 'PKCS8'] : ['RFC4716', 'PEM', 'PKCS8'];

  test.each(formats)('%s, plain', async (format) => {
    const path = keygen('-t', type, ...size, '-m', format, '-N', '');
    const blob = publicHalf(path);
    proves(open(await readIdentity(path)), blob);
    writeFileSync(path, readFileSync(path, 'utf8').replaceAll('\n', '\r\n'));
    proves(open(await readIdentity(path)), blob);
  });

  test.each(formats)('%s, encrypted', async (format) => {
    const path = keygen('-t', type, ...size, '-m', format, '-N', passphrase, '-a', '1');
    const blob = publicHalf(path, passphrase);
    const identity = encrypted(await readIdentity(path));
    expect(identity.blob?.equals(blob)).toBe(true);
    expect(await identity.decrypt(`${passphrase}x`)).toEqual({ type: 'wrong' });
    expect(await identity.decrypt('')).toEqual({ type: 'wrong' });
    proves(await unlocked(identity, passphrase), blob);
    writeFileSync(path, readFileSync(path, 'utf8').replaceAll('\n', '\r\n'));
    proves(await unlocked(await readIdentity(path), passphrase), blob);
    unlinkSync(`${path}.pub`);
    const alone = encrypted(await readIdentity(path)).blob;
    // Only OpenSSH's own format shows the public half without the passphrase. Before 9.6 ssh-keygen wrote it for
    // ED25519 whatever -m said.
    expect(alone !== null).toBe(readFileSync(path, 'utf8').includes('OPENSSH'));
  });
});

describe('ciphers of ssh-keygen -Z', () => {
  test.each(ciphers)('%s', async (cipher) => {
    for (const type of [['ed25519'], ['ecdsa'], ['rsa', '-b', '1024']]) {
      const path = keygen('-t', ...type, '-N', passphrase, '-a', '1', '-Z', cipher);
      expect(readFileSync(path, 'utf8')).toContain(
        Buffer.from('openssh-key-v1').toString('base64').slice(0, 17),
      );
      const identity = encrypted(await readIdentity(path));
      expect(await identity.decrypt('wrong')).toEqual({ type: 'wrong' });
      proves(await unlocked(identity, passphrase), publicHalf(path, passphrase));
    }
  });

  test('the list above is whole', () => {
    const known = execFileSync('ssh', ['-Q', 'cipher'], { encoding: 'utf8' }).trim().split('\n');
    expect(known.filter((cipher) => !ciphers.includes(cipher))).toEqual([]);
  });
});

describe('keys that openssl wrote', () => {
  const openssl = spawnSync('openssl', ['version']).status === 0;
  const write = (args: string[]) => {
    count += 1;
    const path = join(folder, `key${count}`);
    const [command = '', ...options] = args;
    execFileSync('openssl', [command, '-out', path, ...options], { stdio: 'pipe' });
    chmodSync(path, 0o600);
    return path;
  };

  test.skipIf(!openssl)(
    'PKCS#8 with scrypt, with AES-256; EC with its parameters in a block before',
    async () => {
      const plain = write(['genpkey', '-algorithm', 'ed25519']);
      const blob = open(await readIdentity(plain)).blob;
      const scrypt = write(['pkcs8', '-topk8', '-scrypt', '-in', plain, '-passout', `pass:${passphrase}`]);
      const identity = encrypted(await readIdentity(scrypt));
      expect(await identity.decrypt('wrong')).toEqual({ type: 'wrong' });
      proves(await unlocked(identity, passphrase), blob);
      const ec = write(['ecparam', '-name', 'prime256v1', '-genkey']);
      expect(readFileSync(ec, 'utf8')).toContain('BEGIN EC PARAMETERS');
      proves(open(await readIdentity(ec)), publicHalf(ec));
      const rsa = write(['genrsa', '-traditional', '-aes256', '-passout', `pass:${passphrase}`, '2048']);
      proves(await unlocked(await readIdentity(rsa), passphrase), publicHalf(rsa, passphrase));
    },
  );

  test.skipIf(!openssl)('curves and algorithms that SSH has not are refused with a reason', async () => {
    expect(
      reason(await readIdentity(write(['ecparam', '-name', 'secp256k1', '-genkey', '-noout']))),
    ).toContain('curve');
    expect(reason(await readIdentity(write(['genpkey', '-algorithm', 'x25519'])))).toContain('x25519');
  });
});

describe('what is not a usable private key', () => {
  const put = (content: string | Buffer, mode = 0o600) => {
    count += 1;
    const path = join(folder, `key${count}`);
    writeFileSync(path, content, { mode });
    chmodSync(path, mode);
    return path;
  };

  test('missing, with and without a public half', async () => {
    expect(await readIdentity(join(folder, 'nothing'))).toEqual({ type: 'missing' });
    expect(await readIdentity(join(folder, 'nothing', 'below'))).toEqual({ type: 'missing' });
    const path = keygen('-t', 'ed25519', '-N', '');
    const blob = publicHalf(path);
    unlinkSync(path);
    expect(await readIdentity(path)).toEqual({ type: 'public', blob });
    expect(await readIdentity(`${path}.pub`)).toEqual({ type: 'public', blob });
  });

  test('permissions', async () => {
    const path = keygen('-t', 'ed25519', '-N', '');
    const blob = publicHalf(path);
    chmodSync(path, 0o644);
    const identity = await readIdentity(path);
    expect(reason(identity)).toContain('permissions 0644 are too open');
    expect(reason(identity)).toContain(`chmod 600 ${path}`);
    expect(identity).toMatchObject({ type: 'unreadable', blob });
    chmodSync(path, 0o640);
    expect(reason(await readIdentity(path))).toContain('0640');
    chmodSync(path, 0o400);
    expect((await readIdentity(path)).type).toBe('open');
    const link = join(folder, 'link');
    symlinkSync(path, link);
    expect((await readIdentity(link)).type).toBe('open');
  });

  test('garbage of every kind is a reason, never an exception', async () => {
    const whole = readFileSync(keygen('-t', 'ed25519', '-N', ''), 'utf8');
    const locked = readFileSync(keygen('-t', 'ed25519', '-N', 'x', '-a', '1'), 'utf8');
    const armour = (bytes: Buffer) =>
      `-----BEGIN OPENSSH PRIVATE KEY-----\n${bytes.toString('base64')}\n-----END OPENSSH PRIVATE KEY-----\n`;
    const body = Buffer.from(whole.split('\n').slice(1, -2).join(''), 'base64');
    const flipped = Buffer.from(body);
    flipped[flipped.length - 40] = (flipped[flipped.length - 40] ?? 0) ^ 1;
    for (const content of [
      '',
      '\n',
      'no key',
      Buffer.alloc(3000, 0xff),
      armour(Buffer.alloc(0)),
      whole.slice(0, 200),
    ]) {
      expect((await readIdentity(put(content))).type).toBe('unreadable');
    }
    for (let length = 0; length < body.length; length += 7) {
      expect((await readIdentity(put(armour(body.subarray(0, length))))).type).toBe('unreadable');
    }
    expect((await readIdentity(put(armour(flipped)))).type).not.toBe('encrypted');
    expect(reason(await readIdentity(put('-----BEGIN RSA PRIVATE KEY-----\nAAAA\n')))).toContain('last line');
    expect(
      reason(
        await readIdentity(put('-----BEGIN RSA PRIVATE KEY-----\nAAAA\n-----END RSA PRIVATE KEY-----\n')),
      ),
    ).toBe('it is damaged');
    expect(reason(await readIdentity(put('PuTTY-User-Key-File-3: ssh-ed25519\n')))).toContain('PuTTY');
    expect(reason(await readIdentity(put(Buffer.alloc(1024 * 1024 + 1))))).toContain('larger');
    expect(reason(await readIdentity(folder))).toContain('regular');
    expect(reason(await readIdentity(put(locked.replace('-----END', '----- END'))))).toContain('missing');
  });

  test('a pipe that nobody writes to does not hang', async () => {
    const path = join(folder, 'pipe');
    execFileSync('mkfifo', [path]);
    expect(reason(await readIdentity(path))).toBe('it is not a regular file');
  });

  test('halves of different keys do not pass for one', async () => {
    const [one, two] = [keygen('-t', 'ed25519', '-N', ''), keygen('-t', 'ed25519', '-N', '')];
    const bytes = (path: string) =>
      Buffer.from(readFileSync(path, 'utf8').split('\n').slice(1, -2).join(''), 'base64');
    // The public half stands at the same place in both: 51 bytes that begin with the type's length.
    const at = bytes(one).indexOf('ssh-ed25519') - 4;
    const mixed = Buffer.concat([
      bytes(one).subarray(0, at),
      bytes(two).subarray(at, at + 51),
      bytes(one).subarray(at + 51),
    ]);
    const text = `-----BEGIN OPENSSH PRIVATE KEY-----\n${mixed.toString('base64')}\n-----END OPENSSH PRIVATE KEY-----\n`;
    expect(reason(await readIdentity(put(text)))).toContain('do not belong together');
  });

  test('a damaged chacha20-poly1305 file is noticed by its tag, as a wrong passphrase', async () => {
    const path = keygen('-t', 'ed25519', '-N', 'x', '-a', '1', '-Z', 'chacha20-poly1305@openssh.com');
    const body = Buffer.from(readFileSync(path, 'utf8').split('\n').slice(1, -2).join(''), 'base64');
    // In the comment: only the tag can tell.
    const at = body.length - 16 - 4;
    body[at] = (body[at] ?? 0) ^ 1;
    const text = `-----BEGIN OPENSSH PRIVATE KEY-----\n${body.toString('base64')}\n-----END OPENSSH PRIVATE KEY-----\n`;
    expect(await encrypted(await readIdentity(put(text))).decrypt('x')).toEqual({ type: 'wrong' });
  });
});

test('a replaced file has another stamp, an untouched one the same', async () => {
  const path = keygen('-t', 'ed25519', '-N', 'x', '-a', '1');
  const first = encrypted(await readIdentity(path)).stamp;
  expect(encrypted(await readIdentity(path)).stamp).toBe(first);
  utimesSync(path, 1, 1);
  expect(encrypted(await readIdentity(path)).stamp).not.toBe(first);
});

test('public key lines', () => {
  const line = readFileSync(`${keygen('-t', 'ed25519', '-N', '')}.pub`, 'utf8');
  expect(parsePublicKey(line)).not.toBeNull();
  expect(parsePublicKey(line.replace('ssh-ed25519', 'ssh-rsa'))).toBeNull();
  expect(parsePublicKey('ssh-ed25519')).toBeNull();
  expect(parsePublicKey('')).toBeNull();
});

describe('bcrypt of 64 rounds', () => {
  test('does not stop the event loop', async () => {
    const path = keygen('-t', 'ed25519', '-N', passphrase, '-a', '64');
    const identity = encrypted(await readIdentity(path));
    let turns = 0;
    let done = false;
    const turn = () => {
      turns += 1;
      if (!done) setTimeout(turn, 1);
    };
    turn();
    const key = await unlocked(identity, passphrase);
    done = true;
    proves(key, publicHalf(path, passphrase));
    // In our own thread it would have been one turn, two at most.
    expect(turns).toBeGreaterThan(20);
  });

  test('can be given up', async () => {
    const path = keygen('-t', 'ed25519', '-N', passphrase, '-a', '64');
    const stop = new AbortController();
    const asked = encrypted(await readIdentity(path)).decrypt(passphrase, stop.signal);
    stop.abort(new Error('given up'));
    await expect(asked).rejects.toThrow('given up');
  });
});
