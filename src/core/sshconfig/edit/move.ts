/** Hosts as a whole: add, remove, rename, copy. */

import type { Bytes } from '../bytes.js';
import type { ResolvedConfig } from '../resolve/resolvedconfig.js';
import type { Change, EditRefusal } from './change.js';
import { asFormerly, asOnCommandLine, both, type Judge } from './compareresults.js';
import { firstProved, type Goal, others } from './editattempt.js';
import { type FormattedOption, formatOption, quoted } from './formatoption.js';
import {
  blockLines,
  headersNaming,
  linesMaking,
  managedRefusal,
  newHost,
  removal,
  renaming,
  spotOfPart,
} from './hostedits.js';
import { strangeHost } from './optionplan.js';
import type { PlanContext, Step } from './planedits.js';

type Move = Exclude<Change, { readonly option: Bytes }>;

const refused = (refusal: EditRefusal): Step => ({
  type: 'tried',
  tried: { type: 'refused', refusal },
  keys: null,
});

export function moved(change: Move, scene: PlanContext): Step {
  switch (change.type) {
    case 'add':
      return adding(change, scene);
    case 'remove':
      return removing(change.host, scene);
    case 'rename':
      return renamingHost(change.from, change.to, scene);
    case 'copy':
      return copying(change.from, change.to, scene);
  }
}

/** A name that a new block may have: no pattern, and no block has it. */
function freshName(host: Bytes, { index }: PlanContext): EditRefusal | null {
  if (/[*?]/.test(host)) return { type: 'name', host, reason: 'it is a pattern' };
  const strange = strangeHost(index, host);
  if (strange !== null) return strange;
  const [known] = headersNaming(index, host, false);
  return known ? { type: 'exists', host, at: spotOfPart(known) } : null;
}

function absent(host: Bytes): EditRefusal {
  return { type: 'absent', host, what: 'no Host line that may be changed has that name' };
}

function aim(host: Bytes, part: Partial<Goal>): Goal {
  return {
    ...{ targets: new Set([host]), free: new Set<Bytes>(), formerly: new Map<Bytes, Bytes>(), also: [host] },
    ...{ wants: [], judge: () => null, others, ...part },
  };
}

function adding({ host, options, like }: Extract<Move, { type: 'add' }>, scene: PlanContext): Step {
  const { index, allowUnknown } = scene;
  const taken = freshName(host, scene);
  if (taken !== null) return refused(taken);
  const given: FormattedOption[] = [];
  for (const wanted of options) {
    const made = formatOption(wanted, index.question, index.answers.services, allowUnknown);
    if (made.type === 'refused') return refused(made.refusal);
    if (made.type === 'needs') return { type: 'tried', tried: made, keys: null };
    given.push(...made.formatOption);
  }
  // The files have to be good as they are; that is said by their answer about anyone.
  const resolved = scene.ask(like ?? host);
  if (resolved.type !== 'answer') return { type: 'tried', tried: resolved, keys: null };
  if (like !== undefined && headersNaming(index, like, false).length === 0) return refused(absent(like));
  const lines = like === undefined ? [] : linesMaking(index, resolved.answer, host);
  const texts = blockLines(given, lines);
  const keys = [...new Set(given.map(({ key }) => key))];
  const judges = keys.map((key): Judge => {
    const name = given.find((each) => each.key === key)?.name ?? key;
    return asOnCommandLine({ key, name }, () => false);
  });
  const wants = given.map(({ name, value }) => `${name} ${value}`);
  const found = firstProved(index, newHost(index, host, texts), aim(host, { wants, judge: both(...judges) }));
  return { type: 'tried', tried: found, keys: null };
}

function removing(host: Bytes, scene: PlanContext): Step {
  const { index } = scene;
  const resolved = scene.ask(index.nobody());
  if (resolved.type !== 'answer') return { type: 'tried', tried: resolved, keys: null };
  const parts = headersNaming(index, host, false);
  if (parts.length === 0) return refused(absent(host));
  const managed = managedRefusal(parts);
  if (managed !== null) return refused(managed);
  const whom = aim(host, { targets: new Set(), free: new Set([host]), also: [] });
  return { type: 'tried', tried: firstProved(index, [removal(parts, host)], whom), keys: null };
}

function renamingHost(from: Bytes, to: Bytes, scene: PlanContext): Step {
  const { index } = scene;
  const taken = freshName(to, scene);
  if (taken !== null) return refused(taken);
  const resolved = scene.ask(from);
  if (resolved.type !== 'answer') return { type: 'tried', tried: resolved, keys: null };
  const parts = headersNaming(index, from, true);
  const positive = headersNaming(index, from, false);
  if (positive.length === 0) return refused(absent(from));
  const managed = managedRefusal(parts);
  if (managed !== null) return refused(managed);
  const server = serverOf(resolved.answer, from);
  const ordered = [...positive, ...parts.filter((part) => !positive.includes(part))];
  const splices = renaming(ordered, from, to, server);
  const whom = aim(to, { free: new Set([from]), formerly: new Map([[to, from]]), judge: asFormerly });
  return { type: 'tried', tried: firstProved(index, [splices], whom), keys: null };
}

function copying(from: Bytes, to: Bytes, scene: PlanContext): Step {
  const { index } = scene;
  const taken = freshName(to, scene);
  if (taken !== null) return refused(taken);
  const resolved = scene.ask(from);
  if (resolved.type !== 'answer') return { type: 'tried', tried: resolved, keys: null };
  if (headersNaming(index, from, false).length === 0) return refused(absent(from));
  const lines = linesMaking(index, resolved.answer, to);
  const server = serverOf(resolved.answer, from);
  const texts = [
    ...(server === null ? [] : [`HostName ${quoted(server)}`]),
    ...lines.map(({ text }) => text),
  ];
  const whom = aim(to, { formerly: new Map([[to, from]]), judge: asFormerly });
  return { type: 'tried', tried: firstProved(index, newHost(index, to, texts), whom), keys: null };
}

/** The server's name, where it hangs on the name of the host: under another name it has to be written. */
function serverOf({ options, hostName }: ResolvedConfig, host: Bytes): Bytes | null {
  const [setting] = options.get('hostname')?.settings ?? [];
  if (setting === undefined) return host;
  return setting.value.type === 'word' && setting.value.word.includes('%h') ? hostName : null;
}
