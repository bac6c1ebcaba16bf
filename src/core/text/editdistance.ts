/** Words that are a slip of the pen away from each other. */

/** The nearest of the words, the first of equals; null: none is within `most` slips. */
export function nearestWord(
  name: string,
  words: Iterable<string>,
  most: number = name.length <= 4 ? 1 : 2,
): string | null {
  let best: { name: string; distance: number } | null = null;
  let letters: number | null = null;
  for (const candidate of words) {
    if (Math.abs(candidate.length - name.length) > most) continue;
    letters ??= lettersOf(name);
    // A slip changes two of the letters that occur at most. Files may be full of unknown names, each another one.
    if (bitsOf(letters ^ knownLetters(candidate)) > 2 * most) continue;
    const distance = distanceOf(name, candidate, most);
    if (distance <= most && (best === null || distance < best.distance)) best = { name: candidate, distance };
  }
  return best?.name ?? null;
}

/** Which letters occur, one bit each. */
function lettersOf(word: string): number {
  let letters = 0;
  for (let at = 0; at < word.length; at += 1) letters |= 1 << (word.charCodeAt(at) & 31);
  return letters;
}

const lettersOfWords = new Map<string, number>();

/** Of words of the program, such as names of options, which are few. */
function knownLetters(word: string): number {
  const known = lettersOfWords.get(word);
  if (known !== undefined) return known;
  const letters = lettersOf(word);
  lettersOfWords.set(word, letters);
  return letters;
}

function bitsOf(letters: number): number {
  let count = 0;
  for (let left = letters; left !== 0; left &= left - 1) count += 1;
  return count;
}

/** Changed, added, dropped and swapped letters (optimal string alignment); beyond `most`, any number beyond it. */
function distanceOf(a: string, b: string, most: number): number {
  let before: number[] = [];
  let above = Array.from({ length: b.length + 1 }, (_, at) => at);
  for (let i = 1; i <= a.length; i += 1) {
    const row = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const change = a[i - 1] === b[j - 1] ? 0 : 1;
      let least = Math.min((above[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, (above[j - 1] ?? 0) + change);
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      if (swapped) least = Math.min(least, (before[j - 2] ?? 0) + 1);
      row.push(least);
    }
    // No row has less than the one above it, but for a swap, which looks two rows up.
    if (Math.min(...row) > most && Math.min(...above) > most) return most + 1;
    before = above;
    above = row;
  }
  return above[b.length] ?? 0;
}
