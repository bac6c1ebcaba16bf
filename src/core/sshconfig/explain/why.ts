/** Why an option is what it is: an answer's provenance as data, and as sentences. */
import { type Arithmetic, arithmetic } from '../../keepalive/arithmetic.js';
import type { Retransmission } from '../../keepalive/detection.js';
import { type Bytes, textOf } from '../bytes.js';
import { keywordOf } from '../keywords/keywords.js';
import type { Effective, Loss, ResolvedConfig, Section } from '../resolve/resolvedconfig.js';
import type { Line } from '../syntax/lines.js';
import {
  aliasOf,
  type BlockStory,
  blockStory,
  type LineStory,
  lineKey,
  Pointer,
  spot,
  trimmed,
  whereOf,
} from './where.js';

/**
 * Why a line does not count. `block`: its Host or Match does not match; `undecided`: nobody may run the command that would
 * tell; `shadowed`: another line wins; `duplicate`: another line says the same; `removed`: SendEnv with a `-` took it away;
 * `displaced`: ProxyJump and ProxyCommand switch each other off; `empty`: its value sets nothing; `cleared`: by
 * ClearAllForwardings; `late`: it counts only in the first reading of the files.
 */
export type LossKind = Loss['why'] | 'block' | 'undecided';

/** A line that speaks of an option and does not count. */
export interface LostLine extends LineStory {
  readonly lost: LossKind;
  /** The line that did it. */
  readonly by: LineStory | null;
  /** One clause for people: `shadowed by ~/.ssh/config:3`. */
  readonly because: string;
}

/** One option: what it is, which lines say so, and which lost. */
export interface OptionStory {
  /** As ssh_config(5) spells it. */
  readonly option: string;
  /** As `ssh -G` prints them; none: not set. */
  readonly values: readonly string[];
  /** No line gives it. */
  readonly isDefault: boolean;
  /** The lines that give it, in order. */
  readonly from: readonly LineStory[];
  readonly lost: readonly LostLine[];
  /** Why it is not simply what the lines say. */
  readonly note: string | null;
}

/** Key -> lines of blocks that do not match. */
export type Sleepers = ReadonlyMap<string, readonly { readonly section: Section; readonly line: Line }[]>;

/** The lines of these sections by the key of their option. */
export function linesByKey(
  sections: readonly Section[],
  keyNamed: (name: Bytes) => string | undefined,
): Sleepers {
  const found = new Map<string, { section: Section; line: Line }[]>();
  for (const section of sections) {
    for (const line of section.lines.slice(section.from, section.to)) {
      const key = line.option && keyNamed(line.option.name);
      if (!key) continue;
      const known = found.get(key);
      if (known) known.push({ section, line });
      else found.set(key, [{ section, line }]);
    }
  }
  return found;
}

/** A line whose block does not match. */
export function sleeper(
  { source, text, block, pass }: Section,
  line: Line,
  name: string,
  because: string,
): LostLine {
  return {
    ...whereOf(source, line.number),
    text: trimmed(text, line.start, line.end),
    block: block === null ? null : blockStory(block),
    pass,
    alias: line.option === null ? null : aliasOf(line.option.keyword.text, name),
    lost: 'block',
    by: null,
    because,
  };
}

/** Tells the options of one answer. */
export class Explainer {
  readonly #answer: ResolvedConfig;
  readonly #pointer: Pointer;
  readonly #asleep: Sleepers;

  constructor(answer: ResolvedConfig) {
    this.#answer = answer;
    this.#pointer = new Pointer(answer);
    const asleep = answer.sections.filter(({ activity }) => activity === 'no');
    this.#asleep = linesByKey(asleep, (name) => keywordOf(name, answer.release)?.key);
  }

