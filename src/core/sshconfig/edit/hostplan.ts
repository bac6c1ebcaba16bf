/** Hosts as a whole: add, remove, rename, copy. */

import type { Bytes } from '../bytes.js';
import type { ResolvedConfig } from '../resolve/resolvedconfig.js';
import type { Change, EditRefusal } from './change.js';
import { allOf, type Judge, requireAsOnCommandLine, requireSameAsBefore } from './compareresults.js';
import { type FormattedOption, formatOption, quoteConfigWord } from './formatoption.js';
import {
  headersNaming,
  linesToCopy,
  managedRefusal,
  newBlockLines,
  newHost,
  removeHost,
  renameHost,
  spotOfPart,
} from './hostedits.js';
import { invalidHost } from './optionplan.js';
import type { PlanContext, Step } from './planedits.js';
import { type Goal, others, proveEdit } from './proveedit.js';

type Move = Exclude<Change, { readonly option: Bytes }>;

const refused = (refusal: EditRefusal): Step => ({
  type: 'tried',
  tried: { type: 'refused', refusal },
  keys: null,
});

export function planMove(change: Move, context: PlanContext): Step {
  switch (change.type) {
    case 'add':
      return planAdd(change, context);
    case 'remove':
      return planRemove(change.host, context);
    case 'rename':
      return planRename(change.from, change.to, context);
    case 'copy':
      return planCopy(change.from, change.to, context);
  }
}

/** A name that a new block may have: no pattern, and no block has it. */
function freshName(host: Bytes, { index }: PlanContext): EditRefusal | null {
  if (/[*?]/.test(host)) return { type: 'name', host, reason: 'it is a pattern' };
  const invalid = invalidHost(index, host);
  if (invalid !== null) return invalid;
  const [known] = headersNaming(index, host, false);
  return known ? { type: 'exists', host, at: spotOfPart(known) } : null;
}

function absent(host: Bytes): EditRefusal {
  return { type: 'absent', host, what: 'no Host line that may be changed has that name' };
}

function goalFor(host: Bytes, part: Partial<Goal>): Goal {
  return {
    ...{ targets: new Set([host]), free: new Set<Bytes>(), formerly: new Map<Bytes, Bytes>(), also: [host] },
    ...{ optionLines: [], judge: () => null, others, ...part },
  };
}

function planAdd({ host, options, like }: Extract<Move, { type: 'add' }>, context: PlanContext): Step {
  const { index, allowUnknown } = context;
  const taken = freshName(host, context);
  if (taken !== null) return refused(taken);
  const given: FormattedOption[] = [];
  for (const wanted of options) {
    const made = formatOption(wanted, index.question, index.answers.services, allowUnknown);
    if (made.type === 'refused') return refused(made.refusal);
    if (made.type === 'needs') return { type: 'tried', tried: made, keys: null };
    given.push(...made.formatted);
  }
  // The files have to be good as they are; that is said by their answer about anyone.
  const resolved = context.resolveFor(like ?? host);
  if (resolved.type !== 'answer') return { type: 'tried', tried: resolved, keys: null };
  if (like !== undefined && headersNaming(index, like, false).length === 0) return refused(absent(like));
  const lines = like === undefined ? [] : linesToCopy(index, resolved.answer, host);
  const texts = newBlockLines(given, lines);
  const keys = [...new Set(given.map(({ key }) => key))];
  const judges = keys.map((key): Judge => {
    const name = given.find((each) => each.key === key)?.name ?? key;
    return requireAsOnCommandLine({ key, name }, () => false);
  });
  const wants = given.map(({ name, value }) => `${name} ${value}`);
  const found = proveEdit(
    index,
    newHost(index, host, texts),
    goalFor(host, { optionLines: wants, judge: allOf(...judges) }),
  );
  return { type: 'tried', tried: found, keys: null };
}

function planRemove(host: Bytes, context: PlanContext): Step {
  const { index } = context;
  const resolved = context.resolveFor(index.unnamedHost());
  if (resolved.type !== 'answer') return { type: 'tried', tried: resolved, keys: null };
  const parts = headersNaming(index, host, false);
  if (parts.length === 0) return refused(absent(host));
  const managed = managedRefusal(parts);
  if (managed !== null) return refused(managed);
  const goal = goalFor(host, { targets: new Set(), free: new Set([host]), also: [] });
  return { type: 'tried', tried: proveEdit(index, [removeHost(parts, host)], goal), keys: null };
}

function planRename(from: Bytes, to: Bytes, context: PlanContext): Step {
  const { index } = context;
  const taken = freshName(to, context);
  if (taken !== null) return refused(taken);
  const resolved = context.resolveFor(from);
  if (resolved.type !== 'answer') return { type: 'tried', tried: resolved, keys: null };
  const parts = headersNaming(index, from, true);
  const positive = headersNaming(index, from, false);
  if (positive.length === 0) return refused(absent(from));
  const managed = managedRefusal(parts);
  if (managed !== null) return refused(managed);
  const server = serverOf(resolved.answer, from);
  const ordered = [...positive, ...parts.filter((part) => !positive.includes(part))];
  const splices = renameHost(ordered, from, to, server);
  const goal = goalFor(to, {
    free: new Set([from]),
    formerly: new Map([[to, from]]),
    judge: requireSameAsBefore,
  });
  return { type: 'tried', tried: proveEdit(index, [splices], goal), keys: null };
}

function planCopy(from: Bytes, to: Bytes, context: PlanContext): Step {
  const { index } = context;
  const taken = freshName(to, context);
  if (taken !== null) return refused(taken);
  const resolved = context.resolveFor(from);
  if (resolved.type !== 'answer') return { type: 'tried', tried: resolved, keys: null };
  if (headersNaming(index, from, false).length === 0) return refused(absent(from));
  const lines = linesToCopy(index, resolved.answer, to);
  const server = serverOf(resolved.answer, from);
  const texts = [
    ...(server === null ? [] : [`HostName ${quoteConfigWord(server)}`]),
    ...lines.map(({ text }) => text),
  ];
  const goal = goalFor(to, { formerly: new Map([[to, from]]), judge: requireSameAsBefore });
  return { type: 'tried', tried: proveEdit(index, newHost(index, to, texts), goal), keys: null };
}

/** The server's name, where it hangs on the name of the host: under another name it has to be written. */
function serverOf({ options, hostName }: ResolvedConfig, host: Bytes): Bytes | null {
  const [setting] = options.get('hostname')?.settings ?? [];
  if (setting === undefined) return host;
  return setting.value.type === 'word' && setting.value.word.includes('%h') ? hostName : null;
}
