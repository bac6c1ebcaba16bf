/** Heartbeats: what does not beat, beats too seldom, or ends what is healthy. */
import { endOfSilence, largestCount } from '../../keepalive/arithmetic.js';
import { retransmissionModel } from '../../keepalive/detection.js';
import { usableShare } from '../../keepalive/idletimeouts.js';
import { commonMiddlebox as common } from '../../keepalive/middleboxes.js';
import { shippedTimes } from '../../keepalive/outlook.js';
import type { AnyKeyword, Corpus, Entry, Located } from './corpus.js';
import { conditionsOf } from './corpus.js';
import type { Finding } from './finding.js';
import { addedBelow, findingAt, keyOf, newValue, settingOf } from './lintreport.js';

/** The heartbeat of the client, or of the server. */
export interface HeartbeatSide<C extends string> {
  /** As the manual writes them. */
  readonly interval: string;
  readonly countMax: string;
  /** A heartbeat comes only every so many intervals. */
  readonly stride: number;
  /** What a count of 0 does, and what to write in its place. */
  readonly zero: { readonly sentence: string; readonly fix: string };
  /** Options, in lower case, that are no heartbeat when they say yes and nothing sets an interval. */
  readonly instead: Readonly<Record<string, { readonly code: C; readonly sentence: string }>>;
}

type HeartbeatCode = 'count-max-zero' | 'interval-too-long' | 'count-beyond-kernel';

/** What a side's heartbeat does not do, line by line; counts that never come last. */
export function* lintHeartbeat<K extends AnyKeyword, C extends string>(
  entries: readonly Entry<K>[],
  side: HeartbeatSide<C>,
): Generator<Finding<HeartbeatCode | C>> {
  const [interval, countMax] = [side.interval.toLowerCase(), side.countMax.toLowerCase()];
  const beats = beatingScopes(entries, interval);
  for (const entry of entries) {
    const key = keyOf(entry);
    const value = settingOf(entry);
    if (key === countMax && value === 0)
      yield findingAt(entry, 'count-max-zero', side.zero.sentence, newValue(entry, '3', side.zero.fix));
    if (key === interval && typeof value === 'number') yield* lintInterval(entry, value, side.stride);
    const instead = value === 'yes' && key !== null && isSilent(entry, beats) ? side.instead[key] : undefined;
    if (instead === undefined) continue;
    const edit = addedBelow(entry, `${side.interval} 15`);
    const fix = { sentence: `set ${side.interval} beside it`, edit };
    yield findingAt(entry, instead.code, instead.sentence, fix);
  }
  yield* lintCounts(entries, interval, countMax, side.stride);
}

/** `debian`: the ssh that reads the files has Debian's changes. */
export function lintKeepalive({ entries }: Corpus, debian: boolean): readonly Finding[] {
  const quiet = {
    code: 'tcp-keepalive',
    sentence: 'TCPKeepAlive asks only after two hours of silence; nothing here sets ServerAliveInterval',
  } as const;
  const batch = {
    code: 'batch-mode-interval',
    sentence: 'BatchMode yes makes ServerAliveInterval 300 on Debian; nothing here sets it',
  } as const;
  return [
    ...lintHeartbeat(entries, {
      interval: 'ServerAliveInterval',
      countMax: 'ServerAliveCountMax',
      stride: 1,
      zero: {
        sentence:
          'ServerAliveCountMax 0 ends a healthy connection at the first quiet interval, without a question',
        fix: 'write 3, the default',
      },
      instead: { tcpkeepalive: quiet, ...(debian ? { batchmode: batch } : {}) },
    }),
  ];
}

/** `seconds`: as the line says; `factor`: a heartbeat comes only every so many of them. */
function* lintInterval(
  entry: Located,
  seconds: number,
  factor: number,
): Generator<Finding<'interval-too-long'>> {
  if (common === undefined) return;
  const most = Math.floor(((common.idleMs / 1_000) * usableShare) / factor);
  if (seconds <= most) return;
  const middlebox = `${common.vendor} ${common.product}`;
  const twice = factor === 1 ? '' : `, ${factor} times the ${seconds} s of the line,`;
  const sentence = `a heartbeat every ${seconds * factor} s${twice} is too seldom for ${middlebox}, which forgets after ${common.idleMs / 1_000} s`;
  yield findingAt(entry, 'interval-too-long', sentence, newValue(entry, '60', `write 60; ${most} at most`));
}

/**
 * Counts whose time never comes, with the interval of the same block or of all: the kernel, as Linux ships it, gives a
 * heartbeat in flight up first. `factor`: a heartbeat comes only every so many seconds of the interval.
 */
function* lintCounts<K extends AnyKeyword>(
  entries: readonly Entry<K>[],
  interval: string,
  countMax: string,
  factor: number,
): Generator<Finding<'count-beyond-kernel'>> {
  const intervals = new Map<Entry<K> | null, number>();
  for (const entry of entries) {
    const seconds = settingOf(entry);
    if (keyOf(entry) !== interval || typeof seconds !== 'number') continue;
    const header = headerOf(entry);
    if (header !== undefined && !intervals.has(header)) intervals.set(header, seconds);
  }
  const flightMs = retransmissionModel(shippedTimes).ms;
  for (const entry of entries) {
    const count = settingOf(entry);
    if (keyOf(entry) !== countMax || typeof count !== 'number' || count <= 0) continue;
    const header = headerOf(entry);
    const seconds = (header === undefined ? undefined : intervals.get(header)) ?? intervals.get(null) ?? 0;
    const intervalMs = seconds * factor * 1_000;
    // A longer interval has a finding of its own.
    if (seconds === 0 || [...lintInterval(entry, seconds, factor)].length > 0) continue;
    const end = endOfSilence(intervalMs, count, flightMs);
    if (end.by === 'heartbeat') continue;
    const most = largestCount(intervalMs, flightMs);
    const sentence = `${seconds * factor} s x (${count} + 1) never comes: a heartbeat is data in flight, which the kernel gives up after ${Math.round(end.ms / 1_000)} s (tcp_retries2 15)`;
    const fix = newValue(entry, String(most), `write ${most}, the most that it waits for`);
    yield findingAt(entry, 'count-beyond-kernel', sentence, fix);
  }
}

/** The one header below which a line counts; null: it counts for all; undefined: it hangs on several. */
function headerOf<K>(entry: Entry<K>): Entry<K> | null | undefined {
  const [scope, ...more] = conditionsOf(entry);
  return more.length > 0 ? undefined : (scope?.header ?? null);
}

/** The headers below which an interval is set, by the key of its option; null: it is set for all. */
function beatingScopes<K extends AnyKeyword>(
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
function isSilent<K>(entry: Entry<K>, beats: ReadonlySet<Entry<K>> | null): boolean {
  if (beats === null) return false;
  return !conditionsOf(entry).some(({ header }) => beats.has(header));
}
