/**
 * The server's side of SOCKS 4 (the SOCKS 4 protocol memo), 4a (its extension) and 5 (RFC 1928), as far as ssh -D goes:
 * CONNECT, no authentication. On any Duplex: a client of -D, or a channel of a remote dynamic forward.
 *
 * No timer runs here: the caller ends the wait by destroying the stream.
 */

import { SocketAddress } from 'node:net';
import type { Duplex } from 'node:stream';

export interface SocksRequest {
  readonly ok: true;
  /** A name as the client wrote it, or an address; IPv6 without brackets, as inet_ntop writes it. */
  readonly host: string;
  readonly port: number;
  /** The answer once the way is open; not before the channel is confirmed. */
  granted(): Buffer;
  /** The answer when there is no way: a reason of SSH's CHANNEL_OPEN_FAILURE (RFC 4254 5.1), or a Node error code. */
  refused(reason: number | string): Buffer;
  /** What the client has sent behind its request: the beginning of its data. */
  readonly rest: Buffer;
}

/** No request came. `farewell` is what the protocol answers, maybe nothing: `stream.end(farewell)`. */
export interface SocksFailure {
  readonly ok: false;
  readonly message: string;
  readonly farewell: Buffer;
}

/**
 * Reads one request, and answers the greeting of SOCKS 5 on the way. When it resolves the stream is paused and has none
 * of our listeners; an `error` listener is the caller's business from then on. Never rejects: a client that leaves or
 * writes something else is a SocksFailure. Holds no more than one request (some 520 bytes) and the chunk it ended in.
 */
export function readSocksRequest(stream: Duplex): Promise<SocksRequest | SocksFailure> {
  return new Promise((resolve) => {
    let received: Buffer = Buffer.alloc(0);
    let greeted = false;

    const onData = (chunk: Buffer): void => {
      received = received.length === 0 ? chunk : Buffer.concat([received, chunk]);
      if (received[0] === 5 && !greeted) {
        const greeting = readGreeting(received);
        if (greeting === null) return;
        if ('ok' in greeting) return finish(greeting);
        greeted = true;
        received = received.subarray(greeting.length);
        stream.write(Buffer.from([5, 0]));
      }
      if (received.length === 0) return;
      const result = greeted ? readVersion5(received) : readVersion4(received);
      if (result !== null) finish(result);
    };
    const onLeft = (): void => finish(bad('the client left before it had said where to connect'));
    const onError = (error: Error): void =>
      finish(bad(`the client left before it had said where to connect: ${error.message}`));
    const finish = (result: SocksRequest | SocksFailure): void => {
      stream.off('data', onData).off('end', onLeft).off('close', onLeft).off('error', onError);
      stream.pause();
      resolve(result);
    };

    if (stream.destroyed || stream.readableEnded) return resolve(bad('the client has left already'));
    stream.on('end', onLeft).on('close', onLeft).on('error', onError).on('data', onData);
    stream.resume();
  });
}

/** What the bytes so far make; null: more bytes are needed. */
type Progress = SocksRequest | SocksFailure | null;

/** VER NMETHODS METHODS; we want 0 (no authentication) among them, else RFC 1928 section 3 answers FF. */
function readGreeting(bytes: Buffer): { readonly length: number } | SocksFailure | null {
  const count = bytes[1];
  if (count === undefined || bytes.length < 2 + count) return null;
  const methods = bytes.subarray(2, 2 + count);
  if (methods.includes(0)) return { length: 2 + count };
  return bad('SOCKS 5: the client offers no way without authentication', Buffer.from([5, 0xff]));
}

/** VER CMD RSV ATYP ADDR PORT (RFC 1928 section 4). */
function readVersion5(bytes: Buffer): Progress {
  const [version, command, , kind, first] = bytes;
  if (version !== 5) return bad(`SOCKS 5: a request begins with 5, not with ${version}`, reply5(1));
  if (command === undefined || kind === undefined || first === undefined) return null;
  if (command !== 1) return bad(`SOCKS 5: ${commandName(command)}, only CONNECT is served`, reply5(7));
  const length = { 1: 4, 3: 1 + first, 4: 16 }[kind];
  if (length === undefined) {
    return bad(`SOCKS 5: address type ${kind}, want 1 (IPv4), 3 (name) or 4 (IPv6)`, reply5(8));
  }
  const end = 4 + length + 2;
  if (bytes.length < end) return null;
  const address = bytes.subarray(4, 4 + length);
  const host = kind === 3 ? readName(address.subarray(1)) : kind === 1 ? address.join('.') : ipv6(address);
  if (host === null) return bad('SOCKS 5: the name of the target is empty or no text', reply5(1));
  return {
    ok: true,
    host,
    port: bytes.readUInt16BE(end - 2),
    granted: () => reply5(0),
    refused: (reason) => reply5(code5(reason)),
    rest: bytes.subarray(end),
  };
}

