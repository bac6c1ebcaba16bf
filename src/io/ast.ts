/**
 * The sections of the package `ssh-config`, for programs that use it, and the composer of new blocks. What it prints is
 * read again by our own parser: its round trip changes 28 of 192 valid files, and none of those may be written.
 */

import SSHConfig from 'ssh-config';
import { FailureError, failure } from '../core/failure.js';
import { type Bytes, bytesOf, textOf } from '../core/sshconfig/bytes.js';
import type { Keyword } from '../core/sshconfig/keywords/keyword.js';
import { keywordOf } from '../core/sshconfig/keywords/keywords.js';
import { linesOf, type Option } from '../core/sshconfig/syntax/lines.js';
import { delimited, splitArguments } from '../core/sshconfig/syntax/linewords.js';
import { messageOf } from '../core/text/reason.js';

/** What `SSHConfig.parse` of the package gives: lines, and sections with lines of their own. */
export type Ast = SSHConfig;

type AstLine = SSHConfig[number];
type AstDirective = Extract<AstLine, { readonly param: string }>;

/**
 * The text as the package takes it apart. Throws a FailureError of kind `config` that names the first line which the
 * package does not understand, or takes for something else than ssh does.
 */
export function toAst(text: string): Ast {
  let ast: Ast;
  try {
    ast = SSHConfig.parse(text);
  } catch (thrown) {
    const reason = messageOf(thrown);
    throw refused(lineThatThrows(text), `the package ssh-config cannot hold it (${reason})`);
  }
  compare(ast, text, 'the package ssh-config takes it for');
  return ast;
}

/**
 * The text of these sections, as the package prints it. Throws a FailureError of kind `config` that names the first line
 * (of that text) whose keyword or arguments would not be those of the section: a trailing comment that lost its blank,
 * a quote inside a value, a line feed.
 */
export function fromAst(ast: Ast): string {
  const text = SSHConfig.stringify(ast);
  compare(ast, text, 'the section says');
  return text;
}

/** The package gives no line numbers: the first line that it refuses alone. */
function lineThatThrows(text: string): number {
  const lines = text.split('\n');
  const at = lines.findIndex((line) => {
    try {
      SSHConfig.parse(line);
      return false;
    } catch {
      return true;
    }
  });
  return Math.max(at, 0) + 1;
}

function refused(line: number, reason: string): FailureError {
  return new FailureError(failure('config', `line ${line}: ${reason}`));
}

/** Do text and sections have the same keywords and arguments, one by one? */
function compare(ast: Ast, text: string, verb: string): void {
  const bytes = bytesOf(text);
  const said = linesOf(bytes).flatMap(({ number, option }) => (option === null ? [] : [{ number, option }]));
  const meant = [...directivesOf(ast)];
  for (const [at, { number, option }] of said.entries()) {
    const directive = meant[at];
    const keyword = quoted(option.keyword.text);
    if (directive === undefined) throw refused(number, `ssh reads an option ${keyword}; no section has it`);
    if (option.keyword.text !== bytesOf(directive.param)) {
      throw refused(number, `ssh reads the keyword ${keyword}; ${verb} ${quoted(bytesOf(directive.param))}`);
    }
    const expected = argumentsOf(directive);
    for (const found of readings(bytes, option)) {
      if (expected !== null && found !== null && same(expected, found)) continue;
      const secret = option.name === 'setenv';
      const shown = (words: readonly Bytes[] | null, unclear: string) =>
        words === null ? unclear : secret ? 'something else' : words.map(quoted).join(' ') || 'nothing';
      throw refused(
        number,
        `${option.keyword.text}: ssh reads ${shown(found, 'quotes that are not closed')}; ${verb} ${shown(expected, 'quotes that are not closed')}`,
      );
    }
  }
  const missing = meant[said.length];
  if (missing) {
    const last = linesOf(bytes).length;
    throw refused(Math.max(last, 1), `${quoted(bytesOf(missing.param))} is nothing that ssh would read`);
  }
}

const quoted = (bytes: Bytes) => JSON.stringify(textOf(bytes));

function same(one: readonly Bytes[], other: readonly Bytes[]): boolean {
  return one.length === other.length && one.every((word, at) => word === other[at]);
}

