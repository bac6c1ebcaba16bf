import type { Bytes } from '../bytes.js';
import { resolveClient } from '../resolve/resolve.js';
import type { Refusal, Resolution, ResolvedConfig } from '../resolve/resolvedconfig.js';
import type { Answers, CommandAnswer, Need, ResolveInput } from '../resolve/resolveinput.js';

/** What a host resolves to before and after, for one combination of exit codes of the commands that may not run. */
export interface Pair {
  readonly before: Settled;
  readonly after: Settled;
  /** What the new files would give with the requested lines on the command line, which always wins; null: none are requested. */
  readonly requested: Settled | null;
}

/** The query for a host, and the files that answer it. */
export interface Side {
  readonly input: ResolveInput;
  readonly answers: Answers;
}

export type Settled =
  | { readonly type: 'resolved'; readonly answer: ResolvedConfig }
  | { readonly type: 'refused'; readonly errors: readonly Refusal[] };

export type Pairs =
  | { readonly type: 'pairs'; readonly pairs: readonly Pair[] }
  | { readonly type: 'needs'; readonly needs: readonly Need[] }
  | { readonly type: 'too many'; readonly commands: number };

/** Six commands, each with both answers. */
const mostBranches = 64;

/**
 * Both sides, once for each combination of yes and no of the commands that may not run. A command that was run has the
 * answer it gave. The same command has the same answer before and after.
 */
export function pairsOf(before: Side, after: Side, optionLines: readonly Bytes[]): Pairs {
  const pairs: Pair[] = [];
  const waiting: Assumed[] = [new Map()];
  for (let assumed = waiting.pop(); assumed; assumed = waiting.pop()) {
    if (pairs.length + waiting.length >= mostBranches) return { type: 'too many', commands: assumed.size };
    const found = pairFor(before, after, optionLines, assumed);
    if (found.type === 'pair') {
      pairs.push(found.pair);
      continue;
    }
    const [open] = found.needs;
    if (open?.type !== 'command' || before.answers.commands.get(open.command) !== 'not allowed') return found;
    waiting.push(new Map([...assumed, [open.command, 0]]), new Map([...assumed, [open.command, 1]]));
  }
  return { type: 'pairs', pairs };
}

type Assumed = ReadonlyMap<Bytes, CommandAnswer>;

function pairFor(
  before: Side,
  after: Side,
  optionLines: readonly Bytes[],
  assumed: Assumed,
):
  | { readonly type: 'pair'; readonly pair: Pair }
  | { readonly type: 'needs'; readonly needs: readonly Need[] } {
  const old = attempt(before, assumed);
  if (old.type === 'needs') return old;
  const fresh = attempt(after, assumed);
  if (fresh.type === 'needs') return fresh;
  if (optionLines.length === 0) return { type: 'pair', pair: { before: old, after: fresh, requested: null } };
  const options = [...after.input.options, ...optionLines];
  const requested = attempt({ input: { ...after.input, options }, answers: after.answers }, assumed);
  if (requested.type === 'needs') return requested;
  return { type: 'pair', pair: { before: old, after: fresh, requested } };
}

function attempt({ input, answers }: Side, assumed: Assumed): Resolution {
  const commands = new Map(assumed);
  for (const [command, status] of answers.commands)
    if (status !== 'not allowed') commands.set(command, status);
  return resolveClient(input, { ...answers, commands });
}

/** The options that a host has, or had; none where ssh refuses. */
export function keysIn(settled: Settled): readonly string[] {
  return settled.type === 'resolved' ? [...settled.answer.options.keys()] : [];
}

/** The values of an option, as ssh prints them. */
export function linesIn(settled: Settled, key: string): readonly Bytes[] {
  return settled.type === 'resolved' ? (settled.answer.options.get(key)?.lines ?? []) : [];
}
