import { type Bytes, textOf } from '../bytes.js';
import type { Keyword } from '../keywords/keyword.js';
import { keywordOf } from '../keywords/keywords.js';
import { type Release, rulesOf } from '../keywords/releases.js';
import { suggestKeyword } from '../keywords/suggest.js';
import type { Need, ResolveInput } from '../resolve/resolveinput.js';
import { optionOf } from '../syntax/lines.js';
import { splitArguments } from '../syntax/linewords.js';
import { wordsOf } from '../syntax/optionwords.js';
import { statementOf } from '../syntax/statements.js';
import type { Value } from '../values/values.js';
import type { EditRefusal, OptionGoal } from './change.js';

/** An option as it will stand in a file, and what ssh reads there. */
export interface FormattedOption {
  /** The option's name, lower case, aliases folded. */
  readonly key: string;
  /** Null: an option that ssh does not know and that is allowed. */
  readonly keyword: Keyword | null;
  /** As ssh_config(5) spells it. */
  readonly name: Bytes;
  /** The value's bytes, quoted where they have to be. */
  readonly value: Bytes;
  /** The one word that the value is; null: it is several words, or taken as it stands. */
  readonly word: Bytes | null;
  /** Null for an unknown option. */
  readonly means: Value | null;
  /** What RekeyLimit and ForwardAgent keep beside it. */
  readonly second: Value | null;
}

export type FormatResult =
  | { readonly type: 'formatted'; readonly formatted: readonly FormattedOption[] }
  | { readonly type: 'refused'; readonly refusal: EditRefusal }
  | { readonly type: 'needs'; readonly needs: readonly Need[] };

const ofServer: Readonly<Record<string, string>> = {
  clientaliveinterval: '--interval',
  clientalivecountmax: '--count',
};

/** The keyword of an option that a host may have. */
export function optionNamed(
  name: Bytes,
  allowUnknown: boolean,
  release: Release,
): { readonly keyword: Keyword | null } | { readonly refusal: EditRefusal } {
  const key = name.toLowerCase();
  const keyword = keywordOf(key, release);
  const flag = Object.hasOwn(ofServer, key) ? ofServer[key] : undefined;
  if (flag !== undefined) {
    const command = `holdfast sshd keepalive ${flag} ...`;
    return { refusal: { type: 'server-option', option: name, command } };
  }
  if (keyword && ['host', 'match', 'include'].includes(keyword.form.type)) {
    return { refusal: { type: 'structure', option: keyword.name } };
  }
  if (keyword) return { keyword };
  if (allowUnknown && /^[A-Za-z][A-Za-z0-9-]*$/.test(name)) return { keyword: null };
  return { refusal: { type: 'unknown-option', option: name, meant: suggestKeyword(key, release) } };
}

/**
 * The lines for an option and its words: several where each word is a line of its own (IdentityFile). What is written is
 * read again by the same readers that read files, so ports, times and names are checked as the release in use does.
 */
export function formatOption(
  requested: OptionGoal,
  input: ResolveInput,
  services: ReadonlyMap<Bytes, number | null>,
  allowUnknown: boolean,
): FormatResult {
  const { release, banner } = input.facts;
  const named = optionNamed(requested.option, allowUnknown, release);
  if ('refusal' in named) return { type: 'refused', refusal: named.refusal };
  const { keyword } = named;
  const name = keyword?.name ?? requested.option;
  const refused = (reason: Bytes, right: Bytes): FormatResult => ({
    type: 'refused',
    refusal: { type: 'value', option: name, reason, suggestion: right },
  });
  const { values } = requested;
  if (values.length === 0) return refused('there is no value', 'a value');
  if (values.some((value) => /[\0\n\r]/.test(value))) {
    return refused('it has a line break or a NUL in it', 'a value on one line');
  }
  const key = keyword?.key ?? requested.option.toLowerCase();
  const isOneEach = keyword?.combine === 'each' && keyword.takes === 'one';
  const lists = isOneEach ? values.map((value) => [value]) : [values];
  const all: FormattedOption[] = [];
  for (const words of lists) {
    const made = formatWords(words, keyword, name, key);
    const text = `${name} ${made.value}`;
    const option = optionOf(text, 0, text.length);
    if (option === null) return refused('nothing can be read there', 'a value');
    if (keyword === null) {
      if (splitArguments(text, option.value.start, option.value.end) === null) {
        return refused('a quote is not closed', 'quotes in pairs');
      }
      all.push({ ...made, means: null, second: null });
      continue;
    }
    const context = {
      env: input.facts.env,
      services: (service: Bytes) => services.get(service),
      onCommandLine: false,
      rules: rulesOf(release, banner),
    };
    const statement = statementOf(text, option, context);
    if (statement.type === 'service')
      return { type: 'needs', needs: [{ type: 'service', name: statement.name }] };
    if (statement.type === 'fault') return refused(statement.reason, statement.suggestion);
    if (statement.type !== 'value') return refused('it is no value', 'a value');
    if (statement.extra !== null) {
      return refused(`${JSON.stringify(textOf(statement.extra))} is one word too many`, 'one value');
    }
    const { value } = statement.reading;
    if (value.type === 'nothing' && keyword.form.type !== 'ignored') {
      return refused('none sets nothing there, and what stands further down would count', '0 to turn it off');
    }
    const raw = keyword.form.type === 'command' || keyword.form.type === 'jump';
    const read = wordsOf(text, option, context.rules).map((word) => word.text);
    if (!raw && made.word !== null && (read.length !== 1 || read[0] !== made.word)) {
      return refused(
        `${JSON.stringify(textOf(made.word))} cannot be written so that ssh reads it`,
        'other characters',
      );
    }
    all.push({ ...made, means: value, second: statement.reading.second });
  }
  return { type: 'formatted', formatted: all };
}

function formatWords(
  words: readonly Bytes[],
  keyword: Keyword | null,
  name: Bytes,
  key: string,
): Omit<FormattedOption, 'means' | 'second'> {
  const form = keyword?.form.type;
  const one = words.length === 1 ? (words[0] ?? '') : null;
  if (form === 'command' || form === 'jump') {
    return { key, keyword, name, value: words.join(' ').trim(), word: null };
  }
  // Addresses have no blanks: `8080 db:80` in one piece is meant as two words.
  if (form === 'forward' && keyword?.takes === 'pair' && one !== null && /\s/.test(one)) {
    const parts = one.trim().split(/[ \t]+/);
    return { key, keyword, name, value: parts.map(quoteConfigWord).join(' '), word: null };
  }
  return { key, keyword, name, value: words.map(quoteConfigWord).join(' '), word: one };
}

/** A word that ssh reads as it is here, in quotes only where it needs them (`argv_split` in misc.c). */
export function quoteConfigWord(word: Bytes): Bytes {
  const unquoted = word !== '' && !/[\s"']|^[#=]|\\(?:["'\\ ]|$)/.test(word);
  return unquoted ? word : inQuotes(word, '"');
}

export function inQuotes(word: Bytes, quote: '"' | "'"): Bytes {
  return `${quote}${word.replace(/["'\\]/g, (sign) => (sign === '\\' || sign === quote ? `\\${sign}` : sign))}${quote}`;
}
