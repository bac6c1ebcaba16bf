import type { OwnServer } from '../core/doctor/facts.js';
import { asFailure, FailureError } from '../core/failure.js';
import { clientAlive, strideOf } from '../core/keepalive/serverkeepalive.js';
import { bytesOf, textOf } from '../core/sshconfig/bytes.js';
import { refusalSentences, refusalStory } from '../core/sshconfig/explain/refused.js';
import type { ResolvedServerConfig } from '../core/sshconfig/sshd/resolvedserver.js';
import { ServerExplainer } from '../core/sshconfig/sshd/serverwhy.js';
import { pathExists } from '../io/configfiles.js';
import { readSockets } from '../io/kernel/connections.js';
import { userEnvironment } from '../io/machine.js';
import { installedRelease } from '../io/openssh.js';
import { resolveServerConfig } from '../read/serverconfig.js';
import { type SshdLintFinding, sshdLint } from '../read/serverlint.js';
import { lintFact, sourceOf } from './lintfact.js';

const usualFile = '/etc/ssh/sshd_config';

/**
 * What this machine's own sshd does about silent clients, by its files; needs no root where they may be read. null: the
 * host's port is none of its own, so that another server answers there.
 * @param named the file, where the caller names one
 */
export async function ownServer(
  named: string | null,
  target: { readonly port: number | null; readonly release: string | null },
): Promise<OwnServer | null> {
  const file = named ?? usualFile;
  const about = { file, named: named !== null };
  const isMissing = !(await pathExists(bytesOf(file)));
  // What answers at a host's port without one is another server: in a container, behind a forward.
  if (isMissing && named === null && target.port !== null) return null;
  if (isMissing) return { ...about, listens: null, state: { type: 'missing' } };
  const { env } = userEnvironment();
  const release = target.release ?? (await installedRelease(env))?.named ?? null;
  let lint: readonly SshdLintFinding[];
  try {
    lint = await sshdLint({ configFile: file, ...(release === null ? {} : { target: release }) });
  } catch (error) {
    if (!(error instanceof FailureError) || error.kind !== 'config') throw error;
    return { ...about, listens: null, state: { type: 'unreadable', reason: asFailure(error).message } };
  }
  const resolved = await resolveServerConfig({ configFile: file, lport: target.port ?? 22 });
  if (resolved.type === 'refused') {
    const reasons = refusalSentences(resolved.errors.map(refusalStory));
    return { ...about, listens: null, state: { type: 'refused', reasons } };
  }
  const { answer } = resolved;
  const ports = linesOf(answer, 'port').map(Number);
  if (named === null && target.port !== null && !ports.includes(target.port)) return null;
  const explainer = new ServerExplainer(answer);
  const value = (name: string) => {
    const story = explainer.story(name);
    return { value: Number(story?.values[0] ?? 0), from: sourceOf(story) };
  };
  const interval = value('ClientAliveInterval');
  const countMax = value('ClientAliveCountMax');
  return {
    ...about,
    listens: listensAt(ports),
    state: {
      type: 'read',
      clientAlive: clientAlive(interval.value * 1_000, countMax.value, strideOf(release)),
      interval,
      countMax,
      tcpKeepAlive: explainer.story('TCPKeepAlive')?.values[0] !== 'no',
      limits: limitsOf(answer),
      lint: lint.map(lintFact),
    },
  };
}

function linesOf(answer: ResolvedServerConfig, key: string): readonly string[] {
  return (answer.options.get(key)?.lines ?? []).map(textOf);
}

function listensAt(ports: readonly number[]): boolean | null {
  const rows = readSockets();
  if (rows === null) return null;
  return rows.some(({ state, localPort }) => state === 'listen' && ports.includes(localPort));
}

/** Options that end or forbid tunnels, with the value that lets them be. */
const limiting: readonly (readonly [name: string, harmless: string])[] = [
  ['ChannelTimeout', 'none'],
  ['UnusedConnectionTimeout', 'none'],
  ['AllowTcpForwarding', 'yes'],
  ['DisableForwarding', 'no'],
];

function limitsOf(answer: ResolvedServerConfig): string[] {
  return limiting.flatMap(([name, harmless]) =>
    linesOf(answer, name.toLowerCase())
      .filter((line) => line !== harmless)
      .map((line) => `${name} ${line}`),
  );
}
