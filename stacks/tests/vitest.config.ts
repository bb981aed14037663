import { defineConfig } from 'vitest/config'

/** Tests of stacks/ evaluated by the real SST CLI. Its runs share .sst, so test files do not run in parallel. */
export default defineConfig({
  test: {
    include: ['stacks/tests/**/*.test.ts'],
    globalSetup: 'stacks/tests/evaluate.ts',
    fileParallelism: false,
    testTimeout: 120_000,
    hookTimeout: 300_000,
  },
})
