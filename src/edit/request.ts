/** What `run` needs of this verb before it connects: a part of its own, so that it need not load the rest. */
import type { TunnelOptions } from '../core/options.js';
import type { Request } from '../core/request.js';
import { surroundings } from '../io/machine.js';
import { readRequest } from '../read.js';

export type { Failure } from '../core/failure.js';
export { exitCode, FailureError } from '../core/failure.js';
export type { ForwardOption, TunnelOptions } from '../core/options.js';
export { withReason } from '../core/reason.js';
export { parseTime } from '../core/times.js';

/**
 * The request as holdfast understands it from these options and the configuration of the host; nothing is connected.
 * Rejects with a FailureError of kind `usage` or `config`.
 */
export function understand(options: TunnelOptions): Promise<Request> {
  return readRequest(options, surroundings());
}
