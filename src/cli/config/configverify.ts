import type { Verified } from '../../edit.js';
import { escapeControls, wrapText } from '../terminal/columns.js';

/** `holdfast config verify`: one line for each host that differs, or is refused, and a last one for all. */
export function verifyText(verified: readonly Verified[]): string {
  const output: string[] = [];
  for (const { host, verdict, differences, sshRefuses, weRefuse } of verified) {
    if (verdict === 'same') continue;
    if (verdict === 'refused')
      output.push(wrapText('', escapeControls(`${host}: refused by both: ${weRefuse ?? ''}`)));
    else if (sshRefuses !== null)
      output.push(wrapText('', escapeControls(`${host}: ssh refuses, we do not: ${sshRefuses}`)));
    else if (weRefuse !== null)
      output.push(wrapText('', escapeControls(`${host}: we refuse, ssh does not: ${weRefuse}`)));
    for (const { keyword, ours, ssh } of differences) {
      output.push(escapeControls(`${host}: ${keyword}`));
      output.push(escapeControls(`  ssh   ${ssh.join(' | ') || '(nothing)'}`));
      output.push(escapeControls(`  ours  ${ours.join(' | ') || '(nothing)'}`));
    }
  }
  const differ = verified.filter(({ verdict }) => verdict === 'differs').length;
  const hosts = verified.length === 1 ? '1 host' : `${verified.length} hosts`;
  const refused = verified.filter(({ verdict }) => verdict === 'refused').length;
  output.push(
    differ === 0
      ? `${hosts}: the same as ssh -G${refused === 0 ? '' : `; ${refused} refused by both`}`
      : `${hosts}: ${differ} ${differ === 1 ? 'differs' : 'differ'} from ssh -G; please report that`,
  );
  return `${output.join('\n')}\n`;
}
