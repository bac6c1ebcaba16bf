/** Why an option is what it is: an answer's provenance as data, and as sentences. */
import { type Arithmetic, arithmetic } from '../../keepalive/arithmetic.js';
import type { Retransmission } from '../../keepalive/detection.js';
import { textOf } from '../bytes.js';
import { keywordOf } from '../keywords/keywords.js';
import { unmatchedInclude } from '../resolve/match.js';
import type { Effective, Loss, ResolvedConfig, Section } from '../resolve/resolvedconfig.js';
import type { Line } from '../syntax/lines.js';
import {
  aliasOf,
  type BlockStory,
  blockStory,
  type LineStory,
  lineKey,
  Pointer,
  spotText,
  trimmed,
  whereOf,
} from './where.js';

/**
 * Why a line does not count. `block`: its Host or Match does not match; `undecided`: the command was not allowed that would
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

/** What an option came to, of either side. */
type AnyEffective = Effective<{ readonly name: string; readonly key: string }>;

/** A resolved configuration of either side. */
interface AnyConfig<E extends AnyEffective> {
  readonly options: ReadonlyMap<string, E>;
  readonly sections: readonly Section[];
}

/** Where the sides differ. */
export interface ExplainerDialect<E extends AnyEffective> {
  /** The key of an option by its name in lower case; undefined: there is none. */
  readonly keyOf: (name: string) => string | undefined;
  /** Do the lines of the section count nowhere else than here, and not here? */
  readonly isAsleep: (section: Section) => boolean;
  readonly valuesOf: (option: E) => readonly string[];
  readonly because: (line: LineStory, why: Loss['why'], by: LineStory | null) => string;
}

/** Explains the options of one configuration. */
export class OptionExplainer<E extends AnyEffective> {
  readonly #config: AnyConfig<E>;
  readonly #dialect: ExplainerDialect<E>;
  readonly #pointer: Pointer;
  /** Key -> lines of blocks that do not match. */
  readonly #asleep = new Map<string, { readonly section: Section; readonly line: Line }[]>();

  constructor(config: AnyConfig<E>, dialect: ExplainerDialect<E>) {
    this.#config = config;
    this.#dialect = dialect;
    this.#pointer = new Pointer(config);
    for (const section of config.sections.filter(dialect.isAsleep)) {
      for (const line of section.lines.slice(section.from, section.to)) {
        const key = line.option === null ? undefined : dialect.keyOf(line.option.name);
        if (key === undefined) continue;
        const known = this.#asleep.get(key);
        if (known) known.push({ section, line });
        else this.#asleep.set(key, [{ section, line }]);
      }
    }
  }

  /** Null: there is no such option, or it has no value. */
  story(name: string): OptionStory | null {
    const key = this.#dialect.keyOf(name.toLowerCase());
    const option = key === undefined ? undefined : this.#config.options.get(key);
    return option === undefined ? null : this.#storyOf(option);
  }

  /** Every option that some line in force speaks of. */
  spoken(): readonly OptionStory[] {
    const stories: OptionStory[] = [];
    for (const option of this.#config.options.values()) {
      const { settings, lost, undecided, note } = option;
      if (settings.length + lost.length + undecided.length > 0 || note !== null)
        stories.push(this.#storyOf(option));
    }
    return stories;
  }

  #storyOf(option: E): OptionStory {
    const { keyword, settings, lost, undecided, note } = option;
    const { name } = keyword;
    const from = settings.map(({ place }) => this.#pointer.line(place, name));
    return {
      option: name,
      values: this.#dialect.valuesOf(option),
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
    return { ...line, lost: why, by: winner, because: this.#dialect.because(line, why, winner) };
  }

  /** Lines of blocks that match in neither reading. */
  #sleeping({ keyword, settings, lost, undecided }: E): readonly LostLine[] {
    const places = [...settings, ...lost].map(({ place }) => place);
    const met = new Set([...places, ...undecided].map(({ source, line }) => lineKey(source, line)));
    const found = new Map<string, LostLine>();
    const reasons = new Map<BlockStory | null, string>();
    for (const { section, line } of this.#asleep.get(keyword.key) ?? []) {
      const { source, text, pass } = section;
      const key = lineKey(source, line.number);
      if (met.has(key)) continue;
      const block = section.block === null ? null : blockStory(section.block);
      const because = reasons.get(block) ?? asleepBecause(block);
      reasons.set(block, because);
      // The second reading has the last word on why: `final` itself holds there.
      found.set(key, {
        ...whereOf(source, line.number),
        text: trimmed(text, line.start, line.end),
        block,
        pass,
        alias: line.option === null ? null : aliasOf(line.option.keyword.text, keyword.name),
        lost: 'block',
        by: null,
        because,
      });
    }
    return [...found.values()];
  }
}

/** Explains the options of one host. */
export class Explainer extends OptionExplainer<Effective> {
  constructor(config: ResolvedConfig) {
    super(config, {
      keyOf: (name) => keywordOf(name, config.release)?.key,
      isAsleep: ({ activity }) => activity === 'no',
      valuesOf: ({ lines }) => lines.map(textOf),
      because: (_, why, by) => because(why, by),
    });
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
  const other = by === null ? 'another line' : spotText(by);
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
  if (block === null) return unmatchedInclude;
  return `${named(block)} does not match: ${block.why}`;
}

function undecidedBecause(block: BlockStory | null): string {
  if (block === null) return 'not decided';
  return `not decided, as ${named(block)} is not: ${block.why}`;
}

function named(block: BlockStory): string {
  return `${block.header} (${spotText(block)})`;
}

/** The arithmetic of the heartbeat that an answer asks for. `retransmission`: of the kernel in force, where it is known. */
export function keepaliveOf(answer: ResolvedConfig, retransmission?: Retransmission): Arithmetic {
  const number = (key: string): number => Number(answer.options.get(key)?.lines[0] ?? 0);
  return arithmetic(number('serveraliveinterval') * 1_000, number('serveralivecountmax'), retransmission);
}
