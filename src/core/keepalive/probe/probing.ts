/**
 * Measures how long a path lets a connection be idle: says which connections to leave idle for how long, takes in what became
 * of each, and ends with what is known. Pure; what opens connections and waits reports here.
 *
 *   one direction at a time, the server's first: a middlebox that takes an old connection up again when this side speaks (Linux's
 *   nf_conntrack_tcp_loose) hides its time-out from this side alone. The other direction is then only checked at the bounds
 *   that were found, and searched where it does not agree.
 */
import type { Failure } from '../../failure.js';
import { type Bracket, bracketOf, type Cost, nextRound, type Range, worstCost } from './search.js';

/** The side that speaks first after the silence. */
export type Direction = 'server' | 'client';

/** What became of one connection that was left idle. */
export type ProbeFinding =
  /** It answered after at least so long. */
  | { readonly type: 'alive'; readonly idleMs: number }
  /** It did not, while another connection did. `closed`: it was ended with FIN, as proxies do. */
  | { readonly type: 'dead'; readonly idleMs: number; readonly how: 'silence' | 'reset' | 'closed' }
  /** The server spoke by itself before the time was over, as with ClientAliveInterval. */
  | { readonly type: 'spoke'; readonly afterMs: number }
  /** Nothing was learned: no connection, or the path was down. */
  | { readonly type: 'void'; readonly why: string }
  /** The server cannot be made to speak first. */
  | { readonly type: 'refused'; readonly why: string };

export interface ProbeGoal {
  readonly range: Range;
  /** In this order. */
  readonly directions: readonly Direction[];
  /** So many connections at once, besides the one that tells whether the path is up. */
  readonly width: number;
  /** How long an answer is waited for. */
  readonly graceMs: number;
}

export interface Trial {
  readonly direction: Direction;
  readonly idleMs: number;
}

/** Why it ended. `logins`: there are none left; `path`: too often the path was down. */
export type End =
  | { readonly type: 'found' }
  | { readonly type: 'stopped' | 'logins' | 'path' }
  | { readonly type: 'failed'; readonly failure: Failure };

export interface Probing {
  readonly goal: ProbeGoal;
  /** The most logins that it may take. */
  readonly announced: number;
  readonly logins: number;
  /** `control`: the connection that tells whether the path is up is being opened. */
  readonly type: 'control' | 'trying' | 'ended';
  /** Being measured first, then the others. */
  readonly left: readonly Direction[];
  readonly findings: Readonly<
    Record<Direction, readonly (ProbeFinding & { readonly type: 'alive' | 'dead' })[]>
  >;
  /** Under way, by number. */
  readonly trials: ReadonlyMap<number, Trial>;
  readonly lastTrial: number;
  /** The round under way has no death to narrow down: the first one ends it. */
  readonly wide: boolean;
  /** The server itself speaks after so long: no connection to it is idle longer. */
  readonly boundMs: number | null;
  /** Why the server's direction was not measured. */
  readonly refusal: string | null;
  /** Rounds in a row that taught nothing, and why. */
  readonly fruitless: number;
  readonly learned: boolean;
  readonly lastVoid: string | null;
  readonly controls: number;
  readonly end: End | null;
}

export type ProbeEvent =
  | { readonly type: 'controlOpened' }
  | { readonly type: 'controlLost'; readonly why: string }
  | { readonly type: 'found'; readonly trial: number; readonly finding: ProbeFinding }
  /** One that was abandoned before its login began: it took none. */
  | { readonly type: 'spared' }
  /** It makes no sense to go on: a login was refused. */
  | { readonly type: 'failed'; readonly failure: Failure }
  | { readonly type: 'stopAsked' };

export type ProbeEffect =
  /** Each of these two is a login. */
  | { readonly type: 'openControl' }
  | { readonly type: 'try'; readonly trial: number; readonly direction: Direction; readonly idleMs: number }
  /** Its result no longer counts. */
  | { readonly type: 'abandon'; readonly trial: number }
  | { readonly type: 'finish'; readonly end: End };

/** What it takes, before it begins. */
export interface ProbeSchedule {
  /** The most logins; and the most where both directions agree, as they mostly do. */
  readonly mostLogins: number;
  readonly likelyLogins: number;
  readonly mostMs: number;
}

/** So many rounds without any news, and so many connections that tell whether the path is up. */
const mostFruitless = 3;
const mostControls = 3;

