export interface Reactions {
  /** `again`: the second signal that stops, so end at once. */
  readonly stop: (again: boolean) => void;
  /** Probe, reconnect or retry now. */
  readonly nudge: () => void;
}

/**
 * SIGINT and SIGTERM stop, the second one at once. SIGUSR1 nudges, as in autossh. SIGHUP stops an attended process, as ssh
 * ends with its terminal, and nudges one in the background.
 * @returns removes the handlers: after that a signal ends the process as the system does, but for SIGUSR1, which start.ts ignores
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
