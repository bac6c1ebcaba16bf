import type { Section } from '../resolve/resolvedconfig.js';

/** Stretches of lines as they stand in the files: an included file stands where its Include does. */
export function inFileOrder(sections: readonly Section[]): readonly Section[] {
  const order = new Order();
  return sections
    .map((section) => ({ section, path: order.path(section) }))
    .sort((a, b) => compared(a.path, b.path))
    .map(({ section }) => section);
}

/** Where a stretch of lines stands: an included file stands where its Include does. */
class Order {
  readonly #numbers = new Map<string, number>();

  path({ source, from }: Section): readonly number[] {
    const path: number[] = [];
    let key = source.kind as string;
    const files = [...source.includes.map(({ file }) => file), source.file];
    files.forEach((file, depth) => {
      key = `${key}\0${file}`;
      path.push(this.#number(key));
      const site = source.includes[depth];
      if (!site) return;
      key = `${key}\0${site.line}`;
      path.push(site.line);
    });
    return [...path, from + 1];
  }

  #number(key: string): number {
    const known = this.#numbers.get(key);
    if (known !== undefined) return known;
    this.#numbers.set(key, this.#numbers.size);
    return this.#numbers.size - 1;
  }
}

function compared(a: readonly number[], b: readonly number[]): number {
  for (let at = 0; at < Math.min(a.length, b.length); at += 1) {
    const difference = (a[at] ?? 0) - (b[at] ?? 0);
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}
