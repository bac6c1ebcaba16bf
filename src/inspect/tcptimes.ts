import {
  connectDetectionMs,
  idleDetectionMs,
  type RetransmissionModel,
  retransmissionModel,
} from '../core/keepalive/detection.js';
import type { KernelTimes } from '../core/keepalive/outlook.js';
import { type Origin, originOf, parseSysctlFile, type Sysctl, sysctls } from '../core/keepalive/sysctl.js';
import { kernelRelease, networkNamespace, readBootFiles, readSysctl } from '../io/kernel/sysctls.js';
import { systemHere } from '../io/kernel/system.js';

export { runtimes, systemName, systems } from '../core/keepalive/systems.js';

/** One of the kernel's TCP times, as it is now. */
export interface TcpValue {
  /** Under net.ipv4; IPv6 uses the same. */
  readonly name: string;
  readonly unit: 's' | 'ms' | '';
  readonly says: string;
  /** As Linux ships it. */
  readonly shipped: number;
  /** null: this kernel has no such value. */
  readonly value: number | null;
  /** The first kernel that has it, where that is not all. */
  readonly since: string | null;
  readonly origin: Origin | null;
}

/** What the kernel's TCP times are, where they come from, and what they come to. */
export interface TcpTimes {
  /** As Node names it: `linux`, `darwin`. */
  readonly system: string;
  /** False elsewhere than on Linux: then the lists are empty and the times null. */
  readonly available: boolean;
  /** `6.18.44` */
  readonly kernel: string;
  /** Each has its own values. `isOfInit`: is it the first one? null: that cannot be seen. */
  readonly namespace: { readonly id: string; readonly isOfInit: boolean | null } | null;
  readonly values: readonly TcpValue[];
  readonly detection: TcpDetection | null;
}

/** The worst cases, in ms. */
export interface TcpDetection {
  readonly idleMs: number;
  readonly inFlightMs: number;
  readonly connectMs: number;
  /** The parts of `inFlightMs`. */
  readonly model: RetransmissionModel;
  readonly times: KernelTimes;
}

/** Where the values are looked for. */
export interface TcpTimesOptions {
  /** Instead of /etc/sysctl.d. */
  readonly sysctlFolder?: string;
  /** Instead of this system, as Node names it: what would be said there. */
  readonly system?: string;
}

/** Reads the kernel's TCP times in the network namespace of this process. Needs no root, changes nothing. */
export function tcpTimes(options: TcpTimesOptions = {}): TcpTimes {
  const system = options.system ?? systemHere();
  if (system !== 'linux') {
    return { system, available: false, kernel: '', namespace: null, values: [], detection: null };
  }
  const namespace = networkNamespace();
  const atBoot = namespace?.hasFiles !== false;
  const lines = readBootFiles(options.sysctlFolder).flatMap(parseSysctlFile);
  const values = sysctls.map((sysctl): TcpValue => {
    const text = readSysctl(sysctl.name)?.trim() ?? null;
    return {
      ...described(sysctl),
      value: text === null ? null : Number(text),
      origin: text === null ? null : originOf(sysctl, text, lines, atBoot),
    };
  });
  const times = kernelTimes();
  return {
    system,
    available: true,
    kernel: kernelRelease(),
    namespace: namespace === null ? null : { id: namespace.id, isOfInit: namespace.isOfInit },
    values,
    detection: times === null ? null : detectionOf(times),
  };
}

function described({ name, unit, says, shipped, since }: Sysctl) {
  return { name, unit, says, shipped, since: since ?? null };
}

function detectionOf(times: KernelTimes): TcpDetection {
  const model = retransmissionModel(times);
  return {
    idleMs: idleDetectionMs(times),
    inFlightMs: model.ms,
    connectMs: connectDetectionMs(times),
    model,
    times,
  };
}

/** What is in force here; null where the kernel does not say. */
export function kernelTimes(): KernelTimes | null {
  const number = (name: string): number | null => {
    const text = readSysctl(name);
    return text === null ? null : Number(text);
  };
  const idle = number('tcp_keepalive_time');
  const interval = number('tcp_keepalive_intvl');
  const probes = number('tcp_keepalive_probes');
  const retries2 = number('tcp_retries2');
  if (idle === null || interval === null || probes === null || retries2 === null) return null;
  return {
    idleMs: idle * 1_000,
    intervalMs: interval * 1_000,
    probes,
    retries2,
    rtoMaxMs: number('tcp_rto_max_ms') ?? 120_000,
    synRetries: number('tcp_syn_retries') ?? 6,
    synLinear: number('tcp_syn_linear_timeouts') ?? 0,
    orphanRetries: number('tcp_orphan_retries') ?? 0,
  };
}
