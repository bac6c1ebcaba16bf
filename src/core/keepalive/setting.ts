/** What `tcp set` writes, and the files that would win over it. */
import { isObject, parseList, printList } from '../text/records.js';
import {
  filesAtBoot,
  isPattern,
  means,
  parseSysctlFile,
  type SysctlFile,
  type SysctlLine,
} from './sysctl.js';

/** Values of the three sysctls, in their order; undefined: left as it is. */
export interface SysctlValues {
  readonly idleS?: number;
  readonly intervalS?: number;
  readonly probes?: number;
}

/** Name under net.ipv4 and value. */
export type Assignment = readonly [name: string, value: string];

export function assignments({ idleS, intervalS, probes }: SysctlValues): Assignment[] {
  const pairs: readonly (readonly [string, number | undefined])[] = [
    ['tcp_keepalive_time', idleS],
    ['tcp_keepalive_intvl', intervalS],
    ['tcp_keepalive_probes', probes],
  ];
  return pairs.flatMap(([name, value]) => (value === undefined ? [] : [[name, String(value)] as const]));
}

/**
 * What root types where this program does not set the values itself; null: we know of no way. macOS and FreeBSD count in ms
 * (tcp(4)); Windows has no count for all (Tcpip\\Parameters).
 */
export function commandElsewhere(system: string, { idleS, intervalS, probes }: SysctlValues): string | null {
  const ms = (seconds: number | undefined) => (seconds === undefined ? undefined : seconds * 1_000);
  const pairs = (...rows: readonly (readonly [string, number | undefined])[]) =>
    rows.filter(([, value]) => value !== undefined);
  if (system === 'darwin' || system === 'freebsd') {
    const words = pairs(['keepidle', ms(idleS)], ['keepintvl', ms(intervalS)], ['keepcnt', probes]);
    return `sudo sysctl ${words.map(([name, value]) => `net.inet.tcp.${name}=${value}`).join(' ')}`;
  }
  if (system !== 'win32') return null;
  const key = 'HKLM\\SYSTEM\\CurrentControlSet\\Services\\Tcpip\\Parameters';
  const words = pairs(['KeepAliveTime', ms(idleS)], ['KeepAliveInterval', ms(intervalS)]);
  if (words.length === 0) return null;
  return words.map(([name, value]) => `reg add ${key} /v ${name} /t REG_DWORD /d ${value}`).join('\n  ');
}

/** The name of our file: late among local ones, and plainly ours. */
export const ownFile = '90-holdfast-tcp.conf';

const headline = '# Written by `holdfast tcp set --persist`; `holdfast tcp undo` takes it back.';

/** Our file with these values in it; values it had stay. `before`: null where there is none. */
export function ownFileText(before: string | null, assignments: readonly Assignment[]): string {
  const kept = before === null ? [] : parseSysctlFile({ path: ownFile, text: before });
  const values = new Map(kept.map(({ key, value }) => [key, value]));
  for (const [name, value] of assignments) values.set(`net.ipv4.${name}`, value);
  return `${[headline, ...[...values].map(([key, value]) => `${key} = ${value}`)].join('\n')}\n`;
}

/**
 * A line elsewhere that means a value of ours. `wins`: it is applied after ours, so that ours does not count at boot. A
 * pattern never does, as our line has the whole name.
 */
export interface Conflict extends SysctlLine {
  readonly name: string;
  readonly wins: boolean;
}

/**
 * @param files that count at boot, in the order in which they are applied
 * @param own the path of our file
 */
export function conflictsWith(
  files: readonly SysctlFile[],
  own: string,
  assignments: readonly Assignment[],
): Conflict[] {
  const others = files.filter(({ path }) => path !== own);
  // In its place among those of sysctl.d; what is no .conf of a folder (/etc/sysctl.conf) stays at the end.
  const sorted = filesAtBoot([[...others.filter(isDropIn), { path: own, text: '' }]]);
  const order = [...sorted, ...others.filter((file) => !isDropIn(file))].map(({ path }) => path);
  const at = order.indexOf(own);
  return others.flatMap(parseSysctlFile).flatMap((line) => {
    const named = assignments.find(([name]) => means(line.key, name));
    if (named === undefined || named[1] === line.value) return [];
    return [{ ...line, name: named[0], wins: !isPattern(line.key) && order.indexOf(line.file) > at }];
  });
}

function isDropIn({ path }: SysctlFile): boolean {
  return path.includes('/sysctl.d/') || !path.endsWith('/sysctl.conf');
}

/** One `tcp set`, as `tcp undo` needs it. Texts are those of the files, to the byte. */
export interface SetRecord {
  readonly boot: string;
  readonly namespace: string;
  readonly values: readonly { readonly name: string; readonly before: string; readonly after: string }[];
  readonly file: { readonly path: string; readonly before: string | null; readonly after: string } | null;
}

const mostRecords = 50;

/** The records of a state file; those of another form are passed over. */
export function parseRecords(text: string): SetRecord[] {
  return parseList(text, 'sets', isRecord);
}

export function printRecords(records: readonly SetRecord[]): string {
  return printList('sets', records.slice(-mostRecords));
}

function isRecord(value: unknown): value is SetRecord {
  if (!isObject(value) || !Array.isArray(value.values)) return false;
  const { boot, namespace, values, file } = value;
  const texts = (one: unknown, names: readonly string[]) =>
    isObject(one) && names.every((name) => typeof one[name] === 'string');
  return (
    typeof boot === 'string' &&
    typeof namespace === 'string' &&
    values.every((one: unknown) => texts(one, ['name', 'before', 'after'])) &&
    (file === null || (texts(file, ['path', 'after']) && isObject(file) && 'before' in file))
  );
}

/**
 * The last set that can be taken back here: of this namespace since this start of the machine, or one that outlived a
 * start in a file. null: there is none.
 */
export function lastSet(
  records: readonly SetRecord[],
  here: { readonly boot: string; readonly id: string; readonly isOfInit: boolean | null },
): SetRecord | null {
  return (
    records.findLast(({ boot, namespace, file }) =>
      boot === here.boot ? namespace === here.id : file !== null && here.isOfInit !== false,
    ) ?? null
  );
}
