/** What ssh2 and sockets say when something fails -> our kinds of failure. By level and code; by text only where the
 * protocol has nothing else (the line a server sends before its banner). */
import { type Failure, type FailureKind, failure } from '../../core/failure.js';
import { printableLine } from '../../core/text/printable.js';
import { ProtocolError } from './bounds.js';

/** An error as ssh2 emits it. `code` is errno's name for sockets and a number for SSH_MSG_DISCONNECT. */
export interface SshError extends Error {
  readonly level?: string;
  readonly code?: string | number;
}

/** RFC 4253 section 11.1: at any time. */
const limitKinds: Readonly<Record<number, FailureKind>> = {
  1: 'penalty', // HOST_NOT_ALLOWED_TO_CONNECT
  12: 'penalty', // TOO_MANY_CONNECTIONS
};

/** The same, only before a connection is open: one that has worked is worth another attempt. */
const earlyKinds: Readonly<Record<number, FailureKind>> = {
  3: 'incompatible', // KEY_EXCHANGE_FAILED
  8: 'incompatible', // PROTOCOL_VERSION_NOT_SUPPORTED
  14: 'denied', // NO_MORE_AUTH_METHODS_AVAILABLE
};

/** What sshd says instead of a banner when it limits us (sshd.c, since 2019; PerSourcePenalties since 9.8). */
const limits = /^(Not allowed at this time|Exceeded MaxStartups)/m;

export interface Circumstances {
  readonly error: SshError | null;
  /** What came before the banner, if no banner came. */
  readonly text: string;
  readonly phase: 'handshake' | 'login' | 'open';
  /** Which kind of algorithm the two offers have none of in common; null or absent: they agree, or one is not known. */
  readonly mismatch?: string | null;
}

/** The failure of a connection that ended by itself. */
export function verdict({ error, text, phase, mismatch = null }: Circumstances): Failure {
  if (limits.test(text))
    return failure('penalty', `the server limits us: "${firstLine(text)}"`, error ?? undefined);
  // Whichever side saw it first and however it ended the connection.
  if (phase === 'handshake' && mismatch !== null)
    return failure('incompatible', mismatch, error ?? undefined);
  if (error === null) return failure('lost', ended[phase]);
  if (error instanceof ProtocolError) return failure('lost', printableLine(error.message), error);
  const kind = kindOf(error, phase);
  if (phase === 'handshake' && text !== '') {
    return failure('lost', `this is no SSH server: it says "${firstLine(text)}"`, error);
  }
  // The words may be those of the server's DISCONNECT.
  return failure(kind, `${ended[phase]}: ${printableLine(error.message)}`, error);
}

const ended: Readonly<Record<Circumstances['phase'], string>> = {
  handshake: 'the connection ended before the key exchange was done',
  login: 'the server closed the connection during the login',
  open: 'the connection ended',
};

function kindOf(error: SshError, phase: Circumstances['phase']): FailureKind {
  if (error.level === 'client-authentication') return 'denied';
  if (typeof error.code === 'number' && error.level === undefined) {
    // OpenSSH's MaxAuthTries ends with PROTOCOL_ERROR (2)
    if (phase === 'login' && error.code === 2) return 'denied';
    return limitKinds[error.code] ?? (phase === 'open' ? 'lost' : (earlyKinds[error.code] ?? 'lost'));
  }
  return 'lost';
}

function firstLine(text: string): string {
  const line = text.trimStart().split(/\r?\n/, 1)[0] ?? '';
  // The server wrote this: nothing of it may reach a terminal as a control character.
  return [...line.slice(0, 100)].map((char) => (char < ' ' || char > '~' ? '?' : char)).join('');
}
