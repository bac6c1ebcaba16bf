/** Waiting for something to become true, with an end. */
import { setTimeout as sleep } from 'node:timers/promises';

export interface UntilOptions {
  /** Milliseconds after which the wait fails. Default 10,000. */
  withinMs?: number;
  /** Milliseconds between two looks. Default 20. */
  everyMs?: number;
  /** More about the failure, asked for when the time is over: a log, a state. */
  detail?: () => unknown;
}

type Truthy<T> = Exclude<T, false | 0 | '' | null | undefined>;

/**
 * Resolves with the first truthy answer of `condition`. Fails with `what` when none came in time; an
 * exception of the condition counts as "not yet" and is the failure's cause.
 */
export async function until<T>(
  what: string,
  condition: () => T | Promise<T>,
  options: UntilOptions = {},
): Promise<Truthy<T>> {
  const { withinMs = 10_000, everyMs = 20, detail } = options;
  const end = performance.now() + withinMs;
  for (;;) {
    let cause: unknown;
    try {
      const answer = await condition();
      if (answer) return answer as Truthy<T>;
    } catch (error) {
      cause = error;
    }
    if (performance.now() >= end) {
      const more = detail === undefined ? '' : `\n${String(detail())}`;
      throw new Error(`not within ${withinMs} ms: ${what}${more}`, { cause });
    }
    await sleep(everyMs);
  }
}
