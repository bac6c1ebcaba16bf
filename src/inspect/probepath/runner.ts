/** Carries out what the measurement asks for, and reports what comes of it. Decides nothing. */
import { asFailure, type Failure, failure, retryOf } from '../../core/failure.js';
import {
  beginProbing,
  type ProbeEffect,
  type ProbeEvent,
  type ProbeFinding,
  type ProbeGoal,
  type Probing,
  stepProbing,
} from '../../core/keepalive/probe/probing.js';
import type { Ask } from '../../core/prompt.js';
import type { DialParts } from '../../dial/dial.js';
import { clock, pause } from '../../io/clock.js';
import type { SshConnection } from '../../io/ssh/session.js';
import { Control } from './control.js';
import { logIn } from './probelogin.js';
import type { ProbeNews } from './probenews.js';
import { leaveIdle } from './trial.js';

export interface RunnerParts {
  readonly goal: ProbeGoal;
  readonly dial: Omit<DialParts, 'ask'>;
  /** For the first login alone: what it unlocks the others use. */
  readonly ask: Ask | null;
  /** Stops it: what is known by then is the result. */
  readonly signal: AbortSignal;
  readonly onNews: (news: ProbeNews) => void;
}

/** Between the starts of two logins. */
const spacedMs = 500;
/** After the path was down, before the next attempt. */
const pauseMs = 3_000;
/** The connection that is never idle speaks this often. */
const mostBeatMs = 5_000;

export function runProbing(parts: RunnerParts): Promise<Probing> {
  return new Promise((resolve) => new Runner(parts, resolve).begin());
}

interface Running {
  readonly stop: AbortController;
  /** Its login has begun, or is over. */
  begun: boolean;
}

class Runner {
  readonly #parts: RunnerParts;
  readonly #done: (state: Probing) => void;
  readonly #ending = new AbortController();
  readonly #trials = new Map<number, Running>();
  #state: Probing;
  #control: Control | null = null;
  #nextAt = 0;
  #connected = false;

  constructor(parts: RunnerParts, done: (state: Probing) => void) {
    this.#parts = parts;
    this.#done = done;
    this.#state = beginProbing(parts.goal).state;
  }

  begin(): void {
    const { signal, goal } = this.#parts;
    const stop = () => this.#report({ type: 'stopAsked' });
    signal.addEventListener('abort', stop);
    this.#ending.signal.addEventListener('abort', () => signal.removeEventListener('abort', stop));
    this.#perform(beginProbing(goal).effects);
    if (signal.aborted) stop();
  }

  #report(event: ProbeEvent): void {
    const { state, effects } = stepProbing(this.#state, event);
    this.#state = state;
    this.#perform(effects);
  }

  #perform(effects: readonly ProbeEffect[]): void {
    for (const effect of effects) if (effect.type === 'abandon') this.#abandon(effect.trial);
    const tries = effects.filter((effect) => effect.type === 'try');
    const [first] = tries;
    if (first) {
      const { logins } = this.#state;
      const idleMs = tries.map((effect) => effect.idleMs);
      this.#parts.onNews({ type: 'round', direction: first.direction, idleMs, logins });
    }
    for (const effect of effects) {
      switch (effect.type) {
        case 'openControl':
          void this.#openControl();
          break;
        case 'try':
          void this.#try(effect);
          break;
        case 'finish':
          this.#finish();
      }
    }
  }

  #abandon(trial: number): void {
    const running = this.#trials.get(trial);
    this.#trials.delete(trial);
    running?.stop.abort();
    if (running?.begun === false) this.#state = stepProbing(this.#state, { type: 'spared' }).state;
  }

  #finish(): void {
    for (const { stop } of this.#trials.values()) stop.abort();
    this.#control?.close();
    this.#ending.abort();
    this.#done(this.#state);
  }

  async #openControl(): Promise<void> {
    const { goal, ask } = this.#parts;
    const again = this.#connected;
    try {
      if (again) await pause(pauseMs, this.#ending.signal);
      const { connection, byPerson } = await this.#logIn(again ? null : ask, this.#ending.signal);
      if (byPerson) {
        connection.disconnect();
        this.#report({ type: 'failed', failure: failure('denied', person) });
        return;
      }
      const beatMs = Math.min(mostBeatMs, goal.range.leastMs / 2);
      this.#control = new Control({
        connection,
        beatMs,
        graceMs: goal.graceMs,
        onLost: (why) => this.#controlLost(why),
      });
      this.#connected = true;
      if (!again) this.#parts.onNews({ type: 'connected' });
      this.#report({ type: 'controlOpened' });
    } catch (thrown) {
      if (this.#ending.signal.aborted) return;
      const why = asFailure(thrown);
      // Before anything works there is nothing to go on with; later an outage may pass.
      if (!again || isFinal(why)) this.#report({ type: 'failed', failure: why });
      else this.#controlLost(why);
    }
  }

  #controlLost(why: Failure): void {
    this.#control = null;
    this.#parts.onNews({ type: 'lost', why: why.message });
    this.#report({ type: 'controlLost', why: why.message });
  }

  async #try({ trial, direction, idleMs }: ProbeEffect & { readonly type: 'try' }): Promise<void> {
    const stop = new AbortController();
    const running: Running = { stop, begun: false };
    this.#trials.set(trial, running);
    const startAt = Math.max(clock.now(), this.#nextAt);
    this.#nextAt = startAt + spacedMs;
    let finding: ProbeFinding;
    try {
      await pause(startAt - clock.now(), stop.signal);
      if (stop.signal.aborted) return;
      finding = await leaveIdle(
        { direction, idleMs },
        {
          logIn: async () => {
            const begin = () => {
              running.begun = true;
            };
            return (await this.#logIn(null, stop.signal, begin)).connection;
          },
          control: () => this.#control,
          graceMs: this.#parts.goal.graceMs,
          signal: stop.signal,
        },
      );
    } catch (thrown) {
      if (stop.signal.aborted) return;
      running.begun = true;
      const why = asFailure(thrown);
      // A refused login is not repeated, nor one that the server limits: it would be held against everybody here.
      if (isFinal(why)) return this.#report({ type: 'failed', failure: why });
      finding = { type: 'void', why: why.message };
      await pause(pauseMs, stop.signal);
    }
    if (stop.signal.aborted || !this.#trials.delete(trial)) return;
    this.#parts.onNews({ type: 'finding', direction, idleMs, finding });
    this.#report({ type: 'found', trial, finding });
  }

  /** `onLogin`: the server is there and its host key is known; what comes now is a login. */
  async #logIn(
    ask: Ask | null,
    signal: AbortSignal,
    onLogin: () => void = () => {},
  ): Promise<{ connection: SshConnection; byPerson: boolean }> {
    const { dial, onNews } = this.#parts;
    return logIn({ ...dial, ask }, signal, {
      onDetail: (text) => onNews({ type: 'detail', text }),
      onNote: (text) => onNews({ type: 'note', text }),
      onLogin,
    });
  }
}

const person =
  'each of the logins would need a person; the measurement needs a key that works without one: load it with ssh-add';

function isFinal(why: Failure): boolean {
  return retryOf(why) !== 'soon' || why.kind === 'penalty';
}
