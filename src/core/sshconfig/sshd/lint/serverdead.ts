/** Lines that never count, because another one always wins, and the included files that win over the main one. */
import { textOf } from '../../bytes.js';
import { deadEverywhere, placeText } from '../../lint/corpus.js';
import type { Finding } from '../../lint/finding.js';
import { byHand, findingAt, movedUp, removed } from '../../lint/lintreport.js';
import { criteriaAround, isWithin, type WrittenCriterion } from './matchcriteria.js';
import { type ServerCorpus, type ServerEntry, standingOf } from './servercorpus.js';
import { isAsStrict, saysTheSame } from './strictness.js';
import { isFlush } from './swallowed.js';

/** Comparisons of blocks in all: beyond, less is found. */
const mostComparisons = 1_000_000;

/** The line that wins, and why. */
export interface Winner {
  readonly entry: ServerEntry;
  readonly how: 'first' | 'last' | 'override';
}

/** The lines so far that set one option. */
interface Setters {
  /** Of those that the reading for global lines sees. */
  global: ServerEntry | null;
  /** Below Match all. */
  always: ServerEntry | null;
  readonly byHeader: Map<ServerEntry, ServerEntry>;
  readonly blocks: { readonly criteria: readonly WrittenCriterion[]; readonly entry: ServerEntry }[];
}

export interface DeadServerLines {
  /** Lines that never count. */
  readonly dead: ReadonlyMap<ServerEntry, Winner>;
  /** Lines that a block swallowed, with the line that says the same option for everybody before them. */
  readonly forEverybody: ReadonlyMap<ServerEntry, ServerEntry>;
}

/**
 * sshd reads its files twice (`parse_server_config` in servconf.c): for the global lines, where the first value wins, and
 * for the blocks that match, where the first value wins again; what a block says overrides the global lines. A line is dead
 * where that holds for every connection there is.
 */
export function deadServerLines(
  { entries }: ServerCorpus,
  swallowed: ReadonlySet<ServerEntry>,
): DeadServerLines {
  const forEverybody = new Map<ServerEntry, ServerEntry>();
  const dead = new Map<ServerEntry, Winner>();
  const known = new Map<string, Setters>();
  const globals: { readonly entry: ServerEntry; readonly key: string }[] = [];
  const budget = { left: mostComparisons };
  for (const entry of entries) {
    const said = settingKey(entry);
    if (said === null) continue;
    const { key, combine, inMatch, counts } = said;
    const setters: Setters = known.get(key) ?? {
      global: null,
      always: null,
      byHeader: new Map(),
      blocks: [],
    };
    known.set(key, setters);
    const standing = standingOf(entry);
    if (swallowed.has(entry)) {
      const before = (inMatch ? setters.always : null) ?? setters.global;
      if (before !== null) forEverybody.set(entry, before);
    }
    if (combine === 'last') {
      if (standing === 'block' || (standing === 'always' && inMatch)) continue;
      if (setters.global !== null) dead.set(setters.global, { entry, how: 'last' });
      setters.global = entry;
      continue;
    }
    if (standing === 'global' || !inMatch) {
      if (standing === 'block') continue;
      if (setters.global !== null) dead.set(entry, { entry: setters.global, how: 'first' });
      else if (counts) setters.global = entry;
      if (inMatch) globals.push({ entry, key });
      continue;
    }
    const winner = setters.always ?? (standing === 'block' ? blockBefore(setters, entry, budget) : null);
    if (winner !== null) dead.set(entry, { entry: winner, how: 'first' });
    else if (!counts) continue;
    else if (standing === 'always') setters.always = entry;
    else {
      if (entry.own !== null) setters.byHeader.set(entry.own.header, entry);
      setters.blocks.push({ criteria: criteriaAround(entry), entry });
    }
  }
  for (const { entry, key } of globals) {
    const always = known.get(key)?.always ?? null;
    if (always !== null && !dead.has(entry)) dead.set(entry, { entry: always, how: 'override' });
  }
  return { dead, forEverybody };
}

/** What else may set the same thing; null: nothing can be said about the line. */
export function settingKey({ statement }: ServerEntry): {
  readonly key: string;
  readonly combine: 'first' | 'last';
  readonly inMatch: boolean;
  /** Does it win over lines of the key? */
  readonly counts: boolean;
} | null {
  if (statement.type !== 'value' || statement.extra !== null) return null;
  const { keyword, reading } = statement;
  const { key, combine, secondTo, merges, inMatch } = keyword;
  if (reading.second !== null || reading.value.type === 'nothing') return null;
  if (combine === 'each' || combine === 'none') return null;
  if (merges) return null;
  if (combine === 'list' && reading.value.type === 'words' && reading.value.words.length === 0) return null;
  return {
    key: secondTo ?? key,
    combine: combine === 'last' ? 'last' : 'first',
    inMatch,
    counts: secondTo === null,
  };
}

