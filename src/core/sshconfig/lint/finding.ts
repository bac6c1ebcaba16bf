import type { Bytes } from '../bytes.js';
import type { Span } from '../syntax/linewords.js';
import type { Code } from './codes.js';

/** A change that mends a finding: the bytes from `from` up to, not including, `to` become `text`. */
export interface Splice {
  readonly file: Bytes;
  readonly from: number;
  readonly to: number;
  /** Bytes, one per character: what is moved may be no UTF-8. */
  readonly text: Bytes;
}

/** Something in the configuration that is not what its author believes. `C`: the codes of one side. */
export interface Finding<C extends string = Code> {
  readonly code: C;
  readonly file: Bytes;
  /** From 1; 0: the file as a whole. */
  readonly line: number;
  /** Offsets in the file, in bytes. */
  readonly span: Span;
  readonly sentence: string;
  readonly fix: {
    readonly sentence: string;
    /** Null: a person has to decide, or it is no change of this file. */
    readonly edit: Splice | null;
  };
}
