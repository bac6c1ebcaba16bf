/**
 * A change of the server that reloads may cut off the user that makes it. So a process in a session of its own gets what
 * the files were before anything is written. It puts them back, and reloads, when this process says so, or is gone
 * without a word, or when neither comes in time. It has no terminal, and does not end with one.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { fromNow, type ReloadJob, reportLost, restoreSshd } from '../../edit/serverreload.js';
import { closedToOthers } from '../terminal/debugger.js';
import { guardWord } from './options.js';

type ToGuard = { readonly type: 'arm'; readonly job: ReloadJob } | { readonly type: 'keep' | 'restore' };
type FromGuard =
  | { readonly type: 'armed' }
  /** Nothing is left to be done by hand where the list is empty. */
  | { readonly type: 'restored'; readonly left: readonly string[] };

/** Checks, a login and the question together take less. */
const patienceMs = 240_000;

/** This process is the guard: resolves when its work is over. */
export function guard(): Promise<number> {
  if (process.send === undefined) return Promise.resolve(2);
  for (const signal of ['SIGHUP', 'SIGINT'] as const) process.on(signal, () => {});
  return new Promise((resolve) => {
    let job: ReloadJob | null = null;
    const say = (message: FromGuard) => {
      if (process.connected) process.send?.(message, undefined, undefined, () => {});
    };
    const end = () => {
      if (process.connected) process.disconnect();
      resolve(0);
    };
    const restore = async (why: string) => {
      const armed = job;
      job = null;
      if (armed === null) return;
      const left = await restoreSshd(armed);
      if (why !== 'requested') await reportLost(why, left);
      say({ type: 'restored', left });
      end();
    };
    const alone = () => (job === null ? end() : void restore('the change was not confirmed'));
    process.on('disconnect', alone);
    process.on('SIGTERM', alone);
    process.on('message', (message: ToGuard) => {
      if (message.type === 'arm') {
        job = message.job;
        fromNow(patienceMs).addEventListener('abort', alone, { once: true });
        say({ type: 'armed' });
      } else if (message.type === 'restore') void restore('requested');
      else {
        job = null;
        end();
      }
    });
  });
}

/** The guard, seen by the process that it watches. */
export class Guard {
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess) {
    this.#child = child;
  }

  /** Resolves when the guard knows what to put back. */
  static async armed(job: ReloadJob): Promise<Guard> {
    const script = process.argv[1] ?? '';
    const child = spawn(process.execPath, [...process.execArgv, closedToOthers, script, 'sshd', guardWord], {
      detached: true,
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
      cwd: '/',
    });
    const one = new Guard(child);
    const armed = one.#answer('armed');
    child.send({ type: 'arm', job } satisfies ToGuard, () => {});
    if ((await armed) === null) throw new Error('the process that would put the files back does not start');
    return one;
  }

  /** All is well. */
  keep(): void {
    this.#child.removeAllListeners();
    if (this.#child.connected) {
      this.#child.send({ type: 'keep' } satisfies ToGuard, () => {
        if (this.#child.connected) this.#child.disconnect();
      });
    }
    this.#child.unref();
  }

  /** The old files return. Null: the guard is gone, and with it what it knew. */
  async restore(): Promise<readonly string[] | null> {
    const answer = this.#answer('restored');
    if (this.#child.connected) this.#child.send({ type: 'restore' } satisfies ToGuard, () => {});
    const restored = await answer;
    this.#child.unref();
    return restored?.type === 'restored' ? restored.left : null;
  }

  #answer(type: FromGuard['type']): Promise<FromGuard | null> {
    const child = this.#child;
    return new Promise((resolve) => {
      const resolveAnswer = (message: FromGuard) => {
        if (message.type === type) resolve(message);
      };
      child.on('message', resolveAnswer);
      child.once('error', () => resolve(null));
      child.once('exit', () => resolve(null));
      if (!child.connected && child.exitCode !== null) resolve(null);
    });
  }
}
