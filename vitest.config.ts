import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';
import { thorough } from './test/support/amount.js';

const cores = availableParallelism();

/** Most tests wait for something now and then; where everything is run, it is run with some room. */
const workers = thorough ? cores : cores + 1;

/** One suite per folder of test/. Suites of one group run together; those of the next group when they are done. */
const suite = (name: string, groupOrder: number, maxWorkers: number, isolate = true) => ({
  extends: true as const,
  test: { name, include: [`test/${name}/**/*.test.ts`], sequence: { groupOrder }, maxWorkers, isolate },
});

export default defineConfig({
  test: {
    globalSetup: ['test/support/setup.ts'],
    pool: 'forks',
    testTimeout: 30_000,
    hookTimeout: 60_000,
    projects: [
      // Pure: one file leaves nothing to the next.
      suite('core', 0, workers, thorough),
      suite('io', 0, workers),
      suite('cli', 0, workers),
      // Live tests wait for real faults more than they compute, but their deadlines want some room. Generated cases against
      // ssh and sshd compute all the time: they wait until nothing else runs, where there are many of them.
      suite('live', 1, thorough ? 3 : 6),
      thorough ? suite('judge', 2, cores) : suite('judge', 1, 6),
      // Held against another program's time.
      suite('pace', 3, 1),
    ],
  },
});
