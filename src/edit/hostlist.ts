import { FailureError } from '../core/failure.js';
import { bytesOf, textOf } from '../core/sshconfig/bytes.js';
import { hostsOf, type NamedHost } from '../core/sshconfig/explain/hosts.js';
import { RefusedError } from '../core/sshconfig/explain/refused.js';
import { undecidedFor } from '../core/sshconfig/explain/undecided.js';
import { rulesOf } from '../core/sshconfig/keywords/releases.js';
import { NarrowFiles } from '../core/sshconfig/resolve/narrow.js';
import type { ResolvedConfig } from '../core/sshconfig/resolve/resolvedconfig.js';
import { unnamedHost } from '../core/sshconfig/resolve/resolveinput.js';
import { lowerCase, matchPattern } from '../core/text/pattern.js';
import { answerFor, type ConfigOptions, configHostOf, Supplies } from './confighost.js';

/** Which hosts are listed. */
export interface ListOptions extends ConfigOptions {
  /** Only names that this pattern of ssh matches, in any case: `db*`. Default: all. */
  readonly pattern?: string;
}

/** A host that one can connect to by name, and what is effective for it. */
export interface ListedHost {
  readonly name: string;
  /** Every header that names it. */
  readonly from: NamedHost['from'];
  /** Null: ssh refuses the configuration for this host; `refused` says why. */
  readonly settings: ListedSettings | null;
  readonly refused: string | null;
  /** Some of `settings` hangs on a command that may not run. */
  readonly undecided: boolean;
}

/** What matters of a host at a glance. */
export interface ListedSettings {
  readonly hostName: string;
  readonly user: string;
  readonly port: number;
  readonly proxyJump: string | null;
  /** In ssh's words: `LocalForward 8080 [db]:80`. */
  readonly forwards: readonly string[];
  readonly intervalMs: number;
  readonly countMax: number;
}

/** The hosts that a configuration names. */
export interface HostList {
  /** In the order of reading. */
  readonly hosts: readonly ListedHost[];
  /** Wildcards and negations: they are no hosts, they apply to some. */
  readonly patterns: readonly NamedHost[];
}

/**
 * The hosts that the configuration names, across Includes, each with what is effective for it. Rejects with a RefusedError
 * where ssh refuses the files for any host, or a FailureError of kind `usage`.
 */
export async function listHosts(options: ListOptions = {}): Promise<HostList> {
  const supplies = new Supplies();
  const { release, named } = await names(options, supplies);
  // The query without a host runs no commands; that of a host may.
  supplies.commands.clear();
  const narrow = new NarrowFiles(supplies.files, rulesOf(release));
  const hosts: ListedHost[] = [];
  for (const host of named) {
    if (host.kind === 'concrete') hosts.push(await listed(host, options, supplies, narrow));
  }
  return { hosts, patterns: named.filter(({ kind }) => kind !== 'concrete') };
}

/** The names alone. */
export async function namedHosts(
  options: ListOptions,
  supplies = new Supplies(),
): Promise<readonly NamedHost[]> {
  return (await names(options, supplies)).named;
}

async function names(options: ListOptions, supplies: Supplies) {
  const { sections, release } = await answerFor(unnamedHost, { ...options, exec: false }, supplies);
  const pattern = lowerCase(options.pattern ?? '*');
  const named = hostsOf(sections, rulesOf(release));
  return { release, named: named.filter(({ name }) => matchPattern(lowerCase(name), pattern)) };
}

async function listed(
  { name, from }: NamedHost,
  options: ListOptions,
  supplies: Supplies,
  narrow: NarrowFiles,
): Promise<ListedHost> {
  try {
    const answer = await narrowAnswer(name, options, supplies, narrow);
    const undecided = undecidedFor(answer, listedKeys).length > 0;
    return { name, from, settings: settingsOf(answer), refused: null, undecided };
  } catch (thrown) {
    if (!(thrown instanceof FailureError)) throw thrown;
    return { name, from, settings: null, refused: thrown.message, undecided: false };
  }
}

/** The same values from less text; where ssh refuses, all of it is read, for the line. */
async function narrowAnswer(
  name: string,
  options: ListOptions,
  supplies: Supplies,
  narrow: NarrowFiles,
): Promise<ResolvedConfig> {
  const { host } = configHostOf(name, options);
  const typed = bytesOf(host);
  const first = await quietly(answerFor(name, options, supplies.withFiles(narrow.for([typed]))));
  if (first === null) return answerFor(name, options, supplies);
  if (!first.secondPass || first.hostName === typed) return first;
  const hosts = narrow.for([typed, first.hostName]);
  const second = await quietly(answerFor(name, options, supplies.withFiles(hosts)));
  return second ?? answerFor(name, options, supplies);
}

async function quietly(answer: Promise<ResolvedConfig>): Promise<ResolvedConfig | null> {
  try {
    return await answer;
  } catch (thrown) {
    if (thrown instanceof RefusedError) return null;
    throw thrown;
  }
}

const forwards = ['localforward', 'remoteforward', 'dynamicforward'];
const listedKeys = [
  ...forwards,
  ...['hostname', 'user', 'port', 'proxyjump', 'serveraliveinterval', 'serveralivecountmax'],
];

function settingsOf(answer: ResolvedConfig): ListedSettings {
  const all = (key: string): readonly string[] => (answer.options.get(key)?.lines ?? []).map(textOf);
  const one = (key: string): string | null => all(key)[0] ?? null;
  return {
    hostName: textOf(answer.hostName),
    user: one('user') ?? '',
    port: Number(one('port') ?? 22),
    proxyJump: one('proxyjump'),
    forwards: forwards.flatMap((key) =>
      all(key).map((line) => `${answer.options.get(key)?.keyword.name ?? key} ${line}`),
    ),
    intervalMs: Number(one('serveraliveinterval') ?? 0) * 1_000,
    countMax: Number(one('serveralivecountmax') ?? 3),
  };
}
