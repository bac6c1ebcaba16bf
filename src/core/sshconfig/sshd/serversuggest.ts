import { nearestWord } from '../../text/editdistance.js';
import type { Bytes } from '../bytes.js';
import { keywordOf } from '../keywords/keywords.js';
import { serverKeywordOf, serverNames } from './serverkeywords.js';

/** What may have been meant by a keyword that sshd does not know; null: nothing is near. */
export function suggestServerKeyword(name: Bytes): string | null {
  if (name.startsWith('\xef\xbb\xbf')) return 'the same without the byte order mark in front';
  const client = keywordOf(name);
  if (client?.ofServer) return `${client.ofServer}: the one with Server belongs in ssh_config`;
  if (client !== undefined) return `${client.name} belongs in ssh_config`;
  return nearestServerKeyword(name);
}

/** The option of sshd that a name is a slip of the pen away from; null: none is. */
export function nearestServerKeyword(name: Bytes): string | null {
  const near = nearestWord(name, serverNames());
  return near === null ? null : (serverKeywordOf(near)?.name ?? near);
}
