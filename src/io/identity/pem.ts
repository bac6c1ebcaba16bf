import { createPrivateKey, getCiphers, type KeyObject } from 'node:crypto';
import { joined, mpint, wire } from '../../core/net/wireformat.js';
import { type Decrypted, ed25519Key, type OpenKey, shown, unusable } from './opensshkey.js';

/** A PEM or PKCS#8 file: one block, and whether it is encrypted. The public half is inside of what is encrypted. */
export interface Pem {
  readonly block: string;
  readonly encrypted: boolean;
}

/** OpenSSL's curves and their names in SSH (RFC 5656, section 10.1). */
const curves: Readonly<Record<string, string>> = {
  'P-256': 'nistp256',
  'P-384': 'nistp384',
  'P-521': 'nistp521',
};

/** Finds the private key's block; text around it is allowed, as in OpenSSL. Null: none. A string says why not. */
export function parsePem(text: string): Pem | string | null {
  const found =
    /-----BEGIN (?:([A-Z0-9]+) |(ENCRYPTED) )?PRIVATE KEY-----[\s\S]*?-----END [^\r\n]*?-----/.exec(text);
  if (!found) return /-----BEGIN [^\r\n]*PRIVATE KEY-----/.test(text) ? 'its last line is missing' : null;
  const label = found[1] ?? found[2] ?? '';
  // Trailing blanks and CRLF would stop OpenSSL's reading of the headers.
  const block = found[0].replace(/[ \t]*\r?\n/g, '\n');
  if (label === 'DSA') return unusable('ssh-dss');
  const cipher = /^DEK-Info: *([^,\n]+)/m.exec(block)?.[1];
  if (cipher && !getCiphers().includes(cipher.toLowerCase())) {
    return `it is encrypted with ${shown(cipher)}, which this OpenSSL does not know`;
  }
  return { block, encrypted: label === 'ENCRYPTED' || /^Proc-Type: *4, *ENCRYPTED/m.test(block) };
}

/** The key of a block; for an encrypted one with its passphrase. */
export function openPem(pem: Pem, passphrase?: string): Decrypted {
  if (pem.encrypted && !passphrase) return { type: 'wrong' };
  let key: KeyObject;
  try {
    key = createPrivateKey({
      key: pem.block,
      format: 'pem',
      ...(passphrase !== undefined && { passphrase: Buffer.from(passphrase, 'utf8') }),
    });
  } catch {
    // A wrong passphrase shows as one of many errors: bad padding, or nonsense where a key should be.
    return pem.encrypted ? { type: 'wrong' } : { type: 'unreadable', reason: 'it is damaged' };
  }
  const open = opened(key);
  return typeof open === 'string' ? { type: 'unreadable', reason: open } : { type: 'open', key: open };
}

function opened(key: KeyObject): OpenKey | string {
  const jwk = key.asymmetricKeyType === 'dsa' ? {} : exported(key);
  switch (key.asymmetricKeyType) {
    case 'rsa':
      return {
        text: String(key.export({ type: 'pkcs1', format: 'pem' })),
        blob: Buffer.from(wire('ssh-rsa', mpint(bytes(jwk.e)), mpint(bytes(jwk.n)))),
      };
    case 'ec': {
      const curve = curves[jwk.crv ?? ''];
      if (!curve) return 'its curve is not one SSH uses (nistp256, nistp384, nistp521)';
      const point = joined([Uint8Array.of(4), bytes(jwk.x), bytes(jwk.y)]);
      return {
        text: String(key.export({ type: 'sec1', format: 'pem' })),
        blob: Buffer.from(wire(`ecdsa-sha2-${curve}`, curve, point)),
      };
    }
    case 'ed25519':
      return ed25519Key(bytes(jwk.d), bytes(jwk.x));
    case 'dsa':
      return unusable('ssh-dss');
    default:
      return unusable(key.asymmetricKeyType ?? 'unknown');
  }
}

/** Curves that JWK has no name for cannot be exported. */
function exported(key: KeyObject) {
  try {
    return key.export({ format: 'jwk' });
  } catch {
    return {};
  }
}

function bytes(base64url: string | undefined): Buffer {
  return Buffer.from(base64url ?? '', 'base64url');
}
