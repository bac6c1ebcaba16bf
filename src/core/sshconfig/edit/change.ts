import type { Bytes } from '../bytes.js';
import type { Refusal } from '../resolve/resolvedconfig.js';

/**
 * A change of a configuration. All strings are bytes. `host` is a name, a pattern that stands in a Host line, or `*`
 * for the default of all. `values` are words, not yet quoted; a command may be one word or several.
 */
export type Change =
  /** `force`: over every block, not only where nothing else says so. */
  | {
      readonly type: 'set';
      readonly host: Bytes;
      readonly option: Bytes;
      readonly values: readonly Bytes[];
      readonly force?: boolean;
    }
  | { readonly type: 'unset'; readonly host: Bytes; readonly option: Bytes }
  /** Of options whose lines add up: one more, or one less. */
  | {
      readonly type: 'append' | 'drop';
      readonly host: Bytes;
      readonly option: Bytes;
      readonly values: readonly Bytes[];
    }
  /** A new host; `like`: with the lines of another one, except what `options` say. */
  | {
      readonly type: 'add';
      readonly host: Bytes;
      readonly options: readonly OptionGoal[];
      readonly like?: Bytes;
    }
  | { readonly type: 'remove'; readonly host: Bytes }
  | { readonly type: 'rename' | 'copy'; readonly from: Bytes; readonly to: Bytes };

/** An option and its words. */
export interface OptionGoal {
  readonly option: Bytes;
  readonly values: readonly Bytes[];
}

/** Where something stands. Line from 1. */
export interface Spot {
  readonly file: Bytes;
  readonly line: number;
}

/** Why a change is not made. The list is closed. */
export type EditRefusal =
  /** ssh refuses the files as they are. */
  | { readonly type: 'file'; readonly errors: readonly Refusal[] }
  | { readonly type: 'value'; readonly option: Bytes; readonly reason: Bytes; readonly suggestion: Bytes }
  | { readonly type: 'unknown-option'; readonly option: Bytes; readonly meant: Bytes | null }
  /** The option is one of sshd_config; `command` sets it there. */
  | { readonly type: 'server-option'; readonly option: Bytes; readonly command: Bytes }
  /** Host, Match and Include are no options of a host. */
  | { readonly type: 'structure'; readonly option: Bytes }
  /** Only options whose lines add up can be appended to. */
  | { readonly type: 'not-a-list'; readonly option: Bytes }
  | { readonly type: 'name'; readonly host: Bytes; readonly reason: Bytes }
  /** No block has the name, or no line of the host's own has the value. */
  | { readonly type: 'absent'; readonly host: Bytes; readonly what: Bytes }
  | { readonly type: 'exists'; readonly host: Bytes; readonly at: Spot }
  /** The line belongs to other hosts as well. */
  | { readonly type: 'shared'; readonly host: Bytes; readonly option: Bytes; readonly at: Spot }
  /** The lines belong to another program, which will write them again. */
  | { readonly type: 'managed'; readonly at: Spot; readonly by: Bytes }
  | {
      readonly type: 'not-as-requested';
      readonly host: Bytes;
      readonly option: Bytes;
      readonly requested: readonly Bytes[];
      readonly found: readonly Bytes[];
      /** The line that wins. */
      readonly by: Spot | null;
    }
  /** Something would change that was not to change. */
  | {
      readonly type: 'others';
      readonly host: Bytes;
      readonly option: Bytes;
      readonly before: readonly Bytes[];
      readonly after: readonly Bytes[];
    }
  /** Too much hangs on commands that may not run. */
  | { readonly type: 'undecided'; readonly host: Bytes; readonly commands: number }
  /** ssh would refuse the new text. */
  | { readonly type: 'fault'; readonly errors: readonly Refusal[] }
  | { readonly type: 'no-place'; readonly host: Bytes };

/** One option of one host, as lines say it; none: nothing is set and ssh's default holds, which is `usual`. */
export interface HostChange {
  /** A pattern, `*` among them: the hosts that it matches and the files do not name. */
  readonly host: Bytes;
  /** As ssh_config(5) spells it. */
  readonly option: Bytes;
  readonly before: readonly Bytes[];
  readonly after: readonly Bytes[];
}

/** A host that goes on with a value of its own, and the line that says so. */
export interface KeptValue {
  readonly host: Bytes;
  readonly option: Bytes;
  readonly values: readonly Bytes[];
  readonly at: Spot | null;
}
