/** `holdfast run --json`, the built one, as a child: what it tells, and how it ends. */
import { fileURLToPath } from 'node:url';
import type { Notice } from '../../src/open.js';
import { Watched } from './client.js';
import type { Place } from './place.js';
import { until } from './until.js';

const bin = fileURLToPath(new URL('../../bin/holdfast.js', import.meta.url));

/** A notice, and when it was told (Date.now). */
export interface Told<T extends Notice['type'] = Notice['type']> {
  readonly toldAt: number;
  readonly notice: Extract<Notice, { type: T }>;
}

export class Running {
  readonly watched: Watched;
  readonly #notices: Told[] = [];
  #read = 0;

  constructor(place: Pick<Place, 'spawn'>, args: readonly string[]) {
    const child = place.spawn(process.execPath, [bin, 'run', '--json', '-v', ...args], { stdio: 'pipe' });
    this.watched = new Watched(child);
  }

  /** All notices so far, in order. Fails when stdout holds anything else. */
  notices(): readonly Told[] {
    const { stdout } = this.watched;
    for (let end = stdout.indexOf('\n', this.#read); end !== -1; end = stdout.indexOf('\n', this.#read)) {
      const { at, ...notice } = JSON.parse(stdout.slice(this.#read, end)) as Notice & { at: string };
      this.#notices.push({ toldAt: Date.parse(at), notice: notice as Notice });
      this.#read = end + 1;
    }
    return this.#notices;
  }

  /** The notices of one type. */
  told<T extends Notice['type']>(type: T): Told<T>[] {
    return this.notices().flatMap(({ toldAt, notice }) =>
      notice.type === type ? [{ toldAt, notice: notice as Extract<Notice, { type: T }> }] : [],
    );
  }

  /** Waits until it has told this type of notice so many times. */
  async tells(type: Notice['type'], times = 1, withinMs = 15_000): Promise<void> {
    await until(`${type} told ${times} times`, () => this.told(type).length >= times, {
      withinMs,
      detail: () => this.words(),
    });
  }

  /** Everything it said, for people who look for a mistake. */
  words(): string {
    return this.watched.stdout + this.watched.stderr;
  }

  /** SIGTERM, and the exit code. */
  async stop(): Promise<number | NodeJS.Signals | null> {
    this.watched.child.kill('SIGTERM');
    return this.watched.end();
  }
}
