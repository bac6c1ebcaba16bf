import { type Bytes, textOf } from '../../bytes.js';
import type { Splice } from '../../lint/finding.js';
import type { Refusal } from '../../resolve/resolvedconfig.js';
import { ServiceWanted } from '../../values/ports.js';
import type { ResolvedServerConfig, ServerEffective } from '../resolvedserver.js';
import type { ServerNeed } from '../serverinput.js';
import type { ServerKeyword } from '../serverkeywords.js';
import {
  blockPlacements,
  blockRemoval,
  globalPlacements,
  globalRemoval,
  type PlacementGoal,
} from './placement.js';
import {
  type Criterion,
  criteriaOf,
  type SampleConnection,
  sampleFor,
  unknownConnection,
} from './sampleconnection.js';
import {
  overlapsOf,
  overridesOf,
  proveServerEdit,
  refusedFiles,
  resolveFor,
  type ServerGoal,
  type ServerOverride,
} from './serverproof.js';
import type { ServerChange, ServerEdit, ServerEditReason, ServerEditRefusal } from './serverquery.js';
import { evaluateServerLine, sameValue } from './servervalue.js';
import { dropInOf, filesAfter, isInManaged, type SshdFiles, textFile } from './sshdfiles.js';

/** What came of one option. */
export interface ServerStep {
  readonly keyword: ServerKeyword;
  readonly value: Bytes | null;
  /** None: it was so already. */
  readonly splices: readonly Splice[];
  /** Of every connection, or of one that fits the criteria. */
  readonly before: ServerEffective;
  readonly after: ServerEffective;
  /** Blocks that go on setting the option for their connections. */
  readonly overrides: readonly ServerOverride[];
  /** A line sets another value already, and the change was only for where none does. */
  readonly stays: boolean;
  /** `file:line` of lines that stay because another tool writes the file. */
  readonly kept: readonly string[];
}

export interface ServerFileChange {
  readonly file: Bytes;
  /** Null: it is a new file. */
  readonly before: Bytes | null;
  readonly after: Bytes;
}

export type ServerPlan =
  | { readonly type: 'needs'; readonly needs: readonly ServerNeed[] }
  | { readonly type: 'refused'; readonly refusal: ServerEditRefusal; readonly errors: readonly Refusal[] }
  | {
      readonly type: 'planned';
      readonly steps: readonly ServerStep[];
      /** None: there is nothing to do. */
      readonly files: readonly ServerFileChange[];
      /** What sshd makes of the files for every connection, or for one that fits the criteria. */
      readonly before: ResolvedServerConfig;
      readonly after: ResolvedServerConfig;
      /** The files as they would be. */
      readonly sshdFiles: SshdFiles;
      readonly dropIn: Bytes | null;
    };

/**
 * Where each option goes, with the proof that it takes effect and that nothing else changes (see `proof.ts`). Pure: what it
 * cannot know it asks for, as `resolveServer` does. Bytes outside the splices are the same by construction.
 */
export function planServerEdit(sshdFiles: SshdFiles, { changes, match }: ServerEdit): ServerPlan {
  const target = targetOf(sshdFiles, match);
  if (target.type !== 'target') return target;
  const before = resolveFor(sshdFiles, target.sample);
  if (before.type === 'needs') return before;
  for (const path of sshdFiles.answers.joined ?? []) {
    const message = `${textOf(path)} has NUL bytes in it, which join lines to sshd: take them out first`;
    return refused('unreadable', message);
  }
  if (before.type === 'refused') return refusedFiles(before.errors, 'refused before');
  let now = sshdFiles;
  const steps: ServerStep[] = [];
  for (const change of changes) {
    const step = planServerChange(now, change, match, target);
    if (step.type !== 'step') return step;
    steps.push(step.step);
    now = step.after;
  }
  const paths = [...new Set(steps.flatMap(({ splices }) => splices.map(({ file }) => file)))];
  const files = paths.map((file) => ({
    file,
    before: textFile(sshdFiles, file)?.text ?? null,
    after: textFile(now, file)?.text ?? '',
  }));
  const after = resolveFor(now, target.sample);
  if (after.type === 'needs') return after;
  if (after.type === 'refused') return refusedFiles(after.errors, 'refused after');
  const dropIn = dropInOf(sshdFiles);
  return {
    type: 'planned',
    steps,
    files: files.filter(({ before: was, after: is }) => was !== is),
    before: before.answer,
    after: after.answer,
    sshdFiles: now,
    dropIn: dropIn.type === 'found' ? (dropIn.dropIn?.path ?? null) : null,
  };
}

