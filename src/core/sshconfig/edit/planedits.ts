import type { Bytes } from '../bytes.js';
import { rulesOf } from '../keywords/releases.js';
import { resolve } from '../resolve/resolve.js';
import type { ResolvedConfig } from '../resolve/resolvedconfig.js';
import type { Answers, FileAnswer, Need, ResolveInput } from '../resolve/resolveinput.js';
import type { Change, EditRefusal, HostChange, KeptValue, Spot } from './change.js';
import { same } from './compareresults.js';
import { ConfigIndex } from './configindex.js';
import { changesOf, keptOf } from './editreport.js';
import { planMove } from './hostplan.js';
import { type JumpLine, jumpsThrough } from './jumps.js';
import { planOption, sampleOf } from './optionplan.js';
import type { Accepted, Attempted } from './proveedit.js';
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

/** What would be written, with the proof done. No files: there is nothing to do. */
export interface Planned {
  /** Each file that changes, as it is and as it will be. `created`: there is none yet. */
  readonly files: readonly (Pick<ChangedFile, 'file' | 'before' | 'after'> & { readonly created: boolean })[];
  /** By host and option, for every host that the files name. */
  readonly changed: readonly HostChange[];
  /** Of changes for several hosts: those that go on with a value of their own. */
  readonly kept: readonly KeptValue[];
  /** Changes that are true already, and what makes them so. */
  readonly idle: readonly Idle[];
  /** Lines that go through a host by a name that it has no more, as they stand afterwards. */
  readonly lostJumps: readonly JumpLine[];
}

/** A change for which there is nothing to do. */
export interface Idle {
  readonly change: Change;
  /** `already`: it is so; `not there`: what was to go is not there, or not the host's own. */
  readonly why: 'already' | 'not there';
  readonly values: readonly Bytes[];
  /** The line that says so; null: a default, or none does. */
  readonly at: Spot | null;
}

/** What one change comes to. */
export type Step =
  | { readonly type: 'tried'; readonly tried: Attempted; readonly keys: readonly string[] | null }
  | { readonly type: 'idle'; readonly idle: Idle };

/** What every change is planned with. */
export interface PlanContext {
  readonly index: ConfigIndex;
  readonly allowUnknown: boolean;
  readonly partial: boolean;
  readonly resolveFor: (host: Bytes) => HostResolution;
}

export type HostResolution =
  | { readonly type: 'answer'; readonly answer: ResolvedConfig }
  | { readonly type: 'needs'; readonly needs: readonly Need[] }
  | { readonly type: 'refused'; readonly refusal: EditRefusal };

/**
 * From what is wanted to the bytes to change, proved: outside of the splices every byte is as before, who is meant
 * resolves as asked, everyone else as before. Several changes are made one after the other, each proved by itself. Pure:
 * what must be known first comes back as `needs`, as from `resolve`; `commands` answered with `not allowed` are proved for
 * both answers. `question.host` does not count. Throws a RangeError where the planner itself is at fault.
 */
export function planEdits(
  changes: readonly Change[],
  question: ResolveInput,
  answers: Answers,
  options: EditOptions = {},
): EditPlan {
  const allowUnknown = options.allowUnknown ?? false;
  const input: ResolveInput = allowUnknown
    ? { ...question, options: ['IgnoreUnknown *'] }
    : { ...question, options: [] };
  const { present, created } = withMainFile(input, answers);
  const [first] = changes;
  const file = mainPath(input);
  if (first !== undefined && file !== null && answers.files.get(file)?.type === 'directory') {
    const errors = [{ file, line: 0, span: null, reason: 'it is a folder', suggestion: 'a file' }];
    return { type: 'refused', refusal: { type: 'file', errors }, change: first };
  }
  let now = present;
  const files = new Map<Bytes, { before: Bytes; after: Bytes }>();
  const changed = new Map<string, HostChange>();
  const kept: KeptValue[] = [];
  const idle: Idle[] = [];
  const lostNames: Bytes[] = [];
  for (const change of changes) {
    const known = now;
    const index = new ConfigIndex(input, known);
    if (index.needs.length > 0) return { type: 'needs', needs: index.needs };
    const partial = options.partial ?? false;
    const step = planChange(change, {
      index,
      allowUnknown,
      partial,
      resolveFor: (host) => resolveFor(input, known, host),
    });
    if (step.type === 'idle') {
      idle.push(step.idle);
      continue;
    }
    const { tried } = step;
    if (tried.type === 'needs') return tried;
    if (tried.type === 'refused') return { ...tried, change };
    const { accepted } = tried;
    now = accepted.answers;
    remember(files, accepted);
    const standsFor = new Map('option' in change ? [[sampleOf(index, change.host), change.host]] : []);
    merge(changed, changesOf(accepted, step.keys, standsFor));
    const services = (name: Bytes) => now.services.get(name) ?? null;
    const { env, release, banner } = input.facts;
    const context = { env, services, onCommandLine: false, rules: rulesOf(release, banner) };
    if (change.type === 'rename') lostNames.push(change.from);
    if (change.type === 'remove') lostNames.push(change.host);
    if (change.type === 'set') kept.push(...keptOf(accepted, step.keys, context));
  }
  return {
    type: 'planned',
    planned: {
      files: [...files]
        .filter(([, { before, after }]) => before !== after)
        .map(([file, texts]) => ({ file, ...texts, created: file === created })),
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

function planChange(change: Change, context: PlanContext): Step {
  switch (change.type) {
    case 'set':
    case 'unset':
    case 'append':
    case 'drop':
      return planOption(change, context);
    default:
      return planMove(change, context);
  }
}

function mainPath({ files }: ResolveInput): Bytes | null {
  return files.type === 'one' ? files.path : files.type === 'usual' ? files.user : null;
}

/** A user's file that is not there yet is empty. */
function withMainFile(
  question: ResolveInput,
  answers: Answers,
): { readonly present: Answers; readonly created: Bytes | null } {
  const { facts } = question;
  const path = mainPath(question);
  if (path === null || answers.files.get(path)?.type !== 'missing')
    return { present: answers, created: null };
  const empty: FileAnswer = { type: 'file', text: '', mode: 0o100600, uid: facts.uid, groupIsPrivate: false };
  return { present: { ...answers, files: new Map(answers.files).set(path, empty) }, created: path };
}

function resolveFor(question: ResolveInput, answers: Answers, host: Bytes): HostResolution {
  const found = resolve({ ...question, host }, answers);
  if (found.type === 'needs') return found;
  if (found.type === 'refused') return { type: 'refused', refusal: { type: 'file', errors: found.errors } };
  return { type: 'answer', answer: found.answer };
}

function remember(files: Map<Bytes, { before: Bytes; after: Bytes }>, { files: changed }: Accepted): void {
  for (const { file, before, after } of changed) {
    files.set(file, { before: files.get(file)?.before ?? before, after });
  }
}

/** A later change of the same option goes on from what the earlier one made. */
function merge(changed: Map<string, HostChange>, more: readonly HostChange[]): void {
  for (const change of more) {
    const key = `${change.host} ${change.option}`;
    changed.set(key, { ...change, before: changed.get(key)?.before ?? change.before });
  }
}
