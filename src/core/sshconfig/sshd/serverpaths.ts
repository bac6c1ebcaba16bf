import { lowerCase } from '../../text/pattern.js';
import type { Bytes } from '../bytes.js';
import { inside } from '../values/tokens.js';
import type { ServerAnswers, ServerFacts, ServerNeed } from './serverinput.js';

export type Found =
  | { readonly type: 'path'; readonly path: Bytes }
  | { readonly type: 'needs'; readonly need: ServerNeed }
  | { readonly type: 'refused'; readonly reason: string; readonly suggestion: string };

/**
 * A path as sshd keeps it (`derelativise_path` in servconf.c): `none` as it is, `~` replaced, relative ones completed with
 * the working directory. Some stand for something else; files of users stay relative, to their homes.
 */
export function pathOf(
  word: Bytes,
  form: 'path' | 'provider' | 'agent' | 'principalsFile' | 'keyFiles',
  facts: ServerFacts,
  answers: ServerAnswers,
): Found {
  const asItIs: Found = { type: 'path', path: word };
  if (form === 'provider' && lowerCase(word) === 'internal') return asItIs;
  if (form === 'agent' && word === 'SSH_AUTH_SOCK') return asItIs;
  const ofUser = form === 'principalsFile' || form === 'keyFiles';
  if (!ofUser && lowerCase(word) === 'none') return { type: 'path', path: 'none' };
  if (word.startsWith('~')) {
    const slash = word.indexOf('/');
    const user = word.slice(1, slash === -1 ? word.length : slash);
    const home = user === '' ? facts.home : answers.homes.get(user);
    if (home === undefined) return { type: 'needs', need: { type: 'home', user } };
    if (home === null) {
      return {
        type: 'refused',
        reason: `there is no user ${JSON.stringify(user)}`,
        suggestion: 'a path from /',
      };
    }
    return { type: 'path', path: inside(home, slash === -1 ? '' : word.slice(slash)) };
  }
  if (ofUser || word.startsWith('/')) return asItIs;
  return { type: 'path', path: `${facts.directory}/${word}` };
}

/** The pattern that a word of Include stands for. A `~` is no home here: it stands for itself, in the working directory. */
export function serverIncludePattern(word: Bytes): Bytes {
  return /^[/~]/.test(word) ? word : `/etc/ssh/${word}`;
}
