/** Time, chance and sleep of the machine: the only timers of the program. */
import { performance } from 'node:perf_hooks';

/** Node fires timers above this at once. */
const longestMs = 2_147_483_647;

/** A wall clock that runs ahead of the monotonic one by more than this means that the machine slept. */
const jumpMs = 3_000;

export const clock = {
  /** ms since the process started, monotonic; stands still while the machine sleeps (on Linux). */
  now(): number {
    return performance.now();
  },

  /** 0 <= random < 1 */
  random(): number {
    return Math.random();
  },

  /**
   * Rings once, at or after `at` (a time of `now`), when what the sockets have is read. Infinity never rings. Keeps the
   * process alive: a tunnel that waits must not exit.
   */
  wake(at: number, ring: () => void): () => void {
    if (at === Number.POSITIVE_INFINITY) return () => {};
    let timer: NodeJS.Timeout;
    let soon: NodeJS.Immediate | undefined;
    // After a stall Node runs its timers before it reads its sockets; the answer that is missed may lie there.
    const poll = () => {
      soon = setImmediate(ring);
    };
    const set = () => {
      const delayMs = Math.max(0, at - performance.now());
      const next = delayMs > longestMs ? set : poll;
      // Node rounds down to whole ms and would ring a little early.
      timer = setTimeout(next, Math.min(Math.ceil(delayMs), longestMs));
    };
    set();
    return () => {
      clearTimeout(timer);
      clearImmediate(soon);
    };
  },

  /** Calls at intervals, for looking at what gives no notice. Does not keep the process alive. */
  every(intervalMs: number, look: () => void): () => void {
    const timer = setInterval(look, intervalMs);
    timer.unref();
    return () => clearInterval(timer);
  },
};

/** Waits so long. An aborted `signal` ends it early; nothing is thrown. */
export function pause(ms: number, signal?: AbortSignal): Promise<void> {
  if (signal?.aborted || ms <= 0) return Promise.resolve();
  return new Promise((resolve) => {
    const end = () => {
      cancel();
      signal?.removeEventListener('abort', end);
      resolve();
    };
    const cancel = clock.wake(clock.now() + ms, end);
    signal?.addEventListener('abort', end);
  });
}

/** A signal that is aborted after this long. For answers of other programs on this machine. */
export function within(limitMs: number): AbortSignal {
  return AbortSignal.timeout(limitMs);
}

/**
 * Notices that the machine slept: the wall clock moved on, the monotonic one did not. A clock that was set by hand looks
 * the same, which costs one probe.
 *
 * @param onWoke is given the length of the sleep in ms
 * @returns how to stop watching
 */
export function watchSleep(onWoke: (sleptMs: number) => void, everyMs = 1_000): () => void {
  let gapMs = Date.now() - performance.now();
  return clock.every(everyMs, () => {
    const nowMs = Date.now() - performance.now();
    const sleptMs = nowMs - gapMs;
    gapMs = nowMs;
    if (sleptMs > jumpMs) onWoke(sleptMs);
  });
}
