/** Patterns of Host lines, and comments that are none. */
import { textOf } from '../bytes.js';
import type { Word } from '../syntax/linewords.js';
import { type Corpus, type Entry, formOf, placeText } from './corpus.js';
import type { Finding } from './finding.js';
import { byHand, findingAt, replaced } from './lintreport.js';

export function lintNames({ entries }: Corpus): readonly Finding[] {
  const found: Finding[] = [];
  const blocks = new Map<string, Entry>();
  for (const entry of entries) {
    const { statement } = entry;
    if (statement.type !== 'structure' || formOf(entry) !== 'host') continue;
    for (const word of statement.words) found.push(...strange(entry, word));
    const patterns = JSON.stringify(statement.words.map(({ text }) => text).sort());
    const first = blocks.get(patterns);
    if (first === undefined) blocks.set(patterns, entry);
    else if (placeText(first) !== placeText(entry)) {
      const sentence = `${placeText(first)} has the same patterns; where both set an option, that one wins`;
      found.push(findingAt(entry, 'duplicate-host', sentence, byHand('put the lines into one block')));
    }
  }
  return found;
}

function* strange(entry: Entry, word: Word): Generator<Finding> {
  const written = entry.text.slice(word.start, word.end);
  const said = JSON.stringify(textOf(word.text));
  if (word.text.includes(',')) {
    const apart = written.split(',').filter((part) => part !== '');
    const sentence = `${said} is one name with a comma in it, and no host has that`;
    const edit = /["'\\]/.test(written) ? null : replaced(entry, word.start, word.end, apart.join(' '));
    yield findingAt(
      entry,
      'comma-in-host',
      sentence,
      { sentence: 'put blanks between the patterns', edit },
      word,
    );
  }
  const open = word.text.indexOf('[');
  if (open !== -1 && word.text.indexOf(']', open) > open + 1) {
    const sentence = `${said} matches no host: a bracket is part of the name`;
    const fix = byHand('name each host, or use ? for one character');
    yield findingAt(entry, 'brackets-in-host', sentence, fix, word);
  }
}

/** The place of a `#` that was meant to begin a comment; null: there is none, or it may be meant. */
function gluedAt(entry: Entry): number | null {
  const { text, option, statement } = entry;
  if (statement.type === 'value' && ['command', 'ignored'].includes(statement.keyword.form.type)) return null;
  // In a value that ssh takes, a # may be what was meant: a user, a path.
  if (formOf(entry) !== 'host' && statement.type !== 'fault' && statement.type !== 'service') return null;
  const { start, end } = option.value;
  const raw = text.slice(start, end);
  const at = /[^\s#"'\\](#)/.exec(raw);
  if (at === null || /["']/.test(raw.slice(0, at.index))) return null;
  return start + at.index + 1;
}

export function lintGlued({ entries }: Corpus): readonly Finding[] {
  return entries.flatMap((entry) => {
    const at = gluedAt(entry);
    if (at === null) return [];
    const sentence = 'the # belongs to the word in front of it and begins no comment';
    const fix = { sentence: 'put a blank before the #', edit: replaced(entry, at, at, ' ') };
    return [findingAt(entry, 'glued-comment', sentence, fix, { start: at, end: entry.option.value.end })];
  });
}
