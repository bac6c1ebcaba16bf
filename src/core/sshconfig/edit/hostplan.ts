/** Hosts as a whole: add, remove, rename, copy. */

import type { Bytes } from '../bytes.js';
import type { ResolvedConfig } from '../resolve/resolvedconfig.js';
import type { Change, EditRefusal } from './change.js';
import { allOf, type Judge, requireAsOnCommandLine, requireSameAsBefore } from './compareresults.js';
import { type PlanContext, refuse, type Step } from './editstep.js';
import { type FormattedOption, formatOption, quoteConfigWord } from './formatoption.js';
import {
  headersNaming,
  invalidHost,
  isHostPattern,
  linesToCopy,
  managedRefusal,
  newBlockLines,
  newHost,
  removeHost,
  renameHost,
  spotOfPart,
} from './hostedits.js';
import type { PlaceCandidate } from './place.js';
import { type Goal, others } from './proveedit.js';

type HostsChange = Exclude<Change, { readonly option: Bytes }>;

/** Which splices add, remove, rename or copy a host. */
export function planHost(change: HostsChange, context: PlanContext): Step {
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
  if (isHostPattern(host)) return { type: 'name', host, reason: 'it is a pattern' };
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
    targets: new Set([host]),
    free: new Set(),
    formerly: new Map(),
    also: [host],
    optionLines: [],
    judge: () => null,
    others,
    ...part,
  };
}

function propose(candidates: readonly PlaceCandidate[], goal: Goal): Step {
  return { type: 'proposal', candidates, goal, keys: null };
}

function planAdd({ host, options, like }: Extract<HostsChange, { type: 'add' }>, context: PlanContext): Step {
  const { index, allowUnknown } = context;
  const taken = freshName(host, context);
  if (taken !== null) return refuse(taken);
  const given: FormattedOption[] = [];
  for (const edited of options) {
    const made = formatOption(edited, index.input, index.answers.services, allowUnknown);
    if (made.type !== 'formatted') return made;
    given.push(...made.formatted);
  }
  // The files have to be good as they are; that is said by their answer about anyone.
  const resolved = context.resolveFor(like ?? host);
  if (resolved.type !== 'answer') return resolved;
  if (like !== undefined && headersNaming(index, like, false).length === 0) return refuse(absent(like));
  const lines = like === undefined ? [] : linesToCopy(index, resolved.answer, host);
  const texts = newBlockLines(given, lines);
  const keys = [...new Set(given.map(({ key }) => key))];
  const judges = keys.map((key): Judge => {
    const name = given.find((each) => each.key === key)?.name ?? key;
    return requireAsOnCommandLine({ key, name }, () => false);
  });
  const wants = given.map(({ name, value }) => `${name} ${value}`);
  const goal = goalFor(host, { optionLines: wants, judge: allOf(...judges) });
  return propose(newHost(index, host, texts), goal);
}

function planRemove(host: Bytes, context: PlanContext): Step {
  const { index } = context;
  const resolved = context.resolveFor(index.unnamedHost());
  if (resolved.type !== 'answer') return resolved;
  const parts = headersNaming(index, host, false);
  if (parts.length === 0) return refuse(absent(host));
  const managed = managedRefusal(parts);
  if (managed !== null) return refuse(managed);
  const goal = goalFor(host, { targets: new Set(), free: new Set([host]), also: [] });
  return propose([removeHost(parts, host)], goal);
}

function planRename(from: Bytes, to: Bytes, context: PlanContext): Step {
  const { index } = context;
  const taken = freshName(to, context);
  if (taken !== null) return refuse(taken);
  const resolved = context.resolveFor(from);
  if (resolved.type !== 'answer') return resolved;
  const parts = headersNaming(index, from, true);
  const positive = headersNaming(index, from, false);
  if (positive.length === 0) return refuse(absent(from));
  const managed = managedRefusal(parts);
  if (managed !== null) return refuse(managed);
  const server = serverOf(resolved.answer, from);
  const ordered = [...positive, ...parts.filter((part) => !positive.includes(part))];
  const splices = renameHost(ordered, from, to, server);
  const goal = goalFor(to, {
    free: new Set([from]),
    formerly: new Map([[to, from]]),
    judge: requireSameAsBefore,
  });
  return propose([splices], goal);
}

function planCopy(from: Bytes, to: Bytes, context: PlanContext): Step {
  const { index } = context;
  const taken = freshName(to, context);
  if (taken !== null) return refuse(taken);
  const resolved = context.resolveFor(from);
  if (resolved.type !== 'answer') return resolved;
  if (headersNaming(index, from, false).length === 0) return refuse(absent(from));
  const lines = linesToCopy(index, resolved.answer, to);
  const server = serverOf(resolved.answer, from);
  const texts = [
    ...(server === null ? [] : [`HostName ${quoteConfigWord(server)}`]),
    ...lines.map(({ text }) => text),
  ];
  const goal = goalFor(to, { formerly: new Map([[to, from]]), judge: requireSameAsBefore });
  return propose(newHost(index, to, texts), goal);
}

/** The server's name, where it hangs on the name of the host: under another name it has to be written. */
function serverOf({ options, hostName }: ResolvedConfig, host: Bytes): Bytes | null {
  const [setting] = options.get('hostname')?.settings ?? [];
  if (setting === undefined) return host;
  return setting.value.type === 'word' && setting.value.word.includes('%h') ? hostName : null;
}
