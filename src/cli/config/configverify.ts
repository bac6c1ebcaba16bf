import type { Verified } from '../../edit.js';
import { hanging, plain } from '../terminal/columns.js';

/** `holdfast config verify`: one line for each host that differs, or is refused, and a last one for all. */
export function verifyText(verified: readonly Verified[]): string {
  const told: string[] = [];
  for (const { host, verdict, differences, sshRefuses, weRefuse } of verified) {
    if (verdict === 'same') continue;
    if (verdict === 'refused') told.push(hanging('', plain(`${host}: refused by both: ${weRefuse ?? ''}`)));
    else if (sshRefuses !== null)
      told.push(hanging('', plain(`${host}: ssh refuses, we do not: ${sshRefuses}`)));
    else if (weRefuse !== null)
      told.push(hanging('', plain(`${host}: we refuse, ssh does not: ${weRefuse}`)));
    for (const { keyword, ours, ssh } of differences) {
      told.push(plain(`${host}: ${keyword}`));
      told.push(plain(`  ssh   ${ssh.join(' | ') || '(nothing)'}`));
      told.push(plain(`  ours  ${ours.join(' | ') || '(nothing)'}`));
    }
  }
  const differ = verified.filter(({ verdict }) => verdict === 'differs').length;
  const hosts = verified.length === 1 ? '1 host' : `${verified.length} hosts`;
  const refused = verified.filter(({ verdict }) => verdict === 'refused').length;
  told.push(
    differ === 0
      ? `${hosts}: the same as ssh -G${refused === 0 ? '' : `; ${refused} refused by both`}`
      : `${hosts}: ${differ} ${differ === 1 ? 'differs' : 'differ'} from ssh -G; please report that`,
  );
  return `${told.join('\n')}\n`;
}
