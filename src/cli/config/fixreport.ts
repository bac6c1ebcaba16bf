import { isatty } from 'node:tty';
import type { FixedConfig, FixProposal, LintFinding } from '../../edit.js';
import { escapeControls, wrapText } from '../terminal/columns.js';
import { changedText, listed, paragraph, undoText } from './changereport.js';

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

/** What was done, what needs a yes and why, what cannot be done. */
export function fixedText(
  all: FixedConfig,
  how: { readonly dryRun: boolean; readonly onTerminal: boolean; readonly configFile: string | null },
): string {
  const { fixed, declined, refused, changed } = all;
  const { dryRun, onTerminal } = how;
  const would = dryRun ? 'would be ' : '';
  const done = fixed
    .map((proposal) => {
      const said = `${spotText(proposal.finding)}: ${would}mended: ${fixText(proposal)}`;
      return `${paragraph([said])}${onTerminal ? '' : proposalText(proposal)}`;
    })
    .join('');
  const open = declined
    .map((proposal) => {
      const why = onTerminal ? 'left as it is' : 'changes what the file means, so it needs --yes';
      const said = `${spotText(proposal.finding)}: ${why}: ${fixText(proposal)}`;
      return `${paragraph([said])}${onTerminal ? '' : proposalText(proposal)}`;
    })
    .join('');
  const not = paragraph(refused.map(({ finding, why }) => `${spotText(finding)}: not mended: ${why}`));
  const end =
    !changed || dryRun
      ? `${fixed.length + all.left.length === 0 ? 'Nothing to mend; nothing' : 'Nothing'} was written.`
      : `Everything else resolves as before. ${undoText(all, how.configFile)}`;
  return `${done}${open}${not}${paragraph([end])}`;
}

function fixText({ finding }: FixProposal): string {
  return `${finding.fix.sentence} [${finding.code}]`;
}

/** Whom it changes, and how. */
export function proposalText({ changedHosts, acceptedHosts }: FixProposal): string {
  const output = [...changedText(changedHosts, [])];
  if (acceptedHosts.length > 0) {
    const whom = acceptedHosts.includes('*') ? 'every host' : listed(acceptedHosts);
    output.push(`${whom}: ssh refuses the file now, and takes it then`);
  }
  return output.map((line) => `${wrapText('  ', escapeControls(line))}\n`).join('');
}

function spotText({ file, line }: LintFinding): string {
  return line === 0 ? file : `${file}:${line}`;
}
