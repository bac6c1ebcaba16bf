/** What `run` needs of this verb before it connects: a part of its own, so that it need not load the rest. */
import type { TunnelOptions } from '../core/options.js';
import type { Request } from '../core/request.js';
import type { Sources } from '../core/sources.js';
import { surroundings } from '../io/machine.js';
import { readWithSources } from '../read.js';

export type { Failure } from '../core/failure.js';
export { exitCode, FailureError } from '../core/failure.js';
export type { ForwardOption, TunnelOptions } from '../core/options.js';
export { withReason } from '../core/reason.js';
export type { Forward, Hop, Request } from '../core/request.js';
export type { SourcedOption, Sources } from '../core/sources.js';
export { parseTime } from '../core/times.js';

/** The home of this process's user, as ssh sees it. */
export function ownHome(): string {
  return surroundings().home;
}

/**
 * The request as holdfast understands it from these options and the configuration of the host; nothing is connected.
 * Rejects with a FailureError of kind `usage` or `config`.
 */
export async function understand(options: TunnelOptions): Promise<Request> {
  return (await understandWithSources(options)).request;
}

/** The same, with the lines that say so. */
export function understandWithSources(
  options: TunnelOptions,
): Promise<{ readonly request: Request; readonly sources: Sources }> {
  return readWithSources(options, surroundings());
}
