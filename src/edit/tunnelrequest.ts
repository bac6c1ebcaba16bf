/** What `run` needs of this verb before it connects: a part of its own, so that it need not load the rest. */

import type { Request } from '../core/request/request.js';
import type { Sources } from '../core/request/sources.js';
import type { TunnelOptions } from '../core/request/tunneloptions.js';
import { userEnvironment } from '../io/machine.js';
import { readWithSources } from '../read.js';

export type { Failure } from '../core/failure.js';
export { FailureError } from '../core/failure.js';
export type { Request } from '../core/request/request.js';
export type { Sources } from '../core/request/sources.js';
export type { ForwardOption, TunnelOptions } from '../core/request/tunneloptions.js';
export { withReason } from '../core/text/reason.js';
export { parseTime } from '../core/times.js';

/** The home of this process's user, as ssh sees it. */
export function ownHome(): string {
  return userEnvironment().home;
}

/**
 * The request as holdfast understands it from these options and the configuration of the host; nothing is connected.
 * Rejects with a FailureError of kind `usage` or `config`.
 */
export async function readRequest(options: TunnelOptions): Promise<Request> {
  return (await readRequestWithSources(options)).request;
}

/** The same, with the lines that say so. */
export function readRequestWithSources(
  options: TunnelOptions,
): Promise<{ readonly request: Request; readonly sources: Sources }> {
  return readWithSources(options, userEnvironment());
}
