/** The known_hosts files: read anew for each attempt, and appended to when a new key was accepted. */

import { createHash, createHmac, randomBytes } from 'node:crypto';
import { mkdir, open, readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Failure } from '../core/failure.js';
import type { TrustRequest } from '../core/request/request.js';
import { codeOf, messageOf } from '../core/text/reason.js';
import { keyTypeOf } from '../core/trust/hostkey.js';
import { refuseRevoked, refuseShortKey } from '../core/trust/hosttrust.js';
import {
  type Digests,
  formatHostLine,
  type HostsFile,
  judgeHostKey,
  type KeyJudgement,
  lookUpHost,
  orderHostKeyAlgorithms,
} from '../core/trust/knownhosts.js';
import { type Revocation, revocationOf } from '../core/trust/revokedkeys.js';

/** What the files said when they were read. */
export interface Trust {
  /** Files that are there and could not be read; a missing file is normal. One sentence each. */
  readonly notes: readonly string[];
  /** The default host key algorithms with those of the known keys first. */
  orderAlgorithms(defaults: readonly string[]): string[];
  judge(keyBlob: Uint8Array): KeyJudgement;
  /** Why this key may be no host's, whatever the known_hosts files say: RevokedHostKeys, RequiredRSASize. */
  refusal(keyBlob: Uint8Array): Failure | null;
  /**
   * Appends the key to the first user file; no other byte of it changes. Null when the file has the key now;
   * otherwise the reason why not, which is a note and no failure, as in ssh.
   */
  remember(keyBlob: Uint8Array): Promise<string | null>;
}

const digests: Digests = {
  hmacSha1: (key, text) => createHmac('sha1', key).update(text).digest(),
  fingerprint,
};

/** `SHA256:...` as `ssh-keygen -l` prints it. */
export function fingerprint(keyBlob: Uint8Array): string {
  return `SHA256:${createHash('sha256').update(keyBlob).digest('base64').replace(/=+$/, '')}`;
}

/** Never rejects: what cannot be read counts as empty and becomes a note. */
export async function readTrust(trust: TrustRequest): Promise<Trust> {
  const notes: string[] = [];
  const files: HostsFile[] = [];
  for (const path of [...trust.userFiles, ...trust.globalFiles]) {
    try {
      files.push({ path, text: await readFile(path, 'utf8') });
    } catch (error) {
      if (!isMissing(error)) notes.push(`${path}: known host keys could not be read: ${messageOf(error)}`);
    }
  }
  const keys = lookUpHost(files, trust.name, digests);
  const revoked = await readRevoked(trust);
  return {
    notes,
    orderAlgorithms: (defaults) => orderHostKeyAlgorithms(keys, defaults),
    judge: (keyBlob) => judgeHostKey(keys, keyBlob),
    refusal: (keyBlob) =>
      refuseShortKey(keyBlob, trust) ??
      (revoked &&
        refuseRevoked(
          { keyType: keyTypeOf(keyBlob), fingerprint: fingerprint(keyBlob) },
          revoked(keyBlob),
          trust,
        )),
    remember: (keyBlob) => remember(trust, keyBlob),
  };
}

/** Null: there is no list. A list that cannot be read is a reason to accept no key, as in ssh. */
async function readRevoked({ revoked }: TrustRequest): Promise<((keyBlob: Uint8Array) => Revocation) | null> {
  if (revoked === null) return null;
  try {
    const text = await readFile(revoked.path, 'latin1');
    return (keyBlob) => revocationOf(text, keyBlob);
  } catch (error) {
    return () => ({ type: 'missing', reason: messageOf(error) });
  }
}

async function remember(trust: TrustRequest, keyBlob: Uint8Array): Promise<string | null> {
  const path = trust.userFiles[0];
  if (path === undefined) return 'the host key was not remembered: UserKnownHostsFile names no file';
  try {
    await append(path, trust, keyBlob);
    return null;
  } catch (error) {
    return `${path}: the host key of ${trust.name} could not be added: ${messageOf(error)}`;
  }
}

async function append(path: string, trust: TrustRequest, keyBlob: Uint8Array): Promise<void> {
  // O_APPEND: two tunnels that learn their hosts at the same time must not write over each other's line.
  const file = await open(path, 'a+', 0o600).catch(async (error: unknown) => {
    if (!isMissing(error)) throw error;
    await mkdir(dirname(path), { mode: 0o700 }).catch((reason: unknown) => {
      if (codeOf(reason) !== 'EEXIST') throw reason;
    });
    return open(path, 'a+', 0o600);
  });
  try {
    const text = await file.readFile('utf8');
    // Two links of one tunnel, or two tunnels to one host, may both have prompted.
    const known = judgeHostKey(lookUpHost([{ path, text }], trust.name, digests), keyBlob);
    if (known.type === 'known') return;
    const line = formatHostLine(trust.name, keyBlob, trust.hash ? randomBytes(20) : null, digests);
    await file.appendFile(`${text === '' || text.endsWith('\n') ? '' : '\n'}${line}\n`);
  } finally {
    await file.close();
  }
}

function isMissing(error: unknown): boolean {
  return codeOf(error) === 'ENOENT' || codeOf(error) === 'ENOTDIR';
}