const refused = (reason: ServerEditReason, message: string): Extract<ServerPlan, { type: 'refused' }> => ({
  type: 'refused',
  refusal: { reason, message },
  errors: [],
});

interface Target {
  readonly type: 'target';
  readonly criteria: readonly Criterion[] | null;
  readonly sample: SampleConnection;
}

function targetOf(
  sshdFiles: SshdFiles,
  match: Bytes | null,
): Target | Exclude<ServerPlan, { type: 'planned' }> {
  if (match === null) return { type: 'target', criteria: null, sample: unknownConnection };
  const criteria = criteriaOf(match);
  try {
    const sample = sampleFor(criteria, sshdFiles.answers);
    if (sample !== null && criteria.length > 0) return { type: 'target', criteria, sample };
  } catch (error) {
    if (!(error instanceof ServiceWanted)) throw error;
    return { type: 'needs', needs: [{ type: 'service', name: error.service }] };
  }
  return refused(
    'criteria',
    `Match ${textOf(match)}: want criteria that some connection fits, as in 'User backup' or 'Address 10.0.0.0/8'`,
  );
}

type ServerStepResult =
  | Exclude<ServerPlan, { type: 'planned' }>
  | { readonly type: 'step'; readonly step: ServerStep; readonly after: SshdFiles };

function planServerChange(
  sshdFiles: SshdFiles,
  change: ServerChange,
  match: Bytes | null,
  target: Target,
): ServerStepResult {
  const { keyword, value } = change;
  if (match !== null && !keyword.inMatch) {
    const message = `${keyword.name} counts for the whole server: it cannot stand in a Match block`;
    return refused('not in a block', message);
  }
  const requested = value === null ? null : readRequested(sshdFiles, keyword, value, match);
  if (requested !== null && requested.type !== 'requested') return requested;
  const resolved = resolveFor(sshdFiles, target.sample);
  if (resolved.type === 'needs') return resolved;
  if (resolved.type === 'refused') return refusedFiles(resolved.errors, 'refused before');
  const { answer } = resolved;
  const now = answer.options.get(keyword.key);
  if (now === undefined)
    return refused('option', `${keyword.name}: sshd prints no value of it, so nothing can be proved`);
  const found = dropInOf(sshdFiles);
  if (found.type === 'needs') return { type: 'needs', needs: [found.need] };
  const placement: PlacementGoal = { sshdFiles, answer, dropIn: found.dropIn, keyword, value: value ?? '' };
  const { tries: all, blockedBy } = placementsOf(placement, change, match, target.criteria);
  const tries = all.filter((splices) =>
    splices.every((splice) => !isInManaged(textFile(sshdFiles, splice.file), splice)),
  );
  const unchanged = (kept: readonly string[], stays = false): ServerStepResult => {
    const values = stays ? [now] : (requested?.effective ?? null);
    const overrides = overridesFor(sshdFiles, answer, keyword, target.criteria, values);
    const step = { keyword, value, splices: [], before: now, after: now, overrides, kept, stays };
    return { type: 'step', step, after: sshdFiles };
  };
  if (requested?.effective.some((each) => sameValue(each, now))) return unchanged([]);
  if (change.onlyIfUnset === true && now.settings.length > 0) return unchanged([], true);
  if (all.length > 0 && tries.length === 0) {
    const message = `${keyword.name}: the line stands between marks of another tool, which would write it again`;
    return refused('of another tool', message);
  }
  if (tries.length === 0 && blockedBy.length > 0) {
    const where = blockedBy.join(', ');
    return refused(
      'of another tool',
      `${keyword.name}: ${where} would have to change, and another tool writes that file`,
    );
  }
  if (tries.length === 0 && value === null) return unchanged(blockedBy);
  const goal: ServerGoal = {
    keyword,
    requested: requested?.effective ?? null,
    criteria: target.criteria,
    target: target.sample,
  };
  return firstProvedStep(sshdFiles, goal, value, tries, blockedBy);
}

