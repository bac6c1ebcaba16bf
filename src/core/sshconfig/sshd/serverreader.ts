import type { Bytes } from '../bytes.js';
import { noOption } from '../explain/refused.js';
import { placeOfLine } from '../resolve/frame.js';
import { deepest } from '../resolve/include.js';
import type {
  Activity,
  Block,
  IncludeSite,
  Place,
  Refusal,
  Section,
  Source,
  Warning,
} from '../resolve/resolvedconfig.js';
import type { FileAnswer } from '../resolve/resolveinput.js';
import type { Line, Option } from '../syntax/lines.js';
import { type Span, splitArguments, type Word } from '../syntax/linewords.js';
import { ServiceWanted } from '../values/ports.js';
import type { Reading, Value } from '../values/values.js';
import type { ServerAnswers, ServerInput, ServerNeed, SshdConnection } from './serverinput.js';
import { type ServerKeyword, serverKeywordOf, serverWithoutEffect } from './serverkeywords.js';
import { serverLinesOf } from './serverlines.js';
import { matchServerLine, type ServerMatched } from './servermatch.js';
import { type Found, pathOf, serverIncludePattern } from './serverpaths.js';
import { ServerSettings } from './serversettings.js';
import { suggestServerKeyword } from './serversuggest.js';
import { readServerValue } from './servervalues.js';

/** More lines than this after all Includes are refused: files that include each other twice grow without end. */
const mostLines = 5_000_000;

/** How Match lines of a file are taken (`SSHCFG_NEVERMATCH`, `SSHCFG_MATCH_ONLY` in servconf.c). */
interface Frame {
  readonly source: Source;
  readonly text: Bytes;
  /** Inside an Include that does not apply: no Match line matches. */
  readonly never: boolean;
  readonly depth: number;
  /** No Match line yet, in none of the files around. */
  above: boolean;
  activity: Activity;
  block: Block | null;
}

/**
 * Goes through the files as sshd does, which does it twice: once without a connection, for the global lines, and once with
 * it, for the blocks that match. It stops at the first thing it must know first (`needs`), and where sshd would stop.
 */
export class ServerReader {
  readonly settings = new ServerSettings();
  readonly errors: Refusal[] = [];
  readonly warnings: Warning[] = [];
  readonly sections: Section[] = [];
  needs: readonly ServerNeed[] = [];
  stopped = false;
  readonly #input: ServerInput;
  readonly #answers: ServerAnswers;
  /** Null in the first reading. */
  readonly #connection: SshdConnection | null;
  #lines = 0;

  constructor(input: ServerInput, answers: ServerAnswers, connection: SshdConnection | null) {
    this.#input = input;
    this.#answers = answers;
    this.#connection = connection;
  }

  get halted(): boolean {
    return this.stopped || this.needs.length > 0;
  }

  read(): void {
    const path = this.#input.main;
    const file = this.#answers.files.get(path);
    if (file === undefined) {
      this.needs = [{ type: 'file', path }];
      return;
    }
    const source: Source = { kind: 'system file', file: path, includes: [] };
    const activity = this.#connection === null ? 'yes' : 'no';
    const above = this.#connection !== null;
    const opened = this.#file(file, { source, never: false, depth: 0, above, activity, block: null });
    if (!opened)
      this.#fatal(path, 0, null, `it cannot be opened: ${whyNot(file)}`, 'a file that you may read');
  }

