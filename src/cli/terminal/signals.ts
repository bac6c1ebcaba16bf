export interface Reactions {
  /** `again`: asked before, so now. */
  readonly stop: (again: boolean) => void;
  /** News is wanted now: probe, reconnect or retry. */
  readonly nudge: () => void;
}

/**
 * SIGINT and SIGTERM stop, the second one at once. SIGUSR1 nudges (autossh's habit). SIGHUP stops what is attended, as ssh
 * ends with its terminal, and nudges what runs in the background. Returns what takes the handlers away again: after that
 * a signal ends the process in the system's way, but for SIGUSR1, which bin/holdfast.js hears without doing anything.
 */
export function onSignals({ stop, nudge }: Reactions, attended: boolean): () => void {
  let stops = 0;
  const stopping = (): void => {
    stops += 1;
    stop(stops > 1);
  };
  const handlers: readonly (readonly [NodeJS.Signals, () => void])[] = [
    ['SIGINT', stopping],
    ['SIGTERM', stopping],
    ['SIGHUP', attended ? stopping : nudge],
    ['SIGUSR1', nudge],
  ];
  for (const [signal, handler] of handlers) process.on(signal, handler);
  return () => {
    for (const [signal, handler] of handlers) process.off(signal, handler);
  };
}
