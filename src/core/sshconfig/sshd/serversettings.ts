import type { Bytes } from '../bytes.js';
import type { Loss, Setting } from '../resolve/resolvedconfig.js';
import type { Overflow, SettingLine } from '../resolve/settings.js';
import type { Value } from '../values/values.js';
import type { ServerKeyword } from './serverkeywords.js';

interface Cell {
  settings: Setting[];
  readonly lost: Loss[];
}

/** The values of one reading of the files: the global lines, or those of the blocks that match. */
export class ServerSettings {
  readonly #cells = new Map<string, Cell>();

  cell(key: string): { readonly settings: readonly Setting[]; readonly lost: readonly Loss[] } {
    return this.#cells.get(key) ?? { settings: [], lost: [] };
  }

  value(key: string): Value | null {
    return this.cell(key).settings.at(-1)?.value ?? null;
  }

  word(key: string): Bytes | null {
    const value = this.value(key);
    return value?.type === 'word' ? value.word : null;
  }

  /** Would a line of this option count now? */
  takes(keyword: ServerKeyword, value: Value): boolean {
    if (keyword.combine === 'each' || keyword.combine === 'last') return true;
    // `none` replaces what was set before.
    if (keyword.form.type === 'idle' && value.type === 'number' && value.number === 0) return true;
    return this.cell(keyword.secondTo ?? keyword.key).settings.length === 0;
  }

  /**
   * A fault that hangs on lines before. sshd 9.2 holds `any` against the methods of the lines in force even in a block
   * that does not match.
   */
  conflict(keyword: ServerKeyword, value: Value, active: boolean): Overflow {
    if (keyword.form.type !== 'methods' || value.type !== 'words' || !value.words.includes('any'))
      return null;
    const [earlier] = this.cell(keyword.key).settings;
    const suggestion = 'one line, with any or with lists';
    if (earlier !== undefined) {
      return {
        reason: `"any" comes after line ${earlier.place.line} of ${earlier.place.source.file}`,
        suggestion,
      };
    }
    return active && value.words.length > 1 ? { reason: '"any" is not the only method', suggestion } : null;
  }

  /** What a line says; a fault that hangs on lines before it comes back. */
  apply(entry: SettingLine<ServerKeyword>): Overflow {
    const { keyword, value, second, place } = entry;
    const cell = this.#own(keyword.key);
    const [earlier] = cell.settings;
    if (keyword.form.type === 'subsystem' && value.type === 'words') {
      const named = cell.settings.find(
        (each) => each.value.type === 'words' && each.value.words[0] === value.words[0],
      );
      if (named) {
        const reason = `${value.words[0]} is defined in line ${named.place.line} of ${named.place.source.file}`;
        return { reason, suggestion: 'each subsystem once' };
      }
    }
    if (keyword.form.type === 'port' && cell.settings.length >= mostPorts) {
      return { reason: `more than ${mostPorts} ports`, suggestion: 'fewer ports' };
    }
    if (second !== null) this.#second(entry, second);
    if (!this.takes(keyword, value)) {
      const by = earlier?.place ?? this.cell(keyword.secondTo ?? keyword.key).settings[0]?.place ?? null;
      cell.lost.push({ place, why: 'shadowed', by });
      return null;
    }
    // A list without words sets nothing.
    if (value.type === 'words' && value.words.length === 0 && keyword.combine !== 'first') {
      cell.lost.push({ place, why: 'empty', by: null });
      return null;
    }
    if (keyword.combine === 'each') {
      cell.settings.push({ place, value });
      return null;
    }
    for (const old of cell.settings) cell.lost.push({ place: old.place, why: 'shadowed', by: place });
    cell.settings = [{ place, value: this.#merged(keyword, value, earlier) }];
    return null;
  }

  /** The interval of RekeyLimit is set on its own, by the first line that has one. */
  #second({ keyword, place }: SettingLine<ServerKeyword>, second: Value): void {
    const cell = this.#own(`${keyword.key} interval`);
    if (cell.settings.length === 0) cell.settings.push({ place, value: second });
  }

  /** A MaxStartups with one number leaves the rate of an earlier line. */
  #merged(keyword: ServerKeyword, value: Value, earlier: Setting | undefined): Value {
    if (keyword.form.type !== 'startups' || value.type !== 'words' || value.words.length !== 1) return value;
    const rate = earlier?.value.type === 'words' ? earlier.value.words[1] : undefined;
    const [begin = ''] = value.words;
    return { type: 'words', words: [begin, rate ?? '30', begin] };
  }

  #own(key: string): Cell {
    const known = this.#cells.get(key);
    if (known) return known;
    const cell: Cell = { settings: [], lost: [] };
    this.#cells.set(key, cell);
    return cell;
  }
}

/** MAX_PORTS of servconf.h. MAX_SUBSYSTEMS is as many. */
const mostPorts = 256;
