/** The rooms of the design: who may import whom, and who may touch the clock, the process, the console. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import {
  breaches,
  circles,
  loadedBy,
  type Source,
  sharedExports,
  sharedFileNames,
} from '../support/rooms.js';

const src = fileURLToPath(new URL('../../src/', import.meta.url));

const sources: Source[] = readdirSync(src, { recursive: true, encoding: 'utf8' })
  .filter((file) => /\.[cm]?tsx?$/.test(file))
  .map((file) => ({
    file: file.split(path.sep).join('/'),
    text: readFileSync(path.join(src, file), 'utf8'),
  }));

describe('the sources', () => {
  it('are there', () => {
    expect(sources.map(({ file }) => file)).toContain('core/failure.ts');
  });

  it('keep to their rooms', () => {
    expect(breaches(sources)).toEqual([]);
  });

  /** To be opened: a circle that is gone is taken off this list. */
  const knownCircles: string[] = [];

  it('no files import each other, types included', () => {
    expect(circles(sources).map((circle) => circle.join(' '))).toEqual(knownCircles);
  });

  it('each file has a name of its own, but for those of a command', () => {
    expect(sharedFileNames(sources)).toEqual([]);
  });

  it('each exported function and type has a name of its own', () => {
    expect(sharedExports(sources)).toEqual([]);
  });

  it('holdfast/config loads no ssh2', () => {
    const loaded = loadedBy('config.ts', sources);
    expect(loaded).toContain('core/sshconfig/edit/planedits.ts');
    expect([...loaded].filter((one) => one === 'ssh2' || one.startsWith('io/ssh'))).toEqual([]);
  });

  it('holdfast loads what a tunnel needs, and nothing that lints, edits, looks or demonstrates', () => {
    const loaded = [...loadedBy('index.ts', sources)];
    expect(loaded).toEqual(
      expect.arrayContaining(['open.ts', 'supervisor.ts', 'core/tunnel/step.ts', 'ssh2']),
    );
    // `interval: 'auto'` loads the search for an interval, with what is known of routers.
    const other =
      /^(?:edit|inspect|relay|demo|cli|core\/doctor|core\/sshconfig\/(?:edit|lint|sshd)|core\/keepalive\/(?:middleboxes|probe|topics))\b|^open\/auto/;
    expect(loaded.filter((one) => other.test(one))).toEqual([]);
    expect(loaded.filter((one) => !one.endsWith('.ts') && !one.startsWith('node:'))).toEqual(['ssh2']);
  });

  it('holdfast/tcp loads no tunnel, no edit, and ssh2 only to probe', () => {
    const loaded = [...loadedBy('tcp.ts', sources)];
    expect(loaded).toEqual(expect.arrayContaining(['inspect/connectionlist.ts', 'inspect/probepath.ts']));
    const other = /^(?:open|edit|relay|demo|cli|carrier|supervisor|io\/ssh|ssh2|core\/tunnel\/step)\b/;
    expect(loaded.filter((one) => other.test(one))).toEqual([]);
  });

  it('run loads what reads the configuration, not what lints or edits it', () => {
    const loaded = [...loadedBy('cli/run/index.ts', sources)];
    expect(loaded).toContain('core/sshconfig/resolve/resolve.ts');
    expect(
      loaded.filter((one) => /^core\/sshconfig\/(lint|edit|sshd)\/|^(edit|open)\.ts$|^io\/ssh\//.test(one)),
    ).toEqual([]);
  });

  it.runIf(existsSync(path.join(src, 'cli/main.ts')))('the command loads a verb only when it runs', () => {
    const loaded = loadedBy('cli/main.ts', sources);
    const shared = ['core/failure.ts', 'core/text/reason.ts', 'core/times.ts'];
    const others = [...loaded].filter((one) => !one.startsWith('cli/') && one.endsWith('.ts'));
    expect(others.filter((one) => !shared.includes(one))).toEqual([]);
    expect([...loaded]).not.toContain('ssh2');
  });
});

