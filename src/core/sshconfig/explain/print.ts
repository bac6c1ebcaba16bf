import { type Bytes, textOf } from '../bytes.js';
import { isSince } from '../keywords/releases.js';
import type { ResolvedConfig } from '../resolve/resolvedconfig.js';

/** The one keyword that `ssh -G` does not print in lower case. */
const printedKeys: Readonly<Record<string, string>> = {
  canonicalizepermittedcnames: 'canonicalizePermittedcnames',
};

/** The lines of `ssh -G`, in its order, without line feeds. */
export function printAnswer(answer: ResolvedConfig): readonly Bytes[] {
  // Before 8.7 ssh says nothing of the host as it was typed.
  const lines: Bytes[] = isSince(answer.release, '8.7') ? [`host ${answer.host}`] : [];
  for (const [key, option] of answer.options) {
    for (const line of option.lines) {
      // 8.4 has no word for an empty list.
      const isBare = line === '' && key === 'canonicaldomains';
      lines.push(isBare ? key : `${printedKeys[key] ?? key} ${line}`);
    }
  }
  return lines;
}

/** The value of an option that has one, as `ssh -G` and `sshd -T` print it; null: it has none. `key`: in lower case. */
export function printedLine(
  { options }: { readonly options: ReadonlyMap<string, { readonly lines: readonly Bytes[] }> },
  key: string,
): string | null {
  const [line] = options.get(key)?.lines ?? [];
  return line === undefined ? null : textOf(line);
}
