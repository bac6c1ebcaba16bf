/** What is known of paths, from the state folder and back. */
import { FailureError } from '../core/failure.js';
import {
  hostKey,
  knownOf,
  nothingKnown,
  type PathKey,
  type PathKnowledge,
  parsePaths,
  pathsFile,
  printPaths,
  withRecord,
} from '../core/keepalive/probe/pathmemory.js';
import type { Request } from '../core/request/request.js';
import { stateFolderOf } from '../core/text/statefolder.js';
import { nextHop } from '../io/kernel/kernelroutes.js';
import { readState, writeState } from '../io/kernel/statefile.js';
import type { UserEnvironment } from '../io/machine.js';

type Around = Pick<UserEnvironment, 'env' | 'home'>;

/** Which path it is: the first server decides which way packets go. */
export function pathKeyOf({ address, route }: Pick<Request, 'address' | 'route'>): PathKey {
  const hops = route.type === 'jump' ? route.hops : [];
  return {
    ...nextHop((hops[0]?.address ?? address).hostName),
    host: hostKey(
      address,
      hops.map((hop) => hop.address),
    ),
  };
}

/** What cannot be read is not known. */
export function knowledgeOf(path: PathKey, { env, home }: Around): PathKnowledge {
  try {
    const read = readState(stateFolderOf(env, home), pathsFile);
    return read === 'denied' ? nothingKnown : knownOf(parsePaths(read.text), path, Date.now());
  } catch {
    return nothingKnown;
  }
}

/** @returns why it cannot be kept, or null */
export function keepKnowledge(path: PathKey, known: PathKnowledge, { env, home }: Around): string | null {
  const folder = stateFolderOf(env, home);
  const lost = 'what was learned of this path is not kept';
  const { safeMs, deadMs, doubtfulMs, mode } = known;
  try {
    const read = readState(folder, pathsFile);
    if (read === 'denied') return `${lost}: ${folder} may not be read`;
    const record = { ...path, safeMs, deadMs, doubtfulMs, mode, at: Date.now() };
    writeState(folder, pathsFile, printPaths(withRecord(parsePaths(read.text), record)));
    return null;
  } catch (error) {
    if (!(error instanceof FailureError)) throw error;
    return `${lost}: ${error.message}`;
  }
}
