/** Of two lines of one option, does the one let as little happen as the other? */
import type { ServerEntry } from './servercorpus.js';

/** Does `one` say the same as `other`, once sshd has read both? */
export function saysTheSame({ statement: one }: ServerEntry, { statement: other }: ServerEntry): boolean {
  if (one.type !== 'value' || other.type !== 'value' || one.keyword.key !== other.keyword.key) return false;
  return JSON.stringify(one.reading.value) === JSON.stringify(other.reading.value);
}

/** Does nothing happen with `one` in force that `other` forbids? False where that cannot be known. */
export function isAsStrict(one: ServerEntry, other: ServerEntry): boolean {
  if (saysTheSame(one, other)) return true;
  if (one.statement.type !== 'value' || other.statement.type !== 'value') return false;
  const { keyword } = one.statement;
  if (keyword.key !== other.statement.keyword.key || keyword.strict === null) return false;
  if (keyword.strict === 'any') return true;
  const ours = one.statement.reading.value;
  const theirs = other.statement.reading.value;
  if (ours.type === 'number' && theirs.type === 'number') {
    if (keyword.strict === 'less') return ours.number <= theirs.number;
    return keyword.strict === 'more' && ours.number >= theirs.number;
  }
  if (ours.type !== 'word' || theirs.type !== 'word' || typeof keyword.strict === 'string') return false;
  const rank = (word: string) =>
    typeof keyword.strict === 'string'
      ? -1
      : (keyword.strict ?? []).findIndex((words) => words.split(' ').includes(word));
  const [at, their] = [rank(ours.word), rank(theirs.word)];
  return at !== -1 && their !== -1 && at < their;
}
