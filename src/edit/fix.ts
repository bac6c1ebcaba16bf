/** `lint` with its edits made: what changes nothing for anyone at once, what changes the meaning only where `decide` says yes. */

import { type Bytes, textOf } from '../core/sshconfig/bytes.js';
import { layoutOf } from '../core/sshconfig/edit/layout.js';
import { refusalWords } from '../core/sshconfig/edit/refusalwords.js';
import { proveSplices, type SplicesEffect, type SplicesResult } from '../core/sshconfig/edit/spliceproof.js';
import type { Splice } from '../core/sshconfig/edit/splices.js';
import { rulesOf } from '../core/sshconfig/keywords/releases.js';
import { apart, inOrderOfEdits, withoutOverlaps } from '../core/sshconfig/lint/advice.js';
import type { Finding } from '../core/sshconfig/lint/finding.js';
import { lintConfig } from '../core/sshconfig/lint/lint.js';
import { resolveClient } from '../core/sshconfig/resolve/resolve.js';
import type { FileAnswer, Need, ResolveInput } from '../core/sshconfig/resolve/resolveinput.js';
import { unnamedHost } from '../core/sshconfig/resolve/resolveinput.js';
import { printableLine } from '../core/text/printable.js';
import { pathExists } from '../io/configfiles.js';
import { userEnvironment } from '../io/machine.js';
import { FactCache, resolveInputOf } from '../read/clientconfig.js';
import {
  checkReadable,
  isMissing,
  type LintFinding,
  type LintOptions,
  readable,
  readerOf,
} from '../read/clientlint.js';
import { type ChangedHost, changedHostOf } from './configchange.js';
import { diffOf, type FileSwap, fileToEdit, writeFiles } from './writing.js';

export { lint } from '../read/clientlint.js';

/** How what the linter proposes is made. */
export interface FixOptions extends LintOptions {
  /** Only say what would be done. @default false */
  readonly dryRun?: boolean;
  /**
   * Decides about each edit that changes what a host gets, with the hosts and their changes. Absent: such edits are not
   * made.
   */
  readonly decide?: (proposal: FixProposal) => boolean | Promise<boolean>;
}

/** An edit that lint proposes, and what it would do. */
export interface FixProposal {
  readonly finding: LintFinding;
  /** Unified. */
  readonly diff: string;
  /** Before and after, by host and option; `*`: hosts that the files do not name. */
  readonly changedHosts: readonly ChangedHost[];
  /** Hosts for which ssh refuses the files as they are, and would take them then. */
  readonly acceptedHosts: readonly string[];
}

/** What was mended, or with `dryRun` would be, and what was not. */
export interface FixedConfig {
  /** With `dryRun`: would anything change? */
  readonly changed: boolean;
  readonly written: boolean;
  /** The main file. */
  readonly configFile: string;
  /** Unified, of all files. */
  readonly diff: string;
  readonly files: readonly { readonly file: string; readonly number: number | null }[];
  readonly fixed: readonly FixProposal[];
  /** They change the meaning, and `decide` did not say yes. */
  readonly declined: readonly FixProposal[];
  /** What cannot be proved, or would do harm, and why. */
  readonly refused: readonly { readonly finding: LintFinding; readonly why: string }[];
  /** What lint finds then. */
  readonly left: readonly LintFinding[];
}

/** An edit may uncover the next; no file needs as many. */
const mostRounds = 1_000;

/**
 * Makes the edits that `lint` proposes, each proved as any edit: every byte outside of it stays, and every host that the
 * files name, and one that they do not, resolves as before; where one does not, `decide` has to say yes. All files are replaced, or
 * none, with an entry in the history. Rejects with a FailureError as `lint` does, and with a WriteRefusedError; then nothing
 * was written.
 */
