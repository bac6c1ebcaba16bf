import type { ManagedResult, ManagedState } from '../../edit.js';
import { escapeControls, wrapText } from '../terminal/columns.js';
import { changedText, type EditContext, paragraph, undoText } from './changereport.js';

export function statusText({ file, exists, configFile, line, readOnly, include }: ManagedState): string {
  const byHand = exists && readOnly !== null;
  const next = byHand
    ? `What makes it has to begin with this line: ${include}`
    : 'holdfast config managed init makes it and includes it';
  const says = [
    exists ? file : `${file}: not there`,
    line === null
      ? `${configFile} does not include it: what stands in it does not count`
      : `${configFile}:${line} includes it: ${include}`,
    ...(readOnly === null ? [] : [readOnly]),
    ...(exists && line !== null ? [] : [next]),
  ];
  return says.map((text) => `${wrapText('', escapeControls(text))}\n`).join('');
}

export function managedText(
  action: 'init' | 'remove',
  result: ManagedResult,
  { dryRun, configFile: givenFile }: EditContext,
): string {
  const { file, configFile, byHand, changedHosts, declined, changed, readOnly } = result;
  if (declined) {
    const head = `hosts would get something else; nothing was written, --yes does it:`;
    return `${wrapText('holdfast: ', head)}\n${paragraph(changedText(changedHosts, []))}`;
  }
  const output: string[] = [];
  if (changed && !dryRun) {
    if (action === 'remove') output.push(`${file} is gone, and so is the line that included it.`);
    else if (byHand !== null) output.push(`${file} is there, and nothing reads it yet.`);
    else output.push(`${file} is there, and ${configFile}:1 includes it: every host resolves as before.`);
  }
  if (byHand !== null && action === 'init') {
    output.push(
      readOnly ?? '',
      'Put this line at its top, above every Host, in what makes it (Nix, home-manager, dotfiles):',
      byHand,
    );
  } else if (byHand !== null) {
    output.push(readOnly ?? '', `First take this line out of what makes it: ${byHand}`);
  } else if (!changed) {
    output.push(
      action === 'init' ? 'Nothing to do: it is there and included.' : 'Nothing to do: there is none.',
    );
  }
  const files = [{ file: byHand === null ? configFile : file }];
  if (changed) output.push(dryRun ? 'Nothing was written.' : undoText({ files, configFile }, givenFile));
  return paragraph(output);
}
