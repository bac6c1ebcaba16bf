import { lowerCase, matchPattern } from '../../text/pattern.js';
import type { Bytes } from '../bytes.js';
import type { Rules } from '../keywords/releases.js';
import { delimitedWords, type Word } from '../syntax/linewords.js';
import type { Activity } from './resolvedconfig.js';

/** Why a Host line does not apply, most of the time. */
export const noMatch = 'no pattern matches';

/** Why no header applies inside an Include that does not. */
export const unmatchedInclude = 'its file is included by a block that does not match';

/** Host's patterns: the first one that vetoes ends it. `never`: inside an Include that does not apply. */
export function matchHost(
  name: Bytes,
  words: readonly Word[],
  never: boolean,
): { activity: Activity; why: string } | 'empty' {
  let matched: Bytes | null = null;
  for (const { text } of words) {
    if (text === '') return 'empty';
    if (never) return { activity: 'no', why: unmatchedInclude };
    const negated = text.startsWith('!');
    if (!matchPattern(name, negated ? text.slice(1) : text)) continue;
    if (negated) return { activity: 'no', why: `the pattern ${text} excludes it` };
    matched ??= text;
  }
  if (matched === null) return { activity: 'no', why: noMatch };
  return { activity: 'yes', why: `the pattern ${matched} matches` };
}

/** What the criteria of a line come to, as they are taken one by one. `M`: what is said in the end. */
export interface Verdict<M> {
  /** What a criterion may be, for a message. */
  readonly criteria: string;
  /** How many criteria may stand in front of `all`. */
  readonly beforeAll: 0 | 1;
  refused(reason: string, suggestion: string): M;
  decided(leftover: boolean): M;
  /** A word without a value, as `all`. False: it is none. */
  bare(attribute: string, negated: boolean, written: Bytes): boolean;
  /** A criterion with its value. Null: go on. */
  judge(attribute: string, negated: boolean, written: Bytes, value: Bytes): M | null;
}

/** The rules of releases that count here. */
export type CriteriaRules = Pick<Rules, 'newWords' | 'matchWords' | 'matchEquals'>;

/**
 * The criteria of a Match line, from left to right (`match_cfg_line` in readconf.c and in servconf.c). All of them must
 * hold; none is skipped.
 */
export function matchCriteria<M>(words: readonly Word[], verdict: Verdict<M>, rules: CriteriaRules): M {
  const isComment = (word: Bytes): boolean => rules.newWords && word.startsWith('#');
  let at = 0;
  let count = 0;
  const take = (): Bytes | null => {
    const word = words[at]?.text ?? null;
    at = word !== null && isComment(word) ? words.length : at + 1;
    return word;
  };
  // Before 8.7 one more empty word did no harm.
  const decided = () => verdict.decided(at < words.length && (rules.newWords || words[at]?.text !== ''));
  for (;;) {
    const written = take();
    if (written === null || isComment(written) || (written === '' && !rules.matchWords)) break;
    const negated = written.startsWith('!');
    let attribute = lowerCase(negated ? written.slice(1) : written);
    if (attribute === 'all') {
      const after = take();
      if (count > verdict.beforeAll || (after !== null && after !== '' && !isComment(after))) {
        const suggestion = verdict.beforeAll === 0 ? 'Match all' : 'Match all, or one criterion before it';
        return verdict.refused('"all" stands with other criteria', suggestion);
      }
      verdict.bare(attribute, negated, written);
      return decided();
    }
    count += 1;
    if (verdict.bare(attribute, negated, written)) continue;
    let value: Bytes | null;
    const sign = rules.matchEquals ? signIn(attribute) : -1;
    if (sign >= 0) {
      value = written.slice(written.indexOf('=') + 1);
      attribute = attribute.slice(0, sign);
    } else {
      value = take();
    }
    const isNone = value === '' && !(rules.matchWords && mayBeEmpty.includes(attribute));
    if (value === null || isComment(value) || isNone) {
      return verdict.refused(`${JSON.stringify(written)} has no value`, verdict.criteria);
    }
    const ended = verdict.judge(attribute, negated, written, value);
    if (ended !== null) return ended;
  }
  return count === 0 ? verdict.refused('there is no criterion', verdict.criteria) : decided();
}

/** The words of a Match line by `strdelim`, as before 9.8 and in sshd. What begins with an open quote is an empty word. */
export function delimitedCriteria(text: Bytes, from: number, end: number): readonly Word[] {
  const { words, open } = delimitedWords(text, from, end);
  const rest = { text: '', start: end, end };
  // Behind a last word in quotes there is no other one.
  if (!open) return words.at(-1)?.start === end ? words.slice(0, -1) : words;
  return [...words, rest];
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
