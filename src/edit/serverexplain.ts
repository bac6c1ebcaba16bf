import { usageFailure } from '../core/failure.js';
import { textOf } from '../core/sshconfig/bytes.js';
import { RefusedError, refusalStory } from '../core/sshconfig/explain/refused.js';
import type { OptionStory } from '../core/sshconfig/explain/why.js';
import type { ResolvedServerConfig } from '../core/sshconfig/sshd/resolvedserver.js';
import { serverKeywordOf } from '../core/sshconfig/sshd/serverkeywords.js';
import { suggestServerKeyword } from '../core/sshconfig/sshd/serversuggest.js';
import { ServerExplainer } from '../core/sshconfig/sshd/serverwhy.js';
import { resolveServerConfig, type SshdOptions } from '../read/serverconfig.js';
import type { LineWithoutEffect } from './explain.js';

export type { SshdOptions } from '../read/serverconfig.js';

/** What sshd makes of its configuration for one connection. */
export interface SshdAnswer {
  /** Keyword in lower case -> its values as `sshd -T` prints them; a keyword without a value is not there. */
  readonly options: Readonly<Record<string, readonly string[]>>;
  /** The lines of `sshd -T`, in its order. */
  readonly lines: readonly string[];
  /** Lines that sshd reads past. */
  readonly withoutEffect: readonly LineWithoutEffect[];
}

/**
 * The effective configuration of the server, as `sshd -T` prints it, without asking sshd: no root and no host key is needed.
 * Blocks that match override global lines. Rejects with a RefusedError (kind `config`) that names each line which sshd
 * refuses.
 */
export async function sshdEffective(options: SshdOptions = {}): Promise<SshdAnswer> {
  const answer = await answerOf(options);
  const values: Record<string, readonly string[]> = {};
  for (const [key, { lines }] of answer.options) if (lines.length > 0) values[key] = lines.map(textOf);
  return {
    options: values,
    lines: answer.lines.map(textOf),
    withoutEffect: answer.warnings.map(({ file, line, keyword, why }) => ({
      file: textOf(file),
      line,
      keyword: textOf(keyword),
      why,
    })),
  };
}

/** For which connection, and which options are explained. */
export interface SshdWhyOptions extends SshdOptions {
  /** Only these options, in any case, also by another name. Default: every one that some line in force speaks of. */
  readonly only?: readonly string[];
}

/** Why each option of the server is what it is: the lines that give it, and those that lost. Rejects as `sshdEffective`. */
export async function sshdWhy(options: SshdWhyOptions = {}): Promise<readonly OptionStory[]> {
  const { only = [] } = options;
  const unknown = only.find((name) => serverKeywordOf(name.toLowerCase())?.printed !== true);
  if (unknown !== undefined) throw usageFailure(unknownOption(unknown));
  const explainer = new ServerExplainer(await answerOf(options));
  return only.length === 0 ? explainer.spoken() : only.flatMap((name) => explainer.story(name) ?? []);
}

async function answerOf(options: SshdOptions): Promise<ResolvedServerConfig> {
  const { lport } = options;
  if (lport !== undefined && !(Number.isInteger(lport) && lport >= 1 && lport <= 65_535)) {
    throw usageFailure(`lport ${lport}: want a port from 1 to 65535`);
  }
  const resolved = await resolveServerConfig(options);
  if (resolved.type === 'refused') throw new RefusedError(resolved.errors.map(refusalStory));
  return resolved.answer;
}

function unknownOption(name: string): string {
  const shown = `option ${JSON.stringify(name)}`;
  if (serverKeywordOf(name.toLowerCase())) return `${shown}: sshd prints no value of it`;
  const meant = suggestServerKeyword(name.toLowerCase());
  return `${shown}: sshd has none of that name; ${meant === null ? 'see sshd_config(5)' : `did you mean ${meant}?`}`;
}
