import type { Bytes } from '../bytes.js';
import { keywordOf } from '../keywords/keywords.js';
import type { Rules } from '../keywords/releases.js';
import type { FileAnswer } from '../resolve/resolveinput.js';
import { isComment, type Lines, type Option } from '../syntax/lines.js';
import type { Word } from '../syntax/linewords.js';
import { wordsOf } from '../syntax/optionwords.js';
import { plainHost } from '../syntax/plainlines.js';
import { indexOfFile } from '../syntax/statements.js';
import { type ManagedRegion, managedRegions } from './managedblock.js';

/** The lines under one header of a file, or those above the first one (`top`). Numbers of lines from 0. */
export interface Part {
  readonly layout: Layout;
  readonly index: number;
  readonly kind: 'top' | 'host' | 'match';
  /** -1 for `top`. */
  readonly header: number;
  /** Up to, not including. The first is `header + 1`. */
  readonly to: number;
  /** Patterns of Host; the criteria of Match and their values. */
  readonly words: readonly Word[];
  /** It applies to everything: `Host *`, `Match all`, and what stands above all headers. */
  readonly universal: boolean;
  /** Its header asks for a second reading. */
  readonly final: boolean;
}

/** A line with an option, where it stands. */
export interface OptionLine {
  readonly line: number;
  readonly option: Option;
  /** The option that it sets, aliases folded; the name as written, in lower case, where ssh knows none. */
  readonly key: string;
}

export interface IncludeLine {
  readonly part: Part;
  readonly line: number;
  readonly paths: readonly Bytes[];
}

type File = Extract<FileAnswer, { text: Bytes }>;

const layouts = new WeakMap<File, Layout>();

/** The layout of a file, found once. `rules`: of the release that reads it. */
export function layoutOf(path: Bytes, file: File, rules: Rules): Layout {
  const known = layouts.get(file);
  if (known?.path === path && known.rules === rules) return known;
  const layout = new Layout(path, file, rules);
  layouts.set(file, layout);
  return layout;
}

/**
 * The blocks of a file. Only lines that may shape it are looked into; the others when a caller asks for the options of
 * their block.
 */
export class Layout {
  readonly path: Bytes;
  readonly text: Bytes;
  readonly rules: Rules;
  readonly lines: Lines;
  readonly parts: readonly Part[];
  /** Those whose header asks for a second reading. */
  readonly finals: readonly Part[];
  readonly includes: readonly IncludeLine[];
  /** Values of CanonicalDomains; null: there is no CanonicalizeHostname in the file. */
  readonly canonical: boolean;
  readonly domains: readonly Bytes[];
  readonly #options: (readonly OptionLine[] | undefined)[] = [];
  #managed: readonly ManagedRegion[] | null = null;

  constructor(path: Bytes, file: File, rules: Rules) {
    this.path = path;
    this.rules = rules;
    this.text = file.text;
    this.lines = indexOfFile(file);
    const parts: Part[] = [];
    const found: { line: number; part: number; option: Option }[] = [];
    const domains: Bytes[] = [];
    let canonical = false;
    let header = -1;
    let kind: Part['kind'] = 'top';
    let words: readonly Word[] = [];
    const open = (at: number, next: Part['kind'], its: readonly Word[]) => {
      parts.push(this.#part(parts.length, header, at, kind, words));
      header = at;
      kind = next;
      words = its;
    };
    for (let at = 0; at < this.lines.count; at += 1) {
      const start = this.lines.startOf(at);
      if (!mayShape(this.text, start)) continue;
      const host = plainHost(this.text, start);
      if (host !== null) {
        open(at, 'host', [{ text: host.name, start: host.at, end: host.at + host.name.length }]);
        continue;
      }
      const here = this.lines.optionAt(at);
      if (here === null) continue;
      const { name } = here;
      if (name === 'host' || name === 'match') open(at, name, this.wordsOf(here));
      else if (name === 'include') found.push({ line: at, part: parts.length, option: here });
      else if (name === 'canonicalizehostname' || name === 'canonicalizepermittedcnames') canonical = true;
      else if (name === 'canonicaldomains') domains.push(...this.wordsOf(here).map(({ text }) => text));
    }
    open(this.lines.count, kind, words);
    this.parts = parts;
    this.finals = parts.filter(({ final }) => final);
    this.canonical = canonical;
    this.domains = domains;
    this.includes = found.flatMap(({ line, part: index, option: include }) => {
      const part = parts[index];
      const paths = this.wordsOf(include).flatMap(({ text }) => (text === '' ? [] : [text]));
      return part === undefined ? [] : [{ part, line, paths }];
    });
  }

  /** The part that a line belongs to; a header belongs to its own. */
  partAt(line: number): Part {
    let low = 0;
    let high = this.parts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((this.parts[middle]?.header ?? 0) <= line) low = middle;
      else high = middle - 1;
    }
    const part = this.parts[low];
    if (part === undefined) throw new RangeError(`no part at line ${line}`);
    return part;
  }

