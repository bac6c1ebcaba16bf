/** Heartbeats: what does not beat, beats too seldom, or ends what is healthy. */
import { endOfSilence, largestCount } from '../../keepalive/arithmetic.js';
import { retransmissionModel } from '../../keepalive/detection.js';
import { usableShare } from '../../keepalive/idletimeouts.js';
import { commonMiddlebox as common } from '../../keepalive/middleboxes.js';
import { shippedTimes } from '../../keepalive/outlook.js';
import type { AnyKeyword, Corpus, Entry, Located } from './corpus.js';
import { conditionsOf } from './corpus.js';
import type { Finding } from './finding.js';
import { addedBelow, findingAt, keyOf, replaced, settingOf } from './lintreport.js';

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
  found.push(...lintCounts(corpus.entries, 'serveralive'));
  return found;
}

/** `seconds`: as the line says; `factor`: a heartbeat comes only every so many of them. */
export function* lintInterval(
  entry: Located,
  seconds: number,
  factor = 1,
): Generator<Finding<'interval-too-long'>> {
  if (common === undefined) return;
  const most = Math.floor(((common.idleMs / 1_000) * usableShare) / factor);
  if (seconds <= most) return;
  const { start, end } = entry.option.value;
  const middlebox = `${common.vendor} ${common.product}`;
  const twice = factor === 1 ? '' : `, ${factor} times the ${seconds} s of the line,`;
  const sentence = `a heartbeat every ${seconds * factor} s${twice} is too seldom for ${middlebox}, which forgets after ${common.idleMs / 1_000} s`;
  const fix = { sentence: `write 60; ${most} at most`, edit: replaced(entry, start, end, '60') };
  yield findingAt(entry, 'interval-too-long', sentence, fix);
}

/**
 * Counts whose time never comes, with the interval of the same block or of all: the kernel, as Linux ships it, gives a
 * heartbeat in flight up first. `factor`: a heartbeat comes only every so many seconds of the interval.
 */
export function* lintCounts<K extends AnyKeyword>(
  entries: readonly Entry<K>[],
  side: 'serveralive' | 'clientalive',
  factor = 1,
): Generator<Finding<'count-beyond-kernel'>> {
  const intervals = new Map<Entry<K> | null, number>();
  for (const entry of entries) {
    const seconds = settingOf(entry);
    if (keyOf(entry) !== `${side}interval` || typeof seconds !== 'number') continue;
    const header = headerOf(entry);
    if (header !== undefined && !intervals.has(header)) intervals.set(header, seconds);
  }
  const flightMs = retransmissionModel(shippedTimes).ms;
  for (const entry of entries) {
    const count = settingOf(entry);
    if (keyOf(entry) !== `${side}countmax` || typeof count !== 'number' || count <= 0) continue;
    const header = headerOf(entry);
    const seconds = (header === undefined ? undefined : intervals.get(header)) ?? intervals.get(null) ?? 0;
    const intervalMs = seconds * factor * 1_000;
    // A longer interval has a finding of its own.
    if (seconds === 0 || [...lintInterval(entry, seconds, factor)].length > 0) continue;
    const end = endOfSilence(intervalMs, count, flightMs);
    if (end.by === 'heartbeat') continue;
    const most = largestCount(intervalMs, flightMs);
    const { start, end: to } = entry.option.value;
    const sentence = `${seconds * factor} s x (${count} + 1) never comes: a heartbeat is data in flight, which the kernel gives up after ${Math.round(end.ms / 1_000)} s (tcp_retries2 15)`;
    const fix = {
      sentence: `write ${most}, the most that it waits for`,
      edit: replaced(entry, start, to, String(most)),
    };
    yield findingAt(entry, 'count-beyond-kernel', sentence, fix);
  }
}

/** The one header below which a line counts; null: it counts for all; undefined: it hangs on several. */
function headerOf<K>(entry: Entry<K>): Entry<K> | null | undefined {
  const [scope, ...more] = conditionsOf(entry);
  return more.length > 0 ? undefined : (scope?.header ?? null);
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
