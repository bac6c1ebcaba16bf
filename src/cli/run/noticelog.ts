import { appendFileSync, closeSync, openSync } from 'node:fs';
import { styleText } from 'node:util';
import { messageOf } from '../../core/text/reason.js';
import { FailureError } from '../../edit/tunnelrequest.js';
import type { Notice } from '../../open.js';
import type { NoticeLine } from './noticelines.js';
import type { Level, Tone } from './report.js';

/** Takes finished text with its line end. Never throws. */
export type Out = (text: string) => void;

export interface JournalOptions {
  readonly json: boolean;
  readonly quiet: boolean;
  readonly verbose: boolean;
  /** Colours for people's lines. */
  readonly colour: boolean;
  readonly stdout: Out;
  readonly stderr: Out;
  /** Takes the place of stderr, as -E in ssh; null = none. */
  readonly logFile: string | null;
  /** Lines go to stderr even when there is a log file. */
  readonly both: boolean;
}

/** Writes what happens: lines for people, or JSON, to where the user wants them. */
export class NoticeLog {
  readonly #options: JournalOptions;

  constructor(options: JournalOptions) {
    this.#options = options;
  }

  /** A notice, with its line for people. `at` is the wall clock's time in ms. */
  notice(notice: Notice, line: NoticeLine, at: number): void {
    const { json, stdout, logFile } = this.#options;
    if (!json) {
      this.line(line, at);
      return;
    }
    if (!this.shows(forPrograms(notice, line.level))) return;
    const text = `${jsonLine(notice, at)}\n`;
    stdout(text);
    if (logFile !== null) append(logFile, text);
    if (line.level === 'failure') this.#options.stderr(`holdfast: ${line.text}\n`);
  }

  /** A line for people which is no notice. JSON has none of these. */
  line(line: NoticeLine, at: number): void {
    const { json, stderr, logFile, both, colour } = this.#options;
    if (json || !this.shows(line.level)) return;
    if (logFile !== null) append(logFile, `${longTime(at)} ${line.text}\n`);
    // A person at the terminal learns at least why it ended.
    if (logFile === null || both || line.level === 'failure')
      stderr(`${shortTime(at)} ${colour ? painted(line) : line.text}\n`);
  }

  shows(level: Level): boolean {
    if (level === 'failure') return true;
    if (this.#options.quiet) return false;
    return level === 'news' || this.#options.verbose;
  }
}

/** A notice as one line of JSON: its fields as they are, and `at`, an ISO time. */
export function jsonLine(notice: Notice, at: number): string {
  return JSON.stringify({ at: new Date(at).toISOString(), ...notice }, withoutCause);
}

/** Programs get all but the particulars: only people are spared what another line will say. */
function forPrograms(notice: Notice, level: Level): Level {
  if (level === 'failure') return level;
  return notice.type === 'detail' || notice.type === 'heartbeat' ? 'detail' : 'news';
}

/** The error below a failure may hold anything, and is for programs in this process only. */
function withoutCause(key: string, value: unknown): unknown {
  return key === 'cause' ? undefined : value;
}

/** Throws a FailureError (usage) when nothing can be appended to the file: better now than silence later. */
export function checkLogFile(path: string): void {
  try {
    closeSync(openSync(path, 'a', 0o600));
  } catch (error) {
    const why = messageOf(error);
    throw new FailureError({ kind: 'usage', message: `--log-file ${path}: cannot be appended to: ${why}` });
  }
}

/** Opened anew for each line: a log file that was moved away begins again, and a full disk ends nothing. */
function append(path: string, text: string): void {
  try {
    appendFileSync(path, text, { mode: 0o600 });
  } catch {
    // A log file that cannot be written is no reason to end a tunnel.
  }
}

/** Local time of day, `14:05:09`. */
export function shortTime(at: number): string {
  const date = new Date(at);
  return [date.getHours(), date.getMinutes(), date.getSeconds()].map(twoDigits).join(':');
}

/** Local date and time, `2025-03-01 14:05:09`. */
export function longTime(at: number): string {
  const date = new Date(at);
  const day = [date.getFullYear(), date.getMonth() + 1, date.getDate()].map(twoDigits).join('-');
  return `${day} ${shortTime(at)}`;
}

function twoDigits(value: number): string {
  return String(value).padStart(2, '0');
}

const colours: Readonly<Record<Exclude<Tone, 'plain'>, 'green' | 'yellow' | 'red'>> = {
  good: 'green',
  odd: 'yellow',
  bad: 'red',
};

/** Colours the words before the first colon, parenthesis or semicolon: what happened, without the particulars. */
function painted(line: NoticeLine): string {
  if (line.tone === 'plain') return line.text;
  const head = /^[^:;(]*/.exec(line.text)?.[0] ?? '';
  return styleText(colours[line.tone], head, { validateStream: false }) + line.text.slice(head.length);
}
