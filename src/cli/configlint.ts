import type { LintFinding } from '../edit.js';
import { plain } from './columns.js';

/** `file:line: sentence [code]`, and below it what would mend it. */
export function lintText(findings: readonly LintFinding<string>[]): string {
  return findings
    .map(({ file, line, sentence, code, fix }) => {
      const at = line === 0 ? file : `${file}:${line}`;
      return `${plain(`${at}: ${sentence} [${code}]\n    ${fix.sentence}`)}\n`;
    })
    .join('');
}
