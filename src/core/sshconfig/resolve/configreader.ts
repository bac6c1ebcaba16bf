import type { Bytes } from '../bytes.js';
import { noOption } from '../explain/refused.js';
import type { Line, Lines, Option } from '../syntax/lines.js';
import type { Span, Word } from '../syntax/linewords.js';
import type { Statement } from '../syntax/statements.js';
import { deepest, type Pattern } from './include.js';
import type {
  Activity,
  Block,
  IncludeSite,
  Pass,
  Place,
  Refusal,
  Resolution,
  Section,
  Source,
  Warning,
} from './resolvedconfig.js';
import type { FileAnswer, FileAnswers, FileNeed, TextFile } from './resolveinput.js';

/** Where the reader is: one file, and what is in force there. */
export interface Frame {
  readonly source: Source;
  readonly text: Bytes;
  /** Line 1 has the next number. */
  readonly firstId: number;
  /** Inside an Include that does not apply: no header matches. */
  readonly never: boolean;
  readonly depth: number;
  activity: Activity;
  block: Block | null;
}

/** A file to be read, and what is in force where it begins. */
export type Opening = Omit<Frame, 'text' | 'firstId'>;

/** Lines between two headers. */
class Stretch implements Section {
  readonly #lines: Lines;

  constructor(
    readonly source: Source,
    readonly pass: Pass,
    readonly block: Block | null,
    readonly activity: Activity,
    lines: Lines,
    readonly from: number,
    readonly to: number,
  ) {
    this.#lines = lines;
  }

  get text(): Bytes {
    return this.#lines.text;
  }

  get lines(): readonly Line[] {
    return this.#lines.all();
  }
}

/**
 * Goes through the lines of files as ssh and sshd do, Includes included. It stops at the first thing it must know first
 * (`needs`), and where the program would stop (`stopped`). What a line means is for the reader of each side. `K`: its
 * keywords; `N`: what it may need besides files.
 */
export abstract class ConfigReader<K extends { readonly form: { readonly type: string } }, N> {
  readonly errors: Refusal[] = [];
  readonly warnings: Warning[] = [];
  readonly sections: Section[] = [];
  needs: readonly (FileNeed | N)[] = [];
  stopped = false;
  #lines = 0;
  readonly #answers: FileAnswers;

  constructor(answers: FileAnswers) {
    this.#answers = answers;
  }

  /** Nothing more is read: something is missing, or the program would have stopped. */
  get halted(): boolean {
    return this.stopped || this.needs.length > 0;
  }

  /** Why nothing more is read. */
  get ending(): Exclude<Resolution<never, FileNeed | N>, { type: 'resolved' }> {
    if (this.needs.length > 0) return { type: 'needs', needs: this.needs };
    return { type: 'refused', errors: this.errors };
  }

  protected abstract get pass(): Pass;
  /** More lines than this after all Includes are refused: files that include each other twice grow without end. */
  protected abstract readonly mostLines: number;
  /** Is a file too deep even where it could not be opened? */
  protected abstract readonly countsMissing: boolean;
  protected abstract indexOf(file: TextFile): Lines;
  protected abstract statement(frame: Frame, line: Line, option: Option): Statement<K>;
  /** A line whose keyword is no option. */
  protected abstract unknown(frame: Frame, line: Line, option: Option): void;
  protected abstract structure(
    frame: Frame,
    line: Line,
    option: Option,
    statement: Extract<Statement<K>, { type: 'structure' }>,
  ): void;
  protected abstract value(
    frame: Frame,
    line: Line,
    option: Option,
    statement: Extract<Statement<K>, { type: 'value' }>,
  ): void;
  /** Which paths a word of Include stands for. */
  protected abstract patternOf(frame: Frame, line: Line, option: Option, word: Bytes): Pattern;
  /** An included file that cannot be opened. False: the line of the Include is not looked at any more. */
  protected abstract notOpened(
    frame: Frame,
    line: Line,
    option: Option,
    path: Bytes,
    file: FileAnswer,
  ): boolean;

  /** The number of the line before the first one of a file, where lines have numbers. */
  protected firstIdOf(_file: TextFile, _count: number): number {
    return 0;
  }

  /** Is nothing to be done about this line? A look before it is taken apart. */
  protected passesOver(_frame: Frame, _lines: Lines, _at: number): boolean {
    return false;
  }

  /** A block whose header is found without taking its line apart. Null: the line is to be taken apart. */
  protected quickBlock(_frame: Frame, _lines: Lines, _at: number): Block | null {
    return null;
  }

  protected activityOf(frame: Frame): Activity {
    return frame.activity;
  }

  /** A main file; undefined: it must be known first. */
  protected mainFile(path: Bytes): FileAnswer | undefined {
    const file = this.#answers.files.get(path);
    if (file === undefined) this.needs = [{ type: 'file', path }];
    return file;
  }

