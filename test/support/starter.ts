/** Starts many short programs from a process of its own: a fork of this one takes longer the more memory it has. */
import { type ChildProcess, fork } from 'node:child_process';
import path from 'node:path';

export interface Ended {
  readonly code: number;
  /** Both: one character per byte. */
  readonly stdout: string;
  readonly stderr: string;
}

interface Told {
  readonly id: number;
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Ends with this process, at the latest. */
class Starter {
  readonly #child: ChildProcess;
  readonly #waiting = new Map<number, { settle: (ended: Ended) => void; fail: (error: Error) => void }>();
  #last = 0;

  constructor() {
    this.#child = fork(path.join(import.meta.dirname, 'starting.mjs'), { execArgv: [] });
    this.#child.on('message', ({ id, code, stdout, stderr }: Told) => {
      const waiting = this.#waiting.get(id);
      this.#waiting.delete(id);
      if (code === null) waiting?.fail(new Error(stderr));
      else waiting?.settle({ code, stdout, stderr });
    });
    this.#child.on('exit', () => {
      for (const { fail } of this.#waiting.values())
        fail(new Error('the process that starts others has ended'));
    });
    this.#child.unref();
    this.#child.channel?.unref();
  }

  /** stdin is empty. Rejects where it does not end by itself within 30 s. */
  run(words: readonly string[], env: Readonly<Record<string, string>>): Promise<Ended> {
    this.#last += 1;
    const id = this.#last;
    return new Promise((settle, fail) => {
      this.#waiting.set(id, { settle, fail });
      this.#child.send({ id, words, env });
    });
  }
}

let known: Starter | null = null;

export function starter(): Starter {
  known ??= new Starter();
  return known;
}
