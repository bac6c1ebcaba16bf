import type { Bytes } from '../bytes.js';
import type { Rules } from '../keywords/releases.js';
import { suggestKeyword } from '../keywords/suggest.js';
import type { Line, Lines, Option } from '../syntax/lines.js';
import { isPlainValue } from '../syntax/plainlines.js';
import { type Statement, statementOf } from '../syntax/statements.js';
import type { ReadingContext } from '../values/values.js';
import type { Frame } from './configreader.js';
import type { Answers, FileAnswer, ResolveInput } from './resolveinput.js';

const mostSuggestions = 100;
const mostIdle = 20_000;

/** What lines say, kept for the second reading and for files that come by twice. */
export class KnownLines {
  readonly #usual: ReadingContext;
  readonly #strict: ReadingContext;
  readonly #rules: Rules;
  readonly #statements = new Map<number, Statement>();
  /** Each file has numbers for its lines, beginning here. */
  readonly #firstIds = new Map<FileAnswer, number>();
  #nextId = 0;
  /** With an empty line, which says nothing anywhere. */
  readonly #idle = new Set<Bytes>(['']);
  readonly #suggestions = new Map<Bytes, string | null>();

  constructor(input: ResolveInput, answers: Answers, rules: Rules) {
    this.#rules = rules;
    this.#usual = {
      env: input.facts.env,
      services: (name) => answers.services.get(name),
      onCommandLine: false,
      rules,
    };
    this.#strict = { ...this.#usual, onCommandLine: true };
  }

  /** The first of so many numbers that no other line has. */
  numbers(count: number): number {
    const first = this.#nextId;
    this.#nextId += count;
    return first;
  }

  firstId(file: FileAnswer, count: number): number {
    const known = this.#firstIds.get(file);
    if (known !== undefined) return known;
    const first = this.numbers(count + 1);
    this.#firstIds.set(file, first);
    return first;
  }

  statement(frame: Frame, line: Line, option: Option): Statement {
    const id = frame.firstId + line.number;
    const known = this.#statements.get(id);
    if (known) return known;
    const context = frame.source.kind === 'command line' ? this.#strict : this.#usual;
    const statement = statementOf(frame.text, option, context);
    // Most lines are in blocks of other hosts: reading them again in a second reading is cheaper than keeping them.
    if (frame.activity !== 'no') this.#statements.set(id, statement);
    return statement;
  }

  /** Is this line sound, and without a say in a block that does not match? Large files repeat such lines thousands of times. */
  isIdle(lines: Lines, at: number): boolean {
    return isPlainValue(lines.text, lines.startOf(at)) || this.#idle.has(lines.textOf(at));
  }

  addIdle(text: Bytes): void {
    if (this.#idle.size < mostIdle) this.#idle.add(text);
  }

  /** Thousands of unknown lines are seldom thousands of names. */
  suggestion(name: Bytes): string | null {
    const known = this.#suggestions.get(name);
    if (known !== undefined) return known;
    if (this.#suggestions.size >= mostSuggestions) return null;
    const suggestion = suggestKeyword(name, this.#rules.release);
    this.#suggestions.set(name, suggestion);
    return suggestion;
  }
}
