/** Changes of ssh's configuration on disk: planned and proved, then shown or written. */

import { FailureError, failure, usageFailure } from '../core/failure.js';
import { type Bytes, textOf } from '../core/sshconfig/bytes.js';
import { printableLine } from '../core/text/printable.js';
import { messageOf } from '../core/text/reason.js';
import { readStamped, replaceFiles } from '../io/replace.js';
import {
  type ChangedHost,
  type ConfigChange,
  type ConfigPlan,
  type EditConfigOptions,
  type EditedConfig,
  editConfigText,
  type IdleChange,
  type KeptHost,
  type PlanOptions,
  planConfig,
} from './configchange.js';
import type { SshCheck } from './sshcheck.js';
import {
  checkSwaps,
  diffOf,
  type FileSwap,
  fileToEdit,
  numbersOf,
  stampHolding,
  writeContext,
  writeFiles,
} from './writing.js';

export { exitCode, FailureError } from '../core/failure.js';
export { RefusedError, refusalSentences } from '../core/sshconfig/explain/refused.js';
export { WriteRefusedError } from '../io/replace.js';
export { EditRefusedError } from './configchange.js';

/** How a change is written. */
export interface WriteConfigOptions extends Omit<PlanOptions, 'configFile' | 'partial'> {
  /** Only say what would be done. @default false */
  readonly dryRun?: boolean;
  /**
   * Does the installed ssh have to agree? `ssh -G` runs before and after for every host that the files name, with the
   * commands of `Match exec`, and where it sees something else the old files return. Not with `dryRun`: ssh reads
   * what is written. @default false
   */
  readonly verifyWithSsh?: boolean;
  /** Called before ssh runs. */
  readonly onVerify?: () => void;
  /** Called, and waited for, when the proof is done and before anything is written. */
  readonly onPlanned?: () => Promise<void>;
  /** How the history calls it. Default: the kinds, hosts and options, without values, which may be secret. */
  readonly command?: string;
}

/** A file that changed, or would. */
export interface EditedFile {
  readonly file: string;
  /** Unified. */
  readonly diff: string;
  /** There was none. */
  readonly created: boolean;
  /** Of its entry in the history; null: not written. */
  readonly number: number | null;
}

/** A line that is new or different. */
export interface NewLine {
  readonly file: string;
  /** From 1. */
  readonly line: number;
  readonly text: string;
  /** The Host or Match line above it; null: there is none. */
  readonly header: string | null;
}

/** What was written, or with `dryRun` would be. */
export interface WrittenConfig {
  /** False: it was so already. With `dryRun`: would anything change? */
  readonly changed: boolean;
  readonly written: boolean;
  /** The main file. */
  readonly configFile: string;
  /** What it holds now; with `dryRun`, what it would. */
  readonly text: string;
  /** Unified, of all files; empty: nothing changes. */
  readonly diff: string;
  readonly files: readonly EditedFile[];
  readonly lines: readonly NewLine[];
  readonly changedHosts: readonly ChangedHost[];
  readonly keptHosts: readonly KeptHost[];
  readonly idle: readonly IdleChange[];
  readonly lostJumps: ConfigPlan['lostJumps'];
  /** About how many hosts ssh agreed; null: without `verifyWithSsh`. */
  readonly confirmed: number | null;
}

/** The installed ssh does not see what was to be; the old files are back. */
export class SshDisagreesError extends FailureError {
  constructor(message: string) {
    super(failure('config', printableLine(message)));
    this.name = 'SshDisagreesError';
  }

  override get details() {
    return { reason: 'ssh' };
  }
}

/**
 * Changes ssh's configuration, with a proof: the hosts of a change resolve as requested, every other host as before, and every
 * byte elsewhere stays. A text is only read, and nothing outside of it is: the answer comes at once. A `path` is a file on
 * disk with all that it includes; null is the file that ssh reads. Files are replaced whole, all of an edit or none, with
 * a copy of what they were (`undoEdits`).
 *
 * Throws, or rejects with, a FailureError, and then nothing was written: an EditRefusedError where something cannot be proved
 * or makes no sense, a WriteRefusedError where a file may not be written or changed meanwhile, an SshDisagreesError.
 */
