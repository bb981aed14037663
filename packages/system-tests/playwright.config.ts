import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { defineConfig } from '@playwright/test'

/** Its own port and data, so that it never meets the system of the person who runs it. */
const port = Number(process.env['VISIT_PORT'] ?? 4470)
/** Made once: the workers read this file too, and inherit the name. */
process.env['VISIT_DATA'] ??= mkdtempSync(join(tmpdir(), 'warm-pods-visit-'))
const browser = process.env['CHROMIUM_PATH']
/** A context of a kubeconfig: the same visit with the pods in that cluster. */
const context = process.env['VISIT_CONTEXT']
const start = [
  process.execPath,
  '../local/bin/start.js',
  '--port',
  `${port}`,
  '--data',
  `${process.env['VISIT_DATA']}`,
]

/** The whole visit: `npm start` as it is, a real browser, nothing in between replaced. */
export default defineConfig({
  testDir: 'e2e',
  outputDir: '../../test-results/visit',
  // One system, one visit after the other; only who waits for a pod to be given up does so beside them.
  workers: 2,
  timeout: 60_000,
  // A real browser on a machine that may be busy; a test that needed it is told of by name and counted.
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
    url: `http://localhost:${port}/api/health`,
    timeout: 120_000,
    // SIGTERM: the starter ends all that it started.
    gracefulShutdown: { signal: 'SIGTERM', timeout: 15_000 },
    stdout: 'pipe',
  },
})
