/** A running sshd reads its new files, is watched, and gets the old ones back where it fails. */

import { textOf } from '../core/sshconfig/bytes.js';
import {
  addressesToProbe,
  commandOfTitle,
  listeningUnit,
  type ReloadWay,
  reloadWay,
  type ServerUnit,
  unitsOf,
} from '../core/sshconfig/sshd/edit/reload.js';
import { runProgram } from '../io/base/program.js';
import { clock, pause, within } from '../io/clock.js';
import { findSshd, pidIn, processOf, startAlone } from '../io/daemon.js';
import { type ListeningSocket, listenersOf } from '../io/kernel/connections.js';
import { ownProcess, userEnvironment } from '../io/machine.js';
import { reach } from '../io/reach.js';
import { type PreparedSshd, SshdEditRefusedError } from './serverchange.js';
import { oneLine, putBack } from './serverwrite.js';
import type { FileSwap } from './writing.js';

type ListenAddress = ReturnType<typeof addressesToProbe>[number];

/** All that is needed to reload sshd, to check it, and to go back: plain data, for another process too. */
export interface ReloadJob {
  readonly sshd: string;
  readonly configFile: string;
  readonly way: Exclude<ReloadWay, { by: 'none' }>;
  /** The program that runs now. */
  readonly program: string;
  readonly files: readonly FileSwap[];
  /** Where it listens before and after. */
  readonly addresses: { readonly before: readonly ListenAddress[]; readonly after: readonly ListenAddress[] };
  readonly listening: readonly ListeningSocket[] | null;
  /** What `sshd -T` is to say. */
  readonly expected: readonly Expected[];
  /** Of which connection, as after -C; null: `sshd -T` runs without -C. */
  readonly spec: string | null;
}

interface Expected {
  readonly key: string;
  readonly values: readonly string[];
  /** What it said before, where that is not what we think: a release with other words, or other algorithms. */
  readonly not: readonly string[] | null;
}

const units = ['ssh.service', 'sshd.service', 'ssh.socket', 'sshd.socket'];

/** How long sshd may take to come back, and how often it is looked at. */
const limitMs = 15_000;
const everyMs = 100;

/** The unit that listens in sshd's place, where the change is one of ports or addresses; null: sshd itself does. */
export async function socketInTheWay({ plan }: PreparedSshd): Promise<string | null> {
  const { before, after } = addressesOf(plan);
  if (JSON.stringify(before) === JSON.stringify(after)) return null;
  return listeningUnit(await unitsNow())?.name ?? null;
}

function addressesOf({ before, after }: PreparedSshd['plan']): ReloadJob['addresses'] {
  const of = (answer: typeof before) =>
    addressesToProbe((answer.options.get('listenaddress')?.lines ?? []).map(textOf));
  return { before: of(before), after: of(after) };
}

/** Which sshd is to be reloaded, and how. Rejects with an SshdEditRefusedError where there is none: then nothing is written. */
export async function findReload(prepared: PreparedSshd): Promise<ReloadJob> {
  const { summary, plan } = prepared;
  const { env } = userEnvironment();
  const sshd = findSshd(env);
  if (sshd === null) throw new SshdEditRefusedError('sshd', '--reload: there is no sshd on this machine');
  const lines = (answer: typeof plan.before, key: string) => answer.options.get(key)?.lines ?? [];
  const addresses = addressesOf(plan);
  const [pidFile = 'none'] = lines(plan.before, 'pidfile');
  const pid = pidFile === 'none' ? null : pidIn(pidFile);
  const found = pid === null ? null : running(pid);
  const command = found === null ? null : commandOfTitle(found.title);
  // Without /proc nothing is known of the process, and PidFile is believed.
  const isServer =
    found !== null &&
    (command !== null || /(?:^|\/)sshd(?:$| )/.test(found.program) || found.title + found.program === '');
  const server = pid !== null && isServer ? { pid, command } : null;
  const way = reloadWay({
    configFile: summary.configFile,
    pidFile,
    running: server,
    units: await unitsNow(),
    portsChange: JSON.stringify(addresses.before) !== JSON.stringify(addresses.after),
  });
  if (way.by === 'none')
    throw new SshdEditRefusedError('sshd', `--reload: ${way.message}; nothing was written`);
  const portChanges = plan.after.sections.some(({ block }) => /localport/i.test(block?.header ?? ''));
  const spec = portChanges ? 'lport=1' : null;
  return {
    sshd,
    configFile: summary.configFile,
    way,
    // An upgrade may have replaced the file since.
    program: found?.program.replace(/ \(deleted\)$/, '') || sshd,
    files: plan.files,
    addresses,
    listening: way.by === 'nothing' ? null : listenersOf(way.pid),
    expected: summary.match === null ? await expectedValues(sshd, summary.configFile, plan, spec) : [],
    spec,
  };
}

