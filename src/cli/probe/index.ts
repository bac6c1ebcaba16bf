import { isatty } from 'node:tty';
import { planProbe } from '../../inspect/probepath/probeplan.js';
import { printError } from '../command/errors.js';
import { escapeControls } from '../terminal/columns.js';
import { type Screen, screen } from '../terminal/screen.js';
import { onSignals } from '../terminal/signals.js';
import { hasTerminal, Terminal } from '../terminal/tty.js';
import { type ProbeArgs, parseProbe } from './probearguments.js';
import { probeHelp } from './probehelp.js';
import { newsText, planText, resultText } from './report.js';

/** `holdfast probe`: argv after the command's name -> the exit code. */
export async function probe(argv: readonly string[]): Promise<number> {
  const shown = screen();
  try {
    const split = parseProbe(argv);
    if (split.type === 'help') {
      shown.stdout(probeHelp);
      return 0;
    }
    if (split.type === 'refused') {
      shown.stderr(`holdfast: probe: ${escapeControls(split.message)}\n`);
      return 2;
    }
    return await measure(split.args, shown);
  } finally {
    await shown.flushed();
  }
}

async function measure(args: ProbeArgs, shown: Screen): Promise<number> {
  const print = (text: string | null) => {
    if (text !== null && !args.quiet) shown.stderr(text);
  };
  const plan = planProbe(args.range);
  print(planText(args.host, plan));
  if (!args.yes) {
    if (!hasTerminal()) {
      const most = `it takes up to ${plan.mostLogins} logins, and there is no terminal to ask on`;
      shown.stderr(`holdfast: probe: ${most}; pass --yes to begin\n`);
      return 2;
    }
    if (!(await agreed(shown))) {
      shown.stderr('Nothing was done.\n');
      return 0;
    }
  }
  for (const text of args.notes) print(newsText({ type: 'note', text }, false));
  const stop = new AbortController();
  const deaf = onSignals({ stop: () => stop.abort(), nudge: () => {} }, isatty(0) || isatty(2));
  try {
    const library = await import('../../inspect/probepath.js');
    const result = await library.probe(args.host, {
      ...args.range,
      ...args.ssh,
      ...(shown.asker ? { ask: shown.asker.ask } : {}),
      signal: stop.signal,
      onNews: (news) => print(newsText(news, args.verbose)),
    });
    shown.stdout(args.json ? `${JSON.stringify(result)}\n` : resultText(result, args.ssh.configFile ?? null));
    const learned = result.safeMs !== null || result.deadMs !== null;
    return result.complete || learned ? 0 : 5;
  } catch (thrown) {
    return printError(thrown, args.json ? ['--json'] : []);
  } finally {
    deaf();
  }
}

async function agreed(shown: Screen): Promise<boolean> {
  await shown.flushed();
  const answer = await new Terminal().line('Begin? [y/N] ', true, new AbortController().signal);
  return answer !== null && /^y(?:es)?$/i.test(answer.trim());
}
