/** What the server offers in the key exchange. ssh2 does not pass it on, so it is read beside ssh2, in the clear as it comes. */
import { type Offer, readOffer } from '../../core/login/negotiation.js';
import type { Transport } from './transport.js';

/** RFC 4253, section 6.1: no packet need be longer. */
const longestPacket = 35_000;
/** A line before the version. OpenSSH ends at 8 kB. */
const longestLine = 8_192;

/** Listens until the server's first SSH_MSG_KEXINIT is there, and no longer. Null before it, and where none comes. */
export function watchServerOffer(socket: Transport): () => Offer | null {
  let offer: Offer | null = null;
  let unread: Buffer = Buffer.alloc(0);
  let versioned = false;
  const hear = (chunk: Buffer) => {
    unread = unread.length === 0 ? chunk : Buffer.concat([unread, chunk]);
    if (readOn() === 'more') return;
    unread = Buffer.alloc(0);
    socket.off('data', hear);
  };
  const readOn = (): 'more' | 'over' => {
    while (!versioned) {
      const end = unread.indexOf('\n');
      if (end < 0) return unread.length > longestLine ? 'over' : 'more';
      versioned = unread.toString('latin1', 0, 4) === 'SSH-';
      unread = unread.subarray(end + 1);
    }
    // uint32 length, byte padding, payload, padding (RFC 4253, section 6).
    while (unread.length >= 4) {
      const length = unread.readUInt32BE(0);
      if (length > longestPacket) return 'over';
      if (unread.length < 4 + length) return 'more';
      offer = readOffer(unread.subarray(5, 4 + length - (unread[4] ?? 0)));
      // SSH_MSG_IGNORE and its like may come first.
      if (offer !== null || (unread[5] ?? 0) > lastOfTransport) return 'over';
      unread = unread.subarray(4 + length);
    }
    return 'more';
  };
  socket.on('data', hear);
  return () => offer;
}

/** SSH_MSG_DISCONNECT to SSH_MSG_DEBUG. */
const lastOfTransport = 4;
