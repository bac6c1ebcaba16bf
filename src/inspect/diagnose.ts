import { flawsOf } from '../core/doctor/banner.js';
import type {
  ConfigFacts,
  DoctorFacts,
  HeartbeatFacts,
  HostFacts,
  KernelFacts,
  PathFacts,
  Sourced,
} from '../core/doctor/facts.js';
import { type DoctorJudgement, judge } from '../core/doctor/findings.js';
import { likelyMiddleboxes, type Triage, triage } from '../core/doctor/triage.js';
import { asFailure, FailureError } from '../core/failure.js';
import { shippedTimes } from '../core/keepalive/outlook.js';
import type { Origin } from '../core/keepalive/sysctl.js';
import { systemName, systems } from '../core/keepalive/systems.js';
import { parseDestination } from '../core/request/destination.js';
import { textOf } from '../core/sshconfig/bytes.js';
import { printedLine } from '../core/sshconfig/explain/print.js';
import { refusalSentences, refusalStory } from '../core/sshconfig/explain/refused.js';
import { undecidedFor } from '../core/sshconfig/explain/undecided.js';
import { spotText } from '../core/sshconfig/explain/where.js';
import { Explainer, keepaliveOf } from '../core/sshconfig/explain/why.js';
import type { ResolvedConfig } from '../core/sshconfig/resolve/resolvedconfig.js';
import { unnamedHost } from '../core/sshconfig/resolve/resolveinput.js';
import { interfaceAddresses } from '../io/interfaces.js';
import { systemHere } from '../io/kernel/system.js';
import { machine, userEnvironment } from '../io/machine.js';
import { type HostQuery, type Resolved, resolveHost } from '../read/clientconfig.js';
import { type LintFinding, lint } from '../read/clientlint.js';
import { tcpConnections } from './connectionlist.js';
import { ownServer } from './doctorserver.js';
import { lintFact, sourceOf } from './lintfact.js';
import { isHere, lookAt } from './lookpath.js';
import { kernelTimes, tcpTimes } from './tcptimes.js';

/** What is examined, and what is left out. */
export interface DoctorOptions {
  /** Instead of the user's and the system's files, as -F; `none` reads none. */
  readonly configFile?: string;
  /** The sshd_config of this machine. @default '/etc/ssh/sshd_config' */
  readonly sshdConfigFile?: string;
  /** No name is looked up, and no connection is made. @default false */
  readonly offline?: boolean;
  /** Instead of this system, as Node names it: what would be said there. */
  readonly system?: string;
}

/** One page on what keeps connections alive here, what is wrong with it, and what to type. */
export interface DoctorReport extends DoctorFacts, DoctorJudgement {
  /** What the connection to the host, or to the first server on the way, came to; null: without a host. */
  readonly triage: Triage | null;
  /** Middleboxes that likely stand on the way, the shortest time first; none: unknown. */
  readonly likelyMiddleboxes: readonly { readonly middlebox: string; readonly idleMs: number }[];
}

/**
 * Looks at the kernel, ssh's configuration, the server as far as it can be seen, and the way to it, and says what should
 * change. Makes no login, runs no command of a configuration, and changes nothing. With a host, unless `offline`: looks its
 * name up, connects to it once over TCP, and asks `ping`, or else `tracepath` and `traceroute`, how far it is; that takes
 * a few seconds at most. Rejects with a FailureError of kind `usage` or `config` where the host or `configFile` makes no
 * sense.
 */
export async function doctor(host: string | null = null, options: DoctorOptions = {}): Promise<DoctorReport> {
  const system = options.system ?? systemHere();
  const destined = host === null ? null : parseDestination(host);
  if (destined?.ok === false) throw new FailureError(destined.failure);
  const query: HostQuery = {
    ...(destined === null ? { host: unnamedHost } : destined.destination),
    configFile: options.configFile ?? null,
    release: 'installed',
  };
  const here = userEnvironment();
  const resolved = await resolveHost(query, here);
  const config = await configFacts(resolved, options);
  const named = destined === null ? null : hostFacts(query, resolved);
  const path =
    named === null || resolved.type === 'refused'
      ? null
      : await lookAt(
          { ...query, named, answer: resolved.answer },
          { system, offline: options.offline ?? false },
        );
  const banner = path !== null && path.through.length === 0 ? path.banner : null;
  const facts: DoctorFacts = {
    system,
    isRoot: machine().uid === 0,
    host: named,
    kernel: await kernelFacts(system, named !== null),
    config,
    server: {
      banner,
      flaws: flawsOf(banner?.release ?? null),
      own: isOwn(named, path, options)
        ? await ownServer(options.sshdConfigFile ?? null, {
            port: named?.port ?? null,
            release: banner?.release ?? null,
          })
        : null,
    },
    path,
  };
  return {
    ...facts,
    ...judge(facts),
    triage: facts.path === null ? null : triage(facts.path),
    likelyMiddleboxes: likelyMiddleboxes(facts.path),
  };
}

