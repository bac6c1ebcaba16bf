/**
 * The words of a value as OpenSSH splits them (`argv_split` in misc.c, since 8.7): blanks and tabs separate, `"` and `'`
 * quote anywhere in a word, a backslash escapes only a quote, a backslash or (outside quotes) a blank, and a word that
 * starts with `#` ends the line. Null when a quote is not closed.
 */
export function splitWords(line: string): readonly string[] | null {
  const words: string[] = [];
  let at = 0;
  for (;;) {
    while (line[at] === ' ' || line[at] === '\t') at += 1;
    if (at >= line.length || line[at] === '#') return words;
    let word = '';
    let quote = '';
    for (; at < line.length; at += 1) {
      const char = line.charAt(at);
      const next = line.charAt(at + 1);
      if (char === '\\' && (/["'\\]/.test(next) || (next === ' ' && quote === ''))) {
        word += next;
        at += 1;
      } else if (quote !== '') {
        if (char === quote) quote = '';
        else word += char;
      } else if (char === '"' || char === "'") {
        quote = char;
      } else if (char === ' ' || char === '\t') {
        break;
      } else {
        word += char;
      }
    }
    if (quote !== '') return null;
    words.push(word);
  }
}

/** A word that `splitWords` reads as it is here. */
export function quoteWord(word: string): string {
  return word === '' || /[\s"'\\#=]/.test(word) ? `"${word.replace(/["\\]/g, '\\$&')}"` : word;
}
