/** A file of our own beside the configuration, for people that may not, or would rather not, change the configuration. */

import { FailureError, failure, usageFailure } from '../core/failure.js';
import { type Bytes, textOf } from '../core/sshconfig/bytes.js';
import { ConfigIndex } from '../core/sshconfig/edit/configindex.js';
import { refusalWords } from '../core/sshconfig/edit/refusalwords.js';
import { proveSplices, type SplicesEffect } from '../core/sshconfig/edit/spliceproof.js';
import type { Splice } from '../core/sshconfig/edit/splices.js';
import { unnamedHost } from '../core/sshconfig/resolve/resolveinput.js';
import { lineEndingOf } from '../core/sshconfig/syntax/lines.js';
import { printableLine } from '../core/text/printable.js';
import { userEnvironment } from '../io/machine.js';
import { checkReplaceable, readStamped, WriteRefusedError } from '../io/replace.js';
import { FactCache, resolveInputOf } from '../read/clientconfig.js';
import { type ChangedHost, changedHostOf } from './configchange.js';
import { diffOf, type FileSwap, fileToEdit, writeFiles } from './writing.js';

/** Where the file of our own lies, and what decides about changes of hosts. */
export interface ManagedOptions {
  /** The configuration beside which it lies (`-F`). Default: the user's own. */
  readonly configFile?: string;
  /** Only say what would be done. @default false */
  readonly dryRun?: boolean;
  /** Called, and waited for, where hosts would get something else. Absent: then nothing is done. */
  readonly decide?: (changed: readonly ChangedHost[]) => boolean | Promise<boolean>;
}

/** How things stand. */
export interface ManagedState {
  /** Ours: `holdfast.conf` in the folder of the configuration. */
  readonly file: string;
  readonly exists: boolean;
  readonly configFile: string;
  /** The line that includes it, for every host and before everything else that a host may get. */
  readonly include: string;
  /** Where that line stands, from 1; null: it does not. */
  readonly line: number | null;
  /** Why the configuration cannot be written; null: it can. */
  readonly readOnly: string | null;
}

/** What was done about the file of our own, or with `dryRun` would be. */
export interface ManagedResult extends ManagedState {
  /** With `dryRun`: would anything change? */
  readonly changed: boolean;
  readonly written: boolean;
  readonly diff: string;
  /** What hosts get then, and got before. */
  readonly changedHosts: readonly ChangedHost[];
  /** `decide` did not say yes. */
  readonly declined: boolean;
  /** The configuration may not be written: this line has to come to its top, or go from there, in what makes it. */
  readonly byHand: string | null;
}

const introduction = `# holdfast writes here what it does not write into the file that includes this one.
# What stands here wins over that file: ssh takes the first value that it meets.
`;

/** How things stand. Changes nothing. Rejects with a FailureError where there is no file to look at. */
export async function managedState(options: ManagedOptions = {}): Promise<ManagedState> {
  return (await ManagedContext.of(options)).state();
}

/**
 * Makes the file, and includes it at the very top of the configuration, proved: every host resolves as before. Where the
 * configuration may not be written, only the file is made, and `byHand` is the line that has to be added.
 */
export async function initManaged(options: ManagedOptions = {}): Promise<ManagedResult> {
  const context = await ManagedContext.of(options);
  const { exists, line, readOnly } = context.state();
  const files: FileSwap[] = exists ? [] : [{ file: context.file, before: null, after: introduction }];
  const text = `${context.include}${lineEndingOf(context.text)}`;
  const splice = { file: context.main, from: 0, to: 0, text };
  const effect = line === null ? await context.effect(splice) : null;
  const byHand = line === null && readOnly !== null ? context.include : null;
  if (effect !== null && byHand === null) files.push(mainEdit(effect, context));
  return finish(context, { files, effect, byHand }, options);
}

/** Takes the line out of the configuration, and the file away. `config undo` brings both back. */
export async function removeManaged(options: ManagedOptions = {}): Promise<ManagedResult> {
  const context = await ManagedContext.of(options);
  const { exists, line, readOnly } = context.state();
  const effect = line === null ? null : await context.effect(context.lineSplice(line));
  if (effect !== null && readOnly !== null)
    return finish(context, { files: [], effect: null, byHand: context.include }, options);
  const files: FileSwap[] = effect === null ? [] : [mainEdit(effect, context)];
  if (exists) files.push({ file: context.file, before: readStamped(context.file).bytes, after: null });
  return finish(context, { files, effect, byHand: null }, options);
}

function mainEdit(effect: SplicesEffect, { main, exists, text }: ManagedContext): FileSwap {
  const after = effect.files.find(({ file }) => file === main)?.after ?? text;
  return { file: main, before: exists ? text : null, after };
}

