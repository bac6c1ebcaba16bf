import { createDecipheriv, randomBytes, timingSafeEqual } from 'node:crypto';
import { createRequire } from 'node:module';
import { Worker } from 'node:worker_threads';
import { joined, sameBytes, WireReader, wire } from '../../core/net/wireformat.js';
import { printableName } from '../../core/text/printable.js';

/** A private key that can be used as it is: in OpenSSH's own format, unencrypted, or PEM ("RSA", "EC"). In memory only. */
export interface OpenKey {
  readonly text: string;
  /** The public half, as it goes over the wire. */
  readonly blob: Buffer;
}

/** What became of a passphrase. `unreadable`: it may be right, but the key inside cannot be used. */
export type Decrypted =
  | { readonly type: 'open'; readonly key: OpenKey }
  | { readonly type: 'wrong' }
  | { readonly type: 'unreadable'; readonly reason: string };

/** An openssh-key-v1 file taken apart (PROTOCOL.key). The public half stands outside of what is encrypted. */
export interface OpenSshKey {
  readonly cipher: string;
  readonly kdf: { readonly salt: Uint8Array; readonly rounds: number } | null;
  readonly blob: Buffer;
  readonly type: string;
  readonly sealed: Uint8Array;
  readonly tag: Uint8Array;
}

const magic = 'openssh-key-v1\0';
const begin = '-----BEGIN OPENSSH PRIVATE KEY-----';
const end = '-----END OPENSSH PRIVATE KEY-----';

/** Every cipher of `ssh-keygen -Z` (cipher.c), with node's name for it and its lengths in bytes. */
const ciphers: Readonly<Record<string, { name: string; key: number; iv: number; tag: number }>> = {
  '3des-cbc': { name: 'des-ede3-cbc', key: 24, iv: 8, tag: 0 },
  'aes128-cbc': { name: 'aes-128-cbc', key: 16, iv: 16, tag: 0 },
  'aes192-cbc': { name: 'aes-192-cbc', key: 24, iv: 16, tag: 0 },
  'aes256-cbc': { name: 'aes-256-cbc', key: 32, iv: 16, tag: 0 },
  'aes128-ctr': { name: 'aes-128-ctr', key: 16, iv: 16, tag: 0 },
  'aes192-ctr': { name: 'aes-192-ctr', key: 24, iv: 16, tag: 0 },
  'aes256-ctr': { name: 'aes-256-ctr', key: 32, iv: 16, tag: 0 },
  'aes128-gcm@openssh.com': { name: 'aes-128-gcm', key: 16, iv: 12, tag: 16 },
  'aes256-gcm@openssh.com': { name: 'aes-256-gcm', key: 32, iv: 12, tag: 16 },
  'chacha20-poly1305@openssh.com': { name: 'chacha20-poly1305', key: 64, iv: 0, tag: 16 },
};

/** How many fields of a private section, after the type, make up a key; and how its public half is put together. */
const kinds: Readonly<
  Record<string, { fields: number; blob: (fields: readonly Uint8Array[]) => Uint8Array[] }>
> = {
  'ssh-rsa': { fields: 6, blob: ([n, e]) => (n && e ? [e, n] : []) },
  'ssh-ed25519': { fields: 2, blob: ([point]) => (point ? [point] : []) },
  'ecdsa-sha2-nistp256': { fields: 3, blob: ([curve, point]) => (curve && point ? [curve, point] : []) },
  'ecdsa-sha2-nistp384': { fields: 3, blob: ([curve, point]) => (curve && point ? [curve, point] : []) },
  'ecdsa-sha2-nistp521': { fields: 3, blob: ([curve, point]) => (curve && point ? [curve, point] : []) },
};

export function isOpenSshKey(text: string): boolean {
  return text.startsWith(begin);
}

