import { lowerCase, matchPattern } from '../../text/pattern.js';
import type { Bytes } from '../bytes.js';
import { type Rules, rulesOf } from '../keywords/releases.js';
import { includePattern } from '../resolve/include.js';
import { matchHost } from '../resolve/match.js';
import type { SourceKind } from '../resolve/resolvedconfig.js';
import type { Answers, Need, ResolveInput } from '../resolve/resolveinput.js';
import { canonicalAddress } from '../values/canonicaladdress.js';
import { matchList } from '../values/lists.js';
import type { ReadingContext } from '../values/values.js';
import { type IncludeLine, type Layout, layoutOf, type Part } from './layout.js';

/** A file of the configuration, and the Include lines that lead to it. */
export interface Member {
  readonly layout: Layout;
  readonly kinds: ReadonlySet<SourceKind>;
  readonly sites: readonly IncludeLine[];
}

/** Names that no host has (RFC 2606), most likely first. */
const unnamedHosts = ['holdfast.invalid', 'q7z.invalid', 'zzz-holdfast', '0x-holdfast-0'];

/**
 * All files of a configuration, with an index of the blocks that may apply to a host. `mayApply` errs on the safe side: a
 * block that it leaves out does not apply to that host, in neither reading of the files, whatever commands say.
 */
export class ConfigIndex {
  readonly input: ResolveInput;
  readonly answers: Answers;
  readonly members: ReadonlyMap<Bytes, Member>;
  /** Files and patterns that are named and not known yet: nothing can be said before they are. */
  readonly needs: readonly Need[];
  /** The user's file, or that of -F. */
  readonly main: Layout | null;
  /** Are the files, or may they be, read a second time? */
  readonly secondReading: boolean;
  /** Can it hang on HostName, User or anything but the name which blocks apply? */
  readonly hasCriteria: boolean;
  readonly #literal = new Map<Bytes, Part[]>();
  readonly #wild: Part[] = [];
  readonly #matches: Part[] = [];
  readonly #tops: Part[] = [];
  readonly #domains: readonly Bytes[];
  #everyHostName: readonly Bytes[] | null = null;
  #settled: ReadonlyMap<Bytes, boolean> | null = null;
  #last: { readonly host: Bytes; readonly aliases: ReadonlySet<Bytes> } | null = null;

  constructor(input: ResolveInput, answers: Answers) {
    this.input = input;
    this.answers = answers;
    const needs = new Map<string, Need>();
    this.members = membersOf(input, answers, needs);
    this.needs = [...needs.values()];
    const { files } = input;
    const main = files.type === 'one' ? files.path : files.type === 'usual' ? files.user : null;
    this.main = main === null ? null : (this.members.get(main)?.layout ?? null);
    const domains: Bytes[] = [];
    let second = false;
    for (const { layout } of this.members.values()) {
      second ||= layout.canonical;
      domains.push(...layout.domains);
      for (const part of layout.parts) {
        second ||= part.final;
        this.#index(part);
      }
    }
    this.secondReading = second;
    this.#domains = domains;
    this.hasCriteria = second || this.#matches.some(({ universal }) => !universal);
  }

  /** How the lines of these files are read. */
  get readingContext(): ReadingContext & { readonly rules: Rules } {
    const { env, release, banner } = this.input.facts;
    const services = (name: Bytes) => this.answers.services.get(name) ?? null;
    return { env, services, onCommandLine: false, rules: rulesOf(release, banner) };
  }

  get tops(): readonly Part[] {
    return this.#tops;
  }

