import { FailureError, failure } from '../core/failure.js';
import { type ClientAlive, clientAlive, strideOf } from '../core/keepalive/serverkeepalive.js';
import { type Bytes, bytesOf, textOf } from '../core/sshconfig/bytes.js';
import { RefusedError, refusalStory } from '../core/sshconfig/explain/refused.js';
import { keywordOf } from '../core/sshconfig/keywords/keywords.js';
import { planServerEdit, type ServerPlan, type ServerStep } from '../core/sshconfig/sshd/edit/serverplan.js';
import type { ServerChange, ServerEditReason } from '../core/sshconfig/sshd/edit/serverquery.js';
import { evaluateServerLine, formatServerValue } from '../core/sshconfig/sshd/edit/servervalue.js';
import type { ResolvedServerConfig } from '../core/sshconfig/sshd/resolvedserver.js';
import { asWritten, serverKeywordOf } from '../core/sshconfig/sshd/serverkeywords.js';
import { suggestServerKeyword } from '../core/sshconfig/sshd/serversuggest.js';
import { findSshd, sshdRelease } from '../io/daemon.js';
import { unifiedDiff } from '../io/diff.js';
import { machine, userEnvironment } from '../io/machine.js';
import { withServerAnswers } from '../read/serverconfig.js';

export type { ClientAlive } from '../core/keepalive/serverkeepalive.js';

/** An option of sshd_config and its value, as words; null: no line is to set it. */
export interface SshdChange {
  readonly option: string;
  readonly value: readonly string[] | null;
  /** A line that sets the option already stays as it is. @default false */
  readonly onlyIfUnset?: boolean;
}

/** Where a change of sshd_config goes. */
export interface SshdChangeOptions {
  /** Default: /etc/ssh/sshd_config. */
  readonly configFile?: string;
  /** Criteria of a Match line, as `User backup`. Default: the change is for every connection. */
  readonly match?: string;
}

/** What happens to one option. */
export interface SshdOptionChange {
  readonly option: string;
  /** The requested value; null: that no line sets the option. */
  readonly value: string | null;
  /** False: it was so already. */
  readonly changed: boolean;
  /** A line sets another value already, which stays: the change was for `onlyIfUnset`. */
  readonly stays: boolean;
  /** For every connection, or for one that fits the criteria; words of today, where `sshd -T` prints an old name. */
  readonly before: readonly string[];
  readonly after: readonly string[];
  /** The value is the default: no line sets it. */
  readonly isDefault: boolean;
  /** The lines that set it afterwards. */
  readonly from: readonly { readonly file: string; readonly line: number }[];
  /** Blocks that go on setting it for their connections. */
  readonly overrides: readonly {
    readonly file: string;
    readonly line: number;
    /** The Match line. */
    readonly header: string;
    readonly value: string;
  }[];
  /** `file:line` of lines that stay because another tool writes the file. */
  readonly kept: readonly string[];
}

/** A change of the server's configuration that is proved, and not yet made. */
export interface SshdPlan {
  /** Of the installed sshd, as `9.2`; null: there is none. */
  readonly release: string | null;
  /** The main file. */
  readonly configFile: string;
  readonly match: string | null;
  readonly options: readonly SshdOptionChange[];
  /** None: there is nothing to do. */
  readonly files: readonly {
    readonly file: string;
    readonly isNew: boolean;
    /** Unified. */
    readonly diff: string;
  }[];
  readonly clientAlive: { readonly before: ClientAlive; readonly after: ClientAlive };
}

/** A plan with what is needed to carry it out. */
export interface PreparedSshd {
  readonly summary: SshdPlan;
  readonly plan: Extract<ServerPlan, { type: 'planned' }>;
}

/** The change is refused, and nothing was written. */
export class SshdEditRefusedError extends FailureError {
  readonly reason: ServerEditReason | 'sshd';

  constructor(reason: ServerEditReason | 'sshd', message: string) {
    super(failure('config', message));
    this.name = 'SshdEditRefusedError';
    this.reason = reason;
  }

  override get details() {
    return { reason: this.reason };
  }
}

/**
 * Where each option goes and what comes of it; nothing is changed. Rejects with an SshdEditRefusedError that has one of a
 * closed list of reasons, or with a RefusedError where sshd refuses the files as they are.
 */
export async function planSshd(
  changes: readonly SshdChange[],
  options: SshdChangeOptions = {},
): Promise<PreparedSshd> {
  const query = changes.map(changeOf);
  const match = options.match === undefined ? null : criteriaQuery(options.match);
  const file = options.configFile ?? '/etc/ssh/sshd_config';
  const configFile = file.startsWith('/') ? file : `${machine().directory}/${file}`;
  const plan = await withServerAnswers(
    { configFile },
    (input, answers): ServerPlan => planServerEdit({ input, answers }, { changes: query, match }),
  );
  if (plan.type === 'refused') {
    const { reason, message } = plan.refusal;
    if (reason === 'refused before') throw new RefusedError(plan.errors.map(refusalStory));
    throw new SshdEditRefusedError(reason, message);
  }
  const { env } = userEnvironment();
  const sshd = findSshd(env);
  const release = sshd === null ? null : await sshdRelease(sshd, env);
  const stride = strideOf(release);
  const summary: SshdPlan = {
    release,
    configFile: textOf(plan.sshdFiles.input.main),
    match: match === null ? null : textOf(match),
    options: plan.steps.map((step) => optionChange(step, plan.after)),
    files: plan.files.map(({ file: path, before, after }) => ({
      file: textOf(path),
      isNew: before === null,
      diff: unifiedDiff(textOf(path), textOf(before ?? ''), textOf(after)),
    })),
    clientAlive: { before: aliveIn(plan.before, stride), after: aliveIn(plan.after, stride) },
  };
  return { summary, plan };
}

