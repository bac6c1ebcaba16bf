import { execFile } from 'node:child_process';
import { exitCode, FailureError, type Notice, openTunnel, type Tunnel } from '../../open.js';
import { closeDebugger, onDebuggerClosed } from '../terminal/debugger.js';
import type { Screen } from '../terminal/screen.js';
import { onSignals } from '../terminal/signals.js';
import type { RunArguments } from './arguments.js';
import { NoticeLines } from './noticelines.js';
import { checkLogFile, NoticeLog } from './noticelog.js';
import { holdPidFile } from './pidfile.js';

/** A second receiver of what the journal writes. */
export interface Bystander {
  /** After the notice was written. */
  readonly onNotice: (notice: Notice) => void;
  /** Hands over what stops the tunnel at once. */
  readonly onStart: (stop: () => void) => void;
}

/** The exit code; or nothing was begun, because a file says ForkAfterAuthentication, and this is not the background yet. */
export type Kept = number | 'to the background';

/**
 * Keeps one tunnel until it ends, and says so. Resolves to the exit code; rejects with a FailureError when it could not
 * begin, which no line has said then.
 */
export async function keep(run: RunArguments, screen: Screen, bystander: Bystander | null): Promise<Kept> {
  if (run.logFile !== null) checkLogFile(run.logFile);
  // From now on everybody may know where to send SIGUSR1.
  closeDebugger();
  const freed = run.pidFile === null ? null : holdPidFile(run.pidFile);
  // Also when a bug ends the process.
  if (freed) process.once('exit', freed);
  try {
    return await keepOne(run, screen, bystander);
  } finally {
    freed?.();
    if (freed) process.off('exit', freed);
  }
}

async function keepOne(run: RunArguments, screen: Screen, bystander: Bystander | null): Promise<Kept> {
  let tunnel: Tunnel | null = null;
  // With -W the client is this process's own stdin: it leaves with the signal, or has sent it.
  const speaking = run.options.forwards?.some((forward) => 'stdio' in forward) ?? false;
  const stop = (again: boolean): void => {
    void tunnel?.stop({ now: again || speaking });
  };
  const stopListening = onSignals({ stop, nudge: () => tunnel?.reconnect() }, screen.attended || speaking);
  bystander?.onStart(() => stop(true));
  try {
    const options = { ...run.options, ...(screen.asker ? { ask: screen.asker.ask } : {}) };
    const journal = new NoticeLog({
      json: run.json,
      quiet: run.quiet,
      verbose: run.verbose > 0,
      colour: screen.colour,
      stdout: screen.stdout,
      stderr: screen.stderr,
      logFile: run.logFile,
      both: bystander !== null,
    });
    const noticeLines = new NoticeLines();
    const report = (notice: Notice): void => {
      // The question itself stands on the terminal; a line about it would say it twice.
      const onTerminal = notice.type === 'needs-you' && screen.asker?.by === 'terminal' && !run.json;
      if (!onTerminal) journal.notice(notice, noticeLines.line(notice), Date.now());
      bystander?.onNotice(notice);
    };
    const ready = readiness((text) => report({ type: 'note', text }));
    onDebuggerClosed((text) => report({ type: 'note', text }));
    const notes = [...run.notes];
    const tellNotes = (): void => {
      for (const text of notes.splice(0)) report({ type: 'note', text });
    };
    let stoppedReported = false;
    let forks = false;
    tunnel = openTunnel({
      ...options,
      onNotice: (notice) => {
        if (notice.type === 'understood') {
          // The process in the background says it all; here nothing has been connected.
          forks = notice.request.forkAfterAuthentication && bystander === null;
          if (!forks) tellNotes();
        }
        if (forks) return void tunnel?.stop({ now: true });
        report(notice);
        if (notice.type === 'up') ready();
        if (notice.type === 'stopped') stoppedReported = true;
      },
    });
    // Its failure is the outcome's as well.
    tunnel.ready.catch(() => {});
    const outcome = await tunnel.done;
    if (forks) return 'to the background';
    tellNotes();
    // A tunnel that could not begin, or a bug: the caller prints it in the words for that.
    if (!outcome.ok && (!stoppedReported || outcome.failure.kind === 'bug'))
      throw new FailureError(outcome.failure);
    return exitCode(outcome);
  } finally {
    stopListening();
  }
}

/** Notifies systemd at the first call, where $NOTIFY_SOCKET requests it. */
function readiness(note: (text: string) => void): () => void {
  let unsent = Boolean(process.env.NOTIFY_SOCKET);
  return () => {
    if (!unsent) return;
    unsent = false;
    void notifyReady().then((trouble) => {
      if (trouble !== null) note(trouble);
    });
  };
}

/**
 * Notifies systemd that the service is ready (sd_notify(3)). Node cannot send to a unix datagram socket, so systemd's own
 * program does; the unit needs NotifyAccess=all for that. Resolves to what went wrong, or null.
 */
function notifyReady(): Promise<string | null> {
  return new Promise((resolve) => {
    execFile('systemd-notify', ['--ready'], (error) => {
      if (!error) resolve(null);
      else if (error.code === 'ENOENT')
        resolve(
          'NOTIFY_SOCKET is set, but systemd-notify is not installed: systemd does not learn that the tunnel is up',
        );
      else resolve(`systemd-notify --ready failed: ${error.message.trim()}`);
    });
  });
}
