import { fileURLToPath } from 'node:url'
import { build } from 'vite'

/**
 * Where the page built for these tests lies; not `dist`, which a running server may be serving. `TEST_SITE` names another
 * folder, for two runs at once.
 */
export const SITE =
  process.env['TEST_SITE'] ?? fileURLToPath(new URL('../test-results/site', import.meta.url))

/** Builds the page once, for all browser tests: what a visitor gets is the production build. */
export default async function buildSite(): Promise<void> {
  await build({
    configFile: fileURLToPath(new URL('../vite.config.ts', import.meta.url)),
    build: { outDir: SITE, emptyOutDir: true },
    logLevel: 'warn',
  })
}
