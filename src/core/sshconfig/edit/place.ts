/** Where a line has to go so that it takes effect: candidates, the best first. Which of them is right, the proof says. */

import type { Bytes } from '../bytes.js';
import { keywordOf } from '../keywords/keywords.js';
import type { Place, ResolvedConfig } from '../resolve/resolvedconfig.js';
import {
  blockAtEnd,
  blockBefore,
  blockOnTop,
  insertBelow,
  insertLast,
  lineText,
  removeLine,
  replaceLine,
  replaceValue,
} from './blocks.js';
import type { ConfigIndex } from './configindex.js';
import type { FormattedOption } from './formatoption.js';
import type { Layout, OptionLine, Part } from './layout.js';
import type { Splice } from './splices.js';

export type PlaceCandidate = readonly Splice[];

/** The host whose value is to be set: a name or a pattern as it stands behind Host. */
export interface PlaceSubject {
  readonly pattern: Bytes;
  /** What ssh says of it now; of a name that fits, where it is a pattern. */
  readonly answer: ResolvedConfig;
  readonly force: boolean;
}

function rivalOf(key: string): string | null {
  return keywordOf(key)?.rival ?? null;
}

/** Blocks for that pattern alone, read for every host, in files that may be changed and outside of other programs' lines. */
export function ownParts(index: ConfigIndex, pattern: Bytes): readonly Part[] {
  const own: Part[] = [];
  for (const { layout } of index.members.values()) {
    if (!index.isEditable(layout.path) || !index.isSettled(layout.path)) continue;
    for (const part of layout.parts) {
      if (pattern === '*' ? part.universal : isOwn(part, pattern)) {
        if (layout.managedAt(Math.max(part.header, 0)) === null) own.push(part);
      }
    }
  }
  return own;
}

export function isOwn(part: Part, pattern: Bytes): boolean {
  return part.kind === 'host' && part.words.length > 0 && part.words.every(({ text }) => text === pattern);
}

/** The lines of a part that set an option, outside of other programs' lines. */
export function optionLinesIn(part: Part, key: string): readonly OptionLine[] {
  const { layout } = part;
  return layout.optionsOf(part).filter((each) => each.key === key && layout.managedAt(each.line) === null);
}

/** One value, over whatever is in force now. */
export function setCandidates(
  index: ConfigIndex,
  subject: PlaceSubject,
  formatted: readonly FormattedOption[],
): readonly PlaceCandidate[] {
  const [first] = formatted;
  const { main } = index;
  if (first === undefined || main === null) return [];
  if (subject.pattern === '*') return defaultCandidates(index, main, subject, first);
  const texts = formatted.map(lineText);
  const header = `Host ${subject.pattern}`;
  const candidates: PlaceCandidate[] = [];
  if (subject.force) {
    pushOne(candidates, blockOnTop(main, header, texts));
    return candidates;
  }
  const own = ownParts(index, subject.pattern);
  for (const part of own) candidates.push(...replaceCandidates(part, first));
  for (const part of own) {
    candidates.push([insertLast(part.layout, part, texts)]);
    candidates.push([insertBelow(part.layout, part, part.header, texts)]);
  }
  const anchor = anchorOf(main, placesOf(subject.answer, first.key));
  if (anchor !== null) pushOne(candidates, blockBefore(main, anchor, header, texts));
  candidates.push(...newBlockCandidates(index, main, subject.pattern, header, texts));
  return candidates;
}

/** One more of an option whose lines add up. */
export function appendCandidates(
  index: ConfigIndex,
  subject: PlaceSubject,
  formatted: readonly FormattedOption[],
): readonly PlaceCandidate[] {
  const [first] = formatted;
  const { main } = index;
  if (first === undefined || main === null) return [];
  const texts = formatted.map(lineText);
  const candidates: PlaceCandidate[] = [];
  const own = ownParts(index, subject.pattern).filter(
    // For all hosts: in a block of its own, not among lines above all headers.
    (part) => subject.pattern !== '*' || (part.header >= 0 && part.to === part.layout.lines.count),
  );
  for (const part of own) {
    const last = optionLinesIn(part, first.key).at(-1);
    if (last) candidates.push([insertBelow(part.layout, part, last.line, texts)]);
  }
  for (const part of own) candidates.push([insertLast(part.layout, part, texts)]);
  const header = `Host ${subject.pattern}`;
  if (subject.pattern === '*') pushOne(candidates, blockAtEnd(main, header, texts));
  else candidates.push(...newBlockCandidates(index, main, subject.pattern, header, texts));
  return candidates;
}

