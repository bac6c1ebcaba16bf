/** Blocks as a whole: new, gone, renamed, copied. */

import type { Bytes } from '../bytes.js';
import { inFileOrder } from '../explain/order.js';
import type { ResolvedConfig, Section } from '../resolve/resolvedconfig.js';
import { hopNames, validHostName } from '../values/jump.js';
import { blockBefore, insertBelow, lineText, removePart } from './blocks.js';
import type { EditRefusal, Spot } from './change.js';
import type { ConfigIndex } from './configindex.js';
import type { FormattedOption } from './formatoption.js';
import { quoteConfigWord } from './formatoption.js';
import type { Layout, Part } from './layout.js';
import { isOwn, newBlockCandidates, type PlaceCandidate } from './place.js';
import type { Splice } from './splices.js';

export const isHostPattern = (host: Bytes) => /[*?]/.test(host);

/** What cannot stand behind Host, or stands for nothing. */
export function invalidHost(index: ConfigIndex, host: Bytes): EditRefusal | null {
  const no = (reason: Bytes): EditRefusal => ({ type: 'name', host, reason });
  if (host === '' || /[\s"'\\,]/.test(host) || /^[#=!-]/.test(host))
    return no('it is no name that can stand behind Host');
  if (!isHostPattern(host))
    return validHostName(host, index.readingContext.rules) ? null : no('it has signs of the shell in it');
  if (host === '*') return null;
  const stands = [...index.members.values()].some(({ layout }) =>
    layout.parts.some((part) => part.kind === 'host' && part.words.some(({ text }) => text === host)),
  );
  return stands ? null : no('no Host line has that pattern');
}

/** The Host lines that name a host, without wildcards; `negated`: those with `!` in front of it too. */
export function headersNaming(index: ConfigIndex, name: Bytes, negated: boolean): readonly Part[] {
  const found: Part[] = [];
  for (const { layout } of index.members.values()) {
    if (!index.isEditable(layout.path)) continue;
    for (const part of layout.parts) {
      if (part.kind !== 'host') continue;
      if (part.words.some(({ text }) => text === name || (negated && text === `!${name}`))) found.push(part);
    }
  }
  return found;
}

export function spotOfPart(part: Part): Spot {
  return { file: part.layout.path, line: part.header + 1 };
}

/** The lines of other programs stay theirs. */
export function managedRefusal(parts: readonly Part[]): EditRefusal | null {
  for (const part of parts) {
    const region = part.layout.managedAt(part.header);
    if (region !== null) return { type: 'managed', at: spotOfPart(part), by: region.by };
  }
  return null;
}

/** A block for a new name. `texts`: its lines. */
export function newHost(index: ConfigIndex, name: Bytes, texts: readonly Bytes[]): readonly PlaceCandidate[] {
  const { main } = index;
  return main === null ? [] : newBlockCandidates(index, main, name, `Host ${name}`, texts);
}

/** The host's own blocks go, and its name goes from those that it shares. */
export function removeHost(parts: readonly Part[], name: Bytes): PlaceCandidate {
  const gone = parts.filter((part) => isOwn(part, name));
  const beside = ({ layout }: Part) => gone.filter((each) => each.layout === layout);
  return parts.flatMap((part): readonly Splice[] =>
    gone.includes(part) ? [removePart(part.layout, part, beside(part))] : withoutWord(part, name),
  );
}

function withoutWord({ layout, words }: Part, name: Bytes): readonly Splice[] {
  return words.flatMap((word, at) => {
    if (word.text !== name) return [];
    // The blank goes that is in front of it, of the first word the one behind.
    const next = words[at + 1];
    const leads = words.slice(0, at).every(({ text }) => text === name);
    const from = leads ? word.start : (words[at - 1]?.end ?? word.start);
    const to = leads ? (next?.start ?? word.end) : word.end;
    return [{ file: layout.path, from, to, text: '' }];
  });
}

/** The name becomes another one in every Host line. `hostName`: the server's name, where so far the host's was it. */
export function renameHost(
  parts: readonly Part[],
  from: Bytes,
  to: Bytes,
  hostName: Bytes | null,
): PlaceCandidate {
  const splices: Splice[] = [];
  for (const { layout, words } of parts) {
    for (const { text, start, end } of words) {
      const negated = text === `!${from}`;
      if (text !== from && !negated) continue;
      splices.push({
        file: layout.path,
        from: start,
        to: end,
        text: quoteConfigWord(negated ? `!${to}` : to),
      });
    }
  }
  if (hostName === null) return splices;
  const text = `HostName ${quoteConfigWord(hostName)}`;
  const own = parts.find((part) => isOwn(part, from));
  const [shared] = parts;
  if (own) splices.push(insertBelow(own.layout, own, own.header, [text]));
  else if (shared) {
    const block = blockBefore(shared.layout, shared.header, `Host ${to}`, [text]);
    if (block !== null) splices.push(block);
  }
  return splices;
}

/** The lines that make a host what it is and stand in blocks that do not apply to the other name, in order. */
export function linesToCopy(
  index: ConfigIndex,
  answer: ResolvedConfig,
  to: Bytes,
): readonly { key: string; text: Bytes }[] {
  const chosenLines = new Map<Layout, Set<number>>();
  for (const { settings } of answer.options.values()) {
    for (const { place } of settings) {
      const layout =
        place.source.kind === 'user file' ? index.members.get(place.source.file)?.layout : undefined;
      if (layout === undefined || place.line === 0) continue;
      const known = chosenLines.get(layout) ?? new Set();
      known.add(place.line - 1);
      chosenLines.set(layout, known);
    }
  }
  const applying = new Set(index.mayApply(to, new Set([to])));
  const texts: { key: string; text: Bytes }[] = [];
  for (const section of inOrder(answer.sections)) {
    const layout = index.members.get(section.source.file)?.layout;
    const chosen = layout && chosenLines.get(layout);
    if (!layout || !chosen) continue;
    for (let line = section.from; line < section.to; line += 1) {
      if (!chosen.delete(line)) continue;
      const part = layout.partAt(line);
      // What an Include inside a block brings, that block keeps from the other name.
      if ((part.universal || applying.has(part)) && index.isSettled(layout.path)) continue;
      const found = layout.optionsOf(part).find((each) => each.line === line);
      if (!found) continue;
      const { keyword, value } = found.option;
      texts.push({ key: found.key, text: layout.text.slice(keyword.start, value.end) });
    }
  }
  return texts;
}

function inOrder(sections: readonly Section[]): readonly Section[] {
  return inFileOrder(sections.filter(({ source }) => source.kind === 'user file'));
}

/** Lines of a new block: those given, then those of the other host that they do not overrule. */
export function newBlockLines(
  given: readonly FormattedOption[],
  like: readonly { readonly key: string; readonly text: Bytes }[],
): readonly Bytes[] {
  const taken = new Set(given.map(({ key }) => key));
  return [...given.map(lineText), ...like.filter(({ key }) => !taken.has(key)).map(({ text }) => text)];
}

/** A line that goes through a host by its name. */
export interface JumpLine {
  readonly at: Spot;
  /** As it stands: `ProxyJump gate`. */
  readonly text: Bytes;
}

/**
 * The ProxyJump lines with this host among their hops. They say what they said when the host is renamed or removed, so no
 * proof finds them; but the hop has lost its configuration.
 */
export function jumpsThrough(index: ConfigIndex, host: Bytes): readonly JumpLine[] {
  const found: JumpLine[] = [];
  for (const { layout } of index.members.values()) {
    for (const part of layout.parts) {
      for (const { key, line, option } of layout.optionsOf(part)) {
        if (key !== 'proxyjump') continue;
        const value = layout.text.slice(option.value.start, option.value.end);
        if (!hopNames(value.replaceAll('"', '')).includes(host)) continue;
        const text = layout.text.slice(option.keyword.start, option.value.end);
        found.push({ at: { file: layout.path, line: line + 1 }, text });
      }
    }
  }
  return found;
}
