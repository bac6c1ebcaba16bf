import { isatty } from 'node:tty';
import { runCommand } from '../command/dispatch.js';
import { stdout } from '../terminal/output.js';
import { onSignals } from '../terminal/signals.js';
import { demoTable } from './options.js';
import { JsonLines, PeopleLines } from './report.js';

/**
 * `holdfast demo`: lines as they happen, then the summary, all on stdout. Resolves to 0, or to 1 when a request failed
 * that a tunnel should have saved. INT and TERM end it early.
 */
export function demo(argv: readonly string[]): Promise<number> {
  return runCommand('demo', demoTable, argv, async ({ options: { seed = 1, json } }) => {
    const { demonstrate } = await import('../../demo.js');
    const ending = new AbortController();
    const removeHandlers = onSignals({ stop: () => ending.abort(), nudge: () => {} }, true);
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
      removeHandlers();
    }
  });
}