export function planOf({ range, directions, width, graceMs }: ProbeGoal): ProbeSchedule {
  const whole = worstCost(range, width, graceMs);
  // The second direction may die where the first lived: from there it is searched anew.
  const again = worstCost(range, width, graceMs, [{ idleMs: range.mostMs, alive: false }]);
  const check: Cost = { trials: 2, ms: range.mostMs + graceMs };
  const both = directions.length > 1;
  const likely = 1 + whole.trials + (both ? check.trials : 0);
  return {
    likelyLogins: likely,
    mostLogins: likely + (both ? again.trials : 0) + width,
    mostMs: whole.ms + (both ? check.ms : 0),
  };
}

/** @returns the state before anything was tried, and the first effects */
export function beginProbing(goal: ProbeGoal): {
  readonly state: Probing;
  readonly effects: readonly ProbeEffect[];
} {
  return {
    state: {
      goal,
      announced: planOf(goal).mostLogins,
      logins: 1,
      type: 'control',
      left: goal.directions,
      findings: { server: [], client: [] },
      trials: new Map(),
      lastTrial: 0,
      wide: true,
      boundMs: null,
      refusal: null,
      fruitless: 0,
      learned: true,
      lastVoid: null,
      controls: 1,
      end: null,
    },
    effects: [{ type: 'openControl' }],
  };
}

type Stepped = { readonly state: Probing; readonly effects: readonly ProbeEffect[] };

export function stepProbing(state: Probing, event: ProbeEvent): Stepped {
  if (event.type === 'spared') return { state: { ...state, logins: state.logins - 1 }, effects: [] };
  if (state.type === 'ended') return { state, effects: [] };
  switch (event.type) {
    case 'controlOpened':
      return nextTrials({ ...state, type: 'trying' });
    case 'controlLost':
      return controlLost(state, event.why);
    case 'found':
      return state.trials.has(event.trial)
        ? found(state, event.trial, event.finding)
        : { state, effects: [] };
    case 'failed':
      return finish(state, { type: 'failed', failure: event.failure });
    case 'stopAsked':
      return finish(state, { type: 'stopped' });
  }
}

/** What the others are about to say may be the outage's word: it is not heard. */
function controlLost(state: Probing, why: string): Stepped {
  const { kept, effects } = abandon(state, () => true);
  const lost = { ...kept, lastVoid: why };
  const again = state.controls < mostControls && state.logins < state.announced;
  const after = again ? null : finish(lost, { type: 'path' });
  if (after !== null) return { state: after.state, effects: [...effects, ...after.effects] };
  return {
    state: { ...lost, type: 'control', controls: lost.controls + 1, logins: lost.logins + 1 },
    effects: [...effects, { type: 'openControl' }],
  };
}

function found(before: Probing, number: number, finding: ProbeFinding): Stepped {
  const trial = before.trials.get(number);
  if (trial === undefined) return { state: before, effects: [] };
  const trials = new Map(before.trials);
  trials.delete(number);
  const { kept: state, effects } = settle({ ...before, trials }, trial, finding);
  if (state.trials.size > 0 || state.type === 'control') return { state, effects };
  const after = nextTrials(state);
  return { state: after.state, effects: [...effects, ...after.effects] };
}

/** Takes one finding in, and gives up the trials that cannot say anything new. */
function settle(before: Probing, { direction }: Trial, finding: ProbeFinding): Abandoned {
  const known = before.findings[direction];
  const state = { ...before, learned: before.learned || finding.type !== 'void' };
  const keep = (more: Probing['findings'][Direction][number]): Probing => ({
    ...state,
    findings: { ...state.findings, [direction]: [...known, more] },
  });
  switch (finding.type) {
    case 'void':
      return { kept: { ...state, lastVoid: finding.why }, effects: [] };
    case 'refused':
      return abandon(
        { ...state, refusal: finding.why, left: state.left.filter((one) => one !== direction) },
        (trial) => trial.direction === direction,
      );
    case 'spoke': {
      const boundMs = Math.min(state.boundMs ?? Number.POSITIVE_INFINITY, finding.afterMs);
      // That it was heard after so long is an answer too, from the server's side.
      const heard = { type: 'alive', idleMs: finding.afterMs } as const;
      const findings = { ...state.findings, server: [...state.findings.server, heard] };
      return abandon({ ...state, boundMs, findings }, ({ idleMs }) => idleMs >= boundMs);
    }
    case 'alive':
      return { kept: keep(finding), effects: [] };
    case 'dead': {
      const kept = keep(finding);
      const { doubtfulMs, deadMs } = bracketOf(verdictsOf(kept, direction));
      const enoughMs = kept.wide ? doubtfulMs : deadMs;
      return abandon(kept, ({ idleMs }) => enoughMs !== null && idleMs > enoughMs);
    }
  }
}

