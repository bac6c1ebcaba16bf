/** Lines as ssh read them before 8.7: words by `strdelim`, one after the other (`process_config_line_depth` of 8.4). */
import type { Bytes } from '../bytes.js';
import type { Keyword } from '../keywords/keyword.js';
import { bad, type Reading } from '../values/reading.js';
import { type ReadingContext, readValue, suggestionOf } from '../values/values.js';
import type { Option } from './lines.js';
import { delimitedWords, type Word } from './linewords.js';

/** What such a line comes to. `extra`: a word that ssh calls garbage; null: none. */
export interface OldLine {
  readonly words: readonly Word[];
  /** Null for Host, Match and Include. */
  readonly reading: Reading | null;
  readonly extra: Bytes | null;
}

/** Lists in which nothing behind an empty word is looked at; in the others it is garbage. */
const careless = new Set(['files', 'host']);

export function readOldLine(text: Bytes, option: Option, keyword: Keyword, context: ReadingContext): OldLine {
  const { form, takes } = keyword;
  const { value } = option;
  const all = wordsOf(text, option, form.type !== 'setEnv');
  const { words } = all;
  if (form.type === 'match' || form.type === 'ignored') {
    return {
      words,
      reading: form.type === 'match' ? null : readValue(form, words, '', context),
      extra: null,
    };
  }
  if (takes === 'rest') {
    // Behind the keyword alone there is nothing; behind a separator there may be an empty command.
    if (words.length === 0 && !all.open) return faulty(words, bad('there is no value', suggestionOf(form)));
    return {
      words,
      reading: readValue(form, words, text.slice(value.start, value.end), context),
      extra: null,
    };
  }
  // An empty word ends it without a complaint.
  if (takes === 'list') {
    const empty = words.findIndex((each) => each.text === '');
    const list = empty === -1 ? words : words.slice(0, empty);
    const garbage = empty === -1 || careless.has(form.type) ? null : (words[empty + 1]?.text ?? null);
    const structure = form.type === 'host' || form.type === 'include';
    const reading = structure
      ? null
      : form.type === 'files'
        ? {
            ok: true as const,
            value: { type: 'words' as const, words: list.map((each) => each.text) },
            second: null,
            used: list.length,
          }
        : readValue(form, list, '', context);
    return { words: list, reading, extra: garbage === '' ? null : garbage };
  }
  const [first, second] = words;
  // A second word is taken where there is one, be it the empty one behind a quoted word.
  if (takes === 'pair' && form.type !== 'forward') {
    if (form.type === 'rekey' && first && (second?.text === '' || (!second && all.open))) {
      return faulty(words, bad('the time is missing', 'a time, or nothing behind the bytes'));
    }
    return ended(words, readValue(form, words, '', context));
  }
  // An empty second word counts as none.
  const used = first && second?.text === '' ? [first] : words;
  return ended(words, readValue(form, used, '', context));
}

function wordsOf(
  text: Bytes,
  { keyword, value }: Option,
  atEquals: boolean,
): ReturnType<typeof delimitedWords> {
  const bare = value.start >= value.end && keyword.end === value.end && text[value.end - 1] !== '"';
  return bare ? { words: [], open: false } : delimitedWords(text, value.start, value.end, atEquals);
}

function faulty(words: readonly Word[], reading: Reading): OldLine {
  return { words, reading, extra: null };
}

function ended(words: readonly Word[], reading: Reading): OldLine {
  const extra = reading.ok ? (words[reading.used]?.text ?? '') : '';
  return { words, reading, extra: extra === '' ? null : extra };
}
