import type { Bytes } from '../bytes.js';
import type { Effective, Resolution, Section, Warning } from '../resolve/resolvedconfig.js';
import type { ServerNeed } from './serverinput.js';
import type { ServerKeyword } from './serverkeywords.js';

/**
 * One option as it is in the end, in the shape of the client's. A global line that a matching block overrides is lost as
 * `shadowed` by the line in the block. `undecided` is always empty: nothing hangs on commands here.
 */
export type ServerEffective = Effective<ServerKeyword>;

export interface ResolvedServerConfig {
  /** By `ServerKeyword.key`, in the order of `sshd -T`; each printed keyword of the table has its entry. */
  readonly options: ReadonlyMap<string, ServerEffective>;
  /** The lines of `sshd -T`, without line feeds. Ports and addresses are the one place where order counts. */
  readonly lines: readonly Bytes[];
  /** Every stretch of lines, once as the reading for global lines (`first`) took it and once as the one for blocks. */
  readonly sections: readonly Section[];
  readonly warnings: readonly Warning[];
}

export type ServerResolution = Resolution<ResolvedServerConfig, ServerNeed>;
