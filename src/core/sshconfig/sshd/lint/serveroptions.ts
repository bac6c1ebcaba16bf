/** Names of options: unknown, of the client, too new, too old. */
import { textOf } from '../../bytes.js';
import { keywordOf } from '../../keywords/keywords.js';
import { isSince } from '../../keywords/releases.js';
import { byteOrderMark } from '../../lint/files.js';
import type { Finding } from '../../lint/finding.js';
import { deprecated, unknownOption } from '../../lint/lintoptions.js';
import { byHand, type FileReader, findingAt, removed, renaming } from '../../lint/lintreport.js';
import { laterServerNames, serverKeywordOf } from '../serverkeywords.js';
import { nearestServerKeyword } from '../serversuggest.js';
import type { ServerCode } from './servercodes.js';
import type { ServerCorpus, ServerEntry } from './servercorpus.js';

type Named = Finding<
  Extract<ServerCode, 'unknown-option' | 'client-option' | 'newer-option' | 'deprecated-option'>
>;

/** `target`: the release whose sshd reads the file, such as 9.2. */
export function lintServerOptions({ entries }: ServerCorpus, target: string): readonly Named[] {
  const found: Named[] = [];
  for (const entry of entries) {
    const { statement, option } = entry;
    if (statement.type === 'unknown') {
      found.push(...unknown(entry, target));
      continue;
    }
    if (statement.type !== 'value' && statement.type !== 'structure') continue;
    const { keyword } = statement;
    const { name, key, since, namedSince } = keyword;
    if (option.name === key && since !== null && !isSince(target, since)) {
      found.push(tooNew(entry, name, since, target));
    } else if (isSince(target, namedSince ?? since)) found.push(...deprecated(entry, keyword));
  }
  return found;
}

export const sshdReader: FileReader = {
  name: 'sshd',
  refuses: 'sshd does not start',
  loose: 'who does that decides who logs in',
  nameOf: (name) => serverKeywordOf(name)?.name ?? null,
};

function* unknown(entry: ServerEntry, target: string): Generator<Named> {
  const { name, keyword } = entry.option;
  // A byte order mark is found by the file.
  if (name.startsWith(byteOrderMark)) return;
  const written = textOf(keyword.text);
  const first = laterServerNames[name];
  if (first !== undefined) {
    if (!isSince(target, first)) yield tooNew(entry, written, first, target);
    return;
  }
  const client = keywordOf(name);
  const ours = client?.ofServer;
  if (client !== undefined) {
    const sentence = `${written} is an option of ssh_config; ${sshdReader.refuses}`;
    const fix =
      ours == null
        ? { sentence: 'remove the line; it belongs into ~/.ssh/config', edit: removed(entry) }
        : renaming(entry, ours);
    yield findingAt(entry, 'client-option', sentence, fix, keyword);
    return;
  }
  const near = nearestServerKeyword(name);
  const known = near === null ? undefined : serverKeywordOf(near.toLowerCase());
  const fix = known
    ? { ...renaming(entry, known.name), sentence: `did you mean ${known.name}?` }
    : byHand('remove the line, if nothing hangs on what it was to say');
  yield unknownOption(entry, sshdReader, fix);
}

function tooNew(entry: ServerEntry, name: string, first: string, target: string): Finding<'newer-option'> {
  const sentence = `${name} came with OpenSSH ${first}; sshd ${target} does not start`;
  // What it forbids would be allowed.
  const fix = byHand('remove the line, or take a later OpenSSH');
  return findingAt(entry, 'newer-option', sentence, fix, entry.option.keyword);
}
