import { type Bytes, textOf } from '../bytes.js';
import type { Keyword } from '../keywords/keyword.js';
import { rulesOf } from '../keywords/releases.js';
import { deepest, includePattern } from '../resolve/include.js';
import type { IncludeSite, SourceKind } from '../resolve/resolvedconfig.js';
import type { Answers, FileAnswer, ResolveInput } from '../resolve/resolveinput.js';
import { type Line, lineEndingOf, type Option } from '../syntax/lines.js';
import type { Word } from '../syntax/linewords.js';
import { wordsOf } from '../syntax/optionwords.js';
import { linesOfFile, type Statement, statementOf } from '../syntax/statements.js';

/** More lines with all Includes are not looked at. */
const mostLines = 1_000_000;

/** Lines that apply under one header; null header: always, as far as this file goes. */
export interface Scope<K = Keyword> {
  readonly header: Entry<K>;
  readonly kind: 'host' | 'match';
  /** Patterns of Host, or the words of Match. */
  readonly words: readonly Word[];
  /** Host * and Match all: it applies to everything. */
  readonly universal: boolean;
}

/** A line with an option, and where it stands. */
export interface Located {
  readonly file: Bytes;
  readonly text: Bytes;
  readonly line: Line;
  readonly option: Option;
}

/** The same, what it says, and what it hangs on. `K`: a keyword of ssh's, or of sshd's. */
export interface Entry<K = Keyword> extends Located {
  readonly kind: SourceKind;
  readonly includes: readonly IncludeSite[];
  readonly statement: Statement<K>;
  /** The header in this file, then those around the Includes that led here, from the inside outwards. */
  readonly own: Scope<K> | null;
  readonly around: readonly Scope<K>[];
}

/** One file as it stands, each once. */
export interface Document {
  readonly file: Bytes;
  readonly text: Bytes;
  readonly lines: readonly Line[];
  readonly answer: ConfigFile;
  readonly main: boolean;
}

/** Everything that is read, in the order of reading, whatever the host. */
export interface Corpus<K = Keyword> {
  readonly entries: readonly Entry<K>[];
  readonly documents: readonly Document[];
}

/** A keyword of either side, as far as headers and Includes go. */
export interface AnyKeyword {
  readonly key: string;
  readonly form: { readonly type: string };
}

/** How the files of one side are read. */
export interface Dialect<K> {
  readonly kind: SourceKind;
  readonly linesOf: (file: ConfigFile) => readonly Line[];
  readonly statementOf: (text: Bytes, option: Option) => Statement<K>;
  /** Of a Host or Match line. */
  readonly wordsOf: (text: Bytes, option: Option) => readonly Word[];
  /** The pattern that a word of Include stands for; null: none that is known. */
  readonly patternOf: (word: Bytes) => Bytes | null;
}

type ConfigFile = Extract<FileAnswer, { text: Bytes }>;

/**
 * The user's file, or that of -F, and what it includes. The system's file is not judged: the user cannot
 * change it, and to be overruled is what it is for.
 */
export function corpusOf(input: ResolveInput, answers: Answers): Corpus {
  const { files, facts } = input;
  if (files.type === 'none') return { entries: [], documents: [] };
  const rules = rulesOf(facts.release, facts.banner);
  const context = { env: facts.env, services: () => undefined, onCommandLine: false, rules };
  return readCorpus<Keyword>(files.type === 'one' ? files.path : files.user, answers, {
    kind: 'user file',
    linesOf: linesOfFile,
    statementOf: (text, option) => statementOf(text, option, context),
    wordsOf: (text, option) => wordsOf(text, option, rules),
    patternOf(word) {
      const found = includePattern(word, 'user file', facts, answers);
      return found.type === 'pattern' ? found.pattern : null;
    },
  });
}

