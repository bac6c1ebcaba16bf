import type { Bytes } from '../bytes.js';
import type { Line, Lines, Option } from '../syntax/lines.js';
import type { Activity, Block, Pass, Place, Section, Source } from './resolvedconfig.js';

/** Where the reader is: one file, and what is in force there. */
export interface Frame {
  readonly source: Source;
  readonly text: Bytes;
  /** Line 1 has the next number. */
  readonly firstId: number;
  /** Inside an Include that does not apply. */
  readonly never: boolean;
  readonly depth: number;
  activity: Activity;
  block: Block | null;
}

/** Lines between two headers. */
export class Stretch implements Section {
  readonly #lines: Lines;

  constructor(
    readonly source: Source,
    readonly pass: Pass,
    readonly block: Block | null,
    readonly activity: Activity,
    lines: Lines,
    readonly from: number,
    readonly to: number,
  ) {
    this.#lines = lines;
  }

  get text(): Bytes {
    return this.#lines.text;
  }

  get lines(): readonly Line[] {
    return this.#lines.all();
  }
}

/** Where one of its lines stands. */
export function placeOfLine(
  frame: Pick<Frame, 'source' | 'block'>,
  line: Line,
  option: Option,
  pass: Pass,
): Place {
  return {
    source: frame.source,
    line: line.number,
    span: { start: line.start, end: line.end },
    value: option.value,
    written: option.keyword.text,
    block: frame.block,
    pass,
  };
}
