import { FailureError, failure, usageFailure } from '../core/failure.js';
import { textOf } from '../core/sshconfig/bytes.js';
import { nearestRelease, newestRelease } from '../core/sshconfig/keywords/releases.js';
import { withoutOverlaps } from '../core/sshconfig/lint/advice.js';
import type { Code } from '../core/sshconfig/lint/codes.js';
import type { Finding } from '../core/sshconfig/lint/finding.js';
import { lintConfig } from '../core/sshconfig/lint/lint.js';
import type { ResolveInput } from '../core/sshconfig/resolve/resolveinput.js';
import { unnamedHost } from '../core/sshconfig/resolve/resolveinput.js';
import { printableLine } from '../core/text/printable.js';
import { pathExists } from '../io/configfiles.js';
import { type UserEnvironment, userEnvironment } from '../io/machine.js';
import { installedRelease } from '../io/openssh.js';
import { FactCache, resolveHost, resolveInputOf } from './clientconfig.js';

/** Which files are looked at, and as which ssh reads them. */
export interface LintOptions {
  /** The file to look at, with what it includes (`-F`). Default: the user's own, `~/.ssh/config`. */
  readonly configFile?: string;
  /** The release of OpenSSH that reads the file, as `9.2`. Default: that of the installed ssh, else the newest known. */
  readonly target?: string;
  /** Does that ssh have Debian's changes (Ubuntu has them too)? Default: what this machine is. */
  readonly debian?: boolean;
}

/** Something that is not what the author of the file believes, and what would mend it. `C`: the codes of one side. */
export interface LintFinding<C extends string = Code> {
  readonly code: C;
  readonly file: string;
  /** From 1; 0: the file as a whole. */
  readonly line: number;
  /** Where in the file: offsets in bytes, the end not included. */
  readonly span: { readonly start: number; readonly end: number };
  readonly sentence: string;
  readonly fix: {
    readonly sentence: string;
    /**
     * The bytes from `from` up to, not including, `to` become `text`, whose every character is one byte (latin1). Nothing
     * is changed here. Null: a person has to decide, or it is no change of the file.
     */
    readonly edit: {
      readonly file: string;
      readonly from: number;
      readonly to: number;
      readonly text: string;
    } | null;
  };
}

/**
 * What is wrong with a configuration, file by file and line by line. Runs no command and changes nothing. Rejects with a
 * FailureError of kind `config` where the file cannot be read, of kind `usage` where the target is no release.
 */
export async function lint(options: LintOptions = {}): Promise<readonly LintFinding[]> {
  const here = userEnvironment();
  const { target, release, banner } = await readerOf(options.target, here);
  const { configFile } = options;
  if (configFile?.toLowerCase() === 'none') return [];
  const query = { host: unnamedHost, configFile: configFile ?? `${here.home}/.ssh/config` };
  const input = resolveInputOf(query, here, { release, banner });
  const answers = new FactCache();
  await answers.gather(input, { query, surroundings: here });
  if (configFile === undefined && isMissing(input, answers)) return [];
  checkReadable(input, answers);
  const resolved = await resolveHost(
    { host: unnamedHost, configFile: configFile ?? null, release, banner },
    here,
  );
  const refusals = resolved.type === 'refused' ? resolved.errors : [];
  const debian = options.debian ?? (await pathExists('/etc/debian_version'));
  return withoutOverlaps(lintConfig({ input, answers, refusals, target, debian })).map(readable);
}

/** The ssh that reads the files: the release that is named, and the one whose rules count. */
export interface LintReader {
  readonly target: string;
  readonly release: string;
  /** Of the installed ssh, where that is the one; else empty. */
  readonly banner: string;
}

/** Options of releases after the known ones are judged by the installed ssh's own number. */
export async function readerOf(target: string | undefined, { env }: UserEnvironment): Promise<LintReader> {
  const installed = target === undefined ? await installedRelease(env) : null;
  const named = target === undefined ? (installed?.named ?? newestRelease) : targetRelease(target);
  return { target: named, release: nearestRelease(named), banner: installed?.banner ?? '' };
}

/** The release that a target names. Throws a FailureError of kind `usage`. */
export function targetRelease(target = '9.2'): string {
  if (/^[1-9]\d*\.\d+$/.test(target)) return target;
  throw usageFailure(`target: ${JSON.stringify(target)} is no release; want one as 9.2`);
}

/** A user's own file may be missing. */
export function isMissing({ files }: ResolveInput, answers: FactCache): boolean {
  return files.type === 'one' && answers.files.get(files.path)?.type === 'missing';
}

/** Throws a FailureError (config) where the file of the question cannot be read. */
export function checkReadable({ files }: ResolveInput, answers: FactCache): void {
  if (files.type !== 'one') return;
  const found = answers.files.get(files.path);
  if (found?.type === 'file') return;
  const reason =
    found?.type === 'unreadable'
      ? found.reason
      : found?.type === 'directory'
        ? 'it is a directory'
        : 'there is no such file';
  throw notRead(textOf(files.path), reason);
}

export function notRead(file: string, reason: string): FailureError {
  const message = `${printableLine(file)} cannot be read: ${reason}`;
  return new FailureError({ ...failure('config', message), file });
}

/** Bytes become text, and nothing in a sentence does anything to a terminal. */
export function readable<C extends string>(finding: Finding<C>): LintFinding<C> {
  const { code, file, line, span, sentence, fix } = finding;
  const { edit } = fix;
  return {
    code,
    file: textOf(file),
    line,
    span,
    sentence: printableLine(sentence),
    fix: {
      sentence: printableLine(fix.sentence),
      edit: edit === null ? null : { ...edit, file: textOf(edit.file) },
    },
  };
}
