/** Changes of sshd's configuration, and the closed list of reasons to refuse one. */
import type { Bytes } from '../../bytes.js';
import type { ServerKeyword } from '../serverkeywords.js';

/** One option and what it is to be. */
export interface ServerChange {
  readonly keyword: ServerKeyword;
  /** As it would stand in a line, without a comment; null: no line is to set it. */
  readonly value: Bytes | null;
  /** A line that sets the option already stays as it is. */
  readonly onlyIfUnset?: boolean;
}

export interface ServerEdit {
  /** Made one after the other. */
  readonly changes: readonly ServerChange[];
  /** The criteria of a Match line, without its keyword; null: for every connection. */
  readonly match: Bytes | null;
}

/**
 * Why an edit is not made.
 * - `option`: sshd has none of that name, or it is not one that is set.
 * - `client option`: it belongs in ssh_config.
 * - `value`: sshd would not take the value.
 * - `criteria`: sshd would not take the Match line, or no connection that fits can be thought of.
 * - `not in a block`: it counts for the whole server.
 * - `refused before`: sshd refuses the files as they are.
 * - `refused after`: with this change sshd would refuse the files.
 * - `of another tool`: the line stands in a file that another tool writes, or between its marks.
 * - `shadowed`: wherever the line would go, another one wins.
 * - `side effect`: something else would change.
 * - `unreadable`: a file that would have to be changed cannot be read, or is included twice.
 */
export type ServerEditReason =
  | 'option'
  | 'client option'
  | 'value'
  | 'criteria'
  | 'not in a block'
  | 'refused before'
  | 'refused after'
  | 'of another tool'
  | 'shadowed'
  | 'side effect'
  | 'unreadable';

export interface ServerEditRefusal {
  readonly reason: ServerEditReason;
  /** One sentence, with what would have been right. Text, not bytes. */
  readonly message: string;
}
