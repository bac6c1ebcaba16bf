import { FailureError, failure, usageFailure } from '../core/failure.js';
import { idleDetectionMs } from '../core/keepalive/detection.js';
import {
  assignments,
  type Conflict,
  commandElsewhere,
  conflictsWith,
  lastSet,
  ownFile,
  ownFileText,
  parseRecords,
  printRecords,
  type SetRecord,
} from '../core/keepalive/setting.js';
import { systemName } from '../core/keepalive/systems.js';
import { bytesOf, textOf } from '../core/sshconfig/bytes.js';
import { pause } from '../io/clock.js';
import { mayAllRead, readState, writeState } from '../io/kernel/statefile.js';
import {
  mayWriteSysctl,
  networkNamespace,
  readBootFiles,
  readSysctl,
  sysctlFolders,
  writeSysctl,
} from '../io/kernel/sysctls.js';
import { systemHere } from '../io/kernel/system.js';
import { ownProcess } from '../io/machine.js';
import { checkReplaceable, readStamped, replaceFiles } from '../io/replace.js';
import { type ListedConnection, tcpConnections } from './connectionlist.js';
import { checkTimes } from './consequences.js';
import { kernelTimes } from './tcptimes.js';

/** The values to set, each absent one stays: 1 to 32767 s, 1 to 127 probes. */
export interface SetTcpOptions extends UndoTcpOptions {
  readonly idleS?: number;
  readonly intervalS?: number;
  readonly probes?: number;
  /** Also writes a file of our own in /etc/sysctl.d, so that it lasts. @default false */
  readonly persist?: boolean;
}

/** How values are set or taken back. */
export interface UndoTcpOptions {
  /** Says what would be done, and does nothing. @default false */
  readonly dryRun?: boolean;
  /** Instead of /etc/sysctl.d. */
  readonly sysctlFolder?: string;
  /** Where it is kept what was before. @default '/var/lib/holdfast' */
  readonly stateFolder?: string;
  /** Instead of this system, as Node names it. */
  readonly system?: string;
}

/** One value of the kernel, as /proc/sys has it: with its line end. */
export interface TcpChange {
  /** Under net.ipv4. */
  readonly name: string;
  readonly before: string;
  readonly after: string;
}

/** What was done, or with `dryRun` would be. */
export interface SetTcpResult {
  readonly changes: readonly TcpChange[];
  /** The file of sysctl.d; `after` null: removed. */
  readonly file: {
    readonly path: string;
    readonly before: string | null;
    readonly after: string | null;
  } | null;
  /** Lines of other files about the same values. */
  readonly conflicts: readonly Conflict[];
  /** The worst case from now on for a connection with nothing in flight; null where the kernel does not say. */
  readonly idleDetectionMs: number | null;
  /** Connections whose armed keepalive timer rings later than it would if it were armed now. They keep it. */
  readonly armed: readonly ListedConnection[];
  /** Is this the first network namespace, to which the files of sysctl.d apply at the start? null: that cannot be seen. */
  readonly isOfInit: boolean | null;
  readonly dryRun: boolean;
}

const stateFolder = '/var/lib/holdfast';
const stateFile = 'tcp.json';

/**
 * Sets the kernel's keepalive values in the network namespace of this process, and reads them back. Rejects with a
 * FailureError of kind `usage` for values out of range, and where the kernel refuses: then nothing is changed, and the
 * message says which command would do it.
 */
