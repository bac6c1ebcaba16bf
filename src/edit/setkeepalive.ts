/** The heartbeat of hosts in ssh's configuration: set it, and say what that comes to. */

import { FailureError, usageFailure } from '../core/failure.js';
import { arithmetic } from '../core/keepalive/arithmetic.js';
import { type IdleTimeoutVerdict, idleTimeoutVerdict, usableShare } from '../core/keepalive/idletimeouts.js';
import { namedMiddleboxes } from '../core/keepalive/middleboxes.js';
import { type Profile, profiles } from '../core/keepalive/profiles.js';
import { unnamedHost } from '../core/sshconfig/resolve/resolveinput.js';
import { nearestWord } from '../core/text/editdistance.js';
import { hostMatching } from '../core/text/pattern.js';
import { parseTime, timeForm } from '../core/times.js';
import { retransmissionHere } from '../io/kernel/sysctls.js';
import type { ConfigChange } from './configchange.js';
import { answerFor, Supplies } from './confighost.js';
import { editConfig, type WriteConfigOptions, type WrittenConfig } from './configwrite.js';
import { editManaged } from './managededit.js';
import { presentFile } from './writing.js';

/** The heartbeat that hosts are to have. */
export interface KeepaliveChange {
  /** Names, patterns that stand in the file, or `*` for all hosts. @default ['*'] */
  readonly hosts?: readonly string[];
  /** A pair of ServerAliveInterval and ServerAliveCountMax, where they are not given. @default 'default', of which only the interval counts */
  readonly profile?: string;
  /** ServerAliveInterval, as ssh writes a time: `30`, `2m`. */
  readonly interval?: string;
  /** ServerAliveCountMax, at least 1. Absent, and without `profile`: a value that stands stays; 0 becomes 3. */
  readonly count?: number;
  /** TCPKeepAlive. Absent: it stays. */
  readonly tcp?: 'yes' | 'no';
  /** ServerAliveInterval 0: no heartbeat. */
  readonly off?: boolean;
  /** Over every block, not only where nothing else says so. @default false */
  readonly force?: boolean;
  /** What stands on the way: a name of `middleboxNames`, or its time-out as ssh writes a time. */
  readonly behind?: string;
}

/** A host's heartbeat, and what notices a dead server. */
export interface Heartbeat {
  readonly intervalMs: number;
  readonly countMax: number;
  readonly tcpKeepAlive: boolean;
  /** After so long, at the latest; null: never, while nothing is sent. */
  readonly noticedAfterMs: number | null;
  /**
   * `kernel`: without a heartbeat by TCP keepalive, with the times that Linux ships, 7200 s + 9 x 75 s; with one by
   * tcp_retries2, which ends a heartbeat in flight before the count is full.
   */
  readonly noticedBy: 'ssh' | 'kernel' | 'nobody';
}

/** The heartbeat of one host before and after. */
export interface HeartbeatChange {
  /** As given: a name, a pattern, `*`. */
  readonly host: string;
  readonly before: Heartbeat;
  readonly after: Heartbeat;
  /** Why the interval was what it was, where no line says so; null: a line does, or it is ssh's default. */
  readonly note: string | null;
  /** The ServerAliveCountMax of a line, which stays as the change names no other one; null: no line sets it, or it changes. */
  readonly keptCount: number | null;
}

/** What the heartbeat makes of something on the way. */
export interface MiddleboxVerdict {
  /** As given. */
  readonly name: string;
  /** Vendor and product; null: only its time is known. */
  readonly middlebox: string | null;
  readonly idleMs: number;
  readonly verdict: IdleTimeoutVerdict;
  /** The longest interval that it lets live: 0.8 of its time. */
  readonly mostMs: number;
  /** Null: only its time is known. */
  readonly source: string | null;
}

/** As `WrittenConfig`, with what it makes of heartbeats. */
export interface KeepaliveWritten extends WrittenConfig {
  readonly heartbeats: readonly HeartbeatChange[];
  readonly behind: MiddleboxVerdict | null;
}

export interface KeepaliveOptions extends WriteConfigOptions {
  /** Into the file of our own (`editManaged`). @default false */
  readonly managed?: boolean;
}

/** What `behind` may be. */
export const middleboxNames: readonly string[] = [...namedMiddleboxes.keys()];
/** Pairs of ServerAliveInterval (s) and ServerAliveCountMax by name, and what each is for. */
export const keepaliveProfiles: readonly Profile[] = profiles;

const mostNamed = 5;

/** ssh_config(5). */
const defaultCountMax = 3;

/** As Linux ships it: net.ipv4.tcp_keepalive_time + probes x interval. */
const kernelMs = (7_200 + 9 * 75) * 1_000;

/**
 * Gives hosts a heartbeat so that it takes effect, as `editConfig` does. ServerAliveCountMax gets a line only where `count`
 * or `profile` ask for one and its value in force is another one, or where that is 0. Rejects with a FailureError (usage) for values that make no sense.
 */