/** A connection in a block may be of groups without members: there our own answer has to do. */
async function expectedValues(
  sshd: string,
  configFile: string,
  { steps, before, after }: PreparedSshd['plan'],
  spec: string | null,
): Promise<readonly Expected[]> {
  const printed = await printConfig(sshd, configFile, spec);
  if (typeof printed === 'string') return [];
  return steps.map(({ keyword: { key } }) => {
    const was = valuesOf(printed, key);
    const known = was.join('\n') === (before.options.get(key)?.lines ?? []).join('\n');
    return { key, values: after.options.get(key)?.lines ?? [], not: known ? null : was };
  });
}

/** The lines of `sshd -T`; a text: why there are none. */
async function printConfig(
  sshd: string,
  configFile: string,
  spec: string | null,
): Promise<readonly string[] | string> {
  const args = ['-T', '-f', configFile, ...(spec === null ? [] : ['-C', spec])];
  const { code, stdout, complaint } = await runProgram(sshd, args, { env: userEnvironment().env });
  return code === 0 ? stdout.split('\n') : `sshd -T: ${oneLine(complaint)}`;
}

function valuesOf(lines: readonly string[], key: string): readonly string[] {
  return lines.filter((line) => line.startsWith(`${key} `)).map((line) => line.slice(key.length + 1));
}

function running(pid: number): ReturnType<typeof processOf> {
  return ownProcess.isRunning(pid) ? processOf(pid) : null;
}

async function unitsNow(): Promise<readonly ServerUnit[]> {
  const args = ['show', '-p', 'Id', '-p', 'ActiveState', '-p', 'MainPID', ...units];
  const { code, stdout } = await runProgram('systemctl', args, { env: userEnvironment().env });
  return code === 0 ? unitsOf(stdout) : [];
}

/** Reloads sshd, and waits until it runs by the new files. Null: it does; else what is wrong, in a sentence. */
export async function reloadSshd(job: ReloadJob): Promise<string | null> {
  const wrong = await signalServer(job, 'reload');
  if (wrong !== null) return wrong;
  const problem = await waitForServer(job, job.addresses.after, job.listening);
  return problem ?? (await unexpectedValue(job));
}

async function signalServer({ way, program }: ReloadJob, verb: 'reload' | 'restart'): Promise<string | null> {
  const { env } = userEnvironment();
  if (way.by === 'nothing') return null;
  if (way.by === 'unit') {
    const { code, complaint } = await runProgram('systemctl', [verb, way.unit], { env });
    return code === 0 ? null : `systemctl ${verb} ${way.unit}: ${oneLine(complaint)}`;
  }
  if (verb === 'reload')
    return ownProcess.hangUp(way.pid)
      ? null
      : `sshd (pid ${way.pid}) cannot be signalled: it is gone, or not ours`;
  const [, ...args] = way.command ?? [];
  if (way.command === null) return 'the command line of sshd is not known: start it by hand';
  startAlone(program, args, env);
  return null;
}

/** Waits until sshd runs, listens anew at every port, and greets at every door. */
async function waitForServer(
  job: ReloadJob,
  addresses: readonly ListenAddress[],
  before: readonly ListeningSocket[] | null,
): Promise<string | null> {
  const end = clock.now() + limitMs;
  for (;;) {
    const problem = await problemNow(job, addresses, before);
    if (problem === null) return null;
    if (problem.final || clock.now() >= end) return problem.sentence;
    await pause(everyMs);
  }
}

interface Problem {
  readonly sentence: string;
  /** Waiting does not help. */
  readonly final: boolean;
}

