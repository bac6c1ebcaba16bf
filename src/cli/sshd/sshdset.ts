import {
  checkLogin,
  findReload,
  fromNow,
  type ReloadJob,
  reloadSshd,
  socketInTheWay,
} from '../../edit/serverreload.js';
import {
  type PreparedSshd,
  planSshd,
  type SshdChange,
  SshdEditRefusedError,
  sshdDropIn,
  testSshd,
  writeSshd,
} from '../../edit.js';
import { UsageError } from '../command/errors.js';
import { given } from '../command/given.js';
import type { Arguments } from '../command/table.js';
import { printChange, printResult, stdout } from '../terminal/output.js';
import { confirm, hasTerminal } from '../terminal/tty.js';
import type { SshdTables } from './options.js';
import { dropInText, reloadHint, socketText, sshdPlanText, sshdUndoText } from './report.js';
import { Guard } from './sshdguard.js';

type EditOptions = Arguments<SshdTables['set']>['options'];

/**
 * Changes the configuration of the server as the options say. Resolves to the exit code.
 * @param confirmMs how long a reloaded change waits for the person to confirm it
 */
export async function changeSshd(
  changes: readonly SshdChange[],
  args: EditOptions,
  confirmMs: number,
): Promise<number> {
  if (args['check-login']?.startsWith('-')) throw new UsageError('--check-login: want [user@]host');
  const options = given({ configFile: args.file, match: args.match });
  if (args.print) {
    const lines = await sshdDropIn(changes, options);
    return printResult(args.json, { lines }, () => dropInText(lines));
  }
  const prepared = await planSshd(changes, options);
  const { summary } = prepared;
  if (summary.files.length === 0) {
    const unread = args.reload ? 'sshd was not reloaded: the files are as they were.\n' : '';
    const result = { ...summary, written: false, reload: null };
    return printResult(args.json, result, () => `${sshdPlanText(summary)}${unread}`);
  }
  const stagedRun = await testSshd(prepared);
  const unchecked = stagedRun.type === 'unchecked' ? stagedRun.why : null;
  const socket = args.reload ? null : await socketInTheWay(prepared);
  const result = { ...summary, written: !args['dry-run'], unchecked, socket, reload: null };
  if (args['dry-run']) {
    const diff = summary.files.map((file) => file.diff).join('');
    const note = socket === null ? '' : socketText(socket);
    printChange({ json: args.json, dryRun: true }, result, diff, () => {
      return `${sshdPlanText(summary, unchecked)}${note}Nothing was written.\n`;
    });
    return 0;
  }
  if (!args.reload) {
    await writeSshd(prepared, stagedRun);
    const hint = socket === null ? reloadHint : socketText(socket);
    return printResult(
      args.json,
      result,
      () => `${sshdPlanText(summary, unchecked)}${sshdUndoText(summary)}${hint}`,
    );
  }
  if (unchecked !== null)
    throw new SshdEditRefusedError('sshd', `--reload: ${unchecked}; nothing was written`);
  return reloaded(prepared, args, confirmMs);
}

/** Written, reloaded, looked at, and kept or taken back. */
async function reloaded(prepared: PreparedSshd, args: EditOptions, confirmMs: number): Promise<number> {
  const { summary } = prepared;
  const job = await findReload(prepared);
  const stopped = new AbortController();
  const stop = () => stopped.abort();
  // The guard hears of a SIGHUP by our end.
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, stop);
  const guard = await Guard.armed(job);
  try {
    await writeSshd(prepared, { type: 'accepted' });
  } catch (thrown) {
    guard.keep();
    throw thrown;
  }
  if (!args.json) stdout.write(sshdPlanText(summary));
  const wrong = await judged(job, args, confirmMs, stopped.signal);
  if (wrong === null) {
    guard.keep();
    const result = { ...summary, written: true, unchecked: null, reload: job.way };
    return printResult(args.json, result, () => `${keptText(job)}${sshdUndoText(summary)}`);
  }
  const left = await guard.restore();
  const result =
    left === null
      ? 'the process that puts the old files back is gone: see holdfast config history'
      : left.length === 0
        ? 'the old files are back, and sshd has read them'
        : left.join('; ');
  throw new SshdEditRefusedError('sshd', `${wrong}; ${result}`);
}

/** Null: the change may stay; else why not. */
async function judged(
  job: ReloadJob,
  args: EditOptions,
  confirmMs: number,
  stopped: AbortSignal,
): Promise<string | null> {
  const wrong = await reloadSshd(job);
  if (wrong !== null) return wrong;
  const login = args['check-login'];
  if (login !== undefined) {
    const failed = await checkLogin(login, args['login-config'] ?? null);
    if (failed !== null) return failed;
  }
  if (stopped.aborted) return 'interrupted';
  if (args.yes || args.json || !hasTerminal()) return null;
  const tryLogin = login === undefined ? 'Try a second login now.\n' : '';
  const question = `sshd runs with the change; this session keeps its old settings.
${tryLogin}Keep it? Without an answer in ${confirmMs / 1_000} s the old file returns. [y/N] `;
  const kept = await confirm(question, AbortSignal.any([fromNow(confirmMs), stopped]));
  if (kept) return null;
  return kept === null ? 'the change was not confirmed' : 'not kept';
}

function keptText({ way }: ReloadJob): string {
  if (way.by === 'nothing') return `${way.unit} starts an sshd that reads it; each port greets.\n`;
  return 'sshd has read it: it runs, each port greets, and sshd -T says so.\n';
}
