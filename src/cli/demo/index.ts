import { isatty } from 'node:tty';
import { styleText } from 'node:util';
import { type DemoNews, type DemoSummary, demonstrate, type WireFault } from '../../demo.js';
import { NoticeLines } from '../run/noticelines.js';
import { jsonLine } from '../run/noticelog.js';
import type { Tone } from '../run/report.js';
import { wrapText } from '../terminal/columns.js';
import { length } from '../terminal/duration.js';
import { stdout } from '../terminal/output.js';
import { onSignals } from '../terminal/signals.js';

export interface DemoArguments {
  /** Other times for the faults. Default 1. */
  readonly seed?: number;
  /** One JSON object per line. */
  readonly json?: boolean;
}

/**
 * `holdfast demo`: lines as they happen, then the summary, all on stdout. Resolves to 0, or to 1 when a request failed
 * that a tunnel should have saved. INT and TERM end it early.
 */
export async function demo({ seed = 1, json = false }: DemoArguments): Promise<number> {
  const ending = new AbortController();
  const deaf = onSignals({ stop: () => ending.abort(), nudge: () => {} }, true);
  stdout.onClosed(() => ending.abort());
  const lines = json ? new JsonLines() : new PeopleLines(isatty(1), isatty(1) && !process.env.NO_COLOR);
  try {
    const summary = await demonstrate({
      seed,
      signal: ending.signal,
      onNews: (news, atMs) => stdout.write(lines.news(news, atMs)),
    });
    stdout.write(lines.summary(summary));
    return summary.failed > summary.inFlight ? 1 : 0;
  } finally {
    deaf();
  }
}

interface Lines {
  /** Finished text, empty where there is nothing to say. */
  news(news: DemoNews, atMs: number): string;
  summary(summary: DemoSummary): string;
}

/** Notices exactly as `run --json` prints them; the rest in the same manner. `ms` counts from the start of the demo. */
class JsonLines implements Lines {
  news(news: DemoNews, atMs: number): string {
    const at = Date.now();
    if (news.type === 'notice') return `${jsonLine(news.notice, at)}\n`;
    return `${JSON.stringify({ at: new Date(at).toISOString(), ...news, ms: Math.round(atMs) })}\n`;
  }

  summary(summary: DemoSummary): string {
    return `${JSON.stringify({ at: new Date().toISOString(), type: 'summary', ...summary })}\n`;
  }
}

const wireSays: Readonly<Record<WireFault, (connections: number) => string>> = {
  forget: (count) =>
    `${connections(count)} silent for good, as behind a NAT that forgot; new ones get through`,
  silence: () => 'nothing gets through any more, neither old nor new',
  restore: () => 'everything gets through again',
  cut: (count) => `${connections(count)} reset; new ones are refused`,
};

function connections(count: number): string {
  return count === 1 ? '1 connection is' : `${count} connections are`;
}

/** Below the figures of the summary. */
const beside = ' '.repeat(16);

/** What people see: who speaks, and for `run` its own sentences. */
class PeopleLines implements Lines {
  readonly #isTerminal: boolean;
  readonly #colour: boolean;
  readonly #teller = new NoticeLines();

  constructor(isTerminal: boolean, colour: boolean) {
    this.#isTerminal = isTerminal;
    this.#colour = colour;
  }

  news(news: DemoNews, atMs: number): string {
    switch (news.type) {
      case 'began': {
        const about = `An ssh server, a web server and a faulty wire between, all in this process. Seed ${news.seed}.`;
        const asks = `A client asks for a page every ${length(news.everyMs)}, for ${length(news.lastsMs)}.`;
        return `${this.#fitted('', about)}\n${asks}\n\n`;
      }
      case 'notice': {
        const { level, tone, text } = this.#teller.line(news.notice);
        return level === 'detail' ? '' : this.#line(atMs, 'run', tone, text);
      }
      case 'wire':
        return this.#line(atMs, 'wire', 'odd', wireSays[news.fault](news.connections));
      case 'page': {
        if (news.answered) return '';
        const why = news.inFlight
          ? 'it was in flight on a connection that was lost'
          : (news.why ?? 'no answer');
        return this.#line(atMs, 'client', 'bad', `request ${news.number} failed: ${why}`);
      }
      case 'pages-wait':
        return this.#line(atMs, 'client', 'odd', 'requests wait');
      case 'pages-served': {
        const { count, failed, longestMs } = news;
        const waited = `${count} that waited: ${count - failed} answered, ${failed} failed`;
        return this.#line(
          atMs,
          'client',
          failed > 0 ? 'odd' : 'good',
          `${waited}; the longest ${length(longestMs)}`,
        );
      }
    }
  }

  summary(summary: DemoSummary): string {
    const { sent, answered, failed, inFlight, longestMs, logins, lastedMs, ssh } = summary;
    const lost =
      failed === 0
        ? []
        : [
            this.#fitted(
              beside,
              `${inFlight} of them in flight on a connection that was lost: those no tunnel can save`,
            ),
          ];
    const rule = `ServerAliveInterval ${ssh.interval} x (ServerAliveCountMax ${ssh.countMax} + 1)`;
    return [
      '',
      `requests        ${sent} sent, ${answered} answered, ${failed} failed, in ${length(lastedMs)}`,
      ...lost,
      `longest wait    ${length(longestMs)}`,
      `logins          ${logins}, as the server counted them`,
      this.#fitted(
        'ssh would wait  ',
        `${length(ssh.givesUpAfterMs)} on the forgotten connection, and then end: ${rule}.`,
      ),
      this.#fitted(
        beside,
        'Computed, not run; without ServerAliveInterval ssh waits until the kernel gives up.',
      ),
      '',
    ].join('\n');
  }

  #line(atMs: number, who: 'run' | 'wire' | 'client', tone: Tone, text: string): string {
    const time = `${(atMs / 1_000).toFixed(1)} s`.padStart(7);
    return `${this.#fitted(`${time}  ${who.padEnd(7)} `, this.#colour ? painted(text, tone) : text)}\n`;
  }

  #fitted(first: string, text: string): string {
    return this.#isTerminal ? wrapText(first, text) : first + text;
  }
}

const colours: Readonly<Record<Exclude<Tone, 'plain'>, 'green' | 'yellow' | 'red'>> = {
  good: 'green',
  odd: 'yellow',
  bad: 'red',
};

function painted(text: string, tone: Tone): string {
  return tone === 'plain' ? text : styleText(colours[tone], text, { validateStream: false });
}
