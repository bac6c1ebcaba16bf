import type { Bytes } from '../bytes.js';
import { ConfigReader, type Frame } from '../resolve/configreader.js';
import type { Pattern } from '../resolve/include.js';
import { unmatchedInclude } from '../resolve/match.js';
import type { Activity, Pass, Source } from '../resolve/resolvedconfig.js';
import type { FileAnswer, TextFile } from '../resolve/resolveinput.js';
import type { Line, Lines, Option } from '../syntax/lines.js';
import { readStatement, type Statement } from '../syntax/statements.js';
import { withServices } from '../values/ports.js';
import { fatal, good, noValue, type Reading, type Value } from '../values/reading.js';
import type { ServerAnswers, ServerInput, ServerNeed, SshdConnection } from './serverinput.js';
import { type ServerKeyword, serverKeywordOf, serverWithoutEffect } from './serverkeywords.js';
import { serverIndexOf } from './serverlines.js';
import { matchServerLine } from './servermatch.js';
import { type Found, pathOf, serverIncludePattern } from './serverpaths.js';
import { ServerSettings } from './serversettings.js';
import { suggestServerKeyword } from './serversuggest.js';
import { readServerValue } from './servervalues.js';

/**
 * Goes through the files as sshd does, which does it twice: once without a connection, for the global lines, and once with
 * it, for the blocks that match. It stops at the first thing it must know first (`needs`), and where sshd would stop.
 */
export class ServerReader extends ConfigReader<ServerKeyword, ServerNeed> {
  readonly settings = new ServerSettings();
  protected readonly mostLines = 5_000_000;
  protected readonly countsMissing = false;
  readonly #input: ServerInput;
  readonly #answers: ServerAnswers;
  /** Null in the first reading. */
  readonly #connection: SshdConnection | null;

  constructor(input: ServerInput, answers: ServerAnswers, connection: SshdConnection | null) {
    super(answers);
    this.#input = input;
    this.#answers = answers;
    this.#connection = connection;
  }

  protected get pass(): Pass {
    return this.#connection === null ? 'first' : 'final';
  }

  read(): void {
    const path = this.#input.main;
    const file = this.mainFile(path);
    if (file === undefined) return;
    const source: Source = { kind: 'system file', file: path, includes: [] };
    // What stands above the blocks is for the first reading alone.
    const activity = this.#connection === null ? 'yes' : 'no';
    const opened = this.file(file, { source, never: false, depth: 0, activity, block: null });
    if (!opened) {
      this.fatal(path, 0, null, `it cannot be opened: ${whyNot(file)}`, 'a file that you may read');
    }
  }

  protected indexOf(file: TextFile): Lines {
    return serverIndexOf(file);
  }

  protected override activityOf({ activity, block }: Frame): Activity {
    return block === null ? 'yes' : activity;
  }

  protected statement(frame: Frame, line: Line, option: Option): Statement<ServerKeyword> {
    const { start, end } = option.value;
    if (start < end && serverKeywordOf(option.name) === undefined) {
      this.refuseUnknown(frame, line, option, suggestServerKeyword(option.name));
    }
    const services = (name: Bytes) => this.#answers.services.get(name);
    return readStatement(frame.text, option, serverKeywordOf, (keyword, words, rest) =>
      this.#counts(frame, keyword)
        ? readServerValue(keyword, words, rest, services)
        : this.#misplaced(frame, keyword),
    );
  }

