import {
  checkLogin,
  findReload,
  fromNow,
  type ReloadJob,
  reloadSshd,
  socketInTheWay,
} from '../../edit/serverreload.js';
import {
  FailureError,
  type PreparedSshd,
  planSshd,
  RefusedError,
  refusalSentences,
  SshdEditRefusedError,
  sshdDropIn,
  testSshd,
  writeSshd,
} from '../../edit.js';
import { escapeControls } from '../terminal/columns.js';
import { complain, stderr, stdout } from '../terminal/output.js';
import { hasTerminal, Terminal } from '../terminal/tty.js';
import { dropInText, reloadHint, socketText, sshdPlanText, sshdUndoText } from './report.js';
import { Guard } from './sshdguard.js';
import { sshdSetHelp } from './sshdsethelp.js';
import { parseSshdSet, type SshdEdit, type SshdSetArgs } from './sshdsetoptions.js';

/**
 * `holdfast sshd set`, `unset` and `keepalive`: argv after that word -> the exit code. `keepMs`: how long a person has to say
 * that a reloaded change stays.
 */
export async function sshdSet(command: SshdEdit, argv: readonly string[], keepMs = 60_000): Promise<number> {
  const split = parseSshdSet(command, argv);
  if (!split.ok) {
    complain(`sshd: ${split.message}`);
    return 2;
  }
  const { args } = split;
  if (args.help) {
    stdout.write(sshdSetHelp(command));
    return 0;
  }
  try {
    return await changed(args, keepMs);
  } catch (thrown) {
    if (thrown instanceof RefusedError) {
      if (args.json) stdout.write(jsonOf({ refusals: thrown.refusals }));
      for (const line of refusalSentences(thrown.refusals)) complain(line);
      return 2;
    }
    if (!(thrown instanceof FailureError) || thrown.kind === 'bug') throw thrown;
    const reason = thrown instanceof SshdEditRefusedError ? thrown.reason : 'file';
    if (args.json) stdout.write(jsonOf({ refused: { reason, message: thrown.message } }));
    complain(`sshd: ${thrown.message}`);
    return 2;
  }
}

async function changed(args: SshdSetArgs, keepMs: number): Promise<number> {
  const options = {
    ...(args.configFile === null ? {} : { configFile: args.configFile }),
    ...(args.match === null ? {} : { match: args.match }),
  };
  if (args.print) {
    // Nobody knows that machine: what is the default is left out unless it was asked for.
    const changes = args.changes.filter(
      ({ option, value }) => option !== 'ClientAliveCountMax' || value?.[0] !== '3' || args.countGiven,
    );
    const lines = await sshdDropIn(changes, options);
    stdout.write(args.json ? jsonOf({ lines }) : dropInText(lines));
    return 0;
  }
  const prepared = await planSshd(args.changes, options);
  const { summary } = prepared;
  if (summary.files.length === 0) {
    const untold = args.reload ? 'sshd was not told: the files are as they were.\n' : '';
    stdout.write(
      args.json ? jsonOf({ ...summary, written: false, reload: null }) : `${sshdPlanText(summary)}${untold}`,
    );
    return 0;
  }
  const stagedRun = await testSshd(prepared);
  const unchecked = stagedRun.type === 'unchecked' ? stagedRun.why : null;
  const socket = args.reload ? null : await socketInTheWay(prepared);
  if (args.dryRun) {
    if (args.json) stdout.write(jsonOf({ ...summary, written: false, unchecked, socket, reload: null }));
    else {
      stdout.write(summary.files.map(({ diff }) => escapeControls(diff)).join(''));
      const note = socket === null ? '' : socketText(socket);
      stderr.write(`${sshdPlanText(summary, unchecked)}${note}Nothing was written.\n`);
    }
    return 0;
  }
  if (!args.reload) {
    await writeSshd(prepared, stagedRun);
    if (args.json) stdout.write(jsonOf({ ...summary, written: true, unchecked, socket, reload: null }));
    else {
      const hint = socket === null ? reloadHint : socketText(socket);
      stdout.write(`${sshdPlanText(summary, unchecked)}${sshdUndoText(summary)}${hint}`);
    }
    return 0;
  }
  if (unchecked !== null)
    throw new SshdEditRefusedError('sshd', `--reload: ${unchecked}; nothing was written`);
  return reloaded(prepared, args, keepMs);
}

/** Written, reloaded, looked at, and kept or taken back. */
async function reloaded(prepared: PreparedSshd, args: SshdSetArgs, keepMs: number): Promise<number> {
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
  const wrong = await judged(job, args, keepMs, stopped.signal);
  if (wrong === null) {
    guard.keep();
    stdout.write(
      args.json
        ? jsonOf({ ...summary, written: true, unchecked: null, reload: job.way })
        : `${keptText(job)}${sshdUndoText(summary)}`,
    );
    return 0;
  }
  const left = await guard.restore();
  const result =
    left === null
      ? 'the process that puts the old files back is gone: see holdfast config history'
      : left.length === 0
        ? 'the old files are back, and sshd has read them'
        : left.join('; ');
  if (args.json) stdout.write(jsonOf({ refused: { reason: 'sshd', message: `${wrong}; ${result}` } }));
  for (const text of [wrong, result]) complain(`sshd: ${text}`);
  return 2;
}

/** Null: the change may stay; else why not. */
async function judged(
  job: ReloadJob,
  args: SshdSetArgs,
  keepMs: number,
  stopped: AbortSignal,
): Promise<string | null> {
  const wrong = await reloadSshd(job);
  if (wrong !== null) return wrong;
  if (args.checkLogin !== null) {
    const failed = await checkLogin(args.checkLogin, args.loginConfig);
    if (failed !== null) return failed;
  }
  if (stopped.aborted) return 'interrupted';
  if (args.yes || args.json || !hasTerminal()) return null;
  await stdout.flushed();
  const login = args.checkLogin === null ? 'Try a second login now.\n' : '';
  const question = `sshd runs with the change; this session keeps its old settings.
${login}Keep it? Without an answer in ${keepMs / 1_000} s the old file returns. [y/N] `;
  const signal = AbortSignal.any([fromNow(keepMs), stopped]);
  const answer = await new Terminal().line(question, true, signal);
  if (answer !== null && /^y(?:es)?$/i.test(answer.trim())) return null;
  return answer === null ? 'nobody said to keep it' : 'not kept';
}

function keptText({ way }: ReloadJob): string {
  if (way.by === 'nothing') return `${way.unit} starts an sshd that reads it; each port greets.\n`;
  return 'sshd has read it: it runs, each port greets, and sshd -T says so.\n';
}

function jsonOf(value: unknown): string {
  return `${JSON.stringify(value)}\n`;
}
