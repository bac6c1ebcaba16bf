/** Why an option of sshd is what it is, in the client's shapes. */

import { textOf } from '../bytes.js';
import { type LineStory, spotText } from '../explain/where.js';
import { OptionExplainer } from '../explain/why.js';
import type { Loss } from '../resolve/resolvedconfig.js';
import type { ResolvedServerConfig, ServerEffective } from './resolvedserver.js';
import { asWritten, serverKeywordOf } from './serverkeywords.js';

/** Explains the options of one connection. */
export class ServerExplainer extends OptionExplainer<ServerEffective> {
  constructor(config: ResolvedServerConfig) {
    super(config, {
      keyOf: (name) => serverKeywordOf(name)?.key,
      isAsleep: ({ pass, activity }) => pass === 'final' && activity !== 'yes',
      valuesOf: ({ keyword, lines }) => lines.map((line) => asWritten(keyword, textOf(line))),
      because,
    });
  }
}

function because(line: LineStory, why: Loss['why'], winner: LineStory | null): string {
  if (winner === null) return why === 'empty' ? 'it names nothing' : why;
  if (line.block === null && winner.block !== null) {
    return `overridden by ${spotText(winner)}, in a block that matches (${winner.block.header})`;
  }
  const later = line.file === winner.file && winner.line > line.line;
  return `${later ? 'replaced' : 'shadowed'} by ${spotText(winner)}`;
}
