/**
 * A real sshd over a tree of files that a test writes, to be reloaded and edited: own host key, own user key, own PidFile,
 * on loopback. It and the commands about it share a view of /etc/passwd, so that the user sshd is there for both.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { guard, release, scratch } from './guard.js';
import { bin, plainEnv } from './holdfast.js';
import { program, unpackedRoot } from './parts.js';
import { type Finished, here } from './place.js';
import { alive, end, family } from './processes.js';
import { freePort } from './sshd.js';
import { until } from './until.js';

export class OwnSshd {
  readonly #place = scratch('own-sshd');
  readonly dir = this.#place.dir;
  readonly main = path.join(this.dir, 'sshd_config');
  readonly dropIns = path.join(this.dir, 'sshd_config.d');
  readonly port: number;
  readonly #passwd = path.join(this.dir, 'passwd');

  private constructor(port: number) {
    this.port = port;
  }

  /**
   * Writes the files: `main`, and drop-ins by name. The lines that a test of ours needs come from an Include at the end of
   * the global part, `@BASE@`; `@DROPINS@` is the folder.
   */
  static async made(main: string, dropIns: Readonly<Record<string, string>> = {}): Promise<OwnSshd> {
    const one = new OwnSshd(await freePort());
    const keygen = ['-q', '-t', 'ed25519', '-N', '', '-f'];
    await here.must(program('ssh-keygen'), [...keygen, one.file('host_key')]);
    await here.must(program('ssh-keygen'), [...keygen, one.file('id')]);
    writeFileSync(one.file('authorized_keys'), readFileSync(one.file('id.pub')));
    const [type = '', key = ''] = readFileSync(one.file('host_key.pub'), 'utf8').split(' ');
    writeFileSync(one.file('known_hosts'), `[127.0.0.1]:${one.port} ${type} ${key}\n`);
    writeFileSync(
      one.file('base'),
      [
        `Port ${one.port}`,
        'ListenAddress 127.0.0.1',
        `HostKey ${one.file('host_key')}`,
        `PidFile ${one.file('pid')}`,
        `AuthorizedKeysFile ${one.file('authorized_keys')}`,
        'StrictModes no',
        'UsePAM no',
        'PermitRootLogin yes',
        'LogLevel VERBOSE',
        '',
      ].join('\n'),
    );
    writeFileSync(
      one.file('ssh_config'),
      `Host own
  HostName 127.0.0.1
  Port ${one.port}
  User root
  IdentityFile ${one.file('id')}
  IdentitiesOnly yes
  UserKnownHostsFile ${one.file('known_hosts')}
`,
    );
    mkdirSync(one.dropIns);
    for (const [name, text] of Object.entries(dropIns)) writeFileSync(path.join(one.dropIns, name), text);
    writeFileSync(
      one.main,
      main.replaceAll('@BASE@', `Include ${one.file('base')}`).replaceAll('@DROPINS@', one.dropIns),
    );
    const users = readFileSync('/etc/passwd', 'utf8')
      .split('\n')
      .filter((row) => row !== '' && !row.startsWith('sshd:'));
    writeFileSync(
      one.#passwd,
      `${[...users, 'sshd:x:64000:65534::/run/sshd:/usr/sbin/nologin'].join('\n')}\n`,
    );
    return one;
  }

  file(name: string): string {
    return path.join(this.dir, name);
  }

  text(name = 'sshd_config'): string {
    return readFileSync(this.file(name), 'latin1');
  }

  log(): string {
    return readFileSync(this.file('log'), 'utf8');
  }

  /** A command line that runs in the same view: with the user sshd, and with this sshd in $PATH. */
  inside(...command: readonly string[]): { readonly command: string; readonly args: readonly string[] } {
    const script =
      'mkdir -p /run/sshd && mount --bind "$0" /etc/passwd && mount --bind "$1" /etc/shadow && shift && exec "$@"';
    const shadow = this.file('shadow');
    writeFileSync(shadow, 'root:*:19000:0:99999:7:::\n', { mode: 0o600 });
    return {
      command: program('unshare'),
      args: ['--mount', 'sh', '-c', script, this.#passwd, shadow, ...command],
    };
  }

  /** The environment for it: state of its own, the sshd that runs, and its libraries where it was unpacked. */
  env(more: NodeJS.ProcessEnv = {}): NodeJS.ProcessEnv {
    const root = unpackedRoot('sshd');
    const libraries = [
      'usr/lib/x86_64-linux-gnu',
      'lib/x86_64-linux-gnu',
      'usr/lib/aarch64-linux-gnu',
      'usr/lib',
    ];
    return plainEnv({
      XDG_STATE_HOME: this.file('state'),
      PATH: `${path.dirname(program('sshd'))}:${process.env.PATH}`,
      ...(root === undefined
        ? {}
        : { LD_LIBRARY_PATH: libraries.map((each) => path.join(root, each)).join(':') }),
      ...more,
    });
  }

  /** `holdfast sshd ...` to its end, without a terminal. */
  holdfast(...args: readonly string[]): Promise<Finished> {
    const inside = this.inside(process.execPath, bin, 'sshd', ...args);
    return here.exec(inside.command, inside.args, { env: this.env(), detached: true, timeoutMs: 90_000 });
  }

  /** The values that the installed sshd prints for a keyword. */
  async says(keyword: string, ...spec: readonly string[]): Promise<readonly string[]> {
    const asked = spec.length === 0 ? [] : ['-C', spec.join(',')];
    const inside = this.inside(program('sshd'), '-T', '-f', this.main, ...asked);
    const said = await here.must(inside.command, inside.args, { env: this.env() });
    return said
      .split('\n')
      .filter((line) => line.startsWith(`${keyword} `))
      .map((line) => line.slice(keyword.length + 1));
  }

  /** Starts it as a daemon that has its terminal nowhere. */
  async start(): Promise<void> {
    const sshd = path.join(unpackedRoot('sshd') ?? '/', 'usr/sbin/sshd');
    const inside = this.inside(sshd, '-D', '-f', this.main, '-E', this.file('log'));
    const child = here.spawn(inside.command, inside.args, {
      env: this.env(),
      stdio: 'ignore',
      cwd: '/',
      detached: true,
    });
    if (child.pid !== undefined) guard(`pid ${child.pid}`);
    // It writes its PidFile a moment after it says so.
    await until('sshd listens', () => this.log().includes('Server listening on') && this.pid > 0);
    if (child.pid !== undefined) release(`pid ${child.pid}`);
    guard(`pid ${this.pid}`);
  }

  /** Of the process that listens now. */
  get pid(): number {
    return Number.parseInt(this.text('pid'), 10);
  }

  get runs(): boolean {
    return alive(this.pid);
  }

  async stop(): Promise<void> {
    try {
      await end(family([this.pid]));
    } catch {
      // It was never started, or is gone.
    }
    this.#place.remove();
  }
}
