/** Clients of a tunnel: those that ask for one page, and those that keep a connection open. */
import { fileURLToPath } from 'node:url';
import type { Place } from './place.js';
import { until } from './until.js';

type News = { readonly id: number; readonly at: number } & (
  | { readonly news: 'ready' | 'connected' | 'first' }
  | { readonly news: 'heard'; readonly text: string }
  | { readonly news: 'ended'; readonly how: string; readonly text?: string }
);

/** Somebody who asked for a page that nobody asked for before. Times are Date.now(). */
export interface Visit {
  readonly marker: string;
  readonly askedAt: number;
  /** When the first byte came. */
  firstAt: number | null;
  endedAt: number | null;
  /** Its own marker came back, whole, before the end. */
  answered: boolean;
  /** `eof`, or the system's code of an error; null as long as it is open. */
  how: string | null;
}

/** A connection to the echo service. */
export interface Line {
  readonly heard: () => string;
  readonly ended: () => { readonly at: number; readonly how: string } | null;
  say(text: string): void;
  /** Says something and waits for the echo of it; false when the line ended instead. */
  echoes(text: string, withinMs?: number): Promise<boolean>;
  close(): void;
}

/** One process that makes visits from a place. Ends with its place, or by `end`. */
export class Visitors {
  readonly #write: (command: object) => void;
  readonly #kill: () => void;
  readonly #heirs = new Map<number, (news: News) => void>();
  #last = 0;

  private constructor(write: (command: object) => void, kill: () => void) {
    this.#write = write;
    this.#kill = kill;
  }

  static async from(place: Pick<Place, 'spawn'>): Promise<Visitors> {
    const script = fileURLToPath(new URL('./visitors.mjs', import.meta.url));
    const child = place.spawn(process.execPath, [script], { stdio: ['pipe', 'pipe', 'inherit'] });
    child.stdin?.on('error', () => {});
    const write = (command: object) => void child.stdin?.write(`${JSON.stringify(command)}\n`);
    const visitors = new Visitors(write, () => child.kill('SIGKILL'));
    let ready = false;
    let rest = '';
    child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      const lines = (rest + text).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) {
        const news = JSON.parse(line) as News;
        if (news.news === 'ready') ready = true;
        else visitors.#heirs.get(news.id)?.(news);
      }
    });
    await until('the visitors', () => ready);
    return visitors;
  }

  /** Asks the HTTP service behind this port for the page `marker`. */
  ask(port: number, marker: string): Visit {
    const id = ++this.#last;
    const visit: Visit = {
      marker,
      askedAt: Date.now(),
      firstAt: null,
      endedAt: null,
      answered: false,
      how: null,
    };
    this.#heirs.set(id, (news) => {
      if (news.news === 'first') visit.firstAt = news.at;
      if (news.news !== 'ended') return;
      visit.how = news.how;
      visit.endedAt = news.at;
      visit.answered = news.text?.startsWith('HTTP/1.1 200 ') === true && news.text.endsWith(`\n${marker}\n`);
    });
    this.#write({ type: 'ask', id, port, marker });
    return visit;
  }

  /** Opens a connection to the echo service behind this port. */
  open(port: number): Line {
    const id = ++this.#last;
    let heard = '';
    let ended: { readonly at: number; readonly how: string } | null = null;
    this.#heirs.set(id, (news) => {
      if (news.news === 'heard') heard += news.text;
      if (news.news === 'ended') ended = { at: news.at, how: news.how };
    });
    this.#write({ type: 'open', id, port });
    const say = (text: string) => this.#write({ type: 'say', id, text });
    return {
      heard: () => heard,
      ended: () => ended,
      say,
      async echoes(text, withinMs = 10_000) {
        say(text);
        await until(`the echo of ${text}`, () => heard.includes(text) || ended, { withinMs });
        return heard.includes(text);
      },
      close: () => this.#write({ type: 'close', id }),
    };
  }

  end(): void {
    this.#kill();
  }
}
