import type { Bytes } from '../bytes.js';
import { noOption } from '../explain/refused.js';
import type { Keyword } from '../keywords/keyword.js';
import { idleness } from '../keywords/keywords.js';
import { type Rules, rulesOf } from '../keywords/releases.js';
import { type Line, type Option, optionOf } from '../syntax/lines.js';
import type { Span, Word } from '../syntax/linewords.js';
import { plainHost } from '../syntax/plainlines.js';
import { indexOfFile, type Statement } from '../syntax/statements.js';
import { matchList } from '../values/lists.js';
import { type Frame, placeOfLine, Stretch } from './frame.js';
import { Headers } from './headers.js';
import { deepest, includePattern, mostLines, permissionFault } from './include.js';
import { KnownLines } from './knownlines.js';
import { noMatch } from './match.js';
import type {
  Block,
  IncludeSite,
  Pass,
  Refusal,
  Section,
  Source,
  SourceKind,
  Warning,
} from './resolvedconfig.js';
import type { Answers, FileAnswer, Need, ResolveInput } from './resolveinput.js';
import { Settings } from './settings.js';
import { Surroundings } from './surroundings.js';

/**
 * Goes through the command line and the files as ssh does, and hands what it finds to `settings`. It stops at the first
 * thing it must know first (`needs`), and where ssh would stop (`stopped`).
 */
export class Reader {
  readonly settings: Settings;
  readonly surroundings: Surroundings;
  readonly rules: Rules;
  readonly errors: Refusal[] = [];
  readonly warnings: Warning[] = [];
  readonly sections: Section[] = [];
  readonly undecided: Block[] = [];
  needs: readonly Need[] = [];
  stopped = false;
  wantsFinal = false;
  readonly #input: ResolveInput;
  readonly #answers: Answers;
  readonly #headers: Headers;
  readonly #known: KnownLines;
  #pass: Pass = 'first';
  /** The name that Host lines see: as typed, in the second reading where ssh would connect to. Null: undecided. */
  #host: Bytes | null;
  #lines = 0;

  constructor(input: ResolveInput, answers: Answers) {
    this.#input = input;
    this.#answers = answers;
    this.#host = input.host;
    this.rules = rulesOf(input.facts.release, input.facts.banner);
    this.settings = new Settings(this.rules);
    this.surroundings = new Surroundings(input, this.settings);
    this.#headers = new Headers(input, answers, this.surroundings);
    this.#known = new KnownLines(input, answers, this.rules);
  }

