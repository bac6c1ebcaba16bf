import type { Bytes } from '../../bytes.js';
import { isSince } from '../../keywords/releases.js';
import { adviceOn, withoutOverlaps } from '../../lint/advice.js';
import { conditionsOf, formOf } from '../../lint/corpus.js';
import { lintFiles } from '../../lint/files.js';
import type { Finding } from '../../lint/finding.js';
import { lintRefused } from '../../lint/lintrefusals.js';
import { lintLiteralEnds } from '../../lint/meant.js';
import type { Refusal } from '../../resolve/resolvedconfig.js';
import type { ServerAnswers, ServerInput, ServerNeed } from '../serverinput.js';
import { matchServerLine } from '../servermatch.js';
import { resolveServer } from '../serverresolve.js';
import { lintServerKeepalive } from './clientalive.js';
import { lintListen } from './lintlisten.js';
import { lintNever } from './never.js';
import type { ServerCode } from './servercodes.js';
import { missingServerFiles, type ServerCorpus, type ServerEntry, serverCorpusOf } from './servercorpus.js';
import { deadServerLines, lintServerDead } from './serverdead.js';
import { lintServerOptions, sshdReader } from './serveroptions.js';
import { lintStray } from './stray.js';
import { swallowedLines } from './swallowed.js';

export interface ServerLintSubject {
  /** Its main file and facts count; the connection does not. */
  readonly input: ServerInput;
  /** The release of OpenSSH that reads the files, such as 9.2. */
  readonly target: string;
  /** The number of the user to whom the files may belong, besides root. */
  readonly uid: number;
}

export type ServerLinted =
  | { readonly type: 'needs'; readonly needs: readonly ServerNeed[] }
  /** `reason`: why the main file cannot be read, or why we may not read one that it includes, as sshd may. */
  | { readonly type: 'unreadable'; readonly file: Bytes; readonly reason: string }
  | { readonly type: 'found'; readonly findings: readonly Finding<ServerCode>[] };

/** A connection of which nothing is known, so no block matches but Match all; LocalPort must be known where a Match line has it. */
const unknownConnection = {
  user: null,
  host: null,
  address: null,
  localAddress: null,
  routingDomain: null,
  localPort: 22,
};

/**
 * Everything in a server's configuration that is not what its author believes, by file and line, whatever the connection.
 * Pure: what it must know first it asks for, as `resolveServer` does. Nothing is changed.
 */
export function lintServer(subject: ServerLintSubject, answers: ServerAnswers): ServerLinted {
  const { input, target, uid } = subject;
  const needs = missingServerFiles(input.main, answers);
  if (needs.length > 0) return { type: 'needs', needs };
  const main = answers.files.get(input.main);
  const file = input.main;
  if (main?.type === 'directory') return { type: 'unreadable', file, reason: 'it is a directory' };
  if (main?.type !== 'file') {
    const reason = main?.type === 'unreadable' ? main.reason : 'there is no such file';
    return { type: 'unreadable', file, reason };
  }
  for (const [included, found] of answers.files) {
    if (found.type === 'unreadable' && found.denied === true)
      return { type: 'unreadable', file: included, reason: found.reason };
  }
  const resolved = resolveServer({ ...input, connection: unknownConnection }, answers);
  if (resolved.type === 'needs') return resolved;

  const corpus = serverCorpusOf(input.main, answers);
  const names = [
    ...lintFiles(corpus, sshdReader, uid),
    ...lintServerOptions(corpus, target),
    ...lintLiteralEnds(corpus, sshdReader),
  ];
  const swallowed = swallowedLines(corpus, target);
  const theirs = new Set([...swallowed.values()].flatMap((lines) => [...lines]));
  const dead = deadServerLines(corpus, theirs);
  const misplaced = lintStray(corpus, dead, swallowed, target);
  const refusals = [...(resolved.type === 'refused' ? resolved.errors : []), ...faultsOf(corpus)];
  // An old name may stand in a line that is refused for something else.
  const telling = [
    ...names.filter(({ code }) => code !== 'deprecated-option'),
    ...misplaced.filter(({ code }) => code === 'global-in-block'),
  ];
  const refused = lintRefused(without(corpus, target), refusals, telling, sshdReader);
  const findings: readonly Finding<ServerCode>[] = [
    ...names,
    ...refused,
    ...misplaced,
    ...lintServerKeepalive(corpus, target),
    ...lintListen(corpus),
    ...lintNever(corpus),
    ...lintServerDead(corpus, dead, theirs),
  ];
  // Offsets in a text that is not what is on the disk mend nothing.
  const joined = answers.joined ?? new Set();
  const reported = findings.map((each) =>
    joined.has(each.file) && each.code !== 'wrong-encoding'
      ? { ...each, fix: { ...each.fix, edit: null } }
      : each,
  );
  return { type: 'found', findings: withoutOverlaps(adviceOn(corpus, reported)) };
}

/** What sshd would refuse behind the first line at which it stops. */
function faultsOf({ entries }: ServerCorpus): readonly Refusal[] {
  return entries.flatMap((entry): readonly Refusal[] => {
    const { file, line, text, option, statement } = entry;
    const at = { file, line: line.number, span: option.value };
    if (statement.type === 'value' && statement.extra !== null) {
      const reason = `${JSON.stringify(statement.extra)} is one word too many`;
      return [{ ...at, reason, suggestion: 'one value, in quotes if it has blanks' }];
    }
    if (formOf(entry) !== 'match') return [];
    const { start, end } = option.value;
    const subject = { connection: null, groupsOf: () => undefined, services: () => 22 };
    const matched = matchServerLine(text, start, end, subject);
    return matched.type === 'refused'
      ? [{ ...at, reason: matched.reason, suggestion: matched.suggestion }]
      : [];
  });
}

/** Criteria of later releases are no fault there. */
function without(corpus: ServerCorpus, target: string): ServerCorpus {
  if (!isSince(target, invalidUserSince)) return corpus;
  const asks = (entry: ServerEntry) =>
    formOf(entry) === 'match' &&
    /\binvalid-user\b/i.test(entry.text.slice(entry.option.value.start, entry.option.value.end));
  const entries = corpus.entries.filter(
    (entry) => !asks(entry) && !conditionsOf(entry).some(({ header }) => asks(header)),
  );
  return { ...corpus, entries };
}

/** `Match invalid-user` (OpenSSH's release notes). */
const invalidUserSince = '9.9';
