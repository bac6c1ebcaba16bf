/** The files that sshd reads, as an editor sees them: which may be changed, and what they would be after a change. */
import { type Bytes, textOf } from '../../bytes.js';
import { managedRegions } from '../../edit/managedblock.js';
import { applySplices, groupByFile, type Splice } from '../../edit/splices.js';
import type { TextFile } from '../../resolve/resolveinput.js';
import { isComment, type Line, Lines, type Option } from '../../syntax/lines.js';
import { type Span, splitArguments } from '../../syntax/linewords.js';
import type { ServerAnswers, ServerInput, ServerNeed } from '../serverinput.js';
import { serverLinesOf } from '../serverlines.js';
import { takesName } from './sampleconnection.js';

/** The query, and all that is known of the machine: files, patterns, users. */
export interface SshdFiles {
  readonly input: ServerInput;
  readonly answers: ServerAnswers;
}

/** Our file in a folder that the main file includes. */
const dropInName = '00-holdfast.conf';

/** What it begins with. */
export const dropInIntroduction: Bytes =
  '# By "holdfast sshd". The first value counts, so this file comes first.\n';

export function textFile(sshdFiles: SshdFiles, path: Bytes): TextFile | null {
  const file = sshdFiles.answers.files.get(path);
  return file?.type === 'file' ? file : null;
}

/** A line of the file with the keyword it has. */
export interface SshdStatement {
  readonly line: Line;
  readonly option: Option;
}

/** The lines in front of a file's first Match. */
export function globalLines(file: TextFile): readonly Line[] {
  const lines = serverLinesOf(file);
  const first = lines.findIndex(({ option }) => option?.name === 'match');
  return first === -1 ? lines : lines.slice(0, first);
}

/** The lines of a block: its header, and what follows up to the next one. */
export function blockLines(file: TextFile, header: number): readonly Line[] {
  const lines = serverLinesOf(file).slice(header - 1);
  const end = lines.findIndex(({ option }, at) => at > 0 && option?.name === 'match');
  return end === -1 ? lines : lines.slice(0, end);
}

export function headers(file: TextFile): readonly SshdStatement[] {
  return serverLinesOf(file).flatMap((line) =>
    line.option?.name === 'match' ? [{ line, option: line.option }] : [],
  );
}

/** A folder of files that the main file includes above its first Match, and our file in it. */
export interface DropIn {
  readonly path: Bytes;
  /** The pattern that includes it, as glob(3) gets it. */
  readonly pattern: Bytes;
  /** Line of the Include in the main file. */
  readonly line: number;
}

export type FoundDropIn =
  | { readonly type: 'needs'; readonly need: ServerNeed }
  | { readonly type: 'found'; readonly dropIn: DropIn | null };

/** The drop-in folder of the main file. It must be there: none is made. */
export function dropInOf({ input, answers }: SshdFiles): FoundDropIn {
  const none: FoundDropIn = { type: 'found', dropIn: null };
  const main = answers.files.get(input.main);
  if (main?.type !== 'file') return none;
  for (const { number, option } of globalLines(main)) {
    if (option?.name !== 'include') continue;
    const words = splitArguments(main.text, option.value.start, option.value.end) ?? [];
    for (const { text } of words) {
      const pattern = /^[/~]/.test(text) ? text : `/etc/ssh/${text}`;
      const slash = pattern.lastIndexOf('/');
      const folder = pattern.slice(0, slash);
      const name = pattern.slice(slash + 1);
      if (!pattern.startsWith('/') || /[*?[\]\\]/.test(folder) || !name.includes('*')) continue;
      if (takesName(name, dropInName) !== true) continue;
      const path = `${folder}/${dropInName}`;
      // Another pattern, with brackets, might include it a second time.
      if ([...answers.globs.keys()].some((each) => matched(each, path) === null)) continue;
      for (const each of [folder, path]) {
        if (!answers.files.has(each)) return { type: 'needs', need: { type: 'file', path: each } };
      }
      const there = answers.files.get(path);
      if (answers.files.get(folder)?.type !== 'directory') continue;
      if (there?.type !== 'file' && there?.type !== 'missing') continue;
      return { type: 'found', dropIn: { path, pattern, line: number } };
    }
  }
  return none;
}

