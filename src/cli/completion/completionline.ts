/**
 * The words of a line of shell up to the cursor, the first (the command itself) left out, the last the one that is being
 * typed, empty behind a blank. Quotes and backslashes are taken off; nothing is expanded. Of several commands on one line
 * (`;`, `&&`, `|`) the last counts.
 */
export function typedWords(line: string): readonly string[] {
  let words: string[] = [];
  let word: string | null = null;
  let quote: string | null = null;
  for (let at = 0; at < line.length; at += 1) {
    const char = line.charAt(at);
    if (quote !== null) {
      if (char === quote) quote = null;
      else if (char === '\\' && quote === '"' && /["\\$`]/.test(line.charAt(at + 1))) {
        at += 1;
        word = (word ?? '') + line.charAt(at);
      } else word = (word ?? '') + char;
    } else if (char === "'" || char === '"') {
      quote = char;
      word ??= '';
    } else if (char === '\\') {
      at += 1;
      word = (word ?? '') + line.charAt(at);
    } else if (/\s/.test(char)) {
      if (word !== null) words.push(word);
      word = null;
    } else if (/[;&|]/.test(char)) {
      words = [];
      word = null;
    } else word = (word ?? '') + char;
  }
  return [...words, word ?? ''].slice(1);
}