  /** Blocks that go by more than literal names. */
  get wildcards(): readonly Part[] {
    return [...this.#wild, ...this.#matches];
  }

  /** Names that Host and Match lines speak of, without wildcards; negated ones too. */
  names(): readonly Bytes[] {
    const names = new Set(this.#literal.keys());
    for (const part of this.wildcards) {
      for (const word of patternsIn(part)) {
        const bare = word.startsWith('!') ? word.slice(1) : word;
        if (bare !== '' && !/[*?]/.test(bare)) names.add(bare);
      }
    }
    return [...names];
  }

  /** A name that no pattern fits, as far as there is one; also none of those that a block negates. */
  unnamedHost(): Bytes {
    const patterns = this.wildcards
      .flatMap(patternsIn)
      .map((word) => (word.startsWith('!') ? word.slice(1) : word))
      .filter((word) => word !== '*' && /[*?]/.test(word));
    let best = { name: unnamedHosts[0] ?? '', fitting: Number.POSITIVE_INFINITY };
    for (const name of unnamedHosts) {
      const fitting = patterns.filter((pattern) => matchPattern(name, pattern)).length;
      if (fitting < best.fitting) best = { name, fitting };
    }
    return best.name;
  }

  /** Every name that patterns may be held against in a query for `host`. */
  aliasesOf(host: Bytes): ReadonlySet<Bytes> {
    const names = new Set([host, lowerCase(host)]);
    if (!this.hasCriteria) return names;
    const take = (written: Bytes) => {
      const name = written.replaceAll('%h', host).replaceAll('%%', '%');
      names.add(name);
      names.add(lowerCase(name));
    };
    for (const value of this.#hostNames()) take(value);
    for (const part of this.#hostParts(new Set([host]))) {
      for (const value of hostNamesIn(part)) take(value);
    }
    // The second reading has the canonical text of an address.
    for (const name of [...names]) {
      const address = canonicalAddress(name, 'any');
      if (address !== null) names.add(address);
    }
    for (const domain of this.#domains) for (const name of [...names]) names.add(`${name}.${domain}`);
    for (const answer of this.answers.names.values()) {
      if (answer.type === 'found' && answer.cname !== null) names.add(answer.cname.replace(/\.$/, ''));
    }
    return names;
  }

  /** Blocks that may apply to one of the names; what stands above all headers always may. */
  mayApply(host: Bytes, aliases: ReadonlySet<Bytes>): readonly Part[] {
    const names = [...aliases].map((name) => lowerCase(name));
    const matches = this.#matches.filter((part) => mayHold(part, lowerCase(host), names));
    return [...this.#hostParts(this.secondReading ? aliases : new Set([host])), ...matches, ...this.#tops];
  }

  /** May the part apply in a query for `host`? As `mayApply`, for one part. */
  mayReach(part: Part, host: Bytes): boolean {
    if (part.kind === 'top') return true;
    if (part.kind === 'host' && !this.secondReading) return applies(part, host);
    // Callers go through the parts of one host after the other.
    if (this.#last?.host !== host) this.#last = { host, aliases: this.aliasesOf(host) };
    const aliases = [...this.#last.aliases];
    if (part.kind === 'match') return mayHold(part, lowerCase(host), aliases.map(lowerCase));
    return aliases.some((name) => applies(part, name));
  }

  /** Does the part apply to the host typed, and no doubt about it? */
  surely(part: Part, host: Bytes): boolean {
    if (!this.isSettled(part.layout.path)) return false;
    return part.universal || (part.kind === 'host' && applies(part, host));
  }

  /** Is the file read for every host, and the part not inside an Include that hangs on something? */
  isSettled(path: Bytes): boolean {
    this.#settled ??= this.#settle();
    return this.#settled.get(path) ?? false;
  }

  /** Files that may be changed: the user's own, and what they include. */
  isEditable(path: Bytes): boolean {
    const kinds = this.members.get(path)?.kinds;
    return kinds?.size === 1 && kinds.has('user file');
  }

  #hostParts(names: ReadonlySet<Bytes>): readonly Part[] {
    const parts = new Set<Part>();
    for (const name of names) for (const part of this.#literal.get(name) ?? []) parts.add(part);
    for (const part of this.#wild) {
      for (const name of names) {
        if (!applies(part, name)) continue;
        parts.add(part);
        break;
      }
    }
    return [...parts];
  }

  #index(part: Part): void {
    if (part.kind === 'top') this.#tops.push(part);
    else if (part.kind === 'match') this.#matches.push(part);
    else if (part.words.some(({ text }) => /[*?!]/.test(text))) this.#wild.push(part);
    else {
      for (const { text } of part.words) {
        const known = this.#literal.get(text);
        if (known) known.push(part);
        else this.#literal.set(text, [part]);
      }
    }
  }

  /** What HostName may come to from blocks that do not go by the name alone. */
  #hostNames(): readonly Bytes[] {
    this.#everyHostName ??= [...this.#tops, ...this.#matches].flatMap(hostNamesIn);
    return this.#everyHostName;
  }

  #settle(): ReadonlyMap<Bytes, boolean> {
    const settled = new Map<Bytes, boolean>();
    const judge = (path: Bytes, depth: number): boolean => {
      const known = settled.get(path);
      if (known !== undefined) return known;
      const member = this.members.get(path);
      // Going in circles is an error of its own.
      if (!member || depth > this.members.size) return false;
      const judged = member.sites.every(({ part }) => part.universal && judge(part.layout.path, depth + 1));
      settled.set(path, judged);
      return judged;
    };
    for (const path of this.members.keys()) judge(path, 0);
    return settled;
  }
}

function applies(part: Part, name: Bytes): boolean {
  const [only] = part.words;
  // Most blocks are for one name.
  if (part.words.length === 1 && only && only.text !== name && !/[*?]/.test(only.text)) return false;
  const matched = matchHost(name, part.words, false);
  return matched !== 'empty' && matched.activity === 'yes';
}

function hostNamesIn(part: Part): readonly Bytes[] {
  const { layout } = part;
  return layout.optionsOf(part).flatMap(({ key, option }) => {
    if (key !== 'hostname') return [];
    const [word] = layout.wordsOf(option);
    return word === undefined ? [] : [word.text];
  });
}

/** What a header holds names against. */
export function patternsIn(part: Part): readonly Bytes[] {
  if (part.kind === 'host') return part.words.map(({ text }) => text);
  return [...listsOf(part)].flatMap(({ list }) => list);
}

/** The lists of `host` and `originalhost` in a Match line. */
function* listsOf(
  part: Part,
): Generator<{ name: string; negated: boolean; list: readonly Bytes[]; all: Bytes }> {
  for (let at = 0; at < part.words.length; at += 1) {
    const word = part.words[at]?.text ?? '';
    const negated = word.startsWith('!');
    const name = lowerCase(negated ? word.slice(1) : word);
    if (name === 'all' || name === 'canonical' || name === 'final') continue;
    at += 1;
    const all = part.words[at]?.text ?? '';
    if (name === 'host' || name === 'originalhost') yield { name, negated, list: all.split(','), all };
  }
}

function mayHold(part: Part, host: Bytes, names: readonly Bytes[]): boolean {
  for (const { name, negated, all } of listsOf(part)) {
    const subjects = name === 'originalhost' ? [host] : names;
    if (!negated && !subjects.some((subject) => matchList(subject, all, true) === 'matched')) return false;
  }
  return true;
}

function membersOf(
  input: ResolveInput,
  answers: Answers,
  needs: Map<string, Need>,
): ReadonlyMap<Bytes, Member> {
  const need = (each: Need) => needs.set(JSON.stringify(each), each);
  const members = new Map<Bytes, { layout: Layout; kinds: Set<SourceKind>; sites: IncludeLine[] }>();
  const { files, facts } = input;
  const visit = (path: Bytes, kind: SourceKind, site: IncludeLine | null): void => {
    const known = members.get(path);
    if (known) {
      if (site !== null && !known.sites.includes(site)) known.sites.push(site);
      if (known.kinds.has(kind)) return;
    }
    const file = answers.files.get(path);
    if (file === undefined) need({ type: 'file', path });
    if (file?.type !== 'file') return;
    const member = known ?? {
      layout: layoutOf(path, file, rulesOf(facts.release, facts.banner)),
      kinds: new Set(),
      sites: site === null ? [] : [site],
    };
    member.kinds.add(kind);
    members.set(path, member);
    for (const include of member.layout.includes) {
      for (const word of include.paths) {
        const found = includePattern(word, kind, facts, answers);
        if (found.type === 'needs') need(found.need);
        if (found.type !== 'pattern') continue;
        const paths = answers.globs.get(found.pattern);
        if (paths === undefined) need({ type: 'glob', pattern: found.pattern });
        for (const each of paths ?? []) visit(each, kind, include);
      }
    }
  };
  if (files.type === 'one') visit(files.path, 'user file', null);
  if (files.type === 'usual') {
    visit(files.user, 'user file', null);
    visit(files.system, 'system file', null);
  }
  return members;
}
