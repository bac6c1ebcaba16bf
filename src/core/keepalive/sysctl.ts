/** The kernel's TCP times as sysctls, and the files that set them at boot (sysctl.d(5), sysctl.conf(5)). */

export interface Sysctl {
  /** Under net.ipv4; IPv6 uses the same. */
  readonly name: string;
  readonly unit: 's' | 'ms' | '';
  /** As Linux ships it. */
  readonly shipped: number;
  readonly says: string;
  /** The first kernel that has it, where that is not all of them. */
  readonly since?: string;
}

export const sysctls: readonly Sysctl[] = [
  { name: 'tcp_keepalive_time', unit: 's', shipped: 7_200, says: 'idle time before the first probe' },
  { name: 'tcp_keepalive_intvl', unit: 's', shipped: 75, says: 'between unanswered probes' },
  { name: 'tcp_keepalive_probes', unit: '', shipped: 9, says: 'unanswered probes until the end' },
  { name: 'tcp_retries2', unit: '', shipped: 15, says: 'retransmissions until the end' },
  { name: 'tcp_syn_retries', unit: '', shipped: 6, says: 'further attempts to connect' },
  {
    name: 'tcp_syn_linear_timeouts',
    unit: '',
    shipped: 4,
    says: 'attempts 1 s apart before those',
    since: '6.5',
  },
  {
    name: 'tcp_rto_max_ms',
    unit: 'ms',
    shipped: 120_000,
    says: 'longest retransmission pause',
    since: '6.15',
  },
];

/** One assignment of a sysctl.d file. */
export interface SysctlLine {
  readonly file: string;
  /** From 1. */
  readonly line: number;
  /** `net.ipv4.tcp_keepalive_time` */
  readonly key: string;
  readonly value: string;
}

/** A file by its path and its text. */
export interface SysctlFile {
  readonly path: string;
  readonly text: string;
}

/**
 * The assignments of one file. `.` and `/` both separate the parts of a key; `-` before a key means that a failure is no
 * matter; `#` and `;` begin a comment; what has no `=` is no assignment.
 */
export function parseSysctlFile({ path, text }: SysctlFile): SysctlLine[] {
  return text.split('\n').flatMap((line, index) => {
    const trimmed = line.trim();
    if (trimmed === '' || /^[#;]/.test(trimmed)) return [];
    const equals = trimmed.indexOf('=');
    if (equals < 0) return [];
    const key = trimmed.slice(0, equals).trim().replace(/^-/, '').replaceAll('/', '.');
    return [{ file: path, line: index + 1, key, value: trimmed.slice(equals + 1).trim() }];
  });
}

/**
 * The files that count at boot, in the order in which they are applied: sorted by name whatever their folder, and of two
 * with one name that of the earlier folder alone. /etc/sysctl.conf is read last, by `sysctl --system`; systemd reads it
 * only where a link in sysctl.d leads there.
 * @param folders the files of each folder, the most important folder first
 */
export function filesAtBoot(folders: readonly (readonly SysctlFile[])[]): SysctlFile[] {
  const byName = new Map<string, SysctlFile>();
  for (const file of folders.flat()) {
    const name = nameOf(file.path);
    if (name.endsWith('.conf') && !byName.has(name)) byName.set(name, file);
  }
  return [...byName.values()].sort((a, b) => (nameOf(a.path) < nameOf(b.path) ? -1 : 1));
}

function nameOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

/** Does the key hold `*`, `?` or `[]`? For a value that some line names itself such a line does not count (sysctl.d(5)). */
export function isPattern(key: string): boolean {
  return /[*?[]/.test(key);
}

/** The line that counts for a sysctl: the last that names it, else the last whose pattern means it. */
function lineThatCounts(lines: readonly SysctlLine[], name: string): SysctlLine | undefined {
  const own = lines.findLast(({ key }) => !isPattern(key) && means(key, name));
  return own ?? lines.findLast(({ key }) => means(key, name));
}

/** Does the key of a line, which may hold `*`, `?` and `[]` (sysctl.d(5)), mean this sysctl? */
export function means(key: string, name: string): boolean {
  const full = `net.ipv4.${name}`;
  if (!isPattern(key)) return key === full;
  const pattern = key
    .replace(/[.+^${}()|\\]/g, '\\$&')
    .replaceAll('*', '[^.]*')
    .replaceAll('?', '[^.]');
  try {
    return new RegExp(`^${pattern}$`).test(full);
  } catch {
    return false; // brackets that do not close
  }
}

/** Where a value comes from. */
export type Origin =
  /** As the kernel ships it, and no file says otherwise. */
  | { readonly from: 'default' }
  /** The line that set it at boot. */
  | { readonly from: 'file'; readonly file: string; readonly line: number }
  /** Written by another program since; `instead` is what the files, or else the kernel, would have given. */
  | { readonly from: 'changed'; readonly instead: { readonly value: string; readonly at: string } };

/**
 * @param lines of all files, in the order in which they are applied
 * @param atBoot do the files apply here? Not in a network namespace of its own, as in a container.
 */
export function originOf(
  { name, shipped }: Pick<Sysctl, 'name' | 'shipped'>,
  value: string,
  lines: readonly SysctlLine[],
  atBoot: boolean,
): Origin {
  const last = atBoot ? lineThatCounts(lines, name) : undefined;
  if (last !== undefined) {
    return last.value === value
      ? { from: 'file', file: last.file, line: last.line }
      : { from: 'changed', instead: { value: last.value, at: `${last.file}:${last.line}` } };
  }
  if (value === String(shipped)) return { from: 'default' };
  return { from: 'changed', instead: { value: String(shipped), at: 'the kernel' } };
}
