/**
 * A real sshd in a folder of its own: own host keys, own user key, own authorized_keys; nothing of the
 * machine is read or written. On loopback, or inside a namespace of the lab.
 */
import { type ChildProcess, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { userInfo } from 'node:os';
import path from 'node:path';
import { guard, release, scratch } from './guard.js';
import { canMountPrivately, program, unpackedRoot } from './parts.js';
import { here, type Place } from './place.js';
import { alive, end, family, signal } from './processes.js';
import { until } from './until.js';

export type KeyType = 'ed25519' | 'ecdsa' | 'rsa';

export interface SshdOptions {
  /** Lines of sshd_config. They stand before ours, and sshd takes the first value; Match blocks go last. */
  config?: readonly string[];
  /** Address to listen on. Default 127.0.0.1. */
  address?: string;
  /** Default: a free port. It stays the same over restarts. */
  port?: number;
  /** Default: this machine. */
  place?: Pick<Place, 'spawn'>;
  /** Types of the host keys. Default ed25519 alone. */
  hostKeys?: readonly KeyType[];
  /** Files sshd and its sessions see instead of the machine's, such as /etc/resolv.conf. Root only. */
  files?: Readonly<Record<string, string>>;
}

/** A second account for password logins; it exists only in sshd's own view of /etc/passwd (root only). */
export const person = { user: 'person', password: 'correct horse' } as const;
const personHash =
  '$6$holdfast$DhamlI1YQo1BNZa0lY/rQogb6IR2PZwyAc9NRIuAvdzfETgN0tN1LWiY9BOMzycy.aBKsasQ1Qkht1McDdpfP.';

/** A running sshd. Made by {@link startSshd}. */
export class Sshd {
  readonly address: string;
  readonly port: number;
  /** The account that its user key opens. */
  readonly user = userInfo().username;
  /** Its temp folder. */
  readonly dir: string;
  readonly #options: SshdOptions;
  readonly #place: Pick<Place, 'spawn'>;
  readonly #remove: () => void;
  #master: ChildProcess | undefined;
  /** Sessions whose master was ended before them. */
  #orphans: number[] = [];

  constructor(options: SshdOptions, port: number) {
    const { dir, remove } = scratch('sshd');
    this.#options = options;
    this.#place = options.place ?? here;
    this.address = options.address ?? '127.0.0.1';
    this.port = port;
    this.dir = dir;
    this.#remove = remove;
  }

  /** The private key that may log in. */
  get keyPath(): string {
    return path.join(this.dir, 'id_ed25519');
  }

  /** A known_hosts file that holds this server. */
  get knownHostsPath(): string {
    return path.join(this.dir, 'known_hosts');
  }

  /** One known_hosts line per host key. */
  knownHosts(): string {
    const name = this.port === 22 ? this.address : `[${this.address}]:${this.port}`;
    return this.#hostKeyPaths()
      .map(
        (file) => `${name} ${readFileSync(`${file}.pub`, 'utf8').split(' ').slice(0, 2).join(' ').trim()}\n`,
      )
      .join('');
  }

  /** sshd's own log at LogLevel VERBOSE, of all its starts. */
  log(): string {
    const file = path.join(this.dir, 'log');
    return existsSync(file) ? readFileSync(file, 'utf8') : '';
  }

  /** How many logins it accepted since its first start. */
  logins(): number {
    return this.log().match(/^Accepted \S+ for /gm)?.length ?? 0;
  }

  /** How many TCP connections it took, logged in or not. */
  connections(): number {
    return this.log().match(/^Connection from /gm)?.length ?? 0;
  }

  /** Lets another key in: a line of authorized_keys. */
  authorize(line: string): void {
    const file = path.join(this.dir, 'authorized_keys');
    writeFileSync(file, `${readFileSync(file, 'utf8').trimEnd()}\n${line.trimEnd()}\n`);
  }

  /**
   * Arguments for OpenSSH's client: `options` first, because ssh takes the first value it meets, then
   * nobody's files, our key, our known_hosts, our user, and the host.
   */
  sshArgs(...options: readonly string[]): string[] {
    const settings = [
      'IdentitiesOnly=yes',
      'BatchMode=yes',
      'StrictHostKeyChecking=yes',
      `UserKnownHostsFile=${this.knownHostsPath}`,
      'GlobalKnownHostsFile=/dev/null',
      'ConnectTimeout=10',
    ].flatMap((line) => ['-o', line]);
    const login = ['-i', this.keyPath, '-p', String(this.port), '-l', this.user];
    return ['-F', 'none', ...options, ...settings, ...login, this.address];
  }

  /** The master, if it runs, and every session, those of an ended master too. */
  pids(): number[] {
    const master = this.#master?.pid;
    return family(master === undefined ? this.#orphans : [master, ...this.#orphans]);
  }

  /** Starts it and waits until it listens. */
  async start(): Promise<void> {
    if (this.#master !== undefined) throw new Error('this sshd runs already');
    if (!existsSync(this.keyPath)) await this.#makeKeys();
    const [command, ...args] = this.#command();
    // Before it begins: on a busy machine it has said all before we are back.
    const started = this.log().length;
    const child = this.#place.spawn(command, args, { stdio: ['ignore', 'ignore', 'pipe'], cwd: '/' });
    let problem = '';
    child.stderr?.setEncoding('utf8').on('data', (text: string) => (problem += text));
    child.once('error', (error) => (problem += error.message));
    const { pid } = child;
    if (pid !== undefined) guard(`pid ${pid}`);
    this.#master = child;
    const listening = () => this.log().slice(started).includes('Server listening on');
    const ended = () => child.exitCode !== null || child.signalCode !== null || pid === undefined;
    await until(`sshd on port ${this.port}`, () => listening() || ended(), {
      everyMs: 10,
      detail: () => problem + this.log(),
    });
    if (ended()) {
      this.#forgetMaster();
      throw new Error(`sshd did not start: ${problem}${this.log().slice(started)}`);
    }
  }

  /**
   * Kills the master and, unless told to keep them, its sessions. The kernel closes their connections,
   * as when sshd crashes: clients see a FIN or a RST.
   */
  async kill(options: { keepSessions?: boolean } = {}): Promise<void> {
    const master = this.#master?.pid;
    const sessions = this.pids().filter((pid) => pid !== master);
    // The master goes first, so that no session can begin behind our back.
    if (master !== undefined) await end([master]);
    this.#forgetMaster();
    if (options.keepSessions === true) this.#orphans = sessions;
    else await end(family(sessions.concat(this.#orphans)));
  }

  /** {@link kill} and {@link start}: same port, same keys. */
  async restart(options: { keepSessions?: boolean } = {}): Promise<void> {
    await this.kill(options);
    await this.start();
  }

  /** SIGSTOP to the master and every session: its kernel answers, it does not. */
  freeze(): void {
    signal(this.pids(), 'SIGSTOP');
  }

  /** SIGCONT to all of them. */
  thaw(): void {
    signal(this.pids(), 'SIGCONT');
  }

  /** The processes are gone with their machine (the lab's power-off). */
  lost(): void {
    this.#forgetMaster();
    this.#orphans = this.#orphans.filter(alive);
  }

  /** New host keys, as after a reinstallation. The known_hosts file keeps the old ones. */
  async changeHostKeys(): Promise<void> {
    for (const file of this.#hostKeyPaths()) {
      await makeKey(file, path.basename(file).replace('host_', '') as KeyType);
    }
    await this.restart();
  }

  /** Ends everything and removes the folder. */
  async stop(): Promise<void> {
    await this.kill();
    this.#remove();
  }

  #forgetMaster(): void {
    if (this.#master?.pid !== undefined) release(`pid ${this.#master.pid}`);
    this.#master = undefined;
  }

  #hostKeyPaths(): string[] {
    return (this.#options.hostKeys ?? ['ed25519']).map((type) => path.join(this.dir, `host_${type}`));
  }

  async #makeKeys(): Promise<void> {
    await makeKey(this.keyPath, 'ed25519');
    writeFileSync(path.join(this.dir, 'authorized_keys'), readFileSync(`${this.keyPath}.pub`));
    for (const file of this.#hostKeyPaths()) {
      await makeKey(file, path.basename(file).replace('host_', '') as KeyType);
    }
    writeFileSync(this.knownHostsPath, this.knownHosts());
  }

  #config(): string {
    const extra = this.#options.config ?? [];
    const match = extra.findIndex((line) => /^\s*match\s/i.test(line));
    const plain = match === -1 ? extra : extra.slice(0, match);
    const lines = [
      ...plain,
      `Port ${this.port}`,
      `ListenAddress ${this.address}`,
      ...this.#hostKeyPaths().map((file) => `HostKey ${file}`),
      'PidFile none',
      `AuthorizedKeysFile ${path.join(this.dir, 'authorized_keys')}`,
      'StrictModes no',
      'UsePAM no',
      'PermitRootLogin yes',
      'PasswordAuthentication no',
      'KbdInteractiveAuthentication no',
      'PermitUserRC no',
      'PrintMotd no',
      'MaxStartups 100:30:200',
      'LogLevel VERBOSE',
      ...newerLines(),
    ];
    return `${lines.concat(match === -1 ? [] : extra.slice(match)).join('\n')}\n`;
  }

  #command(): [string, ...string[]] {
    const config = path.join(this.dir, 'sshd_config');
    writeFileSync(config, this.#config());
    const sshd = [program('sshd'), '-D', '-f', config, '-E', path.join(this.dir, 'log')] as const;
    if (process.getuid?.() !== 0) return [...sshd];
    // Compiled in: the empty folder that an unauthenticated session is locked into.
    mkdirSync('/run/sshd', { recursive: true, mode: 0o755 });
    if (!canMountPrivately()) return [...sshd];
    const files = { '/etc/passwd': passwd(), '/etc/shadow': shadow(), ...this.#options.files };
    const mounts = Object.entries(files).map(([target, text], index) => {
      const source = path.join(this.dir, `mounted-${index}`);
      writeFileSync(source, text, { mode: target === '/etc/shadow' ? 0o600 : 0o644 });
      return `mount --bind ${source} ${target}`;
    });
    return [
      program('unshare'),
      '--mount',
      'sh',
      '-c',
      [...mounts, 'exec "$@"'].join(' && '),
      'sshd',
      ...sshd,
    ];
  }
}

/** The accounts of sshd's private view: root, the user sshd that it needs, and {@link person}. */
function passwd(): string {
  const ours = [
    'sshd:x:64000:65534::/run/sshd:/usr/sbin/nologin',
    `${person.user}:x:64001:65534::/tmp:/bin/sh`,
  ];
  const theirs = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .filter((line) => line !== '' && !/^(sshd|person):/.test(line));
  return `${[...theirs, ...ours].join('\n')}\n`;
}

/** Without PAM sshd refuses an account whose password field starts with `!`, as root's may. */
function shadow(): string {
  return `root:*:19000:0:99999:7:::\n${person.user}:${personHash}:19000:0:99999:7:::\n`;
}

/** Settings that only OpenSSH 9.8 and later know: no penalties, and the helpers of an unpacked sshd. */
function newerLines(): string[] {
  const told = spawnSync(program('sshd'), ['-V'], { encoding: 'utf8' }).stderr;
  const [, major = '0', minor = '0'] = /OpenSSH_(\d+)\.(\d+)/.exec(told) ?? [];
  if (Number(major) * 100 + Number(minor) < 908) return [];
  const helpers = path.join(unpackedRoot('sshd') ?? '/', 'usr/lib/openssh');
  const paths = { SshdSessionPath: 'sshd-session', SshdAuthPath: 'sshd-auth' };
  const lines = Object.entries(paths)
    .map(([keyword, name]) => ({ keyword, file: path.join(helpers, name) }))
    .filter(({ file }) => existsSync(file))
    .map(({ keyword, file }) => `${keyword} ${file}`);
  return ['PerSourcePenalties no', ...lines];
}

async function makeKey(file: string, type: KeyType): Promise<void> {
  await here.exec('rm', ['-f', file, `${file}.pub`]);
  await here.must(program('ssh-keygen'), ['-q', '-t', type, '-N', '', '-C', 'holdfast test', '-f', file]);
}

/** A port of this machine that nobody uses at the moment. */
export function freePort(address = '127.0.0.1'): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().once('error', reject);
    server.listen(0, address, () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
}

/** Starts an sshd. End it in afterAll with `stop()`. */
export async function startSshd(options: SshdOptions = {}): Promise<Sshd> {
  for (let attempt = 1; ; attempt += 1) {
    const sshd = new Sshd(options, options.port ?? (await freePort(options.address)));
    try {
      await sshd.start();
      return sshd;
    } catch (error) {
      await sshd.stop();
      // Between our look and its bind another process may have taken the port.
      const taken = options.port === undefined && String(error).includes('Address already in use');
      if (!taken || attempt === 3) throw error;
    }
  }
}
