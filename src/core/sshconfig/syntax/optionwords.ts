/** The words of a line as a release reads them, whatever it says of their value. */
import type { Bytes } from '../bytes.js';
import { type Rules, usualRules } from '../keywords/releases.js';
import { criteriaWords } from '../resolve/match.js';
import type { Option } from './lines.js';
import { delimitedWords, splitArguments, type Word } from './linewords.js';

/**
 * Up to a comment, or to what ssh does not look at any more; none where a quote is not closed. Of Match: criteria and their
 * values in turn, also where both stand in one word.
 */
export function wordsOf(text: Bytes, option: Option, rules: Rules = usualRules): readonly Word[] {
  const { start, end } = option.value;
  if (option.name === 'match') {
    return rules.matchWords
      ? criteriaWords(splitArguments(text, start, end) ?? [], rules)
      : oldCriteria(text, start, end, rules);
  }
  if (rules.newWords) return splitArguments(text, start, end) ?? [];
  const { words } = delimitedWords(text, start, end, option.name !== 'setenv');
  const empty = words.findIndex((word) => word.text === '');
  return empty === -1 ? words : words.slice(0, empty);
}

/** The words of a Match line by `strdelim`, as before 9.8 and in sshd. */
export function oldCriteria(
  text: Bytes,
  start: number,
  end: number,
  { newWords }: Pick<Rules, 'newWords'> = usualRules,
): readonly Word[] {
  const { words } = delimitedWords(text, start, end);
  const stop = words.findIndex((word) => word.start === end || (newWords && word.text.startsWith('#')));
  return stop === -1 ? words : words.slice(0, stop);
}
