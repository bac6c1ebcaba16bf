/** Where an edit may go, the best place first. Each is tried, and the first that is proved is taken. */

import { type Bytes, textOf } from '../../bytes.js';
import type { Splice } from '../../lint/finding.js';
import type { Place, Section } from '../../resolve/resolvedconfig.js';
import type { Line } from '../../syntax/lines.js';
import { splitArguments } from '../../syntax/linewords.js';
import type { ResolvedServerConfig } from '../resolvedserver.js';
import { type ServerKeyword, serverKeywordOf } from '../serverkeywords.js';
import { serverLinesOf } from '../serverlines.js';
import {
  appendBlock,
  insertAbove,
  insertBlockAbove,
  insertGlobalLine,
  insertInBlock,
  removeServerLine,
  replaceServerValue,
} from './inserted.js';
import { type Criterion, criteriaOfHeader, sameCriteria } from './sampleconnection.js';
import { blockLines, type DropIn, isOfAnotherTool, type SshdFiles, textFile } from './sshdfiles.js';

export interface Placements {
  /** Nothing to try: no line is there, or `blockedBy` says why. */
  readonly tries: readonly (readonly Splice[])[];
  /** Lines that would have to change, and stand in a file that another tool writes: `file:line`. */
  readonly blockedBy: readonly string[];
}

/** A line that speaks of the option. */
interface OptionLine {
  readonly file: Bytes;
  readonly line: Line;
}

export interface PlacementGoal {
  readonly sshdFiles: SshdFiles;
  /** The answer that is to change: for no connection, or for one that fits the criteria. */
  readonly answer: ResolvedServerConfig;
  readonly dropIn: DropIn | null;
  readonly keyword: ServerKeyword;
  readonly value: Bytes;
}

/** Sets the option for every connection. */
export function globalPlacements(goal: PlacementGoal): Placements {
  const { sshdFiles, answer, keyword, value, dropIn } = goal;
  const { main } = sshdFiles.input;
  const winners = winnersOf(goal);
  const [winner] = winners;
  const kept = winners.filter((each) => isForeign(sshdFiles, each.file));
  const blockedBy = kept.map(spotOf);
  if (keyword.combine === 'each' && winner !== undefined) {
    if (kept.length > 0) return { tries: [], blockedBy };
    const first = replaced(goal, winner);
    const rest = winners.slice(1).map(({ file, line }) => removeServerLine(file, line));
    return { tries: first === null ? [] : [[first, ...rest]], blockedBy };
  }
  const tries: (Splice | null)[] = [];
  const last = keyword.combine === 'last';
  // A main file that another tool writes is left alone where there is a folder beside it.
  const mainText = textFile(sshdFiles, main);
  const isMainOurs = dropIn === null || mainText === null || !isOfAnotherTool(main, mainText);
  const isOurs =
    winner !== undefined && ((winner.file === main && isMainOurs) || winner.file === dropIn?.path);
  const isTheirs = winner !== undefined && !isOurs && kept.length === 0;
  if (isOurs || (isTheirs && last)) tries.push(replaced(goal, winner));
  if (dropIn !== null)
    tries.push(insertGlobalLine(dropIn.path, textFile(sshdFiles, dropIn.path), keyword, value, last));
  const file = mainText;
  if (file !== null) {
    const place = answer.options.get(keyword.key)?.settings[0]?.place;
    const include = place?.source.includes[0]?.line;
    if (include !== undefined && !last) tries.push(insertAbove(main, file, include, keyword, value));
    tries.push(insertGlobalLine(main, file, keyword, value, last));
    const top = serverLinesOf(file).find(({ option }) => option !== null);
    if (top !== undefined && !last) tries.push(insertAbove(main, file, top.number, keyword, value));
  }
  if (isTheirs && !last) tries.push(replaced(goal, winner));
  return { tries: tries.flatMap((splice) => (splice === null ? [] : [[splice]])), blockedBy };
}

/** Sets the option for the connections that fit the criteria. `answer` is that of one of them. */
export function blockPlacements(
  goal: PlacementGoal,
  criteriaText: Bytes,
  criteria: readonly Criterion[],
): Placements {
  const { sshdFiles, answer, keyword, value, dropIn } = goal;
  const { main } = sshdFiles.input;
  const ours = blocksOf(answer, criteria).filter(({ file }) => !isForeign(sshdFiles, file));
  const inOurs = (place: Place) =>
    ours.some(({ file, line }) => place.block?.source.file === file && place.block.line === line);
  const winners = winnersOf(goal, inOurs);
  const [winner] = winners;
  const tries: (readonly (Splice | null)[])[] = [];
  if (winner !== undefined) {
    const rest = keyword.combine === 'each' ? winners.slice(1) : [];
    tries.push([replaced(goal, winner), ...rest.map(({ file, line }) => removeServerLine(file, line))]);
  }
  for (const { file, line } of ours) {
    const text = textFile(sshdFiles, file);
    if (text !== null) tries.push([insertInBlock(file, text, line, keyword, value)]);
  }
  const line = `${keyword.name} ${value}`;
  const file = textFile(sshdFiles, main);
  if (dropIn !== null)
    tries.push([appendBlock(dropIn.path, textFile(sshdFiles, dropIn.path), criteriaText, line)]);
  if (file !== null) {
    tries.push(
      [appendBlock(main, file, criteriaText, line)],
      [insertBlockAbove(main, file, criteriaText, line)],
    );
  }
  return {
    tries: tries.flatMap((splices) => {
      const made = splices.flatMap((splice) => splice ?? []);
      return made.length === splices.length ? [made] : [];
    }),
    blockedBy: [],
  };
}

