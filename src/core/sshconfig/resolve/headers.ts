import type { Bytes } from '../bytes.js';
import type { Option } from '../syntax/lines.js';
import type { Word } from '../syntax/linewords.js';
import type { Frame } from './configreader.js';
import { type Matched, MatchVerdict, type Subject } from './criteria.js';
import { delimitedCriteria, matchCriteria, matchHost, unmatchedInclude } from './match.js';
import type { Answers, ResolveInput } from './resolveinput.js';
import type { Surroundings } from './surroundings.js';

/** Steps of comparing patterns, at most: well below a second, and a hundred times what a large configuration takes. */
const mostSteps = 150_000_000;

/** Judges the headers for one input. */
export class Headers {
  readonly #input: ResolveInput;
  readonly #answers: Answers;
  readonly #surroundings: Surroundings;
  #steps = 0;

  constructor(input: ResolveInput, answers: Answers, surroundings: Surroundings) {
    this.#input = input;
    this.#answers = answers;
    this.#surroundings = surroundings;
  }

  /** `name`: what the patterns are held against; null: undecided. */
  host(frame: Frame, option: Option, words: readonly Word[], name: Bytes | null): Matched {
    const long = this.spend(this.#input.host.length, lengthOf(option));
    if (long !== null) return long;
    const matched = matchHost(name ?? this.#input.host, words, frame.never);
    if (matched === 'empty') {
      const reason = 'one of the patterns is empty';
      return { type: 'refused', reason, suggestion: 'patterns without empty quotes', wantsFinal: false };
    }
    const activity = name === null && !frame.never ? 'undecided' : matched.activity;
    return { type: 'decided', activity, why: matched.why, wantsFinal: false };
  }

  /** `final`: the second reading, and where ssh would connect to, null where that is undecided. */
  match(
    frame: Frame,
    option: Option,
    words: readonly Word[],
    final: { readonly host: Bytes | null } | null,
  ): Matched {
    const host = final === null ? this.#surroundings.matchHost() : final.host;
    if (host !== null && typeof host !== 'string') {
      return { type: 'fatal', reason: `HostName: ${host.reason}`, suggestion: 'only %h and %% in HostName' };
    }
    const subject = this.#surroundings.subject();
    const long = this.spend((host ?? '').length + (subject.user ?? '').length, lengthOf(option));
    if (long !== null) return long;
    const { rules } = this.#surroundings;
    const held: Subject = {
      ...subject,
      rules,
      addresses: this.#answers.addresses,
      host,
      finalPass: final !== null,
      expand: (command) => this.#surroundings.expandCommand(command, host ?? this.#input.host),
      run: (command) => this.#answers.commands.get(command),
    };
    const { start, end } = option.value;
    const criteria = rules.matchWords ? words : delimitedCriteria(frame.text, start, end);
    const matched = matchCriteria(criteria, new MatchVerdict(held), rules);
    return matched.type === 'decided' && frame.never
      ? { ...matched, activity: 'no', why: unmatchedInclude }
      : matched;
  }

  /**
   * A name is compared with patterns in name times patterns steps, and some for each pattern: 100 KB of both would take for
   * ever. Null: there is time for it.
   */
  spend(nameLength: number, patternsLength: number): Extract<Matched, { type: 'fatal' }> | null {
    this.#steps += (nameLength + 8) * patternsLength;
    if (this.#steps <= mostSteps) return null;
    const reason = 'the patterns are too many and too long to compare';
    return { type: 'fatal', reason, suggestion: 'shorter names, or fewer patterns' };
  }
}

function lengthOf({ value }: Option): number {
  return value.end - value.start;
}
