import type { Refusal } from '../resolve/resolvedconfig.js';
import type { Answers, ResolveInput } from '../resolve/resolveinput.js';
import { adviceOn } from './advice.js';
import { corpusOf } from './corpus.js';
import { deadLines, lintDead } from './dead.js';
import { lintFiles } from './files.js';
import type { Finding } from './finding.js';
import { lintGlued, lintNames } from './lintnames.js';
import { lintOptions, sshReader } from './lintoptions.js';
import { lintRefused } from './lintrefusals.js';
import { lintLiteralEnds } from './meant.js';
import { lintKeepalive } from './serveralive.js';
import { lintStructure, swallowedTails } from './structure.js';

export interface LintSubject {
  /** Its files and facts count; the host does not. */
  readonly input: ResolveInput;
  /** All files, patterns and homes that `missingFiles` asks for. */
  readonly answers: Answers;
  /** Why ssh refuses the configuration, for any host; none where it does not. */
  readonly refusals: readonly Refusal[];
  /** The release of OpenSSH that reads the files, such as 9.2. */
  readonly target: string;
  /** Does that ssh have Debian's changes? */
  readonly debian: boolean;
}

/**
 * Everything in the user's configuration that is not what its author believes, by file and line. Each line is looked at
 * once, whatever the number of hosts; no command is run, and nothing is changed.
 */
export function lintConfig({ input, answers, refusals, target, debian }: LintSubject): readonly Finding[] {
  const corpus = corpusOf(input, answers);
  const dead = deadLines(corpus);
  const tails = swallowedTails(corpus);
  const swallowed = new Set([...tails.values()].flat());
  const found = [
    ...lintFiles(corpus, sshReader, input.facts.uid),
    ...lintOptions(corpus, target, debian),
    ...lintNames(corpus),
    ...lintGlued(corpus),
    ...lintLiteralEnds(corpus, sshReader),
    ...lintStructure(corpus, tails, dead),
    ...lintKeepalive(corpus, debian),
    ...lintDead(corpus, dead, swallowed),
  ];
  const reported = found.filter(({ code }) => tellsOfRefusal.has(code));
  found.push(...lintRefused(corpus, refusals, reported, sshReader));
  // A list of IgnoreUnknown that comes too late has its own advice: to remove it would be the wrong one.
  const late = new Set(
    found.flatMap((each) => (each.code === 'ignore-unknown-late' ? [`${each.file}:${each.line}`] : [])),
  );
  const isLate = ({ code, file, line }: Finding) => code === 'dead-line' && late.has(`${file}:${line}`);
  return adviceOn(
    corpus,
    found.filter((each) => !isLate(each)),
  );
}

const tellsOfRefusal: ReadonlySet<string> = new Set<Finding['code']>([
  'newer-option',
  'glued-comment',
  'byte-order-mark',
  'literal-newline',
]);
