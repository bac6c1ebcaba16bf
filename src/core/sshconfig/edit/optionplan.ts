/** One option of one host, of a pattern, or of all hosts. */
import { hostMatching, matchPattern } from '../../text/pattern.js';
import type { Bytes } from '../bytes.js';
import { keywordOf } from '../keywords/keywords.js';
import type { ResolvedConfig } from '../resolve/resolvedconfig.js';
import { statementOf } from '../syntax/statements.js';
import { forwardKey } from '../values/forward.js';
import { print } from '../values/printed.js';
import type { Value } from '../values/values.js';
import { removeEmptiedPart, removeLine } from './blocks.js';
import type { Change } from './change.js';
import {
  allOf,
  linesFor,
  requireAsOnCommandLine,
  requireNoValues,
  requireRestUnchanged,
  requireValues,
  same,
  spotOf,
  valuesFor,
} from './compareresults.js';
import type { ConfigIndex } from './configindex.js';
import { type PlanContext, refuse, type Step } from './editstep.js';
import { type FormattedOption, formatOption, optionNamed } from './formatoption.js';
import { headersNaming, invalidHost, isHostPattern } from './hostedits.js';
import type { OptionLine, Part } from './layout.js';
import {
  appendCandidates,
  exchangeCandidates,
  optionLinesIn,
  ownParts,
  type PlaceCandidate,
  type PlaceSubject,
  setCandidates,
} from './place.js';
import { type Goal, others } from './proveedit.js';
import type { Splice } from './splices.js';

type OptionChange = Extract<Change, { readonly option: Bytes }>;

export function planOption(change: OptionChange, context: PlanContext): Step {
  const { index, allowUnknown } = context;
  const invalid = invalidHost(index, change.host);
  if (invalid !== null) return refuse(invalid);
  const named = optionNamed(change.option, allowUnknown, index.input.facts.release);
  if ('refusal' in named) return refuse(named.refusal);
  const key = named.keyword?.key ?? change.option.toLowerCase();
  const name = named.keyword?.name ?? change.option;
  const sample = sampleOf(index, change.host);
  const resolved = context.resolveFor(sample);
  if (resolved.type !== 'answer') return resolved;
  const { answer } = resolved;
  const adds = named.keyword?.combine === 'each' || named.keyword?.combine === 'environment';
  const edit: OptionEdit = { context, change, answer, sample, key, name, adds };
  if (change.type === 'unset') return planUnset(edit);
  if (change.type !== 'set' && !adds) return refuse({ type: 'not-a-list', option: name });
  const values = formatOption(change, index.input, index.answers.services, allowUnknown);
  if (values.type !== 'formatted') return values;
  if (change.type === 'drop') return planDrop(edit, values.formatted);
  if (change.type === 'append') return planAppend(edit, values.formatted);
  const force = change.type === 'set' && change.force === true;
  return adds ? planExchange(edit, values.formatted) : planSet(edit, values.formatted, force);
}

interface OptionEdit {
  readonly context: PlanContext;
  readonly change: OptionChange;
  readonly answer: ResolvedConfig;
  readonly sample: Bytes;
  readonly key: string;
  readonly name: Bytes;
  /** Its lines add up. */
  readonly adds: boolean;
}

/** A name that the change is about: the host itself, one that the pattern matches, one that no host has. */
export function sampleOf(index: ConfigIndex, host: Bytes): Bytes {
  if (host === '*') return index.unnamedHost();
  return isHostPattern(host) ? hostMatching(host) : host;
}

function goalOf({ change, sample }: OptionEdit, wants: readonly Bytes[], judge: Goal['judge']): Goal {
  const { host } = change;
  const parts = isHostPattern(host) && host !== '*';
  return {
    // Only the pattern itself: what else stands in its Host line is about other hosts.
    targets: host === '*' ? 'all' : parts ? (name) => matchPattern(name, host) : new Set([host]),
    free: new Set(),
    formerly: new Map(),
    also: [sample],
    optionLines: wants,
    judge,
    others,
  };
}

/** What else may become different for the host itself. Null: anything, headers are held against what changes. */
function freeFor({ context, key }: OptionEdit): ReadonlySet<string> | null {
  const keyword = keywordOf(key, context.index.input.facts.release);
  const feeds = keyword?.feeds ?? null;
  if (feeds === 'canonical' || (feeds !== null && context.index.hasCriteria)) return null;
  const rival = keyword?.rival ?? null;
  return new Set([key, ...(rival === null ? [] : [rival]), ...(keyword?.clears ?? [])]);
}

