/** Where a command runs: on this machine, or inside one of the lab's network namespaces. */
import { type ChildProcess, spawn as nodeSpawn, type SpawnOptions } from 'node:child_process';
import { closeSync, openSync, readlinkSync } from 'node:fs';
import { guard, release } from './guard.js';
import { program } from './parts.js';
import { end, inNetwork } from './processes.js';

/** What a finished command left. `code` is null when a signal ended it. */
export interface Finished {
  code: number | null;
  stdout: string;
  stderr: string;
}

export interface ExecOptions extends SpawnOptions {
  /** Written to the command's stdin, which then ends. */
  input?: string;
  /** Milliseconds until it is killed. Default 20,000. */
  timeoutMs?: number;
}

/** A place to run commands in. `spawn` gives the command's own pid: no wrapper process stands between. */
export class Place {
  readonly #prefix: readonly string[];

  constructor(prefix: readonly string[] = []) {
    this.#prefix = prefix;
  }

  spawn(command: string, args: readonly string[] = [], options: SpawnOptions = {}): ChildProcess {
    const [first = command, ...rest] = [...this.#prefix, command, ...args];
    return nodeSpawn(first, rest, options);
  }

  /** Runs to the end and gives its output; a code other than 0 is not an error. */
  exec(command: string, args: readonly string[] = [], options: ExecOptions = {}): Promise<Finished> {
    const { input, timeoutMs = 20_000, ...rest } = options;
    return new Promise((resolve, reject) => {
      const child = this.spawn(command, args, {
        timeout: timeoutMs,
        killSignal: 'SIGKILL',
        ...rest,
        stdio: 'pipe',
      });
      const finished: Finished = { code: null, stdout: '', stderr: '' };
      child.stdout?.setEncoding('utf8').on('data', (text: string) => (finished.stdout += text));
      child.stderr?.setEncoding('utf8').on('data', (text: string) => (finished.stderr += text));
      child.on('error', reject);
      child.on('close', (code) => resolve({ ...finished, code }));
      child.stdin?.on('error', () => {});
      child.stdin?.end(input ?? '');
    });
  }

  /** As {@link exec}, but any code other than 0 is an error with the command's stderr. Gives stdout. */
  async must(command: string, args: readonly string[] = [], options: ExecOptions = {}): Promise<string> {
    const { code, stdout, stderr } = await this.exec(command, args, options);
    if (code !== 0) throw new Error(`${command} ${args.join(' ')}: ended with ${code}\n${stderr}${stdout}`);
    return stdout;
  }
}

/** This machine. */
export const here = new Place();

/**
 * A network namespace without a name: it lives as long as a process in it, so nothing is left in
 * /run/netns. Its holder reads from a pipe of ours and ends with us.
 */
export class Namespace extends Place {
  readonly #holder: ChildProcess;
  readonly #id: string;
  /** Open as long as its processes are looked for: its number is the next one's as soon as nobody holds it. */
  readonly #held: number;
  #closed = false;
  /** The holder's pid: what `ip link ... netns PID` takes. */
  readonly pid: number;

  private constructor(holder: ChildProcess, pid: number) {
    super([program('nsenter'), `--net=/proc/${pid}/ns/net`, '--']);
    this.#holder = holder;
    this.pid = pid;
    this.#held = openSync(`/proc/${pid}/ns/net`, 'r');
    this.#id = readlinkSync(`/proc/${pid}/ns/net`);
    guard(`net ${this.#id}`);
  }

  /** `settings` are files under /proc/sys/net and what to write into them. */
  static async open(settings: Readonly<Record<string, string | number>> = {}): Promise<Namespace> {
    const writes = Object.entries(settings).map(([name, value]) => `echo ${value} > /proc/sys/net/${name}`);
    const script = ['set -e', ...writes, 'echo open', 'exec cat'].join('\n');
    const holder = nodeSpawn(program('unshare'), ['--net', 'sh', '-c', script], { stdio: 'pipe' });
    let problem = '';
    holder.stderr.setEncoding('utf8').on('data', (text: string) => (problem += text));
    await new Promise<void>((resolve, reject) => {
      holder.stdout.once('data', () => resolve());
      holder.once('error', reject);
      holder.once('close', (code) => reject(new Error(`no namespace: code ${code}, ${problem}`)));
    });
    if (holder.pid === undefined) throw new Error('no namespace: its holder has no pid');
    return new Namespace(holder, holder.pid);
  }

  /** Ends all processes in it, at once and without a goodbye; with the last of them it is gone. */
  async close(): Promise<void> {
    for (let round = 0; round < 5; round += 1) {
      const pids = inNetwork(this.#id);
      if (pids.length === 0) break;
      await end(pids);
    }
    this.#holder.stdin?.destroy();
    release(`net ${this.#id}`);
    if (!this.#closed) closeSync(this.#held);
    this.#closed = true;
  }
}
