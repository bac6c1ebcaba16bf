import { type RelayWay, relayIn } from '../core/doctor/relaycommand.js';
import { FailureError } from '../core/failure.js';
import type { Arithmetic } from '../core/keepalive/arithmetic.js';
import { idleDetectionMs, inFlightDetectionMs, retransmissionModel } from '../core/keepalive/detection.js';
import { type KernelTimes, shippedTimes } from '../core/keepalive/outlook.js';
import { parseDestination } from '../core/request/destination.js';
import { textOf } from '../core/sshconfig/bytes.js';
import { printedLine } from '../core/sshconfig/explain/print.js';
import { RefusedError, refusalStory } from '../core/sshconfig/explain/refused.js';
import { keepaliveOf } from '../core/sshconfig/explain/why.js';
import { systemHere } from '../io/kernel/system.js';
import { userEnvironment } from '../io/machine.js';
import { resolveToConnect } from '../read/clientconfig.js';
import { kernelTimes } from './tcptimes.js';

/** What an ssh connection to a host would have against silence, by ssh's configuration and this kernel. */
export interface HostTimes {
  readonly host: string;
  /** Where ssh connects to. */
  readonly hostName: string;
  /** By its configuration; the socket of a relay has keepalive whatever this says. */
  readonly tcpKeepAlive: boolean;
  /** ServerAliveInterval and ServerAliveCountMax. */
  readonly heartbeat: Arithmetic;
  /** TCP keepalive ends at the first of these. */
  readonly through: string | null;
  /** Its ProxyCommand is `holdfast relay`, the straight way; null: it is not. */
  readonly relay: RelayWay | null;
  /** As Node names it: `linux`. */
  readonly system: string;
  /** As shipped by Linux on other systems. */
  readonly times: KernelTimes;
  /** By TCP keepalive alone, nothing in flight; null: never. */
  readonly idleMs: number | null;
  /** Data in flight, and so each unanswered heartbeat too. */
  readonly inFlightMs: number;
}

/**
 * Reads ssh's configuration for a host; makes no connection and runs no command. Rejects with a FailureError of kind `usage`
 * or `config`. `configFile`: as -F.
 */
export async function tcpHostTimes(
  host: string,
  { configFile }: { readonly configFile?: string } = {},
): Promise<HostTimes> {
  const destined = parseDestination(host);
  if (!destined.ok) throw new FailureError(destined.failure);
  const resolved = await resolveToConnect(
    { ...destined.destination, configFile: configFile ?? null },
    userEnvironment(),
  );
  if (resolved.type === 'refused') throw new RefusedError(resolved.errors.map(refusalStory));
  const { answer } = resolved;
  const value = (key: string) => printedLine(answer, key);
  const times = kernelTimes() ?? shippedTimes;
  const tcpKeepAlive = value('tcpkeepalive') !== 'no';
  const jump = value('proxyjump');
  const command = value('proxycommand');
  const relay = jump === null && command !== null ? relayIn(command) : null;
  const { userTimeoutMs = 0 } = relay ?? {};
  return {
    host: textOf(answer.host),
    hostName: textOf(answer.hostName),
    tcpKeepAlive,
    heartbeat: keepaliveOf(answer, times),
    through:
      jump !== null
        ? `ProxyJump ${jump}`
        : command !== null && relay === null
          ? `ProxyCommand ${command}`
          : null,
    relay,
    system: systemHere(),
    times,
    idleMs: relay?.idleMs ?? (tcpKeepAlive || relay !== null ? idleDetectionMs(times) : null),
    inFlightMs:
      userTimeoutMs > 0 ? inFlightDetectionMs(times, { userTimeoutMs }) : retransmissionModel(times).ms,
  };
}