export function editConfig(
  source: string,
  changes: readonly ConfigChange[],
  options?: EditConfigOptions,
): EditedConfig;
export function editConfig(
  source: { readonly path: string | null },
  changes: readonly ConfigChange[],
  options?: WriteConfigOptions,
): Promise<WrittenConfig>;
export function editConfig(
  source: string | { readonly path: string | null },
  changes: readonly ConfigChange[],
  options: EditConfigOptions & WriteConfigOptions = {},
): EditedConfig | Promise<WrittenConfig> {
  if (typeof source === 'string') return editConfigText(source, changes, options);
  const write = async (): Promise<WrittenConfig> => {
    const main = fileToEdit(source.path ?? undefined);
    checkVerifiable(options);
    const all = source.path === null ? options : { ...options, configFile: source.path };
    const plan = await planConfig(changes, all);
    await options.onPlanned?.();
    return writePlan(plan, main, changes, all);
  };
  return write();
}

/** ssh cannot say anything about what is not written. */
export function checkVerifiable({ dryRun, verifyWithSsh }: WriteConfigOptions): void {
  if (!dryRun || !verifyWithSsh) return;
  const message =
    'verify with ssh: ssh reads what is written, and a dry run writes nothing; want one of them';
  throw usageFailure(message);
}

/** Writes what was proved, or only says it. `main`: the file that is edited. */
export async function writePlan(
  plan: ConfigPlan,
  main: Bytes,
  changes: readonly ConfigChange[],
  options: WriteConfigOptions & Pick<PlanOptions, 'configFile'>,
): Promise<WrittenConfig> {
  const { files, read } = plan;
  if (files.length > 0) for (const [file, text] of read) stampHolding(file, text);
  const swaps = files.map(({ file, after }) => ({ file, before: read.get(file) ?? null, after }));
  const replacements = checkSwaps(swaps, read.keys());
  let numbers: ReadonlyMap<Bytes, number> = new Map();
  let confirmed: number | null = null;
  if (!options.dryRun && swaps.length > 0) {
    let check: SshCheck | null = null;
    if (options.verifyWithSsh) {
      options.onVerify?.();
      const { sshCheck } = await import('./sshcheck.js');
      const { configFile } = options;
      check = await sshCheck(changes, plan.changedHosts, configFile === undefined ? {} : { configFile });
    }
    const command = options.command ?? commandOf(changes);
    numbers = numbersOf(swaps, replacements, await replaceFiles(replacements, { command }, writeContext()));
    if (check !== null) {
      const wrong = await check.complaint();
      if (wrong !== null) throw new SshDisagreesError(`${wrong}; ${await putBack(swaps)}`);
      confirmed = check.hosts;
    }
  }
  const { diff, changedHosts, keptHosts, idle, lostJumps } = plan;
  const mainPlan = files.find(({ file }) => file === main);
  return {
    changed: files.length > 0,
    written: numbers.size > 0,
    configFile: textOf(main),
    text: textOf(mainPlan?.after ?? readStamped(main).bytes),
    diff,
    files: files.map((each) => ({
      file: textOf(each.file),
      diff: files.length === 1 ? diff : diffOf([each]),
      created: each.created,
      number: numbers.get(each.file) ?? null,
    })),
    lines: files.flatMap(({ file, newLines }) =>
      newLines.map(({ line, text, header }) => ({
        file: textOf(file),
        line,
        text: textOf(text),
        header: header === null ? null : textOf(header),
      })),
    ),
    changedHosts,
    keptHosts,
    idle,
    lostJumps,
    confirmed,
  };
}

/** ssh did not agree: the old contents return. What became of it, in words. */
async function putBack(swaps: readonly FileSwap[]): Promise<string> {
  try {
    const back = swaps.map(({ file, before, after }) => ({ file, before: after, after: before }));
    await writeFiles(back, { command: 'config: ssh did not agree', kind: 'restore' });
    return swaps.length === 1 ? 'the old file is back' : 'the old files are back';
  } catch (error) {
    const why = messageOf(error);
    return `the old file could not be put back (${why}); holdfast config undo does it`;
  }
}

/** For the history: no values. */
function commandOf(changes: readonly ConfigChange[]): string {
  const [first, ...more] = changes.map((change) => {
    const subject = 'from' in change ? `${change.from} ${change.to}` : change.host;
    return `config ${change.type} ${subject}${'option' in change ? ` ${change.option}` : ''}`;
  });
  return `${first ?? 'config'}${more.length === 0 ? '' : ` and ${more.length} more`}`;
}
