/** Holds our answer about a generated sshd_config against the real `sshd -T`. */
import { copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { sshdLint } from '../../src/edit.js';
import { resolveServerConfig, type ServerResolved } from '../../src/read/serverconfig.js';
import { program } from './parts.js';
import { people, type ServerCase } from './sshdgen.js';
import { starter } from './starter.js';

export interface ServerJudgement {
  /** Null: both say the same. */
  readonly difference: string | null;
  /** Null: the linter finds that sshd refuses the files where it does, and only there. */
  readonly lintDifference: string | null;
  readonly ours: ServerResolved;
}

/** What all cases share: a host key, and the accounts that sshd sees. */
export interface ServerJudge {
  readonly dir: string;
  readonly key: string;
  readonly passwd: string;
  readonly group: string;
}

export function serverJudge(dir: string, key: string): ServerJudge {
  const passwd = path.join(dir, 'passwd');
  const group = path.join(dir, 'group');
  const known = [...people.passwd.map((row) => row.split(':')[0]), 'sshd'];
  const kept = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .filter((row) => row !== '' && !known.includes(row.split(':')[0]));
  const privileges = 'sshd:x:64000:65534::/run/sshd:/usr/sbin/nologin';
  writeFileSync(passwd, `${[...kept, privileges, ...people.passwd].join('\n')}\n`);
  writeFileSync(group, `${readFileSync('/etc/group', 'utf8').trimEnd()}\n${people.group.join('\n')}\n`);
  return { dir, key, passwd, group };
}

/** Writes the files into a folder of their own, asks both, and removes them. */
export async function judgeServer(
  each: ServerCase,
  name: string,
  judge: ServerJudge,
): Promise<ServerJudgement> {
  const dir = path.join(judge.dir, name);
  mkdirSync(path.join(dir, 'd'), { recursive: true, mode: 0o700 });
  copyFileSync(judge.key, path.join(dir, 'key'));
  for (const [file, text] of Object.entries(each.files)) {
    writeFileSync(path.join(dir, file), text.replaceAll('@D@', dir), 'latin1');
  }
  const main = path.join(dir, 'main');
  const { user, host, addr, laddr, lport } = each;
  const known = Object.fromEntries(
    Object.entries({ user, host, addr, laddr, lport }).filter(([, value]) => value !== undefined),
  );
  try {
    const spec = Object.entries(known).map(([field, value]) => `${field}=${value}`);
    const accounts = { passwd: judge.passwd, group: judge.group };
    const ours = await resolveServerConfig({ configFile: main, ...known, accounts });
    const args = ['-T', '-f', main, ...(spec.length > 0 ? ['-C', spec.join(',')] : [])];
    const theirs = await sshdSays(args, judge);
    const lintDifference = await compareLint(main, ours, theirs);
    return { difference: compare(ours, theirs, main), lintDifference, ours };
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

interface Said {
  readonly refused: boolean;
  readonly lines: readonly string[];
  readonly stderr: string;
}

/** Runs sshd with the accounts of the judge, in a view of its own. */
export async function sshdSays(args: readonly string[], judge: ServerJudge): Promise<Said> {
  const inside =
    'mkdir -p /run/sshd && mount --bind "$0" /etc/passwd && mount --bind "$1" /etc/group && shift && exec "$@"';
  const view = [program('unshare'), '--mount', 'sh', '-c', inside, judge.passwd, judge.group];
  const env = Object.fromEntries(Object.entries(process.env).filter(([, value]) => value !== undefined));
  const { code, stdout, stderr } = await starter().run(
    [...view, program('sshd'), ...args],
    env as Record<string, string>,
  );
  return { refused: code !== 0, lines: stdout.split('\n').slice(0, -1), stderr };
}

/** Codes that say that sshd does not start. */
const refusing: ReadonlySet<string> = new Set([
  'unknown-option',
  'client-option',
  'refused-line',
  'global-in-block',
  'byte-order-mark',
  'wrong-encoding',
  'newer-option',
]);

/** What only a connection brings about, the linter does not speak of. */
const ofConnection = /it asks for the local port|"any" comes after/;

async function compareLint(main: string, ours: ServerResolved, theirs: Said): Promise<string | null> {
  const found = (await sshdLint({ configFile: main })).filter(({ code }) => refusing.has(code));
  if (found.length > 0) {
    return theirs.refused ? null : `sshd accepts what the linter refuses: ${JSON.stringify(found)}`;
  }
  if (!theirs.refused) return null;
  const whys = ours.type === 'refused' ? ours.errors.filter(({ reason }) => !ofConnection.test(reason)) : [];
  return whys.length === 0 ? null : `the linter says nothing of ${JSON.stringify(whys)}\n${theirs.stderr}`;
}

/** Null: no difference. The order counts, too. */
function compare(ours: ServerResolved, theirs: Said, main: string): string | null {
  if (theirs.refused !== (ours.type === 'refused')) {
    const said = ours.type === 'refused' ? JSON.stringify(ours.errors) : 'nothing';
    return `sshd ${theirs.refused ? 'refuses' : 'accepts'}: ${theirs.stderr.trim()}\nwe say: ${said}`;
  }
  if (ours.type === 'resolved') {
    // What stands in the text of a value as a line feed would, ends the line.
    const mine = ours.answer.lines.join('\n').split('\n');
    if (mine.join('\n') === theirs.lines.join('\n')) return null;
    const missing = theirs.lines.filter((line) => !mine.includes(line));
    const extra = mine.filter((line) => !theirs.lines.includes(line));
    return `sshd says: ${JSON.stringify(missing)}\nwe say: ${JSON.stringify(extra)}`;
  }
  const named = placesIn(theirs.stderr, main);
  const found = new Set(ours.errors.map(({ file, line }) => `${file}:${line}`));
  const missing = [...named].filter((place) => !found.has(place));
  const extra = named.size === 0 ? [] : [...found].filter((place) => !named.has(place));
  if (missing.length === 0 && extra.length === 0) return null;
  return `sshd refuses ${JSON.stringify(missing)}, we ${JSON.stringify(extra)}\n${theirs.stderr}\n${JSON.stringify(ours.errors)}`;
}

/** The lines that sshd names; in the second reading it calls the main file otherwise. */
function placesIn(stderr: string, main: string): ReadonlySet<string> {
  const places = new Set<string>();
  for (const line of stderr.split(/\r?\n/)) {
    const found = /^(.*?):? line (\d+): (.*)$/.exec(line);
    if (found === null || /^(?:Deprecated|Unsupported) option/.test(found[3] ?? '')) continue;
    places.add(`${found[1] === 'reprocess config' ? main : found[1]}:${found[2]}`);
  }
  return places;
}