/** The lines that say so in a file of their own, for another machine. Rejects as `planSshd`. */
export async function sshdDropIn(
  changes: readonly SshdChange[],
  options: Pick<SshdChangeOptions, 'match'> = {},
): Promise<readonly string[]> {
  const query = changes.map(changeOf);
  const match = options.match === undefined ? null : criteriaQuery(options.match);
  const lines: string[] = match === null ? [] : [`Match ${textOf(match)}`];
  for (const { keyword, value } of query) {
    if (value === null)
      throw new SshdEditRefusedError('value', `${keyword.name}: a new file takes nothing out of others`);
    if (match !== null && !keyword.inMatch) {
      const message = `${keyword.name} counts for the whole server: it cannot stand in a Match block`;
      throw new SshdEditRefusedError('not in a block', message);
    }
    const read = await withServerAnswers({}, (input, answers) =>
      evaluateServerLine(keyword, value, match !== null, { input, answers }),
    );
    if (read.type === 'refused') throw new SshdEditRefusedError('value', read.message);
    lines.push(`${match === null ? '' : '    '}${keyword.name} ${textOf(value)}`);
  }
  return lines;
}

function changeOf({ option, value, onlyIfUnset = false }: SshdChange): ServerChange {
  const keyword = serverKeywordOf(bytesOf(option).toLowerCase());
  if (keyword === undefined) throw unknown(option);
  if (!keyword.printed) {
    const message = `${keyword.name} is not set as an option is: sshd -T prints no value of it, so nothing could be proved`;
    throw new SshdEditRefusedError('option', message);
  }
  if (value === null) return { keyword, value, onlyIfUnset };
  if (value.length === 0) throw new SshdEditRefusedError('value', `${keyword.name}: the value is missing`);
  const written = formatServerValue(keyword, value.map(bytesOf));
  if (written === null || written === '') {
    const message = `${keyword.name}: want a value without line ends, and not an empty one`;
    throw new SshdEditRefusedError('value', message);
  }
  return { keyword, value: written, onlyIfUnset };
}

function unknown(option: string): SshdEditRefusedError {
  const name = bytesOf(option).toLowerCase();
  const client = keywordOf(name);
  if (client === undefined) {
    const meant = suggestServerKeyword(name);
    const hint = meant === null ? 'see sshd_config(5)' : `did you mean ${meant}?`;
    return new SshdEditRefusedError('option', `sshd has no option ${JSON.stringify(option)}; ${hint}`);
  }
  const there = `${client.name} belongs in ssh_config, on the client`;
  const alive = /^serveralive(interval|countmax)$/.exec(name)?.[1];
  if (alive === undefined) {
    return new SshdEditRefusedError(
      'client option',
      `${there}: holdfast config set HOST ${client.name} VALUE`,
    );
  }
  const letters = alive === 'interval' ? 'interval' : 'count';
  const ours = alive === 'interval' ? 'ClientAliveInterval' : 'ClientAliveCountMax';
  return new SshdEditRefusedError(
    'client option',
    `${there}: holdfast config keepalive HOST --${letters} N; the server's own is ${ours}: holdfast sshd keepalive --${letters} N`,
  );
}

function criteriaQuery(text: string): Bytes {
  const match = bytesOf(text)
    .trim()
    .replace(/^match\s+/i, '');
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these end a line, or what sshd sees of it
  if (match !== '' && !/[\u0000\r\n#]/.test(match)) return match;
  throw new SshdEditRefusedError(
    'criteria',
    `--match ${JSON.stringify(text)}: want criteria as in 'User backup'`,
  );
}

function optionChange(step: ServerStep, answer: ResolvedServerConfig): SshdOptionChange {
  const { keyword, value, splices, before, overrides, kept, stays } = step;
  const after = answer.options.get(keyword.key) ?? step.after;
  return {
    option: keyword.name,
    value: value === null ? null : textOf(value),
    changed: splices.length > 0,
    stays,
    before: before.lines.map((line) => asWritten(keyword, textOf(line))),
    after: after.lines.map((line) => asWritten(keyword, textOf(line))),
    isDefault: after.settings.length === 0,
    from: after.settings.map(({ place }) => ({ file: textOf(place.source.file), line: place.line })),
    overrides: overrides.map((each) => ({
      file: textOf(each.file),
      line: each.line,
      header: textOf(each.header),
      value: textOf(each.value),
    })),
    kept,
  };
}

function aliveIn({ options }: ResolvedServerConfig, stride: 1 | 2): ClientAlive {
  const number = (key: string) => Number(options.get(key)?.lines[0] ?? 0);
  return clientAlive(number('clientaliveinterval') * 1_000, number('clientalivecountmax'), stride);
}
