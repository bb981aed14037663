import { fileURLToPath } from 'node:url'
import { build } from 'vite'

/**
 * The folder of the page that is built for these tests. It is not `dist`, which a running server may serve. `TEST_SITE`
 * names another folder, for two test runs at once.
 */
export const SITE =
  process.env['TEST_SITE'] ?? fileURLToPath(new URL('../test-results/site', import.meta.url))

/** Builds the production page once, for all browser tests. */
export default function buildSite(): Promise<void> {
  return buildInto(SITE)
}

/** Builds the production page with these variables. Calls must follow one another: they share the environment. @returns the folder. */
export async function buildSiteWith(name: string, env: Record<string, string>): Promise<string> {
  const before = { ...process.env }
  Object.assign(process.env, env)
  const outDir = `${SITE}-${name}`
  try {
    await buildInto(outDir)
  } finally {
    for (const key of Object.keys(env)) delete process.env[key]
    Object.assign(process.env, before)
  }
  return outDir
}

async function buildInto(outDir: string): Promise<void> {
  await build({
    configFile: fileURLToPath(new URL('../vite.config.ts', import.meta.url)),
    build: { outDir, emptyOutDir: true },
    logLevel: 'warn',
  })
}
