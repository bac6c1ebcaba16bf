import { readRequestWithSources } from '../../edit/tunnelrequest.js';
import { printError } from '../command/errors.js';
import { onDebuggerClosed } from '../terminal/debugger.js';
import { type Screen, screen } from '../terminal/screen.js';
import { parseArguments, type RunArguments } from './arguments.js';
import { withAutosshVariables } from './autossh.js';
import { keyFileExists } from './keyfileexists.js';
import { parent } from './parent.js';
import { runHelp } from './runhelp.js';
import { isService } from './unattended.js';

/** `holdfast run`: argv after the command's name. Resolves to the exit code. */
export async function run(argv: readonly string[]): Promise<number> {
  const started = parent();
  const shown = started?.screen ?? screen();
  try {
    const parsed = parseArguments(argv, keyFileExists);
    if (parsed.type === 'help') {
      shown.stdout(runHelp);
      return 0;
    }
    if (parsed.type === 'refused') {
      shown.stderr(`holdfast: ${parsed.failure.message}\n`);
      return 2;
    }
    return await act(argv, withAutosshVariables(parsed.run, process.env), shown, started);
  } finally {
    await shown.flushed();
  }
}

async function act(
  argv: readonly string[],
  parsed: RunArguments,
  shown: Screen,
  started: ReturnType<typeof parent>,
): Promise<number> {
  const unattended = parsed.background || isService(process.env, process.pid, shown.attended);
  const run = unattended ? { ...parsed, options: { ...parsed.options, unattended } } : parsed;
  try {
    // A tunnel says it among its notices.
    const keeps = !run.print && (!run.background || started !== null);
    if (!keeps) onDebuggerClosed((text) => shown.stderr(`holdfast: note: ${text}\n`));
    if (run.print) {
      const { request, sources } = await readRequestWithSources(run.options);
      const notes = [...run.notes, ...request.notes];
      if (run.json) shown.stdout(`${JSON.stringify({ ...request, notes }, null, 2)}\n`);
      else {
        const { requestText } = await import('./requesttext.js');
        shown.stdout(requestText(request, sources, run.options, notes));
      }
      return 0;
    }
    if (run.background && !started) {
      const { background } = await import('./background.js');
      return await background(argv, run, shown);
    }
    const { keep } = await import('./keep.js');
    const ended = await keep(run, shown, started);
    if (ended !== 'to the background') return ended;
    const { background } = await import('./background.js');
    return await background(argv, run, shown);
  } catch (thrown) {
    return printError(thrown, argv, shown);
  }
}
