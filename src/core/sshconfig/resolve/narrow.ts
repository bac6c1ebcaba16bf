import type { Bytes } from '../bytes.js';
import { keywordOf } from '../keywords/keywords.js';
import { type Rules, usualRules } from '../keywords/releases.js';
import type { Line, Lines } from '../syntax/lines.js';
import { indexOfFile, statementOf } from '../syntax/statements.js';
import type { ReadingContext } from '../values/values.js';
import type { FileAnswer, TextFile } from './resolveinput.js';

/** Whatever hangs on the environment or on the table of services is not passed over. */
const unaware = { env: {}, services: () => undefined, onCommandLine: false };

/**
 * Files as one host sees them: without the blocks that say nothing to it. For thousands of hosts of one configuration
 * the resolver then reads what concerns each instead of everything each time.
 *
 * A block goes when it is headed by a Host line whose patterns are plain names, none of them a host of the query, and has nothing but
 * valid options in it that count inside their block alone. What is left means the same for the hosts of the query, but its
 * line numbers are others: for values, not for provenance.
 */
export class NarrowFiles {
  readonly #files: readonly (readonly [path: Bytes, file: FileAnswer, outline: Outline | null])[];

  /** `rules`: of the release that reads. */
  constructor(files: ReadonlyMap<Bytes, FileAnswer>, rules: Rules = usualRules) {
    const context = { ...unaware, rules };
    this.#files = [...files].map(([path, file]) => [
      path,
      file,
      file.type === 'file' ? new Outline(file, context) : null,
    ]);
  }

  /** For the host as typed; in a second reading, also for the one that ssh would connect to. */
  for(hosts: readonly Bytes[]): Map<Bytes, FileAnswer> {
    return new Map(this.#files.map(([path, file, outline]) => [path, outline?.for(hosts) ?? file]));
  }
}

/** From `start` up to, not including, `end`, as offsets of bytes. */
interface Cut {
  readonly start: number;
  readonly end: number;
}

class Outline {
  readonly #file: TextFile;
  /** Blocks that may go, in order, and by the names in their headers. */
  readonly #cuts: readonly Cut[];
  readonly #named = new Map<Bytes, Cut[]>();
  /** Without all of them: what most hosts see of most files. */
  readonly #bare: TextFile;

  constructor(file: TextFile, context: ReadingContext) {
    this.#file = file;
    const cuts: Cut[] = [];
    const lines = indexOfFile(file);
    for (let at = 0; at < lines.count; ) {
      const names = plainNames(file.text, lines.at(at), context);
      const next = at + 1 + quietLines(lines, at + 1, context);
      if (names !== null && next <= lines.count && endsBlock(lines, next)) {
        const cut = { start: lines.at(at).start, end: lines.at(next - 1).next };
        cuts.push(cut);
        for (const name of names) {
          const known = this.#named.get(name);
          if (known) known.push(cut);
          else this.#named.set(name, [cut]);
        }
      }
      at = next;
    }
    this.#cuts = cuts;
    this.#bare = this.#without(new Set());
  }

  for(hosts: readonly Bytes[]): TextFile {
    const kept = new Set(hosts.flatMap((host) => this.#named.get(host) ?? []));
    return kept.size === 0 ? this.#bare : this.#without(kept);
  }

  #without(kept: ReadonlySet<Cut>): TextFile {
    const { text } = this.#file;
    let left = '';
    let from = 0;
    for (const cut of this.#cuts) {
      if (kept.has(cut)) continue;
      left += text.slice(from, cut.start);
      from = cut.end;
    }
    return { ...this.#file, text: left + text.slice(from) };
  }
}

/** The names of a Host line; null: it is none, or has patterns. */
function plainNames(text: Bytes, { option }: Line, context: ReadingContext): readonly Bytes[] | null {
  if (option?.name !== 'host') return null;
  const statement = statementOf(text, option, context);
  if (statement.type !== 'structure' || statement.words.length === 0 || statement.extra) return null;
  const names = statement.words.map((word) => word.text);
  return names.every((name) => name !== '' && !/[*?!]/.test(name)) ? names : null;
}

function endsBlock(lines: Lines, at: number): boolean {
  if (at === lines.count) return true;
  const name = lines.optionAt(at)?.name;
  return name === 'host' || name === 'match';
}

/** How many lines from there on say nothing outside their block. */
function quietLines(lines: Lines, from: number, context: ReadingContext): number {
  let at = from;
  while (at < lines.count) {
    const option = lines.optionAt(at);
    if (option !== null) {
      const keyword = keywordOf(option.name, context.rules?.release);
      if (keyword?.beyondBlocks) break;
      const statement = statementOf(lines.text, option, context);
      if (statement.type !== 'value' || statement.extra !== null) break;
    }
    at += 1;
  }
  return at - from;
}
