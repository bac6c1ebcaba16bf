import { runCommand } from '../command/dispatch.js';
import { printResult } from '../terminal/output.js';
import { doctorTable } from './options.js';

/** `holdfast doctor ...`: argv after `doctor` -> the exit code: 1 when something should change. */
export function runDoctor(argv: readonly string[]): Promise<number> {
  return runCommand('doctor', doctorTable, argv, async ({ words: [host = null], options }) => {
    const { doctor: examine } = await import('../../inspect/diagnose.js');
    const { doctorText } = await import('./report.js');
    const { F: configFile, 'sshd-config': sshdConfigFile, offline, json } = options;
    const report = await examine(host, {
      ...(configFile === undefined ? {} : { configFile }),
      ...(sshdConfigFile === undefined ? {} : { sshdConfigFile }),
      offline,
    });
    printResult(json, report, () => doctorText(report));
    return report.shouldChange ? 1 : 0;
  });
}
