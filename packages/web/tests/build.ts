import { fileURLToPath } from 'node:url'
import { build } from 'vite'

/**
 * The folder of the page that is built for these tests. It is not `dist`, which a running server may serve. `TEST_SITE`
 * names another folder, for two test runs at once.
 */
export const SITE =
  process.env['TEST_SITE'] ?? fileURLToPath(new URL('../test-results/site', import.meta.url))

/** Builds the production page once, for all browser tests. */
export default async function buildSite(): Promise<void> {
  await build({
    configFile: fileURLToPath(new URL('../vite.config.ts', import.meta.url)),
    build: { outDir: SITE, emptyOutDir: true },
    logLevel: 'warn',
  })
}