  /** The lines with options of a part, without its header. */
  optionsOf(part: Part): readonly OptionLine[] {
    const known = this.#options[part.index];
    if (known) return known;
    const options: OptionLine[] = [];
    for (let line = part.header + 1; line < part.to; line += 1) {
      const option = this.lines.optionAt(line);
      if (option !== null) options.push({ line, option, key: keyOfName(option.name) });
    }
    this.#options[part.index] = options;
    return options;
  }

  /** The words of a line, as the release reads them. */
  wordsOf(option: Option): readonly Word[] {
    return wordsOf(this.text, option, this.rules);
  }

  get managed(): readonly ManagedRegion[] {
    this.#managed ??= managedRegions(this.text, this.lines);
    return this.#managed;
  }

  /** The lines of another program that a line is one of. */
  managedAt(line: number): ManagedRegion | null {
    return this.managed.find(({ from, to }) => line >= from && line < to) ?? null;
  }

  startOf(line: number): number {
    return line >= this.lines.count ? this.text.length : this.lines.startOf(line);
  }

  /** A line without white space around it. */
  textOf(line: number): Bytes {
    const { start, end } = this.lines.at(line);
    return this.text.slice(start, end).trim();
  }

  isComment(line: number): boolean {
    return line >= 0 && line < this.lines.count && isComment(this.text, this.lines.at(line));
  }

  isBlank(line: number): boolean {
    if (line < 0 || line >= this.lines.count) return false;
    const { start, end } = this.lines.at(line);
    return /^[ \t\r\f]*$/.test(this.text.slice(start, end));
  }

  #part(index: number, header: number, to: number, kind: Part['kind'], words: readonly Word[]): Part {
    const texts = words.map(({ text }) => text);
    const universal =
      kind === 'top' ||
      (kind === 'host'
        ? texts.includes('*') && !texts.some((text) => text.startsWith('!'))
        : texts.length === 1 && texts[0]?.toLowerCase() === 'all');
    const final = kind === 'match' && texts.some((text) => /^!?final$/i.test(text));
    return { layout: this, index, kind, header, to, words, universal, final };
  }
}

/**
 * May the line give the file its shape: Host, Match, Include, Canonicalize...? A look at the first letter and the length
 * of the first word, which errs on the safe side.
 */
function mayShape(text: Bytes, start: number): boolean {
  let at = start;
  let code = text.charCodeAt(at);
  while (code === 0x20 || code === 0x09 || code === 0x0d || code === 0x3d) code = text.charCodeAt(++at);
  const letter = code | 0x20;
  // "
  if (code === 0x22) return true;
  const length = letter === 0x68 ? 4 : letter === 0x6d ? 5 : letter === 0x69 ? 7 : 0;
  // c
  if (length === 0) return letter === 0x63 && (text.charCodeAt(at + 1) | 0x20) === 0x61;
  const after = text.charCodeAt(at + length) | 0x20;
  // A letter: the word is longer, and another one.
  return !(after >= 0x61 && after <= 0x7a);
}

function keyOfName(name: Bytes): string {
  return keywordOf(name)?.key ?? name;
}
