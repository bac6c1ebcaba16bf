/** What a proof has seen, for people: before and after, by host and option. */
import type { Bytes } from '../bytes.js';
import { keywordOf } from '../keywords/keywords.js';
import { newestRelease } from '../keywords/releases.js';
import { statementOf } from '../syntax/statements.js';
import { print } from '../values/printed.js';
import type { ReadingContext } from '../values/values.js';
import { keysIn, linesIn, type Pair } from './branches.js';
import type { HostChange, KeptValue } from './change.js';
import { linesFor, same, sameSettings } from './compareresults.js';
import type { Accepted } from './proveedit.js';

/**
 * Options whose answer differs: those that the change names, and those of which other lines count now, as what a rival switched off or
 * a header that goes by the HostName. `keys` null: all that differ. `standsFor`: made-up names that stand for a pattern.
 */
export function changesOf(
  { proof: { classes }, named, keys }: Accepted,
  standsFor: ReadonlyMap<Bytes, Bytes> = new Map(),
): readonly HostChange[] {
  const changes: HostChange[] = [];
  for (const { hosts, isTarget, pairs } of classes) {
    const [pair] = pairs;
    if (!isTarget || !pair) continue;
    for (const key of keysIn(pair.after)) {
      if (keys !== null && !keys.includes(key) && saysTheSame(pair, key)) continue;
      const before = linesIn(pair.before, key);
      const after = linesIn(pair.after, key);
      if (same(before, after)) continue;
      const option = keywordOf(key, newestRelease)?.name ?? key;
      for (const host of hosts) {
        const shownHost = standsFor.get(host) ?? (named.has(host) ? host : null);
        if (shownHost !== null) changes.push({ host: shownHost, option, before, after });
      }
    }
  }
  return changes;
}

function saysTheSame({ before, after }: Pair, key: string): boolean {
  if (before.type !== 'resolved' || after.type !== 'resolved') return true;
  const was = before.answer.options.get(key);
  const is = after.answer.options.get(key);
  return was === undefined || is === undefined || sameSettings(was, is);
}

/** Targets that are as they were, because a line of their own says so. Values are as ssh prints them. */
export function keptOf(
  { proof: { classes, unaffected }, named, keys }: Accepted,
  context: ReadingContext,
): readonly KeptValue[] {
  const kept: KeptValue[] = [];
  if (keys === null) return kept;
  const requested = new Map<string, readonly Bytes[]>();
  for (const { hosts, isTarget, pairs, spot } of classes) {
    const [pair] = pairs;
    if (!isTarget || pair?.after.type !== 'resolved' || pair.requested?.type !== 'resolved') continue;
    for (const key of keys) {
      const values = linesFor(pair.after.answer, key);
      const requestedValues = linesFor(pair.requested.answer, key);
      requested.set(key, requestedValues);
      if (same(values, requestedValues)) continue;
      const place = pair.after.answer.options.get(key)?.settings[0]?.place;
      const option = keywordOf(key, newestRelease)?.name ?? key;
      const at = place ? spot(place) : null;
      for (const host of hosts) if (named.has(host)) kept.push({ host, option, values, at });
    }
  }
  for (const { host, lines } of unaffected) {
    if (!named.has(host)) continue;
    for (const { part, line } of lines) {
      const { layout } = part;
      const statement = statementOf(layout.text, line.option, context);
      if (!keys.includes(line.key) || statement.type !== 'value') continue;
      const values = [print(statement.reading.value)];
      if (same(values, requested.get(line.key) ?? [])) continue;
      const at = { file: layout.path, line: line.line + 1 };
      kept.push({ host, option: statement.keyword.name, values, at });
    }
  }
  return kept;
}
