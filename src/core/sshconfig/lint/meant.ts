/** Lines that say something else than they were meant to, where what was meant is beyond doubt. */

import { lowerCase } from '../../text/pattern.js';
import { type Bytes, textOf } from '../bytes.js';
import { lineEndingOf } from '../syntax/lines.js';
import { type Corpus, type Entry, indentOf } from './corpus.js';
import type { Finding } from './finding.js';
import { byHand, type FileReader, findingAt, replaced } from './lintreport.js';

/** Text of an echo without -e: a backslash and an n where a line was to end. */
export function lintLiteralEnds<K>(
  { entries }: Corpus<K>,
  { nameOf }: FileReader,
): readonly Finding<'literal-newline'>[] {
  const suspects = entries.filter(({ text, line, option }) =>
    text.slice(option.keyword.start, line.end).includes('\\n'),
  );
  return suspects.flatMap((entry) => {
    const { text, line, option } = entry;
    const { start } = option.keyword;
    // A command may want them; so may what stands in quotes.
    if (option.name.endsWith('command')) return [];
    const written = text.slice(start, line.end);
    const parts = written.split(/(?:\\r)?\\n(?:\\t|[ \t])*/);
    const [first, ...rest] = parts.map((part) => part.replace(/\s+$/, ''));
    const lines = rest.filter((part) => part !== '');
    const named = (part: Bytes) =>
      nameOf(lowerCase(/^[A-Za-z0-9]+(?=[ \t=])/.exec(part)?.[0] ?? '')) !== null;
    if (
      first === undefined ||
      /["']/.test(first) ||
      rest.length === 0 ||
      !named(`${first} `) ||
      lines.length === 0
    )
      return [];
    if (!lines.every((part) => part.startsWith('#') || named(part))) return [];
    const isHeader = /^(?:host|match)[ \t=]/i;
    const own = isHeader.test(first) ? `${indentOf(entry)}  ` : indentOf(entry);
    let indent = own;
    const below = lines.map((part) => {
      if (isHeader.test(part)) {
        indent = `${indentOf(entry)}  `;
        return `${indentOf(entry)}${part}`;
      }
      return `${indent}${part}`;
    });
    const whole = [first, ...below].join(lineEndingOf(text));
    const end = text[line.end - 1] === '\r' ? line.end - 1 : line.end;
    const at = start + text.slice(start, line.end).search(/(?:\\r)?\\n/);
    const sentence = 'a backslash and an n end no line: all of this is one line';
    const fix = { sentence: 'write a line for each option', edit: replaced(entry, start, end, whole) };
    return [findingAt(entry, 'literal-newline', sentence, fix, { start: at, end })];
  });
}

/** `Keyword: value` and `Keyword:value`, as in YAML: where the word in front of the colon is a keyword, the edit. */
export function colonFix<K>(entry: Entry<K>, nameOf: (name: Bytes) => string | null): Finding['fix'] | null {
  const { text, line, option } = entry;
  const { start, end } = option.keyword;
  // `Keyword : value`, where the colon is a word by itself.
  const alone = /^:[ \t]+(?=\S)/.exec(text.slice(option.value.start, option.value.end));
  const keyword = nameOf(option.name);
  if (alone !== null && keyword !== null) {
    const edit = replaced(entry, option.value.start, option.value.start + alone[0].length, '');
    return { sentence: `write ${keyword} without the colon`, edit };
  }
  const found = /^([A-Za-z0-9]+):(.*)$/.exec(text.slice(start, end));
  const name = found === null ? null : nameOf(lowerCase(found[1] ?? ''));
  if (found === null || name === null) return null;
  const glued = found[2] ?? '';
  const value = option.value.start < option.value.end;
  // Behind `Keyword:` alone there is no value that could be meant.
  if (glued === '' && !value) return byHand(`write ${name} and a value, without the colon`);
  const stop = glued === '' ? end : start + (found[1] ?? '').length + 1;
  const fix = `${name}${glued === '' ? '' : ' '}`;
  return stop > line.end
    ? null
    : { sentence: `write ${name} without the colon`, edit: replaced(entry, start, stop, fix) };
}

/** A forward in one word, as it stands behind -L and -R. */
export function forwardFix<K>(entry: Entry<K>): Finding['fix'] | null {
  const { text, option } = entry;
  if (!['localforward', 'remoteforward'].includes(option.name)) return null;
  const found =
    /^((?:(?:[^\s:"'#[\]]*|\[[^\s\]]+\]):)?\d+):((?:[^\s:"'#[\]]+|\[[^\s\]]+\]):\d+)(?=\s+#|$)/.exec(
      text.slice(option.value.start, option.value.end),
    );
  const [, listen, target] = found ?? [];
  if (listen === undefined || target === undefined) return null;
  const at = option.value.start + listen.length;
  return {
    sentence: `put a blank between the two: ${textOf(`${listen} ${target}`)}`,
    edit: replaced(entry, at, at + 1, ' '),
  };
}

/** A header without a word: it cannot be known which hosts were meant. */
export function headerFix<K>(entry: Entry<K>): Finding['fix'] | null {
  const { name, value } = entry.option;
  if (name !== 'host' || value.start < value.end) return null;
  return byHand('name the host, as in Host db, or all of them: Host *');
}
