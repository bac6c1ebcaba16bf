import { type Failure, failure } from '../failure.js';
import { textOf } from '../sshconfig/bytes.js';
import { fileOf } from '../sshconfig/explain/where.js';
import { keywordOf } from '../sshconfig/keywords/keywords.js';
import type { Effective, Place, ResolvedConfig } from '../sshconfig/resolve/resolvedconfig.js';
import type { OptionValue } from './tunneloptions.js';

/** One option that the user set, be it to ssh's own default. */
export interface HostOption {
  /** As ssh_config(5) spells it. */
  readonly keyword: string;
  /** As `ssh -G` prints them. */
  readonly lines: readonly string[];
  /** The first of the lines that set it. */
  readonly place: Place;
}

/**
 * What the configuration of one host says, options given explicitly included. The resolver has read and checked every
 * value; what is set to something that makes no sense here is collected in `failures`, so that every reader can go on.
 */
export class HostOptions {
  readonly failures: Failure[] = [];
  readonly #answer: ResolvedConfig;

  constructor(answer: ResolvedConfig) {
    this.#answer = answer;
  }

  /** Where ssh connects to. */
  get hostName(): string {
    return textOf(this.#answer.hostName);
  }

  /** All options in the order of `ssh -G`. */
  all(): readonly Effective[] {
    return [...this.#answer.options.values()];
  }

  option(keyword: string): Effective | null {
    return this.#answer.options.get(keyword.toLowerCase()) ?? null;
  }

  /** What some line or option set; null: ssh's default holds. */
  given(keyword: string): HostOption | null {
    const option = this.option(keyword);
    const place = option?.settings[0]?.place;
    if (!option || !place) return null;
    return { keyword: option.keyword.name, lines: option.lines.map(textOf), place };
  }

  /** What `ssh -G` prints, ssh's defaults too. */
  printed(keyword: string): readonly string[] {
    return this.option(keyword)?.lines.map(textOf) ?? [];
  }

  flag(keyword: string, unset: boolean): boolean {
    return this.choice(keyword, { yes: true, true: true, no: false, false: false }, unset);
  }

  choice<Value>(keyword: string, values: Readonly<Record<string, Value>>, unset: Value): Value {
    const word = this.text(keyword);
    const value = word !== null && Object.hasOwn(values, word) ? values[word] : undefined;
    return value ?? unset;
  }

  count(keyword: string, unset: number): number {
    const word = this.text(keyword);
    return word === null ? unset : Number(word);
  }

  /**
   * In ms. `none` sets nothing in ssh, so that a later line still can; where no later line sets it, it is the person's word:
   * then it means ssh's own default, `none` here, and not ours, `unset`.
   */
  time(keyword: string, none: number, unset: number): number {
    const word = this.text(keyword);
    if (word !== null) return Number(word) * 1_000;
    return this.option(keyword)?.lost.some(({ why }) => why === 'empty') ? none : unset;
  }

  /** The value of an option that takes one; null: not set. */
  text(keyword: string): string | null {
    return this.given(keyword)?.lines[0] ?? null;
  }

  /** A failure that names where the setting stands. `said` goes on after the keyword. */
  failureOf({ keyword, place }: Pick<HostOption, 'keyword' | 'place'>, said: string): Failure {
    if (place.source.kind === 'command line') return failure('usage', `option ${keyword} ${said}`);
    const file = fileOf(place.source);
    return { ...failure('config', `${file}:${place.line}: ${keyword} ${said}`), file, line: place.line };
  }
}

/** What the resolver is given, each as after -o. Forwards are ours to read: see `forwardLines`. */
export function optionLines(options: Readonly<Record<string, OptionValue>>): readonly string[] {
  return given(options).flatMap(([keyword, value]) => {
    const { combine, form } = keywordOf(keyword.toLowerCase()) ?? {};
    if (form?.type === 'forward') return [];
    const adds = combine === 'each' || combine === 'environment';
    const lines = linesOf(value);
    return (adds ? lines : [lines.join(' ')]).map((line) => `${keyword} ${line}`);
  });
}

/** `-o "LocalForward 8080 db:80"`: the values of such an option, in any case. */
export function forwardLines(
  options: Readonly<Record<string, OptionValue>>,
  keyword: string,
): readonly string[] {
  return given(options).flatMap(([written, value]) =>
    written.toLowerCase() === keyword.toLowerCase() ? linesOf(value) : [],
  );
}

/** Why a name or value of an option cannot be passed on, or null. */
export function optionFault(options: Readonly<Record<string, OptionValue>>): Failure | null {
  for (const [keyword, value] of given(options)) {
    if (!/^[a-z][a-z0-9-]*$/i.test(keyword)) {
      return failure(
        'usage',
        `option ${JSON.stringify(keyword)}: want a keyword of ssh_config, as in ServerAliveInterval`,
      );
    }
    const bad = linesOf(value).find((line) => /[\0\r\n]/.test(line));
    if (bad !== undefined) {
      return failure('usage', `option ${keyword} ${JSON.stringify(bad)}: want a single line`);
    }
  }
  return null;
}

/** Programs without types write `Port: undefined` for no port. */
function given(options: Readonly<Record<string, OptionValue>>): readonly (readonly [string, OptionValue])[] {
  return Object.entries(options).filter(([, value]) => value !== undefined);
}

function linesOf(value: OptionValue): readonly string[] {
  if (typeof value === 'boolean') return [value ? 'yes' : 'no'];
  if (typeof value === 'number') return [String(value)];
  return typeof value === 'string' ? [value] : value;
}
