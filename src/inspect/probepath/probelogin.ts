/** One login, with an end: dialling itself has no timer. */
import { type Failure, FailureError, failure } from '../../core/failure.js';
import type { Ask } from '../../core/prompt.js';
import { type DialParts, dial } from '../../dial/dial.js';
import { clock } from '../../io/clock.js';
import type { SshConnection } from '../../io/ssh/session.js';

/** What ConnectTimeout does not cover, as in ssh: a name's look-up, and waiting for other handshakes. */
const patientMs = 60_000;

export interface LoggedIn {
  readonly connection: SshConnection;
  /** An answer was used that is not kept: each login needs a person. */
  readonly byPerson: boolean;
}

/** Rejects with a FailureError. `signal` ends it at any time; each phase has ConnectTimeout, a person's answer not counted. */
export function logIn(
  parts: DialParts,
  signal: AbortSignal,
  news: {
    readonly onDetail: (text: string) => void;
    readonly onNote: (text: string) => void;
    /** The host key is accepted: the login begins. With jumps, once for each server. */
    readonly onLogin: () => void;
  },
): Promise<LoggedIn> {
  const { request, ask } = parts;
  return new Promise((resolve, reject) => {
    let cancel = () => {};
    let abandon = () => {};
    const over = () => {
      cancel();
      signal.removeEventListener('abort', stop);
    };
    const fail = (why: Failure) => {
      over();
      reject(new FailureError(why));
    };
    const stop = () => {
      abandon();
      fail(failure('lost', 'the login was called off'));
    };
    const phase = (what: string, limitMs = request.connectTimeoutMs) => {
      cancel();
      cancel = clock.wake(clock.now() + limitMs, () => {
        abandon();
        fail(failure('timeout', `${what} within ${limitMs / 1_000} s`));
      });
    };
    // The time-out stands still while a prompt is open.
    const asking: Ask | null =
      ask &&
      (async (question, withdrawn) => {
        cancel();
        const answer = await ask(question, withdrawn);
        if (!signal.aborted) phase('no answer to the login');
        return answer;
      });
    signal.addEventListener('abort', stop);
    if (signal.aborted) return stop();
    phase('no TCP connection');
    const dialling = dial(
      { ...parts, ask: asking },
      {
        ...news,
        onLookup: () => phase('no answer from the name server', patientMs),
        onFound: () => phase('no TCP connection'),
        onServer: (server) => phase(`${server}: no TCP connection`),
        onQueued: () => phase('other handshakes with this host went first, and none ended', patientMs),
        onTcpConnected: () => phase('no SSH key exchange'),
        onHostKeyAccepted: () => {
          news.onLogin();
          phase('no answer to the login');
        },
        onOpened: (connection, byPerson) => {
          over();
          resolve({ connection, byPerson });
        },
        onFailed: fail,
      },
    );
    abandon = () => dialling.abandon();
  });
}
