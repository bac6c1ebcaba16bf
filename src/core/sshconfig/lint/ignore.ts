/** Options that only some builds of ssh know, and the IgnoreUnknown that lets the others pass them over. */

import type { Bytes } from '../bytes.js';
import { textOf } from '../bytes.js';
import { lineEndingOf } from '../syntax/lines.js';
import { type Corpus, conditionsOf, type Entry, placeText } from './corpus.js';
import type { Finding, Splice } from './finding.js';
import { keyOf, removal, settingOf } from './lintreport.js';

/**
 * IgnoreUnknown with one more name, so that it counts for a line. ssh takes the first value: a second line would count for
 * nothing, so a list that always counts above the line grows; else one list with all names goes to the top of the main file.
 */
export function ignoring(corpus: Corpus, entry: Entry, name: Bytes): Finding['fix'] {
  const ignores = corpus.entries.filter((each) => keyOf(each) === 'ignoreunknown');
  const at = corpus.entries.indexOf(entry);
  const [first] = ignores;
  if (first && conditionsOf(first).length === 0 && corpus.entries.indexOf(first) < at) {
    return {
      sentence: `add ${textOf(name)} to the IgnoreUnknown at ${placeText(first)}`,
      edit: longer(first, name),
    };
  }
  const known = ignores.flatMap(patternsOf);
  const names = [...new Set([...known, name])].join(',');
  const sentence = `put IgnoreUnknown ${textOf(names)} at the top of the file, above it`;
  const main = corpus.documents.find((each) => each.main);
  if (main === undefined || /[\s"'\\#]/.test(names)) return { sentence, edit: null };
  const text = `IgnoreUnknown ${names}${lineEndingOf(main.text)}`;
  return { sentence, edit: { file: main.file, from: 0, to: 0, text } };
}

/** Of a list that an earlier one shadows: its names belong into that one, and then it may go. */
export function joinedLists(winner: Entry, dead: Entry): Finding['fix'] {
  const inForce = patternsOf(winner);
  const missing = patternsOf(dead).filter((pattern) => !inForce.includes(pattern));
  if (missing.length === 0) return removal(dead);
  const names = missing.join(',');
  return {
    sentence: `add ${textOf(names)} to the IgnoreUnknown at ${placeText(winner)}`,
    edit: longer(winner, names),
  };
}

function patternsOf(entry: Entry): readonly Bytes[] {
  const patterns = settingOf(entry);
  return typeof patterns === 'string' ? patterns.split(',') : [];
}

/** Null: it is no one word, its quotes are inside it, or the name stands in it and something else is in the way. */
function longer(entry: Entry, name: Bytes): Splice | null {
  const { statement, text, file } = entry;
  if (statement.type !== 'value' || patternsOf(entry).includes(name)) return null;
  const [word, more] = statement.words;
  if (word === undefined || more !== undefined) return null;
  const written = text.slice(word.start, word.end);
  const [, quote = ''] = /^(["'])[^"']*\1$/.exec(written) ?? [];
  if (quote === '' && /["']/.test(written)) return null;
  const end = word.end - quote.length;
  return { file, from: end, to: end, text: `,${name}` };
}
