import { FailureError, type FailureKind } from '../core/failure.js';
import { type Bytes, bytesOf, textOf } from '../core/sshconfig/bytes.js';
import type { Change, EditRefusal, HostChange, KeptValue, Spot } from '../core/sshconfig/edit/change.js';
import type { Idle } from '../core/sshconfig/edit/editstep.js';
import {
  type EditPlan,
  type Planned,
  type PlannedFile,
  planEdits,
} from '../core/sshconfig/edit/planedits.js';
import { refusalWords } from '../core/sshconfig/edit/refusalwords.js';
import { newestRelease } from '../core/sshconfig/keywords/releases.js';
import {
  type Answers,
  type Need,
  nameKey,
  type ResolveInput,
  unnamedHost,
} from '../core/sshconfig/resolve/resolveinput.js';
import { printableLine } from '../core/text/printable.js';
import { homeOf } from '../io/base/accounts.js';
import { servicePort } from '../io/configfiles.js';
import { userEnvironment } from '../io/machine.js';
import { FactCache, resolveInputOf, sshVersionFor } from '../read/clientconfig.js';
import { resolveNeedsSync } from '../read/outside.js';
import { knownTarget } from './confighost.js';
import { diffOf } from './writing.js';

/** A change of a configuration; strings are text. */
export type ConfigChange = Change;

/** How a text is edited. */
export interface EditConfigOptions {
  /** What the file is called in the diff and in messages. @default 'config' */
  readonly name?: string;
  /** Files that Include lines name, by the path that ssh would look at. Others count as not there. */
  readonly included?: Readonly<Record<string, string>>;
  /** May options be set that ssh does not know? @default false */
  readonly allowUnknown?: boolean;
  /** The release of OpenSSH that reads the text, as `9.2`. Default: the newest known. */
  readonly target?: string;
}

/** A host's option that is another one now. Strings are text, values as `ssh -G` prints them. */
export type ChangedHost = HostChange;

/** A host that goes on with a value of its own, and the line that says so. Strings are text. */
export type KeptHost = KeptValue;

/** A change for which there was nothing to do. Strings are text. */
export type IdleChange = Idle;

interface Outcome {
  /** Unified; empty: nothing changes. */
  readonly diff: string;
  readonly changedHosts: readonly ChangedHost[];
  readonly keptHosts: readonly KeptHost[];
  /** After `rename` and `remove`: ProxyJump lines that still name the old host. They are left as they are. */
  readonly lostJumps: readonly { readonly at: Spot; readonly text: string }[];
  readonly idle: readonly IdleChange[];
}

/** A text that was edited, and what that means. */
export interface EditedConfig extends Outcome {
  readonly text: string;
  /** Of `included`, those that change. */
  readonly included: Readonly<Record<string, string>>;
}

/** A change that is not made: it could not be proved, or makes no sense. `refusal.why` is one of a closed list. */
export class EditRefusedError extends FailureError {
  readonly refusal: EditRefusal;
  readonly change: ConfigChange;

  constructor(refusal: EditRefusal, change: ConfigChange) {
    const kind: FailureKind = refusal.type === 'file' ? 'config' : 'usage';
    super({ kind, message: printableLine(refusalWords(refusal)) });
    this.name = 'EditRefusedError';
    this.refusal = refusal;
    this.change = change;
  }

  override get details() {
    return { reason: this.refusal.type };
  }
}

/**
 * Makes changes in the text of a configuration, and proves them: the hosts of a change resolve as requested, every other host
 * as before, and every byte elsewhere stays. Pure: nothing is written, no command is run, no name looked up. Throws an
 * EditRefusedError where that cannot be proved.
 */
export function editConfigText(
  text: string,
  changes: readonly ConfigChange[],
  options: EditConfigOptions = {},
): EditedConfig {
  const path = options.name ?? 'config';
  const included = options.included ?? {};
  const answers = answersOf({ ...included, [path]: text });
  const input = resolveInputOf({ host: unnamedHost, configFile: path }, userEnvironment(), {
    release: options.target === undefined ? newestRelease : knownTarget(options.target),
    banner: '',
  });
  const requested = changes.map(changeOfText);
  const plan = resolveNeedsSync(
    () => planEdits(requested, input, answers, options),
    (need) => supplyFromText(need, answers),
    path,
  );
  const planned = plannedOr(plan);
  const after = new Map(planned.files.map((file) => [textOf(file.file), textOf(file.after)]));
  return {
    ...outcomeOf(planned),
    text: after.get(path) ?? text,
    included: Object.fromEntries([...after].filter(([file]) => file !== path)),
  };
}

/** Which files a change is planned for, and by which rules. */
export interface PlanOptions {
  /** The file to edit instead of the user's own (`-F`). */
  readonly configFile?: string;
  /** May the commands of `Match exec` run? @default false: both answers of each are proved. */
  readonly exec?: boolean;
  /** May options be set that ssh does not know? @default false */
  readonly allowUnknown?: boolean;
  /** The release of OpenSSH that reads the files, as `9.2`. Default: that of the installed ssh, else the newest known. */
  readonly target?: string;
  /** Other files are read after these: what no line here says may be said there. @default false */
  readonly partial?: boolean;
}

/** What would be written, with the proof done. */
export interface ConfigPlan extends Outcome {
  /** The files that the proof rests on, as they were read. Bytes, one per character. */
  readonly read: ReadonlyMap<Bytes, Bytes>;
  /** Bytes, one per character. */
  readonly files: readonly PlannedFile[];
}

