/** Which ssh is installed. */
import { nearestRelease, releaseOf } from '../core/sshconfig/keywords/releases.js';
import { runProgram } from './base/program.js';

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

/** What `ssh -V` says, and null where there is no ssh that says it within two seconds. Run at the first call. */
export function installedRelease(env: NodeJS.ProcessEnv): Promise<Installed | null> {
  const key = env.PATH ?? '';
  const pending = known.get(key) ?? askRelease(env);
  known.set(key, pending);
  return pending;
}

async function askRelease(env: NodeJS.ProcessEnv): Promise<Installed | null> {
  const { code, stderr } = await runProgram('ssh', ['-V'], { env, limitMs: 2_000, maxBytes: 4_096 });
  const banner = stderr.split(/[,\r\n]/)[0]?.trim() ?? '';
  const named = code === 0 ? releaseOf(banner) : null;
  return named === null ? null : { named, release: nearestRelease(named), banner };
}
