/** One piece of advice for each line, and edits that can be made together. */
import type { Code } from './codes.js';
import type { Corpus } from './corpus.js';
import type { Finding } from './finding.js';

/** Without these the file is refused, or the line is in the wrong place: first things first. All others come behind. */
const urgent: readonly string[] = [
  ...([
    'wrong-encoding',
    'byte-order-mark',
    'literal-newline',
    'unknown-option',
    'server-option',
    'refused-line',
  ] satisfies Code[]),
  ...['client-option', 'global-in-block'],
  ...(['newer-option', 'glued-comment', 'comma-in-host', 'ignore-unknown-late'] satisfies Code[]),
  ...(['include-in-block', 'stray-option', 'dead-line'] satisfies Code[]),
  'drop-in-wins',
];
const lastRefusal = urgent.indexOf('ignore-unknown-late');

/** What is said of all that was found, in the order of reading. */
export function adviceOn<K, C extends string>(
  corpus: Corpus<K>,
  found: readonly Finding<C>[],
): readonly Finding<C>[] {
  return oneEditALine(inOrder(corpus, withoutMisread(found)));
}

/** A file that has to be written in another way first: nothing else that is found in it says anything. */
function withoutMisread<C extends string>(found: readonly Finding<C>[]): readonly Finding<C>[] {
  const whole: readonly string[] = ['wrong-encoding', 'byte-order-mark'];
  const misread = new Set(found.filter(({ code }) => whole.includes(code)).map(({ file }) => file));
  return found.filter(
    ({ code, file }) => !misread.has(file) || whole.includes(code) || code === 'loose-permissions',
  );
}

/** In the order of reading; what was found twice, because a file is included twice, once. */
function inOrder<K, C extends string>(
  { documents }: Corpus<K>,
  found: readonly Finding<C>[],
): readonly Finding<C>[] {
  const rank = new Map(documents.map(({ file }, at) => [file, at]));
  const seen = new Set<string>();
  return found
    .filter(({ code, file, line, span }) => {
      const key = `${code} ${line} ${span.start} ${file}`;
      if (seen.has(key)) return false;
      seen.add(key);
      return true;
    })
    .sort((a, b) => (rank.get(a.file) ?? 0) - (rank.get(b.file) ?? 0) || a.line - b.line);
}

/**
 * Of the findings of one line only the most urgent one keeps its edit. What is said about the value of a line that never
 * counts is left out: the advice about it would be another one. `found`: in the order of files and lines.
 */
function oneEditALine<C extends string>(found: readonly Finding<C>[]): readonly Finding<C>[] {
  const kept: Finding<C>[] = [];
  for (let from = 0, to = 0; from < found.length; from = to) {
    while (to < found.length && isSameLine(found[from], found[to])) to += 1;
    const beside = found.slice(from, to);
    if (beside.length === 1) kept.push(...beside);
    else for (const finding of beside) kept.push(...besideOthers(finding, beside));
  }
  return kept;
}

function isSameLine(one: Finding<string> | undefined, other: Finding<string> | undefined): boolean {
  return one?.line === other?.line && one?.file === other?.file;
}

function besideOthers<C extends string>(
  finding: Finding<C>,
  beside: readonly Finding<C>[],
): readonly Finding<C>[] {
  const isDead = beside.some(({ code }) => code === 'dead-line');
  if (isDead && finding.code !== 'dead-line' && rankOf(finding.code) > lastRefusal) return [];
  if (finding.line === 0 || finding.fix.edit === null) return [finding];
  const [first] = beside
    .filter(({ fix }) => fix.edit !== null)
    .sort((a, b) => rankOf(a.code) - rankOf(b.code));
  return [first === finding ? finding : withoutEdit(finding)];
}

function rankOf(code: string): number {
  const at = urgent.indexOf(code);
  return at === -1 ? urgent.length : at;
}

/** The edits that are left touch none of the others, in whichever file: all can be made, from the last one of a file on. */
export function withoutOverlaps<C extends string>(found: readonly Finding<C>[]): readonly Finding<C>[] {
  const kept = new Set(apart(found));
  return found.map((finding) =>
    finding.fix.edit === null || kept.has(finding) ? finding : withoutEdit(finding),
  );
}

/** Edits that do not touch each other, in the order of their places. */
export function apart<C extends string>(found: readonly Finding<C>[]): readonly Finding<C>[] {
  const ends = new Map<string, number>();
  return inOrderOfEdits(found).filter(({ fix: { edit } }) => {
    if (edit === null || edit.from < (ends.get(edit.file) ?? 0)) return false;
    ends.set(edit.file, Math.max(edit.to, edit.from + 1));
    return true;
  });
}

export function inOrderOfEdits<C extends string>(found: readonly Finding<C>[]): readonly Finding<C>[] {
  const from = ({ fix: { edit } }: Finding<C>) => edit?.from ?? 0;
  return [...found].sort((one, other) => from(one) - from(other));
}

function withoutEdit<C extends string>(finding: Finding<C>): Finding<C> {
  return { ...finding, fix: { ...finding.fix, edit: null } };
}
