// `npm run check`: lint, types and tests, all of them, so that one failure does not hide the next.
// `npm run check -- --list [words]`: what the tests prove, from their names; with words, the names that hold them.
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const project = fileURLToPath(new URL('../', import.meta.url));
const vitest = path.join(project, 'node_modules', 'vitest', 'vitest.mjs');

/** Each test that vitest collects, those of CI=true too: its file below test/, its suites and its own name. */
function collectTests() {
  const run = spawnSync(process.execPath, [vitest, 'list', '--json'], {
    cwd: project,
    env: { ...process.env, CI: 'true' },
    encoding: 'utf8',
    maxBuffer: 1e8,
  });
  if (run.status !== 0) throw new Error(`vitest could not list the tests\n${run.stderr}${run.stdout}`);
  return JSON.parse(run.stdout.slice(run.stdout.indexOf('['))).map(({ name, file }) => [
    path.relative(path.join(project, 'test'), file).split(path.sep).join('/'),
    ...name.split(' > '),
  ]);
}

/** One line for each file, suite and test, each below what it belongs to. */
function printTests(words) {
  const tests = collectTests().filter((names) => names.join(' > ').includes(words));
  let above = [];
  for (const names of tests) {
    const same = names.findIndex((name, depth) => name !== above[depth]);
    names.slice(same).forEach((name, depth) => {
      console.log(`${'  '.repeat(same + depth)}${name}`);
    });
    above = names;
  }
  console.log(`\n${tests.length} tests`);
  return tests.length > 0;
}

/** Runs one npm script; its output is ours. */
function passes(script) {
  const start = performance.now();
  const { status } = spawnSync('npm', ['run', '--silent', script], { cwd: project, stdio: 'inherit' });
  const seconds = Math.round((performance.now() - start) / 1000);
  console.log(`${script}: ${status === 0 ? 'passed' : 'FAILED'} in ${seconds} s`);
  return status === 0;
}

const [list, ...words] = process.argv.slice(2);
const passed =
  list === '--list' ? printTests(words.join(' ')) : ['lint', 'types', 'test'].map(passes).every(Boolean);
process.exitCode = passed ? 0 : 1;
