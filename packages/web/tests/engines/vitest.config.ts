import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'

/** Tests of the page in other engines than Chromium. main.ts builds the page and runs them. */
export default defineConfig({
  root: fileURLToPath(new URL('../../../..', import.meta.url)),
  test: {
    include: ['packages/web/tests/engines/*.engine.ts'],
    // Limits for hangs: a browser on a busy machine takes seconds to start.
    testTimeout: 120_000,
    hookTimeout: 120_000,
    // One browser at a time, so that its measurements are its own.
    fileParallelism: false,
  },
})