describe('the checker catches', () => {
  const bad: [file: string, text: string, breach: string][] = [
    ['core/a.ts', `import fs from 'node:fs';`, 'core may not import node:*'],
    ['core/a.ts', `import { x } from '../io/ssh.js';`, 'core may not import io/ssh'],
    ['core/a.ts', `import type { X } from '../io/ssh.js';`, 'core may not import io/ssh'],
    ['core/a.ts', `export { x } from '../read.js';`, 'core may not import read'],
    ['core/a.ts', `export * from '../open.js';`, 'core may not import open'],
    ['core/a.ts', `export type { X } from '../../test/x.js';`, 'leaves src'],
    ['core/a.ts', `let x: import('../open.js').X;`, 'core may not import open'],
    ['core/a/b.ts', `import('../../open.js');`, 'core may not import open'],
    ['core/a.ts', `import x from 'ssh2';`, 'only io/ssh may import it'],
    ['core/a.ts', `import x from './b';`, 'does not end in .js'],
    ['core/a.ts', `new Date();`, 'Date in core'],
    ['core/a.ts', `Math.random();`, 'Math.random in core'],
    ['core/a.ts', `Math['random']();`, 'Math.random in core'],
    ['core/a.ts', `globalThis.Date.now();`, 'globalThis in core'],
    ['core/a.ts', `performance.now();`, 'performance in core'],
    ['core/a.ts', `const { env } = process;`, 'process in core'],
    ['core/a.ts', `const x = { process };`, 'process in core'],
    ['core/a.ts', `queueMicrotask(f);`, 'queueMicrotask in core'],
    ['core/a.ts', `setImmediate(f);`, 'setImmediate in core'],
    ['core/a.ts', `setTimeout(f);`, 'setTimeout in core'],
    ['core/a.ts', `const f = async () => 1;`, 'async or await in core'],
    ['core/a.ts', `class A { async f() {} }`, 'async or await in core'],
    ['core/a.ts', `await x;`, 'async or await in core'],
    ['core/a.ts', `export {}; for await (const x of y) {}`, 'async or await in core'],
    ['core/a.ts', `console.log(1);`, 'console outside cli'],
    ['io/a.ts', `import { x } from './b.js';`, 'io may not import io/b'],
    ['io/ssh/a.ts', `import { x } from '../trust.js';`, 'io may not import io/trust'],
    ['io/a.ts', `import('../cli/main.js');`, 'io may not import cli'],
    ['io/a.ts', `import 'ssh2';`, 'only io/ssh may import it'],
    ['io/a.ts', `import 'ssh2/lib/protocol/constants.js';`, 'only io/ssh may import it'],
    ['io/ssh.ts', `import 'ssh-config';`, 'only io/ast may import it'],
    ['io/a.ts', `import 'fs';`, 'is no package of ours'],
    ['io/a.ts', `import 'lodash';`, 'is no package of ours'],
    ['io/a.ts', 'import("ssh" + two);', '(computed)'],
    ['io/a.ts', `import x = require('ssh2');`, 'only io/ssh may import it'],
    ['io/a.ts', `setInterval(f, 1);`, 'setInterval outside io/clock.ts'],
    ['io/a.ts', `socket.setTimeout(1);`, 'socket.setTimeout outside io/clock.ts'],
    ['io/a.ts', `AbortSignal.timeout(1);`, 'AbortSignal.timeout outside io/clock.ts'],
    [
      'io/a.ts',
      `import { setTimeout as sleep } from 'node:timers/promises';`,
      'timers belong to io/clock.ts',
    ],
    ['io/a.ts', `process.env.HOME;`, 'process outside cli'],
    ['io/a.ts', `import { env } from 'node:process';`, 'only cli touches node:process'],
    ['read.ts', `import './dial.js';`, 'read may not import dial'],
    ['read.ts', `import 'node:fs';`, 'read may not import node:*'],
    ['dial/a.ts', `import '../supervisor.js';`, 'dial may not import supervisor'],
    ['supervisor.ts', `import './io/clock.js';`, 'supervisor may not import io/clock'],
    ['carrier.ts', `import './open.js';`, 'carrier may not import open'],
    ['carrier.ts', `import './read.js';`, 'carrier may not import read'],
    ['open.ts', `import './edit.js';`, 'open may not import edit'],
    ['open.ts', `import './fleet.js';`, 'open may not import fleet'],
    ['open.ts', `import './cli/main.js';`, 'open may not import cli'],
    ['open.ts', `import 'yargs';`, 'only cli may import it'],
    ['cli/run/index.ts', `import '../../core/prompt.js';`, 'cli may not import core'],
    ['cli/run/index.ts', `import '../../core/text.js';`, 'cli may not import core'],
    ['cli/run/index.ts', `import '../../io/base/a.js';`, 'cli may not import io/base'],
    ['io/base/a.ts', `import { x } from '../trust.js';`, 'io may not import io/trust'],
    ['cli/run/index.ts', `import type { X } from '../../core/prompt.js';`, 'cli may not import core'],
    ['cli/run/index.ts', `await import('../../io/ssh.js');`, 'cli may not import io/ssh'],
    ['cli/run/index.ts', `import 'ssh2';`, 'only io/ssh may import it'],
    ['cli/run/index.ts', `setTimeout(f, 1);`, 'setTimeout outside io/clock.ts'],
    ['index.ts', `export * from './core/failure.js';`, 'index may not import core'],
    ['config.ts', `export * from './cli/main.js';`, 'config may not import cli'],
    ['io/string-utils.ts', '', 'a vague name'],
    ['core/helpers/a.ts', '', 'a vague name'],
    ['core/manager.ts', '', 'a vague name'],
    ['common.ts', '', 'a vague name'],
    ['logic.ts', '', 'logic is no room of the design'],
    ['core/a.ts', 'const = ;', 'core/a.ts:1:'],
  ];
  it.each(bad)('%s: %s', (file, text, breach) => {
    expect(breaches([{ file, text }]).join('\n')).toContain(breach);
  });

  it('a file of 401 lines, not one of 400', () => {
    const file = 'core/a.ts';
    expect(breaches([{ file, text: 'x;\n'.repeat(401) }])).toEqual(['core/a.ts:1: 401 lines, more than 400']);
    expect(breaches([{ file, text: 'x;\n'.repeat(400) }])).toEqual([]);
  });

  it('names the file and the line', () => {
    expect(breaches([{ file: 'core/a.ts', text: `// one\n\nimport 'node:fs';` }])).toEqual([
      `core/a.ts:3: 'node:fs': core may not import node:*`,
    ]);
  });
});

