import { matchPattern } from '../../text/pattern.js';
import type { Bytes } from '../bytes.js';
import type { Keyword } from '../keywords/keyword.js';
import { type Rules, usualRules } from '../keywords/releases.js';
import { forwardKey } from '../values/forward.js';
import type { Value } from '../values/values.js';
import type { Loss, Place, Setting } from './resolvedconfig.js';

/** Of IdentityFile and of CertificateFile; of either list of known hosts; of either list for canonical names. */
const mostIdentities = 100;
const mostHostFiles = 32;
const mostDomains = 32;
/** ssh compares without end; thousands of `SendEnv -name` are refused. */
const mostComparisons = 10_000_000;

/** What one option has so far. Some options keep two values that are set on their own: the second is `KEY second`. */
interface Cell {
  settings: Setting[];
  lost: Loss[];
  undecided: Place[];
  /** Exact repetitions do not count: what is there already. */
  readonly seen: Map<string, Place>;
  /** Lines of the first reading come by again in the second. */
  readonly met: Set<number>;
}

/** A line that says something, with what it says. `K`: a keyword of ssh's, or of sshd's. */
export interface SettingLine<K> {
  readonly keyword: K;
  readonly value: Value;
  readonly second: Value | null;
  readonly place: Place;
}

interface NumberedLine extends SettingLine<Keyword> {
  /** Names the line, the same in both readings. */
  readonly line: number;
}

/** Why a line in force is refused, though it is well formed. */
export type Overflow = { readonly reason: string; readonly suggestion: string } | null;

/** All options of one input, while the lines come by: which line wins, and why the others lose. */
export class Settings {
  /** LocalForward and DynamicForward together, in order: ssh keeps them in one list. */
  readonly localForwards: Setting[] = [];
  readonly #cells = new Map<string, Cell>();
  readonly #closed = new Set<string>();
  #work = 0;
  readonly #rules: Rules;

  constructor(rules: Rules = usualRules) {
    this.#rules = rules;
  }

  cell(key: string): Readonly<Cell> {
    return this.#cell(key);
  }

  /** The value of an option where the first line wins; null: none yet. */
  first(key: string): Value | null {
    return this.#cells.get(key)?.settings[0]?.value ?? null;
  }

  word(key: string): Bytes | null {
    const value = this.first(key);
    return value?.type === 'word' ? value.word : null;
  }

  /** Could an undecided line have set it before? */
  isUncertain(key: string): boolean {
    const cell = this.#cells.get(key);
    return cell !== undefined && cell.undecided.length > 0;
  }

  /**
   * What decides about canonical names has its value after the first reading, be it the default: the second one cannot
   * set it (`fill_default_options_for_canonicalization` in readconf.c).
   */
  closeCanonical(): void {
    for (const key of ['canonicalizehostname', 'canonicalizemaxdots', 'canonicalizefallbacklocal']) {
      if (this.first(key) === null) this.#closed.add(key);
    }
  }

  /** A line whose block is undecided. It only matters where nothing is set yet, or where lines add up. */
  doubt(entry: NumberedLine): void {
    const { keyword, place, second } = entry;
    const keys = second === null ? [keyword.key] : [keyword.key, secondKey(keyword.key)];
    for (const key of keys) {
      const cell = this.#cell(key);
      const adds = keyword.combine === 'each' || keyword.combine === 'environment';
      if (cell.settings.length > 0 && !adds)
        this.#lose(cell, entry, 'shadowed', cell.settings[0]?.place ?? null);
      else if (!cell.met.has(entry.line)) {
        cell.met.add(entry.line);
        cell.undecided.push(place);
      }
    }
  }

  /** A line in force. */
  apply(entry: NumberedLine): Overflow {
    const { keyword, value, second } = entry;
    if (second !== null) this.#first(secondKey(keyword.key), { ...entry, value: second });
    switch (keyword.combine) {
      case 'each':
        return this.#each(entry);
      case 'list':
        return this.#list(entry);
      case 'environment':
        return value.type === 'words' ? this.#environment(entry, value.words) : null;
      case 'last':
      case 'trailing':
        this.#last(entry);
        return null;
      default:
        if (keyword.rival === null) this.#first(keyword.key, entry);
        else this.#beforeRival(entry, keyword.rival);
        return null;
    }
  }

  #first(key: string, entry: NumberedLine): void {
    const cell = this.#cell(key);
    if (entry.value.type === 'nothing') {
      this.#lose(cell, entry, 'empty', null);
      return;
    }
    const [winner] = cell.settings;
    if (winner) this.#lose(cell, entry, 'shadowed', winner.place);
    else if (this.#closed.has(key)) this.#lose(cell, entry, 'late', null);
    else this.#win(cell, entry, entry.value);
  }

