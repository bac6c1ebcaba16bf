import { type Bytes, textOf } from '../bytes.js';
import type { Activity, Block, Pass, Place, ResolvedConfig, Source } from '../resolve/resolvedconfig.js';

/** A line of a file, for people and programs. */
export interface Where {
  /** As ssh says it; `command line` for what was given with the command. */
  readonly file: string;
  /** From 1; 0 for the command line. */
  readonly line: number;
  /** The Includes that led to the file, from the main file inwards. */
  readonly includes: readonly { readonly file: string; readonly line: number }[];
}

/** A Host or Match line and whether its lines count. */
export interface BlockStory extends Where {
  /** As written: `Host db web`. */
  readonly header: string;
  readonly applies: Activity;
  /** Which pattern or criterion decided. */
  readonly why: string;
}

/** A line that says something about an option. */
export interface LineStory extends Where {
  /** As written, without white space around it; for the command line what stands after -o. Null: it is not known. */
  readonly text: string | null;
  /** Null: above the first Host or Match. */
  readonly block: BlockStory | null;
  /** In which reading of the files; there is a second one (`final`) only for `Match final` and CanonicalizeHostname. */
  readonly pass: Pass;
  /** The keyword as written where it is another name of the option: `KeepAlive`. */
  readonly alias: string | null;
}

export function fileOf(source: Source): string {
  return source.kind === 'command line' ? 'command line' : textOf(source.file);
}

/** `file:line`, or `the command line`. */
export function spotText({ file, line }: Pick<Where, 'file' | 'line'>): string {
  return line === 0 && file === 'command line' ? 'the command line' : `${file}:${line}`;
}

type Site = Pick<Where, 'file' | 'includes'>;

const sites = new WeakMap<Source, Site>();

export function whereOf(source: Source, line: number): Where {
  let site = sites.get(source);
  if (!site) {
    const includes = source.includes.map((each) => ({ file: textOf(each.file), line: each.line }));
    site = { file: fileOf(source), includes };
    sites.set(source, site);
  }
  return { ...site, line };
}

const chains = new WeakMap<Where['includes'], string>();

/** Names a line among those of one answer. The lines of one file share their chain of Includes. */
export function whereKey({ file, line, includes }: Where): string {
  const chain = chains.get(includes) ?? JSON.stringify(includes);
  chains.set(includes, chain);
  return `${line} ${file}\0${chain}`;
}

const stories = new WeakMap<Block, BlockStory>();

/** One story for all lines of a block: there may be thousands of each. */
export function blockStory(block: Block): BlockStory {
  const known = stories.get(block);
  if (known) return known;
  const { source, line, header, activity, why } = block;
  const lines = { ...whereOf(source, line), header: textOf(header), applies: activity, why: textOf(why) };
  stories.set(block, lines);
  return lines;
}

/** Points at the lines of one answer. */
export class Pointer {
  readonly #texts = new Map<Source, Bytes>();

  constructor(answer: Pick<ResolvedConfig, 'sections'>) {
    for (const { source, text } of answer.sections) this.#texts.set(source, text);
  }

  line(place: Place, name: string): LineStory {
    const text = place.source.option ?? this.#texts.get(place.source);
    return {
      ...whereOf(place.source, place.line),
      text: text === undefined ? null : trimmed(text, place.span.start, place.span.end),
      block: place.block === null ? null : blockStory(place.block),
      pass: place.pass,
      alias: aliasOf(place.written, name),
    };
  }
}

export function trimmed(text: Bytes, start: number, end: number): string {
  return textOf(text.slice(start, end)).replace(/^\s+|\s+$/g, '');
}

/** The keyword as written, where it is another name. */
export function aliasOf(written: Bytes, name: string): string | null {
  const word = textOf(written);
  return word.toLowerCase() === name.toLowerCase() ? null : word;
}

/** The same line in either reading. */
export function lineKey(source: Source, line: number): string {
  const chain = source.includes.map((site) => `${site.file}\0${site.line}`);
  return [source.kind, ...chain, source.file, line].join('\0');
}
