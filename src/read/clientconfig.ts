import { FailureError, failure } from '../core/failure.js';
import { bytesOf, textOf } from '../core/sshconfig/bytes.js';
import { newestRelease } from '../core/sshconfig/keywords/releases.js';
import { missingFiles } from '../core/sshconfig/resolve/gather.js';
import { resolveClient } from '../core/sshconfig/resolve/resolve.js';
import type { Resolution } from '../core/sshconfig/resolve/resolvedconfig.js';
import {
  type Answers,
  type FileAnswer,
  type MainFiles,
  type NameAnswer,
  type Need,
  nameKey,
  noAnswers,
  type ResolveInput,
} from '../core/sshconfig/resolve/resolveinput.js';
import type { Family } from '../core/sshconfig/values/canonicaladdress.js';
import { exitStatusOf } from '../io/base/program.js';
import { pathExists } from '../io/configfiles.js';
import { interfaceAddresses } from '../io/interfaces.js';
import { machine, sha1, type UserEnvironment } from '../io/machine.js';
import { type Installed, installedRelease } from '../io/openssh.js';
import { Outside, resolveNeeds } from './outside.js';

/** A query about a host. Strings are text, as typed. */
export interface HostQuery {
  readonly host: string;
  readonly user?: string | null;
  readonly port?: number | null;
  /** Each as after -o, in order: `Port 2222`. */
  readonly options?: readonly string[];
  /** -F; `none` reads no file; null: the user's file and the system's. */
  readonly configFile?: string | null;
  /** The release that answers, one of `knownReleases`; `installed`: that of the ssh here, else the newest. @default the newest */
  readonly release?: string;
  /** What that ssh calls itself, up to the comma of `ssh -V`. */
  readonly banner?: string | null;
  /** May the commands of `Match exec` run? @default false */
  readonly exec?: boolean;
  /** Looks a name up for CanonicalizeHostname. Absent: no name is found, and nothing is looked up. */
  readonly lookUp?: (name: string, family: Family) => Promise<NameAnswer>;
  /** Ends the commands that run. */
  readonly stop?: AbortSignal;
}

export type Resolved = Exclude<Resolution, { type: 'needs' }>;

/** Without an ssh to ask. */
const unnamed = { release: newestRelease, banner: '' };
type Answering = Pick<Installed, 'release' | 'banner'>;

/** Which ssh answers a question. */
export async function sshVersionFor(
  query: Pick<HostQuery, 'release' | 'banner'>,
  { env }: UserEnvironment,
): Promise<Answering> {
  const { release = newestRelease, banner = '' } = query;
  if (release !== 'installed') return { release, banner: banner ?? '' };
  return (await installedRelease(env)) ?? unnamed;
}

/**
 * Answers `ssh -G` would give, with where each comes from. Runs no command unless `exec`, and never asks the network.
 * `answers` is handed in to ask about many hosts in one go: files are then read, and commands run, once for all of them.
 */
export async function resolveHost(
  query: HostQuery,
  surroundings: UserEnvironment,
  answers = new FactCache(),
): Promise<Resolved> {
  const input = resolveInputOf(query, surroundings, await sshVersionFor(query, surroundings));
  return answers.answer(() => resolveClient(input, answers), { query, surroundings });
}

/**
 * The files as they are read to connect, which needs no ssh: by the rules of the newest known release. Those of the
 * installed ssh, which is looked for only then, count where the newest refuse and they do not: what the ssh here takes is not
 * refused.
 */
export async function resolveToConnect(
  query: Omit<HostQuery, 'release' | 'banner'>,
  surroundings: UserEnvironment,
  answers = new FactCache(),
): Promise<Resolved> {
  const newest = await resolveHost(query, surroundings, answers);
  if (newest.type === 'resolved') return newest;
  const installed = await resolveHost({ ...query, release: 'installed' }, surroundings, answers);
  return installed.type === 'resolved' ? installed : newest;
}

export function resolveInputOf(
  query: HostQuery,
  surroundings: UserEnvironment,
  { release, banner }: Answering = unnamed,
): ResolveInput {
  const here = machine();
  const home = bytesOf(surroundings.home);
  const env: Record<string, string> = {};
  for (const [name, value] of Object.entries(surroundings.env)) {
    if (value !== undefined) env[bytesOf(name)] = bytesOf(value);
  }
  return {
    host: bytesOf(query.host),
    user: query.user == null ? null : bytesOf(query.user),
    port: query.port ?? null,
    options: (query.options ?? []).map(bytesOf),
    files: mainFiles(query.configFile ?? null, home),
    facts: {
      user: bytesOf(surroundings.user),
      uid: here.uid,
      home,
      machine: bytesOf(here.name),
      sha1,
      env,
      release,
      banner: banner === '' ? null : bytesOf(banner),
    },
  };
}

function mainFiles(configFile: string | null, home: string): MainFiles {
  if (configFile === null) {
    return { type: 'usual', user: `${home}/.ssh/config`, system: '/etc/ssh/ssh_config' };
  }
  return configFile.toLowerCase() === 'none' ? { type: 'none' } : { type: 'one', path: bytesOf(configFile) };
}

interface Means {
  readonly query: HostQuery;
  readonly surroundings: UserEnvironment;
}

/** What was found so far. A file is read once for all rounds. */
export class FactCache extends Outside implements Answers {
  readonly commands = new Map(noAnswers.commands);
  readonly names = new Map(noAnswers.names);
  readonly exists = new Map(noAnswers.exists);
  addresses: readonly string[] | undefined;

  /** Takes a step until nothing is missing for it. */
  answer<T extends { readonly type: string }>(
    step: () => T | { readonly type: 'needs'; readonly needs: readonly Need[] },
    means: Means,
  ): Promise<Exclude<T, { type: 'needs' }>> {
    const subject = `the configuration of ${means.query.host}`;
    return resolveNeeds(step, (need: Need) => this.supply(need, means), subject);
  }

  /** Reads every file that the input leads to, whatever stands in it. */
  async gather(input: ResolveInput, means: Means): Promise<void> {
    await this.answer(() => {
      const needs = missingFiles(input, this);
      return needs.length > 0 ? { type: 'needs', needs } : { type: 'gathered' };
    }, means);
  }

  /** Shares all but the files. */
  withFiles(files: Map<string, FileAnswer>): FactCache {
    return Object.assign(new FactCache(), this, { files });
  }

  async supply(need: Need, { query, surroundings }: Means): Promise<void> {
    switch (need.type) {
      case 'command': {
        const status = query.exec
          ? await statusOf(textOf(need.command), { query, surroundings })
          : 'not allowed';
        this.commands.set(need.command, status);
        return;
      }
      case 'name':
        this.names.set(
          nameKey(need.name, need.family),
          (await query.lookUp?.(textOf(need.name), need.family)) ?? { type: 'not allowed' },
        );
        return;
      case 'addresses':
        this.addresses = interfaceAddresses();
        return;
      case 'exists':
        this.exists.set(need.path, await pathExists(need.path));
        return;
      default:
        await this.find(need);
    }
  }
}

async function statusOf(command: string, { query, surroundings }: Means): Promise<number | 'signal'> {
  const { env } = surroundings;
  const status = await exitStatusOf(command, env, { stop: query.stop });
  if (status !== null) return status;
  const shell = JSON.stringify(env.SHELL ?? '/bin/sh');
  const said = `SHELL ${shell}, which runs the commands of Match exec, cannot be executed; want a shell`;
  throw new FailureError(failure('config', said));
}
