import { isatty } from 'node:tty';
import type { TunnelOptions } from '../../edit/tunnelrequest.js';
import { planProbe, type RangeOptions } from '../../inspect/probepath/probeplan.js';
import { runCommand } from '../command/dispatch.js';
import { UsageError } from '../command/errors.js';
import type { Piece } from '../command/pieces.js';
import { type Arguments, optionText } from '../command/table.js';
import { whomOf } from '../run/arguments.js';
import { keyFileExists } from '../run/keyfileexists.js';
import { type Screen, screen } from '../terminal/screen.js';
import { onSignals } from '../terminal/signals.js';
import { confirm, hasTerminal } from '../terminal/tty.js';
import { isForeign, probeTable } from './options.js';
import { newsText, planText, resultText } from './report.js';

type ProbeArguments = Arguments<typeof probeTable>;

/** `holdfast probe`: argv after the command's name -> the exit code. */
export async function runProbe(argv: readonly string[]): Promise<number> {
  const shown = screen();
  try {
    return await runCommand('probe', probeTable, argv, (args) => measure(args, shown));
  } finally {
    await shown.flushed();
  }
}

async function measure(args: ProbeArguments, shown: Screen): Promise<number> {
  const { options } = args;
  const server = serverOf(args);
  const range = rangeOf(args);
  const plan = planProbe(range);
  const print = (text: string | null) => {
    if (text !== null && !options.q) shown.stderr(text);
  };
  print(planText(server.host, plan));
  if (!options.yes) {
    if (!hasTerminal()) {
      throw new UsageError(
        `it takes up to ${plan.mostLogins} logins, and there is no terminal to ask on; pass --yes to begin`,
      );
    }
    if (!(await confirm('Begin? [y/N] '))) {
      shown.stderr('Nothing was done.\n');
      return 0;
    }
  }
  for (const text of server.notes) print(newsText({ type: 'note', text }, false));
  const stop = new AbortController();
  const removeHandlers = onSignals({ stop: () => stop.abort(), nudge: () => {} }, isatty(0) || isatty(2));
  try {
    const library = await import('../../inspect/probepath.js');
    const result = await library.probe(server.host, {
      ...range,
      ...server.ssh,
      ...(shown.asker ? { ask: shown.asker.ask } : {}),
      signal: stop.signal,
      onNews: (news) => print(newsText(news, options.v)),
    });
    const { configFile = null } = server.ssh;
    shown.stdout(options.json ? `${JSON.stringify(result)}\n` : resultText(result, configFile));
    const learned = result.safeMs !== null || result.deadMs !== null;
    return result.complete || learned ? 0 : 5;
  } finally {
    removeHandlers();
  }
}

/** The server, and how to log in: ssh's options, by the rules of `run`. */
function serverOf({ parts, command }: ProbeArguments) {
  if (command.length > 0)
    throw new UsageError(`${JSON.stringify(command.join(' '))}: no command is run; want one host`);
  const foreign = parts.find((part) => part.type === 'option' && isForeign(part.name));
  if (foreign?.type === 'option') {
    throw new UsageError(
      `${optionText(foreign.name)} makes no sense here; there are -F, -i, -l, -p, -o and -J of ssh`,
    );
  }
  const pieces = parts.map(
    (part): Piece<string> =>
      part.type === 'word'
        ? { type: 'host', text: part.text }
        : part.name.length === 1
          ? { type: 'letter', letter: part.name, value: part.value }
          : { type: 'long', name: part.name, value: part.value },
  );
  const found = whomOf(pieces, 'holdfast probe', keyFileExists);
  if (typeof found === 'string') throw new UsageError(found);
  const { host, options, configFile } = found.options;
  const ssh: Pick<TunnelOptions, 'options' | 'configFile'> = {
    ...(options === undefined ? {} : { options }),
    ...(configFile === undefined ? {} : { configFile }),
  };
  return { host, ssh, notes: found.notes };
}

function rangeOf({ options: { min, max, resolution, direction } }: ProbeArguments): RangeOptions {
  return {
    ...(min === undefined ? {} : { minMs: min }),
    ...(max === undefined ? {} : { maxMs: max }),
    ...(resolution === undefined ? {} : { resolution }),
    // Another word is refused with the rest of the range, by planProbe.
    ...(direction === undefined ? {} : { direction: direction as NonNullable<RangeOptions['direction']> }),
  };
}
