/** A path as people write it: `~` for their home. */
export function tilde(file: string): string {
  const home = process.env.HOME ?? '';
  return home.length > 1 && file.startsWith(`${home}/`) ? `~${file.slice(home.length)}` : file;
}
