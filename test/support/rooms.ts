/** The design's rules of who may import whom and who may touch what, as a function from sources to breaches. */
import path from 'node:path';
import { parseSync } from 'vite';

/** A source file: its path under src, with `/`, and its text. */
export interface Source {
  file: string;
  text: string;
}

const verbs = ['open', 'edit', 'inspect', 'relay', 'fleet', 'demo'];

/** What the files of a room may import from src, besides the files of their own folder. */
const rooms: Readonly<Record<string, readonly string[]>> = {
  core: ['core'],
  io: ['core'],
  read: ['core', 'io'],
  dial: ['core', 'io', 'read'],
  supervisor: ['core'],
  carrier: ['core', 'io', 'dial'],
  open: ['core', 'io', 'read', 'dial', 'carrier', 'supervisor'],
  edit: ['core', 'io', 'read', 'dial', 'carrier', 'supervisor'],
  relay: ['core', 'io', 'read', 'dial', 'carrier', 'supervisor'],
  inspect: ['core', 'io', 'read', 'dial', 'carrier', 'supervisor'],
  fleet: ['core', 'io', 'read', 'dial', 'carrier', 'supervisor', 'open'],
  demo: ['core', 'io', 'read', 'dial', 'carrier', 'supervisor', 'open', 'edit'],
  cli: [...verbs, 'cli'],
  index: verbs,
  config: verbs,
  tcp: verbs,
};

/** Packages, each with the only unit that may import it. */
const packages: Readonly<Record<string, string>> = {
  ssh2: 'io/ssh',
  'ssh-config': 'io/ast',
  diff: 'io/diff',
  yargs: 'cli',
  'yargs-parser': 'cli',
  'fast-string-width': 'cli',
  koffi: 'io/socket',
  '@noble/ciphers': 'io/identity',
};

/** Files of src that may be longer than {@link longest}: tables of facts, by name. */
const tablesOfFacts: readonly string[] = [];
const longest = 400;

const timers = ['setTimeout', 'setInterval'];
const impure = ['Date', 'process', 'performance', 'globalThis', 'setImmediate', 'queueMicrotask', ...timers];
const vague = /^(utils?|helpers?|managers?|common)$/i;

/** `io/ssh/auth.ts` and `io/ssh.ts` are one unit, `io/ssh`: a file may become a folder of its name. */
function unitOf(file: string): string {
  const [first = '', second = ''] = file.split('/');
  const stem = (name: string) => name.replace(/\.[cm]?tsx?$/, '');
  return first === 'io' ? `io/${stem(second)}` : stem(first);
}

const roomOf = (file: string) => unitOf(file).split('/')[0] ?? '';

/** One node of the syntax tree: a type, a place, and children under any name. */
interface Node {
  type: string;
  start: number;
  [key: string]: unknown;
}

const isNode = (value: unknown): value is Node =>
  typeof value === 'object' && value !== null && 'type' in value && typeof value.type === 'string';

const childrenOf = (node: Node): [string, Node][] =>
  Object.entries(node).flatMap(([key, value]) =>
    (Array.isArray(value) ? value : [value]).filter(isNode).map((child): [string, Node] => [key, child]),
  );

/**
 * An import of any kind. `value` is false for `import type`, `now` is false for `import()` that runs later.
 * `import { type A }` is a value: with verbatimModuleSyntax it becomes `import {}`, which loads the file.
 */
export interface Import {
  target: string;
  value: boolean;
  now: boolean;
  at: number;
}

interface Read {
  imports: Import[];
  /** Names used as values or types, not as a property's name. */
  names: { name: string; at: number }[];
  /** Functions, classes, constants and types that the file declares and exports; overloads count once. */
  exports: Set<string>;
  /** `a.b` as text, where a is a name. */
  members: { text: string; property: string; at: number }[];
  waits: number[];
  problem: string | undefined;
}

const textOf = (node: unknown): string | undefined =>
  isNode(node) && typeof node.value === 'string' ? node.value : undefined;

const nameOf = (node: unknown) => (isNode(node) && typeof node.name === 'string' ? [node.name] : []);
const listed = (nodes: unknown) => (Array.isArray(nodes) ? nodes.filter(isNode) : []);

const importedNames = ({ specifiers }: Node): string[] =>
  listed(specifiers).flatMap(({ local }) => nameOf(local));

/** Of `export const a = 1, b = 2`, `export function f`, `export type T` and `export { a as b }`. */
function exportedNames({ declaration, specifiers }: Node): string[] {
  if (!isNode(declaration)) return listed(specifiers).flatMap(({ exported }) => nameOf(exported));
  if (declaration.type !== 'VariableDeclaration') return nameOf(declaration.id);
  return listed(declaration.declarations).flatMap(({ id }) => nameOf(id));
}

const readings = new WeakMap<Source, Read>();

