/** One login, with an end: dialling itself has no timer. */
import { type Failure, FailureError, failure } from '../../core/failure.js';
import type { Ask } from '../../core/prompt.js';
import { phaseMs, phaseTexts } from '../../core/tunnel/linkrules.js';
import { policyDefaults } from '../../core/tunnel/policy.js';
import type { DialPhase } from '../../core/tunnel/state.js';
import { type DialParts, dial } from '../../dial/dial.js';
import { clock } from '../../io/clock.js';
import type { SshConnection } from '../../io/ssh/session.js';

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
    const begin = (phase: DialPhase, server = '') => {
      cancel();
      const limitMs = phaseMs(phase, { ...policyDefaults, connectTimeoutMs: request.connectTimeoutMs });
      cancel = clock.wake(clock.now() + limitMs, () => {
        abandon();
        fail(failure('timeout', `${server}${phaseTexts[phase]} within ${limitMs / 1_000} s`));
      });
    };
    // The time-out stands still while a prompt is open.
    const asking: Ask | null =
      ask &&
      (async (question, withdrawn) => {
        cancel();
        const answer = await ask(question, withdrawn);
        if (!signal.aborted) begin('login');
        return answer;
      });
    signal.addEventListener('abort', stop);
    if (signal.aborted) return stop();
    begin('tcp');
    const dialling = dial(
      { ...parts, ask: asking },
      {
        ...news,
        onLookup: () => begin('lookup'),
        onFound: () => begin('tcp'),
        onServer: (server) => begin('tcp', `${server}: `),
        onQueued: () => begin('queued'),
        onTcpConnected: () => begin('handshake'),
        onHostKeyAccepted: () => {
          news.onLogin();
          begin('login');
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
