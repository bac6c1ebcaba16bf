// `npm run check`: lint, types, tests, and whether every claim has its test. `--list` prints the claims
// with their tests and runs nothing else.
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { proofs } from './proofs.mjs';

const project = fileURLToPath(new URL('../', import.meta.url));
const vitest = path.join(project, 'node_modules', 'vitest', 'vitest.mjs');

/** Full names of all tests that vitest collects, by file. */
function collected() {
  const args = [vitest, 'list', '--json'];
  // What runs with CI=true alone counts, too.
  const env = { ...process.env, CI: 'true' };
  const run = spawnSync(process.execPath, args, { cwd: project, env, encoding: 'utf8', maxBuffer: 1e8 });
  if (run.status !== 0) throw new Error(`vitest could not list the tests\n${run.stderr}${run.stdout}`);
  const byFile = new Map();
  for (const { name, file } of JSON.parse(run.stdout.slice(run.stdout.indexOf('[')))) {
    const relative = path.relative(project, file).split(path.sep).join('/');
    byFile.set(relative, [...(byFile.get(relative) ?? []), name]);
  }
  return byFile;
}

/** Prints each claim with its tests; gives how many are not proven. */
function listClaims() {
  const byFile = collected();
  let open = 0;
  for (const { claim, tests } of proofs) {
    console.log(claim);
    const missing = tests.filter(
      ({ file, name }) => !(byFile.get(file) ?? []).some((full) => full.includes(name)),
    );
    for (const test of tests) {
      console.log(`    ${missing.includes(test) ? 'NOT THERE ' : ''}${test.file} > ${test.name}`);
    }
    if (tests.length === 0) console.log('    NO TEST YET');
    if (tests.length === 0 || missing.length > 0) open += 1;
  }
  console.log(
    open === 0
      ? `\n${proofs.length} claims, all with tests`
      : `\n${open} of ${proofs.length} claims lack a test`,
  );
  return open;
}

/** Runs one npm script; its output is ours. */
function passes(script) {
  const start = performance.now();
  const { status } = spawnSync('npm', ['run', '--silent', script], { cwd: project, stdio: 'inherit' });
  console.log(
    `${script}: ${status === 0 ? 'passed' : 'FAILED'} in ${Math.round((performance.now() - start) / 1000)} s`,
  );
  return status === 0;
}

if (process.argv.includes('--list')) {
  process.exitCode = listClaims() === 0 ? 0 : 1;
} else {
  // All of them, so that one failure does not hide the next.
  const results = ['lint', 'types', 'test'].map(passes);
  process.exitCode = results.every(Boolean) && listClaims() === 0 ? 0 : 1;
}
