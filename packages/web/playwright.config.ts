import { defineConfig } from '@playwright/test'

/** The page in real Chromium against the test double. `CHROMIUM_PATH` names another browser binary than Debian's. */
export default defineConfig({
  testDir: './tests',
  testMatch: '*.spec.ts',
  outputDir: './test-results',
  globalSetup: './tests/build.ts',
  fullyParallel: true,
  // Most of a test is waiting for a button that sleeps for 5 s on purpose.
  workers: 3,
  // Generous: nothing waits for it to pass, and the machine may be busy.
  timeout: 60_000,
  // A real browser on a machine that may be busy; a test that needed it is told of by name and counted.
  retries: 1,
  expect: { timeout: 20_000 },
  reporter: 'line',
  use: {
    viewport: { width: 1280, height: 900 },
    launchOptions: {
      executablePath: process.env.CHROMIUM_PATH ?? '/usr/bin/chromium',
      args: [
        '--no-sandbox',
        '--disable-gpu',
        '--disable-background-networking',
        '--disable-component-update',
        '--disable-sync',
      ],
    },
  },
})
