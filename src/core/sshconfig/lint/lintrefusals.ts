/** Lines that are refused, and the order of all findings. */

import { type Bytes, textOf } from '../bytes.js';
import type { Refusal } from '../resolve/resolvedconfig.js';
import type { Corpus } from './corpus.js';
import type { Finding } from './finding.js';
import { findingAt } from './lintreport.js';
import { colonFix, forwardFix, headerFix } from './meant.js';

/** Lines that are refused and that no other finding speaks of. `says`: what comes of it. */
export function lintRefused<K, C extends string>(
  { entries }: Corpus<K>,
  refusals: readonly Refusal[],
  reported: readonly Finding<C>[],
  says: string,
  nameOf: (name: Bytes) => string | null,
): readonly Finding<'refused-line'>[] {
  const done = new Set(reported.map(({ file, line }) => `${file}:${line}`));
  const why = new Map<string, { reason: string; wanted: string | null }>();
  for (const { file, line, reason, suggestion } of refusals) {
    why.set(`${file}:${line}`, { reason, wanted: suggestion });
  }
  return entries.flatMap((entry) => {
    const at = `${entry.file}:${entry.line.number}`;
    const { statement } = entry;
    // Names have findings of their own, and hang on the release.
    if (statement.type === 'unknown') return [];
    const fault = statement.type === 'fault' ? statement : (why.get(at) ?? null);
    if (fault === null || done.has(at)) return [];
    done.add(at);
    const wanted = { sentence: `want ${textOf(fault.wanted ?? 'another value')}`, edit: null };
    const fix = forwardFix(entry) ?? headerFix(entry) ?? colonFix(entry, nameOf) ?? wanted;
    return [findingAt(entry, 'refused-line', `${says}: ${textOf(fault.reason)}`, fix)];
  });
}

/** In the order of reading; what was found twice, because a file is included twice, once. */
export function inOrder<K, C extends string>(
  { documents }: Corpus<K>,
  found: readonly Finding<C>[],
): readonly Finding<C>[] {
  const rank = new Map(documents.map(({ file }, at) => [file, at]));
  const seen = new Set<string>();
  return found
    .filter(({ code, file, line, span }) => {
      const key = `${code} ${line} ${span.start} ${file}`;
      if (seen.has(key)) return false;
      seen.add(key);
      return true;
    })
    .sort((a, b) => (rank.get(a.file) ?? 0) - (rank.get(b.file) ?? 0) || a.line - b.line);
}
