/** Lines that are refused. */

import { textOf } from '../bytes.js';
import type { Refusal } from '../resolve/resolvedconfig.js';
import type { Corpus } from './corpus.js';
import type { Finding } from './finding.js';
import { byHand, type FileReader, findingAt } from './lintreport.js';
import { colonFix, forwardFix, headerFix } from './meant.js';

/** Lines that are refused and that no other finding speaks of. */
export function lintRefused<K, C extends string>(
  { entries }: Corpus<K>,
  refusals: readonly Refusal[],
  reported: readonly Finding<C>[],
  { refuses, nameOf }: FileReader,
): readonly Finding<'refused-line'>[] {
  const done = new Set(reported.map(({ file, line }) => `${file}:${line}`));
  const why = new Map<string, { reason: string; suggestion: string | null }>();
  for (const { file, line, reason, suggestion } of refusals) {
    why.set(`${file}:${line}`, { reason, suggestion });
  }
  return entries.flatMap((entry) => {
    const at = `${entry.file}:${entry.line.number}`;
    const { statement } = entry;
    // Names have findings of their own, and hang on the release.
    if (statement.type === 'unknown') return [];
    const fault = statement.type === 'fault' ? statement : (why.get(at) ?? null);
    if (fault === null || done.has(at)) return [];
    done.add(at);
    const words = byHand(`want ${textOf(fault.suggestion ?? 'another value')}`);
    const fix = forwardFix(entry) ?? headerFix(entry) ?? colonFix(entry, nameOf) ?? words;
    return [findingAt(entry, 'refused-line', `${refuses}: ${textOf(fault.reason)}`, fix)];
  });
}
