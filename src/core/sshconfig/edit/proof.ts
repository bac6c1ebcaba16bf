/**
 * The second and the third proof: the hosts of the change resolve as requested, every other one as before. A host that no touched
 * line can reach is left out; the others are resolved with the blocks that may apply to them, not with all of them.
 *
 * Why that is enough. ssh goes through the lines one by one and keeps a state; a line changes it only when its block
 * applies. `Touch` names every line that is new, gone, different, or under another header. Take a host to which no part
 * with such a line applies, before or after: it meets the same lines in the same order in the same states. Whether a part
 * may apply is judged on the safe side (`World.mayReach`): by every name that the host may have in either reading, with
 * commands, users and addresses counted as if they held. For the others the blocks that may not apply are left out of the
 * question, by the same rule. Where only some options are touched, and these decide about no header (no Match asks for
 * anything, or HostName, User and what feeds commands are not among them), lines of other options are left out too, and
 * hosts that meet the same lines are one class with one answer. Three options do not keep to blocks: IgnoreUnknown
 * judges lines of every block, and SyslogFacility and StreamLocalBindMask count in blocks that do not apply. A change
 * that touches one of them is proved with the whole files.
 */

import type { Bytes } from '../bytes.js';
import { keywordOf, tableOf } from '../keywords/keywords.js';
import { companyOf, jumpingKeys } from '../keywords/relations.js';
import type { Release } from '../keywords/releases.js';
import type { Place } from '../resolve/resolvedconfig.js';
import type { Answers, Need, ResolveInput } from '../resolve/resolveinput.js';
import { type Pair, pairsOf, type Side } from './branches.js';
import type { EditRefusal, Spot } from './change.js';
import { spotOf } from './compareresults.js';
import type { ConfigIndex } from './configindex.js';
import type { OptionLine, Part } from './layout.js';
import { type Slice, sliceFor } from './slice.js';
import type { Touch } from './splices.js';

export interface ProofInput {
  readonly before: ConfigIndex;
  readonly after: ConfigIndex;
  readonly touch: Touch;
  /** All hosts that are compared. */
  readonly hosts: readonly Bytes[];
  /** Option lines that the targets were to get. */
  readonly optionLines: readonly Bytes[];
  readonly isTarget: (host: Bytes) => boolean;
  /** Another name for the question about the files as they were: renamed and copied hosts. */
  readonly formerly: (host: Bytes) => Bytes;
  /** Resolved with all lines, whatever is touched. */
  readonly isWhole: (host: Bytes) => boolean;
  readonly judge: (host: Bytes, pair: Pair, isTarget: boolean) => EditRefusal | null;
}

/** Hosts with the same answer. */
export interface ProofClass {
  readonly hosts: Bytes[];
  readonly isTarget: boolean;
  readonly pairs: readonly Pair[];
  /** The numbers of lines in the answers, as those of whole files. */
  readonly spot: (place: Place) => Spot;
}

/** A target for which a line before all that is touched decides. */
export interface Unaffected {
  readonly host: Bytes;
  readonly lines: readonly { readonly part: Part; readonly line: OptionLine }[];
}

export type Proof =
  | {
      readonly type: 'proved';
      readonly classes: readonly ProofClass[];
      readonly unaffected: readonly Unaffected[];
    }
  | { readonly type: 'needs'; readonly needs: readonly Need[] }
  | { readonly type: 'refused'; readonly refusal: EditRefusal };

/** Lines times hosts that are read in all where nothing can be left out; some seconds. */
const mostLines = 8_000_000;

export function proveHosts(input: ProofInput): Proof {
  return new Prover(input).all();
}

class Prover {
  readonly #input: ProofInput;
  /** Null: every line counts. */
  readonly #keys: ReadonlySet<string> | null;
  readonly #sliceable: boolean;
  readonly #needs = new Map<string, Need>();
  readonly #classes: ProofClass[] = [];
  readonly #unaffected: Unaffected[] = [];
  readonly #classByKey = new Map<string, ProofClass>();
  #lines = 0;

