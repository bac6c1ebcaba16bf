/** The built package: which files of dist/ a file of it loads. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

export const dist = fileURLToPath(new URL('../../dist/', import.meta.url));

/** The module of one source as tsc makes it: for children that need a part which the bundle has no file for. */
export const compiled = (source: string): string =>
  new URL(`../../.cache/modules/${source.replace(/\.ts$/, '.js')}`, import.meta.url).href;

/** A file of dist/ and what it imports at once, relative to dist/. */
export function loadedAtOnce(file: string, found = new Set<string>()): Set<string> {
  if (found.has(file)) return found;
  found.add(file);
  for (const [, from = ''] of readFileSync(path.join(dist, file), 'utf8').matchAll(
    /^(?:import|export)\b[^;]*?["'](\.[^"']+)["'];$/gm,
  ))
    loadedAtOnce(path.join(path.dirname(file), from), found);
  return found;
}
