/**
 * A text that came from elsewhere (a server, a key's comment), safe to show on a terminal: no control characters, which
 * could move the cursor or retitle the window, and no invisible ones, which could hide or reorder words.
 * Line breaks stay, tabs become blanks.
 */
export function printable(text: string): string {
  return text
    .slice(0, longest)
    .replace(/\r\n?/g, '\n')
    .replaceAll('\t', ' ')
    .replace(/(?!\n)[\p{Cc}\p{Cf}\u2028\u2029]/gu, '');
}

/** Characters of a prompt that are shown. */
const longest = 4_096;

/** As {@link printable}, on one line. */
export function printableLine(text: string): string {
  return printable(text).replace(/\s+/g, ' ').trim();
}

/** The beginning of a name of a protocol, as of an algorithm: what is not ASCII is shown as `?`. */
export function printableName(name: string): string {
  return name.slice(0, 60).replace(/[^\x20-\x7e]/g, '?');
}