/** Is the server this machine, or is it about this machine alone? */
function isOwn(named: HostFacts | null, path: PathFacts | null, { sshdConfigFile }: DoctorOptions): boolean {
  if (named === null || sshdConfigFile !== undefined) return true;
  return path !== null && path.through.length === 0 && isHere(path, interfaceAddresses());
}

function hostFacts(query: HostQuery, resolved: Resolved): HostFacts {
  if (resolved.type === 'refused') return { name: query.host, hostName: query.host, port: query.port ?? 22 };
  const { answer } = resolved;
  return {
    name: textOf(answer.host),
    hostName: textOf(answer.hostName),
    port: Number(printedLine(answer, 'port') ?? 22),
  };
}

async function kernelFacts(system: string, hasHost: boolean): Promise<KernelFacts> {
  const shipped = systems.find(({ name }) => name === systemName(system)) ?? shippedTimes;
  const { idleMs, intervalMs, probes } = shipped;
  const keepalive = { idleMs, intervalMs, probes };
  if (system !== 'linux')
    return { release: '', times: null, shipped: keepalive, changed: [], connections: null };
  const { kernel: release, values } = tcpTimes({ system });
  return {
    release,
    times: kernelTimes(),
    shipped: keepalive,
    changed: values.flatMap(({ name, value, unit, origin }) =>
      value === null || origin === null || origin.from === 'default'
        ? []
        : [{ name, value: `${value} ${unit}`.trim(), from: originText(origin) }],
    ),
    connections: hasHost ? null : await liveConnections(),
  };
}

function originText(origin: Exclude<Origin, { from: 'default' }>): string {
  return origin.from === 'file' ? `${origin.file}:${origin.line}` : 'set since the start';
}

async function liveConnections(): Promise<KernelFacts['connections']> {
  try {
    const { connections } = await tcpConnections({ info: false });
    return {
      all: connections.length,
      never: connections.filter(({ outlook }) => outlook.kind === 'never').length,
    };
  } catch (error) {
    // Where /proc/net/tcp is hidden, as in some sandboxes.
    if (error instanceof FailureError) return null;
    throw error;
  }
}

async function configFacts(resolved: Resolved, { configFile }: DoctorOptions): Promise<ConfigFacts> {
  const file = configFile ?? null;
  let findings: readonly LintFinding[];
  try {
    findings = await lint(file === null ? {} : { configFile: file });
  } catch (error) {
    // A file that was named and cannot be read is a wrong word; one's own is something to mend.
    if (!(error instanceof FailureError) || error.kind !== 'config' || file !== null) throw error;
    return { file, lint: [], state: { type: 'unreadable', reason: asFailure(error).message } };
  }
  const facts = findings.map(lintFact);
  if (resolved.type === 'refused') {
    const reasons = refusalSentences(resolved.errors.map(refusalStory));
    return { file, lint: facts, state: { type: 'refused', reasons } };
  }
  const { answer } = resolved;
  const count = (...keys: readonly string[]) =>
    keys.reduce((sum, key) => sum + (answer.options.get(key)?.lines.length ?? 0), 0);
  return {
    file,
    lint: facts,
    state: {
      type: 'read',
      heartbeat: heartbeatOf(answer),
      forwards: count('localforward', 'remoteforward', 'dynamicforward'),
      remoteForwards: count('remoteforward'),
      undecided: undecidedFor(answer, ['serveraliveinterval', 'serveralivecountmax', 'tcpkeepalive']).map(
        (block) => `${block.header} (${spotText(block)})`,
      ),
    },
  };
}

function heartbeatOf(answer: ResolvedConfig): HeartbeatFacts {
  const explainer = new Explainer(answer);
  const read = <T>(name: string, make: (text: string) => T): Sourced<T> => {
    const story = explainer.story(name);
    return { value: make(story?.values[0] ?? ''), from: sourceOf(story) };
  };
  return {
    interval: read('ServerAliveInterval', Number),
    countMax: read('ServerAliveCountMax', Number),
    tcpKeepAlive: read('TCPKeepAlive', (text) => text !== 'no'),
    sum: keepaliveOf(answer),
  };
}
