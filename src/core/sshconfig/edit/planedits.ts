import type { Bytes } from '../bytes.js';
import { rulesOf } from '../keywords/releases.js';
import { resolveClient } from '../resolve/resolve.js';
import type { Answers, FileAnswer, Need, ResolveInput } from '../resolve/resolveinput.js';
import type { Change, EditRefusal, HostChange, KeptValue } from './change.js';
import { same } from './compareresults.js';
import { ConfigIndex } from './configindex.js';
import { changesOf, keptOf } from './editreport.js';
import type { HostResolution, Idle, PlanContext } from './editstep.js';
import { type JumpLine, jumpsThrough } from './hostedits.js';
import { planHost } from './hostplan.js';
import { layoutOf } from './layout.js';
import { planOption, sampleOf } from './optionplan.js';
import { type Accepted, proveEdit } from './proveedit.js';
import type { ChangedFile } from './splices.js';

export interface EditOptions {
  /** Options that the release in use does not know may be set. Lines with unknown names are then no reason to refuse. */
  readonly allowUnknown?: boolean;
  /** Other files are read after these: what no line here says may be said there. @default false */
  readonly partial?: boolean;
}

export type EditPlan =
  | { readonly type: 'needs'; readonly needs: readonly Need[] }
  | { readonly type: 'refused'; readonly refusal: EditRefusal; readonly change: Change }
  | { readonly type: 'planned'; readonly planned: Planned };

/** A file that changes, as it is and as it will be. */
export interface PlannedFile extends Pick<ChangedFile, 'file' | 'before' | 'after'> {
  /** There is none yet. */
  readonly created: boolean;
  /** Lines of `after` that are new or different, without blank ones, in order. */
  readonly newLines: readonly PlannedLine[];
}

export interface PlannedLine {
  /** From 1. */
  readonly line: number;
  /** Without white space around it. */
  readonly text: Bytes;
  /** The Host or Match line above it; null: there is none. */
  readonly header: Bytes | null;
}

/** What would be written, with the proof done. No files: there is nothing to do. */
export interface Planned {
  readonly files: readonly PlannedFile[];
  /** By host and option, for every host that the files name. */
  readonly changed: readonly HostChange[];
  /** Of changes for several hosts: those that go on with a value of their own. */
  readonly kept: readonly KeptValue[];
  /** Changes that are true already, and what makes them so. */
  readonly idle: readonly Idle[];
  /** Lines that go through a host by a name that it has no more, as they stand afterwards. */
  readonly lostJumps: readonly JumpLine[];
}

/**
 * From changes to the bytes to write, proved: outside of the splices every byte is as before, the hosts of the change
 * resolve as requested, all others as before. Several changes are made one after the other, each proved by itself. Pure:
 * what must be known first comes back as `needs`, as from `resolve`; `commands` answered with `not allowed` are proved for
 * both answers. `input.host` does not count. Throws a RangeError where the planner itself is at fault.
 */
