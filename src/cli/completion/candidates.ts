import { optionsByText } from '../command/getopt.js';
import { commandIndex } from '../command/parse.js';
import type {
  CommandEntry,
  CommandTable,
  CompletionSource,
  OptionRow,
  OptionRows,
} from '../command/table.js';

/** A word that may stand somewhere. */
export interface Candidate {
  readonly word: string;
  /** Empty: the word says all itself. */
  readonly says: string;
}

/** What may be completed somewhere: words, or what only files or the library know, to be filled in by the caller. */
export type CompletionOffer =
  | { readonly type: 'words'; readonly words: readonly Candidate[] }
  /** `keyword`: the option whose values are meant. */
  | { readonly type: 'source'; readonly source: CompletionSource; readonly keyword: string };

/** The word under the cursor: what of it stays, what of it is typed, and what may take the place of that. */
export interface Completion {
  /** As `-oPort=`; candidates stand behind it. */
  readonly prefix: string;
  readonly typed: string;
  readonly offers: readonly CompletionOffer[];
  /** The file after -F, where there is one: its hosts are meant. */
  readonly configFile: string | null;
}

/**
 * What may stand where the cursor is.
 * @param options those of `holdfast` itself
 * @param before the words after `holdfast` in front of the cursor
 * @param word what is typed of the word under the cursor
 */
export async function completionAt(
  options: OptionRows,
  commands: Readonly<Record<string, CommandEntry>>,
  before: readonly string[],
  word: string,
): Promise<Completion> {
  const at = before.findIndex((text) => !text.startsWith('-'));
  const name = before[at];
  if (name === undefined) return completionIn(options, [namesOf(commands)], before, word);
  const command = Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (command === undefined) return completionIn({}, [], before, word);
  return completionOf(await command.table(), before.slice(at + 1), word);
}

function completionOf(table: CommandTable, before: readonly string[], word: string): Completion {
  if (table.commands === undefined) return completionIn(table.options, placesOf(table), before, word);
  const inner = Object.values(table.commands);
  const at = commandIndex(inner, before);
  const name = before[at];
  if (name === undefined) {
    const options: OptionRows = Object.assign({}, ...inner.map((each) => each.options));
    return completionIn(options, [namesOf(table.commands)], before, word);
  }
  const found = Object.hasOwn(table.commands, name) ? table.commands[name] : undefined;
  const rest = [...before.slice(0, at), ...before.slice(at + 1)];
  return found ? completionOf(found, rest, word) : completionIn({}, [], rest, word);
}

function namesOf(rows: Readonly<Record<string, { readonly summary?: string }>>): Place {
  const words = Object.entries(rows).map(([word, { summary = '' }]) => ({ word, says: summary }));
  return { isRepeated: false, sources: [], words };
}

/** What may stand at one place among the words. */
interface Place {
  readonly isRepeated: boolean;
  readonly sources: readonly CompletionSource[];
  readonly words: readonly Candidate[];
}

function placesOf({ words = [] }: CommandTable): readonly Place[] {
  return words.map(({ repeated = false, completes = [], choices = [] }) => ({
    isRepeated: repeated,
    sources: typeof completes === 'string' ? [completes] : completes,
    words: choices.map((word) => ({ word, says: '' })),
  }));
}

function completionIn(
  options: OptionRows,
  places: readonly Place[],
  before: readonly string[],
  word: string,
): Completion {
  const line = new TypedLine(options, places);
  for (const each of before) line.take(each);
  return line.completion(word);
}

type NamedRow = readonly [name: string, row: OptionRow];

/** A command line while it is read. */
class TypedLine {
  readonly #rows: ReadonlyMap<string, NamedRow>;
  readonly #places: readonly Place[];
  readonly #words: string[] = [];
  #configFile: string | null = null;
  /** The option whose value comes next. */
  #open: NamedRow | null = null;
  #optionsEnded = false;

