import { existsSync, mkdirSync, realpathSync, statSync } from 'node:fs';
import module from 'node:module';
import { homedir } from 'node:os';
import path from 'node:path';
import { keepDebuggerClosed } from './terminal/debugger.js';

/** What is done before the command itself is loaded: Node's debugger is closed, and its compile cache is opened. */
export function prepareStart(): void {
  keepDebuggerClosed();
  // Before Node 22.8 there is no compile cache; where files have no owner, no folder is known to be private.
  const { enableCompileCache } = module as { enableCompileCache?: (folder: string) => unknown };
  const uid = process.getuid?.();
  if (enableCompileCache === undefined || uid === undefined) return;
  // The user has decided already: Node uses the folder of NODE_COMPILE_CACHE by itself, or is to use none.
  if (process.env.NODE_COMPILE_CACHE || process.env.NODE_DISABLE_COMPILE_CACHE) return;
  const folder = cacheFolder(process.env.XDG_CACHE_HOME, homedir(), uid);
  if (folder !== null) enableCompileCache(folder);
}

/**
 * The folder of the compile cache, made with mode 0700 when it is missing. Node runs what is in it, so no other user may be
 * able to write to it or to exchange a folder above it: not Node's own default, which is below /tmp, and none at all after
 * `sudo` with the HOME of another user.
 *
 * @param cacheHome XDG_CACHE_HOME: used when it is absolute
 * @param uid the user that runs the command
 * @returns null where there is no such folder
 */
export function cacheFolder(cacheHome: string | undefined, home: string, uid: number): string | null {
  const base = path.isAbsolute(cacheHome ?? '') ? (cacheHome ?? '') : path.join(home, '.cache');
  const folder = path.join(base, 'holdfast', 'compiled');
  try {
    if (existsSync(folder)) return isPrivate(folder, uid) ? folder : null;
    if (!isPrivate(path.dirname(base), uid)) return null;
    for (const missing of [base, path.dirname(folder), folder]) {
      if (!existsSync(missing)) mkdirSync(missing, { mode: 0o700 });
      if (!isPrivate(missing, uid)) return null;
    }
    return folder;
  } catch {
    return null;
  }
}

/** Whether the folder is the user's, and only root and the user can write to it or to a folder above it. */
function isPrivate(folder: string, uid: number): boolean {
  let place = realpathSync(folder);
  if (statSync(place).uid !== uid) return false;
  for (;;) {
    const { uid: owner, mode } = statSync(place);
    // In a sticky folder of root, as /tmp, only its owner can rename what is there.
    const isSticky = owner === 0 && (mode & 0o1000) !== 0;
    if ((owner !== 0 && owner !== uid) || ((mode & 0o022) !== 0 && !isSticky)) return false;
    const above = path.dirname(place);
    if (above === place) return true;
    place = above;
  }
}
