/**
 * Debian's ssh of other releases than the machine's, to judge our answers about them. Unpacked into the project's cache
 * with the libraries they need, never installed. Knows nothing of vitest.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';

/** A release that a test may ask for. */
export type JudgedRelease = '8.4' | '9.2' | '10.0';

const kerberos = ['libgssapi-krb5-2', 'libkrb5-3', 'libk5crypto3', 'libkrb5support0', 'libkeyutils1'];
const shared = [...kerberos, 'libselinux1', 'libpcre2-8-0', 'zlib1g'];

/** Where each comes from. `ownLoader`: it is newer than the machine's C library may be. */
const sources = {
  '8.4': {
    suite: 'bullseye',
    packages: ['openssh-client', 'libssl1.1', 'libcom-err2', ...shared],
    ownLoader: false,
  },
  '9.2': {
    suite: 'bookworm',
    packages: ['openssh-client', 'libssl3', 'libcom-err2', ...shared],
    ownLoader: false,
  },
  '10.0': {
    suite: 'trixie',
    packages: ['openssh-client', 'libssl3t64', 'libzstd1', 'libc6', 'libcom-err2', ...shared],
    ownLoader: true,
  },
} as const;

const keyring = '/usr/share/keyrings/debian-archive-keyring.gpg';

/** Which ssh judges, as the words that start it, and what it calls itself. */
export interface ReleaseJudge {
  readonly program: readonly string[];
  readonly banner: string;
}

/** The machine's own where it is of that release, else the one in the cache; undefined: there is none. */
export function findRelease(
  release: JudgedRelease,
  cache: string,
  own: string | undefined,
): ReleaseJudge | undefined {
  for (const program of [own === undefined ? null : [own], unpackedProgram(release, cache)]) {
    const banner = program === null ? null : bannerOf(program);
    if (program !== null && banner?.startsWith(`OpenSSH_${release}`)) return { program, banner };
  }
  return undefined;
}

function bannerOf([program = '', ...words]: readonly string[]): string | null {
  const asked = spawnSync(program, [...words, '-V'], { encoding: 'utf8', timeout: 10_000 });
  return asked.status === 0 ? (asked.stderr.split(',')[0] ?? null) : null;
}

function folderOf(release: JudgedRelease, cache: string): string {
  return path.join(cache, `.openssh-${release}`);
}

function unpackedProgram(release: JudgedRelease, cache: string): readonly string[] | null {
  const root = folderOf(release, cache);
  const ssh = path.join(root, 'usr/bin/ssh');
  if (!existsSync(ssh)) return null;
  const places = ['usr/lib64', 'lib64', 'usr/lib', 'lib'];
  const loader = [
    ...(sources[release].ownLoader ? places.map((place) => path.join(root, place)) : []),
    '/lib64',
    '/lib',
  ]
    .filter((folder) => existsSync(folder))
    .flatMap((folder) => readdirSync(folder).map((name) => path.join(folder, name)))
    .find((file) => /\/ld-linux[^/]*\.so\.\d$/.test(file));
  if (loader === undefined) return null;
  const libraries = ['usr/lib', 'lib']
    .map((place) => path.join(root, place))
    .filter((folder) => existsSync(folder))
    .flatMap((folder) =>
      readdirSync(folder)
        .filter((name) => name.includes('-linux-'))
        .map((name) => path.join(folder, name)),
    );
  return [loader, '--library-path', libraries.join(':'), ssh];
}

/** Fetches those that are not there yet. Safe to call from several processes. */
export function fetchReleases(cache: string, own: string | undefined, say: (line: string) => void): void {
  if (process.platform !== 'linux' || !existsSync(keyring) || !existsSync('/usr/bin/apt-get')) return;
  for (const release of Object.keys(sources) as JudgedRelease[]) {
    if (findRelease(release, cache, own) !== undefined) continue;
    say(`fetching Debian's ssh of OpenSSH ${release}`);
    try {
      fetch(release, cache);
    } catch (error) {
      say(`could not fetch it: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
}

function fetch(release: JudgedRelease, cache: string): void {
  const { suite, packages } = sources[release];
  mkdirSync(cache, { recursive: true });
  const work = mkdtempSync(path.join(cache, '.work-'));
  try {
    for (const folder of ['lists/partial', 'apt/archives/partial', 'debs', 'root']) {
      mkdirSync(path.join(work, folder), { recursive: true });
    }
    const from = `deb [signed-by=${keyring}] http://deb.debian.org`;
    writeFileSync(
      path.join(work, 'sources.list'),
      `${from}/debian ${suite} main\n${from}/debian-security ${suite}-security main\n`,
    );
    writeFileSync(path.join(work, 'status'), '');
    const settings = {
      'Dir::Etc::sourcelist': path.join(work, 'sources.list'),
      'Dir::Etc::sourceparts': '-',
      // What is installed here must not count.
      'Dir::State::status': path.join(work, 'status'),
      'Dir::State::lists': path.join(work, 'lists'),
      'Dir::Cache': path.join(work, 'apt'),
      'APT::Sandbox::User': 'root',
      'Acquire::Languages': 'none',
      'Acquire::Retries': '3',
      'Acquire::http::Timeout': '15',
      'Debug::NoLocking': '1',
    };
    const options = Object.entries(settings).flatMap(([name, value]) => ['-o', `${name}=${value}`]);
    const run = (...words: string[]) => {
      const asked = spawnSync('apt-get', ['-q', ...options, ...words], {
        cwd: path.join(work, 'debs'),
        encoding: 'utf8',
        env: { ...process.env, LC_ALL: 'C' },
        timeout: 180_000,
      });
      if (asked.status !== 0)
        throw new Error(asked.stderr.trim().split('\n')[0] || `apt-get ended with ${asked.status}`);
    };
    run('update');
    run('download', ...packages);
    const root = path.join(work, 'root');
    for (const file of readdirSync(path.join(work, 'debs'))) {
      execFileSync('dpkg-deb', ['-x', path.join(work, 'debs', file), root], { stdio: 'pipe' });
    }
    const target = folderOf(release, cache);
    rmSync(target, { recursive: true, force: true });
    renameSync(root, target);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}
