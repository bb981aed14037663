import { defineConfig } from '@playwright/test'

/** The page in real Chromium against the test double. `CHROMIUM_PATH` names another browser binary than Debian's. */
export default defineConfig({
  testDir: './tests',
  testMatch: '*.spec.ts',
  outputDir: './test-results',
  globalSetup: './tests/build.ts',
  fullyParallel: true,
  // A test mostly waits for the kill button, which is disabled for the first 5 s.
  workers: 5,
  // Generous, because the machine may be busy. A passing test does not take longer for it.
  timeout: 60_000,
  // A real browser on a busy machine. The report names and counts tests that needed the retry.
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