async function finish(
  context: ManagedContext,
  {
    files,
    effect,
    byHand,
  }: { files: readonly FileSwap[]; effect: SplicesEffect | null; byHand: string | null },
  { dryRun = false, decide }: ManagedOptions,
): Promise<ManagedResult> {
  const changedHosts = (effect?.changes ?? []).map(changedHostOf);
  const result = {
    changed: files.length > 0,
    diff: diffOf(files),
    changedHosts,
    byHand,
  };
  const declined = changedHosts.length > 0 && !dryRun && (await decide?.(changedHosts)) !== true;
  const written = files.length > 0 && !dryRun && !declined;
  if (written) await writeFiles(files, { command: 'config managed' });
  const state = written
    ? (await ManagedContext.of({ configFile: textOf(context.main) })).state()
    : context.state();
  return { ...state, ...result, written, declined };
}

class ManagedContext {
  readonly main: Bytes;
  readonly file: Bytes;
  /** As it stands in the file. */
  readonly include: string;
  /** Of the configuration; empty where there is none. */
  readonly text: Bytes;
  readonly exists: boolean;
  readonly #configFile: string | null;
  readonly #supplies = new FactCache();

  private constructor(main: Bytes, configFile: string | null) {
    this.main = main;
    this.#configFile = configFile;
    const folder = main.slice(0, main.lastIndexOf('/') + 1);
    this.file = `${folder}holdfast.conf`;
    const { home } = userEnvironment();
    // A path that is not absolute is one of ~/.ssh, wherever the file with the line lies.
    const word = folder === `${home}/.ssh/` ? 'holdfast.conf' : textOf(this.file);
    this.include = `Include ${/[\s"'\\#]/.test(word) ? `"${word.replace(/["\\]/g, '\\$&')}"` : word}`;
    const { stamp, bytes } = readStamped(main);
    this.exists = stamp.type !== 'missing';
    this.text = bytes;
  }

  static async of({ configFile }: ManagedOptions): Promise<ManagedContext> {
    const main = fileToEdit(configFile);
    if (!main.startsWith('/')) {
      const message = `-F ${textOf(main)}: want a path from /: ssh would look for the file beside it in ~/.ssh`;
      throw usageFailure(message);
    }
    return new ManagedContext(main, configFile ?? null);
  }

  state(): ManagedState {
    const { stamp } = readStamped(this.main);
    let readOnly: string | null = null;
    try {
      checkReplaceable(stamp);
    } catch (error) {
      if (!(error instanceof WriteRefusedError)) throw error;
      readOnly = error.message;
    }
    return {
      file: textOf(this.file),
      exists: readStamped(this.file).stamp.type !== 'missing',
      configFile: textOf(this.main),
      include: this.include,
      line: this.#line(),
      readOnly,
    };
  }

  lineSplice(line: number): Splice {
    let from = 0;
    for (let at = 1; at < line; at += 1) from = this.text.indexOf('\n', from) + 1;
    const feed = this.text.indexOf('\n', from);
    return { file: this.main, from, to: feed === -1 ? this.text.length : feed + 1, text: '' };
  }

  /** What the change does to every host. Rejects with a FailureError where it would do harm. */
  async effect(splice: Splice): Promise<SplicesEffect> {
    const query = { host: unnamedHost, configFile: this.#configFile };
    const here = userEnvironment();
    const input = resolveInputOf(query, here);
    const facts = { mode: 0o100600, uid: input.facts.uid, groupIsPrivate: false };
    if (!this.exists) this.#supplies.files.set(this.main, { type: 'file', text: '', ...facts });
    const found = await this.#supplies.answer(() => proveSplices([splice], input, this.#supplies), {
      query,
      surroundings: here,
    });
    if (found.type === 'proved') return found.effect;
    const why = printableLine(refusalWords(found.refusal));
    throw new FailureError(failure('config', `${this.include}: ${why}; nothing was written`));
  }

  /** Of an Include of the file above all headers. */
  #line(): number | null {
    const input = resolveInputOf({ host: unnamedHost, configFile: textOf(this.main) }, userEnvironment());
    const supplies = new FactCache();
    const facts = { mode: 0o100600, uid: input.facts.uid, groupIsPrivate: false };
    supplies.files.set(this.main, { type: 'file', text: this.text, ...facts });
    const { main } = new ConfigIndex(input, supplies);
    const word = textOf(this.file);
    const names = [word, 'holdfast.conf', `~/.ssh/holdfast.conf`].filter(
      (name) => name === word || this.include === 'Include holdfast.conf',
    );
    const site = main?.includes.find(
      ({ part, paths }) => part.kind === 'top' && paths.some((path) => names.includes(textOf(path))),
    );
    return site === undefined ? null : site.line + 1;
  }
}