function propose({ key }: OptionEdit, candidates: readonly PlaceCandidate[], goal: Goal): Step {
  return { type: 'proposal', candidates, goal, keys: [key] };
}

function idle({ change, answer, key }: OptionEdit, why: 'already' | 'not there'): Step {
  const place = answer.options.get(key)?.settings[0]?.place;
  return {
    type: 'idle',
    idle: { change, why, values: linesFor(answer, key), at: place === undefined ? null : spotOf(place) },
  };
}

function planSet(edit: OptionEdit, values: readonly FormattedOption[], force: boolean): Step {
  const { context, change, answer, key, name, sample } = edit;
  const wants = values.map((each) => `${each.name} ${each.value}`);
  if (values.every(({ means }) => means === null)) return planUnknown(edit, values);
  const subject: PlaceSubject = { pattern: change.host, answer, force };
  const several = isHostPattern(change.host) && !force;
  const judge = allOf(
    requireAsOnCommandLine({ key, name }, (host) => several && host !== sample),
    requireRestUnchanged(freeFor(edit)),
  );
  if (!force && isSo(edit, values)) return idle(edit, 'already');
  const goal = goalOf(edit, wants, judge);
  const also = [...goal.also, ...hopsOf(values)];
  return propose(edit, setCandidates(context.index, subject, values), { ...goal, also });
}

/** A host that all hosts are to jump through is one of them, and cannot jump through itself. */
function hopsOf(values: readonly FormattedOption[]): readonly Bytes[] {
  return values.flatMap(({ means }) =>
    means?.type === 'jump' && means.jump !== 'none' ? [means.jump.host] : [],
  );
}

/** Does ssh say it already? The value is what counts, not how it is written: 30, 30s, 0m30s. */
function isSo({ context, answer, key }: OptionEdit, [value]: readonly FormattedOption[]): boolean {
  const option = answer.options.get(key);
  if (!option || value?.means === null || value === undefined || option.undecided.length > 0) return false;
  const requested = [value.means, value.second].flatMap((each) => (each === null ? [] : [print(each)]));
  if (option.settings.length === 0)
    return !context.partial && same(option.lines, requested) && option.note === null;
  // Of two values on one line only the first is kept here.
  if (value.second !== null || option.keyword.twofold) return false;
  return same(valuesFor(answer, key), requested);
}

function planUnknown(edit: OptionEdit, values: readonly FormattedOption[]): Step {
  const { context, change, answer } = edit;
  const subject: PlaceSubject = { pattern: change.host, answer, force: false };
  const candidates = setCandidates(context.index, subject, values);
  return propose(edit, candidates, goalOf(edit, [], requireRestUnchanged(new Set())));
}

function identity(value: Value): string {
  return value.type === 'forward' ? forwardKey(value.forward) : print(value);
}

function meanings(values: readonly FormattedOption[]): readonly Value[] {
  return values.flatMap(({ means }) =>
    means === null
      ? []
      : means.type === 'words'
        ? means.words.map((word): Value => ({ type: 'word', word }))
        : [means],
  );
}

function planAppend(edit: OptionEdit, values: readonly FormattedOption[]): Step {
  const { context, change, answer, key, name } = edit;
  const requested = meanings(values);
  const there = new Set(answer.options.get(key)?.settings.map(({ value }) => identity(value)));
  if (requested.every((value) => there.has(identity(value)))) return idle(edit, 'already');
  const judge = allOf(
    requireValues({ key, name }, requested.map(print), true),
    requireRestUnchanged(freeFor(edit)),
  );
  const subject: PlaceSubject = { pattern: change.host, answer, force: false };
  return propose(edit, appendCandidates(context.index, subject, values), goalOf(edit, [], judge));
}

function planExchange(edit: OptionEdit, values: readonly FormattedOption[]): Step {
  const { context, change, answer, key, name } = edit;
  const requested = meanings(values).map(print);
  const judge = allOf(requireValues({ key, name }, requested, false), requireRestUnchanged(freeFor(edit)));
  const own = ownLines(edit);
  const current = own.flatMap(({ part, line }) => readLine(edit, part, line).map(print));
  if (same([...current].sort(), [...requested].sort())) return idle(edit, 'already');
  const subject: PlaceSubject = { pattern: change.host, answer, force: false };
  return propose(edit, exchangeCandidates(context.index, subject, values), goalOf(edit, [], judge));
}