  /** False: it could not be opened. */
  #file(file: FileAnswer, how: Omit<Frame, 'text'>): boolean {
    if (file.type === 'missing' || file.type === 'unreadable') return false;
    if (file.type === 'directory') return true;
    const lines = serverLinesOf(file);
    const frame: Frame = { ...how, text: file.text };
    const { source } = frame;
    const before = this.errors.length;
    let from = 0;
    const section = (to: number) => {
      if (to === from) return;
      const { block } = frame;
      const activity = frame.above && block === null ? 'yes' : frame.activity;
      const pass = this.#connection === null ? 'first' : 'final';
      this.sections.push({ source, pass, block, activity, text: file.text, lines, from, to });
      from = to;
    };
    this.#lines += lines.length;
    if (this.#lines > mostLines) {
      this.#fatal(source.file, 0, null, `more than ${mostLines} lines with all Includes`, 'fewer Includes');
      return true;
    }
    for (const [at, line] of lines.entries()) {
      if (line.option === null) continue;
      if (line.option.name === 'match') section(at);
      this.#line(frame, line, line.option);
      if (this.halted) return true;
    }
    section(lines.length);
    if (this.errors.length > before) this.stopped = true;
    return true;
  }

  #line(frame: Frame, line: Line, option: Option): void {
    const { value } = option;
    if (value.start >= value.end) {
      this.#fault(frame, line, option, 'there is no value', 'a value behind the keyword');
      return;
    }
    const keyword = serverKeywordOf(option.name);
    if (keyword === undefined) {
      const why = noOption(option.keyword.text, suggestServerKeyword(option.name));
      this.#refuse(frame.source.file, line.number, option.keyword, why.reason, why.suggestion);
    }
    const words = splitArguments(frame.text, value.start, value.end);
    if (words === null) {
      this.#fault(frame, line, option, 'a quote is not closed', 'quotes in pairs, or a backslash before one');
      return;
    }
    if (frame.activity === 'no' && keyword?.inMatch !== true) {
      if (this.#connection !== null) return;
      if (keyword === undefined) this.stopped = true;
      else this.#misplaced(frame, line, option, keyword);
      return;
    }
    if (keyword === undefined) return;
    if (keyword.form.type === 'include') this.#include(frame, line, option, words);
    else if (keyword.form.type === 'match') this.#match(frame, line, option);
    else this.#statement(frame, line, option, keyword, words);
  }

  #misplaced(frame: Frame, line: Line, option: Option, keyword: ServerKeyword): void {
    const where = frame.block
      ? `the block of line ${frame.block.line}`
      : 'a file that a Match block includes';
    const wanted = `${keyword.name} above the first Match, or below "Match all"`;
    this.#fault(frame, line, option, `it stands in ${where}, and counts for the whole server`, wanted);
    this.stopped = true;
  }

  #statement(frame: Frame, line: Line, option: Option, keyword: ServerKeyword, words: readonly Word[]): void {
    const { start, end } = option.value;
    let reading: Reading;
    try {
      const services = (name: Bytes) => this.#answers.services.get(name);
      reading = readServerValue(keyword, words, frame.text.slice(start, end), services);
    } catch (error) {
      this.#service(error);
      return;
    }
    if (!reading.ok) {
      this.#fault(frame, line, option, reading.reason, reading.wanted);
      if (reading.fatal) this.stopped = true;
      return;
    }
    const why = serverWithoutEffect.get(option.name);
    if (why !== undefined) {
      if (this.#connection === null) {
        this.warnings.push({ file: frame.source.file, line: line.number, keyword: option.keyword.text, why });
      }
      return;
    }
    if (!this.#apply(frame, line, option, keyword, reading)) return;
    if (reading.used < words.length) {
      const extra = JSON.stringify(words[reading.used]?.text ?? '');
      this.#fault(
        frame,
        line,
        option,
        `${extra} is one word too many`,
        'one value, in quotes if it has blanks',
      );
    }
  }

  /** False: there was a fault, or something must be known first. */
  #apply(
    frame: Frame,
    line: Line,
    option: Option,
    keyword: ServerKeyword,
    reading: Extract<Reading, { ok: true }>,
  ): boolean {
    const active = frame.activity === 'yes';
    // The paths of AuthorizedKeysFile are expanded whether they count or not.
    const counts = active && this.settings.takes(keyword, reading.value);
    const found = this.#found(keyword, reading.value, counts);
    if (found.type === 'needs') {
      this.needs = [found.need];
      return false;
    }
    if (found.type === 'refused') {
      this.#fatal(frame.source.file, line.number, option.value, found.reason, found.wanted);
      return false;
    }
    if (keyword.form.type === 'listen' && reading.value.type === 'words') {
      const [, , domain] = reading.value.words;
      const known = domain === undefined ? true : this.#answers.interfaces.get(domain);
      if (known === undefined) {
        this.needs = [{ type: 'interface', name: domain ?? '' }];
        return false;
      }
      if (!known) {
        const reason = `there is no interface ${JSON.stringify(domain)}`;
        this.#fatal(frame.source.file, line.number, option.value, reason, 'the name of an interface');
        return false;
      }
    }
    let wrong = this.settings.conflict(keyword, reading.value, active);
    if (active && wrong === null) {
      const place = this.#place(frame, line, option);
      wrong = this.settings.apply({ keyword, value: found.value, second: reading.second, place });
    }
    if (wrong === null) return true;
    this.#fatal(
      frame.source.file,
      line.number,
      option.value,
      `${option.keyword.text}: ${wrong.reason}`,
      wrong.wanted,
    );
    return false;
  }

  #found(
    keyword: ServerKeyword,
    value: Value,
    counts: boolean,
  ): { readonly type: 'found'; readonly value: Value } | Exclude<Found, { type: 'path' }> {
    const { facts } = this.#input;
    const { form } = keyword;
    if (form.type === 'keyFiles' && value.type === 'words') {
      const words: Bytes[] = [];
      for (const each of value.words) {
        const path = pathOf(each, 'keyFiles', facts, this.#answers);
        if (path.type !== 'path') return path;
        words.push(path.path);
      }
      return { type: 'found', value: { type: 'words', words } };
    }
    const isPath =
      form.type === 'path' ||
      form.type === 'provider' ||
      form.type === 'agent' ||
      form.type === 'principalsFile';
    if (!counts || value.type !== 'word' || !isPath) return { type: 'found', value };
    const path = pathOf(value.word, form.type, facts, this.#answers);
    return path.type === 'path' ? { type: 'found', value: { type: 'word', word: path.path } } : path;
  }

  #match(frame: Frame, line: Line, option: Option): void {
    const { start, end } = option.value;
    let matched: ServerMatched;
    try {
      matched = matchServerLine(frame.text, start, end, {
        connection: frame.never ? null : this.#connection,
        groupsOf: (user) => this.#answers.groups.get(user),
        services: (name) => this.#answers.services.get(name),
      });
    } catch (error) {
      this.#service(error);
      return;
    }
    if (matched.type === 'needs') {
      this.needs = [{ type: 'groups', user: matched.user }];
      return;
    }
    if (matched.type === 'refused') {
      this.#fault(frame, line, option, matched.reason, matched.wanted);
      this.stopped = true;
      return;
    }
    frame.activity = frame.never ? 'no' : matched.activity;
    frame.above = false;
    const why = frame.never ? 'its file is included by a block that does not match' : matched.why;
    const header = frame.text.slice(option.keyword.start, end);
    const { source, activity } = frame;
    frame.block = { kind: 'match', source, line: line.number, header, activity, why };
    if (matched.leftover) {
      this.#fault(frame, line, option, 'something follows an empty word', 'criteria without empty quotes');
    }
  }

  #include(frame: Frame, line: Line, option: Option, words: readonly Word[]): void {
    const { activity, block } = frame;
    for (const { text } of words) {
      if (text === '') {
        this.#fault(frame, line, option, 'one of the paths is empty', 'paths without empty quotes');
        return;
      }
      const pattern = serverIncludePattern(text);
      const paths = this.#answers.globs.get(pattern);
      if (paths === undefined) {
        this.needs = [{ type: 'glob', pattern }];
        return;
      }
      for (const path of paths) {
        this.#included(frame, line, option, path);
        if (this.halted) return;
        frame.activity = activity;
        frame.block = block;
      }
    }
    if (words.length > 0) return;
    this.#fault(frame, line, option, 'the path is missing', 'a path, or a pattern for paths');
    this.stopped = true;
  }

  #included(frame: Frame, line: Line, option: Option, path: Bytes): void {
    const { source, activity, above } = frame;
    const file = this.#answers.files.get(path);
    if (file === undefined) {
      this.needs = [{ type: 'file', path }];
      return;
    }
    if (frame.depth >= deepest && (file.type === 'file' || file.type === 'directory')) {
      const reason = `files are included more than ${deepest} deep`;
      this.#fatal(source.file, line.number, option.value, reason, 'no file that includes itself');
      return;
    }
    const site: IncludeSite = { file: source.file, line: line.number };
    const opened = this.#file(file, {
      source: { kind: source.kind, file: path, includes: [...source.includes, site] },
      never: !above && activity === 'no',
      depth: frame.depth + 1,
      above,
      activity,
      block: frame.block,
    });
    if (opened) return;
    const reason = `${path} cannot be opened: ${whyNot(file)}`;
    const denied = file.type === 'unreadable' && file.denied === true;
    const wanted = denied ? "root's rights, or a copy that you may read" : 'a file that sshd may read';
    this.#fatal(source.file, line.number, option.value, reason, wanted);
  }

  #service(error: unknown): void {
    if (!(error instanceof ServiceWanted)) throw error;
    this.needs = [{ type: 'service', name: error.service }];
  }

  #place(frame: Frame, line: Line, option: Option): Place {
    return placeOfLine(frame, line, option, this.#connection === null ? 'first' : 'final');
  }

  #fault(frame: Frame, line: Line, option: Option, reason: string, wanted: string): void {
    const said = `${option.keyword.text}: ${reason}`;
    const span = option.value.start < option.value.end ? option.value : option.keyword;
    this.#refuse(frame.source.file, line.number, span, said, wanted);
  }

  #fatal(file: Bytes, line: number, span: Span | null, reason: string, wanted: string): void {
    this.#refuse(file, line, span, reason, wanted);
    this.stopped = true;
  }

  #refuse(file: Bytes, line: number, span: Span | null, reason: string, suggestion: string | null): void {
    this.errors.push({ file, line, span, reason, suggestion });
  }
}

function whyNot(file: FileAnswer): string {
  return file.type === 'unreadable' ? file.reason : 'there is no such file';
}
