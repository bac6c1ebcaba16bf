/** A word as a shell takes it: in quotes where it needs them. `~/` in front stays what it is. */
export function shellWord(text: string): string {
  return /^(?:~\/)?[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
