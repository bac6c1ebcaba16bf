/** Changes that go into the file of our own, proved through the configuration that includes it. */

import { FailureError, failure, usageFailure } from '../core/failure.js';
import { type Bytes, bytesOf, textOf } from '../core/sshconfig/bytes.js';
import type { HostChange } from '../core/sshconfig/edit/change.js';
import { valuesFor } from '../core/sshconfig/edit/compareresults.js';
import { refusalWords } from '../core/sshconfig/edit/refusalwords.js';
import { proveSplices, type SplicesEffect } from '../core/sshconfig/edit/spliceproof.js';
import { keywordOf } from '../core/sshconfig/keywords/keywords.js';
import { resolveClient } from '../core/sshconfig/resolve/resolve.js';
import type { Answers, Need } from '../core/sshconfig/resolve/resolveinput.js';
import { unnamedHost } from '../core/sshconfig/resolve/resolveinput.js';
import { hostMatching, lowerCase, matchPattern } from '../core/text/pattern.js';
import { userEnvironment } from '../io/machine.js';
import { FactCache, resolveInputOf, sshVersionFor } from '../read/clientconfig.js';
import {
  type ConfigChange,
  type ConfigPlan,
  changedHostOf,
  EditRefusedError,
  type IdleChange,
  type PlanOptions,
  planConfig,
  textsIn,
} from './configchange.js';
import { knownTarget } from './confighost.js';
import { checkVerifiable, type WriteConfigOptions, type WrittenConfig, writePlan } from './configwrite.js';
import { hostNames } from './hostnames.js';
import { managedState } from './managed.js';

/** How a change is written into the file of our own. */
export interface EditManagedOptions extends WriteConfigOptions {
  /** The configuration that includes the file. Default: the user's own. */
  readonly configFile?: string;
}

/**
 * As `editConfig`, with the lines in `holdfast.conf` instead: planned there, and proved with all files. The hosts of
 * a change get what it says, and no other host gets anything else. Rejects with a FailureError, and then nothing was written.
 */
export async function editManaged(
  changes: readonly ConfigChange[],
  options: EditManagedOptions = {},
): Promise<WrittenConfig> {
  checkVerifiable(options);
  const fileOption = options.configFile === undefined ? {} : { configFile: options.configFile };
  const state = await managedState(fileOption);
  if (!state.exists || state.line === null) {
    const why = state.exists ? `${state.configFile} does not include it` : 'it is not there';
    throw usage(`${state.file}: ${why}; holdfast config managed init comes first`);
  }
  for (const change of changes) {
    if (change.type === 'rename' || change.type === 'copy') {
      throw usage(
        `${change.type}: what the host is stands in ${state.configFile}; it cannot be moved from there`,
      );
    }
    if (change.type === 'add' && (await hostNames(fileOption.configFile ?? null)).includes(change.host)) {
      throw usage(`the host ${JSON.stringify(change.host)} is there already; config set changes it`);
    }
    if (isForAll(change)) {
      throw usage(
        `*: in ${state.file} a line for all hosts would win over every block of ${state.configFile}; name hosts, or patterns that stand in it`,
      );
    }
  }
  const idle: IdleChange[] = [];
  const open: ConfigChange[] = [];
  for (const change of changes) {
    const already = await alreadySet(change, options);
    if (already === null) open.push(change);
    else idle.push(already);
  }
  const plan = await planConfig(open, { ...options, configFile: state.file, partial: true });
  const [planned] = plan.files;
  const proof = planned === undefined ? null : await proveManaged(open, planned, options);
  await options.onPlanned?.();
  const whole: ConfigPlan = {
    ...plan,
    changedHosts: (proof?.effect.changes ?? []).map(changedHostOf),
    keptHosts: [],
    idle: [...idle, ...plan.idle],
    read: proof?.read ?? plan.read,
  };
  const command = options.command ?? changes.map(commandOf).join(' and ');
  return writePlan(whole, bytesOf(state.file), changes, { ...options, command });
}