function* directivesOf(lines: Ast): Generator<AstDirective> {
  for (const line of lines) {
    if (line.type !== SSHConfig.DIRECTIVE) continue;
    // A list of an option that may be repeated is printed as one line for each; in any other case of letters it is not.
    const each = keywordOf(line.param.toLowerCase())?.combine === 'each' && typeof line.value !== 'string';
    if (each) for (const { val } of [...line.value].map(itemOf)) yield { ...line, value: val };
    else yield line;
    if ('config' in line) yield* directivesOf(line.config);
  }
}

/** The arguments as ssh takes them; for Match by both of its rules, that of 9.2 and that since 9.9. */
function readings(text: Bytes, option: Option): readonly (readonly Bytes[] | null)[] {
  const { start, end } = option.value;
  const words = splitArguments(text, start, end);
  const texts = words?.map((word) => word.text) ?? null;
  const form = keywordOf(option.name)?.form.type;
  if (form === 'match') return [delimitedWords(text, start, end), texts && criteria(texts)];
  // A command is the whole rest of the line: what looks like a comment belongs to it.
  if (form === 'command' && words && (words.at(-1)?.end ?? start) < end) return [[...(texts ?? []), '#']];
  return [texts];
}

function delimitedWords(text: Bytes, start: number, end: number): readonly Bytes[] | null {
  const words: Bytes[] = [];
  for (let next: number | null = start; next !== null && next < end; ) {
    const taken = delimited(text, next, end);
    if (taken === null) return null;
    if (taken.word.text.startsWith('#')) break;
    words.push(taken.word.text);
    next = taken.next;
  }
  return words;
}

const withValue =
  /^(!?(?:host|originalhost|user|localuser|localnetwork|version|tagged|command|exec))=(.*)$/is;

function criteria(words: readonly Bytes[]): readonly Bytes[] {
  return words.flatMap((word) => {
    const [, name, value] = withValue.exec(word) ?? [];
    return name === undefined || value === undefined ? [word] : [name, value];
  });
}

/** Values that the package keeps as a list: one string is one word there. */
const listForms = ['host', 'match', 'include', 'sendEnv', 'files', 'domains', 'qos'];

/**
 * The arguments that a directive stands for; null where that is not known. A value with `quoted` is one word, escapes of `"`
 * already taken off; any other stands as it would in a file.
 */
function argumentsOf({ param, value, quoted: whole }: AstDirective): readonly Bytes[] | null {
  const keyword: Keyword | undefined = keywordOf(param.toLowerCase());
  const form = keyword?.form.type ?? 'unknown';
  if (typeof value !== 'string') {
    if (form === 'command') return commandWords(value);
    const words: Bytes[] = [];
    for (const each of value) {
      const one = each.quoted || /\s/.test(each.val) ? [unescaped(each.val)] : wordsOf(each.val);
      if (one?.length !== 1) return null;
      words.push(...one);
    }
    return words;
  }
  if (whole) return [unescaped(value)];
  const special = /["']|\\[\\"' ]/.test(value);
  const oneWord = keyword?.takes === 'one' ? form !== 'forward' : listForms.includes(form);
  if (value !== '' && !special && oneWord) return [bytesOf(value)];
  // A list of one word has lost its quotes: what blanks are left were in them.
  if (listForms.includes(form) && /\s/.test(value)) return null;
  return wordsOf(value);
}

type ValueItem = Exclude<AstDirective['value'], string>[number];

/** `append` of the package leaves plain strings in lists, whatever its types say. */
function itemOf(item: ValueItem | string): Pick<ValueItem, 'val' | 'separator' | 'quoted'> {
  return typeof item === 'string' ? { val: item, separator: ' ' } : item;
}

/** A command may have blanks in single quotes, which the package knows nothing of: they stay as they are. */
function commandWords(items: readonly ValueItem[]): readonly Bytes[] | null {
  let text = '';
  let open = false;
  for (const { val, separator, quoted: whole } of items) {
    // Its own quotes inside of those: not where they were.
    if (whole && open) return null;
    if (!whole) for (const letter of val) if (letter === "'") open = !open;
    text += (text === '' ? '' : separator) + (whole ? `"${val.replace(/"/g, '\\"')}"` : val);
  }
  return wordsOf(text);
}

function unescaped(value: string): Bytes {
  return bytesOf(value.replace(/\\([\\'"])/g, '$1'));
}

function wordsOf(value: string): readonly Bytes[] | null {
  const bytes = bytesOf(value);
  return splitArguments(bytes, 0, bytes.length)?.map(({ text }) => text) ?? null;
}