/** Takes every line of the option away that counts for all connections, also those that lost. */
export function globalRemoval({ sshdFiles, answer, keyword, value }: PlacementGoal): Placements {
  const counts = ({ activity }: Section) => activity === 'yes';
  const spoken = spokenIn(sshdFiles, answer, keyword, value, counts);
  return removal(sshdFiles, spoken);
}

/** Takes the option out of every block with these criteria; a block that is empty then goes, too. */
export function blockRemoval(
  { sshdFiles, answer, keyword, value }: PlacementGoal,
  criteria: readonly Criterion[],
): Placements {
  const inBlock = ({ block }: Section) =>
    block !== null && sameCriteria(criteriaOfHeader(block.header), criteria);
  const spoken = spokenIn(sshdFiles, answer, keyword, value, inBlock);
  const { tries, blockedBy } = removal(sshdFiles, spoken);
  const [splices = []] = tries;
  const gone = new Set(splices.map(({ file, from }) => `${file}\0${from}`));
  const headers = blocksOf(answer, criteria).flatMap(({ file, line }): Splice[] => {
    const text = textFile(sshdFiles, file);
    if (text === null) return [];
    const [header, ...rest] = blockLines(text, line);
    const touched = rest.some(({ start }) => gone.has(`${file}\0${start}`));
    const empty = rest.every(
      (each) => gone.has(`${file}\0${each.start}`) || text.text.slice(each.start, each.end).trim() === '',
    );
    return header !== undefined && touched && empty ? [removeServerLine(file, header)] : [];
  });
  return { tries: splices.length === 0 ? [] : [[...splices, ...headers]], blockedBy };
}

function removal(sshdFiles: SshdFiles, spoken: readonly OptionLine[]): Placements {
  const kept = spoken.filter(({ file }) => isForeign(sshdFiles, file));
  const gone = spoken.filter((each) => !kept.includes(each));
  return {
    tries: gone.length === 0 ? [] : [gone.map(({ file, line }) => removeServerLine(file, line))],
    blockedBy: kept.map(spotOf),
  };
}

/** Lines with a value of the option in one of these sections, each once however often its file is included. */
function spokenIn(
  sshdFiles: SshdFiles,
  answer: ResolvedServerConfig,
  keyword: ServerKeyword,
  value: Bytes,
  counts: (section: Section) => boolean,
): readonly OptionLine[] {
  const found = new Map<string, OptionLine>();
  for (const section of answer.sections) {
    if (section.pass !== 'first' || !counts(section)) continue;
    const { file } = section.source;
    for (const line of section.lines.slice(section.from, section.to)) {
      if (line.option === null || serverKeywordOf(line.option.name)?.key !== keyword.key) continue;
      if (!isSameSubsystem(sshdFiles, keyword, value, { file, line })) continue;
      found.set(`${file}\0${line.number}`, { file, line });
    }
  }
  return [...found.values()];
}

/** The lines that make the value now, each once. */
function winnersOf(
  { sshdFiles, answer, keyword, value }: PlacementGoal,
  counts: (place: Place) => boolean = () => true,
): readonly OptionLine[] {
  const found = new Map<string, OptionLine>();
  for (const { place } of answer.options.get(keyword.key)?.settings ?? []) {
    const { file } = place.source;
    const text = textFile(sshdFiles, file);
    const line = text === null ? undefined : serverLinesOf(text)[place.line - 1];
    if (line === undefined || !counts(place)) continue;
    if (isSameSubsystem(sshdFiles, keyword, value, { file, line })) {
      found.set(`${file}\0${line.number}`, { file, line });
    }
  }
  return [...found.values()];
}

/** Each Subsystem is an option of its own. Without a name all of them are meant. */
function isSameSubsystem(
  sshdFiles: SshdFiles,
  keyword: ServerKeyword,
  value: Bytes,
  { file, line }: OptionLine,
): boolean {
  if (keyword.form.type !== 'subsystem' || value === '') return true;
  const text = textFile(sshdFiles, file)?.text ?? '';
  const name = (criteriaText: Bytes, from: number, to: number) =>
    splitArguments(criteriaText, from, to)?.[0]?.text;
  const { start = 0, end = 0 } = line.option?.value ?? {};
  return name(text, start, end) === name(value, 0, value.length);
}

/** Where blocks with these criteria begin, each once. */
function blocksOf(
  answer: ResolvedServerConfig,
  criteria: readonly Criterion[],
): readonly { file: Bytes; line: number }[] {
  const found = new Map<string, { file: Bytes; line: number }>();
  for (const { block, source, pass } of answer.sections) {
    // A file that a block includes has sections of that block without its header.
    if (pass !== 'first' || block === null || block.source !== source) continue;
    if (!sameCriteria(criteriaOfHeader(block.header), criteria)) continue;
    const { line } = block;
    found.set(`${source.file}\0${line}`, { file: source.file, line });
  }
  return [...found.values()];
}

function replaced({ sshdFiles, keyword, value }: PlacementGoal, { file, line }: OptionLine): Splice | null {
  const text = textFile(sshdFiles, file);
  return text === null ? null : replaceServerValue(file, text, line, keyword, value);
}

function isForeign(sshdFiles: SshdFiles, path: Bytes): boolean {
  const file = textFile(sshdFiles, path);
  return path !== sshdFiles.input.main && file !== null && isOfAnotherTool(path, file);
}

function spotOf({ file, line }: OptionLine): string {
  return `${textOf(file)}:${line.number}`;
}
