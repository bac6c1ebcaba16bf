import { doctor as examine, exitCode, FailureError, RefusedError, refusalSentences } from '../../inspect.js';
import { hanging, plain } from '../terminal/columns.js';
import { stderr, stdout } from '../terminal/output.js';
import { doctorHelp, splitDoctor } from './options.js';
import { doctorText } from './report.js';

/** `holdfast doctor ...`: argv after `doctor` -> the exit code: 1 when something should change. */
export async function doctor(argv: readonly string[]): Promise<number> {
  const split = splitDoctor(argv);
  if (!split.ok) return refuse(split.message, 2);
  const { asked } = split;
  if (asked.help) {
    stdout.write(doctorHelp);
    return 0;
  }
  try {
    const report = await examine(asked.host, {
      ...(asked.configFile === null ? {} : { configFile: asked.configFile }),
      ...(asked.sshdConfigFile === null ? {} : { sshdConfigFile: asked.sshdConfigFile }),
      offline: asked.offline,
    });
    stdout.write(asked.json ? `${JSON.stringify(report)}\n` : doctorText(report));
    return report.shouldChange ? 1 : 0;
  } catch (thrown) {
    if (!(thrown instanceof FailureError) || thrown.kind === 'bug') throw thrown;
    const said = thrown instanceof RefusedError ? refusalSentences(thrown.refusals) : [thrown.message];
    for (const message of said) refuse(message, 2);
    return exitCode({ ok: false, failure: thrown });
  }
}

function refuse(message: string, code: number): number {
  stderr.write(`${hanging('holdfast: ', plain(`doctor: ${message}`))}\n`);
  return code;
}
