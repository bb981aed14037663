import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import tailwindcss from '@tailwindcss/vite'
import react from '@vitejs/plugin-react'
import { defineConfig, loadEnv } from 'vite'
import { headOf } from './build/head.ts'
import { fastRechartsSpread } from './build/recharts-spread.ts'
import packageJson from './package.json' with { type: 'json' }

/**
 * What a build may be told by the environment; nothing of it is needed.
 *
 * `VITE_BASE`: path the page is served under (GitHub Pages: `/repository/`). `VITE_API_BASE`: URL of the API, by default
 * `/api` of the same origin; empty: there is none, and the page is the simulator. `VITE_GATEWAY_URL`: where the pods'
 * sockets are, if that is not the API's origin. `VITE_SITE_URL`: origin of the page, for what needs whole addresses (the
 * picture of a link, the canonical address). `VITE_SOURCE_URL`: where the source lives. `VITE_RELEASE`: its id; by default
 * version and commit. `VITE_PUBLIC_POSTHOG_KEY`, `VITE_PUBLIC_POSTHOG_HOST`: where visits are counted; without a key
 * nothing of PostHog is in the build.
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
      // Written out even when it is empty, so that all that hangs on it falls away.
      'import.meta.env.VITE_PUBLIC_POSTHOG_KEY': JSON.stringify(env.VITE_PUBLIC_POSTHOG_KEY ?? ''),
    },
    resolve: { alias: { '@': fileURLToPath(new URL('./src', import.meta.url)) } },
    worker: { format: 'es' },
    // Everything is a file of its own: a data: URL for a worker or an icon would need holes in the policy.
    build: {
      outDir: 'dist',
      target: 'es2024',
      assetsInlineLimit: 0,
      modulePreload: { polyfill: false },
      rolldownOptions: {
        // One file for all that comes before the first paint: two of them compress worse, and are two requests.
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

/** `+1a2b3c4`: what this was built from, if there is a repository to ask. */
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
