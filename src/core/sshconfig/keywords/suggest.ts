import { nearestWord } from '../../text/editdistance.js';
import type { Bytes } from '../bytes.js';
import { allNames, keywordOf, meantByServerName } from './keywords.js';
import type { Release } from './releases.js';

/** What may have been meant by a keyword that ssh does not know; null: nothing is near. */
export function suggestKeyword(name: Bytes, release: Release = '9.2'): string | null {
  const meant = meantByServerName(name);
  if (meant !== null) return `${meant}: the one with Client belongs in sshd_config`;
  if (name.startsWith('\xef\xbb\xbf')) return 'the same without the byte order mark in front';
  const near = nearestWord(name, allNames(release));
  return near === null ? null : (keywordOf(near, release)?.name ?? near);
}
