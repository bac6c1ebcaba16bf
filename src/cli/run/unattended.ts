import { fstatSync } from 'node:fs';

/**
 * A service manager started this process, so no person reads why it ended: systemd's variables (systemd.exec(5)), which
 * descendants inherit and which therefore have to be about this process, or a container's first process. A script with its
 * output redirected is none of these.
 * @param terminal one of stdin, stdout and stderr is a terminal: then a user looks
 */
export function isService(env: NodeJS.ProcessEnv, pid: number, terminal: boolean): boolean {
  if (terminal) return false;
  if (env.NOTIFY_SOCKET) return true;
  return env.SYSTEMD_EXEC_PID === String(pid) || pid === 1 || isJournal(env.JOURNAL_STREAM);
}

/** stderr is the stream to the journal that systemd opened for the service: its device and inode are named. */
function isJournal(stream: string | undefined): boolean {
  if (!stream) return false;
  try {
    const { dev, ino } = fstatSync(2, { bigint: true });
    return stream === `${dev}:${ino}`;
  } catch {
    return false;
  }
}
