/** The blocks that apply to a host, as they stand in the files. */

import { textOf } from '../bytes.js';
import type { ResolvedConfig, Section } from '../resolve/resolvedconfig.js';
import type { Line } from '../syntax/lines.js';
import { inFileOrder } from './order.js';
import { type BlockStory, blockStory, lineKey, type Where, whereKey, whereOf } from './where.js';
import type { Explainer } from './why.js';

/** What became of a line. `other`: comments, blank lines, headers, Include, and what ssh reads past. */
export type LineStatus = 'gives' | 'lost' | 'undecided' | 'other';

/** One line of a block and what becomes of it. */
export interface ShownLine {
  readonly line: number;
  /** As written, without its line feed. */
  readonly text: string;
  readonly option: string | null;
  readonly status: LineStatus;
  /** The option's effective value, as `ssh -G` prints it: several for options that add up. */
  readonly values: readonly string[];
  /** Why it lost: `shadowed by ~/.ssh/config:3`. */
  readonly because: string | null;
}

/** Lines of one file that stand together. */
export interface ShownBlock extends Where {
  /** Null: above the first Host or Match of the main file. */
  readonly block: BlockStory | null;
  readonly lines: readonly ShownLine[];
}

/** Every stretch of lines that counts, or that is undecided, in the order in which it stands in the files. */
export function shownBlocks(answer: ResolvedConfig, explainer: Explainer): readonly ShownBlock[] {
  const outcomes = outcomesOf(explainer);
  const shown = new Map<string, Section>();
  for (const section of inFileOrder(answer.sections)) {
    const key = lineKey(section.source, section.from);
    // A block of `Match final` counts in the second reading alone.
    if (section.activity !== 'no' && shown.get(key)?.activity !== 'yes') shown.set(key, section);
  }
  return [...shown.values()].map((section) => {
    const { source, block, lines, from, to } = section;
    return {
      ...whereOf(source, from + 1),
      block: block === null ? null : blockStory(block),
      lines: lines.slice(from, to).map((line) => shownLine(section, line, outcomes)),
    };
  });
}

type LineOutcomes = ReadonlyMap<string, Pick<ShownLine, 'option' | 'status' | 'values' | 'because'>>;

function outcomesOf(explainer: Explainer): LineOutcomes {
  const outcomes = new Map<string, Pick<ShownLine, 'option' | 'status' | 'values' | 'because'>>();
  for (const { option, values, from, lost } of explainer.spoken()) {
    for (const line of lost) {
      const status = line.lost === 'undecided' ? 'undecided' : 'lost';
      outcomes.set(whereKey(line), { option, status, values, because: line.because });
    }
    for (const line of from) outcomes.set(whereKey(line), { option, status: 'gives', values, because: null });
  }
  return outcomes;
}

const nothing: Pick<ShownLine, 'option' | 'status' | 'values' | 'because'> = {
  option: null,
  status: 'other',
  values: [],
  because: null,
};

function shownLine(section: Section, line: Line, outcomes: LineOutcomes): ShownLine {
  const text = textOf(section.text.slice(line.start, line.end)).replace(/\s+$/, '');
  const found =
    line.option === null ? undefined : outcomes.get(whereKey(whereOf(section.source, line.number)));
  return { line: line.number, text, ...(found ?? nothing) };
}
