import { causeTopics } from './topics/causes.js';
import { optionTopics } from './topics/optiontopics.js';
import { practiceTopics } from './topics/practice.js';
import type { Topic } from './topics/topic.js';

/** All that `holdfast tcp explain` knows by a word. */
export const topics: readonly Topic[] = [...optionTopics, ...causeTopics, ...practiceTopics];

/** The topic of a word, by its name or another name of it, whatever its case; null: there is none. */
export function topicOf(word: string): Topic | null {
  const searched = word.toLowerCase().replace(/^net\.ipv4\./, '');
  return (
    topics.find(({ name }) => name.toLowerCase() === searched) ??
    topics.find(({ aliases }) => aliases.includes(searched)) ??
    null
  );
}
