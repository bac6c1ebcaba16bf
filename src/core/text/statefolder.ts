/**
 * `$XDG_STATE_HOME/holdfast`, by default ~/.local/state/holdfast. As the XDG base directory specification has it, a relative
 * one is not heeded. `home` is the passwd entry's: what root writes with another user's $HOME would be in that user's way.
 */
export function stateFolderOf(env: Readonly<Record<string, string | undefined>>, home: string): string {
  const given = env.XDG_STATE_HOME ?? '';
  const state = /^(?:[A-Za-z]:)?[\\/]/.test(given) ? given : `${home}/.local/state`;
  return `${state}/holdfast`;
}
