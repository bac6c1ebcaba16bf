import type { LintFact } from '../core/doctor/facts.js';
import { spotText } from '../core/sshconfig/explain/where.js';
import type { OptionStory } from '../core/sshconfig/explain/why.js';
import type { LintFinding } from '../read/clientlint.js';

export function lintFact({ code, file, line, sentence, fix }: LintFinding<string>): LintFact {
  const at = line === 0 ? file : `${file}:${line}`;
  return { code, at, sentence, fix: fix.sentence, mendable: fix.edit !== null };
}

/** `~/.ssh/config:3`; why it is so without a line; or `default`. */
export function sourceOf(story: Pick<OptionStory, 'from' | 'note'> | null): string {
  const [line] = story?.from ?? [];
  return line === undefined ? (story?.note ?? 'default') : spotText(line);
}
