import type { Bytes } from '../bytes.js';
import type { Keyword } from '../keywords/keyword.js';
import type { Release } from '../keywords/releases.js';
import type { Line } from '../syntax/lines.js';
import type { Span } from '../syntax/linewords.js';
import type { Value } from '../values/values.js';
import type { Need } from './resolveinput.js';

export type SourceKind = 'command line' | 'user file' | 'system file';

/** One Include that led to a file: where it stands. */
export interface IncludeSite {
  readonly file: Bytes;
  readonly line: number;
}

/** A file in use: the same file included twice is two of these. */
export interface Source {
  readonly kind: SourceKind;
  /** The path as ssh says it; `command-line` for options. */
  readonly file: Bytes;
  /** From the main file inwards. */
  readonly includes: readonly IncludeSite[];
  /** One option of the command line, as after -o; absent: the text is in the file. */
  readonly option?: Bytes;
}

/** Does a block's header let its lines through? `undecided`: that hangs on a command that was not allowed. */
export type Activity = 'yes' | 'no' | 'undecided';

/** A Host or Match line, and what came of it. */
export interface Block {
  readonly kind: 'host' | 'match';
  readonly source: Source;
  readonly line: number;
  /** The header as written, without white space around it. */
  readonly header: Bytes;
  readonly activity: Activity;
  /** Which criterion or pattern decided, for people. */
  readonly why: string;
}

/** Which reading of the files: the second one only happens for `Match final` and CanonicalizeHostname. */
export type Pass = 'first' | 'final';

/** One line in one reading: everything to point at it. */
export interface Place {
  readonly source: Source;
  /** 0 for the command line, as ssh says. */
  readonly line: number;
  /** The whole line without its line feed, and its value, as offsets in the file. */
  readonly span: Span;
  readonly value: Span;
  /** The keyword as it is written; an alias differs from the option's name. */
  readonly written: Bytes;
  readonly block: Block | null;
  readonly pass: Pass;
}

export interface Setting {
  readonly place: Place;
  readonly value: Value;
}

/**
 * Why a line in force did not count. `shadowed`: an earlier line wins; `duplicate`: another line says the same;
 * `removed`: SendEnv -name took it away; `displaced`: ProxyJump and ProxyCommand switch each other off; `empty`: the value
 * (`none` as a time) sets nothing; `cleared`: ClearAllForwardings; `late`: only the first reading of the files counts.
 */
export interface Loss {
  readonly place: Place;
  readonly why: 'shadowed' | 'duplicate' | 'removed' | 'displaced' | 'empty' | 'cleared' | 'late';
  /** The line that did it; null for `empty` and `late`. */
  readonly by: Place | null;
}

/** One option as it is in the end. `K`: a keyword of ssh's, or of sshd's. */
export interface Effective<K = Keyword> {
  readonly keyword: K;
  /** The values as `ssh -G` prints them, without the keyword; none for an option that is not set. */
  readonly lines: readonly Bytes[];
  /** The lines that made it, in order; none: a default. */
  readonly settings: readonly Setting[];
  readonly lost: readonly Loss[];
  /** Lines that would count if their block did, which is undecided. */
  readonly undecided: readonly Place[];
  /** Why it is not simply what the lines say, for people; null: it is. */
  readonly note: string | null;
}

/** Lines of one file between two headers, in one reading. */
export interface Section {
  readonly source: Source;
  readonly pass: Pass;
  /** Null: above the first header. */
  readonly block: Block | null;
  readonly activity: Activity;
  readonly text: Bytes;
  /** All lines of the file; made at the first use. */
  readonly lines: readonly Line[];
  /** Of `lines`: from, and up to but not including. */
  readonly from: number;
  readonly to: number;
}

/** Something ssh reads past, with or without a message. */
export interface Warning {
  readonly file: Bytes;
  readonly line: number;
  readonly keyword: Bytes;
  readonly why: 'silent' | 'deprecated' | 'unsupported' | 'ignored unknown';
}

/** One reason to refuse. Line 0 of file `command-line`, or a null file, where it stands nowhere. */
export interface Refusal {
  readonly file: Bytes | null;
  readonly line: number;
  readonly span: Span | null;
  readonly reason: string;
  readonly suggestion: string | null;
}

/** A value that cannot be used, or makes no sense with others: the program stops. */
export interface Trouble {
  /** Null: no line gives it. */
  readonly place: Place | null;
  readonly keyword: string;
  readonly reason: string;
  /** What would have been right. */
  readonly suggestion: string;
}

export interface ResolvedConfig {
  /** The release that answers. */
  readonly release: Release;
  /** As typed. */
  readonly host: Bytes;
  /** Where ssh connects to: HostName, canonical. */
  readonly hostName: Bytes;
  /** By `Keyword.key`; each printed keyword of the table has its entry. */
  readonly options: ReadonlyMap<string, Effective>;
  readonly secondPass: boolean;
  /** Every stretch of lines that was read, in order, also those that did not apply. */
  readonly sections: readonly Section[];
  readonly warnings: readonly Warning[];
  /** Blocks that could not be decided. */
  readonly undecided: readonly Block[];
}

export type Resolution<C = ResolvedConfig, N = Need> =
  | { readonly type: 'needs'; readonly needs: readonly N[] }
  | { readonly type: 'refused'; readonly errors: readonly Refusal[] }
  | { readonly type: 'resolved'; readonly answer: C };