export async function setKeepalive(
  source: { readonly path: string | null },
  change: KeepaliveChange,
  options: KeepaliveOptions = {},
): Promise<KeepaliveWritten> {
  const hosts = [...new Set(change.hosts === undefined || change.hosts.length === 0 ? ['*'] : change.hosts)];
  const requested = requestedHeartbeat(change);
  const behind = change.behind === undefined ? null : middleboxVerdict(change.behind, requested.intervalMs);
  for (const host of hosts) checkHost(host);
  const supplies = new Supplies();
  const exec = options.exec ?? false;
  const changes: SetChange[] = [];
  for (const host of hosts) {
    const countMax =
      requested.countMax ?? (await countInsteadOfZero(source, host, requested, exec, supplies));
    for (const each of changesFor(host, change, { ...requested, countMax })) {
      const needed = each.option !== 'ServerAliveCountMax' || change.count !== undefined || !change.force;
      if (needed || (await matters(source, each, options))) changes.push(each);
    }
  }
  const command =
    options.command ?? `config keepalive ${namesOf(hosts)}${options.managed ? ' --managed' : ''}`;
  // Read before anything is written.
  const before: ({ readonly host: string } & CurrentHeartbeat)[] = [];
  const edit = (all: WriteConfigOptions) =>
    options.managed
      ? editManaged(changes, { ...all, ...(source.path === null ? {} : { configFile: source.path }) })
      : editConfig(source, changes, all);
  const written = await edit({
    ...options,
    command,
    onPlanned: async () => {
      const query = { ...(await presentFile(source.path)), exec };
      for (const host of hosts) before.push({ host, ...(await heartbeatOf(host, query, supplies)) });
    },
  });
  return {
    ...written,
    heartbeats: before.map(({ host, heartbeat, note, lineCount }) => {
      const set = changes.find((each) => each.host === host && each.option === 'ServerAliveCountMax');
      return {
        host,
        note,
        before: heartbeat,
        keptCount: set === undefined ? lineCount : null,
        after: heartbeatWith({
          intervalMs: requested.intervalMs,
          countMax: set === undefined ? heartbeat.countMax : Number(set.values[0]),
          tcpKeepAlive: change.tcp === undefined ? heartbeat.tcpKeepAlive : change.tcp === 'yes',
        }),
      };
    }),
    behind,
  };
}

type SetChange = Extract<ConfigChange, { readonly type: 'set' }>;

interface RequestedHeartbeat {
  readonly intervalMs: number;
  /** Null: it stays. */
  readonly countMax: number | null;
}

function requestedHeartbeat({
  profile: named,
  interval,
  count,
  off,
  tcp,
}: KeepaliveChange): RequestedHeartbeat {
  const name = named ?? 'default';
  const profile = profiles.find((each) => each.name === name);
  if (profile === undefined) {
    const near = nearestWord(
      name,
      profiles.map((each) => each.name),
    );
    const known = profiles.map((each) => each.name).join(', ');
    throw usage(
      `profile ${JSON.stringify(name)}: ${near === null ? `want one of ${known}` : `did you mean ${near}?`}`,
    );
  }
  if (tcp !== undefined && tcp !== 'yes' && tcp !== 'no')
    throw usage(`tcp ${JSON.stringify(tcp)}: want yes or no`);
  if (off) {
    if (interval !== undefined || count !== undefined)
      throw usage('off stands alone, without interval and count');
    return { intervalMs: 0, countMax: null };
  }
  const intervalMs = interval === undefined ? profile.intervalS * 1_000 : parseTime(interval);
  if (intervalMs === null) throw usage(`interval ${JSON.stringify(interval)}: want ${timeForm}`);
  if (intervalMs === 0) throw usage('interval 0 is no heartbeat; say --off where none is wanted');
  const countMax = count ?? (named === undefined ? null : profile.countMax);
  if (countMax === null) return { intervalMs, countMax };
  if (!Number.isSafeInteger(countMax) || countMax < 1 || countMax > 2_147_483_647) {
    const why = countMax === 0 ? ': ssh would end a healthy connection at the first quiet interval' : '';
    throw usage(`count ${countMax}${why}; want a number from 1, as 3`);
  }
  return { intervalMs, countMax };
}

/** ServerAliveCountMax 0 ends a healthy connection as soon as there is a heartbeat; null: it is not 0, and stays. */
async function countInsteadOfZero(
  source: { readonly path: string | null },
  host: string,
  { intervalMs }: RequestedHeartbeat,
  exec: boolean,
  supplies: Supplies,
): Promise<number | null> {
  if (intervalMs === 0) return null;
  try {
    const { heartbeat } = await heartbeatOf(host, { ...(await presentFile(source.path)), exec }, supplies);
    return heartbeat.countMax === 0 ? defaultCountMax : null;
  } catch (error) {
    // The edit refuses such a file in its own words.
    if (error instanceof FailureError) return null;
    throw error;
  }
}