  constructor(input: ProofInput) {
    this.#input = input;
    const { before, after, touch } = input;
    const { release } = before.input.facts;
    const touched = touch.keys;
    this.#sliceable =
      touched === null
        ? !speaksBeyond(before) && !speaksBeyond(after)
        : ![...touched].some((key) => keywordOf(key, release)?.beyondBlocks);
    const decides = before.hasCriteria || after.hasCriteria;
    const light =
      touched !== null &&
      this.#sliceable &&
      [...touched].every((key) => {
        const keyword = keywordOf(key, release);
        return keyword !== undefined && !(decides && keyword.feeds !== null);
      });
    this.#keys = light ? withCompany(touched, release, before, after) : null;
  }

  all(): Proof {
    for (const host of this.#input.hosts) {
      const refusal = this.#host(host);
      if (refusal !== null) return { type: 'refused', refusal };
    }
    if (this.#needs.size > 0) return { type: 'needs', needs: [...this.#needs.values()] };
    return { type: 'proved', classes: this.#classes, unaffected: this.#unaffected };
  }

  #host(host: Bytes): EditRefusal | null {
    const { before, after, isTarget, formerly, isWhole } = this.#input;
    const target = isTarget(host);
    const former = formerly(host);
    if (!target && !this.#reaches(host)) return null;
    if (!this.#sliceable) {
      this.#lines += lineCount(before) + lineCount(after);
      if (this.#lines > mostLines) return { type: 'undecided', host, commands: 0 };
      return this.#ask(host, target, before.answers, after.answers, null);
    }
    const oldParts = before.mayApply(former, before.aliasesOf(former));
    const newParts = after.mayApply(host, after.aliasesOf(host));
    const keys = this.#keys;
    if (keys !== null && !isWhole(host)) {
      const old = relevant(oldParts, keys);
      const fresh = relevant(newParts, keys);
      const sure =
        old.every((part) => before.surely(part, former)) &&
        fresh.every((part) => after.surely(part, host)) &&
        !(before.secondReading && this.#addsUp(keys));
      if (sure) {
        if (this.#isUnaffected(host, old, fresh, keys)) return null;
        const key = `${target} ${nameOfParts(old)} ${nameOfParts(fresh)}`;
        const known = this.#classByKey.get(key);
        if (known) {
          known.hosts.push(host);
          return null;
        }
        return this.#ask(host, target, sliceFor(before, old, keys), sliceFor(after, fresh, keys), key);
      }
    }
    return this.#ask(host, target, sliceFor(before, oldParts, null), sliceFor(after, newParts, null), null);
  }

  #ask(
    host: Bytes,
    target: boolean,
    old: Answers,
    fresh: Answers | Slice,
    key: string | null,
  ): EditRefusal | null {
    const { before, after, formerly, optionLines, judge } = this.#input;
    const side = (input: ResolveInput, name: Bytes, answers: Answers): Side => ({
      input: { ...input, host: name },
      answers,
    });
    const found = pairsOf(
      side(before.input, formerly(host), old),
      side(after.input, host, fresh),
      target ? optionLines : [],
    );
    if (found.type === 'too many') return { type: 'undecided', host, commands: found.commands };
    if (found.type === 'needs') {
      for (const need of found.needs) this.#needs.set(JSON.stringify(need), need);
      return null;
    }
    const spot = (place: Place): Spot => wholeSpot(spotOf(place), fresh);
    for (const pair of found.pairs) {
      const refusal = judge(host, pair, target);
      if (refusal === null) continue;
      if (refusal.type !== 'not-as-requested' || refusal.by === null) return refusal;
      return { ...refusal, by: wholeSpot(refusal.by, fresh) };
    }
    const proofClass: ProofClass = { hosts: [host], isTarget: target, pairs: found.pairs, spot };
    this.#classes.push(proofClass);
    if (key !== null) this.#classByKey.set(key, proofClass);
    return null;
  }

  #reaches(host: Bytes): boolean {
    const { before, after, touch } = this.#input;
    if (!this.#sliceable) return true;
    for (const part of touch.before) if (before.mayReach(part, host)) return true;
    for (const part of touch.after) if (after.mayReach(part, host)) return true;
    return false;
  }

  #addsUp(keys: ReadonlySet<string>): boolean {
    const { release } = this.#input.before.input.facts;
    return [...keys].some((key) => keywordOf(key, release)?.combine !== 'first');
  }

  /** For each option the first line that counts is the same, and it was not touched. */
  #isUnaffected(
    host: Bytes,
    old: readonly Part[],
    fresh: readonly Part[],
    keys: ReadonlySet<string>,
  ): boolean {
    const { before, after, touch } = this.#input;
    const { release } = before.input.facts;
    if (this.#addsUp(keys)) return false;
    if (old.some(({ layout }) => layout !== before.main)) return false;
    if (fresh.some(({ layout }) => layout !== after.main)) return false;
    const lines: { part: Part; line: OptionLine }[] = [];
    for (const key of keys) {
      const one = firstLine(old, key);
      const other = firstLine(fresh, key);
      if (one === null && other === null) continue;
      if (one === null || other === null || keywordOf(key, release)?.twofold) return false;
      const { part, line } = one;
      // `none` sets nothing, or next to nothing: another line may be the one that counts.
      if (/^["']?none/i.test(part.layout.text.slice(line.option.value.start, line.option.value.end)))
        return false;
      if (touch.lineAfter(part.layout, line.line) !== other.line.line) return false;
      lines.push(other);
    }
    if (this.#input.isTarget(host)) this.#unaffected.push({ host, lines });
    return true;
  }
}

function wholeSpot({ file, line }: Spot, answers: Answers | Slice): Spot {
  const numbers = 'numbers' in answers ? answers.numbers.get(file) : undefined;
  return { file, line: numbers?.[line - 1] ?? line };
}

function relevant(parts: readonly Part[], keys: ReadonlySet<string>): readonly Part[] {
  return parts.filter(
    (part) =>
      part.layout.optionsOf(part).some(({ key }) => keys.has(key)) ||
      // What it includes may have some.
      part.layout.includes.some((include) => include.part === part),
  );
}

function firstLine(parts: readonly Part[], key: string): { part: Part; line: OptionLine } | null {
  let first: { part: Part; line: OptionLine } | null = null;
  for (const part of parts) {
    const line = part.layout.optionsOf(part).find((each) => each.key === key);
    if (line && (first === null || line.line < first.line.line)) first = { part, line };
  }
  return first;
}

function nameOfParts(parts: readonly Part[]): string {
  return parts.map(({ layout, index }) => `${layout.path}:${index}`).join(' ');
}

/** Options, and those whose values or refusals hang together with theirs. */
function withCompany(
  touched: ReadonlySet<string>,
  release: Release,
  ...worlds: readonly ConfigIndex[]
): ReadonlySet<string> {
  const company = [...touched].flatMap((key) => companyOf(key, release));
  const jumping = jumpingKeys(release);
  const jumps = jumping.some((key) => touched.has(key)) && speaksOf(/proxyjump/i, ...worlds);
  return new Set([...touched, ...company, ...(jumps ? jumping : [])]);
}

/** Does any of the files, so also one that an Include brings in or takes away, have an option that goes beyond blocks? */
function speaksBeyond(index: ConfigIndex): boolean {
  const beyond = tableOf(index.input.facts.release).keywords.filter((row) => row.beyondBlocks);
  return speaksOf(new RegExp(beyond.map(({ key }) => key).join('|'), 'i'), index);
}

function speaksOf(what: RegExp, ...worlds: readonly ConfigIndex[]): boolean {
  return worlds.some(({ members }) => [...members.values()].some(({ layout }) => what.test(layout.text)));
}

function lineCount(index: ConfigIndex): number {
  let count = 0;
  for (const { layout } of index.members.values()) count += layout.lines.count;
  return count;
}
