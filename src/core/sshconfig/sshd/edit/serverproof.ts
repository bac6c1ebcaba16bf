/** Before anything is written: the requested value holds, and nothing else differs. */

import { type Bytes, textOf } from '../../bytes.js';
import { refusalSentence, refusalStory } from '../../explain/refused.js';
import type { Refusal, Section } from '../../resolve/resolvedconfig.js';
import { ServiceWanted } from '../../values/ports.js';
import type { ResolvedServerConfig, ServerEffective, ServerResolution } from '../resolvedserver.js';
import type { ServerNeed } from '../serverinput.js';
import { type ServerKeyword, serverKeywordOf } from '../serverkeywords.js';
import { resolveServer } from '../serverresolve.js';
import {
  type Criterion,
  criteriaOfHeader,
  type SampleConnection,
  sameCriteria,
  sampleFor,
  unknownConnection,
  unnamedConnection,
} from './sampleconnection.js';
import type { ServerEditRefusal } from './serverquery.js';
import { otherSubsystems, sameValue } from './servervalue.js';
import type { SshdFiles } from './sshdfiles.js';

/** What sshd makes of the files for one connection. */
export function resolveFor(sshdFiles: SshdFiles, { connection, groups }: SampleConnection): ServerResolution {
  const known = new Map([...sshdFiles.answers.groups, ...groups]);
  return resolveServer({ ...sshdFiles.input, connection }, { ...sshdFiles.answers, groups: known });
}

export interface ServerGoal {
  readonly keyword: ServerKeyword;
  /** What the option is to be, as a global line and in a block; null: no line is to set it. */
  readonly requested: readonly ServerEffective[] | null;
  /** Null: for every connection. */
  readonly criteria: readonly Criterion[] | null;
  /** The connection that must get it. */
  readonly target: SampleConnection;
}

export type ServerProof =
  | { readonly type: 'needs'; readonly needs: readonly ServerNeed[] }
  | { readonly type: 'refused'; readonly refusal: ServerEditRefusal; readonly errors: readonly Refusal[] }
  | { readonly type: 'proved'; readonly before: ResolvedServerConfig; readonly after: ResolvedServerConfig };

/** Options that sshd prints from others. */
const derived: Readonly<Record<string, string>> = { port: 'listenaddress', addressfamily: 'listenaddress' };

/** Holds the two worlds against each other: for no connection, a stranger, and one that fits each Match line of either. */
export function proveServerEdit(before: SshdFiles, after: SshdFiles, goal: ServerGoal): ServerProof {
  const base = resolveBoth(before, after, goal.target);
  if (base.type !== 'both') return base;
  const found = judge(goal, base.before, base.after, true);
  if (found !== null) return refusedBy(found);
  for (const sample of samples(before, [base.before, base.after])) {
    if ('type' in sample) return { type: 'needs', needs: [sample] };
    const both = resolveBoth(before, after, sample);
    if (both.type === 'needs') return both;
    if (both.type === 'refused') {
      // What is refused for this connection alone was so before.
      if (both.refusal.reason === 'refused before') continue;
      return both;
    }
    const wrong = judge(goal, both.before, both.after, false);
    if (wrong !== null) return refusedBy(wrong);
  }
  return { type: 'proved', before: base.before, after: base.after };
}

const refusedBy = (refusal: ServerEditRefusal): ServerProof => ({ type: 'refused', refusal, errors: [] });

type Pair =
  | Exclude<ServerProof, { type: 'proved' }>
  | { readonly type: 'both'; readonly before: ResolvedServerConfig; readonly after: ResolvedServerConfig };

function resolveBoth(before: SshdFiles, after: SshdFiles, sample: SampleConnection): Pair {
  const was = resolveFor(before, sample);
  if (was.type === 'needs') return was;
  if (was.type === 'refused') return refusedFiles(was.errors, 'refused before');
  const is = resolveFor(after, sample);
  if (is.type === 'needs') return is;
  if (is.type === 'refused') return refusedFiles(is.errors, 'refused after');
  return { type: 'both', before: was.answer, after: is.answer };
}

export function refusedFiles(
  errors: readonly Refusal[],
  reason: 'refused before' | 'refused after',
): Extract<ServerProof, { type: 'refused' }> {
  const [first] = errors;
  const said = first === undefined ? 'no reason' : refusalSentence(refusalStory(first));
  const message =
    reason === 'refused before'
      ? `sshd refuses the files as they are: ${said}`
      : `sshd would refuse it: ${said}`;
  return { type: 'refused', refusal: { reason, message }, errors };
}

/** One connection for each Match line, and the two that fit none. A need comes out where one hangs on a service's name. */
function* samples(
  sshdFiles: SshdFiles,
  answers: readonly ResolvedServerConfig[],
): Generator<SampleConnection | ServerNeed> {
  yield unknownConnection;
  yield unnamedConnection;
  const met: (readonly Criterion[])[] = [];
  for (const { block } of answers.flatMap(({ sections }) => sections)) {
    if (block === null) continue;
    const criteria = criteriaOfHeader(block.header);
    if (met.some((each) => sameCriteria(each, criteria))) continue;
    met.push(criteria);
    try {
      const sample = sampleFor(criteria, sshdFiles.answers);
      if (sample !== null) yield sample;
    } catch (error) {
      if (!(error instanceof ServiceWanted)) throw error;
      yield { type: 'service', name: error.service };
    }
  }
}