/** For the history. */
function namesOf(hosts: readonly string[]): string {
  const more = hosts.length - mostNamed;
  return `${hosts.slice(0, mostNamed).join(' ')}${more > 0 ? ` and ${more} more` : ''}`;
}

/** On top a line counts even where nothing says otherwise. Would any host be another one by it? */
async function matters(
  source: { readonly path: string | null },
  change: ConfigChange,
  { exec, allowUnknown }: WriteConfigOptions,
): Promise<boolean> {
  const dry = { dryRun: true, exec: exec ?? false, allowUnknown: allowUnknown ?? false };
  return (await editConfig(source, [change], dry)).changedHosts.length > 0;
}

function changesFor(
  host: string,
  { tcp, force, interval }: KeepaliveChange,
  { intervalMs, countMax }: RequestedHeartbeat,
): readonly SetChange[] {
  const set = (option: string, value: string): SetChange => {
    const change = { type: 'set', host, option, values: [value] } as const;
    return force ? { ...change, force } : change;
  };
  const value = intervalMs === 0 ? '0' : (interval ?? String(intervalMs / 1_000));
  const all = [
    set('ServerAliveInterval', value),
    ...(countMax === null ? [] : [set('ServerAliveCountMax', String(countMax))]),
    ...(tcp === undefined ? [] : [set('TCPKeepAlive', tcp)]),
  ];
  // On top each goes above the one before.
  return force ? all.reverse() : all;
}

/** People mix the two sides up. */
function checkHost(host: string): void {
  if (/^clientalive(interval|countmax)$/i.test(host)) {
    throw usage(
      `${host} belongs in sshd_config, on the server, and no host has that name. There: holdfast sshd keepalive --interval 15 --count 3`,
    );
  }
  if (/^(serveralive(interval|countmax)|tcpkeepalive)$/i.test(host)) {
    throw usage(`${host} is no host; holdfast config keepalive [host...] --interval 15 --count 3 sets it`);
  }
}

/** A host's heartbeat as the files say. */
interface CurrentHeartbeat {
  readonly heartbeat: Heartbeat;
  readonly note: string | null;
  /** ServerAliveCountMax, where a line sets it. */
  readonly lineCount: number | null;
}

async function heartbeatOf(
  host: string,
  query: { readonly configFile?: string; readonly exec: boolean },
  supplies: Supplies,
): Promise<CurrentHeartbeat> {
  const sample = host === '*' ? unnamedHost : hostMatching(host);
  const { options } = await answerFor(sample, query, supplies);
  const line = (key: string) => options.get(key)?.lines[0] ?? '';
  const isSet = (options.get('serveralivecountmax')?.settings.length ?? 0) > 0;
  return {
    lineCount: isSet ? Number(line('serveralivecountmax')) : null,
    heartbeat: heartbeatWith({
      intervalMs: Number(line('serveraliveinterval')) * 1_000,
      countMax: Number(line('serveralivecountmax')),
      tcpKeepAlive: line('tcpkeepalive') === 'yes',
    }),
    note: options.get('serveraliveinterval')?.note ?? null,
  };
}

function heartbeatWith(beat: Pick<Heartbeat, 'intervalMs' | 'countMax' | 'tcpKeepAlive'>): Heartbeat {
  const { noticedAfterMs, noticedBy } = arithmetic(beat.intervalMs, beat.countMax, retransmissionHere());
  if (noticedAfterMs !== null)
    return { ...beat, noticedAfterMs, noticedBy: noticedBy === 'kernel' ? 'kernel' : 'ssh' };
  return beat.tcpKeepAlive
    ? { ...beat, noticedAfterMs: kernelMs, noticedBy: 'kernel' }
    : { ...beat, noticedAfterMs: null, noticedBy: 'nobody' };
}

function middleboxVerdict(name: string, intervalMs: number): MiddleboxVerdict {
  const known = namedMiddleboxes.get(name.toLowerCase());
  const idleMs = known?.idleMs ?? parseTime(name);
  if (idleMs === null || idleMs === 0) {
    const near = nearestWord(name.toLowerCase(), middleboxNames);
    const meant = near === null ? '' : ` Did you mean ${near}?`;
    throw usage(
      `behind ${JSON.stringify(name)}: no middlebox of that name is known.${meant} There are ${middleboxNames.join(', ')}; or its time-out, as 350 or 5m`,
    );
  }
  return {
    name,
    middlebox: known ? `${known.vendor} ${known.product}` : null,
    idleMs,
    verdict: idleTimeoutVerdict(intervalMs, idleMs),
    mostMs: idleMs * usableShare,
    source: known?.source ?? null,
  };
}

function usage(message: string): FailureError {
  return usageFailure(message);
}
