/** Names of options: unknown, of the client, too new, too old. */
import { type Bytes, textOf } from '../../bytes.js';
import { keywordOf } from '../../keywords/keywords.js';
import type { Finding } from '../../lint/finding.js';
import { deprecated, isBefore } from '../../lint/lintoptions.js';
import { findingAt, removed, replaced } from '../../lint/lintreport.js';
import { colonFix } from '../../lint/meant.js';
import { serverKeywordOf } from '../serverkeywords.js';
import { nearestServerKeyword } from '../serversuggest.js';
import type { ServerCode } from './servercodes.js';
import type { ServerCorpus, ServerEntry } from './servercorpus.js';

const ofClient: Readonly<Record<string, string>> = {
  serveraliveinterval: 'ClientAliveInterval',
  serveralivecountmax: 'ClientAliveCountMax',
};

/** Options with the first release that has them (OpenSSH's release notes); the last row is of releases we do not read. */
const since: Readonly<Record<string, string>> = {
  ...{ include: '8.2', pubkeyauthoptions: '8.2', securitykeyprovider: '8.2' },
  ...{ logverbose: '8.5', persourcemaxstartups: '8.5', persourcenetblocksize: '8.5', modulifile: '8.5' },
  ...{ hostbasedacceptedalgorithms: '8.5', pubkeyacceptedalgorithms: '8.5' },
  ...{ requiredrsasize: '9.1', unusedconnectiontimeout: '9.2', channeltimeout: '9.2' },
  ...{ persourcepenalties: '9.8', persourcepenaltyexemptlist: '9.8', pamservicename: '9.8' },
  ...{ sshdsessionpath: '9.8', refuseconnection: '9.9', sshdauthpath: '10.0' },
};

/** Names that were the usual ones before this release. */
const renamed: Readonly<Record<string, string>> = { ...since, kbdinteractiveauthentication: '8.7' };

const bom = '\xef\xbb\xbf';

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
    const first = option.name === keyword.key ? since[keyword.key] : undefined;
    const old = renamed[keyword.key];
    if (first !== undefined && isBefore(target, first))
      found.push(tooNew(entry, keyword.name, first, target));
    else if (old === undefined || !isBefore(target, old)) found.push(...deprecated(entry, keyword));
  }
  return found;
}

/** As the manual writes it. */
export const nameOf = (name: Bytes) => serverKeywordOf(name)?.name ?? null;

function* unknown(entry: ServerEntry, target: string): Generator<Named> {
  const { name, keyword } = entry.option;
  const { start, end } = keyword;
  // A byte order mark is found by the file.
  if (name.startsWith(bom)) return;
  const written = textOf(keyword.text);
  const first = since[name];
  if (first !== undefined) {
    if (isBefore(target, first)) yield tooNew(entry, written, first, target);
    return;
  }
  const client = keywordOf(name);
  const ours = ofClient[name];
  if (ours !== undefined || client !== undefined) {
    const sentence = `${written} is an option of ssh_config; sshd does not start`;
    const fix =
      ours === undefined
        ? { sentence: 'remove the line; it belongs into ~/.ssh/config', edit: removed(entry) }
        : { sentence: `write ${ours}`, edit: replaced(entry, start, end, ours) };
    yield findingAt(entry, 'client-option', sentence, fix, keyword);
    return;
  }
  const colon = colonFix(entry, nameOf);
  if (colon !== null) {
    const said = `${JSON.stringify(written)} is no option with its colon; sshd does not start`;
    yield findingAt(entry, 'unknown-option', said, colon, keyword);
    return;
  }
  const near = nearestServerKeyword(name);
  const known = near === null ? undefined : serverKeywordOf(near.toLowerCase());
  const fix = known
    ? { sentence: `did you mean ${known.name}?`, edit: replaced(entry, start, end, known.name) }
    : { sentence: 'remove the line, if nothing hangs on what it was to say', edit: null };
  const sentence = `sshd has no option ${JSON.stringify(written)} and does not start`;
  yield findingAt(entry, 'unknown-option', sentence, fix, keyword);
}

function tooNew(entry: ServerEntry, name: string, first: string, target: string): Finding<'newer-option'> {
  const sentence = `${name} came with OpenSSH ${first}; sshd ${target} does not start`;
  // What it forbids would be allowed.
  const fix = { sentence: 'remove the line, or take a later OpenSSH', edit: null };
  return findingAt(entry, 'newer-option', sentence, fix, entry.option.keyword);
}
