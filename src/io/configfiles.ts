/** Configuration files as ssh opens them, and the tables of the system that they name things from. */

import { readFileSync, statSync } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import type { FileAnswer } from '../core/sshconfig/resolve/resolveinput.js';
import { codeOf } from '../core/text/reason.js';
import { accountRows, accountTables, linesOfTable } from './base/accounts.js';
import { ownUser } from './base/process.js';

/** Paths are bytes, one per character (latin1), as everywhere in core/sshconfig. */
const bufferOf = (path: string): Buffer => Buffer.from(path, 'latin1');

/**
 * What ssh would find when it opens the file: its bytes, its mode and its owner, links followed. Never rejects. A plain file
 * is read at once, which for fifty small ones is many times faster; a pipe may have to be waited for.
 */
export async function readConfigFile(path: string): Promise<FileAnswer> {
  try {
    const found = statSync(bufferOf(path));
    const kind = found.isDirectory() ? 'directory' : 'file';
    const text =
      kind === 'directory'
        ? ''
        : found.isFile()
          ? withoutKey(readFileSync(bufferOf(path), 'latin1'))
          : await readFile(bufferOf(path), 'latin1');
    const { uid, gid } = found;
    const mode = found.mode & 0o7777;
    const groupIsPrivate = (mode & 0o020) !== 0 && isPrivate(gid, uid);
    return { type: kind, text, mode, uid, groupIsPrivate };
  } catch (error) {
    const code = codeOf(error);
    if (code === 'ENOENT') return { type: 'missing' };
    if (code === 'EACCES' || code === 'EPERM')
      return { type: 'unreadable', reason: 'you may not read it', denied: true };
    return { type: 'unreadable', reason: reasons[code] ?? `it cannot be read (${code || String(error)})` };
  }
}

/** -F and -i are easily mixed up, and refusals quote what they refuse: of a private key no more than its first line is kept. */
function withoutKey(text: string): string {
  return /^-----BEGIN [A-Z ]*PRIVATE KEY-----/.exec(text)?.[0] ?? text;
}

const reasons: Readonly<Record<string, string>> = {
  ELOOP: 'its links go in a circle',
  ENOTDIR: 'a part of its path is no directory',
};

/** Does the path exist, links followed? */
export async function pathExists(path: string): Promise<boolean> {
  return stat(bufferOf(path)).then(
    () => true,
    () => false,
  );
}

/** The port of a TCP service by its name or an alias (services(5)); null: there is none. */
export function servicePort(name: string): number | null {
  for (const line of linesOfTable('/etc/services')) {
    const [service = '', port = '', ...others] = line.replace(/#.*/, '').trim().split(/\s+/);
    if ((service === name || others.includes(name)) && port.endsWith('/tcp'))
      return Number.parseInt(port, 10);
  }
  return null;
}

/** Has a group no member but the owner of a file? As Debian's ssh asks it (`secure_permissions` in misc.c). */
function isPrivate(gid: number, uid: number): boolean {
  const group = accountRows(accountTables.group).find(([, , number]) => number === String(gid));
  if (!group) return false;
  const users = accountRows(accountTables.passwd);
  const own = users.filter(([, , , number]) => number === String(gid));
  const me = String(ownUser().uid);
  if (own.some(([, , number]) => number !== me)) return false;
  const owner = users.find(([, , number]) => number === String(uid));
  if (!owner) return false;
  const others = (group[3] ?? '').split(',').filter((name) => name !== '');
  if (others.length > 1 || (others.length === 1 && others[0] !== owner[0])) return false;
  return own.length + others.length > 0;
}
