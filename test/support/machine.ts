/**
 * What this machine can do, for tests: `needs('sshd', 'netns').describe(...)` runs when the parts are
 * there, is skipped by name when one is missing, and fails instead of skipping when CI=true.
 */
import { describe, it } from 'vitest';
import { lack, type Part } from './parts.js';

export { canMountPrivately, find, have, lack, type Part, type Program, program, programs } from './parts.js';

type Body = () => void | Promise<void>;

/** `describe` and `it` bound to the parts that were asked for. */
export interface Needs {
  describe(name: string, body: () => void): void;
  it(name: string, body: Body, timeoutMs?: number): void;
}

/** Tests that make sense only with these parts. */
export function needs(...parts: readonly Part[]): Needs {
  const missing = parts.flatMap((part) => lack(part) ?? []);
  if (missing.length === 0) {
    return {
      describe: (name, body) => void describe(name, body),
      it: (name, body, ms) => it(name, body, ms),
    };
  }
  const why = `needs ${missing.join(', ')}`;
  if (process.env.CI === 'true') {
    const fail = (name: string) =>
      it(`${name} (${why})`, () => {
        throw new Error(`${why}: with CI=true a missing part is a failure, not a skip`);
      });
    return { describe: fail, it: fail };
  }
  return {
    describe: (name, body) => void describe.skip(`${name} (skipped: ${why})`, body),
    it: (name, body) => it.skip(`${name} (skipped: ${why})`, body),
  };
}
