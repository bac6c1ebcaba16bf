import { createDecipheriv, timingSafeEqual } from 'node:crypto';

/**
 * chacha20-poly1305@openssh.com as it is used in key files (PROTOCOL.chacha20poly1305, sshkey.c): packet number 0,
 * no length field, so only the first half of the key counts. It is not RFC 8439's AEAD: the tag covers the bare
 * ciphertext, which node:crypto cannot check, hence Poly1305 below.
 */
export function openChachaPoly(key: Uint8Array, sealed: Uint8Array, tag: Uint8Array): Buffer | null {
  const main = key.subarray(0, 32);
  const expected = poly1305(stream(main, 0, new Uint8Array(32)), sealed);
  if (tag.length !== 16 || !timingSafeEqual(expected, tag)) return null;
  return stream(main, 1, sealed);
}

/** ChaCha20 from a block on; OpenSSL's iv is the block counter (little endian) and the nonce, here 0. */
function stream(key: Uint8Array, block: number, data: Uint8Array): Buffer {
  const iv = Buffer.alloc(16);
  iv.writeUInt32LE(block, 0);
  return createDecipheriv('chacha20', key, iv).update(data);
}

const prime = (1n << 130n) - 5n;

/** RFC 8439, section 2.5. Key files are small: big integers are fast enough. */
function poly1305(key: Uint8Array, message: Uint8Array): Buffer {
  const r = littleEndian(key.subarray(0, 16)) & 0x0ffffffc0ffffffc0ffffffc0fffffffn;
  const s = littleEndian(key.subarray(16, 32));
  let sum = 0n;
  for (let at = 0; at < message.length; at += 16) {
    const block = message.subarray(at, at + 16);
    sum = ((sum + littleEndian(block) + (1n << BigInt(8 * block.length))) * r) % prime;
  }
  const tag = (sum + s) & ((1n << 128n) - 1n);
  return Buffer.from(tag.toString(16).padStart(32, '0'), 'hex').reverse();
}

function littleEndian(bytes: Uint8Array): bigint {
  return BigInt(`0x${Buffer.from(bytes).reverse().toString('hex')}`);
}