  /** Null: ssh has no such option, or it has no value. */
  story(name: string): OptionStory | null {
    const key = keywordOf(name.toLowerCase(), this.#answer.release)?.key;
    const option = key === undefined ? undefined : this.#answer.options.get(key);
    return option === undefined ? null : this.#told(option);
  }

  /** Every option that some line in force speaks of. */
  spoken(): readonly OptionStory[] {
    const lines: OptionStory[] = [];
    for (const option of this.#answer.options.values()) {
      const { settings, lost, undecided, note } = option;
      if (settings.length + lost.length + undecided.length > 0 || note !== null)
        lines.push(this.#told(option));
    }
    return lines;
  }

  #told(option: Effective): OptionStory {
    const { keyword, lines, settings, lost, undecided, note } = option;
    const { name } = keyword;
    const from = settings.map(({ place }) => this.#pointer.line(place, name));
    return {
      option: name,
      values: lines.map(textOf),
      isDefault: settings.length === 0,
      from: unique(from),
      lost: [
        ...lost.map((loss) => this.#lost(loss, name)),
        ...undecided.map((place): LostLine => {
          const line = this.#pointer.line(place, name);
          return { ...line, lost: 'undecided', by: null, because: undecidedBecause(line.block) };
        }),
        ...this.#sleeping(option),
      ],
      note: note === null ? null : textOf(note),
    };
  }

  #lost({ place, why, by }: Loss, name: string): LostLine {
    const line = this.#pointer.line(place, name);
    const winner = by === null ? null : this.#pointer.line(by, name);
    return { ...line, lost: why, by: winner, because: because(why, winner) };
  }

  /** Lines of blocks that match in neither reading. */
  #sleeping({ keyword, settings, lost, undecided }: Effective): readonly LostLine[] {
    const places = [...settings, ...lost].map(({ place }) => place);
    const met = new Set([...places, ...undecided].map(({ source, line }) => lineKey(source, line)));
    const found = new Map<string, LostLine>();
    const reasons = new Map<BlockStory | null, string>();
    for (const { section, line } of this.#asleep.get(keyword.key) ?? []) {
      const key = lineKey(section.source, line.number);
      if (met.has(key)) continue;
      const block = section.block === null ? null : blockStory(section.block);
      const reason = reasons.get(block) ?? asleepBecause(block);
      reasons.set(block, reason);
      // The second reading has the last word on why: `final` itself holds there.
      found.set(key, sleeper(section, line, keyword.name, reason));
    }
    return [...found.values()];
  }
}

/** SendEnv gives one setting for each name, and so several for one line. */
function unique(lines: readonly LineStory[]): readonly LineStory[] {
  const met = new Set<string>();
  return lines.filter((line) => {
    const key = JSON.stringify([line.includes, line.file, line.line, line.line === 0 ? met.size : 0]);
    if (met.has(key)) return false;
    met.add(key);
    return true;
  });
}

function because(why: Loss['why'], by: LineStory | null): string {
  const other = by === null ? 'another line' : spot(by);
  const reading = by?.pass === 'final' ? ', which counts in the second reading' : '';
  switch (why) {
    case 'shadowed':
      return `shadowed by ${other}${reading}`;
    case 'duplicate':
      return `a duplicate of ${other}`;
    case 'removed':
      return `taken away by ${other}`;
    case 'displaced':
      return `displaced by ${other}: ProxyJump and ProxyCommand exclude each other`;
    case 'cleared':
      return `cleared by ${other}: ClearAllForwardings yes`;
    case 'empty':
      return 'its value sets nothing';
    case 'late':
      return 'too late: this option is settled in the first reading of the files';
  }
}

function asleepBecause(block: BlockStory | null): string {
  if (block === null) return 'its file is included by a block that does not match';
  return `${named(block)} does not match: ${block.why}`;
}

function undecidedBecause(block: BlockStory | null): string {
  if (block === null) return 'not decided';
  return `not decided, as ${named(block)} is not: ${block.why}`;
}

function named(block: BlockStory): string {
  return `${block.header} (${spot(block)})`;
}

/** The arithmetic of the heartbeat that an answer asks for. `retransmission`: of the kernel in force, where it is known. */
export function keepaliveOf(answer: ResolvedConfig, retransmission?: Retransmission): Arithmetic {
  const number = (key: string): number => Number(answer.options.get(key)?.lines[0] ?? 0);
  return arithmetic(number('serveraliveinterval') * 1_000, number('serveralivecountmax'), retransmission);
}
