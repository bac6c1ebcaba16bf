/** The criteria of Match lines, compared. */
import { isPatternWithin, lowerCase } from '../../../text/pattern.js';
import type { Bytes } from '../../bytes.js';
import { conditionsOf, type Scope } from '../../lint/corpus.js';
import type { Word } from '../../syntax/linewords.js';
import { oldCriteria } from '../../syntax/optionwords.js';
import type { ServerKeyword } from '../serverkeywords.js';
import type { ServerEntry } from './servercorpus.js';

export interface WrittenCriterion {
  /** Lower case. */
  readonly name: Bytes;
  /** As sshd takes it; a host in lower case. */
  readonly value: Bytes;
  readonly word: Word;
}

/** Those of one Match line, by `strdelim` as sshd takes them. */
export function writtenCriteria({ text, option }: ServerEntry): readonly WrittenCriterion[] {
  return paired(oldCriteria(text, option.value.start, option.value.end));
}

/** All that must hold for a line to count. */
export function criteriaAround(entry: ServerEntry): readonly WrittenCriterion[] {
  return conditionsOf(entry).flatMap(({ words }: Scope<ServerKeyword>) => paired(words));
}

function paired(words: readonly Word[]): readonly WrittenCriterion[] {
  const found: WrittenCriterion[] = [];
  for (let at = 0; at + 1 < words.length; at += 2) {
    const word = words[at + 1];
    const name = lowerCase(words[at]?.text ?? '');
    if (word !== undefined)
      found.push({ name, value: name === 'host' ? lowerCase(word.text) : word.text, word });
  }
  return found;
}

/** Does every connection that meets `narrow` meet `wide`, too? False where that cannot be known. */
export function isWithin(narrow: readonly WrittenCriterion[], wide: readonly WrittenCriterion[]): boolean {
  return wide.every((requested) =>
    narrow.some((met) => met.name === requested.name && implies(met, requested)),
  );
}

function implies({ name, value }: WrittenCriterion, requested: WrittenCriterion): boolean {
  if (value === requested.value) return true;
  if (value.includes('!') || requested.value.includes('!') || requested.value.length > shortest) return false;
  const wider = requested.value.split(',');
  const byPattern = name === 'user' || name === 'group' || name === 'host';
  return value
    .split(',')
    .every((part) =>
      wider.some((pattern) => part === pattern || (byPattern && isPatternWithin(part, pattern))),
    );
}

/** Longer patterns are beyond ssh's buffer, and a list of them is not compared. */
const shortest = 1_000;
