import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { WireReader } from '../../core/net/wireformat.js';
import { codeOf } from '../../core/text/reason.js';
import { shellWord } from '../../core/text/shellword.js';
import { ownUser } from '../base/process.js';
import {
  type Decrypted,
  decryptOpenSshKey,
  isOpenSshKey,
  type OpenKey,
  openPlain,
  parseOpenSshKey,
} from './opensshkey.js';
import { openPem, parsePem } from './pem.js';

export type { OpenKey } from './opensshkey.js';

/**
 * What a key file is, now. `blob` is the public half: from the file where it can be seen without the passphrase,
 * else from the `.pub` file beside it; null if it is in neither.
 */
export type Identity =
  /** No such file, nor a `.pub` beside it. */
  | { readonly type: 'missing' }
  /** `reason` completes "the key file ... cannot be used: ". */
  | { readonly type: 'unreadable'; readonly reason: string; readonly blob: Buffer | null }
  /** Only the public half is here; an agent may have the other. */
  | { readonly type: 'public'; readonly blob: Buffer }
  | {
      readonly type: 'encrypted';
      readonly blob: Buffer | null;
      /** Changes when the file is replaced or rewritten. */
      readonly stamp: string;
      /** Takes up to seconds, in a thread. Rejects when the signal is aborted. */
      decrypt(passphrase: string, signal?: AbortSignal): Promise<Decrypted>;
    }
  | { readonly type: 'open'; readonly key: OpenKey; readonly stamp: string };

/** As sshbuf_load_file in OpenSSH's authfile.c: more is no key. */
const largestKeyFile = 1024 * 1024;

/**
 * Reads a private key file of any format ssh-keygen writes: OpenSSH's own, PEM (`-m PEM`), PKCS#8 (`-m PKCS8`), each
 * plain or encrypted; or a public key file, as IdentityFile allows. Never throws for what it finds in a file.
 *
 * As in ssh (sshkey_perm_ok in authfile.c), a private key of ours that others may read is refused.
 */
export async function readIdentity(path: string): Promise<Identity> {
  const file = await load(path);
  if (file.type === 'unreadable') return { ...file, blob: await publicHalf(`${path}.pub`) };
  if (file.type === 'missing') {
    const blob = await publicHalf(`${path}.pub`);
    return blob ? { type: 'public', blob } : file;
  }
  const alone = parsePublicKey(file.text);
  if (alone) return { type: 'public', blob: alone };
  const read = parse(file.text, file.stamp);
  const seen = read.type === 'open' ? read.key.blob : read.type === 'missing' ? null : read.blob;
  const blob = seen ?? (await publicHalf(`${path}.pub`));
  if (file.tooOpen && read.type !== 'unreadable') {
    return { type: 'unreadable', reason: file.tooOpen, blob };
  }
  return read.type === 'encrypted' || read.type === 'unreadable' ? { ...read, blob } : read;
}

function parse(text: string, stamp: string): Identity {
  const cannot = (reason: string): Identity => ({ type: 'unreadable', reason, blob: null });
  const outcome = (opened: Decrypted): Identity => {
    if (opened.type === 'open') return { type: 'open', key: opened.key, stamp };
    return cannot(opened.type === 'wrong' ? 'it is damaged' : opened.reason);
  };
  if (isOpenSshKey(text)) {
    const parsed = parseOpenSshKey(text);
    if (typeof parsed === 'string') return cannot(parsed);
    if (!parsed.kdf) return outcome(openPlain(parsed));
    const decrypt = (passphrase: string, signal?: AbortSignal) =>
      decryptOpenSshKey(parsed, passphrase, signal);
    return { type: 'encrypted', blob: parsed.blob, stamp, decrypt };
  }
  const pem = parsePem(text);
  if (typeof pem === 'string') return cannot(pem);
  if (pem) {
    if (!pem.encrypted) return outcome(openPem(pem));
    return { type: 'encrypted', blob: null, stamp, decrypt: async (passphrase) => openPem(pem, passphrase) };
  }
  if (text.startsWith('PuTTY-User-Key-File-')) {
    return cannot('it is a PuTTY key; puttygen -O private-openssh converts it');
  }
  return cannot('it is not a private key in a format ssh-keygen writes');
}

/** The key of a public key line (`type base64 comment`), or null. */
export function parsePublicKey(text: string): Buffer | null {
  const words =
    text
      .split('\n', 1)[0]
      ?.trim()
      .split(/[ \t]+/) ?? [];
  const [type, base64] = words;
  if (!type || !base64 || !/^[A-Za-z0-9+/]+=*$/.test(base64)) return null;
  const blob = Buffer.from(base64, 'base64');
  return new WireReader(blob).text() === type ? blob : null;
}

async function publicHalf(path: string): Promise<Buffer | null> {
  const file = await load(path);
  return file.type === 'read' ? parsePublicKey(file.text) : null;
}

type Unreadable = Extract<Identity, { type: 'unreadable' }>;
type Loaded =
  | { readonly type: 'missing' }
  | Unreadable
  | {
      readonly type: 'read';
      readonly text: string;
      readonly stamp: string;
      /** Why this file may not hold a private key, if so. */
      readonly tooOpen: string | null;
    };

async function load(path: string): Promise<Loaded> {
  const unreadable = (reason: string): Unreadable => ({ type: 'unreadable', reason, blob: null });
  let file: FileHandle | null = null;
  try {
    // Without O_NONBLOCK the opening of a pipe without a writer would never return.
    file = await open(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
    const stat = await file.stat({ bigint: true });
    if (!stat.isFile()) return unreadable('it is not a regular file');
    if (stat.size > largestKeyFile) return unreadable('it is larger than any key (1 MiB)');
    const mode = Number(stat.mode) & 0o777;
    const ours = ownUser().uid === Number(stat.uid);
    const octal = mode.toString(8).padStart(4, '0');
    return {
      type: 'read',
      text: await file.readFile('latin1'),
      stamp: `${stat.dev}:${stat.ino}:${stat.size}:${stat.mtimeNs}`,
      tooOpen:
        ours && (mode & 0o077) !== 0
          ? `permissions ${octal} are too open, ssh refuses such keys too: chmod 600 ${shellWord(path)}`
          : null,
    };
  } catch (error) {
    const code = codeOf(error) || 'unknown error';
    if (code === 'ENOENT' || code === 'ENOTDIR') return { type: 'missing' };
    return unreadable(code === 'EACCES' ? 'we have no permission to read it' : code);
  } finally {
    await file?.close();
  }
}