  constructor(options: OptionRows, places: readonly Place[]) {
    this.#rows = optionsByText({ options });
    this.#places = places;
  }

  take(word: string): void {
    if (this.#open !== null) {
      this.#noteValue(this.#open, word);
      this.#open = null;
    } else if (word === '--' && !this.#optionsEnded) this.#optionsEnded = true;
    else if (this.#optionsEnded || !/^-./.test(word)) this.#words.push(word);
    else {
      const found = this.#optionIn(word);
      if (found?.value === null) this.#open = found.option;
      else if (found !== null) this.#noteValue(found.option, found.value);
    }
  }

  completion(word: string): Completion {
    if (this.#open !== null) return this.#valueOf(this.#open, '', word);
    if (!this.#optionsEnded && word.startsWith('-')) {
      const found = this.#optionIn(word);
      // -o alone may be meant as it is; a value glued to it is begun.
      if (found !== null && found.value !== null)
        return this.#valueOf(found.option, word.slice(0, word.length - found.value.length), found.value);
      return this.#completion('', word, [{ type: 'words', words: this.#optionWords() }]);
    }
    const last = this.#places.at(-1);
    const place = this.#places[this.#words.length] ?? (last?.isRepeated ? last : undefined);
    if (place === undefined) return this.#completion('', word, []);
    const keyword = this.#words[this.#places.findIndex(({ sources }) => sources.some(isKeyword))] ?? '';
    return this.#completion('', word, [
      ...(place.words.length > 0 ? [{ type: 'words', words: place.words } as const] : []),
      ...place.sources.map((source) => ({ type: 'source', source, keyword }) as const),
    ]);
  }

  #optionWords(): readonly Candidate[] {
    return [...this.#rows].flatMap(([word, [, row]]) => (row.hidden ? [] : [{ word, says: row.help }]));
  }

  /**
   * The option that takes the end of this word: `--name`, `--name=value`, `-F`, `-Ffile`, or the last of `-fNL`. `value`: null
   * where the next word is it. Null: none of them takes a value.
   */
  #optionIn(word: string): { readonly option: NamedRow; readonly value: string | null } | null {
    const withValue = (text: string): NamedRow | undefined => {
      const option = this.#rows.get(text);
      return option?.[1].value === undefined ? undefined : option;
    };
    if (word.startsWith('--')) {
      const [, name = word, value = null] = /^(--[^=]*)=(.*)$/s.exec(word) ?? [];
      const option = withValue(name);
      return option === undefined ? null : { option, value };
    }
    for (let at = 1; at < word.length; at += 1) {
      const option = withValue(`-${word.charAt(at)}`);
      const rest = word.slice(at + 1);
      if (option !== undefined) return { option, value: rest === '' ? null : rest };
    }
    return null;
  }

  #noteValue([name]: NamedRow, value: string): void {
    if (name === 'F' || name === 'file') this.#configFile = value;
  }

  #valueOf([, { completes, choices = [] }]: NamedRow, prefix: string, typed: string): Completion {
    if (choices.length > 0)
      return this.#completion(prefix, typed, [
        { type: 'words', words: choices.map((word) => ({ word, says: '' })) },
      ]);
    if (completes === undefined) return this.#completion(prefix, typed, []);
    const [, keyword = '', value] = /^([^=\s]*)=(.*)$/s.exec(typed) ?? [];
    if (completes !== 'client-settings' || value === undefined)
      return this.#completion(prefix, typed, [{ type: 'source', source: completes, keyword: '' }]);
    const source = 'client-values';
    return this.#completion(`${prefix}${keyword}=`, value, [{ type: 'source', source, keyword }]);
  }

  #completion(prefix: string, typed: string, offers: readonly CompletionOffer[]): Completion {
    return { prefix, typed, offers, configFile: this.#configFile };
  }
}

function isKeyword(source: CompletionSource): boolean {
  return source === 'client-options' || source === 'server-options';
}
