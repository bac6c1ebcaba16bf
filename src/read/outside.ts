import type { Bytes } from '../core/sshconfig/bytes.js';
import type { FileAnswer, FileAnswers, FileNeed } from '../core/sshconfig/resolve/resolveinput.js';
import { homeOf } from '../io/base/accounts.js';
import { readConfigFile, servicePort } from '../io/configfiles.js';
import { globPaths } from '../io/glob.js';

/** Files, patterns, services and homes found so far. A file is read once for all rounds. */
export class Outside implements FileAnswers {
  readonly files = new Map<Bytes, FileAnswer>();
  readonly globs = new Map<Bytes, readonly Bytes[]>();
  readonly services = new Map<Bytes, number | null>();
  readonly homes = new Map<Bytes, Bytes | null>();

  protected async find(need: FileNeed): Promise<void> {
    switch (need.type) {
      case 'file':
        this.files.set(need.path, await readConfigFile(need.path));
        return;
      case 'glob':
        this.globs.set(need.pattern, await globPaths(need.pattern));
        return;
      case 'service':
        this.services.set(need.name, servicePort(need.name));
        return;
      case 'home':
        this.homes.set(need.user, homeOf(need.user));
    }
  }
}

/** One command or one depth of Include each: more rounds than this are a bug, or a file that no one wrote. */
const mostRounds = 20_000;

interface Missing<N> {
  readonly type: 'needs';
  readonly needs: readonly N[];
}

/** Takes a step until nothing is missing for it; `supply` finds what is. `subject` is for the message of a bug. */
export async function resolveNeeds<T extends { readonly type: string }, N>(
  step: () => T | Missing<N>,
  supply: (need: N) => Promise<void>,
  subject: string,
): Promise<Exclude<T, { type: 'needs' }>> {
  for (let round = 0; round < mostRounds; round += 1) {
    const found = step();
    if (!('needs' in found)) return found as Exclude<T, { type: 'needs' }>;
    await Promise.all(found.needs.map(supply));
  }
  throw new Error(`no end after ${mostRounds} rounds about ${subject}`);
}

/** The same where what is missing is known at once. */
export function resolveNeedsSync<T extends { readonly type: string }, N>(
  step: () => T | Missing<N>,
  supply: (need: N) => void,
  subject: string,
): Exclude<T, { type: 'needs' }> {
  for (let round = 0; round < mostRounds; round += 1) {
    const found = step();
    if (!('needs' in found)) return found as Exclude<T, { type: 'needs' }>;
    for (const need of found.needs) supply(need);
  }
  throw new Error(`no end after ${mostRounds} rounds about ${subject}`);
}