function placementsOf(
  goal: PlacementGoal,
  change: ServerChange,
  match: Bytes | null,
  criteria: Target['criteria'],
) {
  if (criteria === null || match === null) {
    return change.value === null ? globalRemoval(goal) : globalPlacements(goal);
  }
  return change.value === null ? blockRemoval(goal, criteria) : blockPlacements(goal, match, criteria);
}

/** The first place that is proved. Where none is, the reason against the last one says most. */
function firstProvedStep(
  sshdFiles: SshdFiles,
  goal: ServerGoal,
  value: Bytes | null,
  tries: readonly (readonly Splice[])[],
  kept: readonly string[],
): ServerStepResult {
  let last: ServerStepResult = refused('shadowed', `${goal.keyword.name}: there is no place for it`);
  for (const splices of tries) {
    const after = filesAfter(sshdFiles, splices);
    const proof = proveServerEdit(sshdFiles, after, goal);
    if (proof.type === 'needs') return proof;
    if (proof.type === 'refused') {
      last = proof;
      continue;
    }
    const step = stepFrom(proof, after, goal, value, splices, value === null ? kept : []);
    if (step !== null) return { type: 'step', step, after };
  }
  return last;
}

function stepFrom(
  { before, after }: { readonly before: ResolvedServerConfig; readonly after: ResolvedServerConfig },
  sshdFiles: SshdFiles,
  { keyword, criteria, requested }: ServerGoal,
  value: Bytes | null,
  splices: readonly Splice[],
  kept: readonly string[],
): ServerStep | null {
  const was = before.options.get(keyword.key);
  const is = after.options.get(keyword.key);
  if (was === undefined || is === undefined) return null;
  const overrides = overridesFor(sshdFiles, after, keyword, criteria, requested);
  return { keyword, value, splices, before: was, after: is, overrides, kept, stays: false };
}

/** Blocks that go on setting the option for connections that the change is about. */
function overridesFor(
  sshdFiles: SshdFiles,
  answer: ResolvedServerConfig,
  keyword: ServerKeyword,
  criteria: ServerGoal['criteria'],
  requested: ServerGoal['requested'],
): readonly ServerOverride[] {
  if (criteria === null) return overridesOf(answer, keyword);
  return requested === null ? [] : overlapsOf(sshdFiles, answer, keyword, criteria, requested);
}

type RequestedStep =
  | Exclude<ServerPlan, { type: 'planned' }>
  | { readonly type: 'requested'; readonly effective: readonly ServerEffective[] };

/** What the value comes to: as a global line, and, as `None` for one is printed otherwise there, in a block. */
function readRequested(
  sshdFiles: SshdFiles,
  keyword: ServerKeyword,
  value: Bytes,
  match: Bytes | null,
): RequestedStep {
  const effective: ServerEffective[] = [];
  for (const inBlock of match === null ? [false, true] : [true]) {
    const read = evaluateServerLine(keyword, value, inBlock, sshdFiles);
    if (read.type === 'needs') return read;
    if (read.type === 'refused') return refused('value', read.message);
    effective.push(read.effective);
  }
  return { type: 'requested', effective };
}
