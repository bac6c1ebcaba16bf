import { bytesOf, textOf } from '../core/sshconfig/bytes.js';
import type { SshdFiles } from '../core/sshconfig/sshd/edit/sshdfiles.js';
import { stageFiles } from '../core/sshconfig/sshd/edit/stagedcopy.js';
import { messageOf } from '../core/text/reason.js';
import { runProgram } from '../io/base/program.js';
import { findSshd } from '../io/daemon.js';
import { userEnvironment } from '../io/machine.js';
import { readStamped } from '../io/replace.js';
import { makeScratch } from '../io/scratch.js';
import { type PreparedSshd, SshdEditRefusedError } from './serverchange.js';
import { type FileSwap, writeFiles } from './writing.js';

/** What `sshd -t` complaint of the new files. */
export type StagedRun =
  | { readonly type: 'accepted' }
  /** Nothing could be learnt: there is no sshd, or it says the same of the files as they are. */
  | { readonly type: 'unchecked'; readonly why: string };

/**
 * Lets the installed sshd read the new files before they are written, from a folder of their own. Rejects with an
 * SshdEditRefusedError (`sshd`) in sshd's words where it refuses them and not the old ones.
 */
export async function testSshd({ plan }: PreparedSshd): Promise<StagedRun> {
  const sshd = findSshd(userEnvironment().env);
  if (sshd === null) return { type: 'unchecked', why: 'there is no sshd on this machine to ask' };
  const complaint = await stagedComplaint(sshd, plan.sshdFiles);
  if (complaint === null) return { type: 'accepted' };
  const files = new Map(plan.sshdFiles.answers.files);
  for (const { file: path, before } of plan.files) {
    const file = files.get(path);
    if (before === null || file?.type !== 'file') files.delete(path);
    else files.set(path, { ...file, text: before });
  }
  const old: SshdFiles = { ...plan.sshdFiles, answers: { ...plan.sshdFiles.answers, files } };
  if ((await stagedComplaint(sshd, old)) === complaint)
    return { type: 'unchecked', why: `sshd -t says, as it did before: ${complaint}` };
  throw new SshdEditRefusedError('sshd', `sshd -t refuses the new files, nothing was written: ${complaint}`);
}

/** Null: sshd takes the files. */
async function stagedComplaint(sshd: string, sshdFiles: SshdFiles): Promise<string | null> {
  const scratch = makeScratch('holdfast-sshd');
  try {
    const files = stageFiles(sshdFiles, bytesOf(scratch.folder));
    for (const { name, text } of files) scratch.write(name, text, 'latin1');
    const main = `${scratch.folder}/${files[0]?.name ?? ''}`;
    const result = await runProgram(sshd, ['-t', '-f', main], { env: userEnvironment().env });
    if (result.code === 0) return null;
    let complaint = oneLine(result.complaint);
    for (const { name, path } of files)
      complaint = complaint.replaceAll(`${scratch.folder}/${name}`, textOf(path));
    return complaint;
  } finally {
    scratch.remove();
  }
}

/** What `sshd -t` says of the file as it is on the disk; null: nothing. */
async function sshdComplaint(sshd: string, configFile: string): Promise<string | null> {
  const { code, complaint } = await runProgram(sshd, ['-t', '-f', configFile], {
    env: userEnvironment().env,
  });
  return code === 0 ? null : oneLine(complaint);
}

export function oneLine(text: string): string {
  const lines = textOf(text)
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => line !== '');
  return lines.slice(0, 5).join('; ') || 'it failed without a word';
}

/**
 * Writes the files of a plan, with their old contents in the history, and lets sshd read them once more where they are. Where
 * it refuses them then, the old ones are put back. Rejects with a WriteRefusedError or an SshdEditRefusedError.
 */
export async function writeSshd(prepared: PreparedSshd, stagedRun: StagedRun): Promise<void> {
  const { summary } = prepared;
  await writeFiles(prepared.plan.files, { command: commandOf(prepared) });
  const sshd = findSshd(userEnvironment().env);
  if (sshd === null || stagedRun.type === 'unchecked') return;
  const complaint = await sshdComplaint(sshd, summary.configFile);
  if (complaint === null) return;
  const left = await putBack(prepared.plan.files);
  const old = left.length === 0 ? 'the old files are back' : left.join('; ');
  throw new SshdEditRefusedError('sshd', `sshd -t refuses the files where they are, ${old}: ${complaint}`);
}

function commandOf({ summary }: PreparedSshd): string {
  const options = summary.options.filter(({ changed }) => changed);
  const names = options.map(({ option }) => option).join(' ');
  return `sshd ${options.every(({ value }) => value === null) ? 'unset' : 'set'} ${names}`;
}

/** Puts the old contents back where the new ones still are. What could not be, by file and reason. */
export async function putBack(swaps: readonly FileSwap[]): Promise<readonly string[]> {
  const left: string[] = [];
  for (const { file: path, before, after } of swaps) {
    try {
      const { stamp, bytes } = readStamped(path);
      if ((stamp.type === 'missing' ? null : bytes) === before) continue;
      await writeFiles([{ file: path, before: after, after: before }], {
        command: 'sshd: the old file is back',
        kind: 'restore',
      });
    } catch (error) {
      const why = messageOf(error);
      left.push(`${textOf(path)} is not as it was: ${why}`);
    }
  }
  return left;
}
