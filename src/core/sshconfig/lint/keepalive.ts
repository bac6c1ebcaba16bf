/** Heartbeats: what does not beat, beats too seldom, or ends what is healthy. */
import { usable } from '../../keepalive/arithmetic.js';
import { commonBox as common } from '../../keepalive/boxes.js';
import type { AnyKeyword, Corpus, Entry, Located } from './corpus.js';
import { conditionsOf } from './corpus.js';
import type { Finding } from './finding.js';
import { addedBelow, findingAt, keyOf, replaced, settingOf } from './report.js';

export function lintKeepalive(corpus: Corpus, debian: boolean): readonly Finding[] {
  const found: Finding[] = [];
  const beats = beatingScopes(corpus.entries, 'serveraliveinterval');
  for (const entry of corpus.entries) {
    const key = keyOf(entry);
    const value = settingOf(entry);
    const { start, end } = entry.option.value;
    if (key === 'serveralivecountmax' && value === 0) {
      found.push(
        findingAt(
          entry,
          'count-max-zero',
          'ServerAliveCountMax 0 ends a healthy connection at the first quiet interval, without a question',
          { sentence: 'write 3, the default', edit: replaced(entry, start, end, '3') },
        ),
      );
    }
    if (key === 'serveraliveinterval' && typeof value === 'number') found.push(...lintInterval(entry, value));
    if (isSilent(entry, beats)) {
      const below = {
        sentence: 'set ServerAliveInterval beside it',
        edit: addedBelow(entry, 'ServerAliveInterval 15'),
      };
      if (key === 'tcpkeepalive' && value === 'yes') {
        const sentence =
          'TCPKeepAlive asks only after two hours of silence; nothing here sets ServerAliveInterval';
        found.push(findingAt(entry, 'tcp-keepalive', sentence, below));
      }
      if (debian && key === 'batchmode' && value === 'yes') {
        const sentence = 'BatchMode yes makes ServerAliveInterval 300 on Debian; nothing here sets it';
        found.push(findingAt(entry, 'batch-mode-interval', sentence, below));
      }
    }
  }
  return found;
}

/** `seconds`: as the line says; `factor`: a heartbeat comes only every so many of them. */
export function* lintInterval(
  entry: Located,
  seconds: number,
  factor = 1,
): Generator<Finding<'interval-too-long'>> {
  if (common === undefined) return;
  const most = Math.floor(((common.idleMs / 1_000) * usable) / factor);
  if (seconds <= most) return;
  const { start, end } = entry.option.value;
  const box = `${common.vendor} ${common.product}`;
  const twice = factor === 1 ? '' : `, ${factor} times the ${seconds} s of the line,`;
  const sentence = `a heartbeat every ${seconds * factor} s${twice} is too seldom for ${box}, which forgets after ${common.idleMs / 1_000} s`;
  const fix = { sentence: `write 60; ${most} at most`, edit: replaced(entry, start, end, '60') };
  yield findingAt(entry, 'interval-too-long', sentence, fix);
}

/** The headers below which an interval is set, by the key of its option; null: it is set for all. */
export function beatingScopes<K extends AnyKeyword>(
  entries: readonly Entry<K>[],
  key: string,
): ReadonlySet<Entry<K>> | null {
  const scopes = new Set<Entry<K>>();
  for (const entry of entries) {
    // 0 is said on purpose.
    if (keyOf(entry) !== key || settingOf(entry) === null) continue;
    const [scope] = conditionsOf(entry);
    if (scope === undefined) return null;
    scopes.add(scope.header);
  }
  return scopes;
}

/** Does nothing set an interval for what the line is about? */
export function isSilent<K>(entry: Entry<K>, beats: ReadonlySet<Entry<K>> | null): boolean {
  if (beats === null) return false;
  return !conditionsOf(entry).some(({ header }) => beats.has(header));
}
