import { usageFailure } from '../core/failure.js';
import type { Arithmetic } from '../core/keepalive/arithmetic.js';
import { textOf } from '../core/sshconfig/bytes.js';
import { printAnswer } from '../core/sshconfig/explain/print.js';
import { type ShownBlock, shownBlocks } from '../core/sshconfig/explain/show.js';
import { type UndecidedBlock, undecidedFor } from '../core/sshconfig/explain/undecided.js';
import { Explainer, keepaliveOf, type OptionStory } from '../core/sshconfig/explain/why.js';
import { keywordOf } from '../core/sshconfig/keywords/keywords.js';
import { judgedReleases, newestRelease } from '../core/sshconfig/keywords/releases.js';
import { suggestKeyword } from '../core/sshconfig/keywords/suggest.js';
import type { ResolvedConfig } from '../core/sshconfig/resolve/resolvedconfig.js';
import { retransmissionHere } from '../io/kernel/sysctls.js';
import { answerFor, type ConfigOptions } from './confighost.js';

/** What ssh makes of its configuration for one host. */
export interface HostAnswer {
  /** The release of OpenSSH that answers so. */
  readonly release: string;
  /** Are the answers of that release held against Debian's own ssh in our tests? */
  readonly judged: boolean;
  /** As given, without user and port. */
  readonly host: string;
  /** Where ssh connects to. */
  readonly hostName: string;
  /** Keyword in lower case -> its values as `ssh -G` prints them; a keyword without a value is not there. */
  readonly options: Readonly<Record<string, readonly string[]>>;
  /** The lines of `ssh -G`, in its order. */
  readonly lines: readonly string[];
  /** Blocks that hang on a command that may not run, see `exec`, and could change an option. What is in them does not count here. */
  readonly undecided: readonly UndecidedBlock[];
  /** Lines that ssh reads past. */
  readonly withoutEffect: readonly LineWithoutEffect[];
}

/** A line that ssh reads and does nothing with. */
export interface LineWithoutEffect {
  readonly file: string;
  readonly line: number;
  readonly keyword: string;
  /** `silent`, `deprecated`, `unsupported`: what ssh calls it; `ignored unknown`: by IgnoreUnknown. */
  readonly why: 'silent' | 'deprecated' | 'unsupported' | 'ignored unknown';
}

/**
 * The effective configuration of a host, as `ssh -G` prints it, without asking ssh. Runs no command unless `exec`, and never
 * asks the network. Rejects with a RefusedError (kind `config`) that names each line which ssh refuses, or a FailureError
 * of kind `usage`.
 */
export async function resolve(host: string, options: ConfigOptions = {}): Promise<HostAnswer> {
  return hostAnswer(await answerFor(host, options));
}

function hostAnswer(answer: ResolvedConfig): HostAnswer {
  const values: Record<string, readonly string[]> = {};
  for (const [key, { lines }] of answer.options) if (lines.length > 0) values[key] = lines.map(textOf);
  return {
    release: answer.release,
    judged: judgedReleases.includes(answer.release),
    host: textOf(answer.host),
    hostName: textOf(answer.hostName),
    options: values,
    lines: printAnswer(answer).map(textOf),
    undecided: undecidedFor(answer, null),
    withoutEffect: answer.warnings.map(({ file, line, keyword, why }) => ({
      file: textOf(file),
      line,
      keyword: textOf(keyword),
      why,
    })),
  };
}

/** Which options are explained. */
export interface ExplainOptions extends ConfigOptions {
  /** Only these options, in any case, also by another name. Default: every one that some line in force speaks of. */
  readonly only?: readonly string[];
}

/** Where each value of a host comes from. */
export interface HostExplanation {
  readonly host: string;
  readonly hostName: string;
  readonly options: readonly OptionStory[];
  /** What ServerAliveInterval and ServerAliveCountMax come to. */
  readonly keepalive: Arithmetic;
  /** Those that could change one of `options`. */
  readonly undecided: readonly UndecidedBlock[];
}

/** Why each option of a host is what it is: the lines that give it, and those that lost. Rejects as `resolve` does. */
export async function explain(host: string, options: ExplainOptions = {}): Promise<HostExplanation> {
  const unknown = (options.only ?? []).find((name) => !isOption(name, options.target));
  if (unknown !== undefined) throw usageFailure(unknownOption(unknown));
  const answer = await answerFor(host, options);
  const explainer = new Explainer(answer);
  const optionStories = options.only?.flatMap((name) => explainer.story(name) ?? []) ?? [];
  const stories = optionStories.length > 0 ? optionStories : explainer.spoken();
  return {
    host: textOf(answer.host),
    hostName: textOf(answer.hostName),
    options: stories,
    keepalive: keepaliveOf(answer, retransmissionHere()),
    undecided: undecidedFor(answer, keysOf(stories)),
  };
}

/** With one half of the heartbeat the other is explained, too. */
function keysOf(stories: readonly OptionStory[]): readonly string[] {
  const keys = stories.map(({ option }) => option.toLowerCase());
  return keys.some((key) => heartbeat.includes(key)) ? [...new Set([...keys, ...heartbeat])] : keys;
}

const heartbeat = ['serveraliveinterval', 'serveralivecountmax'];

function isOption(name: string, target?: string): boolean {
  return keywordOf(name.toLowerCase(), target ?? newestRelease)?.printed === true;
}

function unknownOption(name: string): string {
  const shown = `option ${JSON.stringify(name)}`;
  if (keywordOf(name.toLowerCase())) return `${shown}: ssh keeps no value of it`;
  const meant = suggestKeyword(name.toLowerCase());
  return `${shown}: ssh has none of that name${meant === null ? '; see ssh_config(5)' : `; did you mean ${meant}?`}`;
}

/** The blocks that apply to a host. */
export interface HostBlocks {
  readonly host: string;
  readonly hostName: string;
  readonly blocks: readonly ShownBlock[];
  readonly undecided: readonly UndecidedBlock[];
}

/** The blocks that apply to a host as they stand in the files, with what became of each line. Rejects as `resolve` does. */
export async function showBlocks(host: string, options: ConfigOptions = {}): Promise<HostBlocks> {
  const answer = await answerFor(host, options);
  return {
    host: textOf(answer.host),
    hostName: textOf(answer.hostName),
    blocks: shownBlocks(answer, new Explainer(answer)),
    undecided: undecidedFor(answer, null),
  };
}
