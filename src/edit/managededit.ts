/** Changes that go into the file of our own, proved through the configuration that includes it. */
import { FailureError, failure } from '../core/failure.js';
import { lowerCase, matchPattern } from '../core/pattern.js';
import { type Bytes, bytesOf, textOf } from '../core/sshconfig/bytes.js';
import type { HostChange } from '../core/sshconfig/edit/change.js';
import { valuesFor } from '../core/sshconfig/edit/judge.js';
import { type Mend, mended } from '../core/sshconfig/edit/mend.js';
import { refusalWords } from '../core/sshconfig/edit/refusalwords.js';
import { keywordOf } from '../core/sshconfig/keywords.js';
import type { Answers, Need } from '../core/sshconfig/question.js';
import { resolve } from '../core/sshconfig/resolve.js';
import { surroundings } from '../io/machine.js';
import { checkReplaceable, readStamped, replaceFiles } from '../io/replace.js';
import { questionOf, Supplies } from '../read/config.js';
import { type ConfigChange, type ConfigPlan, EditRefusedError, planConfig } from './change.js';
import type { WrittenConfig } from './configwrite.js';
import { hostNames } from './hostnames.js';
import { managedState } from './managed.js';
import { desk, stampHolding } from './writing.js';

export interface EditManagedOptions {
  /** The configuration that includes the file. Default: the user's own. */
  readonly configFile?: string;
  readonly dryRun?: boolean;
  readonly allowUnknown?: boolean;
  /** How the history calls it. */
  readonly command?: string;
}

/**
 * As `editConfig`, with the lines in `holdfast.conf` instead: planned there, and proved with all files. The hosts that are
 * meant get what is asked, and nobody else gets anything else. Rejects with a FailureError, and then nothing was written.
 */
export async function editManaged(
  changes: readonly ConfigChange[],
  options: EditManagedOptions = {},
): Promise<WrittenConfig> {
  const asked = options.configFile === undefined ? {} : { configFile: options.configFile };
  const state = await managedState(asked);
  if (!state.exists || state.line === null) {
    const why = state.exists ? `${state.configFile} does not include it` : 'it is not there';
    throw usage(`${state.file}: ${why}; holdfast config managed init comes first`);
  }
  for (const change of changes) {
    if (change.kind === 'rename' || change.kind === 'copy') {
      throw usage(
        `${change.kind}: what the host is stands in ${state.configFile}; it cannot be moved from there`,
      );
    }
    if (change.kind === 'add' && (await hostNames(asked.configFile ?? null)).includes(change.host)) {
      throw usage(`the host ${JSON.stringify(change.host)} is there already; config set changes it`);
    }
    if (isForAll(change)) {
      throw usage(
        `*: in ${state.file} a line for all hosts would win over every block of ${state.configFile}; name hosts, or patterns that stand in it`,
      );
    }
  }
  const plan = await planConfig(changes, {
    configFile: state.file,
    allowUnknown: options.allowUnknown ?? false,
  });
  const [planned] = plan.files;
  const mend = planned === undefined ? null : await proved(changes, planned, asked.configFile ?? null);
  let number: number | null = null;
  if (planned !== undefined) {
    const stamp = stampHolding(planned.file, planned.before);
    checkReplaceable(stamp);
    if (options.dryRun !== true) {
      const command = options.command ?? changes.map(commandOf).join(' and ');
      const [written] = await replaceFiles([{ stamp, bytes: planned.after }], { command }, desk());
      number = written?.number ?? null;
    }
  }
  return {
    changed: planned !== undefined,
    written: number !== null,
    configFile: state.file,
    text: textOf(planned?.after ?? readStamped(bytesOf(state.file)).bytes),
    diff: plan.diff,
    files: planned === undefined ? [] : [{ file: state.file, diff: plan.diff, created: false, number }],
    lines: [],
    changedHosts: (mend?.changes ?? []).map(({ host, option, before, after }) => ({
      ...{ host: textOf(host), option: textOf(option) },
      ...{ before: before.map(textOf), after: after.map(textOf) },
    })),
    keptHosts: [],
    ...{ idle: plan.idle, lostJumps: plan.lostJumps },
    confirmed: null,
  };
}

/** For the history: no values. */
function commandOf(change: ConfigChange): string {
  const host = 'host' in change ? change.host : change.to;
  return `config ${change.kind} ${host}${'option' in change ? ` ${change.option}` : ''} --managed`;
}

