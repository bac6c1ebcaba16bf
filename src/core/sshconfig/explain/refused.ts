import { FailureError } from '../../failure.js';
import { type Bytes, textOf } from '../bytes.js';
import type { Refusal, Trouble } from '../resolve/resolvedconfig.js';
import { spotText } from './where.js';

/** One reason why ssh, too, refuses a configuration. */
export interface RefusalStory {
  /** `command line` for options given with the command; null: it stands nowhere. */
  readonly file: string | null;
  /** From 1; 0: the file as a whole, or the command line. */
  readonly line: number;
  readonly reason: string;
  /** What was probably meant, or would have been right. */
  readonly suggestion: string | null;
}

/** A configuration that ssh refuses: a `config` failure that names each line. The message has the first one. */
export class RefusedError extends FailureError {
  readonly refusals: readonly RefusalStory[];

  constructor(refusals: readonly RefusalStory[]) {
    const [first, ...more] = refusals.map(refusalSentence);
    const rest = more.length === 0 ? '' : ` (and ${more.length} more)`;
    super({
      kind: 'config',
      message: `${first ?? 'the configuration is refused'}${rest}`,
      ...placeOf(refusals[0]),
    });
    this.name = 'RefusedError';
    this.refusals = refusals;
  }

  override get refusalSentences(): readonly string[] {
    return refusalSentences(this.refusals);
  }

  override get details() {
    return { reason: 'file', refusals: this.refusals };
  }
}

function placeOf(refusal: RefusalStory | undefined): { readonly file?: string; readonly line?: number } {
  if (refusal === undefined || refusal.file === null) return {};
  return refusal.line === 0 ? { file: refusal.file } : { file: refusal.file, line: refusal.line };
}

/** What cannot be used, as a refusal of the line that gives it. */
export function refusalOf({ place, keyword, reason, suggestion }: Trouble): Refusal {
  return {
    file: place?.source.file ?? null,
    line: place?.line ?? 0,
    span: place?.value ?? null,
    reason: `${keyword}: ${reason}`,
    suggestion,
  };
}

export function refusalStory({ file, line, reason, suggestion }: Refusal): RefusalStory {
  return {
    file: file === null ? null : file === 'command-line' ? 'command line' : textOf(file),
    line,
    reason: textOf(reason),
    suggestion: suggestion === null ? null : textOf(suggestion),
  };
}

/** Each as a sentence; of very many, as of a file that is no configuration at all, the first ten. */
export function refusalSentences(refusals: readonly RefusalStory[]): readonly string[] {
  const seen = refusals.slice(0, mostSentences).map(refusalSentence);
  const left = refusals.length - seen.length;
  if (left === 0) return seen;
  return [
    ...seen,
    left === 1 ? 'and 1 more line is refused' : `and ${left.toLocaleString('en-US')} more lines are refused`,
  ];
}

const mostSentences = 10;

/** Why a word is not taken for an option. `meant`: the option it probably means. */
export function noOption(word: Bytes, meant: Bytes | null): Pick<Refusal, 'reason' | 'suggestion'> {
  // Of such a file nothing else is read.
  if (word === '-----BEGIN') {
    return { reason: 'a private key begins here', suggestion: 'a configuration: a key goes behind -i' };
  }
  return { reason: `there is no option ${JSON.stringify(word)}`, suggestion: meant };
}

/** `file:line: reason; what would have been right`. */
export function refusalSentence({ file, line, reason, suggestion }: RefusalStory): string {
  const at =
    file === null ? '' : `${line === 0 && file !== 'command line' ? file : spotText({ file, line })}: `;
  if (suggestion === null) return `${at}${reason}`;
  if (!reason.startsWith('there is no option')) return `${at}${reason}; want ${suggestion}`;
  const [meant, why] = suggestion.split(': ');
  return `${at}${reason}; did you mean ${meant}?${why === undefined ? '' : ` ${why}`}`;
}