  /** False: it could not be opened. */
  protected file(file: FileAnswer, opening: Opening): boolean {
    if (file.type === 'missing' || file.type === 'unreadable') return false;
    if (file.type === 'directory') return true;
    const { source } = opening;
    const lines = this.indexOf(file);
    const frame: Frame = { ...opening, text: file.text, firstId: this.firstIdOf(file, lines.count) };
    const before = this.errors.length;
    let from = 0;
    const section = (to: number) => {
      if (to === from) return;
      this.sections.push(
        new Stretch(source, this.pass, frame.block, this.activityOf(frame), lines, from, to),
      );
      from = to;
    };
    this.#lines += lines.count;
    if (this.#lines > this.mostLines) {
      const reason = `more than ${this.mostLines} lines with all Includes`;
      this.fatal(source.file, 0, null, reason, 'fewer Includes');
      return true;
    }
    for (let at = 0; at < lines.count; at += 1) {
      if (this.passesOver(frame, lines, at)) continue;
      const block = this.quickBlock(frame, lines, at);
      if (block !== null) {
        section(at);
        frame.activity = block.activity;
        frame.block = block;
        continue;
      }
      const line = lines.at(at);
      if (line.option === null) continue;
      const { name } = line.option;
      if (name === 'host' || name === 'match') section(at);
      this.line(frame, line, line.option);
      if (this.halted) return true;
    }
    section(lines.count);
    // Faults of a file end everything at its end; what includes it is not looked at any more.
    if (this.errors.length > before) this.stopped = true;
    return true;
  }

  protected line(frame: Frame, line: Line, option: Option): void {
    const statement = this.statement(frame, line, option);
    switch (statement.type) {
      case 'service':
        this.needs = [statement];
        return;
      case 'fault':
        this.fault(frame, line, option, statement.reason, statement.suggestion);
        if (statement.fatal) this.stopped = true;
        return;
      case 'unknown':
        this.unknown(frame, line, option);
        return;
      case 'structure':
        this.structure(frame, line, option, statement);
        break;
      case 'value':
        this.value(frame, line, option, statement);
    }
    if (statement.extra == null || this.halted) return;
    const reason = `${JSON.stringify(statement.extra)} is one word too many`;
    this.fault(frame, line, option, reason, 'one value, in quotes if it has blanks');
  }

  protected include(frame: Frame, line: Line, option: Option, words: readonly Word[]): void {
    for (const word of words) {
      if (word.text === '') {
        this.fault(frame, line, option, 'one of the paths is empty', 'paths without empty quotes');
        return;
      }
      const found = this.patternOf(frame, line, option, word.text);
      if (this.halted) return;
      if (found.type === 'needs') {
        this.needs = [found.need];
        return;
      }
      if (found.type === 'refused') {
        this.fault(frame, line, option, found.reason, found.suggestion);
        return;
      }
      if (found.type === 'nothing') continue;
      const paths = this.#answers.globs.get(found.pattern);
      if (paths === undefined) {
        this.needs = [{ type: 'glob', pattern: found.pattern }];
        return;
      }
      for (const path of paths) {
        const goesOn = this.#included(frame, line, option, path);
        if (this.halted || !goesOn) return;
      }
    }
  }

  #included(frame: Frame, line: Line, option: Option, path: Bytes): boolean {
    const { source, activity, block } = frame;
    const file = this.#answers.files.get(path);
    const isThere = file?.type === 'file' || file?.type === 'directory';
    if (frame.depth >= deepest && (this.countsMissing || isThere)) {
      const reason = `files are included more than ${deepest} deep`;
      this.fatal(source.file, line.number, option.value, reason, 'no file that includes itself');
      return true;
    }
    if (file === undefined) {
      this.needs = [{ type: 'file', path }];
      return true;
    }
    const site: IncludeSite = { file: source.file, line: line.number };
    const opened = this.file(file, {
      source: { kind: source.kind, file: path, includes: [...source.includes, site] },
      never: frame.never || (block !== null && activity === 'no'),
      depth: frame.depth + 1,
      activity,
      block,
    });
    return opened || this.notOpened(frame, line, option, path, file);
  }

  /** Where a line stands. */
  protected placeOf(frame: Frame, line: Line, option: Option): Place {
    return {
      source: frame.source,
      line: line.number,
      span: { start: line.start, end: line.end },
      value: option.value,
      written: option.keyword.text,
      block: frame.block,
      pass: this.pass,
    };
  }

  protected warn({ source }: Frame, line: Line, option: Option, why: Warning['why']): void {
    if (this.pass === 'final') return;
    this.warnings.push({ file: source.file, line: line.number, keyword: option.keyword.text, why });
  }

  /** `suggestion`: what was probably meant. */
  protected refuseUnknown({ source }: Frame, line: Line, option: Option, suggestion: Bytes | null): void {
    const why = noOption(option.keyword.text, suggestion);
    this.refuse(source.file, line.number, option.keyword, why.reason, why.suggestion);
  }

  protected fault({ source }: Frame, line: Line, option: Option, reason: string, suggestion: string): void {
    const said = `${option.keyword.text}: ${reason}`;
    const span = option.value.start < option.value.end ? option.value : option.keyword;
    this.refuse(source.file, line.number, span, said, suggestion);
  }

  protected fatal(file: Bytes, line: number, span: Span | null, reason: string, suggestion: string): void {
    this.refuse(file, line, span, reason, suggestion);
    this.stopped = true;
  }

  protected refuse(
    file: Bytes | null,
    line: number,
    span: Span | null,
    reason: string,
    suggestion: string | null,
  ): void {
    this.errors.push({ file, line, span, reason, suggestion });
  }
}
