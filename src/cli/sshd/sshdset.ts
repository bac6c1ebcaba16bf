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
  rehearseSshd,
  SshdEditRefusedError,
  sshdDropIn,
  writeSshd,
} from '../../edit.js';
import { plain } from '../terminal/columns.js';
import { complain, stderr, stdout } from '../terminal/output.js';
import { hasTerminal, Terminal } from '../terminal/tty.js';
import { dropInText, planText, reloadHint, socketText, undoText } from './report.js';
import { Guard } from './sshdguard.js';
import { sshdSetHelp } from './sshdsethelp.js';
import { type SshdEdit, type SshdSetWords, splitSshdSet } from './sshdsetoptions.js';

/**
 * `holdfast sshd set`, `unset` and `keepalive`: argv after that word -> the exit code. `keepMs`: how long a person has to say
 * that a reloaded change stays.
 */
export async function sshdSet(command: SshdEdit, argv: readonly string[], keepMs = 60_000): Promise<number> {
  const split = splitSshdSet(command, argv);
  if (!split.ok) {
    complain(`sshd: ${split.message}`);
    return 2;
  }
  const { asked } = split;
  if (asked.help) {
    stdout.write(sshdSetHelp(command));
    return 0;
  }
  try {
    return await changed(asked, keepMs);
  } catch (thrown) {
    if (thrown instanceof RefusedError) {
      if (asked.json) stdout.write(jsonOf({ refusals: thrown.refusals }));
      for (const line of refusalSentences(thrown.refusals)) complain(line);
      return 2;
    }
    if (!(thrown instanceof FailureError) || thrown.kind === 'bug') throw thrown;
    const reason = thrown instanceof SshdEditRefusedError ? thrown.reason : 'file';
    if (asked.json) stdout.write(jsonOf({ refused: { reason, message: thrown.message } }));
    complain(`sshd: ${thrown.message}`);
    return 2;
  }
}

async function changed(asked: SshdSetWords, keepMs: number): Promise<number> {
  const options = {
    ...(asked.configFile === null ? {} : { configFile: asked.configFile }),
    ...(asked.match === null ? {} : { match: asked.match }),
  };
  if (asked.print) {
    // Nobody knows that machine: what is the default is left out unless it was asked for.
    const changes = asked.changes.filter(
      ({ option, value }) => option !== 'ClientAliveCountMax' || value?.[0] !== '3' || asked.countGiven,
    );
    const lines = await sshdDropIn(changes, options);
    stdout.write(asked.json ? jsonOf({ lines }) : dropInText(lines));
    return 0;
  }
  const prepared = await planSshd(asked.changes, options);
  const { told } = prepared;
  if (told.files.length === 0) {
    const untold = asked.reload ? 'sshd was not told: the files are as they were.\n' : '';
    stdout.write(
      asked.json ? jsonOf({ ...told, written: false, reload: null }) : `${planText(told)}${untold}`,
    );
    return 0;
  }
  const rehearsal = await rehearseSshd(prepared);
  const unchecked = rehearsal.at === 'unchecked' ? rehearsal.why : null;
  const socket = asked.reload ? null : await socketInTheWay(prepared);
  if (asked.dryRun) {
    if (asked.json) stdout.write(jsonOf({ ...told, written: false, unchecked, socket, reload: null }));
    else {
      stdout.write(told.files.map(({ diff }) => plain(diff)).join(''));
      const note = socket === null ? '' : socketText(socket);
      stderr.write(`${planText(told, unchecked)}${note}Nothing was written.\n`);
    }
    return 0;
  }
  if (!asked.reload) {
    await writeSshd(prepared, rehearsal);
    if (asked.json) stdout.write(jsonOf({ ...told, written: true, unchecked, socket, reload: null }));
    else {
      const hint = socket === null ? reloadHint : socketText(socket);
      stdout.write(`${planText(told, unchecked)}${undoText(told)}${hint}`);
    }
    return 0;
  }
  if (unchecked !== null)
    throw new SshdEditRefusedError('sshd', `--reload: ${unchecked}; nothing was written`);
  return reloaded(prepared, asked, keepMs);
}

/** Written, reloaded, looked at, and kept or taken back. */
async function reloaded(prepared: PreparedSshd, asked: SshdSetWords, keepMs: number): Promise<number> {
  const { told } = prepared;
  const job = await findReload(prepared);
  const stopped = new AbortController();
  const stop = () => stopped.abort();
  // The guard hears of a SIGHUP by our end.
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, stop);
  const guard = await Guard.armed(job);
  try {
    await writeSshd(prepared, { at: 'accepted' });
  } catch (thrown) {
    guard.keep();
    throw thrown;
  }
  if (!asked.json) stdout.write(planText(told));
  const wrong = await judged(job, asked, keepMs, stopped.signal);
  if (wrong === null) {
    guard.keep();
    stdout.write(
      asked.json
        ? jsonOf({ ...told, written: true, unchecked: null, reload: job.way })
        : `${keptText(job)}${undoText(told)}`,
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
  if (asked.json) stdout.write(jsonOf({ refused: { reason: 'sshd', message: `${wrong}; ${result}` } }));
  for (const text of [wrong, result]) complain(`sshd: ${text}`);
  return 2;
}

/** Null: the change may stay; else why not. */
async function judged(
  job: ReloadJob,
  asked: SshdSetWords,
  keepMs: number,
  stopped: AbortSignal,
): Promise<string | null> {
  const wrong = await reloadSshd(job);
  if (wrong !== null) return wrong;
  if (asked.checkLogin !== null) {
    const failed = await checkLogin(asked.checkLogin, asked.loginConfig);
    if (failed !== null) return failed;
  }
  if (stopped.aborted) return 'interrupted';
  if (asked.yes || asked.json || !hasTerminal()) return null;
  await stdout.flushed();
  const login = asked.checkLogin === null ? 'Try a second login now.\n' : '';
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
