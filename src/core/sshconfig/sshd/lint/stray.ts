/** What a Match block swallowed, and how it gets out: as a whole, above the first Match of its file. */
import { type Bytes, textOf } from '../../bytes.js';
import {
  conditionsOf,
  firstHeaders,
  formOf,
  headerText,
  includesOfHeaders,
  placeText,
  wholeLine,
} from '../../lint/corpus.js';
import type { Finding, Splice } from '../../lint/finding.js';
import { byHand, findingAt, removed, replaced } from '../../lint/lintreport.js';
import type { ServerCorpus, ServerEntry } from './servercorpus.js';
import { type DeadServerLines, settingKey } from './serverdead.js';
import { isAsStrict, saysTheSame } from './strictness.js';
import { isFlush, isGlobalOnly, type SwallowedBlock } from './swallowed.js';

type Misplaced = Finding<'global-in-block' | 'stray-option' | 'include-in-block'>;

/**
 * Lines that hang on a block though they were not meant to, or may not. The edit of a block's first one takes the others
 * along, so that they keep their order; where the global lines say something else already, a person has to decide.
 */
export function lintStray(
  { entries }: ServerCorpus,
  dead: DeadServerLines,
  swallowed: ReadonlyMap<SwallowedBlock, ReadonlySet<ServerEntry>>,
  target: string,
): readonly Misplaced[] {
  const headers = firstHeaders(entries);
  const withHeaders = includesOfHeaders(entries);
  const plans = new Map<SwallowedBlock, MovePlan>();
  const byKey = byOption([...swallowed.values()].flatMap((lines) => [...lines]));
  const found: Misplaced[] = [];
  for (const entry of entries) {
    const { own, file } = entry;
    const group = own === null ? undefined : swallowed.get(own);
    const reported = sayingOf(entry, target, group?.has(entry) === true, withHeaders.has(placeText(entry)));
    if (reported === null) continue;
    const { code, sentence } = reported;
    const header = headers.get(file);
    const move = 'move it above the first Match';
    let fix = byHand(move);
    if (own !== null && group?.has(entry) && header && entry.around.every(({ universal }) => universal)) {
      const plan = plans.get(own) ?? planOf([...group], byKey, dead);
      plans.set(own, plan);
      const [leader] = plan.moved;
      const settled = plan.settled.get(entry);
      if (settled !== undefined) fix = settled;
      else if (leader === entry) {
        const or = code === 'global-in-block' ? '' : ', or indent it where it belongs';
        fix = { sentence: `${move}${or}`, edit: movedAbove(header, plan.moved) };
      } else if (leader !== undefined) fix = byHand(`${move}, with ${placeText(leader)}`);
    }
    found.push(findingAt(entry, code, sentence, fix));
  }
  return found;
}

/** What becomes of the lines that one block swallowed. */
interface MovePlan {
  readonly moved: readonly ServerEntry[];
  readonly settled: ReadonlyMap<ServerEntry, Misplaced['fix']>;
}

function planOf(
  lines: readonly ServerEntry[],
  byKey: ReadonlyMap<string, readonly ServerEntry[]>,
  { forEverybody }: DeadServerLines,
): MovePlan {
  const settled = new Map<ServerEntry, Misplaced['fix']>();
  for (const entry of lines) {
    const all = byKey.get(settingKey(entry)?.key ?? '') ?? [];
    const same = all.filter(({ own }) => own === entry.own);
    const [first] = same;
    const winner = first === undefined ? undefined : forEverybody.get(first);
    // Without one of them the next one would count in the block.
    if (winner !== undefined && same.every((each) => saysTheSame(each, winner))) {
      const sentence = `remove it: ${placeText(winner)} says the same for everybody`;
      settled.set(entry, { sentence, edit: removed(entry) });
      continue;
    }
    const name = textOf(entry.option.keyword.text);
    const keep = `sets ${name} for everybody: keep one of the two, there`;
    // A line above an Include may win over what it brings.
    if (winner !== undefined && !(winner.includes.length > 0 && winner.file !== entry.file)) {
      settled.set(entry, byHand(`${placeText(winner)} ${keep}`));
      continue;
    }
    // The first one would win, and the others were meant, too.
    const [leader] = all;
    if (leader === undefined || all.every((each) => isAsStrict(leader, each))) continue;
    const other = all.find((each) => !saysTheSame(each, entry)) ?? leader;
    const keepOne = 'says otherwise: keep one of the two, above the first Match';
    settled.set(entry, byHand(`${placeText(other)} ${keepOne}`));
  }
  const isMovable = (entry: ServerEntry) =>
    (entry.statement.type === 'value' || entry.statement.type === 'structure') && !settled.has(entry);
  return { moved: lines.filter(isMovable), settled };
}

/** Those of which one line sets the value. */
function byOption(entries: readonly ServerEntry[]): ReadonlyMap<string, readonly ServerEntry[]> {
  const byKey = new Map<string, ServerEntry[]>();
  for (const entry of entries) {
    const key = settingKey(entry)?.key;
    if (key === undefined) continue;
    const known = byKey.get(key);
    if (known === undefined) byKey.set(key, [entry]);
    else known.push(entry);
  }
  return byKey;
}

/** What is wrong with a line in a block; null: nothing. */
function sayingOf(
  entry: ServerEntry,
  target: string,
  isSwallowed: boolean,
  bringsHeaders: boolean,
): { readonly code: Misplaced['code']; readonly sentence: string } | null {
  const { statement, option, own } = entry;
  const [scope] = conditionsOf(entry);
  if (scope === undefined) return null;
  if (isGlobalOnly(entry, target)) {
    const name = textOf(option.keyword.text);
    const sentence = `${name} may not stand in the block of ${placeText(scope.header)}; sshd does not start`;
    return { code: 'global-in-block', sentence };
  }
  if (own === null || own.universal) return null;
  const whose = `${headerText(own)} at ${placeText(own.header)}`;
  if (statement.type === 'structure') {
    if (formOf(entry) !== 'include' || !(isFlush(entry) || bringsHeaders)) return null;
    return { code: 'include-in-block', sentence: `it is read only for ${whose}` };
  }
  if (!isSwallowed || statement.type !== 'value') return null;
  return { code: 'stray-option', sentence: `it is not indented, and yet it belongs to ${whose}` };
}

/** Whole lines, with the comments and blank lines between them, go above the header and the comments right above that. */
function movedAbove(header: ServerEntry, lines: readonly ServerEntry[]): Splice | null {
  const [first] = lines;
  const last = lines.at(-1);
  if (first === undefined || last === undefined) return null;
  const { text } = header;
  const to = aboveComments(text, header.line.start);
  let moved = '';
  let rest = '';
  let from = to;
  for (const entry of lines) {
    const start = Math.max(from, aboveComments(text, entry.line.start));
    rest += text.slice(from, start);
    moved += `${text.slice(start, entry.line.start)}${wholeLine(entry).trimStart()}`;
    from = entry.line.next;
  }
  return replaced(header, to, last.line.next, `${moved}${rest}`);
}

/** The start of the comment lines without indentation right above a line, which people read with it; else its own start. */
function aboveComments(text: Bytes, start: number): number {
  let at = start;
  while (at > 0) {
    const before = text.lastIndexOf('\n', at - 2) + 1;
    if (text[before] !== '#') break;
    at = before;
  }
  return at;
}
