/** What went wrong, for people on stderr and for programs on stdout. */
import { exitCode, FailureError, type FailureKind } from '../../core/failure.js';
import { messageText, stderr, stdout } from '../terminal/output.js';

/** What `--json` prints on stdout instead of an answer, as `{"error":{...}}`. */
export interface ErrorReport {
  readonly kind: FailureKind;
  /** One sentence, as on stderr. */
  readonly message: string;
  /** The file that is wrong; `command line` for an option given there; null: none, or unknown. */
  readonly file: string | null;
  /** From 1; null: the file as a whole, or unknown. */
  readonly line: number | null;
  /** What only this kind of error has, as `reason` or `refusals`. */
  readonly [detail: string]: unknown;
}

/** A command line that makes no sense. The message names the word, and what would have been right. */
export class UsageError extends FailureError {
  constructor(message: string) {
    super({ kind: 'usage', message });
    this.name = 'UsageError';
  }

  /** The same, with the command in front. */
  of(path: string): UsageError {
    return new UsageError(`${path}: ${this.message}`);
  }
}

/** An option that the table of the command does not have. */
export class UnknownOptionError extends UsageError {
  /** As it is written, with its dashes. */
  readonly option: string;
  /** The option of the table that is nearest; null: none is near. */
  readonly meant: string | null;

  constructor(
    message: string,
    { option, meant }: { readonly option: string; readonly meant: string | null },
  ) {
    super(message);
    this.name = 'UnknownOptionError';
    this.option = option;
    this.meant = meant;
  }

  override of(path: string): UnknownOptionError {
    return new UnknownOptionError(`${path}: ${this.message}`, this);
  }
}

/** Does the command line ask for JSON? Also where it cannot be parsed. */
export function wantsJson(argv: readonly string[]): boolean {
  const end = argv.indexOf('--');
  return argv.slice(0, end === -1 ? argv.length : end).includes('--json');
}

/** Any exception as an error for programs. What is no failure is a bug. */
export function errorReport(thrown: unknown): ErrorReport {
  if (thrown instanceof FailureError) {
    const { kind, message, file = null, line = null, details } = thrown;
    return { kind, message, file, line, ...details };
  }
  return { kind: 'bug', message: messageOf(thrown), file: null, line: null };
}

/** Where an error is printed: what is no standard output of this process, as that of the process which began `run -f`. */
interface ErrorOutput {
  readonly stdout: (text: string) => void;
  readonly stderr: (text: string) => void;
}

/**
 * Prints an exception: sentences on stderr, and with `--json` an object on stdout. Of a bug also where in the code it is, with
 * `-v` the whole stack.
 * @returns the exit code
 */
export function printError(
  thrown: unknown,
  argv: readonly string[],
  out: ErrorOutput = { stdout: stdout.write, stderr: stderr.write },
): number {
  const report = errorReport(thrown);
  if (wantsJson(argv)) out.stdout(`${JSON.stringify({ error: report })}\n`);
  if (thrown instanceof FailureError && thrown.kind !== 'bug') {
    for (const sentence of thrown.refusalSentences) out.stderr(messageText(sentence));
    return exitCode({ ok: false, failure: thrown });
  }
  const below = thrown instanceof FailureError ? (thrown.cause ?? thrown) : thrown;
  const stack = below instanceof Error ? (below.stack ?? '') : '';
  const [, place = ''] = /\n\s+(at .*)/.exec(stack) ?? [];
  const isVerbose = argv.some((word) => /^-[a-zA-Z]*v/.test(word));
  out.stderr(messageText(`this is a bug in holdfast: ${report.message}\n${isVerbose ? stack : place}`));
  return 70;
}

function messageOf(thrown: unknown): string {
  return (thrown instanceof Error ? thrown.message || thrown.name : String(thrown)) || 'no message';
}