/** What the rules speak of, read once from each source. */
function read(source: Source): Read {
  const reading = readings.get(source) ?? readAnew(source);
  readings.set(source, reading);
  return reading;
}

/** The parser is the one that vitest itself compiles with. */
function readAnew({ file, text }: Source): Read {
  const found: Read = {
    imports: [],
    names: [],
    exports: new Set(),
    members: [],
    waits: [],
    problem: undefined,
  };
  const parsed = parseSync(file, text);
  if (parsed.errors.length > 0) return { ...found, problem: parsed.errors[0]?.message ?? 'does not parse' };
  const imported = new Set<string>();
  const importOf = (source: unknown, at: number, value: boolean, now: boolean) => {
    // What is computed cannot be judged, so it is nobody's.
    found.imports.push({ target: textOf(source) ?? '(computed)', value, now, at });
  };
  const visit = (node: Node, key: string, parent: Node | undefined): void => {
    const at = node.start;
    switch (node.type) {
      case 'ImportDeclaration':
        importOf(node.source, at, node.importKind !== 'type', true);
        for (const name of importedNames(node)) imported.add(name);
        break;
      case 'ExportNamedDeclaration':
        if (isNode(node.source)) {
          importOf(node.source, at, node.exportKind !== 'type', true);
        } else {
          for (const name of exportedNames(node)) found.exports.add(name);
        }
        break;
      case 'ExportAllDeclaration':
        importOf(node.source, at, node.exportKind !== 'type', true);
        break;
      case 'ImportExpression':
        importOf(node.source, at, true, false);
        break;
      case 'TSImportType':
        importOf(node.source ?? node.argument, at, false, true);
        break;
      case 'TSExternalModuleReference':
        importOf(node.expression, at, true, true);
        break;
      case 'AwaitExpression':
        found.waits.push(at);
        break;
      case 'ForOfStatement':
        if (node.await === true) found.waits.push(at);
        break;
      case 'MemberExpression':
        if (isNode(node.property)) {
          const property = node.computed === true ? textOf(node.property) : node.property.name;
          const object = isNode(node.object) ? node.object.name : undefined;
          if (typeof property === 'string') {
            found.members.push({ text: `${String(object)}.${property}`, property, at });
          }
        }
        break;
      case 'Identifier': {
        const isProperty =
          (parent?.type === 'MemberExpression' && key === 'property' && parent.computed !== true) ||
          (key === 'key' && parent?.computed !== true && parent?.shorthand !== true) ||
          (parent?.type === 'TSQualifiedName' && key === 'right') ||
          key === 'imported' ||
          key === 'exported';
        if (!isProperty && typeof node.name === 'string') found.names.push({ name: node.name, at });
        break;
      }
    }
    if (node.async === true) found.waits.push(at);
    for (const [name, child] of childrenOf(node)) visit(child, name, node);
  };
  const program: unknown = parsed.program;
  if (isNode(program)) visit(program, 'program', undefined);
  for (const name of imported) found.exports.delete(name);
  return found;
}

/** The file of src that a relative import names, or undefined when it leaves src. */
function resolve(from: string, target: string): string | undefined {
  const joined = path.posix.join(path.posix.dirname(from), target.replace(/\.js$/, '.ts'));
  return joined.startsWith('..') ? undefined : joined;
}

function importBreach(file: string, { target }: Import): string | undefined {
  const unit = unitOf(file);
  const room = roomOf(file);
  if (target.startsWith('.')) {
    const to = resolve(file, target);
    if (to === undefined) return 'leaves src';
    if (!target.endsWith('.js')) return 'does not end in .js';
    // What several units need: of the system in io/base, of text in core/text, of times and failures.
    if (room === 'io' && unitOf(to) === 'io/base') return undefined;
    if (room === 'cli' && /^core\/(?:text\/|failure\.ts$|times\.ts$)/.test(to)) return undefined;
    if (unitOf(to) === unit || rooms[room]?.includes(roomOf(to)) === true) return undefined;
    return `${room} may not import ${unitOf(to)}`;
  }
  if (target.startsWith('node:')) {
    if (room !== 'io' && room !== 'cli') return `${room} may not import node:*`;
    if (/^node:timers(\/|$)/.test(target) && unit !== 'io/clock') return 'timers belong to io/clock.ts';
    // The environment is a thing outside the program too, and io/machine is its file.
    if (target === 'node:process' && (unit === 'io/machine' || unit === 'io/base')) return undefined;
    if (/^node:(process|console)$/.test(target) && room !== 'cli') return `only cli touches ${target}`;
    return undefined;
  }
  const owner = Object.entries(packages).find(
    ([name]) => target === name || target.startsWith(`${name}/`),
  )?.[1];
  if (owner === undefined) return 'is no package of ours';
  return owner === unit ? undefined : `only ${owner} may import it`;
}

