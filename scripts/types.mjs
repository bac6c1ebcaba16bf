// The declarations of the doors: what tsc writes, one file per source, becomes one file that has what can be reached from
// a door's list, and one short list per door. Nothing else of the project has types for its users.
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { parseAst } from 'rolldown/parseAst';

/**
 * @param {string} folder of tsc's output
 * @param {readonly string[]} doors without suffix: `index`
 * @returns {Map<string, string>} file name -> text
 */
export function bundleTypes(folder, doors) {
  const modules = new Map();
  const moduleOf = (file) => {
    if (!modules.has(file)) modules.set(file, readModule(file));
    return modules.get(file);
  };
  /** Key of a declaration -> the name that it has in the one file. */
  const names = new Map();
  const taken = new Set();
  const externals = new Map();
  const open = [];

  /** The name in the one file of what `local` means in `file`; null for what is not declared there: a global. */
  const nameOf = (file, local) => {
    const found = declarationOf(file, local);
    if (found === null) return null;
    const key = `${found.file}#${found.name}`;
    if (!names.has(key)) {
      let name = found.name;
      for (let number = 2; taken.has(name); number++) name = `${found.name}${number}`;
      taken.add(name);
      names.set(key, name);
      if (found.isExternal) externals.set(key, { ...found, as: name });
      else open.push({ ...found, as: name });
    }
    return names.get(key);
  };

  const declarationOf = (file, local) => {
    const { declared, imported } = moduleOf(file);
    if (declared.has(local)) return { file, name: local };
    const from = imported.get(local);
    if (from === undefined) return null;
    return from.module.startsWith('.') ? exportOf(resolved(file, from.module), from.name) : external(from);
  };

  const exportOf = (file, name) => {
    const { exported, allFrom } = moduleOf(file);
    const found = exported.get(name);
    if (found?.module !== undefined) return exportOf(resolved(file, found.module), found.name);
    if (found !== undefined) return declarationOf(file, found.name);
    for (const module of allFrom)
      if (allNames(resolved(file, module)).has(name)) return exportOf(resolved(file, module), name);
    throw new Error(`${file}: no export ${name}`);
  };

  const allNames = (file) => {
    const { exported, allFrom } = moduleOf(file);
    return new Set([
      ...exported.keys(),
      ...allFrom.flatMap((module) => [...allNames(resolved(file, module))]),
    ]);
  };

  const files = new Map();
  const shared = new Set();
  for (const door of doors) {
    const file = path.join(folder, `${door}.d.ts`);
    const list = [...allNames(file)].sort().map((name) => {
      const found = exportOf(file, name);
      const as = nameOf(found.file, found.name);
      shared.add(as);
      const isType = moduleOf(found.file).declared.get(found.name).every(isTypeOnly);
      return `  ${isType ? 'type ' : ''}${as === name ? name : `${as} as ${name}`},\n`;
    });
    files.set(`${door}.d.ts`, `export {\n${list.join('')}} from './types.js';\n`);
  }

  const texts = [];
  for (let next = open.shift(); next !== undefined; next = open.shift()) {
    const module = moduleOf(next.file);
    for (const statement of module.declared.get(next.name))
      texts.push(declarationText(module.text, statement, next, (local) => nameOf(next.file, local)));
  }
  const imports = [...externals.values()].map(({ module, name, as }) =>
    name === 'default'
      ? `import type ${as} from '${module}';\n`
      : `import type { ${name === as ? name : `${name} as ${as}`} } from '${module}';\n`,
  );
  const list = [...shared].sort().map((name) => `  ${name},\n`);
  files.set('types.d.ts', `${imports.join('')}${texts.join('')}export {\n${list.join('')}};\n`);
  return files;
}

const external = ({ module, name, local }) => ({
  file: module,
  module,
  name: name === 'default' ? local : name,
  isExternal: true,
});

const resolved = (from, module) => path.join(path.dirname(from), module).replace(/\.js$/, '.d.ts');

const isTypeOnly = ({ type }) => type === 'TSInterfaceDeclaration' || type === 'TSTypeAliasDeclaration';

function readModule(file) {
  const text = readFileSync(file, 'utf8');
  const declared = new Map();
  const imported = new Map();
  const exported = new Map();
  const allFrom = [];
  for (const statement of parseAst(text, { lang: 'dts' }).body) {
    const module = statement.source?.value;
    if (statement.type === 'ImportDeclaration') {
      for (const { type, local, imported: name } of statement.specifiers) {
        if (type === 'ImportNamespaceSpecifier') throw new Error(`${file}: import * has no place in types`);
        const from = { module, name: name?.name ?? 'default', local: local.name };
        imported.set(local.name, from);
      }
    } else if (statement.type === 'ExportAllDeclaration') allFrom.push(module);
    else {
      for (const { local, exported: as } of statement.specifiers ?? [])
        exported.set(as.name, { module, name: local.name });
      const declaration = statement.type === 'ExportNamedDeclaration' ? statement.declaration : statement;
      if (declaration === null) continue;
      for (const { id } of declaration.declarations ?? [declaration]) {
        declared.set(id.name, [...(declared.get(id.name) ?? []), declaration]);
        if (statement !== declaration) exported.set(id.name, { name: id.name });
      }
    }
  }
  return { text, declared, imported, exported, allFrom };
}

/** A declaration with the comment above it, in the names of the one file. */
function declarationText(text, declaration, { name, as }, nameOf) {
  const edits = [];
  if (as !== name) {
    for (const { id } of declaration.declarations ?? [declaration])
      edits.push({ ...span(id, name), text: as });
  }
  for (const reference of references(declaration)) {
    const { start, end, local } = reference;
    const other = nameOf(local);
    if (other !== null && other !== local) edits.push({ start, end, text: other });
  }
  let changed = text.slice(declaration.start, declaration.end);
  for (const edit of edits.sort((a, b) => b.start - a.start)) {
    const [start, end] = [edit.start - declaration.start, edit.end - declaration.start];
    changed = changed.slice(0, start) + edit.text + changed.slice(end);
  }
  const comment = /\/\*\*(?:[^*]|\*(?!\/))*\*\/\s*(?:export\s+)?$/.exec(text.slice(0, declaration.start));
  return `${comment === null ? '' : comment[0].replace(/\s*(?:export\s+)?$/, '\n')}${changed}\n`;
}

const span = ({ start }, name) => ({ start, end: start + name.length });

/** The names of other declarations that a declaration is made of. */
function references(declaration) {
  const found = [];
  const own = new Set();
  const visit = (node) => {
    if (Array.isArray(node)) return node.forEach(visit);
    if (!(node instanceof Object) || typeof node.type !== 'string') return;
    if (node.type === 'TSImportType')
      throw new Error(`types name a module: ${JSON.stringify(node.source.value)}`);
    if (node.type === 'TSTypeParameter') own.add(node.name.name);
    const named = node.typeName ?? node.exprName ?? node.superClass ?? heritage(node) ?? computedKey(node);
    const first = named && leftmost(named);
    if (first?.type === 'Identifier') found.push({ ...span(first, first.name), local: first.name });
    for (const [key, value] of Object.entries(node)) if (key !== 'parent') visit(value);
  };
  visit(declaration);
  return found.filter(({ local }) => !own.has(local));
}

const heritage = (node) =>
  /^TS(?:InterfaceHeritage|ClassImplements)$/.test(node.type) ? node.expression : null;

const computedKey = (node) => (node.computed === true ? node.key : null);

function leftmost(node) {
  let first = node;
  while (first.type === 'TSQualifiedName' || first.type === 'MemberExpression')
    first = first.left ?? first.object;
  return first;
}
