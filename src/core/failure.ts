import { messageOf, withReason } from './text/reason.js';

/**
 * The closed list of what can go wrong. A failure is classified once, at the edge where it happens, and is a plain
 * value from there on; only the library's door turns it into an exception.
 */

export type FailureKind =
  | 'usage'
  | 'config'
  | 'denied'
  | 'incompatible'
  | 'untrusted'
  | 'unchecked'
  | 'forward'
  | 'penalty'
  | 'unreachable'
  | 'timeout'
  | 'lost'
  | 'silent'
  | 'bug';

/** Why something was not done, or ended. */
export interface Failure {
  readonly kind: FailureKind;
  /** One sentence for people. Names the option or `file:line`, what was found, what would have been right. No secrets. */
  readonly message: string;
  /** The error below, for programs that want to look; never printed. */
  readonly cause?: unknown;
  /** The file that is wrong, where one is; `command line` for an option given there. */
  readonly file?: string;
  /** From 1. */
  readonly line?: number;
}

/**
 * - `never`: trying again cannot help; the tunnel stops.
 * - `later`: final at the first start, where a person is there to see it; else tried again slowly.
 * - `soon`: tried again with backoff.
 */
export type Retry = 'never' | 'later' | 'soon';

interface Row {
  readonly retry: Retry;
  readonly exit: number;
}

/** One row for each kind: a new kind without a row does not compile. */
const rows: Readonly<Record<FailureKind, Row>> = {
  usage: { retry: 'never', exit: 2 },
  config: { retry: 'never', exit: 2 },
  denied: { retry: 'later', exit: 3 },
  incompatible: { retry: 'never', exit: 3 },
  unchecked: { retry: 'later', exit: 4 },
  untrusted: { retry: 'never', exit: 4 },
  forward: { retry: 'soon', exit: 6 },
  penalty: { retry: 'soon', exit: 5 },
  unreachable: { retry: 'soon', exit: 5 },
  timeout: { retry: 'soon', exit: 5 },
  lost: { retry: 'soon', exit: 5 },
  silent: { retry: 'soon', exit: 5 },
  bug: { retry: 'never', exit: 70 },
};

export function failure(kind: FailureKind, message: string, cause?: unknown): Failure {
  const whole = withReason(message);
  return cause === undefined ? { kind, message: whole } : { kind, message: whole, cause };
}

export function retryOf(failure: Failure): Retry {
  return rows[failure.kind].retry;
}

/** How a tunnel ended: stopped on request, or the failure that ended it. */
export type Outcome = { readonly ok: true } | { readonly ok: false; readonly failure: Failure };

/** The exit code of a command with this outcome: 0, 2 (usage), 3 (login), 4 (host key), 5 (network), 6 (forward), 70 (bug). */
export function exitCode(outcome: Outcome): number {
  return outcome.ok ? 0 : rows[outcome.failure.kind].exit;
}

/** A failure as an exception. Thrown only at the library's door. */
export class FailureError extends Error implements Failure {
  readonly kind: FailureKind;
  readonly file?: string;
  readonly line?: number;

  constructor(failure: Failure) {
    super(withReason(failure.message), failure.cause === undefined ? undefined : { cause: failure.cause });
    this.name = 'FailureError';
    this.kind = failure.kind;
    if (failure.file !== undefined) this.file = failure.file;
    if (failure.line !== undefined) this.line = failure.line;
  }

  /** For people: the message, or a sentence for each thing that is wrong. */
  get refusalSentences(): readonly string[] {
    return [this.message];
  }

  /** For programs: what is known beside kind, message, file and line. */
  get details(): Readonly<Record<string, unknown>> {
    return {};
  }
}

/** A request that makes no sense: a FailureError of kind `usage`. */
export function usageFailure(message: string): FailureError {
  return new FailureError(failure('usage', message));
}

/** Turns anything thrown into a failure: ours as it is, everything else is a bug. */
export function asFailure(thrown: unknown): Failure {
  if (thrown instanceof FailureError) {
    const { kind, message, cause, file, line } = thrown;
    return {
      ...failure(kind, message, cause),
      ...(file === undefined ? {} : { file }),
      ...(line === undefined ? {} : { line }),
    };
  }
  const message = messageOf(thrown);
  return failure('bug', message, thrown);
}
