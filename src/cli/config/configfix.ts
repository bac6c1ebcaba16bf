import { type FixedConfig, type FixProposal, fixConfig, type LintFinding } from '../../edit.js';
import { escapeControls, wrapText } from '../terminal/columns.js';
import { stderr, stdout } from '../terminal/output.js';
import { hasTerminal, Terminal } from '../terminal/tty.js';
import { changedText, listed, paragraph, undoText } from './configeditreport.js';
import { lintText } from './configlint.js';
import type { ConfigArgs } from './options.js';

/** `holdfast config lint --fix`: 0 when nothing is left to mend, 1 when something is. */
export async function configFix({ configFile, target, dryRun, yes, json }: ConfigArgs): Promise<number> {
  const mayAsk = !yes && !dryRun && !json && hasTerminal();
  const fixed = await fixConfig({
    ...(configFile === null ? {} : { configFile }),
    ...(target === null ? {} : { target }),
    dryRun,
    ...(yes ? { decide: () => true } : mayAsk ? { decide: agreed } : {}),
  });
  if (json) stdout.write(`${JSON.stringify(fixed)}\n`);
  else {
    // Both may be one terminal: one comes after the other.
    if (dryRun) stdout.write(escapeControls(fixed.diff));
    await stdout.flushed();
    stderr.write(fixedText(fixed, { dryRun, onTerminal: mayAsk, configFile }));
    await stderr.flushed();
    stdout.write(lintText(fixed.left));
  }
  return fixed.left.length > 0 ? 1 : 0;
}

async function agreed(proposal: FixProposal): Promise<boolean> {
  await stderr.flushed();
  const question = `${escapeControls(proposal.diff)}${proposalText(proposal)}Change that? [y/N] `;
  const answer = await new Terminal().line(question, true, new AbortController().signal);
  return answer !== null && /^y(?:es)?$/i.test(answer.trim());
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
function proposalText({ changedHosts, acceptedHosts }: FixProposal): string {
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
