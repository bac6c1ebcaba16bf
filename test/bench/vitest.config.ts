import { defineConfig } from 'vitest/config';

/** `npm run bench:heal` and `npm run bench:config`: they print tables and judge nothing. */
export default defineConfig({
  test: {
    root: import.meta.dirname,
    include: ['*.bench.ts'],
    globalSetup: ['../support/setup.ts'],
    pool: 'forks',
    reporters: ['dot'],
    disableConsoleIntercept: true,
    testTimeout: 900_000,
  },
});
