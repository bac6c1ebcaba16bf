/** A tunnel in a process of its own: for what must not share its memory, its speed or its ciphers with the test. */
import { type ChildProcess, fork, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ForwardOption, Notice, Outcome, Snapshot, TunnelOptions } from '../../src/open.js';
import { guard, release } from './guard.js';
import type { Sshd } from './sshd.js';
import { until } from './until.js';

const project = fileURLToPath(new URL('../../', import.meta.url));

/** What a process holds. Taken after a garbage collection. */
export interface Usage {
  readonly rss: number;
  readonly heapUsed: number;
  /** Kinds of what keeps it alive: sockets and servers only. */
  readonly handles: readonly string[];
  /** User and system time so far. */
  readonly cpuMs: number;
}

let door: string | null = null;

/** The library, built from the sources as they are; `dist` may be older than they. */
export function builtDoor(): string {
  if (door !== null) return door;
  const folder = path.join(project, '.cache', `built-${process.pid}`);
  guard(`dir ${folder}`);
  const tsc = path.join(project, 'node_modules', 'typescript', 'bin', 'tsc');
  const args = [
    '-p',
    path.join(project, 'tsconfig.build.json'),
    '--outDir',
    folder,
    '--declaration',
    'false',
  ];
  // Errors of types are another test's business: they do not keep tsc from writing.
  const { stdout } = spawnSync(process.execPath, [tsc, ...args], { cwd: project, encoding: 'utf8' });
  door = path.join(folder, 'open.js');
  if (!existsSync(door)) throw new Error(`the sources do not build:\n${stdout}`);
  return door;
}

/** Options of node that keep ssh2 from its native part. */
export const noNative = ['--require', path.join(project, 'test', 'support', 'no-native.cjs')] as const;

export class Carrying {
  readonly notices: Notice[] = [];
  outcome: Outcome | null = null;
  /** What it said on stderr: nothing, as a library should. */
  stderr = '';
  readonly child: ChildProcess;
  readonly #answers = new Map<number, (answer: unknown) => void>();
  #asked = 0;

  /** @param execPath another node than this one */
  constructor(options: TunnelOptions, execArgv: readonly string[] = [], execPath = process.execPath) {
    this.child = fork(
      path.join(project, 'test', 'support', 'carrying.mjs'),
      [builtDoor(), JSON.stringify(options)],
      {
        execPath,
        execArgv: ['--expose-gc', ...execArgv],
        stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
      },
    );
    guard(`pid ${this.child.pid ?? 0}`);
    this.child.stderr?.setEncoding('utf8').on('data', (text: string) => (this.stderr += text));
    this.child.on(
      'message',
      (news: { notice?: Notice; outcome?: Outcome; id?: number; answer?: unknown }) => {
        if (news.notice) this.notices.push(news.notice);
        if (news.outcome) this.outcome = news.outcome;
        if (news.id !== undefined) this.#answers.get(news.id)?.(news.answer);
      },
    );
  }

  /** The notices of one type so far. */
  told<T extends Notice['type']>(type: T): Extract<Notice, { type: T }>[] {
    return this.notices.filter((notice) => notice.type === type) as Extract<Notice, { type: T }>[];
  }

  async up(): Promise<this> {
    await until('up', () => this.told('up').length > 0, { detail: () => this.words() });
    return this;
  }

  snapshot(): Promise<Snapshot> {
    return this.#ask('snapshot') as Promise<Snapshot>;
  }

  usage(): Promise<Usage> {
    return this.#ask('usage') as Promise<Usage>;
  }

  /** The port in force of a forward. */
  async port(index: number): Promise<number> {
    return (await this.snapshot()).forwards[index]?.port ?? 0;
  }

  /** Everything it said. */
  words(): string {
    return this.notices.map((notice) => JSON.stringify(notice)).join('\n') + this.stderr;
  }

  async stop(): Promise<void> {
    const { child } = this;
    const ended = () => child.exitCode !== null || child.signalCode !== null;
    if (!ended()) this.child.send({ ask: 'stop' });
    try {
      await until('the end of the tunnel', ended);
    } finally {
      if (!ended()) child.kill('SIGKILL');
      release(`pid ${child.pid ?? 0}`);
    }
  }

  #ask(ask: string): Promise<unknown> {
    const id = ++this.#asked;
    return new Promise((resolve) => {
      this.#answers.set(id, resolve);
      this.child.send({ ask, id });
    });
  }
}

/** Options of a tunnel to this sshd that nothing of the machine or its user can change. */
export function tunnelTo(
  sshd: Pick<Sshd, 'address' | 'port' | 'user' | 'keyPath' | 'knownHostsPath'>,
  forwards: readonly ForwardOption[],
  more: Omit<TunnelOptions, 'host' | 'forwards'> = {},
): TunnelOptions {
  return {
    host: `${sshd.user}@${sshd.address}`,
    configFile: 'none',
    forwards,
    ...more,
    options: {
      Port: sshd.port,
      IdentityFile: sshd.keyPath,
      IdentityAgent: 'none',
      UserKnownHostsFile: sshd.knownHostsPath,
      GlobalKnownHostsFile: 'none',
      ...more.options,
    },
  };
}