export function planEdits(
  changes: readonly Change[],
  { options: _, ...rest }: ResolveInput,
  answers: Answers,
  options: EditOptions = {},
): EditPlan {
  const allowUnknown = options.allowUnknown ?? false;
  const input: ResolveInput = { ...rest, options: allowUnknown ? ['IgnoreUnknown *'] : [] };
  const { present, created } = withMainFile(input, answers);
  const [first] = changes;
  const file = mainPath(input);
  if (first !== undefined && file !== null && answers.files.get(file)?.type === 'directory') {
    const errors = [{ file, line: 0, span: null, reason: 'it is a folder', suggestion: 'a file' }];
    return { type: 'refused', refusal: { type: 'file', errors }, change: first };
  }
  const partial = options.partial ?? false;
  let now = present;
  const files = new Map<Bytes, FileEdit>();
  const changed = new Map<string, HostChange>();
  const kept: KeptValue[] = [];
  const idle: Idle[] = [];
  const lostNames: Bytes[] = [];
  for (const change of changes) {
    const known = now;
    const index = new ConfigIndex(input, known);
    if (index.needs.length > 0) return { type: 'needs', needs: index.needs };
    const context: PlanContext = {
      index,
      allowUnknown,
      partial,
      resolveFor: (host) => resolveFor(input, known, host),
    };
    const step = 'option' in change ? planOption(change, context) : planHost(change, context);
    if (step.type === 'idle') {
      idle.push(step.idle);
      continue;
    }
    const proved = step.type === 'proposal' ? proveEdit(index, step) : step;
    if (proved.type === 'needs') return proved;
    if (proved.type === 'refused') return { ...proved, change };
    const { accepted } = proved;
    now = accepted.answers;
    remember(files, accepted, index);
    const standsFor = new Map('option' in change ? [[sampleOf(index, change.host), change.host]] : []);
    merge(changed, changesOf(accepted, standsFor));
    if (change.type === 'rename') lostNames.push(change.from);
    if (change.type === 'remove') lostNames.push(change.host);
    if (change.type === 'set') kept.push(...keptOf(accepted, index.readingContext));
  }
  return {
    type: 'planned',
    planned: {
      files: [...files]
        .filter(([, { before, after }]) => before !== after)
        .map(([file, { before, after, newLines }]) => ({
          file,
          before,
          after,
          created: file === created,
          newLines: linesAt(newLines, file, input, now),
        })),
      changed: [...changed.values()].filter(({ before, after }) => !same(before, after)),
      kept,
      idle,
      lostJumps:
        lostNames.length === 0
          ? []
          : lostNames.flatMap((host) => jumpsThrough(new ConfigIndex(input, now), host)),
    },
  };
}

function mainPath({ files }: ResolveInput): Bytes | null {
  return files.type === 'one' ? files.path : files.type === 'usual' ? files.user : null;
}

/** A user's file that is not there yet is empty. */
function withMainFile(
  input: ResolveInput,
  answers: Answers,
): { readonly present: Answers; readonly created: Bytes | null } {
  const { facts } = input;
  const path = mainPath(input);
  if (path === null || answers.files.get(path)?.type !== 'missing')
    return { present: answers, created: null };
  const empty: FileAnswer = { type: 'file', text: '', mode: 0o100600, uid: facts.uid, groupIsPrivate: false };
  return { present: { ...answers, files: new Map(answers.files).set(path, empty) }, created: path };
}

function resolveFor(input: ResolveInput, answers: Answers, host: Bytes): HostResolution {
  const found = resolveClient({ ...input, host }, answers);
  if (found.type === 'needs') return found;
  if (found.type === 'refused') return { type: 'refused', refusal: { type: 'file', errors: found.errors } };
  return { type: 'answer', answer: found.answer };
}

/** What all changes so far have made of a file. */
interface FileEdit {
  readonly before: Bytes;
  readonly after: Bytes;
  /** Numbers of lines in `after`, from 0. */
  readonly newLines: readonly number[];
}

function remember(
  files: Map<Bytes, FileEdit>,
  { files: changed, touch }: Accepted,
  { members }: ConfigIndex,
): void {
  for (const { file, before, after } of changed) {
    const known = files.get(file);
    const layout = members.get(file)?.layout;
    const earlier = (known?.newLines ?? []).flatMap((line) =>
      layout === undefined ? [line] : (touch.lineAfter(layout, line) ?? []),
    );
    const newLines = [...new Set([...earlier, ...(touch.added.get(file) ?? [])])];
    files.set(file, { before: known?.before ?? before, after, newLines });
  }
}

function linesAt(
  numbers: readonly number[],
  file: Bytes,
  { facts }: ResolveInput,
  { files }: Answers,
): readonly PlannedLine[] {
  const answer = files.get(file);
  if (answer?.type !== 'file') return [];
  const layout = layoutOf(file, answer, rulesOf(facts.release, facts.banner));
  return [...numbers]
    .sort((a, b) => a - b)
    .filter((line) => !layout.isBlank(line))
    .map((line) => {
      const { header } = layout.partAt(line);
      const isInBlock = header >= 0 && header !== line;
      return {
        line: line + 1,
        text: layout.textOf(line),
        header: isInBlock ? layout.textOf(header) : null,
      };
    });
}

/** A later change of the same option goes on from what the earlier one made. */
function merge(changed: Map<string, HostChange>, more: readonly HostChange[]): void {
  for (const change of more) {
    const key = `${change.host} ${change.option}`;
    changed.set(key, { ...change, before: changed.get(key)?.before ?? change.before });
  }
}
