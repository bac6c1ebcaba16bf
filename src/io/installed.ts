/** Which ssh is installed. */
import { execFile } from 'node:child_process';
import { nearestRelease, releaseOf } from '../core/sshconfig/keywords/releases.js';

export interface Installed {
  /** As it names it: `9.2`. */
  readonly named: string;
  /** The known release whose rules stand for it. */
  readonly release: string;
  /** Up to the comma: `OpenSSH_9.2p1 Debian-2+deb12u6`. */
  readonly banner: string;
}

/** By $PATH: a process asks once. */
const known = new Map<string, Promise<Installed | null>>();

/** What `ssh -V` says, and null where there is no ssh that says it within two seconds. Asked when it is first needed. */
export function installedRelease(env: NodeJS.ProcessEnv): Promise<Installed | null> {
  const key = env.PATH ?? '';
  const pending = known.get(key) ?? ask(env);
  known.set(key, pending);
  return pending;
}

function ask(env: NodeJS.ProcessEnv): Promise<Installed | null> {
  return new Promise((settle) => {
    const options = { env, timeout: 2_000, killSignal: 'SIGKILL', maxBuffer: 4_096 } as const;
    const child = execFile('ssh', ['-V'], options, (error, _stdout, stderr) => {
      const banner = stderr.split(/[,\r\n]/)[0]?.trim() ?? '';
      const named = error === null ? releaseOf(banner) : null;
      settle(named === null ? null : { named, release: nearestRelease(named), banner });
    });
    child.on('error', () => settle(null));
    child.stdin?.end();
  });
}