export async function fixConfig(options: FixOptions = {}): Promise<FixedConfig> {
  const main = fileToEdit(options.configFile);
  const session = await FixSession.open(options);
  const configFile = textOf(main);
  if (session === null) return { configFile, ...nothing };
  const fixed: FixProposal[] = [];
  const declined = new Map<string, FixProposal>();
  const refused = new Map<string, { finding: LintFinding; why: string }>();
  let further = false;
  for (let round = 0; round < mostRounds; round += 1) {
    const all = (await session.lint()).filter(({ fix }) => fix.edit !== null);
    const open = all.filter((finding) => {
      const key = session.keyOf(finding);
      return !declined.has(key) && !refused.has(key);
    });
    // Behind the others an edit may change nothing any more.
    const harmless = await harmlessFindings(session, open.length > 0 ? open : all);
    if (harmless.length > 0) {
      for (const finding of harmless) {
        fixed.push({ ...session.proposal(finding, null), finding: readable(finding) });
        for (const known of [declined, refused]) known.delete(session.keyOf(finding));
      }
      await session.apply(harmless);
      further = true;
      continue;
    }
    // None of them goes unnoticed: one at a time.
    const [finding] = open;
    if (finding === undefined) {
      // What was refused for another fault in the file may do now.
      if (!further || refused.size === 0) break;
      refused.clear();
      further = false;
      continue;
    }
    const key = session.keyOf(finding);
    const trial = await session.try([finding]);
    if (trial.type === 'refused') {
      refused.set(key, { finding: readable(finding), why: trial.why });
      continue;
    }
    const proposal = session.proposal(finding, trial.effect);
    if ((await options.decide?.(proposal)) === true) {
      fixed.push(proposal);
      await session.apply([finding]);
      further = true;
    } else declined.set(key, proposal);
  }
  const files = session.changed();
  const numbers = options.dryRun
    ? new Map<Bytes, number>()
    : await writeFiles(files, { command: 'config lint --fix' });
  return {
    changed: files.length > 0,
    written: numbers.size > 0,
    configFile,
    diff: diffOf(files),
    files: files.map(({ file }) => ({ file: textOf(file), number: numbers.get(file) ?? null })),
    fixed,
    declined: [...declined.values()],
    refused: [...refused.values()],
    left: withoutOverlaps(await session.lint()).map(readable),
  };
}

const nothing: Omit<FixedConfig, 'configFile'> = {
  changed: false,
  written: false,
  diff: '',
  files: [],
  fixed: [],
  declined: [],
  refused: [],
  left: [],
};

/** Those that, made together, change nothing for anyone: found by halves. Edits that touch wait for the next round. */
async function harmlessFindings(session: FixSession, open: readonly Finding[]): Promise<readonly Finding[]> {
  let taken: readonly Finding[] = [];
  const waiting: (readonly Finding[])[] = [apart(open)];
  for (let some = waiting.pop(); some; some = waiting.pop()) {
    if (some.length === 0) continue;
    const together = inOrderOfEdits([...taken, ...some]);
    const trial = await session.try(together);
    if (trial.type === 'proved' && trial.effect.changes.length === 0 && trial.effect.accepted.length === 0) {
      taken = together;
    } else if (some.length > 1) {
      const middle = some.length >> 1;
      waiting.push(some.slice(middle), some.slice(0, middle));
    }
  }
  return taken;
}

type FixTrial =
  | { readonly type: 'proved'; readonly effect: SplicesEffect }
  | { readonly type: 'refused'; readonly why: string };

/** The files with the edits made so far, in memory. */
class FixSession {
  /** For lint: the user's file alone. */
  readonly #linted: ResolveInput;
  /** For the proof: all that ssh reads. */
  readonly #input: ResolveInput;
  readonly #supplies: FactCache;
  readonly #target: string;
  readonly #debian: boolean;
  readonly #before = new Map<Bytes, Bytes>();
  #files = new Map<Bytes, FileAnswer>();

  private constructor(
    questions: { readonly linted: ResolveInput; readonly all: ResolveInput },
    supplies: FactCache,
    reader: { readonly target: string; readonly debian: boolean },
  ) {
    this.#linted = questions.linted;
    this.#input = questions.all;
    this.#supplies = supplies;
    this.#target = reader.target;
    this.#debian = reader.debian;
  }