/** All lines of the option in the own blocks become these. */
export function exchangeCandidates(
  index: ConfigIndex,
  subject: PlaceSubject,
  formatted: readonly FormattedOption[],
): readonly PlaceCandidate[] {
  const [first] = formatted;
  if (first === undefined) return [];
  const parts = ownParts(index, subject.pattern).filter((part) => optionLinesIn(part, first.key).length > 0);
  const [target] = parts;
  if (target === undefined) return appendCandidates(index, subject, formatted);
  const splices: Splice[] = [];
  const lines = optionLinesIn(target, first.key);
  lines.forEach((line, at) => {
    const one = formatted[at];
    splices.push(one ? replaceValue(target.layout, line, one) : removeLine(target.layout, line.line));
  });
  const more = formatted.slice(lines.length);
  const last = lines.at(-1);
  if (more.length > 0 && last) {
    splices.push(insertBelow(target.layout, target, last.line, more.map(lineText)));
  }
  for (const part of parts.slice(1)) {
    for (const { line } of optionLinesIn(part, first.key)) splices.push(removeLine(part.layout, line));
  }
  return [splices];
}

/** In place, where the block sets it already; a rival's line becomes this one. */
function replaceCandidates(part: Part, formatted: FormattedOption): readonly PlaceCandidate[] {
  const { layout } = part;
  const [line] = optionLinesIn(part, formatted.key);
  const rival = rivalOf(formatted.key);
  const rivals = rival === null ? [] : optionLinesIn(part, rival);
  const [other] = rivals;
  if (line) {
    const kept = replaceValue(layout, line, formatted);
    const earlier = rivals.filter((each) => each.line < line.line);
    if (earlier.length === 0) return [[kept]];
    return [[...earlier.map((each) => removeLine(layout, each.line)), kept]];
  }
  return other ? [[replaceLine(layout, other, formatted)]] : [];
}

/** For all hosts: a line that applies to all already is changed; else it goes to the very end, below all that differ. */
function defaultCandidates(
  index: ConfigIndex,
  main: Layout,
  subject: PlaceSubject,
  formatted: FormattedOption,
): readonly PlaceCandidate[] {
  const texts = [lineText(formatted)];
  const candidates: PlaceCandidate[] = [];
  if (subject.force) {
    pushOne(candidates, blockOnTop(main, null, texts));
    pushOne(candidates, blockOnTop(main, 'Host *', texts));
    return candidates;
  }
  const places = placesOf(subject.answer, formatted.key);
  for (const place of places) {
    const layout = index.members.get(place.source.file)?.layout;
    if (!layout || !index.isEditable(layout.path) || !index.isSettled(layout.path)) continue;
    const part = layout.partAt(place.line - 1);
    const line = layout.optionsOf(part).find((each) => each.line === place.line - 1);
    if (!line || !part.universal || layout.managedAt(line.line) !== null) continue;
    candidates.push(
      line.key === formatted.key
        ? [replaceValue(layout, line, formatted)]
        : [replaceLine(layout, line, formatted)],
    );
  }
  const last = main.parts.at(-1);
  if (last?.universal && last.header >= 0 && main.managedAt(last.header) === null) {
    candidates.push([insertLast(main, last, texts)]);
  }
  pushOne(candidates, blockAtEnd(main, 'Host *', texts));
  const anchor = anchorOf(main, places);
  if (anchor !== null) pushOne(candidates, blockBefore(main, anchor, 'Host *', texts));
  return candidates;
}

/** Where a block of a new name goes: above the wildcards at the end, else above whatever fits it, else on top. */
export function newBlockCandidates(
  index: ConfigIndex,
  main: Layout,
  pattern: Bytes,
  header: Bytes,
  texts: readonly Bytes[],
): readonly PlaceCandidate[] {
  const candidates: PlaceCandidate[] = [];
  let from = main.parts.length;
  while (from > 1 && isGeneral(main.parts[from - 1])) from -= 1;
  const general = main.parts[from];
  if (general) pushOne(candidates, blockBefore(main, general.header, header, texts));
  pushOne(candidates, blockAtEnd(main, header, texts));
  const applying = new Set(index.mayApply(pattern, index.aliasesOf(pattern)));
  const first = main.parts.find((part) => part.header >= 0 && applying.has(part) && !isOwn(part, pattern));
  if (first) pushOne(candidates, blockBefore(main, first.header, header, texts));
  pushOne(candidates, blockOnTop(main, header, texts));
  return candidates;
}

function isGeneral(part: Part | undefined): boolean {
  if (part === undefined || part.kind === 'top') return false;
  return part.kind === 'match' || part.words.some(({ text }) => /[*?]/.test(text));
}

function pushOne(candidates: PlaceCandidate[], splice: Splice | null): void {
  if (splice !== null) candidates.push([splice]);
}

/** The lines that decide about an option now, or may. */
function placesOf({ options }: ResolvedConfig, key: string): readonly Place[] {
  const rival = rivalOf(key);
  return [key, ...(rival === null ? [] : [rival])].flatMap((each) => {
    const option = options.get(each);
    return option ? [...option.settings.map(({ place }) => place), ...option.undecided] : [];
  });
}

/** The first statement of the user's file that leads to one of them. */
function anchorOf(main: Layout, places: readonly Place[]): number | null {
  let anchor: number | null = null;
  for (const { source, line } of places) {
    if (source.kind !== 'user file') continue;
    const site = source.includes[0];
    const at = (site?.line ?? line) - 1;
    if ((site?.file ?? source.file) === main.path && (anchor === null || at < anchor)) anchor = at;
  }
  return anchor;
}
