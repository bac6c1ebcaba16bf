/**
 * The programs that live tests need, found on this machine or fetched into the project's cache.
 * Knows nothing of vitest, so the benchmarks use it too; tests import `machine.ts`.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import {
  accessSync,
  chmodSync,
  constants,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { userInfo } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { fetchReleases, findRelease, type JudgedRelease, type ReleaseJudge } from './releases.js';

/** Where each program comes from on Debian. */
const packages = {
  sshd: 'openssh-server',
  ssh: 'openssh-client',
  'ssh-keygen': 'openssh-client',
  'ssh-agent': 'openssh-client',
  'ssh-add': 'openssh-client',
  'ssh-keyscan': 'openssh-client',
  ip: 'iproute2',
  ss: 'iproute2',
  tc: 'iproute2',
  nft: 'nftables',
  conntrack: 'conntrack',
  socat: 'socat',
  'nc.openbsd': 'netcat-openbsd',
  perl: 'perl-base',
  curl: 'curl',
  unshare: 'util-linux',
  nsenter: 'util-linux',
  setpriv: 'util-linux',
  zsh: 'zsh',
  fish: 'fish',
  ping: 'iputils-ping',
  tracepath: 'iputils-tracepath',
} as const;

/**
 * A program by its name; `netns` is the right to make network namespaces with a NAT in them; `ssh2-native` is ssh2's
 * optional native part (`npm rebuild ssh2` builds it where a compiler is at hand); `koffi` our optional package.
 */
export type Program = keyof typeof packages;
export type Part = Program | 'netns' | 'ssh2-native' | 'koffi' | `openssh-${JudgedRelease}`;

export const programs = Object.keys(packages) as Program[];

const project = fileURLToPath(new URL('../../', import.meta.url));
const folders = (process.env.PATH ?? '')
  .split(path.delimiter)
  .concat('/usr/local/sbin', '/usr/sbin', '/sbin', '/usr/local/bin', '/usr/bin', '/bin')
  .filter((folder) => path.isAbsolute(folder));

/** Unpacked programs fit one system only; a folder shared with another machine must not mix them. */
function cacheFolder(): string {
  const release = osRelease();
  const name = [release.get('ID') ?? process.platform, release.get('VERSION_ID') ?? 'any', process.arch];
  return path.join(project, '.cache', 'parts', name.join('-'));
}

function osRelease(): Map<string, string> {
  try {
    const pairs = readFileSync('/etc/os-release', 'utf8').matchAll(/^([A-Z_]+)="?(.*?)"?$/gm);
    return new Map(Array.from(pairs, ([, key = '', value = '']) => [key, value]));
  } catch {
    return new Map();
  }
}

function executable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function unpackedFolders(): string[] {
  try {
    return readdirSync(cacheFolder())
      .filter((name) => !name.startsWith('.'))
      .map((name) => path.join(cacheFolder(), name, 'bin'));
  } catch {
    return [];
  }
}

const found = new Map<Program, string>();

/** The full path of a program: the machine's own first, then the cache. */
export function find(program: Program): string | undefined {
  const known = found.get(program);
  if (known !== undefined) return known;
  const file = [...folders, ...unpackedFolders()]
    .map((folder) => path.join(folder, program))
    .find(executable);
  if (file !== undefined) found.set(program, file);
  return file;
}

/** As {@link find}, for code that runs only when the part is there. */
export function program(name: Program): string {
  const file = find(name);
  if (file === undefined)
    throw new Error(`${name} is not on this machine (Debian package ${packages[name]})`);
  return file;
}

/** What the lab loads into its router; loading it is the proof that the kernel can do it. */
const routerProbe = `table ip probe {
  chain late { ct state invalid drop; }
  chain raw { type filter hook prerouting priority -300; policy accept; }
  chain nat { type nat hook postrouting priority 100; oifname "rs" masquerade; }
}`;

let netns: string | undefined | null = null;

/** Why this process cannot make network namespaces, or undefined when it can. */
function netnsLack(): string | undefined {
  if (netns !== null) return netns;
  netns = probeNetns();
  return netns;
}

function probeNetns(): string | undefined {
  if (process.platform !== 'linux') return 'netns (Linux only)';
  if (process.getuid?.() !== 0) return 'netns (needs root)';
  for (const name of ['unshare', 'nsenter', 'ip', 'ss', 'nft', 'conntrack'] as const) {
    if (find(name) === undefined) return `netns (needs ${name})`;
  }
  const veth = ['link', 'add', 'rs', 'type', 'veth', 'peer', 'name', 'eth0'];
  const made = spawnSync(program('unshare'), ['--net', '--mount', program('ip'), ...veth], {
    encoding: 'utf8',
  });
  if (made.status !== 0) return `netns (${firstLine(made.stderr)})`;
  const nat = spawnSync(program('unshare'), ['--net', program('nft'), '-f', '-'], {
    input: routerProbe,
    encoding: 'utf8',
  });
  return nat.status === 0 ? undefined : `netns (nft: ${firstLine(nat.stderr)})`;
}

