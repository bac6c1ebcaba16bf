/** How a command says what went wrong: the text for stderr, and the exit code. */
export interface Fault {
  readonly text: string;
  readonly exit: number;
}

/**
 * Failures speak for themselves; anything else is a bug in holdfast (exit 70), which says so. Where it is comes with it; the stack is for `-v`.
 * The library is loaded only here, when there is a failure to look up.
 */
export async function faultOf(thrown: unknown, verbose: boolean): Promise<Fault> {
  // A damaged installation may be the very thing to report: then there is nothing to look up.
  const library = await import('../../edit/tunnelrequest.js').catch(() => null);
  const failure = library && thrown instanceof library.FailureError ? thrown : null;
  const exit = library && failure ? library.exitCode({ ok: false, failure }) : 70;
  const message =
    (thrown instanceof Error ? thrown.message || thrown.name : String(thrown)) || 'nothing was said';
  if (failure && failure.kind !== 'bug') return { text: `holdfast: ${message}\n`, exit };
  const below = failure?.cause ?? thrown;
  const stack = below instanceof Error ? below.stack : undefined;
  const [, place = ''] = /\n\s+(at .*)/.exec(stack ?? '') ?? [];
  const more = verbose ? (stack ?? '') : place;
  return { text: `holdfast: this is a bug in holdfast: ${message}\n${more}\n`, exit };
}
