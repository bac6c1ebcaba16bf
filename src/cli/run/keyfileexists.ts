import { existsSync } from 'node:fs';
import { ownHome } from '../../edit/tunnelrequest.js';

/** Is there a file at the path behind -i? As ssh looks (`-i` in ssh.c): `~` is the home, tokens stand for themselves. */
export function keyFileExists(path: string): boolean {
  return existsSync(path.replace(/^~(?=\/)/, ownHome));
}
