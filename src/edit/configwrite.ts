/** Changes of ssh's configuration on disk: planned and proved, then shown or written. */
import { FailureError, failure } from '../core/failure.js';
import { type Bytes, textOf } from '../core/sshconfig/bytes.js';
import { printableLine } from '../core/text/printable.js';
import { unifiedDiff } from '../io/diff.js';
import {
  checkReplaceable,
  type FileReplacement,
  readStamped,
  replaceFiles,
  type Stamp,
  WriteRefusedError,
} from '../io/replace.js';
import {
  type ChangedHost,
  type ConfigChange,
  type ConfigPlan,
  type EditConfigOptions,
  type EditedConfig,
  editConfigText as editText,
  type IdleChange,
  type KeptHost,
  type PlanOptions,
  planConfig,
} from './configchange.js';
import type { SshCheck } from './sshcheck.js';
import { fileToEdit, stampHolding, writeContext } from './writing.js';

export { exitCode, FailureError } from '../core/failure.js';
export { RefusedError, sentences as refusalSentences } from '../core/sshconfig/explain/refused.js';
export { WriteRefusedError } from '../io/replace.js';
export { EditRefusedError } from './configchange.js';

/** How a change is written. */
export interface WriteConfigOptions extends Omit<PlanOptions, 'configFile' | 'partial'> {
  /** Only say what would be done. @default false */
  readonly dryRun?: boolean;
  /**
   * Does the installed ssh have to agree? It is asked (`ssh -G`) before and after about every host that the files name,
   * runs the commands of `Match exec`, and where it sees something else the old files return. Not with `dryRun`: ssh reads
   * what is written. @default false
   */
  readonly verifyWithSsh?: boolean;
  /** Called before ssh is asked. */
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
  /** About how many hosts ssh agreed; null: it was not asked. */
  readonly confirmed: number | null;
}

/** The installed ssh does not see what was to be; the old files are back. */
export class SshDisagreesError extends FailureError {
  constructor(message: string) {
    super(failure('config', printableLine(message)));
    this.name = 'SshDisagreesError';
  }
}

/**
 * Changes ssh's configuration, with a proof: whom a change means resolves as asked, every other host as before, and every
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
  if (typeof source === 'string') return editText(source, changes, options);
  return writeConfig(source.path, changes, options);
}

async function writeConfig(
  path: string | null,
  changes: readonly ConfigChange[],
  options: WriteConfigOptions,
): Promise<WrittenConfig> {
  const main = fileToEdit(path ?? undefined);
  const fileOption = path === null ? {} : { configFile: path };
  checkVerifiable(options);
  const plan = await planConfig(changes, { ...options, ...fileOption });
  await options.onPlanned?.();
  return writePlan(plan, main, changes, { ...options, ...fileOption });
}

/** ssh cannot say anything about what is not written. */
export function checkVerifiable({ dryRun, verifyWithSsh }: WriteConfigOptions): void {
  if (!dryRun || !verifyWithSsh) return;
  const message =
    'verify with ssh: ssh reads what is written, and a dry run writes nothing; want one of them';
  throw new FailureError(failure('usage', message));
}

/** Writes what was proved, or only says it. `main`: the file that is edited. */
export async function writePlan(
  plan: ConfigPlan,
  main: Bytes,
  changes: readonly ConfigChange[],
  options: WriteConfigOptions & Pick<PlanOptions, 'configFile'>,
): Promise<WrittenConfig> {
  const stamped = plan.files.map(
    ({ file, after }): FileReplacement => ({ stamp: stampOf(file, plan), bytes: after }),
  );
  for (const { stamp } of stamped) checkReplaceable(stamp);
  checkOneName(stamped, plan);
  const numbers = new Map<Bytes, number>();
  let confirmed: number | null = null;
  if (!options.dryRun && stamped.length > 0) {
    let check: SshCheck | null = null;
    if (options.verifyWithSsh) {
      options.onVerify?.();
      const { sshCheck: witness } = await import('./sshcheck.js');
      const { configFile } = options;
      check = await witness(changes, plan.changedHosts, configFile === undefined ? {} : { configFile });
    }
    const command = options.command ?? commandOf(changes);
    for (const each of await replaceFiles(stamped, { command }, writeContext()))
      numbers.set(each.file, each.number);
    if (check !== null) {
      const wrong = await check.complaint();
      if (wrong !== null) throw new SshDisagreesError(`${wrong}; ${await putBack(stamped, plan)}`);
      confirmed = check.hosts;
    }
  }
  const { diff, changedHosts, keptHosts, idle, lostJumps } = plan;
  const diffs = plan.files.map(({ file, before, after }) =>
    plan.files.length === 1 ? diff : unifiedDiff(textOf(file), textOf(before), textOf(after)),
  );
  const mainPlan = plan.files.find(({ file }) => file === main);
  return {
    changed: plan.files.length > 0,
    written: numbers.size > 0,
    configFile: textOf(main),
    text: textOf(mainPlan?.after ?? readStamped(main).bytes),
    diff,
    files: plan.files.map(({ file, created }, at) => ({
      file: textOf(file),
      diff: diffs[at] ?? '',
      created,
      number: numbers.get(stamped[at]?.stamp.real ?? '') ?? null,
    })),
    lines: plan.files.flatMap(({ file, newLines }) =>
      newLines.map(({ line, text, header }) => ({
        file: textOf(file),
        line,
        text: textOf(text),
        header: header === null ? null : textOf(header),
      })),
    ),
    ...{ changedHosts, keptHosts, idle, lostJumps, confirmed },
  };
}

/** Of a file that still is what the plan is about. All others that the proof read have to be, too. */
function stampOf(file: Bytes, { read }: ConfigPlan): Stamp {
  for (const [each, text] of read) if (each !== file) stampHolding(each, text);
  return stampHolding(file, read.get(file) ?? null);
}

/** Two names of one file would be two files to the proof. */
function checkOneName(changes: readonly FileReplacement[], { files, read }: ConfigPlan): void {
  const names = new Map(changes.map(({ stamp }, at) => [stamp.real, files[at]?.file ?? '']));
  for (const file of read.keys()) {
    const name = names.get(readStamped(file).stamp.real);
    if (name === undefined || name === file) continue;
    throw new WriteRefusedError(
      'not-a-file',
      `${textOf(name)} and ${textOf(file)} are one file, read twice; nothing was written: include it by one name`,
    );
  }
}

/** ssh did not agree: the old contents return. What became of it, in words. */
async function putBack(written: readonly FileReplacement[], { files }: ConfigPlan): Promise<string> {
  try {
    const back = files.map(({ file, before, after, created }): FileReplacement => {
      return { stamp: stampHolding(file, after), bytes: created ? null : before };
    });
    await replaceFiles(back, { command: 'config: ssh did not agree', kind: 'restore' }, writeContext());
    return written.length === 1 ? 'the old file is back' : 'the old files are back';
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
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
