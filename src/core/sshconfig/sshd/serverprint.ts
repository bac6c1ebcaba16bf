import type { Bytes } from '../bytes.js';
import type { ServerEffective } from './serveranswer.js';

/** The lines of `sshd -T`, in its order, without line feeds. */
export function linesOfServer(options: ReadonlyMap<string, ServerEffective>): readonly Bytes[] {
  const lines: Bytes[] = [];
  for (const [key, option] of options) for (const line of option.lines) lines.push(`${key} ${line}`);
  return lines;
}
