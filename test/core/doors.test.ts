/** docs/library.md: every export of the three doors has a doc comment. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const source = fileURLToPath(new URL('../../src/', import.meta.url));

const from = (file: string, module: string) => path.join(path.dirname(file), module.replace(/\.js$/, '.ts'));

/** Names -> whether their declaration has a comment right above it. */
type Found = Map<string, boolean>;

/** What a file gives to its importers; `only`: of it these names alone. */
function exportsOf(file: string, only: ReadonlySet<string> | null, found: Found): void {
  const text = readFileSync(file, 'utf8');
  for (const [, module = ''] of text.matchAll(/^export \* from '(\..+?)';$/gm))
    exportsOf(from(file, module), only, found);
  for (const [, list = '', module = ''] of text.matchAll(
    /^export (?:type )?\{([^}]+)\} from '(\..+?)';$/gm,
  )) {
    for (const one of list.split(',')) {
      const [name = '', as = name] = one
        .trim()
        .replace(/^type /, '')
        .split(' as ');
      if (name === '' || (only !== null && !only.has(as))) continue;
      const below: Found = new Map();
      exportsOf(from(file, module), new Set([name]), below);
      found.set(as, below.get(name) ?? false);
    }
  }
  const declared = /^export (?:async )?(?:interface|class|function\*?|const|type) (\w+)/gm;
  for (const match of text.matchAll(declared)) {
    const [, name = ''] = match;
    // Of several signatures of a function the first has it.
    if ((only !== null && !only.has(name)) || found.get(name) === true) continue;
    found.set(name, text.slice(0, match.index).trimEnd().endsWith('*/'));
  }
}

it.each([
  ['index.ts', 15],
  ['config.ts', 40],
  ['tcp.ts', 40],
])('each export of %s has its doc comment', (door, least) => {
  const found: Found = new Map();
  exportsOf(path.join(source, door), null, found);
  expect(found.size).toBeGreaterThan(least);
  expect([...found].filter(([, has]) => !has).map(([name]) => name)).toEqual([]);
});
