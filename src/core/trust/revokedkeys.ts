/** RevokedHostKeys: a list of public keys, one a line (sshkey_check_revoked and sshkey_in_file in authfile.c). */

import { sameBytes } from '../net/wireformat.js';
import { readKey } from './hostkey.js';

export type Revocation =
  | { readonly is: 'absent' }
  | { readonly is: 'revoked'; readonly line: number }
  /** A line that is no key: ssh then accepts no key that does not stand above it. */
  | { readonly is: 'unreadable'; readonly line: number }
  /** The list cannot be read. */
  | { readonly is: 'missing'; readonly reason: string }
  /** A binary key revocation list of ssh-keygen -k. */
  | { readonly is: 'krl' };

export function revocationOf(text: string, key: Uint8Array): Revocation {
  if (text.startsWith('SSHKRL\n\0')) return { is: 'krl' };
  for (const [index, written] of text.split('\n').entries()) {
    const line = index + 1;
    const [type = '', base64 = ''] = written.replace(/^[ \t]+/, '').split(/[ \t\r]+/);
    if (type === '' || type.startsWith('#')) continue;
    // A certificate is no plain key, and none is accepted.
    if (type.endsWith('-cert-v01@openssh.com')) continue;
    const revoked = readKey(type, base64);
    if (revoked === null) return { is: 'unreadable', line };
    if (sameBytes(revoked, key)) return { is: 'revoked', line };
  }
  return { is: 'absent' };
}
