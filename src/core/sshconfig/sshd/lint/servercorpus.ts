/** The lines of sshd's files, whatever the connection, and what must be read first. */
import type { Bytes } from '../../bytes.js';
import { type Corpus, conditionsOf, type Entry, readCorpus } from '../../lint/corpus.js';
import type { Option } from '../../syntax/lines.js';
import { splitArguments } from '../../syntax/linewords.js';
import { oldCriteria } from '../../syntax/optionwords.js';
import { readStatement, type Statement } from '../../syntax/statements.js';
import type { Services } from '../../values/ports.js';
import type { ServerAnswers, ServerNeed } from '../serverinput.js';
import { type ServerKeyword, serverKeywordOf } from '../serverkeywords.js';
import { serverLinesOf } from '../serverlines.js';
import { serverIncludePattern } from '../serverpaths.js';
import { readServerValue } from '../servervalues.js';

export type ServerEntry = Entry<ServerKeyword>;
export type ServerCorpus = Corpus<ServerKeyword>;

function serverStatementOf(text: Bytes, option: Option, services: Services): Statement<ServerKeyword> {
  return readStatement(text, option, serverKeywordOf, (keyword, words, rest) =>
    readServerValue(keyword, words, rest, services),
  );
}

export function serverCorpusOf(main: Bytes, answers: ServerAnswers): ServerCorpus {
  return readCorpus<ServerKeyword>(main, answers, {
    kind: 'system file',
    linesOf: serverLinesOf,
    statementOf: (text, option) => serverStatementOf(text, option, (name) => answers.services.get(name)),
    wordsOf: (text, { value }) => oldCriteria(text, value.start, value.end),
    patternOf: serverIncludePattern,
  });
}

/** The files and patterns that are named so far and not known yet, all at once. */
export function missingServerFiles(main: Bytes, { files, globs }: ServerAnswers): readonly ServerNeed[] {
  const waiting = [main];
  const seen = new Set(waiting);
  const needs = new Map<string, ServerNeed>();
  for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
    const file = files.get(path);
    if (file === undefined) needs.set(`file ${path}`, { type: 'file', path });
    if (file?.type !== 'file') continue;
    for (const { option } of serverLinesOf(file)) {
      if (option?.name !== 'include') continue;
      for (const { text } of splitArguments(file.text, option.value.start, option.value.end) ?? []) {
        const pattern = serverIncludePattern(text);
        const paths = globs.get(pattern);
        if (paths === undefined) needs.set(`glob ${pattern}`, { type: 'glob', pattern });
        for (const included of paths ?? []) {
          if (!seen.has(included)) waiting.push(included);
          seen.add(included);
        }
      }
    }
  }
  return [...needs.values()];
}

/** `global`: below no Match; `always`: below nothing but Match all, and so read as a block too; `block`: the others. */
export function standingOf(entry: ServerEntry): 'global' | 'always' | 'block' {
  if (conditionsOf(entry).length > 0) return 'block';
  return entry.own === null && entry.around.length === 0 ? 'global' : 'always';
}
