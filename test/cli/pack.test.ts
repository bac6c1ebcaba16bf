/** The tarball that `npm pack` makes, installed in an empty folder: what people get. */
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { scratch } from '../support/guard.js';
import { plainEnv } from '../support/holdfast.js';
import { type Finished, here } from '../support/place.js';

const project = fileURLToPath(new URL('../../', import.meta.url));

interface Packed {
  readonly filename: string;
  readonly files: readonly { readonly path: string }[];
}

describe('the package', () => {
  const { dir, remove } = scratch('pack');
  const home = path.join(dir, 'node_modules');
  let packed: Packed | undefined;

  // npm of a test sees nothing of the npm that started the tests.
  const env = Object.fromEntries(
    Object.entries(plainEnv()).filter(
      ([name]) => !/^npm_(config_(?!cache|registry|userconfig)|lifecycle|package)/i.test(name),
    ),
  );
  const npm = (cwd: string, ...args: readonly string[]) =>
    here.must('npm', args, { cwd, env, timeoutMs: 120_000 });
  const node = (...args: readonly string[]): Promise<Finished> =>
    here.exec(process.execPath, args, { cwd: dir, env });
  const imports = (code: string) => node('--input-type=module', '--eval', code);

  beforeAll(async () => {
    // Without scripts: `npm test` has built dist, and other tests use it at this moment.
    const told = await npm(project, 'pack', '--json', '--ignore-scripts', '--pack-destination', dir);
    [packed] = JSON.parse(told) as Packed[];
    writeFileSync(path.join(dir, 'package.json'), '{ "private": true }\n');
    await npm(
      dir,
      'install',
      '--ignore-scripts',
      '--prefer-offline',
      '--no-audit',
      '--no-fund',
      path.join(dir, packed?.filename ?? ''),
    );
  }, 180_000);
  afterAll(remove);

  it('holds what runs and what is read, and nothing else', () => {
    const files = packed?.files.map((file) => file.path) ?? [];
    for (const file of [
      'bin/holdfast.js',
      'dist/index.js',
      'dist/index.d.ts',
      'dist/config.js',
      'dist/config.d.ts',
      'dist/tcp.js',
      'dist/tcp.d.ts',
      'dist/licenses.txt',
      'README.md',
      'LICENSE',
      'CHANGELOG.md',
      'examples/database.mjs',
    ])
      expect(files).toContain(file);
    const tops = new Set(files.map((file) => file.split('/')[0]));
    expect([...tops].sort()).toEqual(
      ['CHANGELOG.md', 'LICENSE', 'README.md', 'bin', 'dist', 'docs', 'examples', 'package.json'].sort(),
    );
  });

  it('npx holdfast --help works, and so do --version and run --help', async () => {
    const npx = (...args: string[]) => npm(dir, 'exec', '--offline', '--', 'holdfast', ...args);
    expect(await npx('--help')).toMatch(/run[\s\S]*demo/);
    const { version } = JSON.parse(readFileSync(path.join(project, 'package.json'), 'utf8')) as {
      version: string;
    };
    expect((await npx('--version')).trim()).toBe(version);
    expect(await npx('run', '--help')).toContain('--hold TIME');
  });

  it('each door can be imported', async () => {
    const { code, stdout, stderr } = await imports(`
      import * as door from 'holdfast';
      import * as config from 'holdfast/config';
      import * as tcp from 'holdfast/tcp';
      const tunnel = door.openTunnel({ host: '' });
      const { ok, failure } = await tunnel.done;
      console.log(ok, failure.kind, door.exitCode({ ok, failure }), typeof config.resolve, typeof tcp.probe);
      console.log(Object.keys(door).join(' '));`);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout.trim().split('\n')).toEqual([
      'false usage 2 function function',
      'FailureError exitCode openTunnel',
    ]);
  });

  it('the types are complete: a strict program compiles against them', async () => {
    writeFileSync(
      path.join(dir, 'program.mts'),
      `import { openTunnel, type Notice, type Tunnel } from 'holdfast';
import * as config from 'holdfast/config';
import * as tcp from 'holdfast/tcp';
const notices: Notice[] = [];
const tunnel: Tunnel = openTunnel({ host: 'db', forwards: [{ local: '0:db:5432' }], onNotice: (n) => notices.push(n) });
export const port: number | null | undefined = tunnel.snapshot().forwards[0]?.port;
// @ts-expect-error a host is needed
openTunnel({});
export type Doors = typeof config & typeof tcp;
`,
    );
    const tsc = path.join(project, 'node_modules', 'typescript', 'bin', 'tsc');
    const types = ['--typeRoots', path.join(project, 'node_modules', '@types'), '--types', 'node'];
    const { code, stdout } = await node(
      tsc,
      ...['--noEmit', '--strict', '--module', 'nodenext', '--target', 'es2023'],
      ...['--lib', 'es2023,esnext.disposable', ...types, 'program.mts'],
    );
    expect({ code, stdout }).toEqual({ code: 0, stdout: '' });
  });

  it('what functions give can be named in parts: a program that writes declarations compiles', async () => {
    writeFileSync(
      path.join(dir, 'parts.mts'),
      `import type * as holdfast from 'holdfast';
import type * as files from 'holdfast/config';
import type * as tcp from 'holdfast/tcp';
type Given<F extends (...words: never[]) => unknown> = Awaited<ReturnType<F>>;
declare const times: Given<typeof tcp.tcpTimes>, list: Given<typeof tcp.tcpConnections>;
declare const report: Given<typeof tcp.doctor>, set: Given<typeof tcp.setTcpTimes>;
declare const host: Given<typeof tcp.tcpHostTimes>, probed: Given<typeof tcp.probe>;
declare const options: holdfast.TunnelOptions, why: Given<typeof files.explain>;
declare const heartbeats: Given<typeof files.setKeepalive>;
export const [detection, value, info, conflicts] =
  [times.detection, times.values[0], list.connections[0]?.info, set.conflicts] as const;
export const { kernel, config, server, path, death, triage, findings } = report;
export const { contact, hops, nat, step, measured, relay } = report.path!;
export const counted = list.times, through = host.relay, heartbeat = host.heartbeat, own = server.own;
export const bounds = probed.directions, keepalive = options.tcpKeepalive, option = why.options[0];
export const beats = heartbeats.heartbeats;
`,
    );
    const tsc = path.join(project, 'node_modules', 'typescript', 'bin', 'tsc');
    const types = ['--typeRoots', path.join(project, 'node_modules', '@types'), '--types', 'node'];
    const { code, stdout } = await node(
      tsc,
      ...['--declaration', '--emitDeclarationOnly', '--outDir', 'out', '--strict'],
      ...['--module', 'nodenext', '--target', 'es2023'],
      ...['--lib', 'es2023,esnext.disposable', ...types, 'parts.mts'],
    );
    expect({ code, stdout }).toEqual({ code: 0, stdout: '' });
  });

  it('holdfast/config and holdfast/tcp need no ssh2', async () => {
    const ssh2 = path.join(home, 'ssh2');
    renameSync(ssh2, `${ssh2}-away`);
    try {
      const without = await imports(`await import('holdfast/config'); await import('holdfast/tcp');`);
      expect(without).toMatchObject({ code: 0, stderr: '' });
      // Where ssh2 is needed, its absence shows.
      const other = await imports(`await import('holdfast');`);
      expect(other.code).not.toBe(0);
      expect(other.stderr).toContain("Cannot find package 'ssh2'");
    } finally {
      renameSync(`${ssh2}-away`, ssh2);
    }
  });
});
