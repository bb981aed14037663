import { defineConfig } from 'vitest/config'

/** One run for every package: pure tests stand beside their files, tests that open a port in `tests/`. */
export default defineConfig({
  test: {
    // Real processes and sockets on a busy machine: a limit for what hangs, not a measure of speed.
    testTimeout: 60_000,
    hookTimeout: 60_000,
    expect: { poll: { timeout: 20_000 } },
    // What a test printed is shown when it fails.
    silent: 'passed-only',
    // Many tests wait for real timers, so there are more workers than processors.
    maxWorkers: 3,
    projects: [
      {
        extends: true,
        test: {
          name: 'systems',
          include: ['packages/*/tests/**/*.test.ts', 'packages/system-tests/**/*.test.ts'],
        },
      },
      {
        extends: true,
        test: {
          name: 'pure',
          include: [
            'packages/*/src/**/*.test.ts',
            'scripts/**/*.test.ts',
            'stacks/{settings,github,tools,tests/account}/*.test.ts',
          ],
          // These files share a process. One for each of them would take longer than its tests.
          isolate: false,
          setupFiles: ['./vitest.setup.ts'],
        },
      },
    ],
  },
})
