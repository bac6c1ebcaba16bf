/**
 * Public keys as SSH sends them and known_hosts writes them: a blob that begins with the name of its type
 * (RFC 4253 section 6.6; ed25519 RFC 8709, ecdsa RFC 5656, sk-* PROTOCOL.u2f of OpenSSH).
 */

import { WireReader } from '../net/wireformat.js';

interface KeyType {
  /** As ssh prints it: "ED25519 key fingerprint is ..." (sshkey_type in sshkey.c). */
  readonly label: string;
  /** Length-prefixed fields after the name. A blob with more or fewer is damaged. */
  readonly fields: number;
}

const types: ReadonlyMap<string, KeyType> = new Map([
  ['ssh-ed25519', { label: 'ED25519', fields: 1 }],
  ['ssh-rsa', { label: 'RSA', fields: 2 }],
  ['ssh-dss', { label: 'DSA', fields: 4 }],
  ['ecdsa-sha2-nistp256', { label: 'ECDSA', fields: 2 }],
  ['ecdsa-sha2-nistp384', { label: 'ECDSA', fields: 2 }],
  ['ecdsa-sha2-nistp521', { label: 'ECDSA', fields: 2 }],
  ['sk-ssh-ed25519@openssh.com', { label: 'ED25519-SK', fields: 2 }],
  ['sk-ecdsa-sha2-nistp256@openssh.com', { label: 'ECDSA-SK', fields: 3 }],
]);

/** The key type a host key algorithm proves: the rsa-sha2 algorithms are signatures by an ssh-rsa key (RFC 8332). */
export function typeOfAlgorithm(algorithm: string): string {
  return algorithm === 'rsa-sha2-256' || algorithm === 'rsa-sha2-512' ? 'ssh-rsa' : algorithm;
}

/** The name in the blob, `ssh-ed25519` for example; null when it has none. At most 64 characters (RFC 4251 section 6). */
export function typeNameOf(blob: Uint8Array): string | null {
  const name = new WireReader(blob).text();
  return name !== null && /^[!-~]{1,64}$/.test(name) ? name : null;
}

/** The length of the modulus of an RSA key, in bits; null: it is another key. */
export function rsaBitsOf(blob: Uint8Array): number | null {
  const reader = new WireReader(blob);
  if (reader.text() !== 'ssh-rsa') return null;
  reader.string();
  const modulus = reader.string() ?? new Uint8Array();
  const first = modulus.findIndex((byte) => byte !== 0);
  if (first < 0) return 0;
  return (modulus.length - first) * 8 - Math.clz32(modulus[first] ?? 0) + 24;
}

/** The type for people: `ED25519`, `RSA`, `ECDSA`; for a type we do not know its own name, or `unknown`. */
export function keyTypeOf(blob: Uint8Array): string {
  const name = typeNameOf(blob);
  if (name === null) return 'unknown';
  return types.get(name)?.label ?? name;
}

/** The key of a known_hosts line, or null when ssh would call the line bad: type unknown, or not that of the blob. */
export function readKey(type: string, base64: string): Uint8Array | null {
  const known = types.get(typeOfAlgorithm(type));
  const blob = known === undefined ? null : decodeBase64(base64);
  if (known === undefined || blob === null || typeNameOf(blob) !== typeOfAlgorithm(type)) return null;
  const reader = new WireReader(blob);
  for (let field = 0; field <= known.fields; field += 1) reader.string();
  return reader.left === 0 ? blob : null;
}

/** Strict, as OpenSSH's b64_pton: padded, no stray characters, no leftover bits. Null when it is not that. */
export function decodeBase64(text: string): Uint8Array | null {
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(text) || text.length % 4 !== 0) return null;
  const binary = atob(text);
  return btoa(binary) === text ? Uint8Array.from(binary, (character) => character.charCodeAt(0)) : null;
}

export function encodeBase64(bytes: Uint8Array): string {
  let binary = '';
  for (const byte of bytes) binary += String.fromCharCode(byte);
  return btoa(binary);
}