function blockBefore(setters: Setters, entry: ServerEntry, budget: { left: number }): ServerEntry | null {
  const same = entry.own === null ? undefined : setters.byHeader.get(entry.own.header);
  if (same !== undefined) return same;
  const criteria = criteriaAround(entry);
  for (const block of setters.blocks) {
    if (budget.left <= 0) return null;
    budget.left -= 1;
    if (isWithin(criteria, block.criteria)) return block.entry;
  }
  return null;
}

export function lintServerDead(
  corpus: ServerCorpus,
  { dead }: DeadServerLines,
  swallowed: ReadonlySet<ServerEntry>,
): readonly Finding<'dead-line' | 'drop-in-wins'>[] {
  /** Blocks with lines of both kinds. */
  const mixed = new Set([...swallowed].map(({ own }) => own));
  const found: Finding<'dead-line' | 'drop-in-wins'>[] = [];
  for (const [entry, winner] of deadEverywhere(corpus.entries, dead)) {
    // What a block swallowed has to get out of it first.
    if (entry.statement.type !== 'value' || swallowed.has(entry)) continue;
    const { name } = entry.statement.keyword;
    const place = placeText(winner.entry);
    const written = `${entry.option.keyword.text} here never counts: ${place}`;
    if (isDropIn(entry, winner)) {
      found.push(
        overruled(corpus, entry, winner.entry, `${written} sets ${name} first, in an included file`),
      );
      continue;
    }
    const why = {
      first: keyName(winner.entry) === name ? `sets ${name} first` : `switches ${name} off`,
      last: `sets ${name} again, and the last one wins`,
      override: `overrides it, below Match all`,
    }[winner.how];
    const isMixed = entry.own !== null && mixed.has(entry.own);
    const fix = removal(entry, winner.entry, { isMixed, winnerIsMisplaced: swallowed.has(winner.entry) });
    found.push(findingAt(entry, 'dead-line', `${written} ${why}`, fix));
  }
  return found;
}

/** A line may only go where no login could hang on it. */
function removal(
  entry: ServerEntry,
  winner: ServerEntry,
  { isMixed, winnerIsMisplaced }: { readonly isMixed: boolean; readonly winnerIsMisplaced: boolean },
): Finding['fix'] {
  const sentence = 'remove the line, or the other';
  // The other one will get out of the block.
  if (winnerIsMisplaced) return byHand(`move ${placeText(winner)} first`);
  if (standingOf(entry) !== 'block') {
    if (isAsStrict(winner, entry)) return { sentence, edit: removed(entry) };
    const written = textOf(entry.text.slice(entry.option.keyword.start, entry.option.value.end));
    return byHand(`remove the other, if ${written} is meant; else this one`);
  }
  if (entry.own === null || !isFlush(entry)) {
    // Its indentation is what tells the lines that were swallowed from the others.
    return { sentence, edit: isMixed ? null : removed(entry) };
  }
  return byHand('move it above the first Match, if it is meant for everybody; else remove it');
}

function keyName({ statement }: ServerEntry): string | null {
  return statement.type === 'value' ? statement.keyword.name : null;
}

/** A global line that says something else than the included file, which was read first. */
function isDropIn(entry: ServerEntry, { entry: winner, how }: Winner): boolean {
  if (how !== 'first' || winner.includes.length === 0 || winner.file === entry.file) return false;
  if (standingOf(entry) !== 'global' || standingOf(winner) !== 'global') return false;
  return !saysTheSame(entry, winner);
}

function overruled(
  { documents }: ServerCorpus,
  entry: ServerEntry,
  winner: ServerEntry,
  sentence: string,
): Finding<'drop-in-wins'> {
  const site = winner.includes[entry.includes.length];
  const document = documents.find(({ file }) => file === entry.file);
  const above = site?.file === entry.file ? document?.lines[site.line - 1] : undefined;
  if (above === undefined) {
    const first = byHand('give its file a name that sorts before that one, such as 00-first.conf');
    return findingAt(entry, 'drop-in-wins', sentence, first);
  }
  // What the included file forbids may be what is meant.
  const edit = isAsStrict(entry, winner) ? movedUp(entry, above.start) : null;
  const or = edit === null ? ', or remove it' : '';
  return findingAt(entry, 'drop-in-wins', sentence, { sentence: `move it above the Include${or}`, edit });
}
