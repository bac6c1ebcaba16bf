import { execFile } from 'node:child_process';

/**
 * Tells systemd that the service is ready (sd_notify(3)). Node cannot send to a unix datagram socket, so systemd's own
 * program does; the unit needs NotifyAccess=all for that. Resolves to what went wrong, or null.
 */
export function notifyReady(): Promise<string | null> {
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
