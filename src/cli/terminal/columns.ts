import textWidth from 'fast-string-width';

/** Text for people, 80 columns wide. */
export const width = 80;

/** Blanks at which a line may end: not between a number and its unit. */
const breaks = /(?<!\d) | (?!(?:ms|s|min|h|d|kB|MB|bytes)(?![\w-]))/;

/** Words in lines of at most 80 columns: the first after `first`, the others after `indent`. Longer words stay whole. */
export function wrapText(first: string, text: string, indent = ' '.repeat(first.length)): string {
  const lines: string[] = [];
  let line = first;
  let empty = true;
  for (const word of text.split(breaks)) {
    if (!empty && textWidth(line) + 1 + textWidth(word) > width) {
      lines.push(line);
      line = indent;
      empty = true;
    }
    line += empty ? word : ` ${word}`;
    empty = false;
  }
  return [...lines, line].join('\n');
}

/** Lines of a log for a terminal: what is too long goes on below its own beginning. Lines of another shape stay whole. */
export function wrapLines(text: string): string {
  return text
    .split('\n')
    .map((line) => {
      const [first = ''] = /^(?:\d\d:\d\d:\d\d|holdfast(?: relay)?:|note:) /.exec(line) ?? [];
      return first === '' || textWidth(line) <= width ? line : wrapText(first, line.slice(first.length));
    })
    .join('\n');
}

/** Rows under each other, each column as wide as its widest cell, two blanks between. */
export function columns(rows: readonly (readonly string[])[]): string {
  const widths: number[] = [];
  for (const row of rows) {
    row.forEach((cell, at) => {
      widths[at] = Math.max(widths[at] ?? 0, textWidth(cell));
    });
  }
  return rows
    .map((row) => row.map((cell, at) => padEnd(cell, widths[at] ?? 0)).join('  '))
    .map((line) => `${line.trimEnd()}\n`)
    .join('');
}

/** Blanks behind a text up to a column: wide characters take two, combining ones and colours none. */
export function padEnd(text: string, column: number): string {
  return text + ' '.repeat(Math.max(0, column - textWidth(text)));
}

/** Text from files with its control characters shown, so that none reaches a terminal. */
export function escapeControls(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
  return text.replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g, (char) => {
    const code = char.charCodeAt(0);
    return code < 0x20 ? `^${String.fromCharCode(code + 0x40)}` : `\\x${code.toString(16)}`;
  });
}

/** A path as people write it: `~` for their home. */
export function tildePath(file: string): string {
  const home = process.env.HOME ?? '';
  return home.length > 1 && file.startsWith(`${home}/`) ? `~${file.slice(home.length)}` : file;
}
