import type { Bytes } from '../bytes.js';
import type { Keyword } from '../keywords/keyword.js';
import { idleness } from '../keywords/keywords.js';
import { type Rules, rulesOf } from '../keywords/releases.js';
import { type Line, type Lines, type Option, optionOf } from '../syntax/lines.js';
import { plainHost } from '../syntax/plainlines.js';
import { indexOfFile, type Statement } from '../syntax/statements.js';
import { matchList } from '../values/lists.js';
import { ConfigReader, type Frame, type Opening } from './configreader.js';
import { Headers } from './headers.js';
import { includePattern, type Pattern, permissionFault } from './include.js';
import { KnownLines } from './knownlines.js';
import { noMatch } from './match.js';
import type { Block, Pass, Source, SourceKind } from './resolvedconfig.js';
import type { Answers, FileAnswer, Need, ResolveInput, TextFile } from './resolveinput.js';
import { Settings } from './settings.js';
import { Surroundings } from './surroundings.js';

/**
 * Goes through the command line and the files as ssh does, and hands what it finds to `settings`. It stops at the first
 * thing it must know first (`needs`), and where ssh would stop (`stopped`).
 */
export class Reader extends ConfigReader<Keyword, Need> {
  readonly settings: Settings;
  readonly surroundings: Surroundings;
  readonly rules: Rules;
  readonly undecided: Block[] = [];
  wantsFinal = false;
  protected readonly mostLines = 2_000_000;
  protected readonly countsMissing = true;
  readonly #input: ResolveInput;
  readonly #answers: Answers;
  readonly #headers: Headers;
  readonly #known: KnownLines;
  #pass: Pass = 'first';
  /** The name that Host lines see: as typed, in the second reading where ssh would connect to. Null: undecided. */
  #host: Bytes | null;

  constructor(input: ResolveInput, answers: Answers) {
    super(answers);
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

  protected get pass(): Pass {
    return this.#pass;
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
    this.line(frame, line, option);
    if (this.errors.length > 0) this.stopped = true;
  }

  readMainFiles(): void {
    const { files } = this.#input;
    if (files.type === 'one') this.#main(files.path, 'user file');
    if (files.type !== 'usual') return;
    this.#main(files.user, 'user file');
    if (!this.halted) this.#main(files.system, 'system file');
  }

  /** Everything again, with the name that ssh would connect to. */
  readAgain(host: Bytes | null): void {
    this.#pass = 'final';
    this.#host = host;
    this.settings.closeCanonical();
    this.readMainFiles();
  }

  #main(path: Bytes, kind: SourceKind): void {
    const file = this.mainFile(path);
    if (file === undefined) return;
    const demanded = this.#input.files.type === 'one';
    if (demanded && (file.type === 'missing' || file.type === 'unreadable')) {
      const why = file.type === 'missing' ? 'there is no such file' : file.reason;
      this.fatal(path, 0, null, `it cannot be opened: ${why}`, 'a file that you may read');
      return;
    }
    const source: Source = { kind, file: path, includes: [] };
    this.file(file, { source, never: false, depth: 0, activity: 'yes', block: null });
  }

  /** The user's own file, and what is included, must belong to the right user. */
  protected override file(file: FileAnswer, opening: Opening): boolean {
    const { files, facts } = this.#input;
    const { kind, file: path } = opening.source;
    const isChecked = opening.depth > 0 || (files.type === 'usual' && kind === 'user file');
    const fault = isChecked ? permissionFault(file, facts.uid) : null;
    if (fault === null) return super.file(file, opening);
    this.fatal(path, 0, null, fault.reason, fault.suggestion);
    return true;
  }

  protected indexOf(file: TextFile): Lines {
    return indexOfFile(file);
  }

  protected override firstIdOf(file: TextFile, count: number): number {
    return this.#known.firstId(file, count);
  }

  protected override passesOver({ activity }: Frame, lines: Lines, at: number): boolean {
    return activity === 'no' && this.#known.isIdle(lines, at);
  }

  protected override quickBlock({ never, source }: Frame, lines: Lines, at: number): Block | null {
    const name = this.#name;
    const other = never || name === null ? null : plainHost(lines.text, lines.startOf(at));
    if (other === null || other.name === name) return null;
    const { header } = other;
    return { kind: 'host', source, line: at + 1, header, activity: 'no', why: noMatch };
  }

