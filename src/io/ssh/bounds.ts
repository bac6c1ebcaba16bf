/** How much a server may send without a request: before its version, beyond a window, and unread replies. */
import type { Client } from 'ssh2';
import { channelAt, channelCount, exchangingKeys, watchMessages, watchVersion } from './internals.js';
import type { Transport } from './transport.js';

/** The server does what no SSH server may: the connection ends. */
export class ProtocolError extends Error {
  constructor(what: string) {
    super(`the server broke the protocol: ${what}`);
  }
}

/** SSH_MAX_PRE_BANNER_LINES in kex.h of OpenSSH. */
const linesMax = 1024;

/** Bytes of one line: SSH_MAX_BANNER_LEN in kex.h of OpenSSH. */
const lineMax = 8192;

/** What comes before the version is kept up to here, to explain a refusal. */
const textMax = 1024;

/** As in channel_input_data of OpenSSH: a tenth of the window, which is ssh2's 2 MiB. */
const excessMax = (2 * 1024 * 1024) / 10;

/** Requests whose replies wait for a server that does not read. */
const requestsMax = 10_000;

/** CHANNELS_MAX_CHANNELS in channels.c of OpenSSH. */
const channelsMax = 10_000;

const requests = [
  'GLOBAL_REQUEST',
  'CHANNEL_OPEN',
  'CHANNEL_REQUEST',
  'USERAUTH_INFO_REQUEST',
  'USERAUTH_PK_OK',
] as const;

/**
 * Holds the server to these bounds: beyond them ssh2 emits a ProtocolError. To be called after `connect`.
 * @returns the beginning of what the server said before its version; empty once that came
 */
export function boundServer(client: Client, socket: Transport): () => string {
  const opening = new Opening();
  watchVersion(client, (chunk) => opening.take(chunk));
  boundWindows(client);
  boundReplies(client, socket);
  return () => opening.text;
}

/** The lines before the version (RFC 4253, section 4.2), however they are cut into chunks. */
class Opening {
  text = '';
  #line = Buffer.alloc(0);
  #lines = 0;

  /** @returns how much of the chunk is taken, and the line with the version, when it is whole */
  take(chunk: Buffer): { readonly taken: number; readonly version: Buffer | null } {
    const newline = chunk.indexOf('\n');
    const taken = newline === -1 ? chunk.length : newline + 1;
    const part = chunk.subarray(0, taken);
    this.text = (this.text + part.toString('latin1', 0, textMax)).slice(0, textMax);
    this.#line = Buffer.concat([this.#line, part]);
    if (this.#line.length > lineMax) throw this.#broken(`a line of more than ${lineMax} bytes`);
    if (newline === -1) return { taken, version: null };
    const line = this.#line;
    this.#line = Buffer.alloc(0);
    if (line.toString('latin1', 0, 4) === 'SSH-') {
      this.text = '';
      return { taken, version: line };
    }
    this.#lines += 1;
    if (this.#lines >= linesMax) throw this.#broken(`${linesMax} lines`);
    return { taken, version: null };
  }

  #broken(what: string): ProtocolError {
    const [first = ''] = this.text.split(/\r?\n/, 1);
    return new ProtocolError(`${what} before its version: "${first.slice(0, 100)}"`);
  }
}

function boundWindows(client: Client): void {
  const excess = new WeakMap<object, number>();
  for (const name of ['CHANNEL_DATA', 'CHANNEL_EXTENDED_DATA'] as const) {
    watchMessages(client, name, (number, data) => {
      const channel = channelAt(client, number);
      if (channel === null || !Buffer.isBuffer(data)) return;
      const { incoming } = channel;
      if (data.length <= incoming.window) {
        excess.delete(channel);
        return;
      }
      const beyond = (excess.get(channel) ?? 0) + data.length - incoming.window;
      if (beyond > excessMax) {
        throw new ProtocolError(`it sent ${beyond} bytes beyond a channel's window`);
      }
      excess.set(channel, beyond);
      // ssh2 drops what comes to a closed window, and forgets one that is overrun.
      incoming.window = data.length;
    });
  }
}

/** A server that sends requests and does not read makes us keep all the replies. */
function boundReplies(client: Client, socket: Transport): void {
  let count = 0;
  let repliedAt = 0;
  for (const name of requests) {
    watchMessages(client, name, () => {
      const flushed = socket.bytesWritten - socket.writableLength;
      if (flushed >= repliedAt && !exchangingKeys(client)) {
        count = 0;
        repliedAt = socket.bytesWritten;
      }
      count += 1;
      if (count > requestsMax) {
        throw new ProtocolError(`more than ${requestsMax} requests, and it reads no replies`);
      }
      if (name === 'CHANNEL_OPEN' && channelCount(client) >= channelsMax) {
        throw new ProtocolError(`more than ${channelsMax} channels at once`);
      }
    });
  }
}
