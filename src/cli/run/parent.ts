import type { Ask, Forward, Notice } from '../../open.js';
import { type Asker, asker } from '../terminal/asker.js';
import type { Screen } from '../terminal/screen.js';
import { Terminal } from '../terminal/tty.js';
import { type FromChild, type FromParent, type Marked, marker, type StartVerdict } from './childmessage.js';
import type { Bystander } from './keep.js';

/**
 * The process that started this one with `-f`, seen from the background: until the tunnel is up, or the first attempt
 * failed, it shows our lines and asks our questions. When it goes away before that, the user gave up, and so do we.
 */
export interface Parent extends Bystander {
  readonly screen: Screen;
}

/** null when this process was not started by `-f`. */
export function parent(): Parent | null {
  const marked = process.env[marker];
  // What we start ourselves must not take itself for us.
  delete process.env[marker];
  if (!process.send || !isMarked(marked)) return null;
  const line = new ParentLine();
  const verdictOn = verdicts();
  const own = asker(new Terminal(), () => Promise.resolve());
  const ask: Ask = (question, signal) =>
    line.attached || !own ? line.ask(question, signal) : own.ask(question, signal);
  return {
    screen: {
      stdout: (text) => line.send({ type: 'say', to: 'stdout', text }),
      stderr: (text) => line.send({ type: 'say', to: 'stderr', text }),
      asker: marked === 'nobody' ? own : relayed(line, ask, marked),
      colour: false,
      attended: false,
      flushed: () => line.close(),
    },
    onNotice: (notice) => line.release(verdictOn(notice)),
    onStart: (stop) => line.onLost(stop),
  };
}

/** Up, or known to take longer; null: neither yet. */
function verdicts(): (notice: Notice) => StartVerdict | null {
  let forwards: readonly Forward[] = [];
  return (notice) => {
    if (notice.type === 'understood') forwards = notice.request.forwards;
    if (notice.type === 'up') return { type: 'up' };
    if (notice.type === 'waiting') return { type: 'retrying', why: notice.failure.message };
    if (notice.type !== 'incomplete') return null;
    const missing = notice.statuses.flatMap((status, index) =>
      status.type === 'refused' ? [forwards[index]?.text ?? ''] : [],
    );
    return { type: 'retrying', why: `${missing.join(', ')} refused` };
  };
}

/** The parent's terminal shows the question only while the parent is there. */
function relayed(line: ParentLine, ask: Ask, by: Asker['by']): Asker {
  return {
    ask,
    get by() {
      return line.attached ? by : 'window';
    },
  };
}

function isMarked(value: string | undefined): value is Marked {
  return value === 'terminal' || value === 'window' || value === 'nobody';
}

class ParentLine {
  readonly #answers = new Map<number, (answer: string | null) => void>();
  #released = false;
  #lastId = 0;
  #sent: Promise<void> = Promise.resolve();

  constructor() {
    process.on('message', (message: FromParent) => this.#settle(message.id, message.answer));
    process.on('disconnect', () => {
      for (const id of this.#answers.keys()) this.#settle(id, null);
    });
  }

  get attached(): boolean {
    return process.connected && !this.#released;
  }

  send(message: FromChild): void {
    if (!this.attached) return;
    this.#sent = new Promise((resolve) => {
      // An error here is a parent that is gone: `disconnect` tells.
      process.send?.(message, undefined, undefined, () => resolve());
    });
  }

  ask: Ask = (question, signal) => {
    if (!this.attached || signal.aborted) return Promise.resolve(null);
    this.#lastId += 1;
    const id = this.#lastId;
    return new Promise((resolve) => {
      const withdraw = (): void => {
        this.send({ type: 'withdraw', id });
        this.#settle(id, null);
      };
      signal.addEventListener('abort', withdraw, { once: true });
      this.#answers.set(id, (answer) => {
        signal.removeEventListener('abort', withdraw);
        resolve(answer);
      });
      this.send({ type: 'ask', id, question });
    });
  };

  onLost(stop: () => void): void {
    process.on('disconnect', () => {
      if (!this.#released) stop();
    });
  }

  release(verdict: StartVerdict | null): void {
    if (verdict === null || !this.attached) return;
    this.send({ type: 'released', verdict });
    this.#released = true;
    void this.close();
  }

  /** Lets go of the channel, which would keep this process alive, once all is said. */
  async close(): Promise<void> {
    await this.#sent;
    this.#released = true;
    if (process.connected) process.disconnect();
  }

  #settle(id: number, answer: string | null): void {
    const settle = this.#answers.get(id);
    this.#answers.delete(id);
    settle?.(answer);
  }
}