/** Takes a file apart. A string says why it cannot be used. */
export function parseOpenSshKey(text: string): OpenSshKey | string {
  const stop = text.indexOf(end);
  if (stop < 0) return `the line "${end}" is missing`;
  const reader = new WireReader(Buffer.from(text.slice(begin.length, stop), 'base64'));
  const start = reader.take(magic.length);
  if (!start || Buffer.from(start).toString('latin1') !== magic)
    return 'it does not begin like an OpenSSH key';
  const cipher = reader.text();
  const kdfName = reader.text();
  const kdfOptions = reader.string();
  const count = reader.uint32();
  const blob = reader.string();
  const sealed = reader.string();
  if (cipher === null || kdfName === null || !kdfOptions || count === null || !blob || !sealed) {
    return 'it is cut short or damaged';
  }
  if (count !== 1) return `it holds ${count} keys, OpenSSH allows 1`;
  const type = new WireReader(blob).text() ?? '';
  if (!(type in kinds)) return unusable(type);
  const tag = reader.take(reader.left) ?? new Uint8Array();
  const parts = { cipher, blob: Buffer.from(blob), type, sealed, tag };
  if (cipher === 'none') return kdfName === 'none' ? { ...parts, kdf: null } : 'it is damaged';
  if (!(cipher in ciphers)) return `it is encrypted with ${shown(cipher)}, which holdfast does not know`;
  if (kdfName !== 'bcrypt') return `its key derivation is ${shown(kdfName)}, OpenSSH writes bcrypt`;
  const options = new WireReader(kdfOptions);
  const salt = options.string();
  const rounds = options.uint32();
  if (!salt || rounds === null) return 'its key derivation options are damaged';
  return { ...parts, kdf: { salt, rounds } };
}

/** The reason for a type of key that holdfast cannot sign with. */
export function unusable(type: string): string {
  if (type.startsWith('sk-')) return `it is a security key (${shown(type)}), which holdfast cannot use`;
  if (type.includes('-cert-')) return `it is a certificate (${shown(type)}), which holdfast cannot use`;
  if (type === 'ssh-dss') return 'it is a DSA key, which neither OpenSSH 10 nor holdfast uses';
  return `its type ${shown(type)} is not one holdfast can use (RSA, ECDSA, ED25519)`;
}

/** A word from a file in quotes, without control characters. */
export function shown(word: string): string {
  return `"${printableName(word)}"`;
}

/** The key of an unencrypted file. `wrong` is not among the answers. */
export function openPlain(parsed: OpenSshKey): Decrypted {
  return unpack(parsed, parsed.sealed);
}

/** An encrypted file's key. Takes as long as the file's rounds say, in a thread. */
export async function decryptOpenSshKey(
  parsed: OpenSshKey,
  passphrase: string,
  signal?: AbortSignal,
): Promise<Decrypted> {
  const cipher = ciphers[parsed.cipher];
  if (!cipher || !parsed.kdf) return { type: 'unreadable', reason: 'it is not encrypted' };
  if (passphrase === '') return { type: 'wrong' };
  const { salt, rounds } = parsed.kdf;
  const secret = Buffer.from(passphrase, 'utf8');
  const derived = await bcryptPbkdf(secret, salt, rounds, cipher.key + cipher.iv, signal);
  secret.fill(0);
  if (!derived) return { type: 'unreadable', reason: 'its key derivation options make no sense' };
  const key = derived.subarray(0, cipher.key);
  const content = await unseal(cipher, key, derived.subarray(cipher.key), parsed);
  derived.fill(0);
  return content ? unpack(parsed, content) : { type: 'wrong' };
}

async function unseal(
  cipher: { name: string; tag: number },
  key: Uint8Array,
  iv: Uint8Array,
  { sealed, tag }: OpenSshKey,
): Promise<Uint8Array | null> {
  if (cipher.name === 'chacha20-poly1305') return openChachaPoly(key, sealed, tag);
  try {
    if (cipher.name === 'aes-128-gcm' || cipher.name === 'aes-256-gcm') {
      const gcm = createDecipheriv(cipher.name, key, iv, { authTagLength: cipher.tag });
      gcm.setAuthTag(tag);
      return Buffer.concat([gcm.update(sealed), gcm.final()]);
    }
    const decipher = createDecipheriv(cipher.name, key, iv).setAutoPadding(false);
    return Buffer.concat([decipher.update(sealed), decipher.final()]);
  } catch {
    return null;
  }
}

/**
 * chacha20-poly1305@openssh.com as it is used in key files (PROTOCOL.chacha20poly1305, sshkey.c): packet number 0,
 * no length field, so only the first half of the key counts. It is not RFC 8439's AEAD: the tag covers the bare
 * ciphertext, which node:crypto cannot check.
 */
async function openChachaPoly(
  key: Uint8Array,
  sealed: Uint8Array,
  tag: Uint8Array,
): Promise<Uint8Array | null> {
  const { poly1305 } = await import('@noble/ciphers/_poly1305.js');
  const main = key.subarray(0, 32);
  const expected = poly1305(sealed, chacha20(main, 0, new Uint8Array(32)));
  if (tag.length !== 16 || !timingSafeEqual(expected, tag)) return null;
  return chacha20(main, 1, sealed);
}