describe('the checker lets pass', () => {
  const good: [file: string, text: string][] = [
    [
      'core/a.ts',
      `import { x } from './b/c.js'; const text = 'await new Date() process'; // setTimeout, Date`,
    ],
    [
      'core/a.ts',
      `const o = { process: 1, Date: 2 }; o.process; type T = { async: true }; 'await ' + o.Date;`,
    ],
    ['core/tunnel/a.ts', `import type { X } from '../failure.js'; export * from './b.js';`],
    [
      'io/ssh/a.ts',
      `import { Client } from 'ssh2'; import './b.js'; import '../ssh.js'; import '../../core/x.js';`,
    ],
    ['io/ssh.ts', `import 'ssh2/lib/protocol/constants.js'; import './ssh/a.js'; import 'node:net';`],
    ['io/ssh/b.ts', `import { x } from '../base/a.js'; import { y } from '../../core/text/a.js';`],
    ['cli/terminal/a.ts', `import { x } from '../../core/text/a.js';`],
    [
      'cli/command/a.ts',
      `import { x } from '../../core/failure.js'; import { y } from '../../core/times.js';`,
    ],
    ['io/ast.ts', `import 'ssh-config';`],
    ['io/a.ts', `const f = async () => { await x; setImmediate(g); queueMicrotask(g); };`],
    ['io/clock.ts', `import { setTimeout } from 'node:timers/promises'; setInterval(f, 1); new Date();`],
    [
      'dial/a.ts',
      `import './b.js'; import '../read.js'; import '../io/ssh.js'; import '../core/failure.js';`,
    ],
    ['dial.ts', `export * from './dial/a.js';`],
    ['fleet.ts', `import './open.js'; import './carrier.js'; import './supervisor.js';`],
    [
      'cli/run/index.ts',
      `import type { X } from '../open.js'; import('../open.js'); import './ask.js'; process.exit(1);`,
    ],
    [
      'cli/main.ts',
      `import yargs from 'yargs'; import { hideBin } from 'yargs/helpers'; console.log(1); import 'node:fs';`,
    ],
    ['index.ts', `export { openTunnel } from './open.js';`],
  ];
  it.each(good)('%s: %s', (file, text) => {
    expect(breaches([{ file, text }])).toEqual([]);
  });
});

it('what import each other: types, re-exports and import() too, and nothing on the way to them', () => {
  const files = (texts: Record<string, string>) =>
    Object.entries(texts).map(([file, text]) => ({ file, text }));
  const tree = files({
    'core/a.ts': `import type { B } from './b.js';`,
    'core/b.ts': `export { c } from './c/c.js';`,
    'core/c/c.ts': `import('../a.js');`,
    'core/d.ts': `import './a.js'; import './e.js';`,
    'core/e.ts': '',
    'io/f.ts': `import './f.js';`,
  });
  expect(circles(tree)).toEqual([['core/a.ts', 'core/b.ts', 'core/c/c.ts'], ['io/f.ts']]);
  expect(circles(tree.slice(1))).toEqual([['io/f.ts']]);
});

it('what shares a name: files outside of commands, and what they declare and export', () => {
  const named = (...names: string[]) => names.map((file) => ({ file, text: '' }));
  expect(sharedFileNames(named('cli/run/index.ts', 'cli/tcp/index.ts', 'index.ts', 'io/a.ts'))).toEqual([]);
  expect(sharedFileNames(named('io/a.ts', 'core/a.ts', 'cli/run/b.ts', 'cli/tcp/b.ts'))).toEqual([
    'a.ts',
    'b.ts',
  ]);
  const exporting = (...texts: string[]) =>
    sharedExports(texts.map((text, at) => ({ file: `io/${at}.ts`, text })));
  expect(exporting('export const a = 1, b = 2;', 'const b = 1; export { b };')).toEqual(['b']);
  expect(exporting('export type T = 1;', 'export interface T {}', 'interface U {}')).toEqual(['T']);
  expect(exporting('export function f(): void; export function f() {}', 'function f() {}')).toEqual([]);
  expect(exporting('export class C {}', `import { C } from './0.js'; export { C };`)).toEqual([]);
  expect(exporting('export class C {}', `export { C } from './0.js'; export * from './0.js';`)).toEqual([]);
});

it('what is loaded: values at once, not types, not what import() brings later', () => {
  const lives: Source[] = [
    { file: 'config.ts', text: `export { x } from './edit.js'; import type { T } from './open.js';` },
    {
      file: 'edit.ts',
      text: `import { type A } from './io/a.js'; import('./read.js');`,
    },
    { file: 'io/a.ts', text: `import 'ssh2';` },
    { file: 'read.ts', text: '' },
  ];
  expect([...loadedBy('config.ts', lives)]).toEqual(['config.ts', 'edit.ts', 'io/a.ts', 'ssh2']);
});