export async function setTcpTimes(options: SetTcpOptions): Promise<SetTcpResult> {
  needsLinux(options);
  const requested = assignments(options);
  if (requested.length === 0) {
    throw usageFailure('nothing to set; want --time, --interval or --probes');
  }
  const { idleS = 1, intervalS = 1, probes = 1 } = options;
  checkTimes({ idleS, intervalS, probes }, { idle: '--time', interval: '--interval', probes: '--probes' });
  const changes = requested.map(([name, value]): TcpChange => {
    const before = readSysctl(name);
    if (before === null) {
      throw usageFailure(`net.ipv4.${name}: this kernel does not show it in /proc/sys`);
    }
    return { name, before, after: `${value}\n` };
  });
  const folder = options.sysctlFolder ?? sysctlFolders[0];
  const path = `${folder}/${ownFile}`;
  const stamped = options.persist === true ? readStamped(bytesOf(path)) : null;
  const before = stamped === null || stamped.stamp.type === 'missing' ? null : textOf(stamped.bytes);
  const file = stamped === null ? null : { path, before, after: ownFileText(before, requested) };
  const conflicts = file === null ? [] : conflictsWith(readBootFiles(folder), path, requested);
  if (options.dryRun !== true) {
    // A user without the right to set the values gets the command for both, below.
    if (stamped !== null && changes.every(({ name }) => mayWriteSysctl(name)))
      checkReplaceable(stamped.stamp);
    const command = `sudo sysctl -w ${requested.map(([name, value]) => `net.ipv4.${name}=${value}`).join(' ')}`;
    apply(changes, file === null ? command : `sudo holdfast tcp set ${words(options)}`);
    let forget = () => {};
    try {
      forget = remember(options, changes, file);
      if (file !== null) await writeFile(file, options, 'tcp set');
    } catch (error) {
      // The values without the file would be half of the change.
      for (const { name, before: was } of changes) writeSysctl(name, was);
      forget();
      throw error;
    }
  }
  return await resultOf({ changes, file, conflicts }, options);
}

/**
 * Takes back the last `setTcpTimes` of this network namespace, to the byte: the kernel's values and the file. Rejects with a
 * FailureError of kind `usage` when there is none, or when another program changed the values since.
 */
export async function undoTcpTimes(options: UndoTcpOptions = {}): Promise<SetTcpResult> {
  const { system = systemHere() } = options;
  if (system !== 'linux') {
    const where = `not available on ${systemName(system)}, where holdfast sets none`;
    throw usageFailure(`taking values of the kernel back: ${where}`);
  }
  const records = recordsIn(options);
  const here = networkNamespace();
  const record = here === null ? null : lastSet(records, here);
  if (record === null) {
    throw usageFailure('tcp undo: nothing was set by holdfast here that is not undone');
  }
  for (const { name, after } of record.values) {
    const now = readSysctl(name);
    if (now !== after) {
      throw usageFailure(
        `net.ipv4.${name} is ${now?.trim() ?? 'gone'} now, and not ${after.trim()} as holdfast set it; nothing was undone`,
      );
    }
  }
  const changes = record.values.map(({ name, before, after }) => ({ name, before: after, after: before }));
  const file = record.file === null ? null : fileBack(record.file);
  if (options.dryRun !== true) {
    // First, so that what cannot be written down is not done.
    saveState(
      options,
      records.filter((one) => one !== record),
    );
    try {
      apply(changes, 'sudo holdfast tcp undo');
      if (file !== null) await writeFile(file, options, 'tcp undo');
    } catch (error) {
      for (const { name, before } of changes) writeSysctl(name, before);
      saveState(options, records);
      throw error;
    }
  }
  return await resultOf({ changes, file, conflicts: [] }, options);
}

async function resultOf(
  done: Pick<SetTcpResult, 'changes' | 'file' | 'conflicts'>,
  options: SetTcpOptions,
): Promise<SetTcpResult> {
  return {
    ...done,
    idleDetectionMs: detectionWith(done.changes),
    armed: await armedBeyond(options),
    isOfInit: networkNamespace()?.isOfInit ?? null,
    dryRun: options.dryRun === true,
  };
}

function fileBack({ path, before, after }: NonNullable<SetRecord['file']>) {
  const { bytes, stamp } = readStamped(bytesOf(path));
  const now = stamp.type === 'missing' ? null : textOf(bytes);
  if (now === after) return { path, before: now, after: before };
  throw usageFailure(`${path} is not what holdfast wrote any more; nothing was undone, look at it`);
}

function needsLinux(options: SetTcpOptions): void {
  const { system = systemHere() } = options;
  if (system === 'linux') return;
  const command = commandElsewhere(system, options);
  const there = command === null ? 'holdfast tcp show --systems says what is' : `there it is\n  ${command}`;
  throw usageFailure(
    `setting the kernel's keepalive values: not available on ${systemName(system)}; ${there}`,
  );
}