function planDrop(edit: OptionEdit, values: readonly FormattedOption[]): Step {
  const { change, answer, key, name, sample } = edit;
  const requested = meanings(values);
  const ids = new Set(requested.map(identity));
  const whole: OwnLine[] = [];
  const words = ownLines(edit).flatMap(({ part, line }): readonly Splice[] => {
    const read = readLine(edit, part, line);
    if (read.length > 0 && read.every((value) => ids.has(identity(value)))) {
      whole.push({ part, line });
      return [];
    }
    return read.some((value) => ids.has(identity(value))) ? withoutWords(part, line, ids) : [];
  });
  const settingsNow = answer.options.get(key)?.settings ?? [];
  const inForce = settingsNow.find(({ value }) => ids.has(identity(value)));
  if (whole.length + words.length === 0) {
    if (!inForce) return idle(edit, 'not there');
    return refuse({ type: 'shared', host: change.host, option: name, at: spotOf(inForce.place) });
  }
  const judge = allOf(
    requireNoValues({ key, name }, requested.map(print)),
    requireRestUnchanged(freeFor(edit)),
  );
  const candidates = withoutLines(edit, whole).map((splices) => [...splices, ...words]);
  return propose(edit, candidates, { ...goalOf(edit, [], judge), also: [sample] });
}

/** The words of a list that stay: SendEnv and SetEnv lines have several. */
function withoutWords({ layout }: Part, { option }: OptionLine, ids: ReadonlySet<string>): readonly Splice[] {
  const words = layout.wordsOf(option);
  return words.flatMap((word, at) => {
    if (!ids.has(word.text)) return [];
    const next = words[at + 1];
    const from = at === 0 ? word.start : (words[at - 1]?.end ?? word.start);
    return [{ file: layout.path, from, to: at === 0 ? (next?.start ?? word.end) : word.end, text: '' }];
  });
}

function planUnset(edit: OptionEdit): Step {
  const { key } = edit;
  const lines = ownLines(edit);
  if (lines.length === 0) return idle(edit, 'not there');
  return propose(
    edit,
    withoutLines(edit, lines),
    goalOf(edit, [], requireRestUnchanged(freeFor({ ...edit, key }))),
  );
}

/**
 * A block goes with its last line where it carried nothing else and the host is named elsewhere, so that `unset` leaves
 * what was there before `set`; `Host *` names no host. A host's only block stays: `remove` is there for that.
 */
function withoutLines({ context, change }: OptionEdit, lines: readonly OwnLine[]): readonly PlaceCandidate[] {
  const removed = ({ part, line }: OwnLine) => removeLine(part.layout, line.line);
  const parts = new Set(lines.map(({ part }) => part));
  let naming =
    change.host === '*' ? Number.POSITIVE_INFINITY : headersNaming(context.index, change.host, false).length;
  const gone = new Map<Part, Splice>();
  for (const part of parts) {
    const own = lines.filter((each) => each.part === part).map(({ line }) => line.line);
    const above = [...gone.keys()].filter(({ layout }) => layout === part.layout);
    const splice = naming > 1 ? removeEmptiedPart(part.layout, part, own, above) : null;
    if (splice === null) continue;
    gone.set(part, splice);
    naming -= 1;
  }
  const removals = lines.map(removed);
  if (gone.size === 0) return [removals];
  return [[...gone.values(), ...lines.filter(({ part }) => !gone.has(part)).map(removed)], removals];
}

interface OwnLine {
  readonly part: Part;
  readonly line: OptionLine;
}

/** The lines of blocks that are about this host alone. */
function ownLines({ context, change, key }: OptionEdit): readonly OwnLine[] {
  return ownParts(context.index, change.host).flatMap((part) =>
    optionLinesIn(part, key).map((line) => ({ part, line })),
  );
}

function readLine({ context }: OptionEdit, { layout }: Part, { option }: OptionLine): readonly Value[] {
  const statement = statementOf(layout.text, option, context.index.readingContext);
  if (statement.type !== 'value') return [];
  const { value } = statement.reading;
  return value.type === 'words' ? value.words.map((word): Value => ({ type: 'word', word })) : [value];
}