  protected statement(frame: Frame, line: Line, option: Option): Statement {
    return this.#known.statement(frame, line, option);
  }

  protected value(
    frame: Frame,
    line: Line,
    option: Option,
    statement: Extract<Statement, { type: 'value' }>,
  ): void {
    const { keyword, reading } = statement;
    if (keyword.form.type === 'ignored') {
      const why = idleness(keyword.key);
      if (why) this.warn(frame, line, option, why);
      return;
    }
    const anywhere = keyword.combine === 'leading' || keyword.combine === 'trailing';
    if (frame.activity === 'no' && !anywhere) {
      if (statement.extra === null) this.#known.addIdle(frame.text.slice(line.start, line.end));
      return;
    }
    const place = this.placeOf(frame, line, option);
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
    if (overflow !== null) this.fault(frame, line, option, overflow.reason, overflow.suggestion);
  }

  protected unknown(frame: Frame, line: Line, option: Option): void {
    const patterns = this.settings.word('ignoreunknown');
    const long = patterns === null ? null : this.#headers.spend(option.name.length, patterns.length);
    if (long !== null) {
      this.fatal(frame.source.file, line.number, option.keyword, long.reason, long.suggestion);
      return;
    }
    const ignored = patterns !== null && matchList(option.name, patterns, true) === 'matched';
    if (ignored || this.settings.isUncertain('ignoreunknown')) {
      this.warn(frame, line, option, 'ignored unknown');
      return;
    }
    this.refuseUnknown(frame, line, option, this.#known.suggestion(option.name));
  }

  protected structure(
    frame: Frame,
    line: Line,
    option: Option,
    { keyword, words }: Extract<Statement, { type: 'structure' }>,
  ): void {
    if (frame.source.kind === 'command line') {
      const reason = `${keyword.name} stands on the command line`;
      this.fault(frame, line, option, reason, 'it in a file');
      return;
    }
    if (keyword.form.type === 'include') {
      this.include(frame, line, option, words);
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
        this.fatal(frame.source.file, line.number, option.value, headed.reason, headed.suggestion);
        return;
      case 'refused':
        // Host lets nothing through until a pattern matches; a faulty Match leaves things as they were.
        if (kind === 'host') frame.activity = 'no';
        if (headed.wantsFinal && !final) this.wantsFinal = true;
        this.fault(frame, line, option, headed.reason, headed.suggestion);
        return;
      case 'decided':
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

  protected patternOf(frame: Frame, line: Line, option: Option, word: Bytes): Pattern {
    const { facts } = this.#input;
    const { kind, file } = frame.source;
    if (!this.rules.includeTokens) return includePattern(word, kind, facts, this.#answers);
    const host = this.#pass === 'final' ? this.#host : this.surroundings.matchHost();
    const known = typeof host === 'string' ? host : this.#input.host;
    const path = this.surroundings.expandPath(word, known);
    if (path.ok) return includePattern(path.text, kind, facts, this.#answers);
    // Where a variable is missing ssh passes over the path with a message.
    if (!path.missing) {
      const reason = `${option.keyword.text}: ${JSON.stringify(word)}: ${path.reason}`;
      this.fatal(file, line.number, option.value, reason, 'the tokens of Match exec, and ${NAME}');
    }
    return { type: 'nothing' };
  }

  protected notOpened(frame: Frame, line: Line, option: Option, path: Bytes, file: FileAnswer): boolean {
    if (file.type === 'unreadable') {
      const reason = `${path} cannot be opened: ${file.reason}`;
      this.fault(frame, line, option, reason, 'a file that you may read');
      return false;
    }
    if (!this.rules.newWords) {
      // A link that leads nowhere: counted, and without a word of ssh's.
      const reason = `${option.keyword.text}: there is no ${path}`;
      this.refuse(frame.source.file, line.number, option.value, reason, 'a file that is there');
    }
    return true;
  }

  /** Before 8.7 the first fault ended everything. */
  protected override fault(
    frame: Frame,
    line: Line,
    option: Option,
    reason: string,
    suggestion: string,
  ): void {
    super.fault(frame, line, option, reason, suggestion);
    if (!this.rules.newWords) this.stopped = true;
  }
}