/** All or none. `command` is what root would type. */
function apply(changes: readonly TcpChange[], command: string): void {
  const done: TcpChange[] = [];
  for (const change of changes) {
    const refusal = writeSysctl(change.name, change.after);
    const now = refusal === null ? readSysctl(change.name) : null;
    if (refusal === null && now === change.after) {
      done.push(change);
      continue;
    }
    for (const { name, before } of done) writeSysctl(name, before);
    const why = {
      denied: `only root may set it; nothing was changed. This does it:\n  ${command}`,
      readonly: `/proc/sys is read-only here, as in a container; nothing was changed. Set it where the container is started:\n  docker run ${changes.map(({ name, after }) => `--sysctl net.ipv4.${name}=${after.trim()}`).join(' ')}`,
      invalid: `the kernel refuses ${change.after.trim()}; nothing was changed`,
      absent: 'this kernel does not have it; nothing was changed',
      'other value': `the kernel made ${now?.trim()} of ${change.after.trim()}; it is ${change.before.trim()} again`,
    }[refusal ?? 'other value'];
    if (refusal === null) writeSysctl(change.name, change.before);
    throw usageFailure(`net.ipv4.${change.name}: ${why}`);
  }
}

function words({ idleS, intervalS, probes }: SetTcpOptions): string {
  const pairs = [
    ['--time', idleS],
    ['--interval', intervalS],
    ['--probes', probes],
  ] as const;
  const given = pairs.flatMap(([name, value]) => (value === undefined ? [] : [`${name} ${value}`]));
  return [...given, '--persist'].join(' ');
}

/** Returns what takes the record away again. */
function remember(
  options: SetTcpOptions,
  changes: readonly TcpChange[],
  file: { readonly path: string; readonly before: string | null; readonly after: string } | null,
): () => void {
  const here = networkNamespace();
  const record: SetRecord = {
    boot: here?.boot ?? '',
    namespace: here?.id ?? '',
    values: changes,
    file,
  };
  const old = recordsIn(options);
  saveState(options, [...old, record]);
  return () => saveState(options, old);
}

function recordsIn(options: UndoTcpOptions): SetRecord[] {
  const folder = options.stateFolder ?? stateFolder;
  const read = readState(folder, stateFile);
  if (read !== 'denied') return parseRecords(read.text);
  throw usageFailure(
    `only root may look into ${folder}; nothing was changed. This does it:\n  sudo holdfast tcp undo`,
  );
}

function saveState(options: UndoTcpOptions, records: readonly SetRecord[]): void {
  const folder = options.stateFolder ?? stateFolder;
  try {
    writeState(folder, stateFile, printRecords(records));
  } catch (error) {
    if (!(error instanceof FailureError)) throw error;
    const why = `what was before cannot be kept in ${folder}, as ${error.message}; nothing was changed`;
    throw new FailureError(failure('config', why, error));
  }
}

async function writeFile(
  { path, after }: { readonly path: string; readonly after: string | null },
  options: UndoTcpOptions,
  command: string,
): Promise<void> {
  const { stamp } = readStamped(bytesOf(path));
  await replaceFiles(
    [{ stamp, bytes: after === null ? null : bytesOf(after) }],
    { command },
    {
      stateFolder: options.stateFolder ?? stateFolder,
      process: ownProcess,
      pause,
    },
  );
  // A new file is readable by its owner alone; every user must be able to see where a value comes from.
  if (after !== null) mayAllRead(path);
}

function detectionWith(changes: readonly TcpChange[]): number | null {
  const times = kernelTimes();
  if (times === null) return null;
  const value = (name: string, now: number): number =>
    Number(changes.find((change) => change.name === name)?.after ?? now);
  return idleDetectionMs({
    idleMs: value('tcp_keepalive_time', times.idleMs / 1_000) * 1_000,
    intervalMs: value('tcp_keepalive_intvl', times.intervalMs / 1_000) * 1_000,
    probes: value('tcp_keepalive_probes', times.probes),
  });
}

/** An armed timer is not set anew: it rings when it was going to, and only then the new values count. */
async function armedBeyond(options: SetTcpOptions): Promise<readonly ListedConnection[]> {
  const idleMs = options.idleS === undefined ? 0 : options.idleS * 1_000;
  const { connections } = await tcpConnections({ info: false });
  return connections.filter(
    ({ timer, state, timerLeftMs }) =>
      timer === 'keepalive' && state === 'established' && timerLeftMs > idleMs,
  );
}