const firstLine = (text: string) => text.trim().split('\n')[0] ?? '';

function nativePart(): boolean {
  try {
    createRequire(import.meta.url)('ssh2/lib/protocol/crypto/build/Release/sshcrypto.node');
    return true;
  } catch {
    return false;
  }
}

function koffiLoads(): boolean {
  try {
    createRequire(import.meta.url)('koffi');
    return true;
  } catch {
    return false;
  }
}

const judgedReleases = ['8.4', '9.2', '10.0'] as const;

/** Debian's ssh of a release. */
export function judgeOf(release: JudgedRelease): ReleaseJudge | undefined {
  return findRelease(release, cacheFolder(), find('ssh'));
}

/** Undefined when the part is usable; otherwise its name, with the reason where there is one. */
export function lack(part: Part): string | undefined {
  if (part === 'netns') return netnsLack();
  const release = judgedReleases.find((each) => part === `openssh-${each}`);
  if (release !== undefined) return judgeOf(release) === undefined ? part : undefined;
  if (part === 'koffi') return koffiLoads() ? undefined : 'the optional package koffi';
  if (part === 'ssh2-native') return nativePart() ? undefined : "ssh2's native part";
  if (!isProgram(part)) return part;
  if (find(part) === undefined) return part;
  return part === 'sshd' ? sshdLack() : undefined;
}

function isProgram(part: Part): part is Program {
  return Object.hasOwn(packages, part);
}

/** Is the part usable here? */
export function have(part: Part): boolean {
  return lack(part) === undefined;
}

let privateMounts: boolean | undefined;

/** May this process give sshd a private view of /etc/passwd? (root with CAP_SYS_ADMIN) */
export function canMountPrivately(): boolean {
  privateMounts ??=
    process.platform === 'linux' &&
    process.getuid?.() === 0 &&
    find('unshare') !== undefined &&
    spawnSync(program('unshare'), ['--mount', 'true'], { stdio: 'ignore' }).status === 0;
  return privateMounts;
}

const sshdUserExists = () => /^sshd:/m.test(readFileSync('/etc/passwd', 'utf8'));

/** A login needs an account; sshd run by root needs the user sshd too. */
function sshdLack(): string | undefined {
  try {
    userInfo();
  } catch {
    return 'sshd (this user id has no account)';
  }
  if (process.getuid?.() !== 0 || process.platform !== 'linux') return undefined;
  if (canMountPrivately() || sshdUserExists()) return undefined;
  return 'sshd (needs the user sshd)';
}

/**
 * Fetches what is missing, where that is possible: on Debian and its relatives, with apt. Nothing is
 * installed and nothing is started: packages are downloaded and unpacked into the cache, each program
 * behind a line of shell that shows it its own libraries. Safe to call from several processes.
 */
export function fetchParts(say: (line: string) => void): void {
  const missing = programs.filter((name) => find(name) === undefined || !starts(name));
  if (missing.length > 0 && executable('/usr/bin/apt-get') && executable('/usr/bin/dpkg-deb')) {
    const names = [...new Set(missing.map((name) => packages[name]))].sort();
    say(`fetching ${names.join(', ')} into ${path.relative(process.cwd(), cacheFolder())}`);
    try {
      unpack(names);
    } catch (error) {
      say(`could not fetch them: ${error instanceof Error ? error.message : String(error)}`);
    }
    found.clear();
  }
  fetchReleases(cacheFolder(), find('ssh'), say);
  if (!nativePart()) buildNativePart(say);
  // Only where a container's root may not mount: there the user must really exist.
  const mayAdd = process.getuid?.() === 0 && executable('/usr/sbin/useradd');
  if (mayAdd && find('sshd') !== undefined && sshdLack() !== undefined) {
    say('adding the system user sshd, which sshd needs and this machine lacks');
    const args = ['--system', '--no-create-home', '--home-dir', '/run/sshd', '--shell', '/usr/sbin/nologin'];
    spawnSync('/usr/sbin/useradd', [...args, 'sshd'], { stdio: 'ignore' });
  }
}

