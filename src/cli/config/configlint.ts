import { isatty } from 'node:tty';
import type { LintFinding } from '../../edit.js';
import { hanging, plain } from '../terminal/columns.js';

/**
 * `file:line: sentence [code]`, and below it what would mend it: a line each for programs, on a terminal (`wraps`) as many as
 * people read with ease.
 */
export function lintText(findings: readonly LintFinding<string>[], wraps = isatty(1)): string {
  return findings
    .map(({ file, line, sentence, code, fix }) => {
      const at = line === 0 ? file : `${file}:${line}`;
      const said = plain(`${at}: ${sentence} [${code}]`);
      const mend = plain(fix.sentence);
      return wraps ? `${hanging('', said, '  ')}\n${hanging('    ', mend)}\n` : `${said}\n    ${mend}\n`;
    })
    .join('');
}
