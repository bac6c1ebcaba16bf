/** Which system this is. */
import { platform } from 'node:os';

/** As Node names it: `linux`, `darwin`, `win32`. */
export function systemHere(): string {
  return platform();
}
