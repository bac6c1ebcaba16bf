import type { Bytes } from '../bytes.js';
import type { SourceKind } from './resolvedconfig.js';
import type { FileAnswer, FileAnswers, FileNeed, ResolveFacts } from './resolveinput.js';

/** ssh and sshd refuse the seventeenth file inside another. */
export const deepest = 16;

/** PATH_MAX: a longer pattern matches nothing. */
const longestPattern = 4_095;

export type Pattern =
  | { readonly type: 'pattern'; readonly pattern: Bytes }
  | { readonly type: 'nothing' }
  | { readonly type: 'refused'; readonly reason: string; readonly suggestion: string }
  | { readonly type: 'needs'; readonly need: FileNeed };

/**
 * The pattern that a word of Include stands for (`oInclude` in readconf.c, `globtilde` in glob.c): relative to ~/.ssh, in
 * the system's file to /etc/ssh, never to the file it stands in. `~` is $HOME, then the home of the passwd entry; the
 * system's file may not use it.
 */
export function includePattern(
  word: Bytes,
  kind: SourceKind,
  facts: ResolveFacts,
  answers: Pick<FileAnswers, 'homes'>,
): Pattern {
  if (word.startsWith('~') && kind === 'system file') {
    return {
      type: 'refused',
      reason: `${JSON.stringify(word)} begins with ~, which the system's file may not use`,
      suggestion: 'an absolute path, or one relative to /etc/ssh',
    };
  }
  let pattern = word;
  if (!/^[/~]/.test(word)) pattern = `${kind === 'system file' ? '/etc/ssh' : '~/.ssh'}/${word}`;
  if (pattern.length > longestPattern) return { type: 'nothing' };
  if (!pattern.startsWith('~')) return { type: 'pattern', pattern };
  const slash = pattern.indexOf('/');
  const rest = slash === -1 ? '' : pattern.slice(slash);
  const user = pattern.slice(1, slash === -1 ? pattern.length : slash);
  if (user === '') return { type: 'pattern', pattern: `${facts.env.HOME ?? facts.home}${rest}` };
  const home = answers.homes.get(user);
  if (home === undefined) return { type: 'needs', need: { type: 'home', user } };
  // No user of that name: the pattern stays as it is, relative to the working directory.
  return { type: 'pattern', pattern: home === null ? pattern : `${home}${rest}` };
}

/**
 * May a file of that owner and mode be used (`secure_permissions` in misc.c)? It must belong to the user or to root, and
 * no other user may write to it; Debian lets a group write that has no member but the owner.
 */
export function permissionFault(
  file: FileAnswer,
  uid: number,
): { reason: string; suggestion: string } | null {
  if (file.type !== 'file' && file.type !== 'directory') return null;
  if (file.uid !== 0 && file.uid !== uid) {
    return { reason: 'it belongs to another user', suggestion: 'a file that belongs to you or to root' };
  }
  const suggestion = 'chmod go-w';
  if ((file.mode & 0o002) !== 0) return { reason: 'everyone may write to it', suggestion };
  if ((file.mode & 0o020) !== 0 && !file.groupIsPrivate)
    return { reason: 'its group may write to it', suggestion };
  return null;
}
