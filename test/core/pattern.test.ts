import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { lowerCase, matchPattern, matchPatterns } from '../../src/core/text/pattern.js';

/** The definition, word for word: slow, and obviously right. */
function reference(text: string, pattern: string): boolean {
  let places = new Set([0]);
  for (const sign of pattern) {
    const next = new Set<number>();
    for (const place of places) {
      if (sign === '*') for (let to = place; to <= text.length; to += 1) next.add(to);
      else if (place < text.length && (sign === '?' || sign === text[place])) next.add(place + 1);
    }
    places = next;
  }
  return places.has(text.length);
}

describe('a pattern', () => {
  it.each([
    ['', '', true],
    ['', '*', true],
    ['', '?', false],
    ['a', '', false],
    ['db.example.com', '*.example.com', true],
    ['example.com', '*.example.com', false],
    ['192.168.0.7', '192.168.0.?', true],
    ['192.168.0.77', '192.168.0.?', false],
    ['[db]:2222', '[db]:2222', true],
    ['[db]:2222', '[*]:2222', true],
    ['d', '[db]', false],
    ['abcabd', '*abd', true],
    ['a+b', 'a+b', true],
    ['axb', 'a.b', false],
    ['DB', 'db', false],
    ['db', '**', true],
    ['db', 'db***', true],
    ['db', '?*?', true],
    ['d', '?*?', false],
  ])('%j against %j: %j', (text, pattern, expected) => {
    expect(matchPattern(text, pattern)).toBe(expected);
  });

  it('agrees with the definition', () => {
    const text = fc.string({ unit: fc.constantFrom('a', 'b', '.'), maxLength: 12 });
    const pattern = fc.string({ unit: fc.constantFrom('a', 'b', '.', '*', '?'), maxLength: 10 });
    fc.assert(
      fc.property(text, pattern, (t, p) => matchPattern(t, p) === reference(t, p)),
      { numRuns: 5_000 },
    );
  });

  it('takes at most text x pattern steps, however many stars there are', () => {
    // Backtracking over every star would need more steps than there are atoms; this must simply come to an end.
    for (const pattern of ['*a'.repeat(5_000), `${'*a'.repeat(5_000)}*b`, `${'*?'.repeat(5_000)}b`]) {
      expect(matchPattern('a'.repeat(5_000), pattern)).toBe(!pattern.endsWith('b'));
    }
    expect(stepsOf('a'.repeat(2_000), `${'*a'.repeat(1_000)}b`)).toBeLessThanOrEqual(2 * 2_000 * 2_001);
    const steps = stepsOf('a'.repeat(4_000), '*a*a*a*a*a*a*a*ab');
    expect(steps).toBeLessThanOrEqual(20 * 4_000);
    expect(steps).toBeGreaterThan(4_000);
  });
});

/** How often the matcher looks at a character of the pattern. */
function stepsOf(text: string, pattern: string): number {
  let steps = 0;
  const counted = new Proxy(Object(pattern) as object, {
    get(target, key) {
      if (typeof key === 'string' && /^\d+$/.test(key)) steps += 1;
      return Reflect.get(target, key);
    },
  });
  matchPattern(text, counted as unknown as string);
  return steps;
}

describe('a list of patterns', () => {
  it.each([
    ['db', ['db'], 'matched'],
    ['db', ['web', 'd?'], 'matched'],
    ['db', ['*', '!db'], 'vetoed'],
    ['db', ['!db', '*'], 'vetoed'],
    ['db', ['!web'], 'none'],
    ['db', ['!web', '*'], 'matched'],
    ['db', [], 'none'],
    ['db', ['!'], 'none'],
    ['!db', ['!!db', '*'], 'vetoed'],
  ] as const)('%j in %j: %s', (text, patterns, expected) => {
    expect(matchPatterns(text, patterns)).toBe(expected);
  });
});

it('only ASCII letters are lower-cased', () => {
  expect(lowerCase('DB-Ä\u212A.Example')).toBe('db-Ä\u212A.example');
});