/** From a block on; OpenSSL's iv is the block counter (little endian) and the nonce, here 0. */
function chacha20(key: Uint8Array, block: number, data: Uint8Array): Uint8Array {
  const iv = Buffer.alloc(16);
  iv.writeUInt32LE(block, 0);
  return createDecipheriv('chacha20', key, iv).update(data);
}

/** Checks a decrypted section the way sshkey.c does: equal check numbers, whole fields, padding 1, 2, 3 and so on. */
function unpack(parsed: OpenSshKey, section: Uint8Array): Decrypted {
  const damaged: Decrypted = { type: 'unreadable', reason: 'its private half is damaged' };
  const reader = new WireReader(section);
  const check = reader.uint32();
  if (check === null || check !== reader.uint32()) return parsed.kdf ? { type: 'wrong' } : damaged;
  const type = reader.text() ?? '';
  const kind = kinds[type];
  if (!kind) return damaged;
  const fields = Array.from({ length: kind.fields }, () => reader.string());
  const whole = fields.filter((field) => field !== null);
  const comment = reader.string();
  const padding = reader.take(reader.left);
  if (whole.length !== fields.length || !comment || !padding) return damaged;
  if (!padding.every((byte, index) => byte === ((index + 1) & 0xff))) return damaged;
  if (!sameBytes(wire(type, ...kind.blob(whole)), parsed.blob)) {
    return { type: 'unreadable', reason: 'its public and private halves do not belong together' };
  }
  return { type: 'open', key: { text: armoured(parsed.blob, section), blob: parsed.blob } };
}

/** An unencrypted file for an ED25519 key that came in a format without one of its own (PKCS#8). */
export function ed25519Key(seed: Uint8Array, point: Uint8Array): OpenKey {
  const blob = Buffer.from(wire('ssh-ed25519', point));
  const check = randomBytes(4);
  const section = joined([check, check, wire('ssh-ed25519', point, joined([seed, point]), '')]);
  const padding = Uint8Array.from({ length: (8 - (section.length % 8)) % 8 }, (_, index) => index + 1);
  return { text: armoured(blob, joined([section, padding])), blob };
}

function armoured(blob: Uint8Array, section: Uint8Array): string {
  const none = wire('none', 'none', '', 1);
  // `1` above is the uint32 that counts the keys.
  const body = joined([Buffer.from(magic, 'latin1'), none, wire(blob, section)]);
  const lines =
    Buffer.from(body)
      .toString('base64')
      .match(/.{1,70}/g) ?? [];
  return `${[begin, ...lines, end].join('\n')}\n`;
}

/**
 * bcrypt_pbkdf, the key derivation of OpenSSH's encrypted key files (PROTOCOL.key, OpenBSD's bcrypt_pbkdf(3)).
 * In plain JavaScript it computes for 0.3 s (16 rounds) to 2 s (100 rounds), so it runs in a thread of its own:
 * the heartbeats of other tunnels go on meanwhile.
 *
 * The thread's program is a string, so that it is the same from dist and from the sources in tests.
 */
const program = `
const { parentPort, workerData } = require('node:worker_threads');
const { pbkdf } = require(workerData.module);
const { passphrase, salt, rounds, length } = workerData;
const out = new Uint8Array(length);
const failed = pbkdf(passphrase, passphrase.length, salt, salt.length, out, length, rounds) !== 0;
parentPort.postMessage(failed ? null : out);
`;

/**
 * Derives `length` bytes. Null where the parameters make no sense (an empty passphrase or salt, no rounds).
 * Rejects when the signal is aborted first.
 */
function bcryptPbkdf(
  passphrase: Uint8Array,
  salt: Uint8Array,
  rounds: number,
  length: number,
  signal?: AbortSignal,
): Promise<Buffer | null> {
  const module = createRequire(import.meta.url).resolve('bcrypt-pbkdf');
  return new Promise((resolve, reject) => {
    signal?.throwIfAborted();
    const worker = new Worker(program, {
      eval: true,
      // The thread needs nothing of ours: no loaders of a test runner, no environment.
      execArgv: [],
      env: {},
      workerData: { module, passphrase, salt, rounds, length },
    });
    const abort = () => {
      reject(signal?.reason);
      void worker.terminate();
    };
    signal?.addEventListener('abort', abort, { once: true });
    worker.once('message', (out: Uint8Array | null) => resolve(out && Buffer.from(out)));
    worker.once('error', reject);
    worker.once('exit', () => {
      signal?.removeEventListener('abort', abort);
      reject(new Error('the thread that derives keys ended without an answer'));
    });
  });
}
