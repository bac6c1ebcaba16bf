/** What is known of the paths that were measured or used, as a state file keeps it. */
import { isObject, parseList, printList } from '../../text/records.js';
import type { Mode } from './outcome.js';

/** A path: the same server behind another gateway is another one. */
export interface PathKey {
  /** The router's hardware address, else its address; null: there is none, or it cannot be seen. */
  readonly gateway: string | null;
  /** The network on this side of it: `192.168.1.0/24`. */
  readonly network: string | null;
  /** `db.example.org:22`, with the servers on the way behind `via`. */
  readonly host: string;
}

/** What a path lets a connection be idle, from what was measured and what tunnels met. */
export interface PathKnowledge {
  readonly safeMs: number | null;
  readonly deadMs: number | null;
  /** One connection died after so long. */
  readonly doubtfulMs: number | null;
  readonly mode: Mode | null;
}

export interface PathRecord extends PathKey, PathKnowledge {
  /** Last changed, in ms since 1970. */
  readonly at: number;
}

/** The file of the state folder that keeps what is known of paths. */
export const pathsFile = 'paths.json';

interface Place {
  readonly hostName: string;
  readonly port: number;
}

/** `PathKey.host`. `hops`: the servers on the way, the first one first. */
export function hostKey({ hostName, port }: Place, hops: readonly Place[]): string {
  const via = hops.map((hop) => `${hop.hostName}:${hop.port}`);
  return via.length === 0 ? `${hostName}:${port}` : `${hostName}:${port} via ${via.join(', ')}`;
}

export const nothingKnown: PathKnowledge = { safeMs: null, deadMs: null, doubtfulMs: null, mode: null };

const mostRecords = 50;

/** What stands in the way of a path changes: a month old is too old. */
const goodForMs = 30 * 86_400_000;

/** The records of a state file; those of another form are passed over. */
export function parsePaths(text: string): PathRecord[] {
  return parseList(text, 'paths', isRecord);
}

export function printPaths(records: readonly PathRecord[]): string {
  const kept = [...records].sort((a, b) => b.at - a.at).slice(0, mostRecords);
  return printList('paths', kept);
}

export function knownOf(records: readonly PathRecord[], key: PathKey, nowMs: number): PathKnowledge {
  const found = records.find((record) => isSame(record, key) && nowMs - record.at < goodForMs);
  return found ?? nothingKnown;
}

export function withRecord(records: readonly PathRecord[], record: PathRecord): readonly PathRecord[] {
  return [record, ...records.filter((one) => !isSame(one, record))];
}

function isSame(one: PathKey, other: PathKey): boolean {
  return one.gateway === other.gateway && one.network === other.network && one.host === other.host;
}

const modes: readonly unknown[] = [
  'drop',
  'reset',
  'loose',
  'close',
  null,
] satisfies readonly (Mode | null)[];

function isRecord(value: unknown): value is PathRecord {
  if (!isObject(value)) return false;
  const { gateway, network, host, safeMs, deadMs, doubtfulMs, mode, at } = value;
  return (
    [gateway, network].every((one) => one === null || typeof one === 'string') &&
    typeof host === 'string' &&
    [safeMs, deadMs, doubtfulMs].every((one) => one === null || isLength(one)) &&
    modes.includes(mode) &&
    isLength(at)
  );
}

function isLength(value: unknown): boolean {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0;
}
