import { defineConfig } from 'vitest/config'

/** The stacks, evaluated by the real SST. It shares .sst between runs, so one file after the other, in one process. */
export default defineConfig({
  test: {
    include: ['stacks/tests/**/*.test.ts'],
    globalSetup: 'stacks/tests/evaluate.ts',
    fileParallelism: false,
    testTimeout: 120_000,
    hookTimeout: 300_000,
  },
})
