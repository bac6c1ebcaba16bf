import type { Bytes } from '../bytes.js';
import { splitArguments } from '../syntax/linewords.js';
import { indexOfFile } from '../syntax/statements.js';
import { includePattern } from './include.js';
import type { SourceKind } from './resolvedconfig.js';
import type { Answers, Need, ResolveInput, TextFile } from './resolveinput.js';

/**
 * The files and patterns that are named so far and not known yet, all at once: which files belong to a configuration does
 * not hang on the host, so it takes one round for each depth of Include and not one for each file.
 */
export function missingFiles(input: ResolveInput, answers: Answers): readonly Need[] {
  const { files, facts } = input;
  if (files.type === 'none') return [];
  const waiting: { path: Bytes; kind: SourceKind }[] =
    files.type === 'one'
      ? [{ path: files.path, kind: 'user file' }]
      : [
          { path: files.user, kind: 'user file' },
          { path: files.system, kind: 'system file' },
        ];
  const seen = new Set<string>();
  const needs = new Map<string, Need>();
  const need = (each: Need) => needs.set(JSON.stringify(each), each);
  for (let next = waiting.pop(); next; next = waiting.pop()) {
    const { path, kind } = next;
    if (seen.has(`${kind} ${path}`)) continue;
    seen.add(`${kind} ${path}`);
    const file = answers.files.get(path);
    if (file === undefined) need({ type: 'file', path });
    if (file?.type !== 'file') continue;
    for (const word of includedBy(file)) {
      const found = includePattern(word, kind, facts, answers);
      if (found.type === 'needs') need(found.need);
      if (found.type !== 'pattern') continue;
      const paths = answers.globs.get(found.pattern);
      if (paths === undefined) need({ type: 'glob', pattern: found.pattern });
      for (const included of paths ?? []) waiting.push({ path: included, kind });
    }
  }
  return [...needs.values()];
}

function includedBy(file: TextFile): readonly Bytes[] {
  const words: Bytes[] = [];
  const lines = indexOfFile(file);
  for (let index = 0; index < lines.count; index += 1) {
    if (!lines.mayBe(index, 'i', 'include'.length)) continue;
    const option = lines.optionAt(index);
    if (option?.name !== 'include') continue;
    const found = splitArguments(file.text, option.value.start, option.value.end) ?? [];
    for (const { text } of found) if (text !== '') words.push(text);
  }
  return words;
}
