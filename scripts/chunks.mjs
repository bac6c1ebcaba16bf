// Which modules share a file of the bundle. A program of many small files starts slowly, and one that loads what it does
// not run does, too: so modules that the same parts need stand together, and small groups join where that costs least.

/** What it costs to open one more file, in bytes of code read instead. */
const fileBytes = 12_000;

/**
 * @param {Map<string, { bytes: number, imports: string[], isEntry: boolean, isRoot: boolean }>} modules by id;
 *   `imports` are those at once; a root is what is loaded by itself, an entry a root with a file of its own
 * @returns {Map<string, string>} module -> the name of its chunk
 */
export function chunksOf(modules) {
  let groups = groupsBySet(modules, rootsOf(modules));
  for (;;) {
    const better = bestJoin(groups);
    if (better === null) return named(groups, modules);
    groups = better;
  }
}

/** Module -> the roots (entries, and what is imported later) that load it. */
function rootsOf(modules) {
  const roots = new Map([...modules.keys()].map((id) => [id, new Set()]));
  for (const [root, { isRoot }] of modules) {
    const open = isRoot ? [root] : [];
    for (let id = open.pop(); id !== undefined; id = open.pop()) {
      if (roots.get(id)?.has(root) ?? true) continue;
      roots.get(id).add(root);
      open.push(...modules.get(id).imports);
    }
  }
  return roots;
}

function groupsBySet(modules, roots) {
  const byKey = new Map();
  for (const [id, of] of roots) {
    if (modules.get(id).isEntry) continue;
    const key = [...of].sort().join('\n');
    const group = byKey.get(key) ?? { ids: [], bytes: 0, roots: of, uses: new Set() };
    byKey.set(key, group);
    group.ids.push(id);
    group.bytes += modules.get(id).bytes;
  }
  const groups = [...byKey.values()];
  const home = new Map(groups.flatMap((group) => group.ids.map((id) => [id, group])));
  for (const group of groups)
    for (const id of group.ids)
      for (const used of modules.get(id).imports)
        if (home.has(used) && home.get(used) !== group) group.uses.add(home.get(used));
  return groups;
}

/** The groups after the one join that saves most; null when none saves anything. */
function bestJoin(groups) {
  let best = null;
  for (const [index, a] of groups.entries())
    for (const b of groups.slice(index + 1)) {
      const saved = savedBy(a, b);
      if (saved > (best?.saved ?? 0) && !wouldCircle(a, b)) best = { saved, a, b };
    }
  if (best === null) return null;
  const { a, b } = best;
  const joined = {
    ids: [...a.ids, ...b.ids],
    bytes: a.bytes + b.bytes,
    roots: new Set([...a.roots, ...b.roots]),
    uses: new Set([...a.uses, ...b.uses].filter((used) => used !== a && used !== b)),
  };
  const rest = groups.filter((group) => group !== a && group !== b);
  for (const group of rest) {
    const had = group.uses.delete(a);
    if (group.uses.delete(b) || had) group.uses.add(joined);
  }
  return [...rest, joined];
}

/** Files not opened, less bytes read in vain, over all roots. */
function savedBy(a, b) {
  let saved = 0;
  for (const root of a.roots) saved += b.roots.has(root) ? fileBytes : -b.bytes;
  for (const root of b.roots) if (!a.roots.has(root)) saved -= a.bytes;
  return saved;
}

/** Whether one group reaches the other by way of a third: joined, they would import each other. */
function wouldCircle(a, b) {
  const reaches = (from, to) => {
    const seen = new Set();
    const open = [...from.uses].filter((used) => used !== to);
    for (let group = open.pop(); group !== undefined; group = open.pop()) {
      if (group === to) return true;
      if (seen.has(group)) continue;
      seen.add(group);
      open.push(...group.uses);
    }
    return false;
  };
  return reaches(a, b) || reaches(b, a);
}

/** A chunk is named by the file of its largest module, and its folder where the file is an index; entries stay alone. */
function named(groups, modules) {
  const taken = new Set();
  return new Map(
    groups.flatMap(({ ids }) => {
      const [largest = ''] = ids.toSorted((a, b) => modules.get(b).bytes - modules.get(a).bytes);
      const [, folder = '', base = ''] = /([^\\/]*)[\\/]([^\\/]*)\.\w+$/.exec(largest) ?? [];
      const wish = /^(?:index|options|report)$/.test(base) ? `${folder}-${base}` : base;
      let name = wish;
      for (let number = 2; taken.has(name); number++) name = `${wish}${number}`;
      taken.add(name);
      return ids.map((id) => [id, `parts/${name}`]);
    }),
  );
}
