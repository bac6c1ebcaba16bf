/**
 * `npm run bench:config`: how long a large configuration takes, by the package as people install it, beside `ssh -G` on
 * the same files. Prints a Markdown table and writes nothing.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { cpus, release, totalmem, type } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { it } from 'vitest';
import { scratch } from '../support/guard.js';
import { plainEnv } from '../support/holdfast.js';
import { fileCount, hostCount, layLargeConfig, optionCount } from '../support/largeconfig.js';
import { program } from '../support/parts.js';
import { here } from '../support/place.js';

const project = fileURLToPath(new URL('../../', import.meta.url));
const runs = 9;

const env = Object.fromEntries(
  Object.entries(plainEnv()).filter(
    ([name]) => !/^npm_(config_(?!cache|registry|userconfig)|lifecycle|package)/i.test(name),
  ),
);

/** The tarball in an empty folder, as `npm install holdfast` leaves it. */
async function install(dir: string): Promise<void> {
  const npm = (cwd: string, ...args: readonly string[]) =>
    here.must('npm', args, { cwd, env, timeoutMs: 180_000 });
  const told = await npm(project, 'pack', '--json', '--ignore-scripts', '--pack-destination', dir);
  const [packed] = JSON.parse(told) as { filename: string }[];
  writeFileSync(path.join(dir, 'package.json'), '{ "private": true }\n');
  const tarball = path.join(dir, packed?.filename ?? '');
  const quiet = ['--ignore-scripts', '--prefer-offline', '--no-audit', '--no-fund'];
  await npm(dir, 'install', ...quiet, tarball);
}

/** Asked of the installed package. */
const verbs: Readonly<Record<string, { readonly code: string; readonly runs: number }>> = {
  'resolve(host)': { code: 'config.resolve(host, options)', runs },
  'explain(host)': { code: 'config.explain(host, options)', runs },
  'lint()': { code: 'config.lint(options)', runs },
  [`listHosts(), all ${hostCount.toLocaleString('en')}`]: { code: 'config.listHosts(options)', runs: 1 },
};

/** Milliseconds in a process of its own: the first call, and the median of those after it; the import apart. */
async function ask(dir: string, code: string, warm: number, configFile: string) {
  const text = `
    const startedAt = performance.now();
    const config = await import('holdfast/config');
    const importedAt = performance.now();
    const host = 'host${hostCount - 1}';
    const options = { configFile: ${JSON.stringify(configFile)} };
    await ${code};
    const cold = performance.now() - importedAt;
    const warm = [];
    for (let run = 0; run < ${warm}; run += 1) {
      const at = performance.now();
      await ${code};
      warm.push(performance.now() - at);
    }
    console.log(JSON.stringify({ loaded: importedAt - startedAt, cold, warm }));`;
  const said = await here.must(process.execPath, ['--input-type=module', '--eval', text], {
    cwd: dir,
    env,
    timeoutMs: 300_000,
  });
  return JSON.parse(said) as { loaded: number; cold: number; warm: number[] };
}

function spread(times: readonly number[]): string {
  const sorted = [...times].sort((a, b) => a - b);
  const [min, median, max] = [0, Math.floor(sorted.length / 2), sorted.length - 1].map((at) =>
    (sorted[at] ?? Number.NaN).toFixed(0),
  );
  return times.length === 0 ? '-' : times.length === 1 ? `${median}` : `${min} / ${median} / ${max}`;
}

async function whole(
  command: string,
  argsOf: (run: number) => readonly string[],
  dir: string,
): Promise<number[]> {
  const times: number[] = [];
  for (let run = 0; run < runs; run += 1) {
    const startedAt = performance.now();
    const its = { ...env, XDG_STATE_HOME: path.join(dir, 'state') };
    await here.must(command, argsOf(run), { cwd: dir, env: its, timeoutMs: 60_000 });
    times.push(performance.now() - startedAt);
  }
  return times;
}

async function machine(): Promise<string[]> {
  const { version } = JSON.parse(readFileSync(path.join(project, 'package.json'), 'utf8')) as {
    version: string;
  };
  const { stderr } = await here.exec(program('ssh'), ['-V']);
  const [cpu] = cpus();
  return [
    `- Date: ${new Date().toISOString().slice(0, 10)}`,
    `- Machine: ${cpus().length} x ${cpu?.model.trim() ?? 'unknown'}, ${Math.round(totalmem() / 2 ** 30)} GiB, ${type()} ${release().split('-')[0]}`,
    `- Versions: holdfast ${version}, Node ${process.version}, ${stderr.trim().split(',')[0]}`,
  ];
}

it('config', async () => {
  const { dir, remove } = scratch('benchconfig');
  try {
    await install(dir);
    const { inFiles: config, inOne } = layLargeConfig(dir);
    const rows: string[] = [];
    const loaded: number[] = [];
    for (const [name, { code, runs: times }] of Object.entries(verbs)) {
      const cold: number[] = [];
      let warm: readonly number[] = [];
      for (let run = 0; run < times; run += 1) {
        const figures = await ask(dir, code, run === times - 1 && times > 1 ? runs : 0, config);
        cold.push(figures.cold);
        loaded.push(figures.loaded);
        warm = figures.warm;
      }
      rows.push(`| \`${name}\` | ${spread(cold)} | ${spread(warm)} |`);
    }
    const host = `host${hostCount - 1}`;
    const bin = path.join(dir, 'node_modules', 'holdfast', 'bin', 'holdfast.js');
    const processes: readonly [name: string, command: string, argsOf: (run: number) => readonly string[]][] =
      [
        [
          '`holdfast config effective`',
          process.execPath,
          () => [bin, 'config', 'effective', '-F', config, host],
        ],
        ['`ssh -G`', program('ssh'), () => ['-F', config, '-G', host]],
        [
          '`holdfast config set`, all hosts in one file',
          process.execPath,
          (run) => [bin, 'config', 'set', '-F', inOne, host, 'Port', String(3_000 + run)],
        ],
        ['`ssh -G`, all hosts in one file', program('ssh'), () => ['-F', inOne, '-G', host]],
        ['`node -e 0`', process.execPath, () => ['-e', '0']],
      ];
    for (const [name, command, argsOf] of processes) {
      rows.push(`| ${name}, the whole process | ${spread(await whole(command, argsOf, dir))} | - |`);
    }
    const lines = [
      '## A large configuration',
      '',
      ...(await machine()),
      `- Files: ${hostCount.toLocaleString('en')} hosts of ${optionCount} options in ${fileCount} included files; the last host is asked for`,
      '',
      'Milliseconds, minimum / median / maximum. The package is installed from its tarball. Cold: the first call of a',
      `process, ${runs} processes; loading the module comes before it (${spread(loaded)}). Warm: ${runs} calls after it.`,
      '',
      '| asked | cold | warm |',
      '| --- | --- | --- |',
      ...rows,
    ];
    process.stdout.write(`\n${lines.join('\n')}\n`);
  } finally {
    remove();
  }
});