function isForAll(change: ConfigChange): boolean {
  return 'host' in change && (change.host === '*' || ('force' in change && change.force === true));
}

/** Nobody but who is meant, nothing but what is asked, and that. */
async function proved(
  changes: readonly ConfigChange[],
  { file, before, after }: ConfigPlan['files'][number],
  configFile: string | null,
): Promise<Mend> {
  const here = surroundings();
  const asked = { host: 'holdfast.invalid', configFile };
  const question = questionOf(asked, here);
  const supplies = new Supplies();
  const means = { question: asked, surroundings: here };
  const splice = { file, ...difference(before, after) };
  const mend = await answered(supplies, means, () => mended([splice], question, supplies));
  if (mend.at === 'refused') {
    throw new FailureError(failure('config', `${refusalWords(mend.refusal)}; nothing was written`));
  }
  const stray = mend.mend.changes.find((each) => !changes.some((change) => isMeant(change, each)));
  const [first] = changes;
  if (stray !== undefined && first !== undefined)
    throw new EditRefusedError({ why: 'others', ...stray }, first);
  const own = questionOf({ host: 'holdfast.invalid', configFile: textOf(file) }, here);
  for (const change of changes) {
    if (change.kind !== 'set' && change.kind !== 'append') continue;
    const key = keywordOf(lowerCase(change.option))?.key;
    const host = bytesOf(change.host).replaceAll('*', 'q7').replaceAll('?', 'q');
    if (key === undefined) continue;
    const there: Answers = mend.mend.answers;
    const alone = await answered(supplies, means, () => resolve({ ...own, host }, within(supplies, there)));
    const all = await answered(supplies, means, () =>
      resolve({ ...question, host }, within(supplies, there)),
    );
    if (alone.at !== 'resolved' || all.at !== 'resolved') continue;
    const wanted = valuesFor(alone.answer, key);
    const found = valuesFor(all.answer, key);
    const place = all.answer.options.get(key)?.settings[0]?.place;
    const taken =
      change.kind === 'set' ? found[0] === wanted[0] : wanted.every((value) => found.includes(value));
    if (taken) continue;
    const by = place === undefined ? null : { file: place.source.file, line: place.line };
    throw new EditRefusedError(
      { why: 'not-as-asked', host: change.host, option: change.option, wanted, found, by },
      change,
    );
  }
  return mend.mend;
}

/** With the new files, and what was found since. */
function within(supplies: Supplies, there: Answers): Answers {
  return supplies.withFiles(new Map([...supplies.files, ...there.files]));
}

function isMeant(change: ConfigChange, { host, option }: HostChange): boolean {
  const names = 'from' in change ? [change.from, change.to] : [change.host];
  const whom = names.some((name) => matchPattern(lowerCase(host), lowerCase(bytesOf(name))) || name === host);
  if (!whom || !('option' in change)) return whom;
  return (keywordOf(lowerCase(change.option))?.name ?? change.option) === option;
}

/** No file is nested as deep. */
const mostRounds = 1_000;

async function answered<T extends { readonly at: string }>(
  supplies: Supplies,
  means: Parameters<Supplies['supply']>[1],
  question: () => T | { readonly at: 'needs'; readonly needs: readonly Need[] },
): Promise<Exclude<T, { at: 'needs' }>> {
  for (let round = 0; round < mostRounds; round += 1) {
    const found = question();
    if (!('needs' in found)) return found as Exclude<T, { at: 'needs' }>;
    await Promise.all(found.needs.map((need) => supplies.supply(need, means)));
  }
  throw new Error(`no end after ${mostRounds} questions about the configuration`);
}

/** The lines between those that both texts begin and end with. */
function difference(
  before: Bytes,
  after: Bytes,
): { readonly from: number; readonly to: number; readonly text: Bytes } {
  const most = Math.min(before.length, after.length);
  let start = 0;
  while (start < most && before[start] === after[start]) start += 1;
  const from = start === 0 ? 0 : before.lastIndexOf('\n', start - 1) + 1;
  let end = 0;
  while (end < most - from && before.at(-1 - end) === after.at(-1 - end)) end += 1;
  return { from, to: before.length - end, text: after.slice(from, after.length - end) };
}

function usage(message: string): FailureError {
  return new FailureError(failure('usage', message));
}
