import { FailureError, usageFailure } from '../core/failure.js';
import { parseDestination } from '../core/request/destination.js';
import { optionFault } from '../core/request/hostoptions.js';
import type { OptionValue } from '../core/request/tunneloptions.js';
import { RefusedError, refusalStory } from '../core/sshconfig/explain/refused.js';
import { keywordOf } from '../core/sshconfig/keywords/keywords.js';
import { judgedReleases, knownReleases } from '../core/sshconfig/keywords/releases.js';
import type { ResolvedConfig } from '../core/sshconfig/resolve/resolvedconfig.js';
import { userEnvironment } from '../io/machine.js';
import { FactCache, type HostQuery, resolveHost } from '../read/clientconfig.js';

// For the command, which loads only the part of this verb that it runs.
export { exitCode, FailureError } from '../core/failure.js';
export { RefusedError, refusalSentences } from '../core/sshconfig/explain/refused.js';

/** How the configuration is read. */
export interface ConfigOptions {
  /** The file to read instead of the user's and the system's (`-F`); 'none' reads none. Default: those that ssh reads. */
  readonly configFile?: string;
  /**
   * Options in ssh's own words, which win over the files: `{ Port: 2222 }`, or a list in which each is what follows `-o`,
   * in order.
   */
  readonly options?: Readonly<Record<string, OptionValue>> | readonly string[];
  /** The release of OpenSSH that answers, as `9.2`. Default: that of the installed ssh, else the newest known. */
  readonly target?: string;
  /** May the commands of `Match exec` run? Default false: what hangs on one of them is then `undecided`. */
  readonly exec?: boolean;
}

export interface ConfigHost {
  readonly host: string;
  readonly user: string | null;
  readonly port: number | null;
  readonly options: readonly string[];
}

/** Throws a FailureError of kind `usage` for a host or an option that makes no sense. */
export function configHostOf(host: string, options: ConfigOptions): ConfigHost {
  const destined = parseDestination(host);
  if (!destined.ok) throw new FailureError(destined.failure);
  return { ...destined.destination, options: optionWords(options.options ?? {}) };
}

function optionWords(options: NonNullable<ConfigOptions['options']>): readonly string[] {
  if (isList(options)) return options;
  const fault = optionFault(options);
  if (fault !== null) throw new FailureError(fault);
  return Object.entries(options).flatMap(([name, value]) => {
    const values = (isList(value) ? value : [value]).map((one) =>
      one === true ? 'yes' : one === false ? 'no' : String(one),
    );
    const combine = keywordOf(name.toLowerCase())?.combine;
    const adds = combine === 'each' || combine === 'environment';
    return (adds ? values : [values.join(' ')]).map((line) => `${name} ${line}`);
  });
}

function isList<T>(value: T | readonly string[]): value is readonly string[] {
  return Array.isArray(value);
}

/** Are the answers of that release held against Debian's own ssh in our tests? */
export function isJudged(release: string): boolean {
  return judgedReleases.includes(release);
}

/** Throws a FailureError of kind `usage` for a release whose rules are not known. */
export function knownTarget(target: string): string {
  if (knownReleases.includes(target)) return target;
  const judged = judgedReleases.join(', ');
  const others = knownReleases.filter((each) => !judgedReleases.includes(each)).join(', ');
  throw usageFailure(
    `target: the rules of OpenSSH ${JSON.stringify(target)} are not known; want ${judged}, or, not judged, ${others}`,
  );
}

/** What is known so far of files and commands: for several questions with the same `exec`. */
export { FactCache as Supplies };

/** The answer about one host; `lookUp` as in a question. Throws a RefusedError where ssh would refuse. */
export async function answerFor(
  host: string,
  options: ConfigOptions & Pick<HostQuery, 'lookUp'>,
  supplies = new FactCache(),
): Promise<ResolvedConfig> {
  const resolved = await resolveHost(
    {
      ...configHostOf(host, options),
      configFile: options.configFile ?? null,
      exec: options.exec ?? false,
      release: options.target === undefined ? 'installed' : knownTarget(options.target),
      ...(options.lookUp === undefined ? {} : { lookUp: options.lookUp }),
    },
    userEnvironment(),
    supplies,
  );
  if (resolved.type === 'refused') throw new RefusedError(resolved.errors.map(refusalStory));
  return resolved.answer;
}
