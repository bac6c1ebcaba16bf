import type { Bytes } from '../bytes.js';
import type { Keyword } from '../keywords/keyword.js';
import { keywordOf } from '../keywords/keywords.js';
import { usualRules } from '../keywords/releases.js';
import type { TextFile } from '../resolve/resolveinput.js';
import { withServices } from '../values/ports.js';
import { type Reading, type ReadingContext, readValue } from '../values/values.js';
import { type Line, Lines, type Option } from './lines.js';
import { splitArguments, type Word } from './linewords.js';
import { readOldLine } from './oldlines.js';

/** What a line says by itself, whatever its block: the same in both readings. `K`: a keyword of ssh's, or of sshd's. */
export type Statement<K = Keyword> =
  | {
      readonly type: 'value';
      readonly keyword: K;
      readonly words: readonly Word[];
      readonly reading: Extract<Reading, { ok: true }>;
      /** A word too many: an error, though ssh has taken the value by then. Null: none. */
      readonly extra: Bytes | null;
    }
  /** Host, Match and Include: their words. */
  | {
      readonly type: 'structure';
      readonly keyword: K;
      readonly words: readonly Word[];
      /** A word too many, before 8.7. */
      readonly extra?: Bytes | null;
    }
  /** Unknown, unless IgnoreUnknown has its name. */
  | { readonly type: 'unknown' }
  | { readonly type: 'fault'; readonly reason: string; readonly suggestion: string; readonly fatal: boolean }
  | { readonly type: 'service'; readonly name: Bytes };

/** Reads one option of a text. */
export function statementOf(text: Bytes, option: Option, context: ReadingContext): Statement {
  const { release, newWords } = context.rules ?? usualRules;
  const named = (name: Bytes) => keywordOf(name, release);
  if (!newWords) return oldStatement(text, option, named(option.name), context);
  return readStatement(text, option, named, ({ form, takes }, words, rest) =>
    readValue(form, words, takes === 'rest' ? rest : '', context),
  );
}

/** The same for the keywords of either side. `rest`: the value as it stands. */
export function readStatement<K extends { readonly form: { readonly type: string } }>(
  text: Bytes,
  option: Option,
  keywordNamed: (name: Bytes) => K | undefined,
  read: (keyword: K, words: readonly Word[], rest: Bytes) => Reading,
): Statement<K> {
  const { value } = option;
  const fault = (reason: string, suggestion: string, fatal = false): Statement<K> => ({
    type: 'fault',
    reason,
    suggestion,
    fatal,
  });
  if (value.start >= value.end) return fault('there is no value', 'a value behind the keyword');
  const words = splitArguments(text, value.start, value.end);
  const keyword = keywordNamed(option.name);
  if (words === null) return fault('a quote is not closed', 'quotes in pairs, or a backslash before one');
  if (!keyword) return { type: 'unknown' };
  if (['host', 'match', 'include'].includes(keyword.form.type)) return { type: 'structure', keyword, words };
  const reading = withServices(() => read(keyword, words, text.slice(value.start, value.end)));
  if ('type' in reading) return reading;
  if (!reading.ok) return fault(reading.reason, reading.suggestion, reading.fatal);
  const extra = reading.used < words.length ? (words[reading.used]?.text ?? '') : null;
  return { type: 'value', keyword, words, reading, extra };
}

/** Every fault ends everything. */
function oldStatement(
  text: Bytes,
  option: Option,
  keyword: Keyword | undefined,
  context: ReadingContext,
): Statement {
  if (!keyword) return { type: 'unknown' };
  const line = withServices(() => readOldLine(text, option, keyword, context));
  if ('type' in line) return line;
  const { words, reading, extra } = line;
  if (reading === null) return { type: 'structure', keyword, words, extra };
  if (!reading.ok)
    return { type: 'fault', reason: reading.reason, suggestion: reading.suggestion, fatal: true };
  return { type: 'value', keyword, words, reading, extra };
}

const linesByFile = new WeakMap<TextFile, Lines>();

/** The lines of a file, found once for each file answer. */
export function indexOfFile(file: TextFile): Lines {
  const known = linesByFile.get(file);
  if (known) return known;
  const lines = new Lines(file.text);
  linesByFile.set(file, lines);
  return lines;
}

/** All of them, cut. */
export function linesOfFile(file: TextFile): readonly Line[] {
  return indexOfFile(file).all();
}
