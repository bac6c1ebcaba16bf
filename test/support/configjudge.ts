/** Holds our answer about a generated configuration against the installed `ssh -G`. */
import { chmodSync, existsSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { hostname, userInfo } from 'node:os';
import path from 'node:path';
import { bytesOf } from '../../src/core/sshconfig/bytes.js';
import { printAnswer } from '../../src/core/sshconfig/explain/print.js';
import { resolveClient } from '../../src/core/sshconfig/resolve/resolve.js';
import {
  type CommandAnswer,
  type FileAnswer,
  type NameAnswer,
  nameKey,
  type ResolveInput,
} from '../../src/core/sshconfig/resolve/resolveinput.js';
import { homeOf } from '../../src/io/base/accounts.js';
import { exitStatusOf } from '../../src/io/base/program.js';
import { pathExists, readConfigFile, servicePort } from '../../src/io/configfiles.js';
import { globPaths } from '../../src/io/glob.js';
import { sha1, userEnvironment } from '../../src/io/machine.js';
import { FactCache, type Resolved, resolveHost } from '../../src/read/clientconfig.js';
import { resolveNeeds } from '../../src/read/outside.js';
import { type ConfigCase, environment, namesTable } from './configgen.js';
import { program } from './parts.js';
import { starter } from './starter.js';

export interface Judgement {
  /** Null: both say the same. */
  readonly difference: string | null;
  readonly ours: Resolved;
  /** ssh names no line for what it refuses. */
  readonly withoutLine: boolean;
}

/** Who judges: that ssh. */
export interface Judge {
  readonly release: string;
  /** What it says of itself, up to the comma. */
  readonly banner: string | null;
  readonly program: readonly string[];
}

interface Said {
  readonly refused: boolean;
  readonly lines: readonly string[];
  readonly stderr: string;
}

/** Writes the files into the folder, asks both, and removes them. */
export async function judge(
  each: ConfigCase,
  dir: string,
  hostsFile: string,
  judging: Judge = { release: '9.2', banner: null, program: ['ssh'] },
): Promise<Judgement> {
  lay(each, dir);
  const main = path.join(dir, 'main');
  const options = each.options.map((option) => option.replaceAll('@D@', dir));
  const env = { ...environment, HOME: path.join(dir, 'home') };
  const wantsNetwork = /localnetwork/i.test([...Object.values(each.files), ...options].join('\n'));
  let asked = wantsNetwork;
  const lookUp = async (name: string): Promise<NameAnswer> => {
    asked = true;
    const row = namesTable.find(([, ...names]) => names.includes(name));
    return row ? { type: 'found', cname: row[1] } : { type: 'missing' };
  };
  try {
    const { release, banner } = judging;
    const question = { host: each.host, options, exec: true, lookUp, release, banner };
    const given = options.flatMap((option) => ['-o', option]);
    if (each.usual) {
      const ours = await resolveInside(dir, question, env);
      const theirs = await ssh(
        [...given, '-G', '--', each.host],
        { ...env, HOME: userInfo().homedir },
        hostsFile,
        dir,
        judging.program,
        wantsNetwork,
      );
      return { ...compare(ours, theirs), ours };
    }
    const supplies = new FactCache();
    // Where ssh runs there is only the loopback.
    if (wantsNetwork) supplies.addresses = loopback;
    const ours = await resolveHost(
      { ...question, configFile: main },
      { ...userEnvironment(), env },
      supplies,
    );
    const args = ['-F', main, ...given, '-G', '--', each.host];
    const theirs = await ssh(args, env, asked ? hostsFile : null, null, judging.program, wantsNetwork);
    return { ...compare(ours, theirs), ours };
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

const loopback = ['127.0.0.1', ...(existsSync('/proc/net/if_inet6') ? ['::1'] : [])];

/** The hosts(5) file of `namesTable`. */
export function hostsText(): string {
  return namesTable.map((row) => `${row.join(' ')}\n`).join('');
}

function lay(each: ConfigCase, dir: string): void {
  for (const [name, text] of Object.entries(each.files)) {
    const file = path.join(dir, name);
    mkdirSync(path.dirname(file), { recursive: true, mode: 0o700 });
    writeFileSync(file, text.replaceAll('@D@', dir), { encoding: 'latin1', mode: 0o600 });
  }
  for (const [name, mode] of Object.entries(each.modes)) {
    const file = path.join(dir, name);
    const text = (each.files[name] ?? '').replaceAll('@D@', dir);
    rmSync(file, { force: true });
    writeFileSync(file, text, { encoding: 'latin1' });
    chmodSync(file, mode);
  }
  for (const [name, target] of Object.entries(each.links)) symlinkSync(target, path.join(dir, name));
}

/**
 * In a network of its own, where only `hostsFile` knows names, when the answer hangs on names. `root`: with its `home` and
 * `etc` in the places of the user's home and of /etc/ssh.
 */
async function ssh(
  args: readonly string[],
  env: Record<string, string>,
  hostsFile: string | null,
  root: string | null,
  judging: readonly string[],
  wantsNetwork: boolean,
): Promise<Said> {
  const mounts = [
    'mount --bind "$0" /etc/hosts',
    ...(wantsNetwork ? [`'${program('ip')}' link set lo up`] : []),
  ];
  if (root !== null) {
    mounts.push(`mount --bind '${root}/home' '${userInfo().homedir}'`, `mount --bind '${root}/etc' /etc/ssh`);
  }
  const inside = [...mounts, 'exec "$@"'].join(' && ');
  const line = [...judging, ...args];
  const words = hostsFile === null ? line : ['unshare', '-n', '-m', 'sh', '-c', inside, hostsFile, ...line];
  const { code, stdout, stderr } = await starter().run(words, env);
  return { refused: code !== 0, lines: stdout.split('\n').slice(0, -1), stderr };
}

/** As `resolveHost` does it, with the home and /etc/ssh inside a folder. */
async function resolveInside(
  root: string,
  asked: {
    host: string;
    options: readonly string[];
    lookUp: (name: string) => Promise<NameAnswer>;
    release: string;
    banner: string | null;
  },
  env: Record<string, string>,
): Promise<Resolved> {
  const { homedir: home, username: user, uid } = userInfo();
  const inside = (from: string) =>
    from.startsWith(`${home}/`)
      ? `${root}/home${from.slice(home.length)}`
      : from.replace(/^\/etc\/ssh(?=\/)/, `${root}/etc`);
  const outside = (from: string) =>
    from.startsWith(`${root}/home/`)
      ? `${home}${from.slice(root.length + 5)}`
      : from.startsWith(`${root}/etc/`)
        ? `/etc/ssh${from.slice(root.length + 4)}`
        : from;
  const answers = {
    files: new Map<string, FileAnswer>(),
    globs: new Map<string, readonly string[]>(),
    commands: new Map<string, CommandAnswer>(),
    names: new Map<string, NameAnswer>(),
    services: new Map<string, number | null>(),
    homes: new Map<string, string | null>(),
    exists: new Map<string, boolean>(),
    addresses: undefined as readonly string[] | undefined,
  };
  const input: ResolveInput = {
    host: bytesOf(asked.host),
    user: null,
    port: null,
    options: asked.options.map(bytesOf),
    files: { type: 'usual', user: `${home}/.ssh/config`, system: '/etc/ssh/ssh_config' },
    facts: {
      user,
      uid,
      home,
      machine: hostname(),
      sha1,
      env: { ...env, HOME: home },
      release: asked.release,
      banner: asked.banner,
    },
  };
  return resolveNeeds(
    () => resolveClient(input, answers),
    async (need) => {
      if (need.type === 'file') answers.files.set(need.path, await readConfigFile(inside(need.path)));
      if (need.type === 'glob') {
        // What stands in the folder itself is meant where a pattern names it so.
        const named = need.pattern.startsWith(root);
        const found = await globPaths(named ? need.pattern : inside(need.pattern));
        answers.globs.set(need.pattern, named ? found : found.map(outside));
      }
      if (need.type === 'command')
        answers.commands.set(need.command, (await exitStatusOf(need.command, env)) ?? 'signal');
      if (need.type === 'name')
        answers.names.set(nameKey(need.name, need.family), await asked.lookUp(need.name));
      if (need.type === 'service') answers.services.set(need.name, servicePort(need.name));
      if (need.type === 'home') answers.homes.set(need.user, homeOf(need.user));
      if (need.type === 'addresses') answers.addresses = loopback;
      if (need.type === 'exists') answers.exists.set(need.path, await pathExists(inside(need.path)));
    },
    'the test',
  );
}

function compare(ours: Resolved, theirs: Said): Pick<Judgement, 'difference' | 'withoutLine'> {
  const differ = (difference: string) => ({ difference, withoutLine: false });
  if (theirs.refused !== (ours.type === 'refused')) {
    const said = ours.type === 'refused' ? JSON.stringify(ours.errors) : 'nothing';
    return differ(`ssh ${theirs.refused ? 'refuses' : 'accepts'}: ${theirs.stderr.trim()}\nwe say: ${said}`);
  }
  if (ours.type === 'resolved') {
    const a = printAnswer(ours.answer).join('\n').split('\n').sort();
    const b = [...theirs.lines].sort();
    const missing = b.filter((line) => !a.includes(line));
    const extra = a.filter((line) => !b.includes(line));
    if (missing.length + extra.length === 0 && a.length === b.length)
      return { difference: null, withoutLine: false };
    return differ(
      `ssh says: ${JSON.stringify(missing)}\nwe say: ${JSON.stringify(extra)} (${a.length}, ${b.length} lines)`,
    );
  }
  const named = new Set<string>();
  let withoutLine = false;
  for (const line of theirs.stderr.split(/\r?\n/)) {
    if (/^debug\d: /.test(line)) continue;
    const found = /^(.*?):? line (\d+): (.*)$/.exec(line);
    if (found === null) {
      if (
        !/^(Pseudo-terminal|.*: terminating, \d+ bad|Unsupported KEX|Missing Match|Unsupported Match|percent_|vdollar|parse_|$)/.test(
          line,
        )
      )
        withoutLine = true;
      if (/^(percent_expand|vdollar_percent_expand): failed|unknown key/.test(line)) withoutLine = true;
    } else if (!/^Unsupported option|^Unable to expand/.test(found[3] ?? '')) {
      named.add(`${found[1]}:${found[2]}`);
    }
  }
  // 8.4 counts an Include that leads nowhere, and says nothing of it.
  const counted = Number(/terminating, (\d+) bad/.exec(theirs.stderr)?.[1] ?? 0);
  if (counted > named.size) withoutLine = true;
  // With LogLevel quiet ssh says nothing.
  if (named.size === 0) withoutLine = true;
  const found = new Set(ours.errors.map(({ file, line }) => `${file}:${line}`));
  const missing = [...named].filter((place) => !found.has(place));
  const extra = [...found].filter((place) => !named.has(place));
  if (missing.length > 0 || (extra.length > 0 && !withoutLine)) {
    return differ(
      `ssh refuses ${JSON.stringify(missing)}, we ${JSON.stringify(extra)}\n${theirs.stderr}\n${JSON.stringify(ours.errors)}`,
    );
  }
  return { difference: null, withoutLine };
}