  #last(entry: NumberedLine): void {
    const cell = this.#cell(entry.keyword.key);
    const [former] = cell.settings;
    if (former && former.place.line !== entry.place.line) {
      cell.lost.push({ place: former.place, why: 'shadowed', by: entry.place });
    }
    cell.settings = [{ place: entry.place, value: entry.value }];
  }

  /**
   * Whichever of ProxyJump and ProxyCommand comes first keeps the other out, `none` too (`oProxyCommand` and `parse_jump`
   * in readconf.c of 9.2). Later releases let a ProxyCommand follow `ProxyJump none`, and so does Debian's 9.2 from
   * deb12u10 on.
   */
  #beforeRival(entry: NumberedLine, rival: string): void {
    const { key } = entry.keyword;
    const other = this.#cells.get(rival)?.settings[0];
    const isNone = other?.value.type === 'jump' && other.value.jump === 'none';
    if (other && !(this.#rules.commandAfterNoJump && isNone)) {
      this.#lose(this.#cell(key), entry, 'displaced', other.place);
      return;
    }
    this.#first(key, entry);
  }

  #each(entry: NumberedLine): Overflow {
    const { keyword, value, place } = entry;
    const cell = this.#cell(keyword.key);
    const isFile = value.type === 'word';
    // Names given by the system's file and by the user's are not the same to ssh.
    const owner = place.source.kind === 'system file' ? 'system' : 'user';
    const identity =
      value.type === 'forward' ? forwardKey(value.forward) : isFile ? `${owner} ${value.word}` : '';
    if (isFile && cell.settings.length >= mostIdentities) {
      return {
        reason: `there are ${mostIdentities} of them already`,
        suggestion: `${mostIdentities} at most`,
      };
    }
    // A dynamic and a local forward share one list.
    const seen = keyword.key === 'dynamicforward' ? this.#cell('localforward').seen : cell.seen;
    const former = seen.get(identity);
    if (former) {
      this.#lose(cell, entry, 'duplicate', former);
    } else {
      seen.set(identity, place);
      this.#win(cell, entry, value);
      if (value.type === 'forward' && value.forward.side !== 'remote')
        this.localForwards.push({ place, value });
    }
    return null;
  }

  #list(entry: NumberedLine): Overflow {
    const { keyword, value } = entry;
    if (value.type !== 'words' || value.words.length === 0) return null;
    const cell = this.#cell(keyword.key);
    const [winner] = cell.settings;
    if (winner) {
      this.#lose(cell, entry, 'shadowed', winner.place);
      return null;
    }
    const most = keyword.form.type === 'files' ? mostHostFiles : mostDomains;
    // Since 10.0 only lists of files have an end.
    const bounded =
      keyword.form.type === 'files' ||
      (!this.#rules.moreTokens && ['domains', 'cnames'].includes(keyword.form.type));
    if (bounded && value.words.length > most) {
      return { reason: `it has ${value.words.length} words`, suggestion: `${most} at most` };
    }
    this.#win(cell, entry, value);
    return null;
  }

  #environment(entry: NumberedLine, names: readonly Bytes[]): Overflow {
    const cell = this.#cell(entry.keyword.key);
    for (const name of names) {
      if (!name.startsWith('-')) {
        cell.settings.push({ place: entry.place, value: { type: 'word', word: name } });
        continue;
      }
      const pattern = name.slice(1);
      this.#work += cell.settings.length;
      if (this.#work > mostComparisons) {
        return { reason: 'too many names are compared with too many patterns', suggestion: 'fewer of them' };
      }
      const kept: Setting[] = [];
      for (const setting of cell.settings) {
        const gone = setting.value.type === 'word' && matchPattern(setting.value.word, pattern);
        if (gone) cell.lost.push({ place: setting.place, why: 'removed', by: entry.place });
        else kept.push(setting);
      }
      cell.settings = kept;
    }
    return null;
  }

  #win(cell: Cell, entry: NumberedLine, value: Value): void {
    cell.met.add(entry.line);
    cell.settings.push({ place: entry.place, value });
  }

  #lose(cell: Cell, entry: NumberedLine, why: Loss['why'], by: Place | null): void {
    if (cell.met.has(entry.line)) return;
    cell.met.add(entry.line);
    cell.lost.push({ place: entry.place, why, by });
  }

  #cell(key: string): Cell {
    const found = this.#cells.get(key);
    if (found) return found;
    const cell: Cell = { settings: [], lost: [], undecided: [], seen: new Map(), met: new Set() };
    this.#cells.set(key, cell);
    return cell;
  }
}

/** Where the second value of ForwardAgent (its path) and of RekeyLimit (its time) is kept. */
export function secondKey(key: string): string {
  return `${key} second`;
}
