/** The installed ssh: its release (`ssh -V`), and what it makes of a configuration (`ssh -G`). */
import { type Failure, failure } from '../core/failure.js';
import { nearestRelease, releaseOf } from '../core/sshconfig/keywords/releases.js';
import { runProgram } from './base/program.js';

/** The arguments of `ssh -G`. */
export interface SshQuery {
  /** The name as typed, without user and port. */
  readonly host: string;
  /** -F; null: the user's and the system's files. */
  readonly configFile: string | null;
  /** Each as after -o: `Port 2222`. */
  readonly options: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
}

export type SshAnswer =
  /** Keyword in lower case -> the values of its lines, as ssh prints them. */
  | { readonly type: 'printed'; readonly values: ReadonlyMap<string, readonly string[]> }
  | { readonly type: 'absent' }
  | { readonly type: 'refused'; readonly failure: Failure };

const maxBytes = 4 * 1_024 * 1_024;

/**
 * Asks the installed ssh what its configuration says about a host: `ssh -G`, which makes no connection. It does run the
 * commands of `Match exec`, as connecting with ssh would. A configuration that ssh refuses is a `config` failure in ssh's
 * own words; so is an ssh that is not done within `limitMs`, which is then killed.
 */
export async function printSettings(question: SshQuery, limitMs = 10_000): Promise<SshAnswer> {
  const { host, configFile, options, env } = question;
  const args = [
    ...(configFile === null ? [] : ['-F', configFile]),
    ...options.flatMap((option) => ['-o', option]),
    '-G',
    // Without a session there is no terminal to talk about.
    '-T',
    '--',
    host,
  ];
  // Its stdin is empty: a command of Match exec that reads finds the end.
  const { error, stdout, stderr } = await runProgram('ssh', args, {
    env,
    limitMs,
    maxBytes,
    encoding: 'utf8',
  });
  if (error === null) return { type: 'printed', values: valuesOf(stdout) };
  if (error.code === 'ENOENT') return { type: 'absent' };
  return { type: 'refused', failure: failure('config', complaint(error, stderr, limitMs), error) };
}

function valuesOf(printed: string): ReadonlyMap<string, readonly string[]> {
  const values = new Map<string, string[]>();
  for (const line of printed.split('\n')) {
    const blank = line.indexOf(' ');
    if (blank === -1) continue;
    const keyword = line.slice(0, blank).toLowerCase();
    const value = line.slice(blank + 1);
    const list = values.get(keyword);
    if (list) list.push(value);
    else values.set(keyword, [value]);
  }
  return values;
}

function complaint(error: { killed?: boolean; code?: unknown }, stderr: string, limitMs: number): string {
  const said = stderr
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => line !== '' && !/: terminating, \d+ bad configuration options$/.test(line));
  if (said.length > 0) return `ssh: ${said.slice(0, 5).join('; ')}`;
  if (error.code === 'ERR_CHILD_PROCESS_STDIO_MAXBUFFER')
    return `ssh -G: printed more than ${maxBytes} bytes`;
  if (error.killed) return `ssh -G: no answer in ${limitMs / 1_000} s; look for a Match exec that waits`;
  return `ssh -G: failed (${String(error.code)})`;
}

export interface Installed {
  /** The release that `ssh -V` names: `9.2`. */
  readonly named: string;
  /** The known release whose rules stand for it. */
  readonly release: string;
  /** Up to the comma: `OpenSSH_9.2p1 Debian-2+deb12u6`. */
  readonly banner: string;
}

/** `ssh -V` runs once for each $PATH. */
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
