/** What `ssh -G` of the installed ssh says before and after an edit. */

import { FailureError, failure } from '../core/failure.js';
import { unnamedHost } from '../core/sshconfig/resolve/resolveinput.js';
import { hostMatching } from '../core/text/pattern.js';
import { userEnvironment } from '../io/machine.js';
import { printSettings, type SshAnswer } from '../io/openssh.js';
import type { ChangedHost, ConfigChange } from './configchange.js';
import { namedHosts } from './hostlist.js';
import { verify } from './verify.js';
import { presentFile } from './writing.js';

/** What ssh said before an edit. */
export interface SshCheck {
  /** For how many `ssh -G` ran. */
  readonly hosts: number;
  /** Asks again. Null: ssh sees what was to be; else what it sees, in words. */
  readonly complaint: () => Promise<string | null>;
}

/** Questions at a time. */
const atOnce = 4;

/**
 * Runs `ssh -G` for every host that the files name and one that they do not. Hosts that the edit does not name must come out as
 * before; about the others ssh and our resolver must not part over anything that they agreed about before. Rejects with a
 * FailureError (config) where there is no ssh, or where it refuses the files as they are.
 */
export async function sshCheck(
  changes: readonly ConfigChange[],
  changed: readonly ChangedHost[],
  files: { readonly configFile?: string },
): Promise<SshCheck> {
  const meant = new Set(
    [
      ...changed.map(({ host }) => host),
      ...changes.flatMap((change) => ('from' in change ? [change.from, change.to] : [change.host])),
    ].map((host) => (host === '*' ? unnamedHost : hostMatching(host))),
  );
  const present = await presentFile(files.configFile ?? null);
  const named = await names(present);
  const before = await queryArgs([...named, unnamedHost], present);
  for (const [host, answer] of before) {
    if (answer.type === 'absent') {
      throw new FailureError(failure('config', 'there is no ssh on the PATH to agree; install OpenSSH'));
    }
    if (answer.type === 'refused' && host === unnamedHost) throw new FailureError(answer.failure);
  }
  const known = await differences([...meant], present);
  return {
    hosts: new Set([...before.keys(), ...meant]).size,
    async complaint() {
      const others = [...new Set([...before.keys(), ...(await names(files))])].filter(
        (host) => !meant.has(host),
      );
      const after = await queryArgs(others, files);
      for (const host of others) {
        const old = before.get(host) ?? before.get(unnamedHost);
        const now = after.get(host);
        const option = old && now ? unlike(old, now) : null;
        if (option !== null) return `ssh sees another ${option} for ${host}, which is no part of the change`;
      }
      for (const [host, options] of await differences([...meant], files)) {
        const fresh = [...options].find((option) => !known.get(host)?.has(option));
        if (fresh !== undefined) return `ssh does not see for ${host} what was to be: ${fresh}`;
      }
      return null;
    },
  };
}

async function names(files: { readonly configFile?: string }): Promise<readonly string[]> {
  const all = await namedHosts(files);
  return all.filter(({ kind }) => kind === 'concrete').map(({ name }) => name);
}

async function queryArgs(
  hosts: readonly string[],
  { configFile = null }: { readonly configFile?: string | null },
): Promise<ReadonlyMap<string, SshAnswer>> {
  const { env } = userEnvironment();
  const answers = new Map<string, SshAnswer>();
  for (let from = 0; from < hosts.length; from += atOnce) {
    const some = hosts.slice(from, from + atOnce);
    const said = await Promise.all(some.map((host) => printSettings({ host, configFile, options: [], env })));
    some.forEach((host, at) => {
      const answer = said[at];
      if (answer) answers.set(host, answer);
    });
  }
  return answers;
}

/** The first keyword whose lines differ. */
function unlike(one: SshAnswer, other: SshAnswer): string | null {
  if (one.type !== 'printed' || other.type !== 'printed') return one.type === other.type ? null : 'answer';
  for (const key of new Set([...one.values.keys(), ...other.values.keys()])) {
    if (key === 'host') continue;
    if (one.values.get(key)?.join('\n') !== other.values.get(key)?.join('\n')) return key;
  }
  return null;
}

/** Where ssh and our resolver part: keywords by host. */
async function differences(
  hosts: readonly string[],
  files: { readonly configFile?: string },
): Promise<ReadonlyMap<string, ReadonlySet<string>>> {
  const found = new Map<string, ReadonlySet<string>>();
  for (const { host, verdict, differences } of await verify({ ...files, hosts })) {
    if (verdict !== 'differs') continue;
    found.set(
      host,
      new Set(differences.length === 0 ? ['answer'] : differences.map(({ keyword }) => keyword)),
    );
  }
  return found;
}