/** The main file and what it includes, line by line; what is not known yet is left out. */
export function readCorpus<K extends AnyKeyword>(
  main: Bytes,
  { files, globs }: Pick<Answers, 'files' | 'globs'>,
  dialect: Dialect<K>,
): Corpus<K> {
  const entries: Entry<K>[] = [];
  const documents = new Map<Bytes, Document>();
  const statements = new Map<Line, Statement<K>>();
  let lines = 0;

  const statementAt = (text: Bytes, line: Line, option: Option): Statement<K> => {
    const known = statements.get(line);
    if (known) return known;
    const made = dialect.statementOf(text, option);
    statements.set(line, made);
    return made;
  };

  const read = (file: Bytes, includes: readonly IncludeSite[], around: readonly Scope<K>[]): void => {
    const answer = files.get(file);
    if (answer?.type !== 'file' || includes.length > deepest) return;
    const all = dialect.linesOf(answer);
    lines += all.length;
    if (lines > mostLines) return;
    const isMain = includes.length === 0;
    if (!documents.has(file)) {
      documents.set(file, { file, text: answer.text, lines: all, answer, main: isMain });
    }
    let own: Scope<K> | null = null;
    for (const line of all) {
      const { option } = line;
      if (option === null) continue;
      const statement = statementAt(answer.text, line, option);
      const entry: Entry<K> = {
        file,
        text: answer.text,
        kind: dialect.kind,
        includes,
        line,
        option,
        statement,
        own,
        around,
      };
      entries.push(entry);
      if (statement.type !== 'structure') continue;
      const form = statement.keyword.form.type;
      if (form === 'host' || form === 'match')
        own = scopeOf(entry, form, dialect.wordsOf(answer.text, option));
      if (form !== 'include') continue;
      const site: IncludeSite = { file, line: line.number };
      for (const { text } of statement.words) {
        const pattern = dialect.patternOf(text);
        for (const path of (pattern === null ? null : globs.get(pattern)) ?? []) {
          read(path, [...includes, site], own === null ? around : [own, ...around]);
        }
      }
    }
  };
  read(main, [], []);
  return { entries, documents: [...documents.values()] };
}

function scopeOf<K>(header: Entry<K>, kind: 'host' | 'match', words: readonly Word[]): Scope<K> {
  const texts = words.map(({ text }) => text);
  const universal =
    kind === 'host'
      ? texts.includes('*') && !texts.some((text) => text.startsWith('!'))
      : texts.length === 1 && texts[0]?.toLowerCase() === 'all';
  return { header, kind, words, universal };
}

/** The headers that a line hangs on; none: it always counts. */
export function conditionsOf<K>({ own, around }: Entry<K>): readonly Scope<K>[] {
  return (own === null ? around : [own, ...around]).filter(({ universal }) => !universal);
}

/** The line's bytes with its line feed, and a line feed where the file ends without one. */
export function wholeLine({ text, line }: Located): Bytes {
  const whole = text.slice(line.start, line.next);
  return whole.endsWith('\n') ? whole : `${whole}${lineEndingOf(text)}`;
}

/** Which structure the line is; null: none. */
export function formOf<K extends AnyKeyword>({ statement }: Entry<K>): string | null {
  return statement.type === 'structure' ? statement.keyword.form.type : null;
}

/** The line of the header, without its indentation and comment. */
export function headerText<K>({ header: { option, text } }: Scope<K>): string {
  return textOf(text.slice(option.keyword.start, option.value.end));
}

/** `file:line`. */
export function placeText({ file, line }: Located): string {
  return `${textOf(file)}:${line.number}`;
}

/** The places of the lines with an Include that brings Host or Match lines. */
export function includesOfHeaders<K extends AnyKeyword>(entries: readonly Entry<K>[]): ReadonlySet<string> {
  const places = new Set<string>();
  for (const entry of entries) {
    const site = entry.includes.at(-1);
    const form = formOf(entry);
    if (site !== undefined && (form === 'host' || form === 'match'))
      places.add(`${textOf(site.file)}:${site.line}`);
  }
  return places;
}

/** The header that comes first in each file. */
export function firstHeaders<K extends AnyKeyword>(
  entries: readonly Entry<K>[],
): ReadonlyMap<Bytes, Entry<K>> {
  const headers = new Map<Bytes, Entry<K>>();
  for (const entry of entries) {
    const form = formOf(entry);
    if ((form === 'host' || form === 'match') && !headers.has(entry.file)) headers.set(entry.file, entry);
  }
  return headers;
}

/** Of lines that never count those that do so in every reading: a file that is included twice has each line twice. */
export function deadEverywhere<K, W>(
  entries: readonly Entry<K>[],
  dead: ReadonlyMap<Entry<K>, W>,
): readonly (readonly [Entry<K>, W])[] {
  const alive = new Set(entries.filter((entry) => !dead.has(entry)).map(placeText));
  return [...dead].filter(([entry]) => !alive.has(placeText(entry)));
}

/** White space in front of the keyword. */
export function indentOf({ text, line, option }: Located): Bytes {
  return text.slice(line.start, option.keyword.start);
}

/** Is there a blank line between two lines of a file? */
export function isApart(last: Located, entry: Located): boolean {
  return /\n[ \t\r]*\n/.test(entry.text.slice(last.line.end, entry.line.start));
}
