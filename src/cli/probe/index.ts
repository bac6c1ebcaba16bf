import { isatty } from 'node:tty';
import { planProbe } from '../../inspect/probepath/probeplan.js';
import { faultOf } from '../command/fault.js';
import { plain } from '../terminal/columns.js';
import { type Screen, screen } from '../terminal/screen.js';
import { onSignals } from '../terminal/signals.js';
import { hasTerminal, Terminal } from '../terminal/tty.js';
import { type ProbeWords, splitProbe } from './probearguments.js';
import { probeHelp } from './probehelp.js';
import { newsText, planText, resultText } from './report.js';

/** `holdfast probe`: argv after the command's name -> the exit code. */
export async function probe(argv: readonly string[]): Promise<number> {
  const shown = screen();
  try {
    const split = splitProbe(argv);
    if (split.is === 'help') {
      shown.stdout(probeHelp);
      return 0;
    }
    if (split.is === 'refused') {
      shown.stderr(`holdfast: probe: ${plain(split.message)}\n`);
      return 2;
    }
    return await measure(split.asked, shown);
  } finally {
    await shown.flushed();
  }
}

async function measure(asked: ProbeWords, shown: Screen): Promise<number> {
  const told = (text: string | null) => {
    if (text !== null && !asked.quiet) shown.stderr(text);
  };
  const plan = planProbe(asked.range);
  told(planText(asked.host, plan));
  if (!asked.yes) {
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
  for (const text of asked.notes) told(newsText({ type: 'note', text }, false));
  const stop = new AbortController();
  const deaf = onSignals({ stop: () => stop.abort(), nudge: () => {} }, isatty(0) || isatty(2));
  try {
    const library = await import('../../inspect/probepath.js');
    const result = await library.probe(asked.host, {
      ...asked.range,
      ...asked.ssh,
      ...(shown.asker ? { ask: shown.asker.ask } : {}),
      signal: stop.signal,
      onNews: (news) => told(newsText(news, asked.verbose)),
    });
    shown.stdout(
      asked.json ? `${JSON.stringify(result)}\n` : resultText(result, asked.ssh.configFile ?? null),
    );
    const learned = result.safeMs !== null || result.deadMs !== null;
    return result.complete || learned ? 0 : 5;
  } catch (thrown) {
    const fault = await faultOf(thrown, asked.verbose);
    shown.stderr(fault.text);
    return fault.exit;
  } finally {
    deaf();
  }
}

async function agreed(shown: Screen): Promise<boolean> {
  await shown.flushed();
  const answer = await new Terminal().line('Begin? [y/N] ', true, new AbortController().signal);
  return answer !== null && /^y(?:es)?$/i.test(answer.trim());
}
