/** Tries candidates, the best first, and takes the first one that can be proved. */
import { hostMatching } from '../../text/pattern.js';
import type { Bytes } from '../bytes.js';
import type { Answers, FileAnswer, Need, ResolveInput } from '../resolve/resolveinput.js';
import type { EditRefusal } from './change.js';
import { type Judge, requireUnchanged } from './compareresults.js';
import { ConfigIndex, patternsIn } from './configindex.js';
import { layoutOf } from './layout.js';
import type { PlaceCandidate } from './place.js';
import { type Proof, proveHosts } from './proof.js';
import { applySplices, type ChangedFile, groupByFile, type Touch, touchOf } from './splices.js';

/** The hosts of a change, and what has to be true of them and of all others. */
export interface Goal {
  readonly targets: ReadonlySet<Bytes> | 'all' | ((host: Bytes) => boolean);
  /** Hosts that may change in any way: a name that goes. */
  readonly free: ReadonlySet<Bytes>;
  readonly formerly: ReadonlyMap<Bytes, Bytes>;
  /** Names to look at beside those that stand in the files. */
  readonly also: readonly Bytes[];
  readonly optionLines: readonly Bytes[];
  readonly judge: Judge;
  /** What has to be true of hosts that are no targets. */
  readonly others: Judge;
}

/** Splices to try, the best first, and what a proof of one of them has to show. */
export interface Proposal {
  readonly candidates: readonly PlaceCandidate[];
  readonly goal: Goal;
  /** The options that the change is about; null: any. */
  readonly keys: readonly string[] | null;
}

export type EditAttempt =
  | { readonly type: 'accepted'; readonly accepted: Accepted }
  | { readonly type: 'refused'; readonly refusal: EditRefusal }
  | { readonly type: 'needs'; readonly needs: readonly Need[] };

/** A candidate that was proved. */
export interface Accepted {
  readonly files: readonly ChangedFile[];
  readonly touch: Touch;
  readonly keys: Proposal['keys'];
  readonly answers: Answers;
  readonly proof: Extract<Proof, { type: 'proved' }>;
  /** The hosts that the files name, before or after; others that were looked at are made up. */
  readonly named: ReadonlySet<Bytes>;
}

export const others = requireUnchanged;

/** Each is a proof of its own. */
const mostCandidates = 12;

/** The first candidate that is proved. Where none is, the reason against the first one says most. */
export function proveEdit(index: ConfigIndex, { candidates, goal, keys }: Proposal): EditAttempt {
  let refusal: EditRefusal | null = null;
  for (const candidate of candidates.slice(0, mostCandidates)) {
    const result = attempt(index, candidate, goal, keys);
    if (result.type !== 'refused') return result;
    refusal ??= result.refusal;
  }
  const [host = '*'] = goal.also;
  return { type: 'refused', refusal: refusal ?? { type: 'no-place', host } };
}

function attempt(
  index: ConfigIndex,
  candidate: PlaceCandidate,
  goal: Goal,
  keys: Proposal['keys'],
): EditAttempt {
  const changed = [...groupByFile(candidate)].flatMap(([file, all]): ChangedFile[] => {
    const before = index.members.get(file)?.layout.text ?? '';
    const splices = all.filter(({ from, to, text }) => before.slice(from, to) !== text);
    if (splices.length === 0) return [];
    return [{ file, before, after: applySplices(before, splices), splices }];
  });
  const answers = answersAfter(index.answers, changed, index.input);
  const after = new ConfigIndex(index.input, answers);
  const touch = touchOf(
    changed.flatMap(({ file, splices }) => {
      const old = index.members.get(file)?.layout;
      const answer = answers.files.get(file);
      if (!old || answer?.type !== 'file') return [];
      return [{ old, fresh: layoutOf(file, answer, old.rules), splices }];
    }),
  );
  const { targets, free } = goal;
  const isTarget =
    targets === 'all'
      ? () => true
      : typeof targets === 'function'
        ? targets
        : (host: Bytes) => targets.has(host);
  const named = new Set([...index.names(), ...after.names()]);
  const names = new Set([...goal.also, ...named, after.unnamedHost(), ...sampleHosts(touch, index, after)]);
  for (const name of free) names.delete(name);
  const whole = new Set(goal.also);
  const proof = proveHosts({
    before: index,
    after,
    touch,
    hosts: [...names],
    optionLines: goal.optionLines,
    isTarget,
    formerly: (host) => goal.formerly.get(host) ?? host,
    isWhole: (host) => whole.has(host),
    judge: (host, pair, target) => (target ? goal.judge(host, pair) : goal.others(host, pair)),
  });
  return proof.type === 'proved'
    ? { type: 'accepted', accepted: { files: changed, touch, keys, answers, proof, named } }
    : proof;
}

/** So many made-up names are enough for any file that a person wrote. */
const mostInstances = 1_000;

/**
 * A made-up name for each wildcard of a touched block. Of every block where that says too little: an Include brings what
 * stands in other files, a file that is included in a block is for the hosts of that, and in a second reading a block means
 * those whose HostName it names.
 */
function sampleHosts({ before, after, keys }: Touch, old: ConfigIndex, fresh: ConfigIndex): readonly Bytes[] {
  const names = new Set<Bytes>();
  const direct =
    keys !== null &&
    !old.secondReading &&
    !fresh.secondReading &&
    [...before].every(({ layout }) => old.isSettled(layout.path)) &&
    [...after].every(({ layout }) => fresh.isSettled(layout.path));
  const parts = direct ? [...before, ...after] : [...old.wildcards, ...fresh.wildcards];
  for (const part of parts) {
    for (const pattern of patternsIn(part).slice(0, 20)) {
      // Hosts that a block negates count too.
      if (/[*?]/.test(pattern)) names.add(hostMatching(withoutNegation(pattern)));
    }
    if (names.size >= mostInstances) break;
  }
  return [...names];
}

/** A pattern without the `!` in front of it. */
export function withoutNegation(pattern: Bytes): Bytes {
  return pattern.startsWith('!') ? pattern.slice(1) : pattern;
}

/** What will be found once the files are written. */
function answersAfter(answers: Answers, changed: readonly ChangedFile[], { facts }: ResolveInput): Answers {
  const files = new Map(answers.files);
  for (const { file, after } of changed) {
    const old = files.get(file);
    const made: FileAnswer =
      old?.type === 'file'
        ? { ...old, text: after }
        : { type: 'file', text: after, mode: 0o100600, uid: facts.uid, groupIsPrivate: false };
    files.set(file, made);
  }
  return { ...answers, files };
}
