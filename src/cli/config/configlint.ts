import { isatty } from 'node:tty';
import type { LintFinding } from '../../edit.js';
import { escapeControls, wrapText } from '../terminal/columns.js';

/**
 * `file:line: sentence [code]`, and below it what would mend it: a line each for programs, on a terminal (`wraps`) as many as
 * people read with ease.
 */
export function lintText(findings: readonly LintFinding<string>[], wraps = isatty(1)): string {
  return findings
    .map(({ file, line, sentence, code, fix }) => {
      const at = line === 0 ? file : `${file}:${line}`;
      const said = escapeControls(`${at}: ${sentence} [${code}]`);
      const mend = escapeControls(fix.sentence);
      return wraps ? `${wrapText('', said, '  ')}\n${wrapText('    ', mend)}\n` : `${said}\n    ${mend}\n`;
    })
    .join('');
}
