import { FailureError, failure } from '../core/failure.js';
import { textOf } from '../core/sshconfig/bytes.js';
import { RefusedError } from '../core/sshconfig/explain/refused.js';
import { quoteWord } from '../core/sshconfig/syntax/linewords.js';
import { userEnvironment } from '../io/machine.js';
import { printSettings } from '../io/openssh.js';
import { lookUp } from '../read/hostlookup.js';
import { answerFor, type ConfigOptions, configHostOf } from './confighost.js';
import { namedHosts } from './hostlist.js';

/** Which hosts `ssh -G` runs for. */
export interface VerifyOptions extends ConfigOptions {
  /** Default: every concrete host that the configuration names. */
  readonly hosts?: readonly string[];
  /** Called before the first `ssh -G`, with the number of hosts. */
  readonly onStart?: (hosts: number) => void;
}

/** One keyword about which holdfast and ssh disagree. Empty: it is not printed. */
export interface Difference {
  readonly keyword: string;
  readonly ours: readonly string[];
  readonly ssh: readonly string[];
}

/** `same`: both print the same; `refused`: both refuse; `differs`: see the differences, or which of them refuses and why. */
export interface Verified {
  readonly host: string;
  readonly verdict: 'same' | 'refused' | 'differs';
  readonly differences: readonly Difference[];
  /** Why ssh refuses, in its words, and why holdfast does; null: it does not. */
  readonly sshRefuses: string | null;
  readonly weRefuse: string | null;
}

/**
 * Holds our answers against the installed `ssh -G`. ssh runs the commands of `Match exec` and looks up the names
 * that CanonicalizeHostname asks for, and so does this. Rejects with a FailureError of
 * kind `config` where there is no ssh.
 */
export async function verify(options: VerifyOptions = {}): Promise<readonly Verified[]> {
  const hosts = options.hosts && options.hosts.length > 0 ? options.hosts : await concrete(options);
  options.onStart?.(hosts.length);
  const verified: Verified[] = [];
  for (const host of hosts) verified.push(await verifyHost(host, options));
  return verified;
}

async function concrete(options: ConfigOptions): Promise<readonly string[]> {
  const named = await namedHosts(options);
  return named.filter(({ kind }) => kind === 'concrete').map(({ name }) => name);
}

async function verifyHost(host: string, options: VerifyOptions): Promise<Verified> {
  const question = configHostOf(host, options);
  const theirs = await printSettings({
    host: question.host,
    configFile: options.configFile ?? null,
    options: [
      ...question.options,
      ...(question.user === null ? [] : [`User ${quoteWord(question.user)}`]),
      ...(question.port === null ? [] : [`Port ${question.port}`]),
    ],
    env: userEnvironment().env,
  });
  if (theirs.type === 'absent') {
    const message = 'verify: there is no ssh on the PATH to hold the answers against; install OpenSSH';
    throw new FailureError(failure('config', message));
  }
  const ours = await ourSettings(host, question.options, options);
  const sshRefuses = theirs.type === 'refused' ? theirs.failure.message : null;
  const weRefuse = ours instanceof RefusedError ? ours.message : null;
  if (theirs.type === 'refused' || ours instanceof RefusedError) {
    const verdict = sshRefuses !== null && weRefuse !== null ? 'refused' : 'differs';
    return { host, verdict, differences: [], sshRefuses, weRefuse };
  }
  const differences = differing(ours, theirs.values);
  const verdict = differences.length === 0 ? 'same' : 'differs';
  return { host, verdict, differences, sshRefuses, weRefuse };
}

type VerifiedSettings = ReadonlyMap<string, readonly string[]>;

async function ourSettings(
  host: string,
  lines: readonly string[],
  options: ConfigOptions,
): Promise<VerifiedSettings | RefusedError> {
  try {
    // ssh gets -T, which is that option before all others.
    const answer = await answerFor(host, {
      ...options,
      options: ['RequestTTY no', ...lines],
      exec: true,
      lookUp,
    });
    const settings = new Map<string, readonly string[]>([['host', [textOf(answer.host)]]]);
    for (const [key, option] of answer.options) {
      if (option.lines.length > 0) settings.set(key, option.lines.map(textOf));
    }
    return settings;
  } catch (thrown) {
    if (thrown instanceof RefusedError) return thrown;
    throw thrown;
  }
}

/** The order of one keyword's values counts, that of keywords does not. */
function differing(ours: VerifiedSettings, theirs: VerifiedSettings): readonly Difference[] {
  const found: Difference[] = [];
  for (const keyword of new Set([...ours.keys(), ...theirs.keys()])) {
    const own = ours.get(keyword) ?? [];
    const ssh = theirs.get(keyword) ?? [];
    // A keyword without a value is printed with nothing behind it.
    if (own.join('\n') !== ssh.join('\n')) found.push({ keyword, ours: own, ssh });
  }
  return found;
}
