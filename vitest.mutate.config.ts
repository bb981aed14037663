import { defineConfig } from 'vitest/config'

/** `npm run mutate`: the tests that stand beside the files of core, which judge every mutant of them. */
export default defineConfig({
  test: {
    include: ['packages/core/src/**/*.test.ts'],
    // Hundreds of random histories for each mutant would take hours; what these find, the others should find by name.
    exclude: ['packages/core/src/planner/plan-always.test.ts'],
    testTimeout: 60_000,
  },
})
