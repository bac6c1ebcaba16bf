import { nearestWord } from '../../core/text/editdistance.js';

/** The word that was probably meant: at most two letters differ, and fewer than half. null when none is near. */
export function nearest(word: string, words: readonly string[]): string | null {
  return nearestWord(word, words, Math.min(2, Math.floor((word.length - 1) / 2)));
}
