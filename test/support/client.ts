/** A child process whose words can be waited for: OpenSSH's client, or our own command. */
import type { ChildProcess } from 'node:child_process';
import { until } from './until.js';

/** What a child said and how it ended. */
export class Watched {
  readonly child: ChildProcess;
  stdout = '';
  stderr = '';

  constructor(child: ChildProcess) {
    this.child = child;
    child.stdout?.setEncoding('utf8').on('data', (text: string) => (this.stdout += text));
    child.stderr?.setEncoding('utf8').on('data', (text: string) => (this.stderr += text));
    child.stdin?.on('error', () => {});
    child.once('error', (error) => (this.stderr += `${error.message}\n`));
  }

  /** Has it ended? */
  get ended(): boolean {
    return this.child.pid === undefined || this.child.exitCode !== null || this.child.signalCode !== null;
  }

  /** Waits for its end and gives the exit code, or the signal's name. */
  async end(withinMs = 15_000): Promise<number | NodeJS.Signals | null> {
    await until('its end', () => this.ended, { withinMs, detail: () => this.#words() });
    return this.child.exitCode ?? this.child.signalCode;
  }

  /** Waits until it has said this on stderr or stdout. */
  async says(words: string | RegExp, withinMs = 10_000): Promise<void> {
    const said = () => {
      const text = this.#words();
      return typeof words === 'string' ? text.includes(words) : words.test(text);
    };
    await until(`it says ${words}`, () => said() || this.ended, { withinMs, detail: () => this.#words() });
    if (!said()) throw new Error(`it ended before it said ${words}\n${this.#words()}`);
  }

  /** Kills it, if it is still there, and waits. */
  async kill(): Promise<void> {
    this.child.kill('SIGKILL');
    await until('its end after SIGKILL', () => this.ended);
  }

  #words(): string {
    return this.stderr + this.stdout;
  }
}
