/** RevokedHostKeys: a list of public keys, one a line (sshkey_check_revoked and sshkey_in_file in authfile.c). */

import { sameBytes } from '../net/wireformat.js';
import { readKey } from './hostkey.js';

export type Revocation =
  | { readonly type: 'absent' }
  | { readonly type: 'revoked'; readonly line: number }
  /** A line that is no key: ssh then accepts no key that does not stand above it. */
  | { readonly type: 'unreadable'; readonly line: number }
  /** The list cannot be read. */
  | { readonly type: 'missing'; readonly reason: string }
  /** A binary key revocation list of ssh-keygen -k. */
  | { readonly type: 'krl' };

/** What a RevokedHostKeys file, as latin1 text, says about a key. */
export function revocationOf(text: string, key: Uint8Array): Revocation {
  if (text.startsWith('SSHKRL\n\0')) return { type: 'krl' };
  for (const [index, written] of text.split('\n').entries()) {
    const line = index + 1;
    const [type = '', base64 = ''] = written.replace(/^[ \t]+/, '').split(/[ \t\r]+/);
    if (type === '' || type.startsWith('#')) continue;
    // A certificate is no plain key, and none is accepted.
    if (type.endsWith('-cert-v01@openssh.com')) continue;
    const revoked = readKey(type, base64);
    if (revoked === null) return { type: 'unreadable', line };
    if (sameBytes(revoked, key)) return { type: 'revoked', line };
  }
  return { type: 'absent' };
}
