/** The kernel's tables of the way out: routes, and who answers on the link. */
import { readFileSync } from 'node:fs';

/** /proc/net/route and /proc/net/arp; empty where there are none. */
export function routeTables(): { readonly routes: string; readonly neighbours: string } {
  return { routes: textOf('/proc/net/route'), neighbours: textOf('/proc/net/arp') };
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'latin1');
  } catch {
    return '';
  }
}
