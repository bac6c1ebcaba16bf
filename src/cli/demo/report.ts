import { styleText } from 'node:util';
import type { DemoNews, DemoSummary, WireFault } from '../../demo.js';
import { NoticeLines } from '../run/noticelines.js';
import { jsonLine } from '../run/noticelog.js';
import type { Tone } from '../run/report.js';
import { wrapText } from '../terminal/columns.js';
import { length } from '../terminal/duration.js';

/** What the demo prints. */
interface DemoLines {
  /** Finished text, empty where there is nothing to say. */
  news(news: DemoNews, atMs: number): string;
  summary(summary: DemoSummary): string;
}

/** Notices exactly as `run --json` prints them; the rest in the same form. `ms` counts from the start of the demo. */
export class JsonLines implements DemoLines {
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

/** For people: the time, the part that speaks, and of the tunnel the sentences of `run`. */
export class PeopleLines implements DemoLines {
  readonly #isTerminal: boolean;
  readonly #colour: boolean;
  readonly #noticeLines = new NoticeLines();

  constructor(isTerminal: boolean, colour: boolean) {
    this.#isTerminal = isTerminal;
    this.#colour = colour;
  }

  news(news: DemoNews, atMs: number): string {
    switch (news.type) {
      case 'began': {
        const about = `An ssh server, a web server and a faulty wire between, all in this process. Seed ${news.seed}.`;
        const asks = `A client asks for a page every ${length(news.everyMs)}, for ${length(news.lastsMs)}.`;
        return `${this.#wrapped('', about)}\n${asks}\n\n`;
      }
      case 'notice': {
        const { level, tone, text } = this.#noticeLines.line(news.notice);
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
            this.#wrapped(
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
      this.#wrapped(
        'ssh would wait  ',
        `${length(ssh.givesUpAfterMs)} on the forgotten connection, and then end: ${rule}.`,
      ),
      this.#wrapped(
        beside,
        'Computed, not run; without ServerAliveInterval ssh waits until the kernel gives up.',
      ),
      '',
    ].join('\n');
  }

  #line(atMs: number, speaker: 'run' | 'wire' | 'client', tone: Tone, text: string): string {
    const time = `${(atMs / 1_000).toFixed(1)} s`.padStart(7);
    return `${this.#wrapped(`${time}  ${speaker.padEnd(7)} `, this.#colour ? coloured(text, tone) : text)}\n`;
  }

  #wrapped(first: string, text: string): string {
    return this.#isTerminal ? wrapText(first, text) : first + text;
  }
}

const colours: Readonly<Record<Exclude<Tone, 'plain'>, 'green' | 'yellow' | 'red'>> = {
  good: 'green',
  odd: 'yellow',
  bad: 'red',
};

function coloured(text: string, tone: Tone): string {
  return tone === 'plain' ? text : styleText(colours[tone], text, { validateStream: false });
}
