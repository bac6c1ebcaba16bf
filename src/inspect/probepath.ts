/** Measures how long a path lets a connection be idle. ssh2 is loaded once there is something to measure. */
import { FailureError } from '../core/failure.js';
import { matchingMiddleboxes, outcomeOf, type PathOutcome } from '../core/keepalive/probe/outcome.js';
import type { PathKey } from '../core/keepalive/probe/pathmemory.js';
import type { Probing } from '../core/keepalive/probe/probing.js';
import type { Ask } from '../core/prompt.js';
import type { Request } from '../core/request/request.js';
import type { OptionValue } from '../core/request/tunneloptions.js';
import { KeyMemory } from '../dial/keymemory.js';
import { clock } from '../io/clock.js';
import { userEnvironment } from '../io/machine.js';
import { keepKnowledge, pathKeyOf } from '../read/pathknowledge.js';
import { requestFor } from '../read.js';
import type { ProbeNews } from './probepath/probenews.js';
import { probeGoalOf, type RangeOptions } from './probepath/probeplan.js';

export type { Bounds, Mode, PathOutcome } from '../core/keepalive/probe/outcome.js';
export { intervalFor, intervalRange } from '../core/keepalive/probe/outcome.js';
export type { PathKey } from '../core/keepalive/probe/pathmemory.js';
export type { Direction, ProbeFinding as Finding } from '../core/keepalive/probe/probing.js';
export type { Ask, Prompt as Question } from '../core/prompt.js';
export type { OptionValue } from '../core/request/tunneloptions.js';
export type { ProbeNews } from './probepath/probenews.js';
export { type ProbePlan, planProbe, type RangeOptions } from './probepath/probeplan.js';

/** How a path is measured. */
export interface ProbeOptions extends RangeOptions {
  /** Options in ssh's own words, as after `-o`: `{ Port: 2222 }`. */
  readonly options?: Readonly<Record<string, OptionValue>>;
  /** The configuration file to read instead of the user's and the system's (`-F`); 'none' reads no file. */
  readonly configFile?: string;
  /** Prompts a person, for the first login alone: the others must need no person. Default: no prompts. */
  readonly ask?: Ask;
  /** Ends it; what is known by then is the result. */
  readonly signal?: AbortSignal;
  readonly onNews?: (news: ProbeNews) => void;
  /** Keep the result for `interval: 'auto'` of tunnels. @default true */
  readonly remember?: boolean;
}

/** A product whose time-out, as shipped, is the one that was found. */
export interface MatchingMiddlebox {
  readonly name: string;
  readonly idleMs: number;
  readonly source: string;
  /** `verified`: the source was read, or the thing was measured; `secondary`: others quote it; `unconfirmed`: neither. */
  readonly confidence: 'verified' | 'secondary' | 'unconfirmed';
}

/** What was measured, where, and which products fit. Lengths in ms but for `intervalS`. */
export interface ProbeResult extends PathOutcome {
  /** As in the query, without user and port. */
  readonly host: string;
  readonly path: PathKey;
  readonly middleboxes: readonly MatchingMiddlebox[];
  /** Why it is not complete; null: it is. */
  readonly why: string | null;
}

const memory = new KeyMemory();
const confirmed = new Set<string>();
const ignoreKeepalive = new Set<string>();

/**
 * Measures the idle time-out of the path to a host: logs in several times, leaves each connection idle for another time, and
 * looks which of them still work; see `planProbe` for what that costs. The connections have no heartbeat and no TCP
 * keepalive. Nothing is run on the server; for it to speak first it gets a request to listen on a port of its own loopback, as
 * for a remote forward.
 *
 * Rejects with a FailureError: kinds `usage` and `config` before anything is connected, those of a connection when it failed
 * before anything was learned.
 */
export async function probe(host: string, options: ProbeOptions = {}): Promise<ProbeResult> {
  const goal = probeGoalOf(options);
  const around = userEnvironment();
  const signal = options.signal ?? new AbortController().signal;
  const request = await requestFor(
    {
      host,
      ...(options.options === undefined ? {} : { options: options.options }),
      ...(options.configFile === undefined ? {} : { configFile: options.configFile }),
    },
    around,
    signal,
    'hop',
  );
  const onNews = options.onNews ?? (() => {});
  for (const text of request.notes) onNews({ type: 'note', text });
  if (request.route.type !== 'direct' && request.route.command !== null)
    onNews({ type: 'note', text: byCommand });
  const { runProbing } = await import('./probepath/runner.js');
  const state = await runProbing({
    goal,
    dial: { request: quiet(request), env: around.env, memory, confirmed, ignoreKeepalive, now: clock.now },
    ask: options.ask ?? null,
    signal,
    onNews,
  });
  const outcome = outcomeOf(state);
  const learned = outcome.safeMs !== null || outcome.deadMs !== null;
  if (!learned && state.end?.type === 'failed') throw new FailureError(state.end.failure);
  const path = pathKeyOf(request);
  if (learned && options.remember !== false) {
    const problem = keepKnowledge(path, { ...outcome, doubtfulMs: null }, around);
    if (problem !== null) onNews({ type: 'note', text: problem });
  }
  return {
    ...outcome,
    host: request.host,
    path,
    middleboxes: matchingMiddleboxes(outcome).map(({ vendor, product, idleMs, source, confidence }) => ({
      name: `${vendor} ${product}`,
      idleMs,
      source,
      confidence,
    })),
    why: whyNot(state),
  };
}

const byCommand =
  'ProxyCommand makes the connections: where it asks for TCP keepalive, as holdfast relay does, that keeps the path open, and no limit is found';

/** Nothing may speak on its own: TCP keepalive would be an answer before the question. */
function quiet(request: Request): Request {
  const { route } = request;
  return {
    ...request,
    keepalive: { intervalMs: 0, countMax: 0, tcp: false },
    route:
      route.type === 'jump'
        ? { ...route, hops: route.hops.map((hop) => ({ ...hop, tcpKeepAlive: false })) }
        : route,
  };
}

function whyNot({ end, refusal, announced, lastVoid }: Probing): string | null {
  switch (end?.type) {
    case 'stopped':
      return 'it was stopped';
    case 'logins':
      return `${announced} logins were not enough, as verdicts were lost${lastVoid === null ? '' : `: ${lastVoid}`}`;
    case 'path':
      return `the path was down too often${lastVoid === null ? '' : `: ${lastVoid}`}`;
    case 'failed':
      return end.failure.message;
    default:
      return refusal === null ? null : `the server could not be made to speak first: ${refusal}`;
  }
}