/** Null: as it should be. */
function judge(
  goal: ServerGoal,
  before: ResolvedServerConfig,
  after: ResolvedServerConfig,
  isTarget: boolean,
): ServerEditRefusal | null {
  for (const [key, was] of before.options) {
    const is = after.options.get(key);
    if (is === undefined) continue;
    if (key === goal.keyword.key) {
      const wrong = judgeOption(goal, before, after, was, is, isTarget);
      if (wrong !== null) return wrong;
    } else if (key !== derived[goal.keyword.key] && was.lines.join('\n') !== is.lines.join('\n')) {
      const message = `${was.keyword.name} would become ${shown(is)}, and is ${shown(was)}`;
      return { reason: 'side effect', message };
    }
  }
  return null;
}

function judgeOption(
  { keyword, requested, criteria }: ServerGoal,
  before: ResolvedServerConfig,
  after: ResolvedServerConfig,
  was: ServerEffective,
  is: ServerEffective,
  isTarget: boolean,
): ServerEditRefusal | null {
  const same = was.lines.join('\n') === is.lines.join('\n');
  const others = (each: ServerEffective) => otherSubsystems(requested ?? [], each).join('\n');
  const isRequested = requested?.some((each) => sameValue(each, is)) === true && others(was) === others(is);
  if (isTarget && requested !== null) {
    const by = winner(is);
    const message = `${keyword.name} would still be ${shown(is)}${by === null ? '' : `, by ${by}`}`;
    return isRequested ? null : { reason: 'shadowed', message };
  }
  // A block that overrides it goes on doing so.
  if (same || isTarget) return null;
  const concerned = criteria === null || fits(before, criteria) || fits(after, criteria);
  if (concerned && (requested === null || isRequested)) return null;
  return {
    reason: 'side effect',
    message: `${keyword.name} would become ${shown(is)} for other connections, where it is ${shown(was)}`,
  };
}

/** Does a block with these criteria match in this answer? */
function fits({ sections }: ResolvedServerConfig, criteria: readonly Criterion[]): boolean {
  return sections.some(
    ({ pass, block }) =>
      pass === 'final' && block?.activity === 'yes' && sameCriteria(criteriaOfHeader(block.header), criteria),
  );
}

function shown({ lines }: ServerEffective): string {
  return lines.length === 0 ? 'not set' : textOf(lines.join(' '));
}

function winner({ settings }: ServerEffective): string | null {
  const place = settings[0]?.place;
  return place === undefined ? null : `${textOf(place.source.file)}:${place.line}`;
}

/** A block that sets the option for its connections, whatever stands above the blocks. */
export interface ServerOverride {
  readonly file: Bytes;
  readonly line: number;
  /** The Match line, and where it is. */
  readonly header: Bytes;
  readonly value: Bytes;
}

export function overridesOf(
  { sections }: ResolvedServerConfig,
  keyword: ServerKeyword,
): readonly ServerOverride[] {
  const found = new Map<string, ServerOverride>();
  for (const { block, source, text, lines, from, to } of sections.filter(isReadOnce)) {
    if (block === null || criteriaOfHeader(block.header)[0]?.name === 'all') continue;
    for (const { option, number } of lines.slice(from, to)) {
      if (option === null || serverKeywordOf(option.name)?.key !== keyword.key) continue;
      const value = text.slice(option.value.start, option.value.end);
      const override = { file: source.file, line: number, header: block.header, value };
      found.set(`${source.file}\0${number}`, override);
    }
  }
  return keyword.inMatch ? [...found.values()] : [];
}

/**
 * Of a change for some connections: other blocks that a few of these fit as well, and that stand before it. A connection is
 * thought of that fits both.
 */
export function overlapsOf(
  sshdFiles: SshdFiles,
  answer: ResolvedServerConfig,
  keyword: ServerKeyword,
  criteria: readonly Criterion[],
  requested: readonly ServerEffective[],
): readonly ServerOverride[] {
  return overridesOf(answer, keyword).filter(({ file, line, header }) => {
    const theirs = criteriaOfHeader(header);
    const sample = sameCriteria(theirs, criteria) ? null : sampleOrNull([...criteria, ...theirs], sshdFiles);
    const found = sample === null ? null : resolveFor(sshdFiles, sample);
    if (found?.type !== 'resolved') return false;
    const is = found.answer.options.get(keyword.key);
    const place = is?.settings[0]?.place;
    if (is === undefined || place?.source.file !== file || place.line !== line) return false;
    return !requested.some((each) => sameValue(each, is));
  });
}

function sampleOrNull(criteria: readonly Criterion[], sshdFiles: SshdFiles): SampleConnection | null {
  try {
    return sampleFor(criteria, sshdFiles.answers);
  } catch (error) {
    if (error instanceof ServiceWanted) return null;
    throw error;
  }
}

function isReadOnce({ pass }: Section): boolean {
  return pass === 'first';
}
