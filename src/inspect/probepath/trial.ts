/** One connection that is left idle: logs in, says nothing for a while, and looks whether it still works. */

import type { Failure } from '../../core/failure.js';
import type { ProbeFinding, Trial } from '../../core/keepalive/probe/probing.js';
import { messageOf } from '../../core/text/reason.js';
import { clock, pause } from '../../io/clock.js';
import type { SshConnection } from '../../io/ssh/session.js';
import type { Control } from './control.js';

/** The last acknowledgement of the kernel may come so late (TCP_DELACK_MAX): the path is idle only from then on. */
const slackMs = 200;

/** What the server says after a login (its host keys, say) is heard within this. */
const settleMs = 1_000;

const lookEveryMs = 250;

export interface TrialParts {
  readonly logIn: () => Promise<SshConnection>;
  /** The one that is never idle; null while there is none. */
  readonly control: () => Control | null;
  readonly graceMs: number;
  /** The result no longer counts. */
  readonly signal: AbortSignal;
}

/** Rejects with a FailureError when there is no connection. */
export async function leaveIdle(trial: Trial, parts: TrialParts): Promise<ProbeFinding> {
  const connection = await parts.logIn();
  let isOver = false;
  try {
    const finding = await observe(connection, trial, parts);
    isOver = finding.type === 'dead';
    return finding;
  } finally {
    // A DISCONNECT would wait in the kernel's queue for an answer that cannot come.
    if (isOver || parts.signal.aborted) connection.reset();
    else connection.disconnect();
  }
}

interface Ending {
  readonly at: number;
  readonly why: Failure;
}

async function observe(connection: SshConnection, trial: Trial, parts: TrialParts): Promise<ProbeFinding> {
  const { direction, idleMs } = trial;
  const { graceMs, signal } = parts;
  let ended: Ending | null = null;
  let spoken = false;
  connection.onEnded = (why) => {
    ended = { at: clock.now(), why };
  };
  connection.onIncoming = (incoming) => {
    spoken = true;
    incoming.reject();
  };
  const end = () => ended as Ending | null;
  const over = () => signal.aborted || end() !== null;

  let port: number | null = null;
  if (direction === 'server') {
    try {
      port = await within(connection.bind({ type: 'tcp', host: '127.0.0.1', port: 0 }), graceMs, signal);
    } catch (error) {
      return { type: 'refused', why: messageOf(error) };
    }
    if (port === null) return { type: 'void', why: 'no answer after the login' };
  }

  // The silence begins with an answer, so that both sides have nothing left to say.
  let answered = false;
  connection.probe(() => {
    answered = true;
  });
  await until(() => answered || over(), clock.now() + graceMs, signal);
  if (!answered) return { type: 'void', why: end()?.why.message ?? 'no answer after the login' };
  const settledAt = clock.now() + Math.min(settleMs, idleMs / 2);
  await until(over, settledAt, signal);
  const quietAt = connection.socketStats().heardAt;

  const spoke = () => connection.socketStats().heardAt > quietAt;
  await until(() => spoke() || over(), quietAt + idleMs + slackMs, signal);
  if (signal.aborted) return { type: 'void', why: 'called off' };
  if (end() !== null) return dead(end(), quietAt, parts);
  if (spoke()) return { type: 'spoke', afterMs: Math.round(connection.socketStats().heardAt - quietAt) };

  const control = parts.control();
  if (control === null) return { type: 'void', why: 'the path was down' };
  const requestedAt = clock.now();
  const pathUp = control.answers();
  let heard = false;
  let spokenBy = requestedAt;
  if (port === null) {
    connection.probe(() => {
      heard = true;
    });
  } else {
    const reached = await within(control.reach(port), graceMs, signal);
    if (reached === null) return { type: 'void', why: 'the path was down' };
    if (typeof reached === 'object') return { type: 'refused', why: reached.refused };
    spokenBy = clock.now();
  }
  await until(() => heard || spoken || spoke() || over(), requestedAt + graceMs, signal);
  if (signal.aborted) return { type: 'void', why: 'called off' };
  if (heard || spoken || spoke())
    return { type: 'alive', idleMs: Math.floor(requestedAt - quietAt - slackMs) };
  if (!(await pathUp)) return { type: 'void', why: 'the path was down' };
  return { type: 'dead', idleMs: Math.ceil(spokenBy - quietAt), how: howOf(end()) };
}

/** It ended in the silence, which shows when: if the path is up, a middlebox or the server ended it. */
async function dead(end: Ending | null, quietAt: number, parts: TrialParts): Promise<ProbeFinding> {
  if (!(await parts.control()?.answers()))
    return { type: 'void', why: end?.why.message ?? 'the path was down' };
  return { type: 'dead', idleMs: Math.ceil((end?.at ?? quietAt) - quietAt), how: howOf(end) };
}

function howOf(end: Ending | null): 'silence' | 'reset' | 'closed' {
  if (end === null) return 'silence';
  const { cause } = end.why;
  const code = cause instanceof Error && 'code' in cause ? cause.code : null;
  if (code === 'ECONNRESET' || code === 'EPIPE') return 'reset';
  return code === 'ETIMEDOUT' ? 'silence' : 'closed';
}

/** Looks again and again, until `end` at the latest. */
async function until(isSo: () => boolean, end: number, signal: AbortSignal): Promise<void> {
  while (!isSo() && !signal.aborted && clock.now() < end) {
    await pause(Math.min(end - clock.now(), lookEveryMs));
  }
}

/** Null: not in time. */
async function within<T>(promise: Promise<T>, limitMs: number, signal: AbortSignal): Promise<T | null> {
  let settled = false;
  const done = promise.finally(() => {
    settled = true;
  });
  done.catch(() => {});
  await until(() => settled, clock.now() + limitMs, signal);
  return settled ? done : null;
}