/** All files together say so, whichever of them it is. */
async function alreadySet(change: ConfigChange, options: PlanOptions): Promise<IdleChange | null> {
  if (change.type !== 'set' && change.type !== 'append') return null;
  try {
    const { idle } = await planConfig([change], options);
    return idle[0] ?? null;
  } catch (error) {
    // What the configuration itself cannot have, our file perhaps can.
    if (error instanceof EditRefusedError) return null;
    throw error;
  }
}

/** For the history: no values. */
function commandOf(change: ConfigChange): string {
  const host = 'host' in change ? change.host : change.to;
  return `config ${change.type} ${host}${'option' in change ? ` ${change.option}` : ''} --managed`;
}

function isForAll(change: ConfigChange): boolean {
  return 'host' in change && (change.host === '*' || ('force' in change && change.force === true));
}

/** The hosts of the changes get their values, and nothing else differs. With the files that the proof rests on. */
async function proveManaged(
  changes: readonly ConfigChange[],
  { file, before, after }: ConfigPlan['files'][number],
  { configFile, exec = false, target, allowUnknown = false }: PlanOptions,
): Promise<{ readonly effect: SplicesEffect; readonly read: ConfigPlan['read'] }> {
  const here = userEnvironment();
  const options = allowUnknown ? ['IgnoreUnknown *'] : [];
  const query = { host: unnamedHost, configFile: configFile ?? null, exec, options };
  const release = target === undefined ? 'installed' : knownTarget(target);
  const ssh = await sshVersionFor({ release }, here);
  const input = resolveInputOf(query, here, ssh);
  const supplies = new FactCache();
  const means = { query, surroundings: here };
  const answer = <T extends { readonly type: string }>(
    step: () => T | { readonly type: 'needs'; readonly needs: readonly Need[] },
  ) => supplies.answer(step, means);
  const splice = { file, ...difference(before, after) };
  const effect = await answer(() => proveSplices([splice], input, supplies));
  if (effect.type === 'refused') {
    throw new FailureError(failure('config', `${refusalWords(effect.refusal)}; nothing was written`));
  }
  const unrequested = effect.effect.changes.find((each) => !changes.some((change) => isMeant(change, each)));
  const [first] = changes;
  if (unrequested !== undefined && first !== undefined)
    throw new EditRefusedError({ type: 'others', ...unrequested }, first);
  const own = resolveInputOf({ ...query, configFile: textOf(file) }, here, ssh);
  for (const change of changes) {
    if (change.type !== 'set' && change.type !== 'append') continue;
    const key = keywordOf(lowerCase(change.option))?.key;
    const host = hostMatching(bytesOf(change.host));
    if (key === undefined) continue;
    const there: Answers = effect.effect.answers;
    const alone = await answer(() => resolveClient({ ...own, host }, within(supplies, there)));
    const all = await answer(() => resolveClient({ ...input, host }, within(supplies, there)));
    if (alone.type !== 'resolved' || all.type !== 'resolved') continue;
    const requested = valuesFor(alone.answer, key);
    const found = valuesFor(all.answer, key);
    const place = all.answer.options.get(key)?.settings[0]?.place;
    const taken =
      change.type === 'set' ? found[0] === requested[0] : requested.every((value) => found.includes(value));
    if (taken) continue;
    const by = place === undefined ? null : { file: place.source.file, line: place.line };
    throw new EditRefusedError(
      { type: 'not-as-requested', host: change.host, option: change.option, requested, found, by },
      change,
    );
  }
  return { effect: effect.effect, read: textsIn(supplies) };
}

/** With the new files, and what was found since. */
function within(supplies: FactCache, there: Answers): Answers {
  return supplies.withFiles(new Map([...supplies.files, ...there.files]));
}

function isMeant(change: ConfigChange, { host, option }: HostChange): boolean {
  const names = 'from' in change ? [change.from, change.to] : [change.host];
  const isNamed = names.some(
    (name) => matchPattern(lowerCase(host), lowerCase(bytesOf(name))) || name === host,
  );
  if (!isNamed || !('option' in change)) return isNamed;
  return (keywordOf(lowerCase(change.option))?.name ?? change.option) === option;
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
  return usageFailure(message);
}