  /** What Host lines are held against. */
  get #name(): Bytes | null {
    return this.#pass === 'final' ? this.#host : this.#input.host;
  }

  /** Nothing more is read: something is missing, or ssh would have stopped. */
  get halted(): boolean {
    return this.stopped || this.needs.length > 0;
  }

  /** One -o: it stands for itself, and a fault in it ends everything. */
  readOption(text: Bytes): void {
    const source: Source = { kind: 'command line', file: 'command-line', includes: [], option: text };
    const option = optionOf(text, 0, text.length);
    if (option === null) return;
    const line: Line = { number: 0, start: 0, end: text.length, next: text.length, option };
    const frame: Frame = {
      source,
      text,
      firstId: this.#known.numbers(1),
      never: false,
      depth: 0,
      activity: 'yes',
      block: null,
    };
    this.#line(frame, line, option);
    if (this.errors.length > 0) this.stopped = true;
  }

  readMainFiles(): void {
    const { files } = this.#input;
    if (files.type === 'one') this.#main(files.path, 'user file', false, true);
    if (files.type !== 'usual') return;
    this.#main(files.user, 'user file', true, false);
    if (!this.halted) this.#main(files.system, 'system file', false, false);
  }

  /** Everything again, with the name that ssh would connect to. */
  readAgain(host: Bytes | null): void {
    this.#pass = 'final';
    this.#host = host;
    this.settings.closeCanonical();
    this.readMainFiles();
  }

  refuse(
    file: Bytes | null,
    line: number,
    span: Span | null,
    reason: string,
    suggestion: string | null,
  ): void {
    this.errors.push({ file, line, span, reason, suggestion });
  }

  #main(path: Bytes, kind: SourceKind, checked: boolean, demanded: boolean): void {
    const file = this.#answers.files.get(path);
    if (file === undefined) {
      this.needs = [{ type: 'file', path }];
      return;
    }
    if (demanded && (file.type === 'missing' || file.type === 'unreadable')) {
      const why = file.type === 'missing' ? 'there is no such file' : file.reason;
      this.#fatal(path, 0, null, `it cannot be opened: ${why}`, 'a file that you may read');
      return;
    }
    const source: Source = { kind, file: path, includes: [] };
    this.#file(file, { source, never: false, depth: 0, checked, activity: 'yes', block: null });
  }

  /** False: it could not be opened. */
  #file(file: FileAnswer, how: Omit<Frame, 'text' | 'firstId'> & { readonly checked: boolean }): boolean {
    if (file.type === 'missing' || file.type === 'unreadable') return false;
    const { source } = how;
    if (how.checked) {
      const fault = permissionFault(file, this.#input.facts.uid);
      if (fault !== null) {
        this.#fatal(source.file, 0, null, fault.reason, fault.wanted);
        return true;
      }
    }
    if (file.type === 'directory') return true;
    const lines = indexOfFile(file);
    const frame: Frame = { ...how, text: file.text, firstId: this.#known.firstId(file, lines.count) };
    const before = this.errors.length;
    let from = 0;
    const section = (to: number) => {
      if (to === from) return;
      const { block, activity } = frame;
      this.sections.push(new Stretch(source, this.#pass, block, activity, lines, from, to));
      from = to;
    };
    this.#lines += lines.count;
    if (this.#lines > mostLines) {
      this.#fatal(source.file, 0, null, `more than ${mostLines} lines with all Includes`, 'fewer Includes');
      return true;
    }
    for (let at = 0; at < lines.count; at += 1) {
      if (frame.activity === 'no' && this.#known.isIdle(lines, at)) continue;
      const other = frame.never || this.#name === null ? null : plainHost(file.text, lines.startOf(at));
      if (other !== null && other.name !== this.#name) {
        section(at);
        const { header } = other;
        this.#enter(frame, { kind: 'host', source, line: at + 1, header, activity: 'no', why: noMatch });
        continue;
      }
      const line = lines.at(at);
      if (line.option === null) continue;
      const { name } = line.option;
      if (name === 'host' || name === 'match') section(at);
      this.#line(frame, line, line.option);
      if (this.halted) return true;
    }
    section(lines.count);
    // Faults of a file end everything at its end; what includes it is not looked at any more.
    if (this.errors.length > before) this.stopped = true;
    return true;
  }

  #line(frame: Frame, line: Line, option: Option): void {
    const statement = this.#known.statement(frame, line, option);
    const { source } = frame;
    switch (statement.type) {
      case 'service':
        this.needs = [{ type: 'service', name: statement.name }];
        return;
      case 'fault':
        this.#fault(frame, line, option, statement.reason, statement.wanted);
        if (statement.fatal) this.stopped = true;
        return;
      case 'unknown':
        this.#unknown(frame, line, option);
        return;
      case 'structure':
        if (source.kind === 'command line') {
          const reason = `${statement.keyword.name} stands on the command line`;
          this.#fault(frame, line, option, reason, 'it in a file');
          return;
        }
        this.#structure(frame, line, option, statement.keyword, statement.words);
        if (statement.extra != null && !this.halted) this.#extra(frame, line, option, statement.extra);
        return;
      case 'value':
        this.#value(frame, line, option, statement);
        if (statement.extra !== null) this.#extra(frame, line, option, statement.extra);
    }
  }

  #extra(frame: Frame, line: Line, option: Option, word: Bytes): void {
    const reason = `${JSON.stringify(word)} is one word too many`;
    this.#fault(frame, line, option, reason, 'one value, in quotes if it has blanks');
  }

  #value(frame: Frame, line: Line, option: Option, statement: Extract<Statement, { type: 'value' }>): void {
    const { keyword, reading } = statement;
    if (keyword.form.type === 'ignored') {
      const why = idleness(keyword.key);
      if (why) this.#warn(frame, line, option, why);
      return;
    }
    const anywhere = keyword.combine === 'leading' || keyword.combine === 'trailing';
    if (frame.activity === 'no' && !anywhere) {
      if (statement.extra === null) this.#known.addIdle(frame.text.slice(line.start, line.end));
      return;
    }
    const place = placeOfLine(frame, line, option, this.#pass);
    const spoken = {
      keyword,
      value: reading.value,
      second: reading.second,
      place,
      line: frame.firstId + line.number,
    };
    if (frame.activity === 'undecided' && !anywhere) {
      this.settings.doubt(spoken);
      return;
    }
    const overflow = this.settings.apply(spoken);
    if (overflow !== null) this.#fault(frame, line, option, overflow.reason, overflow.wanted);
  }

  #unknown(frame: Frame, line: Line, option: Option): void {
    const patterns = this.settings.word('ignoreunknown');
    const long = patterns === null ? null : this.#headers.spend(option.name.length, patterns.length);
    if (long !== null) {
      this.#fatal(frame.source.file, line.number, option.keyword, long.reason, long.wanted);
      return;
    }
    const ignored = patterns !== null && matchList(option.name, patterns, true) === 'matched';
    if (ignored || this.settings.isUncertain('ignoreunknown')) {
      this.#warn(frame, line, option, 'ignored unknown');
      return;
    }
    const why = noOption(option.keyword.text, this.#known.suggestion(option.name));
    this.refuse(frame.source.file, line.number, option.keyword, why.reason, why.suggestion);
  }

  #structure(frame: Frame, line: Line, option: Option, keyword: Keyword, words: readonly Word[]): void {
    if (keyword.form.type === 'include') {
      this.#include(frame, line, option, words);
      return;
    }
    const kind = keyword.form.type === 'host' ? 'host' : 'match';
    const final = this.#pass === 'final';
    const headed =
      kind === 'host'
        ? this.#headers.host(frame, option, words, this.#name)
        : this.#headers.match(frame, option, words, final ? { host: this.#host } : null);
    switch (headed.type) {
      case 'needs':
        this.needs = [headed.need];
        return;
      case 'fatal':
        this.#fatal(frame.source.file, line.number, option.value, headed.reason, headed.wanted);
        return;
      case 'fault':
        // Host lets nothing through until a pattern matches; a faulty Match leaves things as they were.
        if (kind === 'host') frame.activity = 'no';
        if (headed.wantsFinal && !final) this.wantsFinal = true;
        this.#fault(frame, line, option, headed.reason, headed.wanted);
        return;
      case 'block':
        if (headed.wantsFinal && !final) this.wantsFinal = true;
        this.#enter(frame, {
          kind,
          source: frame.source,
          line: line.number,
          header: frame.text.slice(option.keyword.start, option.value.end),
          activity: headed.activity,
          why: headed.why,
        });
    }
  }

  #enter(frame: Frame, block: Block): void {
    frame.activity = block.activity;
    frame.block = block;
    if (block.activity === 'undecided') this.undecided.push(block);
  }

  #include(frame: Frame, line: Line, option: Option, words: readonly Word[]): void {
    const { source, activity } = frame;
    for (const word of words) {
      if (word.text === '') {
        this.#fault(frame, line, option, 'one of the paths is empty', 'paths without empty quotes');
        return;
      }
      const path = this.#includePath(frame, line, option, word.text);
      if (this.halted) return;
      if (path === null) continue;
      const found = includePattern(path, source.kind, this.#input.facts, this.#answers);
      if (found.type === 'needs') {
        this.needs = [found.need];
        return;
      }
      if (found.type === 'refused') {
        this.#fault(frame, line, option, found.reason, found.wanted);
        return;
      }
      if (found.type === 'nothing') continue;
      const paths = this.#answers.globs.get(found.pattern);
      if (paths === undefined) {
        this.needs = [{ type: 'glob', pattern: found.pattern }];
        return;
      }
      for (const path of paths) {
        const opened = this.#included(frame, line, option, path);
        if (this.halted) return;
        frame.activity = activity;
        if (!opened) return;
      }
    }
  }

  /** Null: a variable is missing, and ssh passes over the path with a message. */
  #includePath(frame: Frame, line: Line, option: Option, text: Bytes): Bytes | null {
    if (!this.rules.includeTokens) return text;
    const host = this.#pass === 'final' ? this.#host : this.surroundings.matchHost();
    const known = typeof host === 'string' ? host : this.#input.host;
    const path = this.surroundings.expandPath(text, known);
    if (path.ok) return path.text;
    if (path.missing) return null;
    const reason = `${option.keyword.text}: ${JSON.stringify(text)}: ${path.reason}`;
    const wanted = 'the tokens of Match exec, and ${NAME}';
    this.#fatal(frame.source.file, line.number, option.value, reason, wanted);
    return null;
  }

  #included(frame: Frame, line: Line, option: Option, path: Bytes): boolean {
    const { source, activity } = frame;
    if (frame.depth >= deepest) {
      const reason = `files are included more than ${deepest} deep`;
      this.#fatal(source.file, line.number, option.value, reason, 'no file that includes itself');
      return true;
    }
    const file = this.#answers.files.get(path);
    if (file === undefined) {
      this.needs = [{ type: 'file', path }];
      return true;
    }
    const site: IncludeSite = { file: source.file, line: line.number };
    const opened = this.#file(file, {
      source: { kind: source.kind, file: path, includes: [...source.includes, site] },
      never: frame.never || activity === 'no',
      depth: frame.depth + 1,
      checked: true,
      activity,
      block: frame.block,
    });
    if (!opened && file.type === 'missing' && !this.rules.newWords) {
      // A link that leads nowhere: counted, and without a word of ssh's.
      const reason = `${option.keyword.text}: there is no ${path}`;
      this.refuse(source.file, line.number, option.value, reason, 'a file that is there');
    }
    if (opened || file.type !== 'unreadable') return true;
    this.#fault(frame, line, option, `${path} cannot be opened: ${file.reason}`, 'a file that you may read');
    return false;
  }

  #warn(frame: Frame, line: Line, option: Option, why: Warning['why']): void {
    if (this.#pass === 'final') return;
    this.warnings.push({ file: frame.source.file, line: line.number, keyword: option.keyword.text, why });
  }

  #fault(frame: Frame, line: Line, option: Option, reason: string, wanted: string): void {
    const said = `${option.keyword.text}: ${reason}`;
    const span = option.value.start < option.value.end ? option.value : option.keyword;
    this.refuse(frame.source.file, line.number, span, said, wanted);
    if (!this.rules.newWords) this.stopped = true;
  }

  #fatal(file: Bytes, line: number, span: Span | null, reason: string, wanted: string): void {
    this.refuse(file, line, span, reason, wanted);
    this.stopped = true;
  }
}
