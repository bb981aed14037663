import { defineConfig } from 'vitest/config'

/** One run for every package: pure tests stand beside their files, tests that open a port in `tests/`. */
export default defineConfig({
  test: {
    include: [
      'packages/*/src/**/*.test.ts',
      'packages/*/tests/**/*.test.ts',
      'packages/system-tests/**/*.test.ts',
      'scripts/**/*.test.ts',
      'stacks/{settings,github,tools,tests/account}/*.test.ts',
    ],
    // Real processes and sockets on a busy machine: a limit for what hangs, not a measure of speed.
    testTimeout: 60_000,
    hookTimeout: 60_000,
    expect: { poll: { timeout: 20_000 } },
    // What a test printed is shown when it fails.
    silent: 'passed-only',
    // Many tests wait for real timers, so there are more workers than processors.
    maxWorkers: 3,
  },
})