/**
 * npm builds ssh2's native part when it installs, but only where it finds Node's headers, which it would fetch. Those
 * that came with this Node serve as well. Not for another Node out of our cache: one folder holds one build.
 */
function buildNativePart(say: (line: string) => void): void {
  const prefix = path.dirname(path.dirname(process.execPath));
  if (
    process.execPath.startsWith(path.join(project, '.cache')) ||
    !existsSync(path.join(prefix, 'include/node/node.h'))
  )
    return;
  say("building ssh2's native part");
  const env = { ...process.env, npm_config_nodedir: prefix };
  spawnSync('npm', ['rebuild', 'ssh2'], { env, stdio: 'ignore', timeout: 120_000 });
}

/** A program whose libraries are missing ends with 127 before it reads its arguments. */
function starts(name: Program): boolean {
  const tried = spawnSync(program(name), ['-V'], { stdio: 'ignore', timeout: 5_000 });
  return tried.status !== 127 && tried.status !== 126;
}

function unpack(names: readonly string[]): void {
  const cache = cacheFolder();
  mkdirSync(cache, { recursive: true });
  const work = mkdtempSync(path.join(cache, '.work-'));
  try {
    const archives = path.join(work, 'archives');
    mkdirSync(path.join(archives, 'partial'), { recursive: true });
    download(names, archives, cache);
    const root = path.join(work, 'root');
    for (const file of readdirSync(archives).filter((name) => name.endsWith('.deb'))) {
      execFileSync('dpkg-deb', ['-x', path.join(archives, file), root], { stdio: 'pipe' });
    }
    rmSync(archives, { recursive: true });
    writeWrappers(root, path.join(work, 'bin'));
    chmodSync(work, 0o755);
    const target = path.join(cache, names.join('+'));
    // An earlier folder of this name holds programs that did not start, or another run was quicker.
    rmSync(target, { recursive: true, force: true });
    renameSync(work, target);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

/** `apt-get install --download-only` names exactly the missing packages with their missing libraries. */
function download(names: readonly string[], archives: string, cache: string): void {
  const shared = [
    '-o',
    `Dir::Cache::archives=${archives}`,
    '-o',
    'Debug::NoLocking=1',
    '-o',
    'APT::Sandbox::User=root',
  ];
  const install = ['-y', '-q', '--no-install-recommends', '--download-only', 'install', ...names];
  const run = (args: readonly string[]) => {
    const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive', LC_ALL: 'C' };
    const result = spawnSync('apt-get', [...args], { encoding: 'utf8', env, timeout: 180_000 });
    if (result.status !== 0)
      throw new Error(firstLine(result.stderr) || `apt-get ended with ${result.status}`);
  };
  try {
    run([...shared, ...install]);
  } catch {
    // No package lists, or lists so old that the files they name are gone: fresh lists of our own.
    const state = path.join(cache, '.lists');
    mkdirSync(path.join(state, 'partial'), { recursive: true });
    const own = [
      ...shared,
      '-o',
      `Dir::State::Lists=${state}`,
      '-o',
      'Dir::Cache::pkgcache=',
      '-o',
      'Dir::Cache::srcpkgcache=',
    ];
    try {
      run([...own, '-q', 'update']);
      run([...own, ...install]);
    } finally {
      rmSync(state, { recursive: true, force: true });
    }
  }
}

function writeWrappers(root: string, bin: string): void {
  mkdirSync(bin);
  const triplets = existsSync(path.join(root, 'usr/lib')) ? readdirSync(path.join(root, 'usr/lib')) : [];
  const libraries = triplets
    .filter((name) => name.includes('-linux-'))
    .flatMap((name) => [`usr/lib/${name}`, `lib/${name}`])
    .concat('usr/lib', 'lib')
    .map((folder) => `$here/${folder}`)
    .join(':');
  for (const name of programs) {
    const file = ['usr/sbin', 'usr/bin', 'sbin', 'bin']
      .map((folder) => `${folder}/${name}`)
      .find((relative) => existsSync(path.join(root, relative)));
    if (file === undefined) continue;
    const lines = [
      '#!/bin/sh',
      'here=$(dirname "$(readlink -f "$0")")/../root',
      `LD_LIBRARY_PATH="${libraries}\${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}" exec "$here/${file}" "$@"`,
    ];
    writeFileSync(path.join(bin, name), `${lines.join('\n')}\n`, { mode: 0o755 });
  }
}

/** The folder above an unpacked program, where its helpers lie; undefined for the machine's own. */
export function unpackedRoot(name: Program): string | undefined {
  const file = program(name);
  return file.startsWith(cacheFolder()) ? path.join(path.dirname(file), '..', 'root') : undefined;
}
