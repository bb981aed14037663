import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { defineConfig } from '@playwright/test'

/** Its own port and data folder, so that it does not conflict with a running `npm start`. */
const port = Number(process.env['VISIT_PORT'] ?? 4470)
/** Created once. The workers also load this file and inherit the variable. */
process.env['VISIT_DATA'] ??= mkdtempSync(join(tmpdir(), 'warm-pods-visit-'))
const browser = process.env['CHROMIUM_PATH']
/** A context of the kubeconfig. With it, the pods run in that cluster. */
const context = process.env['VISIT_CONTEXT']
const start = [
  process.execPath,
  '../local/bin/start.js',
  '--port',
  `${port}`,
  '--data',
  `${process.env['VISIT_DATA']}`,
]

/** End-to-end tests: the real `npm start` and a real browser, with nothing mocked. */
export default defineConfig({
  testDir: 'e2e',
  outputDir: '../../test-results/visit',
  // All tests share one system. The second worker runs leaving.spec.ts, which mostly waits.
  workers: 2,
  timeout: 60_000,
  // A busy machine can make a real browser slow. Retried tests are listed and counted.
  retries: 1,
  expect: { timeout: 30_000 },
  reporter: 'list',
  use: {
    baseURL: `http://localhost:${port}`,
    viewport: { width: 1280, height: 900 },
    screenshot: 'only-on-failure',
    actionTimeout: 20_000,
    launchOptions: {
      ...(browser ? { executablePath: browser } : {}),
      args: [
        '--no-sandbox',
        '--disable-gpu',
        '--disable-background-networking',
        '--disable-component-update',
        '--disable-sync',
      ],
    },
  },
  webServer: {
    command: [...start, ...(context ? ['--context', context] : [])]
      .map((word) => JSON.stringify(word))
      .join(' '),
    cwd: import.meta.dirname,
    // The API answers before the page is built; `npm start` prints this line when both are there.
    wait: { stdout: /^Open http/m },
    timeout: 120_000,
    // On SIGTERM, `npm start` stops everything that it started.
    gracefulShutdown: { signal: 'SIGTERM', timeout: 15_000 },
    stdout: 'pipe',
  },
})