function useBreaches(file: string, { names, members, waits }: Read): { what: string; at: number }[] {
  const room = roomOf(file);
  const mayTime = unitOf(file) === 'io/clock';
  const breaches: { what: string; at: number }[] = [];
  for (const { name, at } of names) {
    if (room === 'core' && impure.includes(name)) breaches.push({ what: `${name} in core`, at });
    else if (!mayTime && timers.includes(name)) breaches.push({ what: `${name} outside io/clock.ts`, at });
    else if (room !== 'cli' && (name === 'console' || name === 'process')) {
      breaches.push({ what: `${name} outside cli`, at });
    }
  }
  for (const { text, property, at } of members) {
    if (room === 'core' && text === 'Math.random') breaches.push({ what: `${text} in core`, at });
    if (!mayTime && (timers.includes(property) || text === 'AbortSignal.timeout')) {
      breaches.push({ what: `${text} outside io/clock.ts`, at });
    }
  }
  if (room === 'core') for (const at of waits) breaches.push({ what: 'async or await in core', at });
  return breaches;
}

/** Every breach, as `file:line: what`. Nothing is read from disk. */
export function breaches(sources: readonly Source[]): string[] {
  return sources.flatMap((source) => {
    const { file, text } = source;
    const lineOf = (at: number) => text.slice(0, at).split('\n').length;
    const found: string[] = [];
    const say = (at: number, what: string) => found.push(`${file}:${lineOf(at)}: ${what}`);
    if (rooms[roomOf(file)] === undefined) say(0, `${roomOf(file)} is no room of the design`);
    if (file.split('/').some((part) => part.split(/[-_.]/).some((word) => vague.test(word))))
      say(0, 'a vague name');
    const lines = text.trimEnd().split('\n').length;
    if (lines > longest && !tablesOfFacts.includes(file)) say(0, `${lines} lines, more than ${longest}`);
    const seen = read(source);
    if (seen.problem !== undefined) say(0, seen.problem);
    for (const one of seen.imports) {
      const what = importBreach(file, one);
      if (what !== undefined) say(one.at, `'${one.target}': ${what}`);
    }
    for (const { what, at } of useBreaches(file, seen)) say(at, what);
    return found;
  });
}

/** Everything that loading `entry` loads at once: files of src and other modules; types load nothing. */
export function loadedBy(entry: string, sources: readonly Source[]): Set<string> {
  const texts = new Map(sources.map((source) => [source.file, source]));
  const loaded = new Set<string>();
  const load = (file: string): void => {
    if (loaded.has(file)) return;
    loaded.add(file);
    const source = texts.get(file);
    if (source === undefined) return;
    for (const { target, value, now } of read(source).imports) {
      if (value && now) load(target.startsWith('.') ? (resolve(file, target) ?? target) : target);
    }
  };
  load(entry);
  return loaded;
}

/** Files that import each other, types and `import()` included: each circle as its files in order, and nothing else. */
export function circles(sources: readonly Source[]): string[][] {
  const files = new Set(sources.map(({ file }) => file));
  const importsOf = new Map<string, string[]>(
    sources.map((source) => [
      source.file,
      read(source)
        .imports.map(({ target }) => (target.startsWith('.') ? resolve(source.file, target) : undefined))
        .filter((target) => target !== undefined)
        .filter((target) => files.has(target)),
    ]),
  );
  const reachable = new Map(
    [...files].map((file) => {
      const found = new Set<string>();
      const open = [...(importsOf.get(file) ?? [])];
      for (let next = open.pop(); next !== undefined; next = open.pop()) {
        if (found.has(next)) continue;
        found.add(next);
        open.push(...(importsOf.get(next) ?? []));
      }
      return [file, found] as const;
    }),
  );
  const mutual = (a: string, b: string) =>
    reachable.get(a)?.has(b) === true && reachable.get(b)?.has(a) === true;
  const inCircles = [...files].filter((file) => mutual(file, file)).sort();
  return inCircles
    .map((file) => inCircles.filter((other) => mutual(file, other)))
    .filter((circle, at) => circle[0] === inCircles[at]);
}

/** Base names that several files have, save those that each folder of a command has. */
export function sharedFileNames(sources: readonly Source[]): string[] {
  const inCommand = /^cli\/[^/]+\/(?:index|options|report)\.ts$/;
  return repeated(
    sources.map(({ file }) => file).filter((file) => !inCommand.test(file)),
    path.posix.basename,
  );
}

/** Names by which several files export a function, class, constant or type of their own. */
export function sharedExports(sources: readonly Source[]): string[] {
  const exported = sources.flatMap((source) => [...read(source).exports]);
  return repeated(exported, (name) => name);
}

function repeated<T>(all: readonly T[], nameOf: (one: T) => string): string[] {
  const counts = new Map<string, number>();
  for (const one of all) counts.set(nameOf(one), (counts.get(nameOf(one)) ?? 0) + 1);
  return [...counts].flatMap(([name, count]) => (count > 1 ? [name] : [])).sort();
}
