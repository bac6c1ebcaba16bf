/** package-lock.json: complete for every system, so that `npm ci` works anywhere and `npm install` changes nothing. */
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';

interface Entry {
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}
interface Lock {
  readonly packages: Readonly<Record<string, Entry>>;
}

const read = (name: string): unknown =>
  JSON.parse(readFileSync(new URL(`../../${name}`, import.meta.url), 'utf8'));
const lock = read('package-lock.json') as Lock;
const kinds = ['dependencies', 'devDependencies', 'optionalDependencies'] as const;

/** Optional dependencies that have no entry where Node would look for them from the folder of who wants them. */
function missing({ packages }: Lock): string[] {
  return Object.entries(packages).flatMap(([folder, { optionalDependencies = {} }]) =>
    Object.keys(optionalDependencies).flatMap((name) => {
      const folders = [folder];
      for (let up = folder; up !== ''; ) {
        up = up.slice(0, Math.max(up.lastIndexOf('/node_modules/'), 0));
        folders.push(up);
      }
      const found = folders.some((one) => `${one}${one === '' ? '' : '/'}node_modules/${name}` in packages);
      return found ? [] : [`${folder}: ${name}`];
    }),
  );
}

it('has the build for each system of every optional dependency', () => {
  const wanting = Object.values(lock.packages).filter(({ optionalDependencies }) => optionalDependencies);
  expect(wanting.length).toBeGreaterThan(3);
  expect(missing(lock)).toEqual([]);
});

it('asks for what package.json asks for, each in one place', () => {
  const root = lock.packages[''];
  const wanted = read('package.json') as Entry;
  for (const kind of kinds) expect(root?.[kind] ?? {}).toEqual(wanted[kind] ?? {});
  const names = kinds.flatMap((kind) => Object.keys(wanted[kind] ?? {}));
  expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([]);
});

it('a lock file made on one system alone is noticed', () => {
  const packages = { ...lock.packages };
  const name = 'node_modules/@biomejs/cli-darwin-arm64';
  expect(packages).toHaveProperty([name]);
  delete packages[name];
  expect(missing({ packages })).toEqual(['node_modules/@biomejs/biome: @biomejs/cli-darwin-arm64']);
});
