import { doctor as examine, exitCode, FailureError, RefusedError, refusalSentences } from '../../inspect.js';
import { escapeControls, wrapText } from '../terminal/columns.js';
import { stderr, stdout } from '../terminal/output.js';
import { doctorHelp, parseDoctor } from './options.js';
import { doctorText } from './report.js';

/** `holdfast doctor ...`: argv after `doctor` -> the exit code: 1 when something should change. */
export async function doctor(argv: readonly string[]): Promise<number> {
  const split = parseDoctor(argv);
  if (!split.ok) return refuse(split.message, 2);
  const { args } = split;
  if (args.help) {
    stdout.write(doctorHelp);
    return 0;
  }
  try {
    const report = await examine(args.host, {
      ...(args.configFile === null ? {} : { configFile: args.configFile }),
      ...(args.sshdConfigFile === null ? {} : { sshdConfigFile: args.sshdConfigFile }),
      offline: args.offline,
    });
    stdout.write(args.json ? `${JSON.stringify(report)}\n` : doctorText(report));
    return report.shouldChange ? 1 : 0;
  } catch (thrown) {
    if (!(thrown instanceof FailureError) || thrown.kind === 'bug') throw thrown;
    const said = thrown instanceof RefusedError ? refusalSentences(thrown.refusals) : [thrown.message];
    for (const message of said) refuse(message, 2);
    return exitCode({ ok: false, failure: thrown });
  }
}

function refuse(message: string, code: number): number {
  stderr.write(`${wrapText('holdfast: ', escapeControls(`doctor: ${message}`))}\n`);
  return code;
}