  #counts({ activity }: Frame, { inMatch }: ServerKeyword): boolean {
    return activity !== 'no' || inMatch;
  }

  #misplaced({ block }: Frame, { name }: ServerKeyword): Reading {
    if (this.#connection !== null) return good(noValue, Number.POSITIVE_INFINITY);
    const where = block ? `the block of line ${block.line}` : 'a file that a Match block includes';
    const suggestion = `${name} above the first Match, or below "Match all"`;
    return fatal(`it stands in ${where}, and counts for the whole server`, suggestion);
  }

  /** In a block that does not match the first one ends everything. */
  protected unknown({ activity }: Frame): void {
    if (activity === 'no' && this.#connection === null) this.stopped = true;
  }

  protected structure(
    frame: Frame,
    line: Line,
    option: Option,
    { keyword, words }: Extract<Statement<ServerKeyword>, { type: 'structure' }>,
  ): void {
    if (keyword.form.type === 'match') {
      this.#match(frame, line, option);
    } else if (words.length > 0) {
      this.include(frame, line, option, words);
    } else {
      this.fault(frame, line, option, 'the path is missing', 'a path, or a pattern for paths');
      this.stopped = true;
    }
  }

  protected value(
    frame: Frame,
    line: Line,
    option: Option,
    { keyword, reading }: Extract<Statement<ServerKeyword>, { type: 'value' }>,
  ): void {
    if (!this.#counts(frame, keyword)) return;
    const why = serverWithoutEffect.get(option.name);
    if (why === undefined) this.#apply(frame, line, option, keyword, reading);
    else this.warn(frame, line, option, why);
  }

  #apply(
    frame: Frame,
    line: Line,
    option: Option,
    keyword: ServerKeyword,
    reading: Extract<Reading, { ok: true }>,
  ): void {
    const active = frame.activity === 'yes';
    // The paths of AuthorizedKeysFile are expanded whether they count or not.
    const counts = active && this.settings.takes(keyword, reading.value);
    const found = this.#found(keyword, reading.value, counts);
    if (found.type === 'needs') {
      this.needs = [found.need];
      return;
    }
    if (found.type === 'refused') {
      this.fatal(frame.source.file, line.number, option.value, found.reason, found.suggestion);
      return;
    }
    if (keyword.form.type === 'listen' && reading.value.type === 'words') {
      const [, , domain] = reading.value.words;
      const known = domain === undefined ? true : this.#answers.interfaces.get(domain);
      if (known === undefined) {
        this.needs = [{ type: 'interface', name: domain ?? '' }];
        return;
      }
      if (!known) {
        const reason = `there is no interface ${JSON.stringify(domain)}`;
        this.fatal(frame.source.file, line.number, option.value, reason, 'the name of an interface');
        return;
      }
    }
    let wrong = this.settings.conflict(keyword, reading.value, active);
    if (active && wrong === null) {
      const place = this.placeOf(frame, line, option);
      wrong = this.settings.apply({ keyword, value: found.value, second: reading.second, place });
    }
    if (wrong === null) return;
    this.fatal(
      frame.source.file,
      line.number,
      option.value,
      `${option.keyword.text}: ${wrong.reason}`,
      wrong.suggestion,
    );
    return;
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
    const matched = withServices(() =>
      matchServerLine(frame.text, start, end, {
        connection: frame.never ? null : this.#connection,
        groupsOf: (user) => this.#answers.groups.get(user),
        services: (name) => this.#answers.services.get(name),
      }),
    );
    if (matched.type === 'service') {
      this.needs = [matched];
      return;
    }
    if (matched.type === 'needs') {
      this.needs = [{ type: 'groups', user: matched.user }];
      return;
    }
    if (matched.type === 'refused') {
      this.fault(frame, line, option, matched.reason, matched.suggestion);
      this.stopped = true;
      return;
    }
    frame.activity = frame.never ? 'no' : matched.activity;
    const why = frame.never ? unmatchedInclude : matched.why;
    const header = frame.text.slice(option.keyword.start, end);
    const { source, activity } = frame;
    frame.block = { kind: 'match', source, line: line.number, header, activity, why };
    if (matched.leftover) {
      this.fault(frame, line, option, 'something follows an empty word', 'criteria without empty quotes');
    }
  }

  protected patternOf(_frame: Frame, _line: Line, _option: Option, word: Bytes): Pattern {
    return { type: 'pattern', pattern: serverIncludePattern(word) };
  }

  protected notOpened(frame: Frame, line: Line, option: Option, path: Bytes, file: FileAnswer): boolean {
    const reason = `${path} cannot be opened: ${whyNot(file)}`;
    const denied = file.type === 'unreadable' && file.denied === true;
    const suggestion = denied ? "root's rights, or a copy that you may read" : 'a file that sshd may read';
    this.fatal(frame.source.file, line.number, option.value, reason, suggestion);
    return false;
  }
}

function whyNot(file: FileAnswer): string {
  return file.type === 'unreadable' ? file.reason : 'there is no such file';
}
