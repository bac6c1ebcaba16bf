// Makes dist: tsc turns each source into a module and its declarations (.cache/modules), rolldown makes of these the few files
// that are shipped, where each command loads what it runs. Comments go; names and lines stay, for stack traces.
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';
import { chunksOf } from './chunks.mjs';
import { bundleTypes } from './types.mjs';

const project = fileURLToPath(new URL('../', import.meta.url));
const modules = path.join(project, '.cache', 'modules');
const dist = path.join(project, 'dist');
const doors = ['index', 'config', 'tcp'];
const entries = [...doors, 'cli/main', 'cli/start'];

/** Packages that stay packages: with native parts, or whose own types a door shows. */
const external = [/^node:/, 'ssh2', 'koffi', 'bcrypt-pbkdf', 'ssh-config'];

compile();
const bundle = await write();
for (const [file, text] of bundleTypes(modules, doors)) writeFileSync(path.join(dist, file), text);
writeFileSync(path.join(dist, 'licenses.txt'), licences(bundle));

function compile() {
  rmSync(modules, { recursive: true, force: true });
  const tsc = path.join(project, 'node_modules', 'typescript', 'bin', 'tsc');
  const args = [tsc, '-p', path.join(project, 'tsconfig.build.json')];
  const { status } = spawnSync(process.execPath, args, { stdio: 'inherit' });
  if (status !== 0) process.exit(1);
}

async function write() {
  /** By id: what a module is made of. */
  const graph = new Map();
  let chunks = new Map();
  const bundle = await rolldown({
    input: Object.fromEntries(entries.map((name) => [name, path.join(modules, `${name}.js`)])),
    external,
    platform: 'node',
    preserveEntrySignatures: 'allow-extension',
    checks: { ineffectiveDynamicImport: false },
    plugins: [
      {
        name: 'graph',
        buildEnd() {
          const infos = [...this.getModuleIds()].map((id) => this.getModuleInfo(id));
          const later = new Set(infos.flatMap(({ dynamicallyImportedIds }) => dynamicallyImportedIds));
          for (const { id, code, importedIds, isEntry } of infos)
            if (code !== null)
              graph.set(id, {
                bytes: code.length,
                imports: importedIds,
                isEntry,
                isRoot: isEntry || later.has(id),
              });
          chunks = chunksOf(graph);
        },
      },
    ],
  });
  const { output } = await bundle.write({
    dir: dist,
    cleanDir: true,
    format: 'esm',
    comments: false,
    chunkFileNames: '[name].js',
    codeSplitting: {
      includeDependenciesRecursively: false,
      groups: [{ debugName: 'parts', name: (id) => chunks.get(id) ?? null }],
    },
  });
  await bundle.close();
  return output;
}

/** The licences of the packages whose code is in the bundle. */
function licences(output) {
  const folders = output
    .flatMap((chunk) => Object.keys(chunk.modules ?? {}))
    .flatMap((id) => /^.*[\\/]node_modules[\\/](?:@[^\\/]+[\\/])?[^\\/]+/.exec(id) ?? []);
  const texts = [...new Set(folders)].sort().map((folder) => {
    const { name, version, license } = JSON.parse(readFileSync(path.join(folder, 'package.json'), 'utf8'));
    const file = readdirSync(folder).find((one) => /^licen[cs]e/i.test(one));
    if (file === undefined) throw new Error(`${folder}: no licence text`);
    return `${name} ${version} (${license})\n\n${readFileSync(path.join(folder, file), 'utf8').trim()}\n`;
  });
  return `Files of this folder contain code of these packages.\n\n${texts.join(`\n${'-'.repeat(78)}\n\n`)}`;
}
