/** Why an option of sshd is what it is: the provenance of an answer as data, in the client's shapes. */

import { textOf } from '../bytes.js';
import { type BlockStory, blockStory, type LineStory, lineKey, Pointer, spot } from '../explain/where.js';
import { type LostLine, linesByKey, type OptionStory, type Sleepers, sleeper } from '../explain/why.js';
import type { Loss } from '../resolve/resolvedconfig.js';
import type { ResolvedServerConfig, ServerEffective } from './serveranswer.js';
import { asWritten, serverKeywordOf } from './serverkeywords.js';

/** Tells the options of one answer. */
export class ServerExplainer {
  readonly #answer: ResolvedServerConfig;
  readonly #pointer: Pointer;
  readonly #asleep: Sleepers;

  constructor(answer: ResolvedServerConfig) {
    this.#answer = answer;
    this.#pointer = new Pointer(answer);
    const asleep = answer.sections.filter(({ pass, activity }) => pass === 'final' && activity !== 'yes');
    this.#asleep = linesByKey(asleep, (name) => serverKeywordOf(name)?.key);
  }

  /** Null: sshd has no such option, or prints none. */
  story(name: string): OptionStory | null {
    const key = serverKeywordOf(name.toLowerCase())?.key;
    const option = key === undefined ? undefined : this.#answer.options.get(key);
    return option === undefined ? null : this.#told(option);
  }

  /** Every option that some line in force speaks of. */
  spoken(): readonly OptionStory[] {
    return [...this.#answer.options.values()]
      .filter(({ settings, lost }) => settings.length + lost.length > 0)
      .map((option) => this.#told(option));
  }

  #told(option: ServerEffective): OptionStory {
    const { keyword, lines, settings, lost, note } = option;
    const { name } = keyword;
    return {
      option: name,
      values: lines.map((line) => asWritten(keyword, textOf(line))),
      isDefault: settings.length === 0,
      from: settings.map(({ place }) => this.#pointer.line(place, name)),
      lost: [...lost.map((loss) => this.#lost(loss, name)), ...this.#sleeping(option)],
      note,
    };
  }

  #lost({ place, why, by }: Loss, name: string): LostLine {
    const line = this.#pointer.line(place, name);
    const winner = by === null ? null : this.#pointer.line(by, name);
    return { ...line, lost: why, by: winner, because: because(line, why, winner) };
  }

  #sleeping({ keyword, settings, lost }: ServerEffective): readonly LostLine[] {
    const met = new Set([...settings, ...lost].map(({ place }) => lineKey(place.source, place.line)));
    return (this.#asleep.get(keyword.key) ?? []).flatMap(({ section, line }): readonly LostLine[] => {
      if (met.has(lineKey(section.source, line.number))) return [];
      const block = section.block === null ? null : blockStory(section.block);
      return [sleeper(section, line, keyword.name, asleepBecause(block))];
    });
  }
}

function because(line: LineStory, why: Loss['why'], winner: LineStory | null): string {
  if (winner === null) return why === 'empty' ? 'it names nothing' : why;
  if (line.block === null && winner.block !== null) {
    return `overridden by ${spot(winner)}, in a block that matches (${winner.block.header})`;
  }
  const later = line.file === winner.file && winner.line > line.line;
  return `${later ? 'replaced' : 'shadowed'} by ${spot(winner)}`;
}

function asleepBecause(block: BlockStory | null): string {
  return block === null
    ? 'its file is included by a block that does not match'
    : `${block.header} (${spot(block)}) does not match: ${block.why}`;
}