/**
 * As `editConfig`, about the files on disk with all that they include. Nothing is written. Rejects with an
 * EditRefusedError.
 */
export async function planConfig(
  changes: readonly ConfigChange[],
  options: PlanOptions = {},
): Promise<ConfigPlan> {
  const query = {
    host: unnamedHost,
    configFile: options.configFile ?? null,
    exec: options.exec ?? false,
  };
  const here = userEnvironment();
  const release = options.target === undefined ? 'installed' : knownTarget(options.target);
  const input: ResolveInput = resolveInputOf(query, here, await sshVersionFor({ release }, here));
  const facts = new FactCache();
  const requested = changes.map(changeOfText);
  const plan = await facts.answer(() => planEdits(requested, input, facts, options), {
    query,
    surroundings: here,
  });
  const planned = plannedOr(plan);
  return { ...outcomeOf(planned), files: planned.files, read: textsIn(facts) };
}

/** The files that were read, by path. Bytes, one per character. */
export function textsIn({ files }: FactCache): ReadonlyMap<Bytes, Bytes> {
  const texts = new Map<Bytes, Bytes>();
  for (const [file, found] of files) if (found.type === 'file') texts.set(file, found.text);
  return texts;
}

function plannedOr(plan: Exclude<EditPlan, { type: 'needs' }>): Planned {
  if (plan.type === 'planned') return plan.planned;
  throw new EditRefusedError(plan.refusal, plan.change);
}

function outcomeOf({ files, changed, kept, idle, lostJumps }: Planned): Outcome {
  const text = (values: readonly Bytes[]) => values.map(textOf);
  const spot = (at: Spot | null) => at && { file: textOf(at.file), line: at.line };
  return {
    diff: diffOf(files),
    changedHosts: changed.map(changedHostOf),
    keptHosts: kept.map(({ host, option, values, at }: KeptValue) => ({
      host: textOf(host),
      option: textOf(option),
      values: text(values),
      at: spot(at),
    })),
    idle: idle.map(({ change, why, values, at }) => ({ change, why, values: text(values), at: spot(at) })),
    lostJumps: lostJumps.map(({ at, text }) => ({
      at: { file: textOf(at.file), line: at.line },
      text: textOf(text),
    })),
  };
}

/** As text. */
export function changedHostOf({ host, option, before, after }: HostChange): ChangedHost {
  return {
    host: textOf(host),
    option: textOf(option),
    before: before.map(textOf),
    after: after.map(textOf),
  };
}

/** The strings of a change as bytes. */
function changeOfText(change: ConfigChange): Change {
  switch (change.type) {
    case 'rename':
    case 'copy':
      return { ...change, from: bytesOf(change.from), to: bytesOf(change.to) };
    case 'remove':
      return { ...change, host: bytesOf(change.host) };
    case 'add':
      return {
        ...change,
        host: bytesOf(change.host),
        options: change.options.map(({ option, values }) => ({
          option: bytesOf(option),
          values: values.map(bytesOf),
        })),
        ...(change.like === undefined ? {} : { like: bytesOf(change.like) }),
      };
    case 'unset':
      return { ...change, host: bytesOf(change.host), option: bytesOf(change.option) };
    default: {
      const { host, option, values } = change;
      return { ...change, host: bytesOf(host), option: bytesOf(option), values: values.map(bytesOf) };
    }
  }
}

type MutableAnswers = {
  readonly [K in keyof Answers]: Answers[K] extends ReadonlyMap<infer N, infer A> ? Map<N, A> : never;
};

function answersOf(files: Readonly<Record<string, string>>): MutableAnswers {
  return {
    files: new Map(
      Object.entries(files).map(([path, text]) => [
        bytesOf(path),
        { type: 'file', text: bytesOf(text), mode: 0o100600, uid: 0, groupIsPrivate: false },
      ]),
    ),
    globs: new Map(),
    commands: new Map(),
    names: new Map(),
    services: new Map(),
    homes: new Map(),
    exists: new Map(),
  };
}

/** What a text alone can know. */
function supplyFromText(need: Need, answers: MutableAnswers): void {
  switch (need.type) {
    case 'file':
      answers.files.set(need.path, { type: 'missing' });
      return;
    case 'glob':
      answers.globs.set(
        need.pattern,
        [...answers.files.keys()].filter((path) => matchesGlob(path, need.pattern)).sort(),
      );
      return;
    case 'command':
      answers.commands.set(need.command, 'not allowed');
      return;
    case 'name':
      answers.names.set(nameKey(need.name, need.family), { type: 'not allowed' });
      return;
    case 'service':
      answers.services.set(need.name, servicePort(need.name));
      return;
    case 'home':
      answers.homes.set(need.user, homeOf(need.user));
      return;
    case 'exists':
      // A text does not tell; that a socket is there is the usual case.
      answers.exists.set(need.path, true);
  }
}

/** glob(7) without classes: a `*` and a `?` stop at a slash. */
function matchesGlob(path: Bytes, pattern: Bytes): boolean {
  const signs = pattern
    .replace(/[.+^${}()|\\[\]]/g, '\\$&')
    .replaceAll('*', '[^/]*')
    .replaceAll('?', '[^/]');
  return new RegExp(`^${signs}$`).test(path);
}
