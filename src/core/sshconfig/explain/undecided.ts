/** Blocks that are undecided because a command was not run, and what hangs on them. */
import { inputsOf } from '../keywords/relations.js';
import type { Block, Effective, ResolvedConfig } from '../resolve/resolvedconfig.js';
import { type BlockStory, blockStory, whereKey } from './where.js';

/** A block whose command was not run, so that it may count or not. */
export interface UndecidedBlock extends BlockStory {
  /** What it may change: of the options of the query, as ssh_config(5) spells them. */
  readonly options: readonly string[];
}

/** Not all hang on a command of their own: some on a name that another block may give. */
function lookedAt({ kind, header }: Block): readonly string[] {
  const host = kind === 'host' || /\bhost\b|%/i.test(header) ? ['hostname'] : [];
  return /\buser\b|%/i.test(header) ? [...host, 'user'] : host;
}

/** Each such block once, in the order of reading. `keys`: of these options; null: of all. */
export function undecidedFor(
  answer: ResolvedConfig,
  keys: Iterable<string> | null,
): readonly UndecidedBlock[] {
  if (answer.undecided.length === 0) return [];
  const found = new Map<string, { readonly story: BlockStory; readonly options: Set<string> }>();
  for (const block of answer.undecided) {
    const story = blockStory(block);
    const key = whereKey(story);
    if (!found.has(key)) found.set(key, { story, options: new Set() });
  }
  for (const key of keys ?? answer.options.keys()) {
    const option = answer.options.get(key);
    if (!option) continue;
    for (const block of blocksBehind(answer, option)) {
      found.get(whereKey(blockStory(block)))?.options.add(option.keyword.name);
    }
  }
  return [...found.values()]
    .filter(({ options }) => options.size > 0)
    .map(({ story, options }) => ({ ...story, options: [...options] }));
}

function blocksBehind(answer: ResolvedConfig, option: Effective): ReadonlySet<Block> {
  const blocks = new Set<Block>();
  const met = new Set<string>();
  // A second reading, and another name there, may change any option.
  const waiting = [option.keyword.key, 'canonicalizehostname'];
  for (let key = waiting.pop(); key !== undefined; key = waiting.pop()) {
    if (met.has(key)) continue;
    met.add(key);
    waiting.push(...inputsOf(key, answer.release));
    for (const { block } of answer.options.get(key)?.undecided ?? []) {
      if (block === null) continue;
      blocks.add(block);
      waiting.push(...lookedAt(block));
    }
  }
  return blocks;
}
