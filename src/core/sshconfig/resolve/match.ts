import { lowerCase, matchPattern } from '../../text/pattern.js';
import type { Bytes } from '../bytes.js';
import { type Rules, usualRules } from '../keywords/releases.js';
import { delimited, type Word } from '../syntax/linewords.js';
import { type Matched, MatchVerdict, type Subject } from './criteria.js';
import type { Activity } from './resolvedconfig.js';

/** Why a Host line does not apply, most of the time. */
export const noMatch = 'no pattern matches';

/** Host's patterns: the first one that vetoes ends it. `never`: inside an Include that does not apply. */
export function matchHost(
  name: Bytes,
  words: readonly Word[],
  never: boolean,
): { activity: Activity; why: string } | 'empty' {
  let matched: Bytes | null = null;
  for (const { text } of words) {
    if (text === '') return 'empty';
    if (never) return { activity: 'no', why: 'its file is included by a block that does not match' };
    const negated = text.startsWith('!');
    if (!matchPattern(name, negated ? text.slice(1) : text)) continue;
    if (negated) return { activity: 'no', why: `the pattern ${text} excludes it` };
    matched ??= text;
  }
  if (matched === null) return { activity: 'no', why: noMatch };
  return { activity: 'yes', why: `the pattern ${matched} matches` };
}

/**
 * The criteria of a Match line before 9.8 (`match_cfg_line` in readconf.c: words by `strdelim`), from left to right. All of
 * them must hold; none is skipped, except that a command is not run once something failed.
 */
export function matchLine(text: Bytes, from: number, end: number, subject: Subject): Matched {
  const { newWords } = subject.rules ?? usualRules;
  const verdict = new MatchVerdict(subject);
  let next: number | null = from;
  const take = (): Bytes | null => {
    if (next === null) return null;
    const taken = delimited(text, next, end);
    next = taken?.next ?? null;
    return taken?.word.text ?? null;
  };
  // Before 8.7 one more empty word did no harm, and no comment was known.
  const leftover = (): boolean => (newWords ? next !== null && next < end : (take() ?? '') !== '');
  const isComment = (word: Bytes): boolean => newWords && word.startsWith('#');

  for (;;) {
    const written = take();
    if (written === null || written === '') break;
    if (isComment(written)) {
      next = null;
      break;
    }
    const negated = written.startsWith('!');
    const attribute = lowerCase(negated ? written.slice(1) : written);
    if (attribute === 'all') {
      const after = take();
      if (verdict.count > 1 || (after !== null && after !== '' && !isComment(after))) {
        return verdict.refused('"all" stands with other criteria', 'Match all, or one criterion before it');
      }
      if (after !== null && isComment(after)) next = null;
      if (negated) verdict.fold(false, '!all never holds');
      if (!leftover()) return verdict.decided();
      return verdict.refused('something follows an empty word', verdict.criteria);
    }
    verdict.count += 1;
    if (attribute === 'canonical' || attribute === 'final') {
      verdict.pass(attribute, negated, written);
      continue;
    }
    const value = take();
    if (value === null || value === '' || isComment(value)) {
      return verdict.refused(`${JSON.stringify(written)} has no value`, verdict.criteria);
    }
    const ended = verdict.judge(attribute, negated, written, value);
    if (ended !== null) return ended;
  }
  if (verdict.count === 0) return verdict.refused('there is no criterion', verdict.criteria);
  if (leftover()) return verdict.refused('something follows an empty word', verdict.criteria);
  return verdict.decided();
}

const equated = [
  'host',
  'originalhost',
  'user',
  'localuser',
  'localnetwork',
  'version',
  'tagged',
  'command',
  'exec',
];
const mayBeEmpty = ['tagged', 'command'];

/** Where the `=` of a criterion stands that has its value in the same word; -1: it has none. */
function signIn(attribute: string): number {
  const sign = attribute.indexOf('=');
  return equated.includes(attribute.slice(0, Math.max(sign, 0))) ? sign : -1;
}

/** The words of a Match line since 9.8, criteria and values apart also where they are one word. */
export function criteriaWords(
  words: readonly Word[],
  { matchEquals }: Pick<Rules, 'matchEquals'>,
): readonly Word[] {
  let isValue = false;
  return words.flatMap((word) => {
    const { text } = word;
    const attribute = lowerCase(text.startsWith('!') ? text.slice(1) : text);
    const sign = matchEquals && !isValue ? signIn(attribute) : -1;
    isValue = !isValue && sign < 0 && !['all', 'canonical', 'final'].includes(attribute);
    if (sign < 0) return [word];
    const cut = text.indexOf('=');
    return [
      { ...word, text: text.slice(0, cut) },
      { ...word, text: text.slice(cut + 1) },
    ];
  });
}

/** The same since 9.8, with the words of any line; `name=value` in one word since 10.0. */
export function matchWords(words: readonly Word[], subject: Subject): Matched {
  const { matchEquals } = subject.rules ?? usualRules;
  const verdict = new MatchVerdict(subject);
  let at = 0;
  const take = (): Bytes | null => words[at++]?.text ?? null;
  for (let written = take(); written !== null; written = take()) {
    if (written.startsWith('#')) break;
    const negated = written.startsWith('!');
    let attribute = lowerCase(negated ? written.slice(1) : written);
    if (attribute === 'all') {
      const after = take();
      if (verdict.count > 1 || (after !== null && after !== '' && !after.startsWith('#'))) {
        return verdict.refused('"all" stands with other criteria', 'Match all, or one criterion before it');
      }
      if (negated) verdict.fold(false, '!all never holds');
      if (after === '' && at < words.length) {
        return verdict.refused('something follows an empty word', verdict.criteria);
      }
      return verdict.decided();
    }
    verdict.count += 1;
    if (attribute === 'canonical' || attribute === 'final') {
      verdict.pass(attribute, negated, written);
      continue;
    }
    let value: Bytes | null;
    const sign = matchEquals ? signIn(attribute) : -1;
    if (sign >= 0) {
      value = written.slice(written.indexOf('=') + 1);
      attribute = attribute.slice(0, sign);
    } else {
      value = take();
    }
    if (value === null || value.startsWith('#') || (value === '' && !mayBeEmpty.includes(attribute))) {
      return verdict.refused(`${JSON.stringify(written)} has no value`, verdict.criteria);
    }
    const ended = verdict.judge(attribute, negated, written, value);
    if (ended !== null) return ended;
  }
  if (verdict.count === 0) return verdict.refused('there is no criterion', verdict.criteria);
  return verdict.decided();
}
