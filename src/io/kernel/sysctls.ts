/** The kernel's settings in /proc/sys, and the files that set them at boot. */

import { accessSync, constants, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Retransmission } from '../../core/keepalive/detection.js';
import { filesAtBoot, type SysctlFile } from '../../core/keepalive/sysctl.js';
import { codeOf } from '../../core/text/reason.js';
import { linkIfThere, namesIfThere, readIfThere } from '../base/ifthere.js';

const folder = '/proc/sys/net/ipv4';

/** The text of a sysctl of net.ipv4, its line end included; null where this kernel has none, or there is no /proc. */
export function readSysctl(name: string): string | null {
  return readIfThere(path.join(folder, name));
}

/** How long data may be in flight here; undefined: the kernel does not say, as everywhere but on Linux. */
export function retransmissionHere(): Retransmission | undefined {
  const retries2 = readSysctl('tcp_retries2');
  if (retries2 === null) return undefined;
  return { retries2: Number(retries2), rtoMaxMs: Number(readSysctl('tcp_rto_max_ms') ?? 120_000) };
}

/** May this process write it, by the rights of its file? */
export function mayWriteSysctl(name: string): boolean {
  try {
    accessSync(path.join(folder, name), constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

/** `denied`: only root may; `readonly`: /proc/sys is mounted so, as in a container; `invalid`: out of the kernel's range. */
export type SysctlRefusal = 'denied' | 'readonly' | 'invalid' | 'absent';

const refusals: Readonly<Record<string, SysctlRefusal>> = {
  EACCES: 'denied',
  EPERM: 'denied',
  EROFS: 'readonly',
  EINVAL: 'invalid',
  ENOENT: 'absent',
};

/** Writes one sysctl of net.ipv4, in the network namespace of this process. null: written. Throws what has no name here. */
export function writeSysctl(name: string, text: string): SysctlRefusal | null {
  try {
    writeFileSync(path.join(folder, name), text, { flag: 'r+' });
    return null;
  } catch (error) {
    const code = codeOf(error);
    const refusal = refusals[code];
    if (refusal === undefined) throw error;
    return refusal;
  }
}

/** The folders of sysctl.d(5), the most important first. */
export const sysctlFolders = [
  '/etc/sysctl.d',
  '/run/sysctl.d',
  '/usr/local/lib/sysctl.d',
  '/usr/lib/sysctl.d',
  '/lib/sysctl.d',
] as const;

/**
 * The files that count at boot, in the order in which they are applied. What cannot be read is as if it were not there.
 * @param local instead of /etc/sysctl.d, for tests
 */
export function readBootFiles(local: string = sysctlFolders[0]): readonly SysctlFile[] {
  const folders = [local, ...sysctlFolders.slice(1)].map((name) =>
    (namesIfThere(name) ?? []).flatMap((file) => sysctlFile(path.join(name, file)) ?? []),
  );
  const files = filesAtBoot(folders);
  // systemd reads it through a link in sysctl.d alone; `sysctl --system` always does, at the end.
  const last = sysctlFile('/etc/sysctl.conf');
  const linked = files.some(
    ({ path: file, text }) => path.basename(linkIfThere(file) ?? '') === 'sysctl.conf' && text === last?.text,
  );
  return last === null || linked ? files : [...files, last];
}

function sysctlFile(file: string): SysctlFile | null {
  const text = readIfThere(file, 'utf8');
  return text === null ? null : { path: file, text };
}

export interface NetworkNamespace {
  /** `net:[4026531833]` */
  readonly id: string;
  /** Is it the first one? null: that cannot be seen. */
  readonly isOfInit: boolean | null;
  /** May the files of sysctl.d apply to it: is it the first one, or is a process 1 of its own in it, as in a container? */
  readonly hasFiles: boolean;
  /** Other for each start of the machine. */
  readonly boot: string;
}

/** null where the system has none. */
export function networkNamespace(): NetworkNamespace | null {
  const id = linkIfThere('/proc/self/ns/net');
  if (id === null) return null;
  const boot = readIfThere('/proc/sys/kernel/random/boot_id')?.trim() ?? '';
  const isOfInit = isFirst(id);
  return { id, isOfInit, hasFiles: isOfInit !== false || linkIfThere('/proc/1/ns/net') === id, boot };
}

/**
 * NET_NS_INIT_INO of include/uapi/linux/nsfs.h, since 6.18; before, the number was given out at the start, and process 1 has
 * it: but not that of a container, which is in a namespace of processes other than the first (PID_NS_INIT_INO).
 */
function isFirst(id: string): boolean | null {
  const [major = 0, minor = 0] = kernelRelease().split('.').map(Number);
  if (major > 6 || (major === 6 && minor >= 18)) return id === 'net:[4026531833]';
  if (linkIfThere('/proc/self/ns/pid') !== 'pid:[4026531836]') return null;
  const first = linkIfThere('/proc/1/ns/net');
  return first === null ? null : first === id;
}

/** The running kernel: `6.18.44-amd64`; empty where there is no /proc. */
export function kernelRelease(): string {
  return readIfThere('/proc/sys/kernel/osrelease')?.trim() ?? '';
}
