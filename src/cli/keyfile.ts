import { existsSync } from 'node:fs';
import { userInfo } from 'node:os';

/** Is there a file at the path behind -i? As ssh looks (`-i` in ssh.c): `~` is the home, tokens stand for themselves. */
export function keyFileExists(path: string): boolean {
  return existsSync(path.replace(/^~(?=\/)/, () => userInfo().homedir));
}