interface Abandoned {
  readonly kept: Probing;
  readonly effects: readonly ProbeEffect[];
}

function abandon(state: Probing, which: (trial: Trial) => boolean): Abandoned {
  const given = [...state.trials].filter(([, trial]) => which(trial)).map(([trial]) => trial);
  return {
    kept: { ...state, trials: new Map([...state.trials].filter(([trial]) => !given.includes(trial))) },
    effects: given.map((trial) => ({ type: 'abandon', trial })),
  };
}

function nextTrials(before: Probing): Stepped {
  const fruitless = before.learned ? 0 : before.fruitless + 1;
  if (fruitless >= mostFruitless) return finish(before, { type: 'path' });
  const [direction, ...others] = before.left;
  if (direction === undefined) return finish(before, { type: 'found' });
  const all = pointsFor(before, direction);
  if (all.length === 0) return nextTrials({ ...before, left: others });
  const points = all.slice(-Math.max(0, before.announced - before.logins));
  if (before.logins >= before.announced) return finish(before, { type: 'logins' });
  const trials = points.map((idleMs, at) => [before.lastTrial + 1 + at, { direction, idleMs }] as const);
  return {
    state: {
      ...before,
      fruitless,
      learned: false,
      wide: bracketOf(verdictsOf(before, direction)).doubtfulMs === null,
      trials: new Map(trials),
      lastTrial: before.lastTrial + points.length,
      logins: before.logins + points.length,
    },
    effects: trials.map(([trial, what]) => ({ type: 'try', trial, ...what })),
  };
}

/** Below this part of the time after which the server itself speaks a connection can still be left idle. */
const belowBound = 0.9;

function pointsFor(state: Probing, direction: Direction): readonly number[] {
  const { range, width, directions } = state.goal;
  const boundMs = (state.boundMs ?? Number.POSITIVE_INFINITY) * belowBound;
  const own = verdictsOf(state, direction);
  const first = directions.find((one) => one !== direction && !state.left.includes(one));
  const other = first === undefined ? [] : verdictsOf(state, first);
  const points =
    other.length === 0 ? nextRound(range, own, width) : checks(state, bracketOf(other), own, boundMs);
  return points.filter((idleMs) => idleMs <= boundMs);
}

/** Where the other direction has been measured this one is tried at its bounds, and searched only if it dies earlier. */
function checks(
  { goal: { range, width } }: Probing,
  other: Bracket,
  verdicts: Parameters<typeof bracketOf>[0],
  boundMs: number,
): readonly number[] {
  const own = bracketOf(verdicts);
  const survivedMs = other.safeMs === null ? null : Math.floor(Math.min(other.safeMs, boundMs));
  const lives = survivedMs === null || (own.safeMs !== null && own.safeMs >= survivedMs);
  if (!lives && own.doubtfulMs !== null) {
    const middleMs = (survivedMs + (other.deadMs ?? survivedMs * 1.1)) / 2;
    if (own.doubtfulMs < middleMs) return nextRound(range, verdicts, width);
  }
  const diesAtMs = other.deadMs !== null && own.doubtfulMs === null ? other.deadMs : null;
  const known = (ms: number) => own.safeMs !== null && own.safeMs >= ms;
  return [lives ? null : survivedMs, diesAtMs].filter((ms) => ms !== null && !known(ms)) as number[];
}

function finish(before: Probing, end: End): Stepped {
  const { kept, effects } = abandon(before, () => true);
  return { state: { ...kept, type: 'ended', end }, effects: [...effects, { type: 'finish', end }] };
}

export function verdictsOf(
  { findings }: Probing,
  direction: Direction,
): { idleMs: number; alive: boolean }[] {
  return findings[direction].map(({ type: is, idleMs }) => ({ idleMs, alive: is === 'alive' }));
}
