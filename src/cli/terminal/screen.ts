import { isatty } from 'node:tty';
import type { Out } from '../run/noticelog.js';
import { type Asker, asker } from './asker.js';
import { wrapLines } from './columns.js';
import { stderr, stdout } from './output.js';
import { Terminal } from './tty.js';

/** Output and prompts of this process for people. */
export interface Screen {
  readonly stdout: Out;
  readonly stderr: Out;
  /** Prompts to a person; null: there is no way to show one. */
  readonly asker: Asker | null;
  /** Whether to print in colour: stderr is a terminal that knows them, and NO_COLOR (no-color.org) is not set. */
  readonly colour: boolean;
  /** In a terminal: closing it ends the tunnel. After nohup, or with all three redirected, it is in the background. */
  readonly attended: boolean;
  readonly flushed: () => Promise<void>;
}

export function screen(): Screen {
  const terminal = new Terminal();
  const flushed = async (): Promise<void> => {
    await stdout.flushed();
    await stderr.flushed();
  };
  const shown = (fd: number, out: Out): Out =>
    isatty(fd) ? (text) => (terminal.above(text) ? undefined : out(text)) : out;
  const lines = shown(2, stderr.write);
  const { NO_COLOR, TERM } = process.env;
  return {
    stdout: shown(1, stdout.write),
    stderr: isatty(2) ? (text) => lines(wrapLines(text)) : lines,
    asker: asker(terminal, flushed),
    colour: isatty(2) && !NO_COLOR && TERM !== 'dumb',
    attended: [0, 1, 2].some((fd) => isatty(fd)),
    flushed,
  };
}
