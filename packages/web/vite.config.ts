import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import tailwindcss from '@tailwindcss/vite'
import react from '@vitejs/plugin-react'
import { defineConfig, loadEnv } from 'vite'
import { headOf } from './build/head.ts'
import { fastRechartsSpread } from './build/recharts-spread.ts'
import packageJson from './package.json' with { type: 'json' }

/**
 * The variables of a build. All are optional.
 *
 * - `VITE_BASE`: the path of the page (GitHub Pages: `/repository/`).
 * - `VITE_API_BASE`: the URL of the API, by default `/api` of the same origin. Empty: no API, the page is the simulator.
 * - `VITE_GATEWAY_URL`: the origin of the pods' sockets, if it is not the API's.
 * - `VITE_SITE_URL`: the origin of the page, for whole addresses (the picture of a link, the canonical address).
 * - `VITE_OWNER_NAME`, `VITE_OWNER_URL`: the name of the page's owner, and the owner's web or mail address.
 * - `VITE_SOURCE_URL`: the web address of the source.
 * - `VITE_RELEASE`: the id of the release, by default version and commit.
 * - `VITE_PUBLIC_POSTHOG_KEY`, `VITE_PUBLIC_POSTHOG_HOST`: the PostHog project that counts visits. Without a key the build
 *   contains nothing of PostHog.
 */
export default defineConfig(({ mode }) => {
  const env = loadEnv(mode, import.meta.dirname, 'VITE_')
  const release = env.VITE_RELEASE || `${packageJson.version}${commit()}`
  const base = env.VITE_BASE || '/'
  return {
    root: import.meta.dirname,
    base,
    plugins: [react(), tailwindcss(), fastRechartsSpread(), headOf({ ...env, VITE_RELEASE: release }, base)],
    define: {
      'import.meta.env.VITE_RELEASE': JSON.stringify(release),
      // Defined even when it is empty, so that the minifier removes the code that needs it.
      'import.meta.env.VITE_PUBLIC_POSTHOG_KEY': JSON.stringify(env.VITE_PUBLIC_POSTHOG_KEY ?? ''),
    },
    resolve: { alias: { '@': fileURLToPath(new URL('./src', import.meta.url)) } },
    worker: { format: 'es' },
    // No inlined assets: a data: URL for a worker or an icon would need an exception in the policy.
    build: {
      outDir: 'dist',
      target: 'es2024',
      assetsInlineLimit: 0,
      modulePreload: { polyfill: false },
      rolldownOptions: {
        // One file for all code before the first paint: two files compress worse and need two requests.
        output: { codeSplitting: { groups: [{ name: 'first', tags: ['$initial'] }] } },
      },
    },
    server: {
      port: 5300,
      proxy: {
        '/api': { target: 'http://localhost:4400' },
        '/pod': { target: 'http://localhost:4400', ws: true },
      },
    },
  }
})

/** Returns the commit as `+1a2b3c4`; empty outside a repository. */
function commit(): string {
  try {
    const id = execFileSync('git', ['rev-parse', '--short', 'HEAD'], {
      cwd: import.meta.dirname,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    })
    return `+${id.trim()}`
  } catch {
    return ''
  }
}
