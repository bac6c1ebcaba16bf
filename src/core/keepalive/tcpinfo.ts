/** TCP_INFO of each socket, as `ss -tiOH` prints it. */

export interface TcpInfo {
  /** Since data was sent, received, and acknowledged by the peer. */
  readonly sinceSentMs: number;
  readonly sinceReceivedMs: number;
  readonly sinceAcknowledgedMs: number;
  /** The smoothed round trip. */
  readonly rttMs: number | null;
  readonly rtoMs: number | null;
  /** Doublings of the pause so far. */
  readonly backoff: number;
  /** Retransmissions in all since it was opened. */
  readonly retransmittedInAll: number;
  /** Written by the program and not sent yet, in bytes. */
  readonly notSent: number;
}

/** Address and port at both ends, as {@link socketKey} spells them -> TCP_INFO. */
export function parseTcpInfo(text: string): Map<string, TcpInfo> {
  const found = new Map<string, TcpInfo>();
  for (const line of text.split('\n')) {
    const words = line.trim().split(/\s+/);
    const [, , , local, remote] = words;
    if (local === undefined || remote === undefined) continue;
    const number = (name: string): number | null => {
      const word = words.find((one) => one.startsWith(`${name}:`));
      const value = word === undefined ? Number.NaN : Number.parseFloat(word.slice(name.length + 1));
      return Number.isNaN(value) ? null : value;
    };
    // What is 0 is not printed; without `rto` the kernel gave no TCP_INFO at all.
    if (number('rto') === null) continue;
    const [, inAll] = /\sretrans:\d+\/(\d+)/.exec(line) ?? [];
    found.set(`${bare(local)} ${bare(remote)}`, {
      sinceSentMs: number('lastsnd') ?? 0,
      sinceReceivedMs: number('lastrcv') ?? 0,
      sinceAcknowledgedMs: number('lastack') ?? 0,
      rttMs: number('rtt'),
      rtoMs: number('rto'),
      backoff: number('backoff') ?? 0,
      retransmittedInAll: Number(inAll ?? 0),
      notSent: number('notsent') ?? 0,
    });
  }
  return found;
}

/** What a socket of our own says of its peer. */
export interface SocketHealth {
  /** The smoothed round trip. */
  readonly rttMs: number;
  /** Since the peer's last segment, data or acknowledgement. */
  readonly silentMs: number;
  /** Probes without an answer. */
  readonly unanswered: number;
}

/** `struct tcp_info` (include/uapi/linux/tcp.h), as getsockopt fills it in. null: it is too short. */
export function parseTcpInfoBytes(bytes: Uint8Array, littleEndian: boolean): SocketHealth | null {
  if (bytes.length < 72) return null;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const at = (offset: number) => view.getUint32(offset, littleEndian);
  return {
    unanswered: view.getUint8(3), // tcpi_probes
    silentMs: Math.min(at(52), at(56)), // tcpi_last_data_recv, tcpi_last_ack_recv
    rttMs: at(68) / 1_000, // tcpi_rtt, in us
  };
}

/** How ss writes both ends, but for brackets and the interface of a link-local address. */
export function socketKey(socket: {
  readonly localAddress: string;
  readonly localPort: number;
  readonly remoteAddress: string;
  readonly remotePort: number;
}): string {
  return `${socket.localAddress}:${socket.localPort} ${socket.remoteAddress}:${socket.remotePort}`;
}

function bare(end: string): string {
  return end.replace(/[[\]]/g, '').replace(/%[^:]*(?=:\d+$)/, '');
}