  /** Null: there is no file. */
  static async open(options: FixOptions): Promise<FixSession | null> {
    const here = userEnvironment();
    const { target, ...reader } = await readerOf(options.target, here);
    const { configFile } = options;
    const query = { host: unnamedHost, configFile: configFile ?? `${here.home}/.ssh/config` };
    const linted = resolveInputOf(query, here, reader);
    const supplies = new FactCache();
    await supplies.gather(linted, { query, surroundings: here });
    if (configFile === undefined && isMissing(linted, supplies)) return null;
    checkReadable(linted, supplies);
    const all = resolveInputOf({ host: unnamedHost, configFile: configFile ?? null }, here, reader);
    const debian = options.debian ?? (await pathExists('/etc/debian_version'));
    return new FixSession({ linted, all }, supplies, { target, debian });
  }

  async lint(): Promise<readonly Finding[]> {
    const resolved = await this.#resolve((answers) => resolveClient(this.#input, answers));
    return lintConfig({
      input: this.#linted,
      answers: this.#answers(),
      refusals: resolved.type === 'refused' ? resolved.errors : [],
      target: this.#target,
      debian: this.#debian,
    });
  }

  async try(findings: readonly Finding[]): Promise<FixTrial> {
    let trial: Exclude<SplicesResult, { type: 'needs' }>;
    try {
      trial = await this.#resolve((answers) => proveSplices(splicesOf(findings), this.#input, answers));
    } catch (error) {
      // The proof does not follow every way to move lines.
      if (!(error instanceof RangeError)) throw error;
      return { type: 'refused', why: 'what it does cannot be proved' };
    }
    if (trial.type === 'proved') return trial;
    return { type: 'refused', why: printableLine(refusalWords(trial.refusal)) };
  }

  async apply(findings: readonly Finding[]): Promise<void> {
    const trial = await this.try(findings);
    if (trial.type === 'refused') throw new Error(`proved before, and now: ${trial.why}`);
    for (const { file, before, after } of trial.effect.files) {
      if (!this.#before.has(file)) this.#before.set(file, before);
      const old = this.#answers().files.get(file);
      if (old?.type === 'file') this.#files.set(file, { ...old, text: after });
    }
  }

  /** The same finding in another round: the numbers of lines change, the line and its header do not. */
  keyOf({ code, file, line, span }: Finding): string {
    const found = this.#answers().files.get(file);
    if (found?.type !== 'file') return JSON.stringify([code, file]);
    const { release, banner } = this.#linted.facts;
    const layout = layoutOf(file, found, rulesOf(release, banner));
    const { header } = layout.partAt(Math.max(line - 1, 0));
    const text = found.text.slice(span.start, span.end);
    return JSON.stringify([code, file, header < 0 ? null : layout.textOf(header), text]);
  }

  proposal(finding: Finding, effect: SplicesEffect | null): FixProposal {
    const text = (values: readonly Bytes[]) => values.map(textOf);
    return {
      finding: readable(finding),
      diff: diffOf(effect?.files ?? []),
      changedHosts: (effect?.changes ?? []).map(changedHostOf),
      acceptedHosts: text(effect?.accepted ?? []),
    };
  }

  changed(): readonly FileSwap[] {
    const { files } = this.#answers();
    return [...this.#before].flatMap(([file, before]) => {
      const now = files.get(file);
      return now?.type === 'file' && now.text !== before ? [{ file, before, after: now.text }] : [];
    });
  }

  #answers(): FactCache {
    return this.#supplies.withFiles(new Map([...this.#supplies.files, ...this.#files]));
  }

  #resolve<T extends { readonly type: string }>(
    step: (answers: FactCache) => T | { readonly type: 'needs'; readonly needs: readonly Need[] },
  ): Promise<Exclude<T, { type: 'needs' }>> {
    const means = { query: { host: unnamedHost }, surroundings: userEnvironment() };
    return this.#supplies.answer(() => step(this.#answers()), means);
  }
}

function splicesOf(findings: readonly Finding[]): readonly Splice[] {
  return findings.flatMap(({ fix: { edit } }) => (edit === null ? [] : [edit]));
}
