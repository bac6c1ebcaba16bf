import { type Candidate, type Grammar, grammarOf, type OptionWordRow } from './grammar.js';

export type { Candidate } from './grammar.js';

/** What may be completed somewhere. What only files or the library know is named, to be filled in by the caller. */
export type CompletionOffer =
  | { readonly type: 'words'; readonly words: readonly Candidate[] }
  /** Names of hosts; `user@` may stand in front. */
  | { readonly type: 'hosts' }
  | { readonly type: 'files' }
  /** Options of one side's configuration; `setting`: with a `=` behind. */
  | { readonly type: 'keywords'; readonly side: Grammar['side']; readonly setting: boolean }
  /** What may be said of such an option. */
  | { readonly type: 'values'; readonly side: Grammar['side']; readonly keyword: string }
  | { readonly type: 'fields' | 'topics' | 'languages' | 'states' };

/** The word under the cursor: what of it stays, what of it is typed, and what may take the place of that. */
export interface Completion {
  /** As `-oPort=`; candidates stand behind it. */
  readonly prefix: string;
  readonly typed: string;
  readonly offers: readonly CompletionOffer[];
  /** The words after -F, where there are some: whose hosts are meant. */
  readonly configFile: string | null;
}

type Place =
  | Exclude<CompletionOffer['type'], 'words' | 'keywords' | 'values'>
  | 'keyword'
  | 'value'
  | 'setting'
  | 'nothing';

/** What stands where the help writes these words. */
const places: Readonly<Record<string, Place>> = {
  host: 'hosts',
  old: 'hosts',
  from: 'hosts',
  other: 'hosts',
  pattern: 'hosts',
  Option: 'keyword',
  value: 'value',
  'field=value': 'fields',
  topic: 'topics',
};

/** What stands behind these options; behind all others is nothing that could be guessed. */
const optionPlaces: Readonly<Record<string, Place>> = {
  ...{ '-F': 'files', '-f': 'files', '--file': 'files', '-E': 'files', '-i': 'files', '-I': 'files' },
  ...{ '--log-file': 'files', '--pid-file': 'files', '--login-config': 'files', '--identity': 'files' },
  ...{ '--sshd-config': 'files' },
  ...{ '-J': 'hosts', '--jump': 'hosts', '--like': 'hosts', '--check-login': 'hosts' },
  ...{ '-o': 'setting', '-C': 'fields', '--for': 'languages', '--state': 'states' },
};

/**
 * What may stand where the cursor is. `before`: the words after `holdfast` in front of it; `word`: what is typed of the
 * word under it.
 */
export function completionAt(before: readonly string[], word: string): Completion {
  const line = new TypedLine();
  for (const each of before) line.take(each);
  return line.wanted(word);
}

/** A command line while it is read. */
class TypedLine {
  #grammar: Grammar | null = grammarOf([]);
  #path: readonly string[] = [];
  readonly #words: string[] = [];
  #configFile: string | null = null;
  /** The option whose value comes next. */
  #open: OptionWordRow | null = null;
  #ended = false;

  take(word: string): void {
    const grammar = this.#grammar;
    if (grammar === null) return;
    if (this.#open !== null) {
      this.#value(this.#open, word);
      this.#open = null;
      return;
    }
    if (word === '--' && !this.#ended) {
      this.#ended = true;
      return;
    }
    if (this.#ended || !/^-./.test(word)) {
      if (grammar.commands.length === 0) this.#words.push(word);
      else {
        this.#path = [...this.#path, word];
        this.#grammar = grammarOf(this.#path);
      }
      return;
    }
    const found = optionIn(grammar, word);
    if (found === null) return;
    if (found.value === null) this.#open = found.row;
    else this.#value(found.row, found.value);
  }

