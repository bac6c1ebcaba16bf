import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

const cores = availableParallelism();

/** One suite per folder of test/. Suites of one group run together; those of the next group when they are done. */
const suite = (name: string, groupOrder: number, maxWorkers: number) => ({
  extends: true as const,
  test: { name, include: [`test/${name}/**/*.test.ts`], sequence: { groupOrder }, maxWorkers },
});

export default defineConfig({
  test: {
    globalSetup: ['test/support/setup.ts'],
    pool: 'forks',
    testTimeout: 30_000,
    hookTimeout: 60_000,
    projects: [
      suite('core', 0, cores),
      suite('io', 0, cores),
      suite('cli', 0, cores),
      // Live tests wait for real faults more than they compute, but their deadlines want some room.
      suite('live', 1, 3),
      // Generated cases against ssh and sshd compute all the time, so they wait until nothing else runs.
      suite('judge', 2, cores),
    ],
  },
});