/** Does a pattern match that path? Null: it has brackets. */
function matched(pattern: Bytes, path: Bytes): boolean | null {
  const slash = pattern.lastIndexOf('/');
  if (pattern.slice(0, slash) !== path.slice(0, path.lastIndexOf('/'))) {
    return /[*?[\]\\]/.test(pattern.slice(0, slash)) ? null : false;
  }
  return takesName(pattern.slice(slash + 1), path.slice(path.lastIndexOf('/') + 1));
}

/** The files after the splices. A file that was not there is there now, and the patterns find it. */
export function filesAfter(sshdFiles: SshdFiles, splices: readonly Splice[]): SshdFiles {
  const files = new Map(sshdFiles.answers.files);
  const globs = new Map(sshdFiles.answers.globs);
  for (const [path, own] of groupByFile(splices)) {
    const before = files.get(path);
    if (before?.type === 'file') {
      files.set(path, { ...before, text: applySplices(before.text, own) });
      continue;
    }
    files.set(path, {
      type: 'file',
      text: applySplices('', own),
      mode: 0o644,
      uid: 0,
      groupIsPrivate: false,
    });
    for (const [pattern, paths] of globs) {
      if (matched(pattern, path) === true && !paths.includes(path))
        globs.set(pattern, [...paths, path].sort());
    }
  }
  return { ...sshdFiles, answers: { ...sshdFiles.answers, files, globs } };
}

const generated =
  /\b(?:(?:ansible|puppet|chef|salt) managed|(?:managed|generated) (?:by|from)|do not (?:edit|modify|change)|will be (?:lost|overwritten))\b/i;
const byName = /(?:^|\/)(?:[0-9]+-)?(?:cloud-init|cloudimg-settings|redhat|crypto-policies?)\.conf$/i;

/**
 * Does another tool write this file? By its name (cloud-init's `50-cloud-init.conf`, Red Hat's `50-redhat.conf`), or by what
 * its first comments say. What is changed there comes back.
 */
export function isOfAnotherTool(path: Bytes, file: TextFile): boolean {
  if (path.endsWith(`/${dropInName}`)) return false;
  return byName.test(path) || saysGenerated(file);
}

function saysGenerated(file: TextFile): boolean {
  for (const line of serverLinesOf(file).slice(0, 20)) {
    if (line.option !== null) return false;
    if (isComment(file.text, line) && generated.test(textOf(file.text.slice(line.start, line.end))))
      return true;
  }
  return false;
}

/** The stretches of a file between the marks of another tool, as offsets. One without an end goes on for ever. */
function managedSpans({ text }: TextFile): readonly Span[] {
  const lines = new Lines(text);
  return managedRegions(text, lines).map(({ from, to, closed }) => ({
    start: lines.at(from).start,
    end: closed ? lines.at(to - 1).next : Number.POSITIVE_INFINITY,
  }));
}

/** Would the splice change what another tool has marked as its own? */
export function isInManaged(file: TextFile | null, { from, to }: Splice): boolean {
  if (file === null) return false;
  return managedSpans(file).some(({ start, end }) =>
    from === to ? start < from && from < end : from < end && start < to,
  );
}

/** The offset, or the end of the marked stretch that it is in; the beginning for `before`, or where the stretch has no end. */
export function outsideManaged(file: TextFile, at: number, side: 'behind' | 'before'): number {
  const span = managedSpans(file).find(({ start, end }) => start < at && at < end);
  if (span === undefined) return at;
  return side === 'behind' && Number.isFinite(span.end) ? span.end : span.start;
}
