/** What given splices would do to every host: nothing, something, or harm. */
import { hostMatching } from '../../text/pattern.js';
import type { Bytes } from '../bytes.js';
import { keywordOf } from '../keywords/keywords.js';
import type { Answers, Need, ResolveInput } from '../resolve/resolveinput.js';
import { keysIn, linesIn, type Pair, pairsOf } from './branches.js';
import type { EditRefusal, HostChange } from './change.js';
import { type Judge, same } from './compareresults.js';
import { ConfigIndex, patternsIn } from './configindex.js';
import { type Accepted, type Goal, proveEdit, withoutNegation } from './proveedit.js';
import type { ChangedFile, Splice } from './splices.js';

/** What some edits come to. */
export interface SplicesEffect {
  readonly files: readonly ChangedFile[];
  /** With the files as they would be. */
  readonly answers: Answers;
  /** Options whose answer differs, for hosts of the files and `*`, all others. Empty: every host resolves as before. */
  readonly changes: readonly HostChange[];
  /** ssh refuses the files as they are for these, `*`: for every host; after the splices ssh takes them. */
  readonly accepted: readonly Bytes[];
}

export type SplicesResult =
  | { readonly type: 'proved'; readonly effect: SplicesEffect }
  | { readonly type: 'needs'; readonly needs: readonly Need[] }
  | { readonly type: 'refused'; readonly refusal: EditRefusal };

/**
 * Makes the splices and resolves every host that they may reach, before and after, with both answers of commands that may not
 * run. Every byte outside of the splices stays. Refused where ssh would refuse what it takes now, where too much hangs on
 * commands, and where another program will write the lines again. Throws a RangeError where splices overlap.
 */
export function proveSplices(
  splices: readonly Splice[],
  input: ResolveInput,
  answers: Answers,
): SplicesResult {
  const index = new ConfigIndex(input, answers);
  if (index.needs.length > 0) return { type: 'needs', needs: index.needs };
  const managed = managedRefusal(splices, index);
  if (managed !== null) return { type: 'refused', refusal: managed };
  const result = proveEdit(index, { candidates: [splices], goal: allHosts, keys: null });
  if (result.type !== 'accepted') return result;
  const { accepted: edit } = result;
  // What stands in a block that is left out of the proof is refused for every host all the same.
  const unnamed = { ...input, host: index.unnamedHost() };
  const whole = pairsOf({ input: unnamed, answers }, { input: unnamed, answers: edit.answers }, []);
  if (whole.type === 'needs') return whole;
  const { changes, accepted } = difference(edit, index);
  const taken = whole.type === 'pairs' && whole.pairs.some(isTaken);
  return {
    type: 'proved',
    effect: {
      files: edit.files,
      answers: edit.answers,
      changes,
      accepted: taken ? [...new Set([...accepted, '*'])] : accepted,
    },
  };
}

function isTaken({ before, after }: Pair): boolean {
  return before.type === 'refused' && after.type === 'resolved';
}

/** What another program marks as its own, it will write again. */
function managedRefusal(splices: readonly Splice[], index: ConfigIndex): EditRefusal | null {
  for (const { file, from, to, text } of splices) {
    const layout = index.members.get(file)?.layout;
    for (const region of layout?.managed ?? []) {
      const start = layout?.lines.startOf(region.from) ?? 0;
      const end = layout?.lines.startOf(region.to) ?? 0;
      // What is moved past them leaves them as they are.
      const whole = layout?.text.slice(start, end) ?? '';
      if (from <= start && to >= end && text.includes(whole)) continue;
      if (from < end && (to > start || from > start))
        return { type: 'managed', at: { file, line: region.from + 1 }, by: region.by };
    }
  }
  return null;
}

/** They may differ, but not be refused. */
const requireAccepted: Judge = (_host, { before, after }) =>
  before.type === 'resolved' && after.type === 'refused' ? { type: 'fault', errors: after.errors } : null;

const allHosts: Goal = {
  targets: new Set(),
  free: new Set(),
  formerly: new Map(),
  also: [],
  optionLines: [],
  judge: requireAccepted,
  others: requireAccepted,
};

function difference(
  { proof, named }: Accepted,
  index: ConfigIndex,
): { readonly changes: readonly HostChange[]; readonly accepted: readonly Bytes[] } {
  const patterns = patternsOf(index);
  const changes = new Map<string, HostChange>();
  const accepted = new Set<Bytes>();
  for (const { hosts, pairs } of proof.classes) {
    for (const { before, after } of pairs) {
      const keys = keysIn(after).filter((key) => !same(linesIn(before, key), linesIn(after, key)));
      for (const host of hosts) {
        const shownHost = named.has(host) ? host : (patterns.get(host) ?? '*');
        if (before.type === 'refused') {
          if (after.type === 'resolved') accepted.add(shownHost);
          continue;
        }
        for (const key of keys) {
          const option = keywordOf(key)?.name ?? key;
          const change = {
            host: shownHost,
            option,
            before: linesIn(before, key),
            after: linesIn(after, key),
          };
          changes.set(JSON.stringify(change), change);
        }
      }
    }
  }
  return { changes: [...changes.values()], accepted: [...accepted] };
}

/** The patterns that made-up names stand for. */
function patternsOf(index: ConfigIndex): ReadonlyMap<Bytes, Bytes> {
  const patterns = new Map<Bytes, Bytes>();
  for (const part of index.wildcards) {
    for (const text of patternsIn(part).map(withoutNegation)) {
      if (/[*?]/.test(text)) patterns.set(hostMatching(text), text);
    }
  }
  return patterns;
}