/** VN CD DSTPORT DSTIP USERID NUL, and for 4a, marked by the address 0.0.0.x, NAME NUL. */
function readVersion4(bytes: Buffer): Progress {
  const [version, command] = bytes;
  if (version !== 4) return bad(notSocks(version));
  if (command === undefined) return null;
  if (command !== 1) return bad(`SOCKS 4: ${commandName(command)}, only CONNECT is served`, reply4(91));
  const userEnd = endOfText(bytes, 8);
  if (userEnd === 'too long') return bad('SOCKS 4: the user name is longer than 255 bytes', reply4(91));
  if (userEnd === null) return null;
  const address = bytes.subarray(4, 8);
  const named = address.readUInt32BE(0) > 0 && address.readUInt32BE(0) < 256;
  const nameEnd = named ? endOfText(bytes, userEnd + 1) : userEnd;
  if (nameEnd === 'too long')
    return bad('SOCKS 4a: the name of the target is longer than 255 bytes', reply4(91));
  if (nameEnd === null) return null;
  const host = named ? readName(bytes.subarray(userEnd + 1, nameEnd)) : address.join('.');
  if (host === null) return bad('SOCKS 4a: the name of the target is empty or no text', reply4(91));
  return {
    ok: true,
    host,
    port: bytes.readUInt16BE(2),
    granted: () => reply4(90),
    refused: () => reply4(91),
    rest: bytes.subarray(nameEnd + 1),
  };
}

/** Where the NUL of a text of at most 255 bytes is; null while it may still come. */
function endOfText(bytes: Buffer, start: number): number | null | 'too long' {
  const end = bytes.subarray(start, start + 256).indexOf(0);
  if (end >= 0) return start + end;
  return bytes.length >= start + 256 ? 'too long' : null;
}

/** A name travels on to the server as text; what could end or forge a line in a log on the way is no name. */
function readName(bytes: Buffer): string | null {
  const name = bytes.toString('utf8');
  return /^[^\s\p{Cc}\uFFFD]+$/u.test(name) ? name : null;
}

/** As inet_ntop writes it, because sshd's PermitOpen compares addresses as text. */
function ipv6(bytes: Buffer): string {
  const address = (bytes.toString('hex').match(/.{4}/g) ?? []).join(':');
  return new SocketAddress({ address, family: 'ipv6' }).address;
}

function reply4(code: number): Buffer {
  return Buffer.from([0, code, 0, 0, 0, 0, 0, 0]);
}

/** The bound address is not ours to know: 0.0.0.0:0, as ssh answers. */
function reply5(code: number): Buffer {
  return Buffer.from([5, code, 0, 1, 0, 0, 0, 0, 0, 0]);
}

const generalFailure = 1;

/** Reply codes of RFC 1928 section 6. */
const codes5: ReadonlyMap<number | string, number> = new Map<number | string, number>([
  // SSH: administratively prohibited, connect failed, unknown channel type. Resource shortage (4) is a general failure.
  [1, 2],
  [2, 5],
  [3, 7],
  ['EACCES', 2],
  ['EPERM', 2],
  ['ENETUNREACH', 3],
  ['ENETDOWN', 3],
  ['EHOSTUNREACH', 4],
  ['EHOSTDOWN', 4],
  ['ETIMEDOUT', 4],
  ['ENOTFOUND', 4],
  ['EAI_AGAIN', 4],
  ['ECONNREFUSED', 5],
  ['EAFNOSUPPORT', 8],
]);

function code5(reason: number | string): number {
  return codes5.get(reason) ?? generalFailure;
}

function commandName(command: number): string {
  return { 2: 'BIND', 3: 'UDP ASSOCIATE' }[command] ?? `command ${command}`;
}

function notSocks(first: number | undefined): string {
  const isLetter = first !== undefined && first >= 0x41 && first <= 0x5a;
  return `not SOCKS: the first byte is ${first}, want 4 or 5${isLetter ? ' (an HTTP proxy was expected?)' : ''}`;
}

function bad(message: string, farewell: Buffer = Buffer.alloc(0)): SocksFailure {
  return { ok: false, message, farewell };
}