async function problemNow(
  { way }: ReloadJob,
  addresses: readonly ListenAddress[],
  before: readonly ListeningSocket[] | null,
): Promise<Problem | null> {
  const later = (sentence: string): Problem => ({ sentence, final: false });
  if (way.by !== 'nothing') {
    const pid =
      way.by === 'signal' ? way.pid : (await unitsNow()).find(({ name }) => name === way.unit)?.mainPid;
    if (pid === undefined || pid === 0 || running(pid) === null) {
      return { sentence: 'sshd does not run any more', final: way.by === 'signal' };
    }
    const now = listenersOf(pid);
    const old = new Set(before?.map(({ inode }) => inode));
    if (now !== null && before !== null) {
      if (now.some(({ inode }) => old.has(inode))) return later('sshd has not read its files again');
      const closed = addresses.find(({ port }) => !now.some((each) => each.port === port));
      if (closed !== undefined) return later(`sshd does not listen at port ${closed.port}`);
    }
  }
  const found = await Promise.all(
    addresses.map(({ host, port }) =>
      reach({ address: host, port, bindAddress: null, now: () => 0, signal: within(3_000) }),
    ),
  );
  const silent = addresses.find((_, at) => found[at]?.ok !== true || found[at].reached.banner === null);
  return silent === undefined ? null : later(`no greeting of sshd at ${silent.host} port ${silent.port}`);
}

/** Does `sshd -T` print the requested values? */
async function unexpectedValue({ sshd, configFile, expected, spec }: ReloadJob): Promise<string | null> {
  if (expected.length === 0) return null;
  const printed = await printConfig(sshd, configFile, spec);
  if (typeof printed === 'string') return printed;
  for (const { key, values, not } of expected) {
    const said = valuesOf(printed, key).join(', ');
    if (not === null ? said !== values.join(', ') : said === not.join(', ') && said !== values.join(', ')) {
      return `sshd -T says ${key} ${said}, and not ${values.join(', ')}`;
    }
  }
  return null;
}

/** A login as a person would make it, with the system's ssh and no questions. Null: it worked. */
export async function checkLogin(destination: string, sshConfig: string | null): Promise<string | null> {
  const settings = [
    'BatchMode=yes',
    'ConnectTimeout=15',
    'ControlPath=none',
    'ControlMaster=no',
    'ClearAllForwardings=yes',
  ];
  const args = [
    ...(sshConfig === null ? [] : ['-F', sshConfig]),
    ...settings.flatMap((setting) => ['-o', setting]),
    '-T',
    '--',
    destination,
    'true',
  ];
  const { code, complaint } = await runProgram('ssh', args, { env: userEnvironment().env, limitMs: 40_000 });
  // ssh's own failures are 255; anything else is the command's, and so there was a login.
  return code === null || code === 255 ? `ssh ${destination}: ${oneLine(complaint)}` : null;
}

/**
 * The old files again, and an sshd that reads them: reloaded where it runs, started where it does not. What is not as it was
 * comes back in sentences; none: all is.
 */
export async function restoreSshd(job: ReloadJob): Promise<readonly string[]> {
  const left = [...(await putBack(job.files))];
  const { way } = job;
  const runs = way.by === 'signal' ? running(way.pid) !== null : true;
  const before = way.by === 'signal' && runs ? listenersOf(way.pid) : null;
  let wrong = runs ? await signalServer(job, 'reload') : null;
  if (way.by === 'unit' && wrong !== null) wrong = await signalServer(job, 'restart');
  if (!runs) {
    wrong = await signalServer(job, 'restart');
    // It is another process now: what counts is that it greets.
    const nothing = { ...job, way: { by: 'nothing', unit: 'sshd' } } as const;
    wrong ??= await waitForServer(nothing, job.addresses.before, null);
  } else wrong ??= await waitForServer(job, job.addresses.before, before);
  return wrong === null ? left : [...left, wrong];
}

/** Aborted after so long. */
export function fromNow(ms: number): AbortSignal {
  return within(ms);
}

/** Says in the system's log what happened, for a person that comes back. */
export async function reportLost(why: string, left: readonly string[]): Promise<void> {
  const result = left.length === 0 ? 'the old sshd configuration is back' : left.join('; ');
  await runProgram('logger', ['-t', 'holdfast', '-p', 'auth.warning', `sshd: ${why}: ${result}`], {
    env: userEnvironment().env,
    limitMs: 5_000,
  });
}