  wanted(word: string): Completion {
    const grammar = this.#grammar;
    if (grammar === null) return this.#at('', word, []);
    if (this.#open !== null) return this.#placed(optionPlaces[this.#open.word] ?? 'nothing', '', word);
    if (!this.#ended && word.startsWith('-')) {
      const found = optionIn(grammar, word);
      // -o alone may be meant as it is; a value glued to it is begun.
      if (found?.value != null && word !== found.row.word) {
        const { row, value } = found;
        return this.#placed(
          optionPlaces[row.word] ?? 'nothing',
          word.slice(0, word.length - value.length),
          value,
        );
      }
      return this.#at('', word, [{ type: 'words', words: grammar.options.filter(({ idle }) => !idle) }]);
    }
    if (grammar.commands.length > 0) return this.#at('', word, [{ type: 'words', words: grammar.commands }]);
    const wanted = placesAt(grammar.takes, this.#words.length).map((place) => this.#placed(place, '', word));
    const literal = literals(grammar.takes, this.#words.length);
    if (literal.length > 0) return this.#at('', word, [{ type: 'words', words: literal }]);
    return { ...(wanted[0] ?? this.#at('', word, [])), offers: wanted.flatMap(({ offers }) => offers) };
  }

  #value(row: OptionWordRow, value: string): void {
    if (['-F', '-f', '--file'].includes(row.word)) this.#configFile = value;
  }

  #placed(place: Place, prefix: string, typed: string): Completion {
    const side = this.#grammar?.side ?? 'client';
    switch (place) {
      case 'nothing':
        return this.#at(prefix, typed, []);
      case 'keyword':
        return this.#at(prefix, typed, [{ type: 'keywords', side, setting: false }]);
      case 'value': {
        const keyword = this.#words[this.#keywordIndex()] ?? '';
        return this.#at(prefix, typed, [{ type: 'values', side, keyword }]);
      }
      case 'setting': {
        const [, keyword = '', equals = '', value = ''] = /^([^=\s]*)(=)?(.*)$/s.exec(typed) ?? [];
        return equals === ''
          ? this.#at(prefix, typed, [{ type: 'keywords', side: 'client', setting: true }])
          : this.#at(`${prefix}${keyword}=`, value, [{ type: 'values', side: 'client', keyword }]);
      }
      default:
        return this.#at(prefix, typed, [{ type: place }]);
    }
  }

  #keywordIndex(): number {
    return this.#words.findIndex((_word, at) => placesAt(this.#grammar?.takes ?? '', at).includes('keyword'));
  }

  #at(prefix: string, typed: string, offers: readonly CompletionOffer[]): Completion {
    return { prefix, typed, offers, configFile: this.#configFile };
  }
}

/**
 * The option that takes the end of this word: `--name`, `--name=value`, `-F`, `-Ffile`, or the last of `-fNL`. `value`: null
 * where the next word is it. Null: none of them takes a value.
 */
function optionIn(
  { options }: Grammar,
  word: string,
): { readonly row: OptionWordRow; readonly value: string | null } | null {
  const valuedOne = (name: string) => options.find((each) => each.valued && each.word === name);
  if (word.startsWith('--')) {
    const equals = word.indexOf('=');
    const row = valuedOne(equals === -1 ? word : word.slice(0, equals));
    return row === undefined ? null : { row, value: equals === -1 ? null : word.slice(equals + 1) };
  }
  for (let at = 1; at < word.length; at += 1) {
    const row = valuedOne(`-${word.charAt(at)}`);
    const rest = word.slice(at + 1);
    if (row !== undefined) return { row, value: rest === '' ? null : rest };
  }
  return null;
}

/** The names of what stands at a place, from 0, in each way to write the words: `<host> [Option...]`, `[topic | host]`. */
function namesAt(takes: string, at: number): readonly string[] {
  return takes
    .replace(/[[\]<>]/g, '')
    .split(' | ')
    .flatMap((way) => {
      const names = way.split(/\s+/).filter((name) => name !== '');
      const last = names.at(-1);
      const name = names[at] ?? (last?.endsWith('...') ? last : undefined);
      return name === undefined ? [] : [name.replace('...', '')];
    });
}

function placesAt(takes: string, at: number): readonly Place[] {
  return namesAt(takes, at).flatMap((name) => places[name] ?? []);
}

/** `bash|zsh|fish`: the words themselves. */
function literals(takes: string, at: number): readonly Candidate[] {
  return namesAt(takes, at)
    .filter((name) => name.includes('|'))
    .flatMap((name) => name.split('|'))
    .map((word) => ({ word, says: '' }));
}
